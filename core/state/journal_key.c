/* journal_key.c - the table `sent` of the checkpoint. */
#include "state/journal_key.h"

#include "state/journal_private.h"

int journal_begin_keys(struct journal *journal, struct err *err) {
    static const char sql[] =
        "CREATE TABLE IF NOT EXISTS sent(key BLOB NOT NULL, record INTEGER NOT NULL,"
        " PRIMARY KEY(key, record)) WITHOUT ROWID";
    int rc = journal_begin(journal, err);

    if (rc == RC_OK && sqlite3_exec(journal->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        rc = journal_fail(journal, "write", err);
    return rc;
}

int journal_put_key(struct journal *journal, uint64_t record, struct slice key,
                    struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_KEY);
    bind_blob(&bound, 1, key.data, key.len);
    bind_int(&bound, 2, (int64_t)record);
    return journal_step(journal, &bound, err);
}

int journal_find_key(struct journal *journal, uint64_t record, struct slice key,
                     struct arena *arena, struct journal_row *row, struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_FIND_KEY);
    int step, rc = 1;

    bind_blob(&bound, 1, key.data, key.len);
    bind_int(&bound, 2, (int64_t)record);
    step = bound_step(&bound);
    if (step == SQLITE_ROW) {
        const void *id = sqlite3_column_text(bound.statement, 3);
        *row = (struct journal_row){
            .record = (uint64_t)sqlite3_column_int64(bound.statement, 0),
            .line = (uint64_t)sqlite3_column_int64(bound.statement, 1),
            .state = (enum row_state)sqlite3_column_int(bound.statement, 2),
        };
        if (id != NULL)
            row->id =
                arena_copy(arena, id, (size_t)sqlite3_column_bytes(bound.statement, 3));
        if (id != NULL && row->id == NULL)
            rc = err_nomem(err);
    } else {
        rc = step == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    }
    (void)sqlite3_reset(bound.statement);
    return rc;
}
