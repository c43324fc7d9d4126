/* sample.c - checkpoints that fuzz targets change and read. */
#include "sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "flow/checkpoint.h"
#include "state/journal_key.h"
#include "state/journal_made.h"
#include "state/journal_pair.h"
#include "state/journal_plan.h"
#include "state/journal_record.h"
#include "state/journal_undo.h"

#define SAMPLE_ID "64f0c0ffee0000001"
#define SAMPLE_KEY "key"

static struct sample_place place;

void sample_remove_files(void) {
    (void)unlink(place.path);
    (void)unlink(place.wal);
    (void)unlink(place.shm);
}

static void leave(void) {
    sample_remove_files();
    (void)rmdir(place.folder);
}

const struct sample_place *sample_place(void) {
    const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    if (place.folder[0] != '\0')
        return &place;
    (void)snprintf(place.folder, sizeof place.folder, "%s/fuzz-sample-XXXXXX", shm);
    REQUIRE(mkdtemp(place.folder) != NULL);
    (void)snprintf(place.path, sizeof place.path, "%s/c", place.folder);
    (void)snprintf(place.wal, sizeof place.wal, "%s-wal", place.path);
    (void)snprintf(place.shm, sizeof place.shm, "%s-shm", place.path);
    REQUIRE(atexit(leave) == 0);
    return &place;
}

void sample_load(const char *path, struct buf *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    REQUIRE(fd >= 0);
    out->max = SAMPLE_MAX;
    do {
        char *to = buf_reserve(out, 65536);
        REQUIRE(to != NULL);
        n = read(fd, to, 65536);
        REQUIRE(n >= 0);
        buf_commit(out, (size_t)n);
    } while (n > 0);
    (void)close(fd);
}

void sample_store(const char *path, struct slice content) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, content.len == 0 ? "" : content.data, content.len) ==
            (ssize_t)content.len);
    (void)close(fd);
}

/* --- made --- */

void sample_begin(struct journal *journal) {
    struct checkpoint facts = {.kind = "import",
                               .input_path = "/d/leads.csv",
                               .input_name = "leads.csv",
                               .input_bytes = 1000,
                               .input_sha256 = "00",
                               .mapping_json = "{\"version\":1}",
                               .mapping_name = "m.json",
                               .encoding = "",
                               .records = SAMPLE_ROWS,
                               .url = "http://h/",
                               .user_id = "u",
                               .user_name = "n",
                               .entity_type = "Lead",
                               .plan = "",
                               .engine = "rest",
                               .prefix = "/d/leads"};
    struct journal_made made = {.entity_type = "Account",
                                .field = "name",
                                .key = slice_of("acme"),
                                .value = slice_of("Acme"),
                                .since = 1,
                                .id = "64a"};
    struct journal_plan plan = {2, "update", "64f", "", "{}"};
    struct err err = {0};

    REQUIRE(checkpoint_bind(journal, &facts, &err) == RC_OK);
    REQUIRE(journal_begin_plan(journal, &err) == RC_OK);
    REQUIRE(journal_put_plan(journal, &plan, &err) == 1);
    REQUIRE(journal_put_made(journal, &made, &err) == RC_OK);
}

void sample_put_rows(struct journal *journal, uint64_t from, uint64_t to) {
    struct err err = {0};

    for (uint64_t i = from; i <= to; i++) {
        struct journal_row row = {.record = i,
                                  .line = i + 1,
                                  .offset = i * 100,
                                  .attempts = 1,
                                  .since = 1700000000000,
                                  .version = 3};
        row.state = (enum row_state)(i % ROW_STATE_COUNT);
        row.id = row_state_is_final(row.state) ? SAMPLE_ID : NULL;
        row.matched_by = i % 2 == 0 ? "emailAddress" : NULL;
        REQUIRE(journal_put_row(journal, &row, &err) == RC_OK);
        if (row.state == ROW_FAILED || row.state == ROW_UNKNOWN) {
            struct journal_error error = {
                i, REASON_EMAIL_INVALID, "E-Mail", "emailAddress", "x", "is no address"};
            REQUIRE(journal_put_error(journal, &error, &err) == RC_OK);
        }
        REQUIRE(journal_put_image(journal, i, "64f", "{\"a\":1}", &err) == RC_OK);
        REQUIRE(journal_put_wrote(journal, i, "{\"a\":2}", &err) == RC_OK);
    }
    REQUIRE(journal_commit(journal, &err) == RC_OK);
}

static void put_pairs(struct journal *journal) {
    struct err err = {0};

    REQUIRE(journal_begin_pairs(journal, &err) == RC_OK);
    for (uint64_t i = 1; i <= 8; i++) {
        struct journal_pair pair = {.number = i,
                                    .line = i + 1,
                                    .class = (enum pair_class)(i % PAIR_CLASS_COUNT),
                                    .place = (int64_t)i % 4,
                                    .key = slice_of(i % 2 == 0 ? "k" : ""),
                                    .detail = slice_of("d")};
        REQUIRE(journal_put_pair(journal, &pair, &err) == RC_OK);
    }
    REQUIRE(journal_put_candidate(journal, 4, 2, &err) == RC_OK);
    REQUIRE(journal_put_based(journal, 5, &err) == RC_OK);
}

void sample_put_rest(struct journal *journal) {
    struct journal_range range = {.after = "", .until = "64f"};
    struct err err = {0};

    REQUIRE(journal_begin_steps(journal, &err) == RC_OK);
    for (uint64_t i = 1; i < STEP_KIND_COUNT; i++) {
        struct journal_step step = {i, (enum step_kind)i, i, "Lead", "name", "k", "v"};
        REQUIRE(journal_put_step(journal, &step, &err) == RC_OK);
    }
    REQUIRE(journal_begin_records(journal, &err) == RC_OK);
    REQUIRE(journal_put_range(journal, &range, &err) == RC_OK);
    for (unsigned i = 0; i < 6; i++) {
        char id[] = "64r0";
        struct journal_record record = {.sort = (enum journal_sort_kind)(i % 3),
                                        .number = 1.5,
                                        .text = slice_of("b"),
                                        .cells = slice_of("\"a\",\"b\"\n")};
        id[3] = (char)('0' + i);
        record.id = slice_of(id);
        REQUIRE(journal_put_record(journal, &record, &err) == 1);
    }
    put_pairs(journal);
    REQUIRE(journal_begin_keys(journal, &err) == RC_OK);
    for (uint64_t i = 1; i <= ROW_STATE_COUNT; i++)
        REQUIRE(journal_put_key(journal, i, slice_of(SAMPLE_KEY), &err) == RC_OK);
    REQUIRE(journal_commit(journal, &err) == RC_OK);
}

/* --- read --- */

/* Touches every byte, so that the sanitizer sees what is lent. */
static size_t weigh(struct slice bytes) {
    size_t sum = bytes.len;

    for (size_t i = 0; i < bytes.len; i++)
        sum += (unsigned char)bytes.data[i];
    return sum;
}

static size_t weigh_text(const char *text) {
    REQUIRE(text != NULL);
    return weigh(slice_of(text));
}

void sample_told(int rc, const struct err *err) {
    REQUIRE(rc >= 0 || (err->rc != RC_OK && err->message[0] != '\0'));
}

static int on_error(void *context, const struct journal_error *error) {
    size_t *sum = context;

    REQUIRE(reason_code(error->reason) != NULL);
    *sum += weigh_text(error->column) + weigh_text(error->field) +
            weigh_text(error->value) + weigh_text(error->message);
    return 0;
}

static int on_cause(void *context, const struct journal_cause *cause) {
    size_t *sum = context;

    REQUIRE(reason_code(cause->reason) != NULL);
    *sum +=
        weigh_text(cause->example) + weigh_text(cause->column) + weigh_text(cause->field);
    return 0;
}

static int on_made(void *context, const struct journal_made *made) {
    size_t *sum = context;

    *sum += weigh_text(made->entity_type) + weigh_text(made->field) + weigh(made->key) +
            weigh(made->value);
    return 0;
}

static int on_record(void *context, uint64_t record) {
    size_t *sum = context;

    *sum += record;
    return 0;
}

static int on_range(void *context, const struct journal_range *range) {
    size_t *sum = context;

    *sum += weigh_text(range->after) + weigh_text(range->until);
    return 0;
}

static int on_place(void *context, int64_t at, struct slice record) {
    size_t *sum = context;

    *sum += weigh(record) + (size_t)at;
    return 0;
}

static void read_row(struct journal *journal, const struct journal_row *row,
                     size_t *sum) {
    struct buf text = {.max = SAMPLE_MAX};
    struct err err = {0};

    REQUIRE((unsigned)row->state < ROW_STATE_COUNT);
    *sum += weigh_text(row_state_name(row->state));
    *sum += row->id == NULL ? 0 : weigh_text(row->id);
    *sum += row->matched_by == NULL ? 0 : weigh_text(row->matched_by);
    *sum += row->modified == NULL ? 0 : weigh_text(row->modified);
    sample_told(journal_errors(journal, row->record, on_error, sum, &err), &err);
    err_clear(&err);
    sample_told(journal_get_image(journal, row->record, &text, &err), &err);
    err_clear(&err);
    sample_told(journal_get_image_id(journal, row->record, &text, &err), &err);
    err_clear(&err);
    sample_told(journal_get_wrote(journal, row->record, &text, &err), &err);
    *sum += weigh(buf_slice(&text));
    buf_fini(&text);
}

static void read_rows(struct journal *journal, bool back, size_t *sum) {
    struct journal_cursor *cursor;
    struct journal_row row;
    struct err err = {0};
    size_t count = 0;
    int rc = back ? journal_rows_back(journal, &cursor, &err)
                  : journal_rows(journal, 1, false, &cursor, &err);

    sample_told(rc, &err);
    if (rc < 0)
        return;
    while ((rc = journal_rows_next(cursor, &row, &err)) == 1 && count++ < 4 * SAMPLE_ROWS)
        read_row(journal, &row, sum);
    sample_told(rc, &err);
    journal_rows_close(cursor);
}

static void read_records(struct journal *journal, enum journal_order order, size_t *sum) {
    struct journal_cursor *cursor;
    struct journal_record record;
    struct err err = {0};
    int rc = journal_records(journal, order, 4, &cursor, &err);

    sample_told(rc, &err);
    if (rc < 0)
        return;
    while ((rc = journal_records_next(cursor, &record, &err)) == 1)
        *sum += weigh(record.id) + weigh(record.cells) +
                (record.sort == SORT_TEXT ? weigh(record.text) : 0);
    sample_told(rc, &err);
    journal_records_close(cursor);
}

static void read_pairs(struct journal *journal, enum pair_scan scan, size_t *sum) {
    struct journal_pair_cursor *cursor;
    struct journal_found found;
    struct err err = {0};
    uint64_t line;
    int rc = journal_pairs(journal, scan, &cursor, &err);

    sample_told(rc, &err);
    if (rc < 0)
        return;
    while ((rc = journal_pairs_next(cursor, &found, &err)) == 1) {
        struct buf text = {.max = SAMPLE_MAX};
        struct err why = {0};
        bool outside;
        REQUIRE((unsigned)found.pair.class < PAIR_CLASS_COUNT);
        *sum += weigh(found.id) + weigh(found.record) + weigh(found.pair.key) +
                weigh(found.pair.detail);
        sample_told(
            journal_get_record(journal, found.pair.place, &text, &text, &outside, &why),
            &why);
        err_clear(&why);
        sample_told(journal_twin(journal, found.pair.number, &line, &why), &why);
        buf_fini(&text);
    }
    sample_told(rc, &err);
    journal_pairs_close(cursor);
}

static void read_undo(struct journal *journal, size_t *sum) {
    uint64_t steps[STEP_KIND_COUNT][ROW_STATE_COUNT], count;
    struct arena arena = {.blocks = NULL};
    struct journal_step step;
    struct journal_row row;
    struct err err = {0};

    for (uint64_t i = 1; i <= STEP_KIND_COUNT; i++) {
        int rc = journal_get_step(journal, i, &arena, &step, &err);
        sample_told(rc, &err);
        err_clear(&err);
        if (rc != 1)
            continue;
        REQUIRE(step_kind_done(step.kind)[0] != '\0');
        *sum += weigh_text(step.entity_type) + weigh_text(step.field) +
                weigh_text(step.key) + weigh_text(step.value);
    }
    sample_told(journal_last_stamp(journal, SAMPLE_ID, 1, &arena, &row, &err), &err);
    err_clear(&err);
    sample_told(
        journal_same_id(journal, SAMPLE_ID, 30, ROW_UPDATED, on_record, sum, &err), &err);
    err_clear(&err);
    if (journal_find_key(journal, 1, slice_of(SAMPLE_KEY), &arena, &row, &err) == 1)
        *sum += row.id == NULL ? 0 : weigh_text(row.id);
    err_clear(&err);
    sample_told(journal_all_made(journal, on_made, sum, &err), &err);
    err_clear(&err);
    sample_told(journal_count_steps(journal, steps, &err), &err);
    err_clear(&err);
    sample_told(journal_count_noted(journal, "emailAddress", &count, &err), &err);
    arena_fini(&arena);
}

static void read_reconciliation(struct journal *journal, size_t *sum) {
    struct pair_counts counts;
    struct err err = {0};
    uint64_t number;
    int64_t at;

    sample_told(journal_ranges(journal, on_range, sum, &err), &err);
    err_clear(&err);
    sample_told(journal_count_records(journal, &number, &err), &err);
    for (int order = ORDER_ID; order <= ORDER_RANDOM; order++)
        read_records(journal, (enum journal_order)order, sum);
    err_clear(&err);
    sample_told(journal_last_pair(journal, &number, &err), &err);
    err_clear(&err);
    sample_told(journal_find_record(journal, slice_of("64r1"), &at, &err), &err);
    err_clear(&err);
    sample_told(journal_places(journal, on_place, sum, &err), &err);
    err_clear(&err);
    sample_told(journal_count_pairs(journal, &counts, &err), &err);
    for (int scan = SCAN_ROWS; scan <= SCAN_ONLY_CRM; scan++)
        read_pairs(journal, (enum pair_scan)scan, sum);
}

static void read_all(struct journal *journal) {
    uint64_t counts[ROW_STATE_COUNT], warnings;
    struct arena arena = {.blocks = NULL};
    struct journal_made made = {
        .entity_type = "Account", .field = "name", .key = slice_of("acme")};
    struct checkpoint facts;
    struct journal_plan plan;
    struct journal_row row;
    struct err err = {0};
    size_t sum = 0;

    sample_told(checkpoint_read(journal, &facts, &err), &err);
    if (err.rc != RC_OK)
        return;
    sum += weigh_text(facts.kind) + weigh_text(facts.input_path) +
           weigh_text(facts.mapping_json);
    read_rows(journal, false, &sum);
    read_rows(journal, true, &sum);
    sample_told(journal_count(journal, counts, &err), &err);
    err_clear(&err);
    sample_told(journal_causes(journal, 10, on_cause, &sum, &err), &err);
    err_clear(&err);
    sample_told(journal_count_warnings(journal, &warnings, &err), &err);
    err_clear(&err);
    sample_told(journal_get_plan(journal, 2, &arena, &plan, &err), &err);
    err_clear(&err);
    sample_told(journal_get_made(journal, &made, &err), &err);
    err_clear(&err);
    if (journal_last_row(journal, 0, &row, &err) == 1)
        REQUIRE((unsigned)row.state < ROW_STATE_COUNT);
    (void)journal_owns_id(journal, SAMPLE_ID);
    (void)journal_suspects_id(journal, SAMPLE_ID);
    (void)journal_other_owner(journal, SAMPLE_ID, 1);
    (void)journal_has_row(journal, 3);
    (void)journal_has_image(journal, 3);
    (void)journal_owns_made(journal, slice_of("64a"));
    read_undo(journal, &sum);
    read_reconciliation(journal, &sum);
    arena_fini(&arena);
}

static void go_on(struct journal *journal) {
    struct journal_row row = {.record = 3, .line = 4, .state = ROW_CREATED, .id = "64x"};
    struct err err = {0};

    sample_told(journal_mark_doubtful(journal, 1700000000001, &err), &err);
    err_clear(&err);
    if (journal_put_row(journal, &row, &err) == RC_OK)
        sample_told(journal_commit(journal, &err), &err);
    else
        journal_rollback(journal);
}

void sample_use(const char *path) {
    struct journal *journal;
    struct err err = {0};
    int rc = journal_open_reader(&journal, path, &err);

    sample_told(rc, &err);
    if (rc == RC_OK) {
        read_all(journal);
        journal_close(journal);
    }
    err_clear(&err);
    rc = journal_open(&journal, path, &err);
    sample_told(rc, &err);
    if (rc == RC_OK) {
        go_on(journal);
        read_all(journal);
        journal_close(journal);
    }
}
