/* journal_query.c - what is read back from the checkpoint: rows, errors, counts, causes.
 *
 * Everything here is read only and sees what was put, committed or not.
 */
#include "state/journal.h"

#include "state/journal_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *row_state_name(enum row_state state) {
    static const char *const names[ROW_STATE_COUNT] = {
        [ROW_NEW] = "unprocessed",   [ROW_INTENDED] = "intended",
        [ROW_DOUBTFUL] = "doubtful", [ROW_CREATED] = "created",
        [ROW_UPDATED] = "updated",   [ROW_UNCHANGED] = "unchanged",
        [ROW_SKIPPED] = "skipped",   [ROW_DELETED] = "deleted",
        [ROW_FAILED] = "failed",     [ROW_UNKNOWN] = "unknown",
    };
    return (unsigned)state < ROW_STATE_COUNT ? names[state] : "?";
}

bool row_state_is_final(enum row_state state) {
    return state >= ROW_CREATED;
}

static const char *text_or_null(sqlite3_stmt *statement, int at) {
    return (const char *)sqlite3_column_text(statement, at);
}

static const char *text_or_empty(sqlite3_stmt *statement, int at) {
    const char *text = text_or_null(statement, at);
    return text == NULL ? "" : text;
}

bool journal_row_found(struct journal *journal, const struct bound *bound) {
    int step = bound_step(bound);

    if (step != SQLITE_ROW && step != SQLITE_DONE)
        (void)journal_fail(journal, "read", &journal->unread);
    return step == SQLITE_ROW;
}

static bool journal_found(struct journal *journal, const struct bound *bound) {
    bool found = journal_row_found(journal, bound);

    (void)sqlite3_reset(bound->statement);
    return found;
}

bool journal_owns_id(struct journal *journal, const char *id) {
    struct bound bound = journal_statement(journal, STATEMENT_OWNS_ID);

    bind_text(&bound, 1, id);
    return journal_found(journal, &bound);
}

uint64_t journal_other_owner(struct journal *journal, const char *id, uint64_t record) {
    struct bound bound = journal_statement(journal, STATEMENT_OTHER_OWNER);
    uint64_t line = 0;

    bind_text(&bound, 1, id);
    bind_int(&bound, 2, (int64_t)record);
    if (journal_row_found(journal, &bound))
        line = (uint64_t)sqlite3_column_int64(bound.statement, 0);
    (void)sqlite3_reset(bound.statement);
    return line;
}

bool journal_suspects_id(struct journal *journal, const char *id) {
    struct bound bound = journal_statement(journal, STATEMENT_SUSPECTS_ID);

    bind_text(&bound, 1, id);
    return journal_found(journal, &bound);
}

bool journal_has_image(struct journal *journal, uint64_t record) {
    struct bound bound = journal_statement(journal, STATEMENT_HAS_IMAGE);

    bind_int(&bound, 1, (int64_t)record);
    return journal_found(journal, &bound);
}

/* The text of one record: 1, 0, < 0. */
static int get_text(struct journal *journal, enum journal_statement which,
                    uint64_t record, struct buf *out, struct err *err) {
    struct bound bound = journal_statement(journal, which);
    int step, rc = 1;

    bind_int(&bound, 1, (int64_t)record);
    step = bound_step(&bound);
    if (step == SQLITE_ROW && buf_append_text(out, text_or_empty(bound.statement, 0)) < 0)
        rc = err_nomem(err);
    else if (step != SQLITE_ROW)
        rc = step == SQLITE_DONE ? 0 : journal_fail(journal, "read", err);
    (void)sqlite3_reset(bound.statement);
    return rc;
}

int journal_get_image(struct journal *journal, uint64_t record, struct buf *out,
                      struct err *err) {
    return get_text(journal, STATEMENT_GET_IMAGE, record, out, err);
}

int journal_get_image_id(struct journal *journal, uint64_t record, struct buf *out,
                         struct err *err) {
    return get_text(journal, STATEMENT_GET_IMAGE_ID, record, out, err);
}

int journal_cursor_open(struct journal *journal, const char *sql, int64_t value,
                        struct journal_cursor **out, struct err *err) {
    struct bound bound = bound_prepare(journal->db, sql);
    struct journal_cursor *cursor = NULL;
    int rc = RC_OK;

    bind_int(&bound, 1, value);
    if (bound.code != SQLITE_OK)
        rc = journal_fail(journal, "read", err);
    else if ((cursor = calloc(1, sizeof *cursor)) == NULL)
        rc = err_nomem(err);
    else
        *cursor = (struct journal_cursor){journal, bound.statement};
    if (rc != RC_OK)
        (void)sqlite3_finalize(bound.statement);
    *out = cursor;
    return rc;
}

int journal_rows(struct journal *journal, uint64_t from, bool open_only,
                 struct journal_cursor **out, struct err *err) {
    return journal_cursor_open(
        journal,
        open_only ? "SELECT * FROM row WHERE record >= ? AND state < 3 ORDER BY record"
                  : "SELECT * FROM row WHERE record >= ? ORDER BY record",
        (int64_t)from, out, err);
}

int journal_damaged(const struct journal *journal, struct err *err, const char *format,
                    ...) {
    char how[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(how, sizeof how, format, args);
    va_end(args);
    (void)err_set(err, RC_INPUT, "the checkpoint %s is damaged: %s", journal->path, how);
    err_advise(err, "restore it from a backup; do not import the same rows again without "
                    "comparing: espoload reconcile tells what is there");
    return RC_INPUT;
}

int journal_rows_next(struct journal_cursor *cursor, struct journal_row *row,
                      struct err *err) {
    sqlite3_stmt *s = cursor->statement;
    int code = sqlite3_step(s);

    if (code == SQLITE_DONE)
        return 0;
    if (code != SQLITE_ROW)
        return journal_fail(cursor->journal, "read", err);
    row->record = (uint64_t)sqlite3_column_int64(s, 0);
    row->line = (uint64_t)sqlite3_column_int64(s, 1);
    row->offset = (uint64_t)sqlite3_column_int64(s, 2);
    if (sqlite3_column_type(s, 3) != SQLITE_INTEGER || sqlite3_column_int64(s, 3) < 0 ||
        sqlite3_column_int64(s, 3) >= ROW_STATE_COUNT)
        return journal_damaged(cursor->journal, err,
                               "row %" PRIu64 " is in a state that there is not",
                               row->record);
    row->state = (enum row_state)sqlite3_column_int(s, 3);
    row->settled = sqlite3_column_int(s, 4) != 0;
    row->attempts = (unsigned)sqlite3_column_int(s, 5);
    row->since = sqlite3_column_int64(s, 6);
    row->sent = sqlite3_column_int64(s, 7);
    row->id = text_or_null(s, 8);
    row->matched_by = text_or_null(s, 9);
    row->modified = text_or_null(s, 10);
    row->version = sqlite3_column_int64(s, 11);
    return 1;
}

void journal_rows_close(struct journal_cursor *cursor) {
    if (cursor == NULL)
        return;
    (void)sqlite3_finalize(cursor->statement);
    free(cursor);
}

bool journal_has_row(struct journal *journal, uint64_t record) {
    struct bound bound = journal_statement(journal, STATEMENT_HAS_ROW);

    bind_int(&bound, 1, (int64_t)record);
    return journal_found(journal, &bound);
}

int journal_last_row(struct journal *journal, uint64_t before, struct journal_row *row,
                     struct err *err) {
    static const char sql[] = "SELECT max(record) FROM row WHERE record < ?";
    struct bound bound = bound_prepare(journal->db, sql);
    struct journal_cursor *cursor = NULL;
    int64_t last = 0;
    int rc = RC_OK;

    bind_int(&bound, 1, before == 0 ? INT64_MAX : (int64_t)before);
    if (bound_step(&bound) == SQLITE_ROW)
        last = sqlite3_column_int64(bound.statement, 0);
    else
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(bound.statement);
    if (rc != RC_OK || last == 0)
        return rc;
    rc = journal_rows(journal, (uint64_t)last, false, &cursor, err);
    if (rc == RC_OK)
        rc = journal_rows_next(cursor, row, err);
    row->id = NULL;
    row->matched_by = NULL;
    row->modified = NULL;
    journal_rows_close(cursor);
    return rc;
}

int journal_errors(struct journal *journal, uint64_t record, journal_error_visit *visit,
                   void *context, struct err *err) {
    struct bound bound = journal_statement(journal, STATEMENT_ERRORS);
    int code, rc = RC_OK;

    bind_int(&bound, 1, (int64_t)record);
    while (rc == RC_OK && (code = bound_step(&bound)) == SQLITE_ROW) {
        struct journal_error error = {
            .record = record,
            .reason = reason_of_code(text_or_empty(bound.statement, 0)),
            .column = text_or_empty(bound.statement, 1),
            .field = text_or_empty(bound.statement, 2),
            .value = text_or_empty(bound.statement, 3),
            .message = text_or_empty(bound.statement, 4),
        };
        rc = visit(context, &error);
    }
    if (rc == RC_OK && code != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_reset(bound.statement);
    return rc;
}

/* One pass without a sort: a GROUP BY would hold a word of every row in memory. */
int journal_count(struct journal *journal, uint64_t counts[ROW_STATE_COUNT],
                  struct err *err) {
    static const char sql[] = "SELECT sum(state=0), sum(state=1), sum(state=2),"
                              " sum(state=3), sum(state=4), sum(state=5), sum(state=6),"
                              " sum(state=7), sum(state=8), sum(state=9) FROM row";
    sqlite3_stmt *s = NULL;
    int rc = RC_OK;

    _Static_assert(ROW_STATE_COUNT == 10, "a state is missing in the query");
    if (sqlite3_prepare_v2(journal->db, sql, -1, &s, NULL) != SQLITE_OK)
        return journal_fail(journal, "read", err);
    if (sqlite3_step(s) != SQLITE_ROW)
        rc = journal_fail(journal, "read", err);
    for (int i = 0; i < ROW_STATE_COUNT; i++)
        counts[i] = rc == RC_OK ? (uint64_t)sqlite3_column_int64(s, i) : 0;
    (void)sqlite3_finalize(s);
    return rc;
}

int journal_causes(struct journal *journal, size_t limit, journal_cause_visit *visit,
                   void *context, struct err *err) {
    static const char sql[] =
        "SELECT e.code, e.column, e.field, e.message, min(r.line), count(DISTINCT "
        "e.record)"
        " FROM error e JOIN row r USING(record) GROUP BY e.code, e.column, e.field"
        " ORDER BY 6 DESC, 5 LIMIT ?";
    struct bound bound = bound_prepare(journal->db, sql);
    sqlite3_stmt *s = bound.statement;
    int code = SQLITE_DONE, rc = RC_OK;

    bind_int(&bound, 1, (int64_t)limit);
    while (rc == RC_OK && (code = bound_step(&bound)) == SQLITE_ROW) {
        struct journal_cause cause = {
            .reason = reason_of_code(text_or_empty(s, 0)),
            .column = text_or_empty(s, 1),
            .field = text_or_empty(s, 2),
            .example = text_or_empty(s, 3),
            .line = (uint64_t)sqlite3_column_int64(s, 4),
            .rows = (uint64_t)sqlite3_column_int64(s, 5),
        };
        rc = visit(context, &cause);
    }
    if (rc == RC_OK && code != SQLITE_DONE)
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(s);
    return rc;
}

int journal_count_warnings(struct journal *journal, uint64_t *out, struct err *err) {
    static const char sql[] = "SELECT count(DISTINCT e.record) FROM error e JOIN row r"
                              " USING(record) WHERE r.state IN (3, 4, 5, 7)";
    sqlite3_stmt *s = NULL;
    int rc = RC_OK;

    *out = 0;
    if (sqlite3_prepare_v2(journal->db, sql, -1, &s, NULL) != SQLITE_OK)
        return journal_fail(journal, "read", err);
    if (sqlite3_step(s) == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(s, 0);
    else
        rc = journal_fail(journal, "read", err);
    (void)sqlite3_finalize(s);
    return rc;
}
