/* keyindex.c - rows are appended, and sorted once when the first question comes: to put
 * each in its place at once would write pages all over the file.
 */
#include "state/keyindex.h"

#include "state/bind.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

enum { ADD, NEXT, PREVIOUS, LAST, STATEMENTS };

struct keyindex {
    sqlite3 *db;
    bool sorted;
    sqlite3_stmt *statements[STATEMENTS];
};

static int index_fail(const struct keyindex *index, struct err *err) {
    int code = sqlite3_errcode(index->db);

    if (code == SQLITE_NOMEM)
        return err_nomem(err);
    (void)err_set(err, RC_LOCAL, "the keys of the file's rows cannot be kept on disk: %s",
                  sqlite3_errmsg(index->db));
    if (code == SQLITE_FULL || code == SQLITE_IOERR)
        err_advise(err, "free some space in the folder for temporary files, or name "
                        "another one with TMPDIR");
    return RC_LOCAL;
}

static int index_prepare(struct keyindex *index, struct err *err) {
    static const char begin[] =
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;"
        "PRAGMA locking_mode = EXCLUSIVE;"
        "CREATE TABLE key(hash BLOB, record INTEGER, line INTEGER, start INTEGER);"
        "BEGIN";
    static const char *const sql[STATEMENTS] = {
        [ADD] = "INSERT INTO key VALUES (?, ?, ?, ?)",
        [NEXT] = "SELECT record, line, start FROM key WHERE hash = ? AND record > ?"
                 " ORDER BY record LIMIT 1",
        [PREVIOUS] = "SELECT record, line, start FROM key WHERE hash = ? AND record < ?"
                     " ORDER BY record DESC LIMIT 1",
        [LAST] = "SELECT record, line, start FROM key WHERE hash = ?"
                 " ORDER BY record DESC LIMIT 1",
    };

    if (sqlite3_exec(index->db, begin, NULL, NULL, NULL) != SQLITE_OK)
        return index_fail(index, err);
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(index->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &index->statements[i], NULL) != SQLITE_OK)
            return index_fail(index, err);
    return RC_OK;
}

static int index_sort(struct keyindex *index, struct err *err) {
    static const char sql[] = "CREATE INDEX sorted ON key(hash, record, line, start)";

    if (!index->sorted && sqlite3_exec(index->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return index_fail(index, err);
    index->sorted = true;
    return RC_OK;
}

int keyindex_open(struct keyindex **out, struct err *err) {
    struct keyindex *index = calloc(1, sizeof *index);
    int rc;

    *out = NULL;
    if (index == NULL)
        return err_nomem(err);
    /* a database without a name is a temporary file of SQLite's */
    if (sqlite3_open_v2("", &index->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK)
        rc = index->db == NULL ? err_nomem(err) : index_fail(index, err);
    else
        rc = index_prepare(index, err);
    if (rc == RC_OK)
        *out = index;
    else
        keyindex_close(index);
    return rc;
}

void keyindex_close(struct keyindex *index) {
    if (index == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(index->statements[i]);
    (void)sqlite3_close(index->db);
    free(index);
}

static struct bound index_bind(struct keyindex *index, int which,
                               const unsigned char key[KEYINDEX_KEY]) {
    struct bound bound = {index->statements[which], SQLITE_OK};

    bind_blob(&bound, 1, key, KEYINDEX_KEY);
    return bound;
}

int keyindex_add(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                 const struct keyindex_row *row, struct err *err) {
    struct bound bound = index_bind(index, ADD, key);
    int rc;

    bind_int(&bound, 2, (int64_t)row->record);
    bind_int(&bound, 3, (int64_t)row->line);
    bind_int(&bound, 4, (int64_t)row->offset);
    rc = bound_step(&bound) == SQLITE_DONE ? RC_OK : index_fail(index, err);
    (void)sqlite3_reset(bound.statement);
    return rc;
}

static int index_read(struct keyindex *index, const struct bound *bound,
                      struct keyindex_row *out, struct err *err) {
    sqlite3_stmt *statement = bound->statement;
    int code = bound_step(bound), rc;

    rc = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : index_fail(index, err);

    if (rc == 1) {
        out->record = (uint64_t)sqlite3_column_int64(statement, 0);
        out->line = (uint64_t)sqlite3_column_int64(statement, 1);
        out->offset = (uint64_t)sqlite3_column_int64(statement, 2);
    }
    (void)sqlite3_reset(statement);
    return rc;
}

static int index_beside(struct keyindex *index, int which,
                        const unsigned char key[KEYINDEX_KEY], uint64_t record,
                        struct keyindex_row *out, struct err *err) {
    struct bound bound;
    int rc = index_sort(index, err);

    if (rc != RC_OK)
        return rc;
    bound = index_bind(index, which, key);
    bind_int(&bound, 2, (int64_t)record);
    return index_read(index, &bound, out, err);
}

int keyindex_next(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                  uint64_t after, struct keyindex_row *out, struct err *err) {
    return index_beside(index, NEXT, key, after, out, err);
}

int keyindex_previous(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                      uint64_t before, struct keyindex_row *out, struct err *err) {
    return index_beside(index, PREVIOUS, key, before, out, err);
}

int keyindex_last(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                  struct keyindex_row *out, struct err *err) {
    struct bound bound;
    int rc = index_sort(index, err);

    if (rc != RC_OK)
        return rc;
    bound = index_bind(index, LAST, key);
    return index_read(index, &bound, out, err);
}
