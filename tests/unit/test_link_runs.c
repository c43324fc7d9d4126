/* Single runs with links, in a simulation, that are broken off at each of their steps: by
 * kill -9 or by a signal. What is left is resumed or taken back.
 */
#include "sim/sim_import.h"

#include "state/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_MAX = 400 };

#define MAPPING(rules)                                                                   \
    "{\"version\":1,\"entityType\":\"Lead\"," rules "\"columns\":["                      \
    "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"                                    \
    "{\"name\":\"Last\",\"field\":\"lastName\"},"                                        \
    "{\"name\":\"Firm\",\"field\":\"createdAccountId\",\"lookup\":{\"entityType\":"      \
    "\"Account\",\"by\":[\"name\"],\"onNone\":\"create\"}},"                             \
    "{\"name\":\"Teams\",\"field\":\"teamsIds\",\"delimiter\":\"|\",\"lookup\":{"        \
    "\"entityType\":\"Team\",\"by\":[\"name\"]},\"linkMultiple\":\"add\"}]}"

/* A Lead, ada@example.com, of no account and no team; Team0, Team1, and Closed, which
 * lets nobody join. */
static void begin(struct sim *sim, const struct fake_options *options, const char *rows) {
    char text[200];

    sim_init(sim, options);
    sim->mapping = MAPPING("\"operation\":\"upsert\",\"match\":[[\"emailAddress\"]],");
    sim->on_duplicate = ON_DUPLICATE_UPDATE;
    sim->jobs = 2;
    (void)fake_crm_seed(
        sim->crm, "{\"lastName\":\"Old\",\"emailAddress\":\"ada@example.com\"}", NULL);
    (void)fake_crm_seed_as(sim->crm, "Team", "{\"name\":\"Team0\"}", NULL);
    (void)fake_crm_seed_as(sim->crm, "Team", "{\"name\":\"Team1\"}", NULL);
    (void)fake_crm_seed_as(sim->crm, "Team", "{\"name\":\"Closed\"}", NULL);
    fake_crm_pass(sim->crm, 3600 * 1000);
    (void)snprintf(text, sizeof text, "Mail;Last;Firm;Teams\n%s\n", rows);
    sim_write_csv(sim, text);
}

enum breaks { CRASH, SIGNAL };

/* One run that is broken off; false when it was through before. */
static bool broken_off(struct sim *sim, enum breaks how, uint64_t step) {
    const struct fake_run run = {.crash_at_step = how == CRASH ? step : 0,
                                 .interrupt_at_step = how == SIGNAL ? step : 0};
    struct tally tally;
    struct err err = {0};

    return sim_run(sim, &run, &tally, &err) != RC_OK;
}

static void resume(struct sim *sim, struct tally *tally) {
    struct err err = {0};

    if (sim_run(sim, NULL, tally, &err) != RC_OK)
        fail_msg("a run does not come to its end: %s", err.message);
}

static bool has_begun(const struct sim *sim) {
    struct journal *journal;
    bool begun = sim_has_begun(sim->checkpoint) &&
                 journal_open(&journal, sim->checkpoint, NULL) == RC_OK;

    if (!begun)
        return false;
    begun = journal_text(journal, "kind")[0] != '\0';
    journal_close(journal);
    return begun;
}

/* All of it is as before: nothing was kept. */
static void undo(struct sim *sim) {
    struct tally tally;
    struct err err = {0};

    if (sim_undo(sim, NULL, &tally, &err) != RC_OK)
        fail_msg("an undo does not come to its end: %s", err.message);
    assert_int_equal(tally.skipped, 0);
    assert_int_equal(tally.failed + tally.unknown, 0);
}

static bool lead_has(const struct sim *sim, const char *text) {
    return strstr(fake_crm_record(sim->crm, 0), text) != NULL;
}

static const char *id_of(const struct sim *sim, size_t i) {
    return strstr(fake_crm_record(sim->crm, i), "\"id\":\"") + strlen("\"id\":\"");
}

static bool lead_is_in(const struct sim *sim, size_t team) {
    char id[20];

    (void)snprintf(id, sizeof id, "\"%.17s\"", id_of(sim, team));
    return lead_has(sim, id);
}

static int note_error(void *context, const struct journal_error *error) {
    *(enum reason *)context = error->reason;
    assert_string_equal(error->field, "teamsIds");
    return RC_OK;
}

/* Of the one row. */
static enum reason remark(const struct sim *sim) {
    struct journal *journal;
    enum reason reason = REASON_NONE;

    assert_int_equal(journal_open(&journal, sim->checkpoint, NULL), RC_OK);
    assert_int_equal(journal_errors(journal, 1, note_error, &reason, NULL), RC_OK);
    journal_close(journal);
    return reason;
}

/* EspoCRM relates Team0, and refuses the other: the row has changed the record, and says
 * what is missing, however often it was begun. */
static void refuse_in_part(enum breaks how, const char *rows) {
    static const struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    bool broken = true;

    for (uint64_t step = 1; broken; step++) {
        struct sim sim;
        struct tally tally;
        begin(&sim, &options, rows);
        broken = broken_off(&sim, how, step);
        resume(&sim, &tally);
        assert_int_equal(tally.updated, 1);
        assert_true(lead_is_in(&sim, 1));
        assert_false(lead_is_in(&sim, 3));
        assert_int_equal(remark(&sim), REASON_FORBIDDEN);
        undo(&sim);
        assert_true(lead_has(&sim, "\"teamsIds\":[]"));
        assert_true(lead_has(&sim, "\"lastName\":\"Old\""));
        sim_free(&sim);
        assert_true(step < STEPS_MAX);
    }
}

static void test_refused_in_part(void **state) {
    (void)state;
    for (int how = CRASH; how <= SIGNAL; how++) {
        refuse_in_part((enum breaks)how, "ada@example.com;Old;;Team0|Closed");
        refuse_in_part((enum breaks)how, "ada@example.com;New;;Team0|Closed");
    }
}

/* Nothing of it was done: the row has failed. */
static void test_refused(void **state) {
    static const struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    bool broken = true;

    (void)state;
    for (uint64_t step = 1; broken; step++) {
        struct sim sim;
        struct tally tally;
        begin(&sim, &options, "ada@example.com;Old;;Closed|Team0");
        broken = broken_off(&sim, CRASH, step);
        resume(&sim, &tally);
        assert_int_equal(tally.failed, 1);
        assert_true(lead_has(&sim, "\"teamsIds\":[]"));
        sim_free(&sim);
        assert_true(step < STEPS_MAX);
    }
}

/* Stopped between the change of a record and what it is to be related to, and taken back
 * or resumed: what it held before is not forgotten. */
static void test_stopped_between(void **state) {
    static const struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    static const char rows[] = "ada@example.com;New;Firm;Team0|Team1";

    (void)state;
    for (int how = CRASH; how <= SIGNAL; how++) {
        bool broken = true;
        for (uint64_t step = 1; broken; step++) {
            for (int resumed = 0; resumed < 2; resumed++) {
                struct sim sim;
                struct tally tally;
                begin(&sim, &options, rows);
                broken = broken_off(&sim, (enum breaks)how, step);
                if (resumed != 0) {
                    resume(&sim, &tally);
                    assert_int_equal(tally.updated, 1);
                    assert_true(lead_is_in(&sim, 1) && lead_is_in(&sim, 2));
                    assert_int_equal(fake_crm_count(sim.crm), 5);
                }
                if (has_begun(&sim))
                    undo(&sim);
                assert_true(lead_has(&sim, "\"lastName\":\"Old\""));
                assert_true(lead_has(&sim, "\"teamsIds\":[]"));
                assert_true(lead_has(&sim, "\"createdAccountId\":null") ||
                            !lead_has(&sim, "createdAccountId"));
                for (size_t i = 4; i < fake_crm_count(sim.crm); i++)
                    assert_true(fake_crm_is_deleted(sim.crm, i));
                sim_free(&sim);
            }
            assert_true(step < STEPS_MAX);
        }
    }
}

/* The account comes when the connection is long gone. */
static enum fake_fault late_account(void *context, uint64_t number,
                                    const struct request *request) {
    (void)context;
    (void)number;
    return request->method == METHOD_POST && strcmp(request->path, "Account") == 0
               ? FAULT_LOST_LATER
               : FAULT_NONE;
}

/* Taken back at once: an account that comes late is waited for. */
static void test_late_account(void **state) {
    bool broken = true;

    (void)state;
    for (uint64_t step = 1; broken; step++) {
        const struct fake_options options = {.testdata = TESTDATA,
                                             .seed = step,
                                             .choose = late_account,
                                             .later_max_ms = 14000};
        struct sim sim;
        begin(&sim, &options, "ada@example.com;New;Firm;Team0");
        broken = broken_off(&sim, CRASH, step);
        if (has_begun(&sim))
            undo(&sim);
        fake_crm_pass(sim.crm, 60000);
        assert_true(fake_crm_count(sim.crm) <= 5);
        for (size_t i = 4; i < fake_crm_count(sim.crm); i++)
            assert_true(fake_crm_is_deleted(sim.crm, i));
        sim_free(&sim);
        assert_true(step < STEPS_MAX);
    }
}

/* Records with this text. */
static size_t count_of(const struct sim *sim, const char *text) {
    size_t count = 0;

    for (size_t i = 0; i < fake_crm_count(sim->crm); i++)
        count += strstr(fake_crm_record(sim->crm, i), text) != NULL &&
                 !fake_crm_is_deleted(sim->crm, i);
    return count;
}

static bool is_there(const struct sim *sim, const char *text) {
    return count_of(sim, text) > 0;
}

/* Broken off, and then two accounts come that are called as the one which the row names:
 * what has been done is never called failed, and goes back all the same. */
static void name_taken_since(const char *rows, const char *done, bool creates,
                             bool bulk) {
    static const struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    bool broken = true;

    for (uint64_t step = 1; broken; step++) {
        struct sim sim;
        struct tally tally;
        begin(&sim, &options, rows);
        sim.bulk = bulk;
        broken = broken_off(&sim, CRASH, step);
        for (int i = 0; i < 2; i++)
            (void)fake_crm_seed_as(sim.crm, "Account", "{\"name\":\"Firm\"}", FAKE_RIVAL);
        resume(&sim, &tally);
        if (is_there(&sim, done))
            assert_int_equal(tally.created + tally.updated + tally.unknown, 1);
        else
            assert_int_equal(tally.failed + tally.unknown, 1);
        if (creates && tally.unknown > 0) { /* nobody knows which record it is */
            assert_false(bulk);
            sim_free(&sim);
            continue;
        }
        undo(&sim);
        assert_false(is_there(&sim, done));
        assert_true(lead_has(&sim, "\"lastName\":\"Old\""));
        sim_free(&sim);
        assert_true(step < STEPS_MAX);
    }
}

static void test_name_taken_since(void **state) {
    (void)state;
    name_taken_since("ada@example.com;New;Firm;Team0", "\"lastName\":\"New\"", false,
                     false);
    name_taken_since("bob@example.com;Bob;Firm;Team0", "\"lastName\":\"Bob\"", true,
                     false);
    name_taken_since("ada@example.com;New;Firm;Team0", "\"lastName\":\"New\"", false,
                     true);
    name_taken_since("bob@example.com;Bob;Firm;", "\"lastName\":\"Bob\"", true, true);
}

/* Broken off, and then the account is deleted that the row names: a Lead that has come is
 * not made once more with another account. */
static void test_name_gone_since(void **state) {
    static const struct fake_options options = {.testdata = TESTDATA, .seed = 1};
    bool broken = true;

    (void)state;
    for (uint64_t step = 1; broken; step++) {
        struct sim sim;
        struct tally tally;
        begin(&sim, &options, "bob@example.com;Bob;Firm;Team0");
        (void)fake_crm_seed_as(sim.crm, "Account", "{\"name\":\"Firm\"}", FAKE_RIVAL);
        broken = broken_off(&sim, CRASH, step);
        fake_crm_edit(sim.crm, 4, NULL, FAKE_RIVAL);
        resume(&sim, &tally);
        assert_int_equal(tally.created + tally.unknown, 1);
        assert_true(count_of(&sim, "\"lastName\":\"Bob\"") <= 1);
        if (tally.unknown == 1) /* nor is an account made that nobody needs */
            assert_false(is_there(&sim, "\"name\":\"Firm\""));
        else
            assert_true(is_there(&sim, "\"lastName\":\"Bob\""));
        sim_free(&sim);
        assert_true(step < STEPS_MAX);
    }
}

/* How the answer to the first change, which is made, goes astray. */
struct astray {
    enum fake_fault fault;
    bool done;
};

static enum fake_fault lose_first_change(void *context, uint64_t number,
                                         const struct request *request) {
    struct astray *astray = context;

    (void)number;
    if (request->method != METHOD_PUT || astray->done)
        return FAULT_NONE;
    astray->done = true;
    return astray->fault;
}

static void own_version(const char *mapping, enum fake_fault fault) {
    struct astray astray = {.fault = fault};
    const struct fake_options options = {.testdata = TESTDATA,
                                         .seed = 1,
                                         .versions = true,
                                         .choose = lose_first_change,
                                         .choose_context = &astray};
    struct sim sim;
    struct tally tally;

    begin(&sim, &options, "ada@example.com;New;;Team0");
    sim.mapping = mapping;
    sim.retries = 3;
    resume(&sim, &tally);
    assert_true(astray.done && tally.updated == 1);
    assert_true(lead_has(&sim, "\"lastName\":\"New\"") && lead_is_in(&sim, 1));
    undo(&sim);
    assert_true(lead_has(&sim, "\"lastName\":\"Old\""));
    assert_true(lead_has(&sim, "\"teamsIds\":[]"));
    sim_free(&sim);
}

/* Sent again, it meets the version that it has made itself: what the record held before
 * is not forgotten, be it found by a match or named by EspoCRM's 409. */
static void test_own_version(void **state) {
    static const enum fake_fault faults[] = {
        FAULT_LOST_AFTER, FAULT_500_AFTER, FAULT_HTML_AFTER, FAULT_503_AFTER, FAULT_CUT};

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        own_version(MAPPING(""), faults[i]);
        own_version(MAPPING("\"operation\":\"upsert\",\"match\":[[\"emailAddress\"]],"),
                    faults[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_in_part),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_stopped_between),  cmocka_unit_test(test_late_account),
        cmocka_unit_test(test_name_taken_since), cmocka_unit_test(test_name_gone_since),
        cmocka_unit_test(test_own_version),
    };
    return cmocka_run_group_tests_name("link runs", tests, NULL, NULL);
}
