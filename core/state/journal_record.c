/* journal_record.c - the tables `record` and `range` of the checkpoint.
 *
 * ORDER_RANDOM is the order of a hash of the id with a fixed seed, so that a resumed
 * export draws the same sample.
 */
#include "state/journal_record.h"

#include "state/journal_private.h"

#include <inttypes.h>

int journal_begin_records(struct journal *journal, struct err *err) {
    static const char sql[] =
        "CREATE TABLE record(id TEXT NOT NULL UNIQUE, sort, chance INTEGER NOT NULL,"
        " cells BLOB NOT NULL);"
        "CREATE TABLE range(number INTEGER PRIMARY KEY, after TEXT NOT NULL,"
        " until TEXT NOT NULL, done INTEGER NOT NULL);";
    int rc = journal_begin(journal, err);

    if (rc == RC_OK && sqlite3_exec(journal->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        rc = journal_fail(journal, "write", err);
    return rc;
}

/* Spread evenly over all ids, however alike they are. */
static sqlite3_int64 chance_of(struct slice id) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < id.len; i++)
        h = (h ^ (unsigned char)id.data[i]) * UINT64_C(0x100000001b3);
    h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    return (sqlite3_int64)(h >> 1);
}

int journal_put_record(struct journal *journal, const struct journal_record *record,
                       struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_RECORD);
    bind_slice(&bound, 1, record->id);
    if (record->sort == SORT_NUMBER)
        bind_double(&bound, 2, record->number);
    else if (record->sort == SORT_TEXT)
        bind_slice(&bound, 2, record->text);
    else
        bind_null(&bound, 2);
    bind_int(&bound, 3, chance_of(record->id));
    bind_blob(&bound, 4, record->cells.data, record->cells.len);
    rc = journal_step(journal, &bound, err);
    return rc == RC_OK ? sqlite3_changes(journal->db) > 0 : rc;
}

int journal_put_range(struct journal *journal, const struct journal_range *range,
                      struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_RANGE);
    bind_int(&bound, 1, range->number);
    bind_text(&bound, 2, range->after);
    bind_text(&bound, 3, range->until);
    bind_int(&bound, 4, range->done);
    return journal_step(journal, &bound, err);
}

/* Prepares a statement that is used once. */
static int prepare(struct journal *journal, const char *sql, sqlite3_stmt **out,
                   struct err *err) {
    if (sqlite3_prepare_v2(journal->db, sql, -1, out, NULL) != SQLITE_OK)
        return journal_fail(journal, "read", err);
    return RC_OK;
}

int journal_ranges(struct journal *journal, journal_range_visit *visit, void *context,
                   struct err *err) {
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_DONE;
    int rc =
        prepare(journal, "SELECT number, after, until, done FROM range ORDER BY number",
                &statement, err);

    while (rc == RC_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct journal_range range = {
            .number = sqlite3_column_int64(statement, 0),
            .after = (const char *)sqlite3_column_text(statement, 1),
            .until = (const char *)sqlite3_column_text(statement, 2),
            .done = sqlite3_column_int(statement, 3) != 0,
        };
        rc = range.after == NULL || range.until == NULL ? err_nomem(err)
                                                        : visit(context, &range);
    }
    if (rc == RC_OK && step != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(statement);
    return rc;
}

int journal_count_records(struct journal *journal, uint64_t *out, struct err *err) {
    sqlite3_stmt *statement = NULL;
    int rc = prepare(journal, "SELECT count(*) FROM record", &statement, err);

    *out = 0;
    if (rc == RC_OK && sqlite3_step(statement) == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (rc == RC_OK)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(statement);
    return rc;
}

int journal_records(struct journal *journal, enum journal_order order, uint64_t limit,
                    struct journal_cursor **out, struct err *err) {
    static const char *const orders[] = {
        [ORDER_ID] = "SELECT id, sort, cells FROM record ORDER BY id LIMIT ?",
        [ORDER_SORT] = "SELECT id, sort, cells FROM record ORDER BY sort, id LIMIT ?",
        [ORDER_SORT_DESCENDING] =
            "SELECT id, sort, cells FROM record ORDER BY sort DESC, id DESC LIMIT ?",
        [ORDER_RANDOM] =
            ("SELECT id, sort, cells FROM record WHERE rowid IN (SELECT rowid FROM"
             " record ORDER BY chance, id LIMIT ?) ORDER BY id"),
    };

    return journal_cursor_open(journal, orders[order], limit == 0 ? -1 : (int64_t)limit,
                               out, err);
}

/* A column's bytes; data is NULL only when memory is out. */
static struct slice column_bytes(sqlite3_stmt *statement, int at) {
    const char *data = sqlite3_column_blob(statement, at);
    int len = sqlite3_column_bytes(statement, at);

    return slice_make(data == NULL && len == 0 ? "" : data, (size_t)len);
}

int journal_records_next(struct journal_cursor *cursor, struct journal_record *record,
                         struct err *err) {
    int step = sqlite3_step(cursor->statement);

    if (step == SQLITE_DONE)
        return 0;
    if (step != SQLITE_ROW)
        return journal_fail(cursor->journal, "read", err);
    *record = (struct journal_record){.id = column_bytes(cursor->statement, 0)};
    switch (sqlite3_column_type(cursor->statement, 1)) {
    case SQLITE_TEXT:
        record->sort = SORT_TEXT;
        record->text = column_bytes(cursor->statement, 1);
        break;
    case SQLITE_NULL: record->sort = SORT_NULL; break;
    default:
        record->sort = SORT_NUMBER;
        record->number = sqlite3_column_double(cursor->statement, 1);
    }
    record->cells = column_bytes(cursor->statement, 2);
    return record->id.data == NULL || record->cells.data == NULL ? err_nomem(err) : 1;
}

void journal_records_close(struct journal_cursor *cursor) {
    journal_rows_close(cursor);
}
