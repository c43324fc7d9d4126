/* journal_undo.c - the tables `wrote` and `step` of the checkpoint. */
#include "state/journal_undo.h"

#include "state/journal_made.h"
#include "state/journal_private.h"

#include <inttypes.h>
#include <string.h>

static const char *text_at(sqlite3_stmt *s, int at) {
    const char *text = (const char *)sqlite3_column_text(s, at);

    return text == NULL ? "" : text;
}

static const char *keep_at(sqlite3_stmt *s, int at, struct arena *arena) {
    const char *text = text_at(s, at);

    return arena_copy(arena, text, strlen(text));
}

int journal_put_wrote(struct journal *journal, uint64_t record, const char *json,
                      struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_WROTE);
    bind_int(&bound, 1, (int64_t)record);
    bind_text(&bound, 2, json);
    return journal_step(journal, &bound, err);
}

int journal_get_wrote(struct journal *journal, uint64_t record, struct buf *out,
                      struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_GET_WROTE);
    int step, rc = 1;

    bind_int(&bound, 1, (int64_t)record);
    step = bound_step(&bound);
    if (step == SQLITE_ROW && buf_append_text(out, text_at(bound.statement, 0)) < 0)
        rc = err_nomem(err);
    else if (step != SQLITE_ROW)
        rc = step == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    (void)sqlite3_reset(bound.statement);
    return rc;
}

/* A row that failed may have changed its record all the same, of which it then has an
 * image: it was sent before and that answer lost, or the server failed at it; unless the
 * record was looked at, and is as it was. */
int journal_rows_back(struct journal *journal, struct journal_cursor **out,
                      struct err *err) {
    return journal_cursor_open(
        journal,
        "SELECT * FROM row WHERE record >= ? AND ((state IN (1, 2) AND id IS NOT NULL) OR"
        " state IN (3, 4, 7, 9) OR"
        " (state = 8 AND settled = 0"
        " AND EXISTS (SELECT 1 FROM image WHERE image.record = row.record)"
        " AND (attempts > 1 OR EXISTS (SELECT 1 FROM error WHERE"
        " error.record = row.record AND code = 'SERVER_ERROR'))))"
        " ORDER BY record DESC",
        0, out, err);
}

int journal_last_stamp(struct journal *journal, const char *id, uint64_t from,
                       struct arena *arena, struct journal_row *row, struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_LAST_STAMP);
    int step, rc = 1;

    bind_text(&bound, 1, id);
    bind_int(&bound, 2, (int64_t)from);
    step = bound_step(&bound);
    if (step == SQLITE_ROW) {
        /* the query takes rows of two states only */
        row->record = (uint64_t)sqlite3_column_int64(bound.statement, 0);
        row->state = (enum row_state)sqlite3_column_int(bound.statement, 1);
        row->version = sqlite3_column_int64(bound.statement, 3);
        row->modified = NULL;
        if (sqlite3_column_type(bound.statement, 2) != SQLITE_NULL &&
            (row->modified = keep_at(bound.statement, 2, arena)) == NULL)
            rc = err_nomem(err);
    } else {
        rc = step == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    }
    (void)sqlite3_reset(bound.statement);
    return rc;
}

int journal_same_id(struct journal *journal, const char *id, uint64_t record,
                    enum row_state state, journal_record_visit *visit, void *context,
                    struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_SAME_ID);
    int step = SQLITE_DONE, rc = RC_OK;

    bind_text(&bound, 1, id);
    bind_int(&bound, 2, (int64_t)record);
    bind_int(&bound, 3, state);
    while (rc == RC_OK && (step = bound_step(&bound)) == SQLITE_ROW)
        rc = visit(context, (uint64_t)sqlite3_column_int64(bound.statement, 0));
    if (rc == RC_OK && step != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_reset(bound.statement);
    return rc;
}

/* --- steps --- */

const char *step_kind_done(enum step_kind kind) {
    static const char *const words[STEP_KIND_COUNT] = {
        [STEP_DELETE] = "created",   [STEP_RESTORE] = "updated",
        [STEP_UNDELETE] = "deleted", [STEP_UNKNOWN] = "unknown",
        [STEP_UNMAKE] = "linked",
    };
    return kind > 0 && kind < STEP_KIND_COUNT ? words[kind] : "";
}

int journal_begin_steps(struct journal *journal, struct err *err) {
    int rc = journal_begin(journal, err);

    if (rc == RC_OK &&
        sqlite3_exec(
            journal->db,
            "CREATE TABLE step(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
            " record INTEGER NOT NULL, entityType TEXT NOT NULL,"
            " field TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL)",
            NULL, NULL, NULL) != SQLITE_OK)
        rc = journal_fail(journal, "write", err);
    return rc;
}

int journal_put_step(struct journal *journal, const struct journal_step *step,
                     struct err *err) {
    struct bound bound;
    int rc = journal_begin(journal, err);

    if (rc != RC_OK)
        return rc;
    bound = journal_statement(journal, STATEMENT_PUT_STEP);
    bind_int(&bound, 1, (int64_t)step->number);
    bind_int(&bound, 2, step->kind);
    bind_int(&bound, 3, (int64_t)step->record);
    bind_text(&bound, 4, step->entity_type);
    bind_text(&bound, 5, step->field);
    bind_text(&bound, 6, step->key);
    bind_text(&bound, 7, step->value);
    return journal_step(journal, &bound, err);
}

int journal_get_step(struct journal *journal, uint64_t number, struct arena *arena,
                     struct journal_step *step, struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_GET_STEP);
    int code, rc = 1;

    bind_int(&bound, 1, (int64_t)number);
    code = bound_step(&bound);
    if (code == SQLITE_ROW) {
        step->number = number;
        step->kind = (enum step_kind)sqlite3_column_int(bound.statement, 0);
        step->record = (uint64_t)sqlite3_column_int64(bound.statement, 1);
        step->entity_type = keep_at(bound.statement, 2, arena);
        step->field = keep_at(bound.statement, 3, arena);
        step->key = keep_at(bound.statement, 4, arena);
        step->value = keep_at(bound.statement, 5, arena);
        if (step->entity_type == NULL || step->field == NULL || step->key == NULL ||
            step->value == NULL)
            rc = err_nomem(err);
        else if (step_kind_done(step->kind)[0] == '\0')
            rc = journal_damaged(
                journal, err, "step %" PRIu64 " is of a kind that there is not", number);
    } else {
        rc = code == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    }
    (void)sqlite3_reset(bound.statement);
    return rc;
}

int journal_all_made(struct journal *journal, journal_made_visit *visit, void *context,
                     struct err *err) {
    sqlite3_stmt *s = NULL;
    int code = SQLITE_DONE, rc = RC_OK;

    if (sqlite3_prepare_v2(journal->db,
                           "SELECT entityType, field, key, since, id, modified, value"
                           " FROM made",
                           -1, &s, NULL) != SQLITE_OK)
        return journal_fail(journal, "read", err);
    while (rc == RC_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
        const struct journal_made made = {
            .entity_type = text_at(s, 0),
            .field = text_at(s, 1),
            .key = slice_of(text_at(s, 2)),
            .since = sqlite3_column_int64(s, 3),
            .id = (const char *)sqlite3_column_text(s, 4),
            .modified = (const char *)sqlite3_column_text(s, 5),
            .value = slice_of(text_at(s, 6)),
        };
        rc = visit(context, &made);
    }
    if (rc == RC_OK && code != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(s);
    return rc;
}

int journal_count_steps(struct journal *journal,
                        uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT],
                        struct err *err) {
    static const char sql[] = "SELECT kind, state, count(*) FROM step JOIN row"
                              " ON number = row.record GROUP BY kind, state";
    sqlite3_stmt *s = NULL;
    int code;

    memset(counts, 0, STEP_KIND_COUNT * sizeof counts[0]);
    if (sqlite3_prepare_v2(journal->db, sql, -1, &s, NULL) != SQLITE_OK)
        return journal_fail(journal, "read", err);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        int kind = sqlite3_column_int(s, 0), state = sqlite3_column_int(s, 1);
        if (kind > 0 && kind < STEP_KIND_COUNT && state >= 0 && state < ROW_STATE_COUNT)
            counts[kind][state] = (uint64_t)sqlite3_column_int64(s, 2);
    }
    (void)sqlite3_finalize(s);
    return code == SQLITE_DONE ? RC_OK : journal_fail(journal, "read", err);
}

int journal_count_noted(struct journal *journal, const char *note, uint64_t *count,
                        struct err *err) {
    static const char sql[] =
        "SELECT count(*) FROM row WHERE state = 5 AND matchedBy = ?";
    struct bound bound = bound_prepare(journal->db, sql);
    int rc = RC_OK;

    *count = 0;
    bind_text(&bound, 1, note);
    if (bound_step(&bound) == SQLITE_ROW)
        *count = (uint64_t)sqlite3_column_int64(bound.statement, 0);
    else
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(bound.statement);
    return rc;
}
