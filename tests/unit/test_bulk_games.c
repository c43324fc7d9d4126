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
#include <string.h>

enum { SEEDS = 4, SLOW_SEEDS = 300 };

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

/* The gateway gives up each Import, and the server goes on. */
static enum fake_fault time_out(void *context, uint64_t number,
                                const struct request *request) {
    (void)context;
    (void)number;
    return strcmp(request->path, "Import") == 0 ? FAULT_504 : FAULT_NONE;
}

/* One row, whose Import takes longer than anybody waits: it is not told as failed while
 * it may still come. */
static void test_slow_imports(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SLOW_SEEDS; seed++) {
        const struct fake_options options = {.testdata = TESTDATA,
                                             .seed = seed,
                                             .choose = time_out,
                                             .later_max_ms = 14000};
        struct sim sim;
        struct tally tally;
        struct err err = {0};
        sim_init(&sim, &options);
        sim.bulk = true;
        sim.mapping = "{\"version\":1,\"entityType\":\"Lead\",\"columns\":["
                      "{\"name\":\"Last\",\"field\":\"lastName\"}]}";
        sim.on_duplicate = ON_DUPLICATE_FORCE;
        sim_write_csv(&sim, "Last\na\n");
        assert_int_equal(sim_run(&sim, NULL, &tally, &err), RC_OK);
        fake_crm_pass(sim.crm, 60000);
        assert_int_equal(fake_crm_count(sim.crm), tally.created);
        assert_int_equal(tally.created, 1);
        sim_free(&sim);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_disk_error),
        cmocka_unit_test(test_slow_imports),
        cmocka_unit_test(test_games),
    };
    return cmocka_run_group_tests_name("bulk games", tests, NULL, NULL);
}
