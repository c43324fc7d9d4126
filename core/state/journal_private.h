/* journal_private.h - what journal.c and the journal_*.c share. */
#ifndef STATE_JOURNAL_PRIVATE_H
#define STATE_JOURNAL_PRIVATE_H

#include "base/buf.h"
#include "state/bind.h"
#include "state/journal.h"

#include <sqlite3.h>

enum journal_statement {
    STATEMENT_PUT_ROW,
    STATEMENT_PUT_ERROR,
    STATEMENT_PUT_IMAGE,
    STATEMENT_HAS_ROW,
    STATEMENT_HAS_IMAGE,
    STATEMENT_GET_IMAGE,
    STATEMENT_GET_IMAGE_ID,
    STATEMENT_PUT_MADE,
    STATEMENT_GET_MADE,
    STATEMENT_OWNS_MADE,
    STATEMENT_PUT_PLAN,
    STATEMENT_GET_PLAN,
    STATEMENT_PUT_KEY,
    STATEMENT_FIND_KEY,
    STATEMENT_PUT_RECORD,
    STATEMENT_PUT_RANGE,
    STATEMENT_FIND_RECORD,
    STATEMENT_GET_RECORD,
    STATEMENT_PUT_PAIR,
    STATEMENT_PUT_CANDIDATE,
    STATEMENT_PUT_BASED,
    STATEMENT_TWIN,
    STATEMENT_OWNS_ID,
    STATEMENT_OTHER_OWNER,
    STATEMENT_SUSPECTS_ID,
    STATEMENT_SET,
    STATEMENT_GET,
    STATEMENT_PUT_WROTE,
    STATEMENT_GET_WROTE,
    STATEMENT_PUT_STEP,
    STATEMENT_GET_STEP,
    STATEMENT_LAST_STAMP,
    STATEMENT_SAME_ID,
    STATEMENT_ERRORS,
    STATEMENT_COUNT
};

struct journal {
    sqlite3 *db;                               /* owned */
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* owned; prepared when first used */
    char *path;                                /* owned; for messages */
    int lock_fd;                               /* holds the lock; -1 = reader */
    struct err unread;          /* why something could not be read; then no more is put */
    bool in_transaction;        /* something was put since the last commit */
    struct journal_text *texts; /* owned; what journal_text() handed out */
};

/* Sets err from SQLite's last failure on this file and returns its rc. */
int journal_fail(struct journal *journal, const char *what, struct err *err);

/* A prepared statement, reset and ready to bind; where it cannot be prepared its step
 * fails. */
struct bound journal_statement(struct journal *journal, enum journal_statement which);

/* Steps a query of something that may be there: is it? Where it cannot be read that is
 * noted in unread. */
bool journal_row_found(struct journal *journal, const struct bound *bound);

/* Begins a transaction unless one is open. */
int journal_begin(struct journal *journal, struct err *err);

/* A query under way: what journal_rows() and journal_records() open. */
struct journal_cursor {
    struct journal *journal; /* borrowed */
    sqlite3_stmt *statement; /* owned */
};

/* Opens one; value: of its one parameter. journal_rows_next() takes all columns of `row`,
 * in order. */
int journal_cursor_open(struct journal *journal, const char *sql, int64_t value,
                        struct journal_cursor **out, struct err *err);

/* Runs a statement that gives no rows. */
int journal_step(struct journal *journal, const struct bound *bound, struct err *err);

#endif
