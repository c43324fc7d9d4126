/* settle_scene.h - a settler before the fake server, with the rows of a small file. */
#ifndef UNIT_SETTLE_SCENE_H
#define UNIT_SETTLE_SCENE_H

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
    char why[300];
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
    size_t page;
    size_t fault_index;
    const enum fake_fault *faults; /* of the look-ups in turn; ends with COUNT */
};

static inline enum fake_fault choose(void *context, uint64_t number,
                                     const struct request *request) {
    struct scene *scene = context;

    (void)number;
    if (strncmp(request->path, "Lead?", 5) != 0 || scene->faults == NULL ||
        scene->faults[scene->fault_index] == FAULT_COUNT)
        return FAULT_NONE;
    return scene->faults[scene->fault_index++];
}

static inline void settled(void *context, struct row *row,
                           const struct settle_result *result) {
    struct scene *scene = context;
    struct fate *fate = &scene->fates[row->number - 1];

    fate->verdict = (int)result->verdict;
    fate->told++;
    fate->after_ms = fake_crm_now_ms(scene->crm) - scene->added_ms;
    if (result->verdict == SETTLE_FOUND) {
        struct journal_row put = {
            .record = row->number, .state = ROW_CREATED, .id = result->id};
        (void)snprintf(fate->id, sizeof fate->id, "%s", result->id);
        (void)snprintf(fate->by, sizeof fate->by, "%s", result->matched_by);
        assert_int_equal(journal_put_row(scene->journal, &put, NULL), RC_OK);
    }
    if (result->verdict == SETTLE_UNKNOWN) {
        struct journal_row put = {.record = row->number, .state = ROW_UNKNOWN};
        struct journal_error error = {.record = row->number,
                                      .reason = REASON_OUTCOME_UNKNOWN,
                                      .column = "",
                                      .field = "",
                                      .value = "",
                                      .message = result->message};
        assert_true(result->message != NULL && result->message[0] != '\0');
        (void)snprintf(fate->why, sizeof fate->why, "%s", result->message);
        assert_int_equal(journal_put_row(scene->journal, &put, NULL), RC_OK);
        assert_int_equal(journal_put_error(scene->journal, &error, NULL), RC_OK);
    }
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

static inline void open_files(struct scene *scene, const char *csv) {
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

static inline void read_rows(struct scene *scene) {
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

/* A settler of the same run; from now on nothing older is looked at. */
static inline void scene_restart(struct scene *scene) {
    struct settler_options options = {.site = scene->site,
                                      .journal = scene->journal,
                                      .mapping = scene->job.mapping,
                                      .program = scene->job.program,
                                      .pool = &scene->pool,
                                      .user_id = fake_crm_user(scene->crm),
                                      .may_list = true,
                                      .started_ms = scene->started_ms,
                                      .settle_ms = SETTLE_MS,
                                      .page = scene->page,
                                      .settled = settled,
                                      .context = scene};

    settler_free(scene->settler);
    assert_int_equal(settler_new(&scene->settler, &options, NULL), RC_OK);
}

/* The server's clock. */
static inline int64_t scene_now_ms(const struct scene *scene) {
    return fake_crm_now_ms(scene->crm) + fake_crm_offset_ms(scene->crm);
}

static inline struct scene *scene_new(const char *mapping, const char *csv, size_t page,
                                      unsigned retries) {
    struct scene *scene = calloc(1, sizeof *scene);
    struct fake_options fake = {.testdata = TESTDATA,
                                .seed = 1,
                                .choose = choose,
                                .choose_context = scene,
                                .page = page};
    struct job_options job = {.mapping_json = mapping};
    struct site_options site = {.url = "https://crm.example.com/", .retries = retries};
    struct err err = {0};

    assert_non_null(scene);
    scene->page = page;
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
    scene->started_ms = scene_now_ms(scene);
    scene_restart(scene);
    return scene;
}

static inline void scene_free(struct scene *scene) {
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

static inline void add_rows(struct scene *scene) {
    scene->added_ms = fake_crm_now_ms(scene->crm);
    for (size_t i = 0; i < scene->count; i++) {
        scene->fates[i].verdict = -1;
        scene->rows[i]->state = ROW_DOUBTFUL;
        settler_add(scene->settler, scene->rows[i]);
    }
}

/* Until nothing is in doubt any more. */
static inline void settle(struct scene *scene) {
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

#define REC(first, last, mail, note)                                                     \
    "{\"firstName\":" first ",\"lastName\":" last ",\"emailAddress\":" mail              \
    ",\"description\":" note "}"
#define ADA REC("\"Ada\"", "\"Byron\"", "\"ada@example.com\"", "\"n\"")

#endif
