/* Whole imports in a simulation that make records for links, and relate others
 * (sim/link_game.h).
 */
#include "sim/link_game.h"
#include "sim/sim_game.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static size_t play(uint64_t seed) {
    return link_game_play(TESTDATA, seed);
}

static void test_games(void **state) {
    static const struct sim_games games = {
        .name = "link games", .play = play, .fixed = 300, .fresh = 200};

    (void)state;
    sim_games_play(&games);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_games),
    };
    return cmocka_run_group_tests_name("link games", tests, NULL, NULL);
}
