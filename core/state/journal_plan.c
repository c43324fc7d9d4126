/* journal_plan.c - the table `plan` of the checkpoint. */
#include "state/journal_plan.h"

#include "state/journal_private.h"

int journal_begin_plan(struct journal *journal, struct err *err) {
    static const char sql[] =
        "CREATE TABLE plan(line INTEGER PRIMARY KEY, action TEXT NOT NULL,"
        " id TEXT NOT NULL, code TEXT NOT NULL, changes TEXT NOT NULL);"
        "CREATE INDEX made_id ON made(id) WHERE id IS NOT NULL;";
    int rc = journal_begin(journal, err);

    if (rc == RC_OK && sqlite3_exec(journal->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        rc = journal_fail(journal, "write", err);
    return rc;
}

int journal_put_plan(struct journal *journal, const struct journal_plan *plan,
                     struct err *err) {
    const char *const texts[] = {plan->action, plan->id, plan->code, plan->changes};
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_PLAN);
    bind_int(&bound, 1, (int64_t)plan->line);
    for (int i = 0; i < 4; i++)
        bind_text(&bound, i + 2, texts[i]);
    rc = journal_step(journal, &bound, err);
    return rc == RC_OK ? sqlite3_changes(journal->db) > 0 : rc;
}

/* A column's text, in arena; NULL when memory is out. */
static const char *keep_text(sqlite3_stmt *statement, int at, struct arena *arena) {
    const void *text = sqlite3_column_text(statement, at);
    int len = sqlite3_column_bytes(statement, at);

    return text == NULL ? NULL : arena_copy(arena, text, (size_t)len);
}

int journal_get_plan(struct journal *journal, uint64_t line, struct arena *arena,
                     struct journal_plan *plan, struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_GET_PLAN);
    int step, rc = 1;

    bind_int(&bound, 1, (int64_t)line);
    step = bound_step(&bound);
    if (step == SQLITE_ROW) {
        plan->line = line;
        plan->action = keep_text(bound.statement, 0, arena);
        plan->id = keep_text(bound.statement, 1, arena);
        plan->code = keep_text(bound.statement, 2, arena);
        plan->changes = keep_text(bound.statement, 3, arena);
        if (plan->action == NULL || plan->id == NULL || plan->code == NULL ||
            plan->changes == NULL)
            rc = err_nomem(err);
    } else {
        rc = step == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    }
    /* a statement that is open keeps the log growing */
    (void)sqlite3_reset(bound.statement);
    return rc;
}
