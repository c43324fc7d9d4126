/* Whole imports in a simulation, by one request for each record (sim/import_game.h). */
#include "sim/import_game.h"
#include "sim/sim_game.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static size_t play(uint64_t seed) {
    static const struct import_game_options options = {.testdata = TESTDATA,
                                                       .bulk = false};

    return import_game_play(&options, seed);
}

static void test_games(void **state) {
    static const struct sim_games games = {
        .name = "importer games", .play = play, .fixed = 300, .fresh = 200};

    (void)state;
    sim_games_play(&games);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_games),
    };
    return cmocka_run_group_tests_name("importer games", tests, NULL, NULL);
}
