/* Rows in doubt against what a look-up finds: adopted, absent, or said to be unknown. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "settle_scene.h"

/* --- the table --- */

#define STATUS(first, status)                                                            \
    "{\"firstName\":" first ",\"lastName\":\"Byron\",\"status\":\"" status "\"}"

enum { CASE_ROWS = 4, CASE_RECORDS = 4 };

struct expected {
    int verdict;
    int record; /* FOUND: which of the records, from 0 */
    const char *by;
};

struct table_case {
    const char *name;
    const char *mapping;
    const char *csv;
    const char *before[CASE_RECORDS]; /* by this user, before the run */
    const char *other[CASE_RECORDS];  /* by another user, during it */
    const char *during[CASE_RECORDS]; /* by this user, during it: found by index */
    int taken; /* index of `during` that a row of the run owns already; -1 = none */
    struct expected rows[CASE_ROWS];
};

#define FOUND(record, by)                                                                \
    { SETTLE_FOUND, record, by }
#define ABSENT                                                                           \
    { SETTLE_ABSENT, -1, "" }
#define UNKNOWN                                                                          \
    { SETTLE_UNKNOWN, -1, "" }

/* clang-format off */
static const struct table_case table[] = {
    {"there", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1, {FOUND(0,
     "fingerprint")}},
    {"not there", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {0}, -1, {ABSENT}},
    {"of an earlier run", plain, "Ada;Byron;ada@example.com;;n\n", {ADA}, {0}, {0}, -1,
     {ABSENT}},
    {"of somebody else", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {ADA}, {0}, -1,
     {ABSENT}},
    {"another row's", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, 0,
     {ABSENT}},
    {"twice", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA, ADA}, -1,
     {UNKNOWN}},
    {"twice, one of it taken", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA,
     ADA}, 0, {FOUND(1, "fingerprint")}},
    {"case of the address", plain, "Ada;Byron;ADA@Example.com;;n\n", {0}, {0}, {ADA}, -1,
     {FOUND(0, "fingerprint")}},
    {"a value dropped", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "null")}, -1, {UNKNOWN}},
    {"a value changed", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {REC("\"ADA\"", "\"Byron\"", "\"ada@example.com\"", "\"m\"")}, -1, {UNKNOWN}},
    {"two that are like it", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {REC("\"A\"", "\"Byron\"", "\"ada@example.com\"", "\"m\""), REC("\"B\"",
     "\"Byron\"", "\"ada@example.com\"", "\"m\"")}, -1, {UNKNOWN}},
    {"name only", plain, "Ada;Byron;;;n\n", {0}, {0}, {REC("\"Ada\"", "\"Byron\"",
     "null", "\"n\"")}, -1, {FOUND(0, "fingerprint")}},
    {"name only, a value dropped", plain, "Ada;Byron;;;n\n", {0}, {0}, {REC("\"Ada\"",
     "\"Byron\"", "null", "null")}, -1, {UNKNOWN}},
    {"name only, another person", plain, "Ada;Byron;;;n\n", {0}, {0}, {REC("\"Eve\"",
     "\"Byron\"", "null", "\"n\"")}, -1, {ABSENT}},
    {"name only, more in the record", plain, "Ada;Byron;;;\n", {0}, {0}, {ADA}, -1,
     {UNKNOWN}},
    {"a default of the server's", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {"{\"firstName\":\"Ada\",\"lastName\":\"Byron\",\"emailAddress\":"
     "\"ada@example.com\",\"description\":\"n\",\"status\":\"New\"}"}, -1, {FOUND(0,
     "fingerprint")}},
    {"special characters", plain, "\"A\"\"\\\";B\xC3\xBC/&?;;;n\n", {0}, {0},
     {REC("\"A\\\"\\\\\"", "\"B\xC3\xBC/&?\"", "null", "\"n\"")}, -1, {FOUND(0,
     "fingerprint")}},
    /* several rows */
    {"twins, both there", plain,
     "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA,
     ADA}, -1, {FOUND(1, "fingerprint"), FOUND(0, "fingerprint")}},
    {"twins, one there", plain,
     "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {FOUND(0, "fingerprint"), ABSENT}},
    {"twins, three there", plain,
     "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA, ADA,
     ADA}, -1, {UNKNOWN, UNKNOWN}},
    {"one address, the second's is there", plain,
     "Eve;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {ABSENT, FOUND(0, "fingerprint")}},
    {"one address and a match rule, the second's is there", by_mail,
     "Eve;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {ABSENT, FOUND(0, "fingerprint")}},
    {"one address, neither's", plain,
     "Eve;Byron;ada@example.com;;n\nIda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {UNKNOWN, UNKNOWN}},
    {"one name, whose is it", plain, "Ada;Byron;;;n\nAda;Byron;;;m\n", {0}, {0},
     {REC("\"Ada\"", "\"Byron\"", "null", "null")}, -1, {UNKNOWN, UNKNOWN}},
    {"a row that another one contains", plain,
     "Ada;Byron;;;\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1, {ABSENT,
     FOUND(0, "fingerprint")}},
    /* match rules */
    {"by the rule, the rest changed", by_name, "Ada;Byron;ada@example.com;;n\n", {0},
     {0}, {REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "\"m\"")}, -1, {UNKNOWN}},
    {"the rule's field is empty in the row", by_mail, "Ada;Byron;;;n\n", {0}, {0},
     {REC("\"Eve\"", "\"Byron\"", "null", "\"x\"")}, -1, {ABSENT}},
    {"one of the rule's fields is empty", by_name, "\"\";Byron;;;n\n", {0}, {0},
     {REC("\"Ada\"", "\"Byron\"", "null", "\"x\"")}, -1, {ABSENT}},
    /* more in the record than was sent */
    {"more in the record of that address", plain, "Ada;Byron;ada@example.com;;\n", {0},
     {0}, {ADA}, -1, {FOUND(0, "fingerprint")}},
    {"the more specific row comes last", plain, ";Byron;;;\n;Byron;;Dead;\n", {0}, {0},
     {STATUS("null", "Dead")}, -1, {ABSENT, FOUND(0, "fingerprint")}},
    {"the more specific row comes first", plain, ";Byron;;Dead;\n;Byron;;;\n", {0}, {0},
     {STATUS("null", "Dead")}, -1, {FOUND(0, "fingerprint"), ABSENT}},
    {"one of each", plain, ";Byron;;;\n;Byron;;Dead;\n", {0}, {0}, {STATUS("null",
     "Dead"), STATUS("null", "New")}, -1, {FOUND(1, "fingerprint"), FOUND(0,
     "fingerprint")}},
    {"an option that was sent is another", plain, ";Byron;;Dead;\n", {0}, {0},
     {STATUS("null", "New")}, -1, {ABSENT}},
    {"a namesake with a first name", plain, ";Byron;;;\nBob;Byron;;;\n", {0}, {0},
     {STATUS("\"Bob\"", "New")}, -1, {ABSENT, FOUND(0, "fingerprint")}},
    {"a namesake of somebody else's making", plain, ";Byron;;;\n", {0}, {0},
     {STATUS("\"Bob\"", "New")}, -1, {UNKNOWN}},
    {"a value dropped, of two who share an address", plain,
     "Ada;Byron;ada@example.com;;n\nEve;Byron;ada@example.com;;\n", {0}, {0},
     {REC("\"Eve\"", "\"Byron\"", "\"ada@example.com\"", "null")}, -1, {ABSENT, FOUND(0,
     "fingerprint")}},
};
/* clang-format on */

static void run_case(const struct table_case *c) {
    struct scene *scene = scene_new(c->mapping, c->csv, 0, 3);
    const char *ids[CASE_RECORDS] = {0};

    for (size_t i = 0; i < CASE_RECORDS && c->during[i] != NULL; i++)
        ids[i] = fake_crm_seed(scene->crm, c->during[i], NULL);
    for (size_t i = 0; i < CASE_RECORDS && c->other[i] != NULL; i++)
        (void)fake_crm_seed(scene->crm, c->other[i], "5e00000000000ad01");
    if (c->taken >= 0) {
        struct journal_row put = {
            .record = 60, .state = ROW_CREATED, .id = ids[c->taken]};
        assert_int_equal(journal_put_row(scene->journal, &put, NULL), RC_OK);
    }
    add_rows(scene);
    settle(scene);
    for (size_t i = 0; i < scene->count; i++) {
        const struct expected *want = &c->rows[i];
        const struct fate *got = &scene->fates[i];
        if (got->verdict != want->verdict ||
            (want->verdict == SETTLE_FOUND &&
             (strcmp(got->id, ids[want->record]) != 0 || strcmp(got->by, want->by) != 0)))
            fail_msg("%s: row %zu: verdict %d, id %s by %s", c->name, i + 1, got->verdict,
                     got->id, got->by);
        if (want->verdict == SETTLE_ABSENT) /* not before its time, not long after */
            assert_in_range(got->after_ms, SETTLE_MS, SETTLE_MS + 1000);
    }
    scene_free(scene);
}

/* Records of an earlier run must lie before the run: that case seeds them itself. */
static void run_case_before(const struct table_case *c) {
    struct scene *scene = scene_new(c->mapping, c->csv, 0, 3);

    (void)fake_crm_seed(scene->crm, c->before[0], NULL);
    fake_crm_pass(scene->crm, 60000);
    scene->started_ms = scene_now_ms(scene);
    scene_restart(scene);
    add_rows(scene);
    settle(scene);
    if (scene->fates[0].verdict != c->rows[0].verdict)
        fail_msg("%s: verdict %d", c->name, scene->fates[0].verdict);
    scene_free(scene);
}

static void test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].before[0] != NULL)
            run_case_before(&table[i]);
        else
            run_case(&table[i]);
    }
}

/* --- time --- */

/* It arrives after the first look and within the settle time: found, not sent again. */
static void test_late(void **state) {
    struct scene *scene = scene_new(plain, "Ada;Byron;ada@example.com;;n\n", 0, 3);
    const char *id;

    (void)state;
    add_rows(scene);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(settler_poll(scene->settler, NULL), RC_OK);
        assert_true(courier_poll(site_courier(scene->site), 200, NULL) >= 0);
    }
    assert_int_equal(settler_count(scene->settler), 1); /* looked for once, in vain */
    assert_in_range(settler_wait_ms(scene->settler), 1, SETTLE_MS);
    id = fake_crm_seed(scene->crm, ADA, NULL);
    settle(scene);
    assert_int_equal(scene->fates[0].verdict, SETTLE_FOUND);
    assert_string_equal(scene->fates[0].id, id);
    scene_free(scene);
}

/* A row that has been in doubt for long needs one look only. */
static void test_long_ago(void **state) {
    struct scene *scene = scene_new(plain, "Ada;Byron;ada@example.com;;n\n", 0, 3);

    (void)state;
    scene->rows[0]->doubtful_ms = fake_crm_now_ms(scene->crm) - SETTLE_MS;
    add_rows(scene);
    settle(scene);
    assert_int_equal(scene->fates[0].verdict, SETTLE_ABSENT);
    assert_in_range(scene->fates[0].after_ms, 0, 1000);
    scene_free(scene);
}

/* A clock that was set back: the time of doubt lies in the future. */
static void test_future(void **state) {
    struct scene *scene = scene_new(plain, "Ada;Byron;ada@example.com;;n\n", 0, 3);

    (void)state;
    scene->rows[0]->doubtful_ms = fake_crm_now_ms(scene->crm) + 86400000;
    add_rows(scene);
    settle(scene);
    assert_int_equal(scene->fates[0].verdict, SETTLE_ABSENT);
    assert_in_range(scene->fates[0].after_ms, SETTLE_MS, SETTLE_MS + 1000);
    scene_free(scene);
}

/* Behind another one in a lane: not looked up before that one is through. */
static void test_blocked(void **state) {
    struct scene *scene = scene_new(
        plain, "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", 0, 3);

    (void)state;
    (void)fake_crm_seed(scene->crm, ADA, NULL);
    scene->rows[0]->ticket.blocked = 1;
    scene->rows[1]->ticket.blocked = 1;
    add_rows(scene);
    assert_true(settler_wait_ms(scene->settler) == INT64_MAX);
    assert_int_equal(settler_poll(scene->settler, NULL), RC_OK);
    assert_int_equal(courier_waiting(site_courier(scene->site)), 0);
    scene->rows[0]->ticket.blocked = 0;
    assert_int_equal(settler_wait_ms(scene->settler), 0);
    scene->rows[1]->ticket.blocked = 0;
    settle(scene);
    assert_int_equal(scene->fates[0].verdict, SETTLE_FOUND);
    assert_int_equal(scene->fates[1].verdict, SETTLE_ABSENT);
    scene_free(scene);
}

/* --- many --- */

static void make_many(char *csv, size_t size, size_t count, const char *mail) {
    size_t len = 0;

    csv[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char own[64];
        (void)snprintf(own, sizeof own, "person%zu@example.com", i);
        len += (size_t)snprintf(csv + len, size - len, "Ada;Byron%zu;%s;;n%zu\n", i,
                                mail == NULL ? own : mail, i);
    }
}

static void seed_many(struct scene *scene, size_t count, const char *mail) {
    for (size_t i = 0; i < count; i++) {
        char json[256], own[64];
        (void)snprintf(own, sizeof own, "person%zu@example.com", i);
        (void)snprintf(
            json, sizeof json,
            "{\"firstName\":\"Ada\",\"lastName\":\"Byron%zu\",\"emailAddress\":"
            "\"%s\",\"description\":\"n%zu\"}",
            i, mail == NULL ? own : mail, i);
        (void)fake_crm_seed(scene->crm, json, NULL);
    }
}

/* Every second row is there; pages of any size; an address of many people. */
static void test_many(void **state) {
    static const size_t pages[] = {0, 7, 1};
    static const char *const mails[] = {NULL, "info@example.com"};
    static char csv[16384];

    (void)state;
    for (size_t p = 0; p < 3; p++) {
        for (size_t m = 0; m < 2; m++) {
            struct scene *scene;
            size_t there = 30;
            make_many(csv, sizeof csv, 60, mails[m]);
            scene = scene_new(plain, csv, pages[p], 3);
            seed_many(scene, there, mails[m]);
            add_rows(scene);
            settle(scene);
            for (size_t i = 0; i < scene->count; i++)
                if (scene->fates[i].verdict != (i < there ? SETTLE_FOUND : SETTLE_ABSENT))
                    fail_msg("page %zu, %s: row %zu: verdict %d", pages[p],
                             mails[m] == NULL ? "own addresses" : mails[m], i + 1,
                             scene->fates[i].verdict);
            scene_free(scene);
        }
    }
}

/* More records than a page that equal the row in everything short. */
static void test_overflow(void **state) {
    struct scene *scene = scene_new(plain, "Ada;Byron;ada@example.com;;n\n", 3, 3);

    (void)state;
    for (int i = 0; i < 5; i++)
        (void)fake_crm_seed(scene->crm,
                            REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "\"x\""),
                            NULL);
    add_rows(scene);
    settle(scene);
    assert_int_equal(scene->fates[0].verdict, SETTLE_UNKNOWN);
    scene_free(scene);
}

/* --- answers that are none --- */

static void test_faults(void **state) {
    static const enum fake_fault faults[] = {FAULT_LOST_AFTER,  FAULT_429,  FAULT_502,
                                             FAULT_HTML,        FAULT_CUT,  FAULT_UNSENT,
                                             FAULT_MAINTENANCE, FAULT_COUNT};
    struct scene *scene = scene_new(plain, "Ada;Byron;ada@example.com;;n\n", 0, 9);

    (void)state;
    (void)fake_crm_seed(scene->crm, ADA, NULL);
    scene->faults = faults;
    add_rows(scene);
    settle(scene);
    assert_int_equal(scene->fates[0].verdict, SETTLE_FOUND);
    assert_int_equal(scene->fault_index, 7);
    scene_free(scene);
}

/* The run is being stopped: the rows come back as they were, none is lost. */
static void test_stopped(void **state) {
    struct scene *scene = scene_new(
        plain, "Ada;Byron;ada@example.com;;n\nEve;Byron;eve@example.com;;n\n", 0, 3);
    struct row *row;
    size_t n = 0;

    (void)state;
    add_rows(scene);
    assert_int_equal(settler_poll(scene->settler, NULL), RC_OK);
    assert_null(settler_take(scene->settler)); /* both are being looked up */
    assert_int_equal(settler_count(scene->settler), 2);
    courier_cancel(site_courier(scene->site));
    (void)courier_poll(site_courier(scene->site), 0, NULL);
    assert_int_equal(settler_count(scene->settler), 2);
    while ((row = settler_take(scene->settler)) != NULL)
        n++;
    assert_int_equal(n, 2);
    assert_int_equal(settler_count(scene->settler), 0);
    assert_int_equal(scene->fates[0].told + scene->fates[1].told, 0);
    scene_free(scene);
}

/* --- the request --- */

/* However long the values are, the server's limit for a request line is kept. */
static void test_long_values(void **state) {
    static char csv[65536];
    struct scene *scene;
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        len += (size_t)snprintf(csv + len, sizeof csv - len, "\"%*s\";\"%02d%0*d\";;;\n",
                                90, "%&+/?", i, 90, 0);
    scene = scene_new(plain, csv, 0, 3);
    add_rows(scene);
    settle(scene);
    for (size_t i = 0; i < scene->count; i++)
        assert_int_equal(scene->fates[i].verdict, SETTLE_ABSENT);
    scene_free(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),    cmocka_unit_test(test_late),
        cmocka_unit_test(test_long_ago), cmocka_unit_test(test_future),
        cmocka_unit_test(test_blocked),  cmocka_unit_test(test_many),
        cmocka_unit_test(test_overflow), cmocka_unit_test(test_faults),
        cmocka_unit_test(test_stopped),  cmocka_unit_test(test_long_values),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
