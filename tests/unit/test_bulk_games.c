/* Whole imports in a simulation, by the server's Import (sim/import_game.h): answers are
 * lost, files come late, Imports die in the middle or run on behind a gateway's timeout.
 */
#include "sim/import_game.h"
#include "sim/sim_game.h"
#include "sim/sim_import.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { SEEDS = 4 };

static size_t play(uint64_t seed) {
    static const struct import_game_options options = {.testdata = TESTDATA,
                                                       .bulk = true};

    return import_game_play(&options, seed);
}

static void test_games(void **state) {
    static const struct sim_games games = {
        .name = "bulk games", .play = play, .fixed = 200, .fresh = 200};

    (void)state;
    sim_games_play(&games);
}

/* Four rows of a chunk, and two that go by REST: with their outcomes in hand the engine
 * notes that a file was uploaded. The disk fails once, or never (0); resumed where need
 * be. Returns how many operations of the disk the first run took. */
static uint64_t import_with_disk_error(uint64_t seed, uint64_t at) {
    const struct fake_options options = {.testdata = TESTDATA, .seed = seed};
    struct sim sim;
    struct tally tally;
    struct err err = {0};
    uint64_t operations;
    int rc;

    sim_init(&sim, &options);
    sim.bulk = true;
    sim.mapping = "{\"version\":1,\"entityType\":\"Lead\",\"columns\":["
                  "{\"name\":\"Last\",\"field\":\"lastName\"},"
                  "{\"name\":\"Mail\",\"field\":\"emailAddress\"}]}";
    sim.on_duplicate = ON_DUPLICATE_FORCE;
    sim.jobs = 4;
    sim_write_csv(&sim, "Last;Mail\na;\n;b@example.com\nc;\n;d@example.com\ne;\nf;\n");
    sim.disk.error_at = at;
    rc = sim_run(&sim, NULL, &tally, &err);
    operations = sim.disk_operations;
    if (rc != RC_OK)
        assert_int_equal(sim_run(&sim, NULL, &tally, &err), RC_OK);
    assert_int_equal(tally.created, 6);
    assert_int_equal(fake_crm_count(sim.crm), 6);
    sim_free(&sim);
    return operations;
}

/* An outcome that was rolled back with something else that was to be kept is not passed
 * over in silence. */
static void test_each_disk_error(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t operations = import_with_disk_error(seed, 0);
        assert_true(operations > 20);
        for (uint64_t at = 1; at <= operations; at++)
            (void)import_with_disk_error(seed, at);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_disk_error),
        cmocka_unit_test(test_games),
    };
    return cmocka_run_group_tests_name("bulk games", tests, NULL, NULL);
}
