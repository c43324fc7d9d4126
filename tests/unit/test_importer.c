/* What an import does in one situation after the other: faults, limits, signals. Whole
 * random games are test_importer_games.c's.
 */
#include "sim/sim_import.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char plainly[] = "{\"version\":1,\"entityType\":\"Lead\",\"columns\":["
                              "{\"name\":\"First\",\"field\":\"firstName\"},"
                              "{\"name\":\"Last\",\"field\":\"lastName\"},"
                              "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"
                              "{\"name\":\"Phone\",\"field\":\"phoneNumber\"},"
                              "{\"name\":\"Note\",\"field\":\"description\"}]}";

static const enum fake_fault *script; /* of the POSTs in turn; the last one for ever */

static enum fake_fault scripted(void *context, uint64_t number,
                                const struct request *request) {
    size_t *at = context;

    (void)number;
    if (request->method != METHOD_POST)
        return FAULT_NONE;
    return script[*at + 1] == FAULT_COUNT ? script[*at] : script[(*at)++];
}

struct situation {
    const char *name;
    enum fake_fault faults[8]; /* ends with COUNT */
    size_t rows;
    uint64_t stop_at_errors;
    int rc;
    uint64_t most_sent; /* POSTs, at most */
    uint64_t created;   /* at least */
    uint64_t left;      /* unknown and unprocessed, at least */
};

static const struct situation situations[] = {
    {"all well", {FAULT_NONE, FAULT_COUNT}, 300, 0, RC_OK, 300, 300, 0},
    {"a web page answers", {FAULT_HTML, FAULT_COUNT}, 300, 0, RC_SERVER, 6, 0, 299},
    {"two web pages are an accident",
     {FAULT_HTML, FAULT_HTML, FAULT_NONE, FAULT_COUNT},
     300,
     0,
     RC_OK,
     302,
     300,
     0},
    {"every answer is lost",
     {FAULT_LOST_AFTER, FAULT_COUNT},
     300,
     0,
     RC_UNREACHABLE,
     40,
     0,
     250},
    {"the server fails",
     {FAULT_500_BEFORE, FAULT_COUNT},
     300,
     0,
     RC_UNREACHABLE,
     40,
     0,
     250},
    {"nobody is there", {FAULT_UNSENT, FAULT_COUNT}, 300, 0, RC_UNREACHABLE, 20, 0, 300},
    {"slow down",
     {FAULT_429, FAULT_429, FAULT_NONE, FAULT_COUNT},
     50,
     0,
     RC_OK,
     52,
     50,
     0},
};

static void play_situation(const struct situation *s) {
    struct fake_options options = {.testdata = TESTDATA, .seed = 1, .choose = scripted};
    struct sim sim;
    struct tally tally;
    struct err err = {0};
    static char csv[65536];
    size_t at = 0, len = 0;
    int rc;

    script = s->faults;
    options.choose_context = &at;
    sim_init(&sim, &options);
    sim.mapping = plainly;
    sim.jobs = 4;
    sim.retries = 2;
    sim.stop_at_errors = s->stop_at_errors;
    len = (size_t)snprintf(csv, sizeof csv, "First;Last;Mail;Phone;Note\n");
    for (size_t i = 0; i < s->rows; i++)
        len += (size_t)snprintf(csv + len, sizeof csv - len,
                                "Ada%zu;Byron%zu;ada%zu@example.com;;\n", i, i, i);
    sim_write_csv(&sim, csv);
    rc = sim_run(&sim, NULL, &tally, &err);
    if (rc != s->rc || tally_verify(&tally, NULL) != RC_OK ||
        fake_crm_counts(sim.crm)->by_method[METHOD_POST] > s->most_sent ||
        tally.created < s->created || tally.unknown + tally.unprocessed < s->left)
        fail_msg(
            "%s: rc %d (%s), sent %llu, created %llu, unknown %llu, unprocessed %llu",
            s->name, rc, err.message,
            (unsigned long long)fake_crm_counts(sim.crm)->by_method[METHOD_POST],
            (unsigned long long)tally.created, (unsigned long long)tally.unknown,
            (unsigned long long)tally.unprocessed);
    if (rc != RC_OK) { /* and once the server is well again */
        static const enum fake_fault well[] = {FAULT_NONE, FAULT_COUNT};
        script = well;
        at = 0;
        err_clear(&err);
        rc = sim_run(&sim, NULL, &tally, &err);
        if (rc != RC_OK || tally.created != s->rows || fake_crm_count(sim.crm) != s->rows)
            fail_msg("%s, resumed: rc %d (%s), created %llu, there %zu", s->name, rc,
                     err.message, (unsigned long long)tally.created,
                     fake_crm_count(sim.crm));
    }
    sim_free(&sim);
}

static void test_situations(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++)
        play_situation(&situations[i]);
}

static void write_rejects(struct sim *sim, size_t good, size_t bad) {
    static char csv[65536];
    size_t len = (size_t)snprintf(csv, sizeof csv, "First;Last;Mail;Phone;Note\n");

    for (size_t i = 0; i < good + bad; i++)
        len += (size_t)snprintf(csv + len, sizeof csv - len,
                                "Ada;%s%zu;a%zu@example.com;;\n",
                                i < good ? "Byron" : "Reject", i, i);
    sim_write_csv(sim, csv);
}

/* More errors than allowed: stops, says so, and goes on when it is resumed without
 * limit. */
static void test_max_errors(void **state) {
    struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    struct sim sim;
    struct tally tally;
    struct err err = {0};

    (void)state;
    sim_init(&sim, &options);
    sim.mapping = plainly;
    sim.jobs = 2;
    sim.stop_at_errors = 6;
    write_rejects(&sim, 10, 200);
    assert_int_equal(sim_run(&sim, NULL, &tally, &err), RC_TOO_MANY);
    assert_non_null(strstr(err.message, "--max-errors 5"));
    assert_in_range(tally.failed, 6, 12);
    assert_int_equal(tally.unknown, 0);
    assert_int_equal(tally_verify(&tally, NULL), RC_OK);
    sim.stop_at_errors = 0;
    assert_int_equal(sim_run(&sim, NULL, &tally, NULL), RC_OK);
    assert_int_equal(tally.failed, 200);
    assert_int_equal(tally.created, 10);
    sim_free(&sim);
}

/* A run that is complete: resuming it sends nothing but the questions for the
 * metadata. */
static void test_resume_of_nothing(void **state) {
    struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    struct sim sim;
    struct tally tally;

    (void)state;
    sim_init(&sim, &options);
    sim.mapping = plainly;
    write_rejects(&sim, 20, 3);
    assert_int_equal(sim_run(&sim, NULL, &tally, NULL), RC_OK);
    assert_int_equal(sim_run(&sim, NULL, &tally, NULL), RC_OK);
    assert_int_equal(tally.created, 20);
    assert_int_equal(tally.failed, 3);
    assert_int_equal(fake_crm_counts(sim.crm)->by_method[METHOD_POST], 23);
    sim_free(&sim);
}

static void test_empty_file(void **state) {
    struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    struct sim sim;
    struct tally tally;

    (void)state;
    sim_init(&sim, &options);
    sim.mapping = plainly;
    write_rejects(&sim, 0, 0);
    assert_int_equal(sim_run(&sim, NULL, &tally, NULL), RC_OK);
    assert_int_equal(tally.rows, 0);
    assert_int_equal(tally_verify(&tally, NULL), RC_OK);
    sim_free(&sim);
}

/* The first signal waits for what is in flight, the second does not. */
static void test_signals(void **state) {
    static const struct fake_run runs[] = {
        {.interrupt_at_step = 150},
        {.interrupt_at_step = 150, .interrupt_2_at_step = 152},
        {.interrupt_at_step = 1, .interrupt_2_at_step = 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        struct fake_options options = {.testdata = TESTDATA, .seed = 1};
        struct sim sim;
        struct tally tally;
        struct err err = {0};
        sim_init(&sim, &options);
        sim.mapping = plainly;
        sim.jobs = 8;
        write_rejects(&sim, 300, 0);
        assert_int_equal(sim_run(&sim, &runs[i], &tally, &err), RC_INTERRUPTED);
        assert_int_equal(tally_verify(&tally, NULL), RC_OK);
        if (i == 0) { /* everything was answered */
            assert_int_equal(tally.unknown, 0);
            assert_true(tally.created > 20);
            assert_int_equal(tally.created, fake_crm_count(sim.crm));
        }
        if (i == 1)
            assert_in_range(tally.unknown, 1, 8);
        fake_crm_pass(sim.crm, 1000);
        assert_int_equal(sim_run(&sim, NULL, &tally, NULL), RC_OK);
        assert_int_equal(tally.created, 300);
        assert_int_equal(fake_crm_count(sim.crm), 300);
        sim_free(&sim);
    }
}

/* What EspoCRM says it has made for one row, another one has: no id stands for two. */
static void test_id_of_another(void **state) {
    static const struct fake_run stop = {.interrupt_at_step = 150};
    struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    struct journal_row thief = {.record = 1, .line = 2, .state = ROW_CREATED};
    struct journal *journal;
    struct sim sim;
    struct tally tally;
    char next[32];

    (void)state;
    sim_init(&sim, &options);
    sim.mapping = plainly;
    sim.jobs = 1;
    write_rejects(&sim, 100, 0);
    assert_int_equal(sim_run(&sim, &stop, &tally, NULL), RC_INTERRUPTED);
    (void)snprintf(next, sizeof next, "%017llx",
                   strtoull(strstr(fake_crm_record(sim.crm, fake_crm_count(sim.crm) - 1),
                                   "\"id\":\"") +
                                6,
                            NULL, 16) +
                       1);
    thief.id = next;
    assert_int_equal(journal_open(&journal, sim.checkpoint, NULL), RC_OK);
    assert_int_equal(journal_put_row(journal, &thief, NULL), RC_OK);
    assert_int_equal(journal_commit(journal, NULL), RC_OK);
    journal_close(journal);
    assert_int_equal(sim_run(&sim, NULL, &tally, NULL), RC_OK);
    assert_int_equal(tally.unknown, 1);
    assert_int_equal(tally.created, 99);
    assert_int_equal(fake_crm_count(sim.crm), 100);
    sim_free(&sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_situations),        cmocka_unit_test(test_max_errors),
        cmocka_unit_test(test_resume_of_nothing), cmocka_unit_test(test_empty_file),
        cmocka_unit_test(test_signals),           cmocka_unit_test(test_id_of_another),
    };
    return cmocka_run_group_tests_name("importer", tests, NULL, NULL);
}
