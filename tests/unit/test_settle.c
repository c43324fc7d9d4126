/* Rows in doubt against what a look-up finds: adopted, absent, or said to be unknown. */
#include "flow/settle.h"

#include "base/digest.h"
#include "flow/job.h"
#include "flow/settle_query.h"
#include "model/json.h"
#include "sim/fake_crm.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 64, SETTLE_MS = 15000, TURNS_MAX = 10000 };

struct fate {
    int verdict; /* of enum settle_verdict; -1 = none yet */
    char id[32];
    char by[32];
    size_t missing;
    int64_t after_ms; /* since it was added */
    unsigned told;
};

struct scene {
    char dir[64], csv[96], checkpoint[96];
    struct fake_crm *crm;
    struct site *site;
    struct job job;
    struct journal *journal;
    struct settler *settler;
    struct row_pool pool;
    struct row *rows[ROWS];
    struct fate fates[ROWS];
    size_t count;
    int64_t added_ms;
    int64_t started_ms;
    size_t fault_index;
    const enum fake_fault *faults; /* of the look-ups in turn; ends with COUNT */
};

static enum fake_fault choose(void *context, uint64_t number,
                              const struct request *request) {
    struct scene *scene = context;

    (void)number;
    if (strncmp(request->path, "Lead?", 5) != 0 || scene->faults == NULL ||
        scene->faults[scene->fault_index] == FAULT_COUNT)
        return FAULT_NONE;
    return scene->faults[scene->fault_index++];
}

static void settled(void *context, struct row *row, const struct settle_result *result) {
    struct scene *scene = context;
    struct fate *fate = &scene->fates[row->number - 1];

    fate->verdict = (int)result->verdict;
    fate->told++;
    fate->missing = result->missing_count;
    fate->after_ms = fake_crm_now_ms(scene->crm) - scene->added_ms;
    if (result->verdict == SETTLE_FOUND) {
        struct journal_row put = {
            .record = row->number, .state = ROW_CREATED, .id = result->id};
        (void)snprintf(fate->id, sizeof fate->id, "%s", result->id);
        (void)snprintf(fate->by, sizeof fate->by, "%s", result->matched_by);
        assert_int_equal(journal_put_row(scene->journal, &put, NULL), RC_OK);
    }
    if (result->verdict == SETTLE_UNKNOWN)
        assert_true(result->message != NULL && result->message[0] != '\0');
}

#define COLUMNS                                                                          \
    "\"columns\":[{\"name\":\"First\",\"field\":\"firstName\"},"                         \
    "{\"name\":\"Last\",\"field\":\"lastName\"},"                                        \
    "{\"name\":\"Mail\",\"field\":\"emailAddress\"},"                                    \
    "{\"name\":\"Status\",\"field\":\"status\"},"                                        \
    "{\"name\":\"Note\",\"field\":\"description\"}]}"
static const char plain[] = "{\"version\":1,\"entityType\":\"Lead\"," COLUMNS;
static const char by_mail[] =
    "{\"version\":1,\"entityType\":\"Lead\",\"match\":[[\"emailAddress\"]]," COLUMNS;
static const char by_name[] = "{\"version\":1,\"entityType\":\"Lead\",\"match\":"
                              "[[\"firstName\",\"lastName\"]]," COLUMNS;

static void open_files(struct scene *scene, const char *csv) {
    FILE *file;

    (void)snprintf(scene->dir, sizeof scene->dir, "/tmp/espoload-settle-XXXXXX");
    assert_non_null(mkdtemp(scene->dir));
    (void)snprintf(scene->csv, sizeof scene->csv, "%s/in.csv", scene->dir);
    (void)snprintf(scene->checkpoint, sizeof scene->checkpoint, "%s/c", scene->dir);
    file = fopen(scene->csv, "w");
    assert_non_null(file);
    (void)fprintf(file, "First;Last;Mail;Status;Note\n%s", csv);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(journal_create(&scene->journal, scene->checkpoint, NULL), RC_OK);
}

static void read_rows(struct scene *scene) {
    struct buf body = {.max = 65536};
    int rc = 1;

    while (rc == 1) {
        struct row *row = row_pool_get(&scene->pool);
        assert_non_null(row);
        rc = job_read(&scene->job, row, NULL);
        if (rc != 1)
            break;
        if (row->record.error_count > 0)
            fail_msg("line %zu: %s", (size_t)row->line, row->record.errors[0].message);
        assert_true(scene->count < ROWS);
        buf_reset(&body);
        assert_int_equal(
            json_append_record(&body, row->record.attributes, row->record.count), RC_OK);
        row->print = digest_fnv(DIGEST_FNV_SEED, buf_slice(&body));
        scene->rows[scene->count++] = row;
    }
    assert_int_equal(rc, 0);
    buf_fini(&body);
}

static struct scene *scene_new(const char *mapping, const char *csv, size_t page,
                               unsigned retries) {
    struct scene *scene = calloc(1, sizeof *scene);
    struct fake_options fake = {.testdata = TESTDATA,
                                .seed = 1,
                                .choose = choose,
                                .choose_context = scene,
                                .page = page};
    struct job_options job = {.mapping_json = mapping};
    struct site_options site = {.url = "https://crm.example.com/", .retries = retries};
    struct settler_options options = {
        .settle_ms = SETTLE_MS, .page = page, .settled = settled, .context = scene};
    struct err err = {0};

    assert_non_null(scene);
    open_files(scene, csv);
    scene->crm = fake_crm_new(&fake);
    site.env = fake_crm_env(scene->crm);
    job.input_path = scene->csv;
    if (site_new_over(&scene->site, fake_transport_new(scene->crm), &site, &err) != 0 ||
        job_load(&scene->job, &job, &err) != RC_OK ||
        job_compile(&scene->job, scene->site, &err) != RC_OK)
        fail_msg("%s", err.message);
    read_rows(scene);
    fake_crm_pass(scene->crm, 3600000);
    scene->started_ms = fake_crm_now_ms(scene->crm) + fake_crm_offset_ms(scene->crm);
    options.site = scene->site;
    options.journal = scene->journal;
    options.mapping = scene->job.mapping;
    options.program = scene->job.program;
    options.user_id = schema_server(scene->job.schema)->user_id;
    options.started_ms = scene->started_ms;
    assert_int_equal(settler_new(&scene->settler, &options, NULL), RC_OK);
    return scene;
}

static void scene_free(struct scene *scene) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[128];

    settler_free(scene->settler);
    journal_close(scene->journal);
    job_close(&scene->job);
    site_free(scene->site);
    row_pool_fini(&scene->pool);
    fake_crm_free(scene->crm);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s%s", scene->checkpoint, endings[i]);
        (void)unlink(name);
    }
    (void)unlink(scene->csv);
    (void)rmdir(scene->dir);
    free(scene);
}

static void add_rows(struct scene *scene) {
    scene->added_ms = fake_crm_now_ms(scene->crm);
    for (size_t i = 0; i < scene->count; i++) {
        scene->fates[i].verdict = -1;
        settler_add(scene->settler, scene->rows[i]);
    }
}

/* Until nothing is in doubt any more. */
static void settle(struct scene *scene) {
    for (int turns = 0; settler_count(scene->settler) > 0; turns++) {
        int64_t wait;
        if (turns > TURNS_MAX)
            fail_msg("%zu rows are never settled", settler_count(scene->settler));
        assert_int_equal(settler_poll(scene->settler, NULL), RC_OK);
        wait = settler_wait_ms(scene->settler);
        assert_true(courier_poll(site_courier(scene->site), wait > 200 ? 200 : (int)wait,
                                 NULL) >= 0);
    }
    for (size_t i = 0; i < scene->count; i++)
        assert_int_equal(scene->fates[i].told, 1);
}

/* --- the table --- */

#define REC(first, last, mail, note)                                                     \
    "{\"firstName\":" first ",\"lastName\":" last ",\"emailAddress\":" mail              \
    ",\"description\":" note "}"
#define ADA REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "\"n\"")

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
    size_t missing; /* of the first row */
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
     "fingerprint")}, 0},
    {"not there", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {0}, -1, {ABSENT},
     0},
    {"of an earlier run", plain, "Ada;Byron;ada@example.com;;n\n", {ADA}, {0}, {0}, -1,
     {ABSENT}, 0},
    {"of somebody else", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {ADA}, {0}, -1,
     {ABSENT}, 0},
    {"another row's", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, 0,
     {ABSENT}, 0},
    {"twice", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA, ADA}, -1,
     {UNKNOWN}, 0},
    {"twice, one of it taken", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0}, {ADA,
     ADA}, 0, {FOUND(1, "fingerprint")}, 0},
    {"case of the address", plain, "Ada;Byron;ADA@Example.com;;n\n", {0}, {0}, {ADA}, -1,
     {FOUND(0, "fingerprint")}, 0},
    {"a value dropped", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "null")}, -1, {FOUND(0,
     "emailAddress")}, 1},
    {"a value changed", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {REC("\"ADA\"", "\"Byron\"", "\"ada@example.com\"", "\"m\"")}, -1, {FOUND(0,
     "emailAddress")}, 2},
    {"two that are like it", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {REC("\"A\"", "\"Byron\"", "\"ada@example.com\"", "\"m\""), REC("\"B\"",
     "\"Byron\"", "\"ada@example.com\"", "\"m\"")}, -1, {UNKNOWN}, 0},
    {"name only", plain, "Ada;Byron;;;n\n", {0}, {0}, {REC("\"Ada\"", "\"Byron\"",
     "null", "\"n\"")}, -1, {FOUND(0, "fingerprint")}, 0},
    {"name only, a value dropped", plain, "Ada;Byron;;;n\n", {0}, {0}, {REC("\"Ada\"",
     "\"Byron\"", "null", "null")}, -1, {FOUND(0, "lastName")}, 1},
    {"name only, another person", plain, "Ada;Byron;;;n\n", {0}, {0}, {REC("\"Eve\"",
     "\"Byron\"", "null", "\"n\"")}, -1, {ABSENT}, 0},
    {"name only, more in the record", plain, "Ada;Byron;;;\n", {0}, {0}, {ADA}, -1,
     {FOUND(0, "lastName")}, 0},
    {"a default of the server's", plain, "Ada;Byron;ada@example.com;;n\n", {0}, {0},
     {"{\"firstName\":\"Ada\",\"lastName\":\"Byron\",\"emailAddress\":"
     "\"ada@example.com\",\"description\":\"n\",\"status\":\"New\"}"}, -1, {FOUND(0,
     "fingerprint")}, 0},
    {"special characters", plain, "\"A\"\"\\\";B\xC3\xBC/&?;;;n\n", {0}, {0},
     {REC("\"A\\\"\\\\\"", "\"B\xC3\xBC/&?\"", "null", "\"n\"")}, -1, {FOUND(0,
     "fingerprint")}, 0},
    /* several rows */
    {"twins, both there", plain,
     "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA,
     ADA}, -1, {FOUND(1, "fingerprint"), FOUND(0, "fingerprint")}, 0},
    {"twins, one there", plain,
     "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {FOUND(0, "fingerprint"), ABSENT}, 0},
    {"twins, three there", plain,
     "Ada;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA, ADA,
     ADA}, -1, {UNKNOWN, UNKNOWN}, 0},
    {"one address, the second's is there", plain,
     "Eve;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {ABSENT, FOUND(0, "fingerprint")}, 0},
    {"one address and a match rule, the second's is there", by_mail,
     "Eve;Byron;ada@example.com;;n\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {ABSENT, FOUND(0, "fingerprint")}, 0},
    {"one address, neither's", plain,
     "Eve;Byron;ada@example.com;;n\nIda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1,
     {UNKNOWN, UNKNOWN}, 0},
    {"one name, whose is it", plain, "Ada;Byron;;;n\nAda;Byron;;;m\n", {0}, {0},
     {REC("\"Ada\"", "\"Byron\"", "null", "null")}, -1, {UNKNOWN, UNKNOWN}, 0},
    {"a row that another one contains", plain,
     "Ada;Byron;;;\nAda;Byron;ada@example.com;;n\n", {0}, {0}, {ADA}, -1, {ABSENT,
     FOUND(0, "fingerprint")}, 0},
    /* match rules */
    {"by the rule, the rest changed", by_name, "Ada;Byron;ada@example.com;;n\n", {0},
     {0}, {REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "\"m\"")}, -1, {FOUND(0,
     "firstName")}, 1},
    {"the rule's field is empty in the row", by_mail, "Ada;Byron;;;n\n", {0}, {0},
     {REC("\"Eve\"", "\"Byron\"", "null", "\"x\"")}, -1, {ABSENT}, 0},
    {"one of the rule's fields is empty", by_name, "\"\";Byron;;;n\n", {0}, {0},
     {REC("\"Ada\"", "\"Byron\"", "null", "\"x\"")}, -1, {ABSENT}, 0},
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
    if (scene->fates[0].missing != c->missing)
        fail_msg("%s: %zu values are said to be missing", c->name,
                 scene->fates[0].missing);
    scene_free(scene);
}

/* Records of an earlier run must lie before the run: that case seeds them itself. */
static void run_case_before(const struct table_case *c) {
    struct scene *scene = scene_new(c->mapping, c->csv, 0, 3);
    struct settler_options options = {.site = scene->site,
                                      .journal = scene->journal,
                                      .mapping = scene->job.mapping,
                                      .program = scene->job.program,
                                      .user_id = fake_crm_user(scene->crm),
                                      .settle_ms = SETTLE_MS,
                                      .settled = settled,
                                      .context = scene};

    (void)fake_crm_seed(scene->crm, c->before[0], NULL);
    fake_crm_pass(scene->crm, 60000);
    options.started_ms = fake_crm_now_ms(scene->crm) + fake_crm_offset_ms(scene->crm);
    settler_free(scene->settler);
    assert_int_equal(settler_new(&scene->settler, &options, NULL), RC_OK);
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
