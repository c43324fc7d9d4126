/* fuzz_cells.c - checkpoints, and states of incremental exports, whose cells hold what no
 * run has put there: any type where a number or a text belongs, nothing where something
 * must be, rows that are missing. Unlike bytes changed at random (fuzz_checkpoint.c),
 * each of these changes is one that the readers meet.
 *
 * Changes one after the other: which column of which table, which row, which type, then
 * its bytes: eight of a number; of a text or blob a length and as many.
 */
#include "sample.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "state/export_state.h"

enum { ROWS = 12, COLUMNS_MAX = 96, SQL_BYTES = 256 };

enum kind { KIND_NULL, KIND_INT, KIND_REAL, KIND_TEXT, KIND_BLOB, KIND_NO_ROW, KINDS };

/* A file that is changed: as it is made, and how each of its columns is. */
struct subject {
    struct buf file;
    size_t columns;
    char update[COLUMNS_MAX][SQL_BYTES]; /* ?1: the value, ?2: of which row */
    char remove[COLUMNS_MAX][SQL_BYTES]; /* ?2 alone */
};

static struct subject checkpoint, state;

static void run_sql(sqlite3 *db, const char *sql) {
    REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3 *open_file(const char *path) {
    sqlite3 *db = NULL;

    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    return db;
}

/* Damage does not ask for leave: nothing may be declared NOT NULL or UNIQUE that a change
 * is to break. */
static void loosen(const char *path) {
    sqlite3 *db = open_file(path);

    run_sql(db, "PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON;"
                "UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')"
                " WHERE type = 'table'");
    (void)sqlite3_close(db);
}

static void list_columns(const char *path, struct subject *subject) {
    static const char sql[] =
        "SELECT t.name, c.name, (SELECT group_concat(name) FROM"
        " pragma_table_info(t.name) WHERE pk > 0), t.wr FROM pragma_table_list t,"
        " pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND"
        " t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    sqlite3 *db = open_file(path);
    sqlite3_stmt *s = NULL;

    REQUIRE(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(s, 0);
        const char *column = (const char *)sqlite3_column_text(s, 1);
        bool rowid = sqlite3_column_int(s, 3) == 0;
        const char *key = rowid ? "rowid" : (const char *)sqlite3_column_text(s, 2);
        size_t at = subject->columns++;
        REQUIRE(at < COLUMNS_MAX);
        (void)snprintf(subject->update[at], SQL_BYTES,
                       "UPDATE OR REPLACE \"%s\" SET \"%s\" = ?1 WHERE (%s) IN (SELECT %s"
                       " FROM \"%s\" LIMIT 1 OFFSET ?2)",
                       table, column, key, key, table);
        (void)snprintf(subject->remove[at], SQL_BYTES,
                       "DELETE FROM \"%s\" WHERE (%s) IN (SELECT %s FROM \"%s\" LIMIT 1"
                       " OFFSET ?2)",
                       table, key, key, table);
    }
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    REQUIRE(subject->columns > 0);
}

static void keep(const char *path, struct subject *subject) {
    loosen(path);
    list_columns(path, subject);
    sample_load(path, &subject->file);
    sample_remove_files();
}

static void make_checkpoint(const char *path) {
    struct journal *journal;
    struct err err = {0};

    REQUIRE(journal_create(&journal, path, &err) == RC_OK);
    sample_begin(journal);
    sample_put_rows(journal, 1, ROWS);
    sample_put_rest(journal);
    journal_close(journal);
    keep(path, &checkpoint);
}

static void put_state(struct export_state *of, uint64_t hash) {
    struct err err = {0};

    REQUIRE(export_state_begin(of, &err) == RC_OK);
    REQUIRE(export_state_set(of, "since", "2026-01-01 00:00:00", &err) == RC_OK);
    REQUIRE(export_state_put_written(of, slice_of("64a"), hash, &err) == RC_OK);
    REQUIRE(export_state_put_id(of, slice_of("64a"), &err) == RC_OK);
    REQUIRE(export_state_put_id(of, slice_of("64b"), &err) == RC_OK);
    REQUIRE(export_state_commit(of, true, &err) == RC_OK);
}

static void make_state(const char *path) {
    struct export_state *made;
    struct err err = {0};

    REQUIRE(export_state_open(&made, path, &err) == RC_OK);
    put_state(made, 7);
    export_state_close(made);
    keep(path, &state);
}

/* Takes len bytes, or what is left, off the front. */
static struct slice take(struct slice *changes, size_t len) {
    struct slice taken =
        slice_make(changes->data, len < changes->len ? len : changes->len);

    *changes = slice_make(changes->data + taken.len, changes->len - taken.len);
    return taken;
}

static unsigned take_byte(struct slice *changes) {
    struct slice byte = take(changes, 1);

    return byte.len == 0 ? 0 : (unsigned char)byte.data[0];
}

static void bind_value(sqlite3_stmt *s, enum kind kind, struct slice *changes) {
    struct slice bytes = take(changes, kind < KIND_INT    ? 0
                                       : kind < KIND_TEXT ? 8
                                                          : take_byte(changes));
    int64_t number = 0;
    double real = 0;

    memcpy(&number, bytes.len == 0 ? "" : bytes.data, bytes.len < 8 ? bytes.len : 8);
    memcpy(&real, &number, sizeof real);
    switch (kind) {
    case KIND_INT: (void)sqlite3_bind_int64(s, 1, number); break;
    case KIND_REAL: (void)sqlite3_bind_double(s, 1, real); break;
    case KIND_TEXT:
        (void)sqlite3_bind_text(s, 1, bytes.data, (int)bytes.len, SQLITE_TRANSIENT);
        break;
    case KIND_BLOB:
        (void)sqlite3_bind_blob(s, 1, bytes.data, (int)bytes.len, SQLITE_TRANSIENT);
        break;
    case KIND_NULL:
    case KIND_NO_ROW:
    case KINDS: break;
    }
}

static void change(sqlite3 *db, const struct subject *subject, struct slice *changes) {
    size_t at = take_byte(changes) % subject->columns;
    int row = (int)take_byte(changes) % ROWS;
    enum kind kind = (enum kind)(take_byte(changes) % KINDS);
    sqlite3_stmt *s = NULL;

    REQUIRE(sqlite3_prepare_v2(
                db, kind == KIND_NO_ROW ? subject->remove[at] : subject->update[at], -1,
                &s, NULL) == SQLITE_OK);
    (void)sqlite3_bind_int(s, 2, row);
    if (kind != KIND_NO_ROW)
        bind_value(s, kind, changes);
    (void)sqlite3_step(s); /* a number of a row that is none is refused */
    (void)sqlite3_finalize(s);
}

static void write_changed(const char *path, const struct subject *subject,
                          struct slice changes) {
    sqlite3 *db;

    sample_store(path, buf_slice(&subject->file));
    db = open_file(path);
    run_sql(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN");
    while (changes.len > 0)
        change(db, subject, &changes);
    run_sql(db, "COMMIT");
    (void)sqlite3_close(db);
}

static int on_id(void *context, struct slice id) {
    size_t *count = context;

    *count += id.len;
    return 0;
}

static void use_state(const char *path) {
    static const char *const keys[] = {"since", "ids", "rights"};
    struct export_state *opened;
    struct err err = {0};
    size_t count = 0;
    int rc = export_state_open(&opened, path, &err);

    sample_told(rc, &err);
    if (rc != RC_OK)
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        (void)strlen(export_state_text(opened, keys[i]));
    (void)export_state_has_written(opened, slice_of("64a"), 7);
    (void)export_state_knows_ids(opened);
    rc = export_state_begin(opened, &err);
    sample_told(rc, &err);
    if (rc == RC_OK) {
        sample_told(export_state_vanished(opened, on_id, &count, &err), &err);
        err_clear(&err);
        sample_told(export_state_commit(opened, true, &err), &err);
    }
    export_state_close(opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = sample_place()->path;
    struct slice changes = slice_make((const char *)data + 1, size - 1);

    if (size < 1 || size > 65536)
        return 0;
    if (checkpoint.columns == 0) {
        make_checkpoint(path);
        make_state(path);
    }
    if (data[0] == 0) {
        write_changed(path, &state, changes);
        use_state(path);
    } else {
        write_changed(path, &checkpoint, changes);
        sample_use(path);
    }
    sample_remove_files();
    return 0;
}
