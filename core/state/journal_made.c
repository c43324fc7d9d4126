/* journal_made.c - the table `made` of the checkpoint. */
#include "state/journal_made.h"

#include "state/journal_private.h"

#include <stdio.h>

static void bind_key(struct bound *bound, const struct journal_made *made) {
    bind_text(bound, 1, made->entity_type);
    bind_text(bound, 2, made->field);
    bind_slice(bound, 3, made->key);
}

int journal_put_made(struct journal *journal, const struct journal_made *made,
                     struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_MADE);
    bind_key(&bound, made);
    bind_int(&bound, 4, made->since);
    bind_text(&bound, 5, made->id);
    bind_text(&bound, 6, made->modified);
    bind_slice(&bound, 7, made->value.len == 0 ? slice_of("") : made->value);
    return journal_step(journal, &bound, err);
}

int journal_get_made(struct journal *journal, struct journal_made *made,
                     struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_GET_MADE);
    int step, rc = 1;

    bind_key(&bound, made);
    step = bound_step(&bound);
    if (step == SQLITE_ROW) {
        made->since = sqlite3_column_int64(bound.statement, 0);
        made->id = NULL;
        if (sqlite3_column_type(bound.statement, 1) != SQLITE_NULL) {
            (void)snprintf(made->room, sizeof made->room, "%s",
                           (const char *)sqlite3_column_text(bound.statement, 1));
            made->id = made->room;
        }
    } else {
        rc = step == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    }
    /* a statement that is open keeps the log growing */
    (void)sqlite3_reset(bound.statement);
    return rc;
}

bool journal_owns_made(struct journal *journal, struct slice id) {
    struct bound bound = journal_statement(journal, STATEMENT_OWNS_MADE);
    bool found;

    bind_slice(&bound, 1, id);
    found = journal_row_found(journal, &bound);
    (void)sqlite3_reset(bound.statement);
    return found;
}
