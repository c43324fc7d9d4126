/* journal_made.c - the table `made` of the checkpoint. */
#include "state/journal_made.h"

#include "state/journal_private.h"

#include <stdio.h>

static void bind_key(sqlite3_stmt *statement, const struct journal_made *made) {
    (void)sqlite3_bind_text(statement, 1, made->entity_type, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, made->field, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, made->key.data, (int)made->key.len,
                            SQLITE_STATIC);
}

int journal_put_made(struct journal *journal, const struct journal_made *made,
                     struct err *err) {
    sqlite3_stmt *statement;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    statement = journal_statement(journal, STATEMENT_PUT_MADE, err);
    if (statement == NULL)
        return err == NULL ? RC_LOCAL : (int)err->rc;
    bind_key(statement, made);
    (void)sqlite3_bind_int64(statement, 4, made->since);
    if (made->id == NULL)
        (void)sqlite3_bind_null(statement, 5);
    else
        (void)sqlite3_bind_text(statement, 5, made->id, -1, SQLITE_STATIC);
    if (made->modified == NULL)
        (void)sqlite3_bind_null(statement, 6);
    else
        (void)sqlite3_bind_text(statement, 6, made->modified, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 7, made->value.len == 0 ? "" : made->value.data,
                            (int)made->value.len, SQLITE_STATIC);
    return journal_step(journal, statement, err);
}

int journal_get_made(struct journal *journal, struct journal_made *made,
                     struct err *err) {
    sqlite3_stmt *statement = journal_statement(journal, STATEMENT_GET_MADE, err);
    int step;

    if (statement == NULL)
        return err == NULL ? RC_LOCAL : (int)err->rc;
    bind_key(statement, made);
    step = sqlite3_step(statement);
    if (step == SQLITE_DONE)
        return 0;
    if (step != SQLITE_ROW)
        return journal_fail(journal, "read", err);
    made->since = sqlite3_column_int64(statement, 0);
    made->id = NULL;
    if (sqlite3_column_type(statement, 1) != SQLITE_NULL) {
        (void)snprintf(made->room, sizeof made->room, "%s",
                       (const char *)sqlite3_column_text(statement, 1));
        made->id = made->room;
    }
    (void)sqlite3_reset(statement); /* a statement that is open keeps the log growing */
    return 1;
}

bool journal_owns_made(struct journal *journal, struct slice id) {
    sqlite3_stmt *statement =
        journal_statement(journal, STATEMENT_OWNS_MADE, &journal->unread);
    bool found;

    if (statement == NULL)
        return false;
    (void)sqlite3_bind_text(statement, 1, id.data, (int)id.len, SQLITE_STATIC);
    found = journal_row_found(journal, statement);
    (void)sqlite3_reset(statement);
    return found;
}
