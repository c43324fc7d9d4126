/* journal_pair.c - the tables `pair` and `candidate` of the checkpoint.
 *
 * Their indexes are made when all rows are there: sorted once, instead of written all
 * over the file row by row.
 */
#include "state/journal_pair.h"

#include "state/journal_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct journal_pair_cursor {
    struct journal *journal; /* borrowed */
    sqlite3_stmt *statement; /* owned */
};

#define NO_ROW                                                                           \
    " record.sort IS NULL AND NOT EXISTS (SELECT 1 FROM pair WHERE place = "             \
    "record.rowid) AND NOT EXISTS (SELECT 1 FROM candidate WHERE place = record.rowid)"

static int run_sql(struct journal *journal, const char *sql, struct err *err) {
    int rc = journal_begin(journal, err);

    if (rc == RC_OK && sqlite3_exec(journal->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        rc = journal_fail(journal, "write", err);
    return rc;
}

static int prepare(struct journal *journal, const char *sql, sqlite3_stmt **out,
                   struct err *err) {
    if (sqlite3_prepare_v2(journal->db, sql, -1, out, NULL) != SQLITE_OK)
        return journal_fail(journal, "read", err);
    return RC_OK;
}

int journal_begin_pairs(struct journal *journal, struct err *err) {
    return run_sql(journal,
                   "CREATE TABLE pair(number INTEGER PRIMARY KEY, line INTEGER NOT NULL,"
                   " class INTEGER NOT NULL, place INTEGER, key BLOB, detail BLOB,"
                   " based INTEGER NOT NULL, weak INTEGER NOT NULL);"
                   "CREATE TABLE based(place INTEGER PRIMARY KEY);"
                   "CREATE TABLE candidate(place INTEGER NOT NULL, number INTEGER NOT "
                   "NULL, PRIMARY KEY(place, number)) WITHOUT ROWID;",
                   err);
}

static void bind_bytes(struct bound *bound, int at, struct slice bytes) {
    if (bytes.len == 0)
        bind_null(bound, at);
    else
        bind_blob(bound, at, bytes.data, bytes.len);
}

int journal_put_pair(struct journal *journal, const struct journal_pair *pair,
                     struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_PAIR);
    bind_int(&bound, 1, (int64_t)pair->number);
    bind_int(&bound, 2, (int64_t)pair->line);
    bind_int(&bound, 3, pair->class);
    if (pair->place == 0)
        bind_null(&bound, 4);
    else
        bind_int(&bound, 4, pair->place);
    bind_bytes(&bound, 5, pair->key);
    bind_bytes(&bound, 6, pair->detail);
    bind_int(&bound, 7, pair->based);
    bind_int(&bound, 8, pair->weak);
    return journal_step(journal, &bound, err);
}

int journal_put_candidate(struct journal *journal, int64_t place, uint64_t number,
                          struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_CANDIDATE);
    bind_int(&bound, 1, place);
    bind_int(&bound, 2, (int64_t)number);
    return journal_step(journal, &bound, err);
}

int journal_put_based(struct journal *journal, int64_t place, struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_BASED);
    bind_int(&bound, 1, place);
    return journal_step(journal, &bound, err);
}

/* The one number that a query gives. */
static int read_number(struct journal *journal, const char *sql, uint64_t *out,
                       struct err *err) {
    sqlite3_stmt *statement = NULL;
    int rc = prepare(journal, sql, &statement, err);

    *out = 0;
    if (rc == RC_OK && sqlite3_step(statement) == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (rc == RC_OK)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(statement);
    return rc;
}

int journal_last_pair(struct journal *journal, uint64_t *number, struct err *err) {
    return read_number(journal, "SELECT max(number) FROM pair", number, err);
}

int journal_find_record(struct journal *journal, struct slice id, int64_t *place,
                        struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_FIND_RECORD);
    int step, rc = 0;

    bind_slice(&bound, 1, id);
    step = bound_step(&bound);
    if (step == SQLITE_ROW) {
        *place = sqlite3_column_int64(bound.statement, 0);
        rc = 1;
    } else if (step != SQLITE_DONE) {
        rc = journal_fail(journal, "read", err);
    }
    (void)sqlite3_reset(bound.statement);
    return rc;
}

static struct slice column_bytes(sqlite3_stmt *statement, int at) {
    const char *data = sqlite3_column_blob(statement, at);

    return slice_make(data,
                      data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, at));
}

int journal_get_record(struct journal *journal, int64_t place, struct buf *id,
                       struct buf *record, bool *outside, struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_GET_RECORD);
    int step, rc = 0;

    bind_int(&bound, 1, place);
    step = bound_step(&bound);
    if (step == SQLITE_ROW) {
        (void)buf_append_slice(id, column_bytes(bound.statement, 0));
        (void)buf_append_slice(record, column_bytes(bound.statement, 1));
        *outside = sqlite3_column_type(bound.statement, 2) != SQLITE_NULL;
        rc = id->failed != RC_OK || record->failed != RC_OK ? err_nomem(err) : 1;
    } else if (step != SQLITE_DONE) {
        rc = journal_fail(journal, "read", err);
    }
    (void)sqlite3_reset(bound.statement);
    return rc;
}

int journal_places(struct journal *journal, journal_place_visit *visit, void *context,
                   struct err *err) {
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_DONE;
    int rc = prepare(journal, "SELECT rowid, cells FROM record ORDER BY rowid",
                     &statement, err);

    while (rc == RC_OK && (step = sqlite3_step(statement)) == SQLITE_ROW)
        rc = visit(context, sqlite3_column_int64(statement, 0),
                   column_bytes(statement, 1));
    if (rc == RC_OK && step != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(statement);
    return rc;
}

int journal_settle_pairs(struct journal *journal, struct err *err) {
    return run_sql(journal,
                   "CREATE INDEX IF NOT EXISTS pair_place ON pair(place)"
                   " WHERE place IS NOT NULL;"
                   "CREATE INDEX IF NOT EXISTS pair_key ON pair(key)"
                   " WHERE key IS NOT NULL;"
                   "UPDATE pair SET class = 3 WHERE class != 4 AND place IN"
                   " (SELECT place FROM pair WHERE place IS NOT NULL"
                   " GROUP BY place HAVING count(*) > 1);"
                   "UPDATE pair SET class = 3 WHERE class != 4 AND key IN"
                   " (SELECT key FROM pair WHERE key IS NOT NULL"
                   " GROUP BY key HAVING count(*) > 1);",
                   err);
}

int journal_twin(struct journal *journal, uint64_t number, uint64_t *line,
                 struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_TWIN);
    int rc = RC_OK;

    *line = 0;
    bind_int(&bound, 1, (int64_t)number);
    if (bound_step(&bound) == SQLITE_ROW)
        *line = (uint64_t)sqlite3_column_int64(bound.statement, 0);
    else
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_reset(bound.statement);
    return rc;
}

int journal_count_pairs(struct journal *journal, struct pair_counts *counts,
                        struct err *err) {
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_DONE;
    int rc =
        prepare(journal, "SELECT class, count(*), sum(weak) FROM pair GROUP BY class",
                &statement, err);

    memset(counts, 0, sizeof *counts);
    while (rc == RC_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t class = sqlite3_column_int64(statement, 0);
        uint64_t count = (uint64_t)sqlite3_column_int64(statement, 1);
        if (class < 0 || class >= PAIR_CLASS_COUNT)
            rc = journal_damaged(journal, err, "it has rows of class %" PRId64, class);
        if (rc == RC_OK) {
            counts->by_class[class] = count;
            counts->weak[class] = (uint64_t)sqlite3_column_int64(statement, 2);
        }
        counts->rows += count;
    }
    if (rc == RC_OK && step != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(statement);
    if (rc == RC_OK)
        rc = read_number(journal, "SELECT count(*) FROM record WHERE sort IS NULL",
                         &counts->records, err);
    if (rc == RC_OK)
        rc = read_number(journal, "SELECT count(*) FROM record WHERE" NO_ROW,
                         &counts->only_crm, err);
    if (rc == RC_OK)
        rc = read_number(
            journal, "SELECT count(*) FROM pair WHERE class = 2 AND place IS NOT NULL",
            &counts->outside, err);
    return rc;
}

int journal_pairs(struct journal *journal, enum pair_scan scan,
                  struct journal_pair_cursor **out, struct err *err) {
#define PAIR_ROWS                                                                        \
    "SELECT number, line, class, place, key, detail, record.id, record.cells,"           \
    " record.sort, based, weak FROM pair LEFT JOIN record ON record.rowid = pair.place"
    static const char *const sql[] = {
        [SCAN_ROWS] = PAIR_ROWS " ORDER BY number",
        [SCAN_UNEQUAL] = PAIR_ROWS " WHERE class != 0 ORDER BY number",
        [SCAN_ONLY_CRM] = "SELECT 0, 0, 0, rowid, NULL, NULL, id, cells, sort,"
                          " EXISTS (SELECT 1 FROM based WHERE place = record.rowid), 0"
                          " FROM record"
                          " WHERE" NO_ROW " ORDER BY id",
    };
    struct journal_pair_cursor *cursor = calloc(1, sizeof *cursor);
    int rc;

    *out = cursor;
    if (cursor == NULL)
        return err_nomem(err);
    cursor->journal = journal;
    rc = prepare(journal, sql[scan], &cursor->statement, err);
    if (rc == RC_OK)
        return RC_OK;
    free(cursor);
    *out = NULL;
    return rc;
}

int journal_pairs_next(struct journal_pair_cursor *cursor, struct journal_found *found,
                       struct err *err) {
    sqlite3_stmt *statement = cursor->statement;
    int step = sqlite3_step(statement);
    int64_t class;

    if (step == SQLITE_DONE)
        return 0;
    if (step != SQLITE_ROW)
        return journal_fail(cursor->journal, "read", err);
    class = sqlite3_column_int64(statement, 2);
    if (class < 0 || class >= PAIR_CLASS_COUNT)
        return journal_damaged(cursor->journal, err,
                               "row %" PRId64 " is of class %" PRId64,
                               (int64_t)sqlite3_column_int64(statement, 0), class);
    *found = (struct journal_found){
        .pair = {.number = (uint64_t)sqlite3_column_int64(statement, 0),
                 .line = (uint64_t)sqlite3_column_int64(statement, 1),
                 .class = (enum pair_class) class,
                 .place = sqlite3_column_int64(statement, 3),
                 .key = column_bytes(statement, 4),
                 .detail = column_bytes(statement, 5),
                 .based = sqlite3_column_int(statement, 9) != 0,
                 .weak = sqlite3_column_int(statement, 10) != 0},
        .id = column_bytes(statement, 6),
        .record = column_bytes(statement, 7),
        .outside = sqlite3_column_type(statement, 8) != SQLITE_NULL,
    };
    return 1;
}

void journal_pairs_close(struct journal_pair_cursor *cursor) {
    if (cursor == NULL)
        return;
    (void)sqlite3_finalize(cursor->statement);
    free(cursor);
}
