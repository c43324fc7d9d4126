/* fuzz_checkpoint.c - checkpoints with any bytes changed: opening and reading one ends in
 * rows or in an error with words, never in a crash, and never in a state that is none.
 *
 * First byte: 0 = the rest is the file; else changes to a checkpoint that is made here:
 * three bytes of offset, one of length, then the bytes; offsets beyond the file are of
 * its write-ahead log.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "flow/checkpoint.h"
#include "state/journal.h"
#include "state/journal_made.h"
#include "state/journal_plan.h"
#include "state/journal_undo.h"

enum { FILE_MAX = 4 << 20, ROWS = 40 };

/* Made once: a checkpoint as a killed run leaves it. */
static struct {
    char folder[64];
    char path[80], wal[84], shm[84];
    struct buf file, log; /* contents of path and wal */
} base;

static void remove_files(void) {
    (void)unlink(base.path);
    (void)unlink(base.wal);
    (void)unlink(base.shm);
}

static void leave(void) {
    remove_files();
    (void)rmdir(base.folder);
    buf_fini(&base.file);
    buf_fini(&base.log);
}

static void load(const char *path, struct buf *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    REQUIRE(fd >= 0);
    out->max = FILE_MAX;
    do {
        char *to = buf_reserve(out, 65536);
        REQUIRE(to != NULL);
        n = read(fd, to, 65536);
        REQUIRE(n >= 0);
        buf_commit(out, (size_t)n);
    } while (n > 0);
    (void)close(fd);
}

static void store(const char *path, struct slice content) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, content.len == 0 ? "" : content.data, content.len) ==
            (ssize_t)content.len);
    (void)close(fd);
}

static void put_rows(struct journal *journal, uint64_t from, uint64_t to) {
    struct err err = {0};

    for (uint64_t i = from; i <= to; i++) {
        struct journal_row row = {.record = i,
                                  .line = i + 1,
                                  .offset = i * 100,
                                  .attempts = 1,
                                  .since = 1700000000000,
                                  .version = 3};
        row.state = (enum row_state)(i % ROW_STATE_COUNT);
        row.id = row_state_is_final(row.state) ? "64f0c0ffee0000001" : NULL;
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

static void make_base(void) {
    const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    struct checkpoint facts = {.kind = "import",
                               .input_path = "/d/leads.csv",
                               .input_name = "leads.csv",
                               .input_bytes = 1000,
                               .input_sha256 = "00",
                               .mapping_json = "{\"version\":1}",
                               .mapping_name = "m.json",
                               .encoding = "",
                               .records = ROWS,
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
    struct journal *journal, *reader;
    struct err err = {0};

    (void)snprintf(base.folder, sizeof base.folder, "%s/fuzz-checkpoint-XXXXXX", shm);
    REQUIRE(mkdtemp(base.folder) != NULL);
    (void)snprintf(base.path, sizeof base.path, "%s/c", base.folder);
    (void)snprintf(base.wal, sizeof base.wal, "%s-wal", base.path);
    (void)snprintf(base.shm, sizeof base.shm, "%s-shm", base.path);
    REQUIRE(atexit(leave) == 0);
    REQUIRE(journal_create(&journal, base.path, &err) == RC_OK);
    REQUIRE(checkpoint_bind(journal, &facts, &err) == RC_OK);
    REQUIRE(journal_begin_plan(journal, &err) == RC_OK);
    REQUIRE(journal_put_plan(journal, &plan, &err) == 1);
    REQUIRE(journal_put_made(journal, &made, &err) == RC_OK);
    put_rows(journal, 1, ROWS / 2);
    journal_close(journal);
    REQUIRE(journal_open(&journal, base.path, &err) == RC_OK);
    REQUIRE(journal_open_reader(&reader, base.path, &err) == RC_OK);
    put_rows(journal, ROWS / 2 + 1, ROWS);
    load(base.path, &base.file);
    load(base.wal, &base.log);
    journal_close(reader);
    journal_close(journal);
    remove_files();
}

static void write_changed(struct slice changes) {
    struct buf file = {.max = FILE_MAX}, log = {.max = FILE_MAX};

    REQUIRE(buf_append_slice(&file, buf_slice(&base.file)) == RC_OK);
    REQUIRE(buf_append_slice(&log, buf_slice(&base.log)) == RC_OK);
    while (changes.len > 4) {
        const unsigned char *p = (const unsigned char *)changes.data;
        size_t at = p[0] + 256u * p[1] + 65536u * p[2], len = 1 + p[3] % 16u;
        len = len < changes.len - 4 ? len : changes.len - 4;
        at %= file.len + log.len;
        for (size_t i = 0; i < len && at + i < file.len + log.len; i++)
            *(at + i < file.len ? file.data + at + i : log.data + at + i - file.len) =
                changes.data[4 + i];
        changes = slice_make(changes.data + 4 + len, changes.len - 4 - len);
    }
    store(base.path, buf_slice(&file));
    store(base.wal, buf_slice(&log));
    buf_fini(&log);
    buf_fini(&file);
}

static int on_error(void *context, const struct journal_error *error) {
    size_t *bytes = context;

    REQUIRE(error->column != NULL && error->field != NULL && error->value != NULL &&
            error->message != NULL);
    REQUIRE(reason_code(error->reason) != NULL);
    *bytes += strlen(error->message) + strlen(error->value);
    return 0;
}

static int on_cause(void *context, const struct journal_cause *cause) {
    size_t *bytes = context;

    REQUIRE(reason_code(cause->reason) != NULL);
    *bytes += strlen(cause->example) + strlen(cause->column) + strlen(cause->field);
    return 0;
}

static int on_made(void *context, const struct journal_made *made) {
    size_t *bytes = context;

    *bytes += strlen(made->entity_type) + strlen(made->field) + made->key.len;
    return 0;
}

static void require_told(int rc, const struct err *err) {
    REQUIRE(rc >= 0 || (err->rc != RC_OK && err->message[0] != '\0'));
}

static void read_rows(struct journal *journal, bool back) {
    struct journal_cursor *cursor;
    struct journal_row row;
    struct err err = {0};
    size_t bytes = 0, count = 0;
    int rc = back ? journal_rows_back(journal, &cursor, &err)
                  : journal_rows(journal, 1, false, &cursor, &err);

    require_told(rc, &err);
    if (rc < 0)
        return;
    while ((rc = journal_rows_next(cursor, &row, &err)) == 1 && count++ < 4 * ROWS) {
        struct buf json = {.max = FILE_MAX};
        struct err ignored = {0};
        REQUIRE((unsigned)row.state < ROW_STATE_COUNT);
        REQUIRE(row_state_name(row.state) != NULL);
        bytes += row.id == NULL ? 0 : strlen(row.id);
        (void)journal_errors(journal, row.record, on_error, &bytes, &ignored);
        (void)journal_get_image(journal, row.record, &json, &ignored);
        (void)journal_get_wrote(journal, row.record, &json, &ignored);
        buf_fini(&json);
    }
    require_told(rc, &err);
    journal_rows_close(cursor);
}

static void read_all(struct journal *journal) {
    uint64_t counts[ROW_STATE_COUNT], steps[STEP_KIND_COUNT][ROW_STATE_COUNT], warnings;
    struct arena arena = {.blocks = NULL};
    struct checkpoint facts;
    struct journal_plan plan;
    struct journal_step step;
    struct journal_row row;
    struct err err = {0};
    size_t bytes = 0;

    require_told(checkpoint_read(journal, &facts, &err), &err);
    if (err.rc != RC_OK)
        return;
    bytes += strlen(facts.kind) + strlen(facts.input_path) + strlen(facts.mapping_json);
    read_rows(journal, false);
    read_rows(journal, true);
    require_told(journal_count(journal, counts, &err), &err);
    err_clear(&err);
    require_told(journal_causes(journal, 10, on_cause, &bytes, &err), &err);
    err_clear(&err);
    require_told(journal_count_warnings(journal, &warnings, &err), &err);
    err_clear(&err);
    require_told(journal_all_made(journal, on_made, &bytes, &err), &err);
    err_clear(&err);
    require_told(journal_get_plan(journal, 2, &arena, &plan, &err), &err);
    err_clear(&err);
    require_told(journal_get_step(journal, 1, &arena, &step, &err), &err);
    err_clear(&err);
    (void)journal_count_steps(journal, steps, &err); /* none were begun */
    err_clear(&err);
    if (journal_last_row(journal, 0, &row, &err) == 1)
        REQUIRE((unsigned)row.state < ROW_STATE_COUNT);
    (void)journal_owns_id(journal, "64f0c0ffee0000001");
    (void)journal_suspects_id(journal, "64f0c0ffee0000001");
    arena_fini(&arena);
}

static void go_on(struct journal *journal) {
    struct journal_row row = {.record = 3, .line = 4, .state = ROW_CREATED, .id = "64x"};
    struct err err = {0};

    require_told(journal_mark_doubtful(journal, 1700000000001, &err), &err);
    err_clear(&err);
    if (journal_put_row(journal, &row, &err) == RC_OK)
        require_told(journal_commit(journal, &err), &err);
    else
        journal_rollback(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct journal *journal;
    struct err err = {0};

    if (size < 1 || size > 65536)
        return 0;
    if (base.folder[0] == '\0')
        make_base();
    if (data[0] == 0)
        store(base.path, slice_make((const char *)data + 1, size - 1));
    else
        write_changed(slice_make((const char *)data + 1, size - 1));
    if (journal_open_reader(&journal, base.path, &err) == RC_OK) {
        read_all(journal);
        journal_close(journal);
    } else {
        REQUIRE(err.message[0] != '\0');
    }
    err_clear(&err);
    if (journal_open(&journal, base.path, &err) == RC_OK) {
        go_on(journal);
        read_all(journal);
        journal_close(journal);
    } else {
        REQUIRE(err.message[0] != '\0');
    }
    err_clear(&err);
    (void)journal_refuse(base.path, &err);
    remove_files();
    return 0;
}
