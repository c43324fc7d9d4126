/* journal.h - the checkpoint: one SQLite file that holds all state of a run.
 *
 * What is promised: after journal_commit() returned 0, everything put before it survives
 * kill -9 and power loss (WAL, synchronous=FULL). One process at a time may hold it for
 * writing; readers (`status`) are always welcome. Mode 0600; no secret is ever in it.
 *
 * Rows are first put in the order of the file, so the rows that are there are records 1
 * to journal_last_row().record, each exactly once: reading goes on behind the last. Only
 * canary rows (flow/canary.h) are put before their turn.
 */
#ifndef STATE_JOURNAL_H
#define STATE_JOURNAL_H

#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "base/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a row stands. The numbers are part of the file format. */
enum row_state {
    ROW_NEW = 0,      /* read, and known not to have been sent */
    ROW_INTENDED = 1, /* may have been sent: without an outcome it is doubtful */
    ROW_DOUBTFUL =
        2, /* sent, answer lost; nothing of it has been in flight since `since` */
    ROW_CREATED = 3,
    ROW_UPDATED = 4,
    ROW_UNCHANGED = 5,
    ROW_SKIPPED = 6,
    ROW_DELETED = 7,
    ROW_FAILED = 8,
    ROW_UNKNOWN = 9, /* doubtful, and look-ups could not tell */
    ROW_STATE_COUNT
};

/* "created"; borrowed for ever. */
const char *row_state_name(enum row_state state);
bool row_state_is_final(enum row_state state);

struct journal_row {
    uint64_t record; /* number in the file, from 1 */
    uint64_t line;   /* physical line of its first byte */
    uint64_t offset; /* of its first byte in the decoded text, bytes */
    enum row_state state;
    bool settled;      /* the outcome came from a look-up, not from an answer */
    unsigned attempts; /* how often it was sent, at most */
    int64_t since;     /* INTENDED, DOUBTFUL: ms since 1970 */
    int64_t sent;      /* not final: when first sent, server's clock, ms since 1970 */
    const char *id;    /* of the record, or NULL */
    const char *matched_by; /* what the match was by, or NULL */
    const char *modified;   /* modifiedAt of its record as the row left it, or NULL */
    int64_t version;        /* versionNumber of it likewise; 0 = not known */
};

/* One reason why a row failed, or a warning about one that did not. */
struct journal_error {
    uint64_t record;
    enum reason reason;
    const char *column;  /* of the file, or "" */
    const char *field;   /* of the server, or "" */
    const char *value;   /* as in the cell, or "" */
    const char *message; /* one sentence */
};

struct journal;

/* A new file; RC_USAGE when path exists already (the message says how to resume), or
 * RC_LOCKED when a run is on it. A file that is empty, which is what a crash in here
 * leaves, is taken over. */
int journal_create(struct journal **out, const char *path, struct err *err);

/* RC_USAGE when a run has begun at path, in the words of journal_create(); an empty file,
 * left by a run that was killed at its very first moment, is none. */
int journal_refuse(const char *path, struct err *err);

/* An existing one, for writing: RC_LOCKED when another run holds it, RC_INPUT when it is
 * no checkpoint of this program, RC_LOCAL. */
int journal_open(struct journal **out, const char *path, struct err *err);

/* For reading only, also while a run holds it. */
int journal_open_reader(struct journal **out, const char *path, struct err *err);
void journal_close(struct journal *journal);

/* RC_OK unless something could not be read that was asked for as a value: then why. What
 * such a call gave is not to be relied on, so nothing more can be put, either. */
int journal_check(const struct journal *journal, struct err *err);

/* RC_INPUT: something in the checkpoint is not as any run writes it. */
int journal_damaged(const struct journal *journal, struct err *err, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* Facts of the run, by name. Getting one that is not there gives "" or 0. The text is
 * borrowed until journal_close(). */
int journal_set_text(struct journal *journal, const char *key, const char *value,
                     struct err *err);
int journal_set_int(struct journal *journal, const char *key, int64_t value,
                    struct err *err);
const char *journal_text(struct journal *journal, const char *key);
int64_t journal_int(struct journal *journal, const char *key);

/* Puts a row, in place of what was there of it; its errors are kept apart. The first call
 * after a commit begins a transaction. */
int journal_put_row(struct journal *journal, const struct journal_row *row,
                    struct err *err);
int journal_put_error(struct journal *journal, const struct journal_error *error,
                      struct err *err);

/* What record `id` held in the attributes that row is about to change, as a JSON object,
 * in place of what was there of it. */
int journal_put_image(struct journal *journal, uint64_t record, const char *id,
                      const char *json, struct err *err);
bool journal_has_image(struct journal *journal, uint64_t record);

/* Appends that JSON to out: 1, or 0 when there is none, < 0. */
int journal_get_image(struct journal *journal, uint64_t record, struct buf *out,
                      struct err *err);

/* Appends the id of the record that it is of; likewise. */
int journal_get_image_id(struct journal *journal, uint64_t record, struct buf *out,
                         struct err *err);

/* The row with the highest number below `before` (0 = of all): 1 with *row set (its texts
 * are NULL), 0 when there is none, < 0. */
int journal_last_row(struct journal *journal, uint64_t before, struct journal_row *row,
                     struct err *err);

/* Was the record put? */
bool journal_has_row(struct journal *journal, uint64_t record);

/* Makes everything put so far durable. */
int journal_commit(struct journal *journal, struct err *err);

/* Takes back everything put since the last commit: after a put that failed, what is there
 * may be half of something. */
void journal_rollback(struct journal *journal);

/* Every ROW_INTENDED row becomes ROW_DOUBTFUL since now: the run that sent them is dead,
 * so from now on nothing of them is in flight. Committed. */
int journal_mark_doubtful(struct journal *journal, int64_t now_ms, struct err *err);

/* Does a row of this run own the record id already? */
bool journal_owns_id(struct journal *journal, const char *id);

/* The line of a finished row, other than `record`, that owns the record id; 0 = none. */
uint64_t journal_other_owner(struct journal *journal, const char *id, uint64_t record);

/* Is the record id named in the reason of an unknown row, as one that may be its own? */
bool journal_suspects_id(struct journal *journal, const char *id);

/* Rows in the order of the file, from record `from` on; open_only leaves out final ones.
 * next: 1 with *row set (borrowed until the next call), 0 at the end, < 0. */
struct journal_cursor;
int journal_rows(struct journal *journal, uint64_t from, bool open_only,
                 struct journal_cursor **out, struct err *err);
int journal_rows_next(struct journal_cursor *cursor, struct journal_row *row,
                      struct err *err);
void journal_rows_close(struct journal_cursor *cursor);

/* The errors of one row, in the order they were put. */
typedef int journal_error_visit(void *context, const struct journal_error *error);
int journal_errors(struct journal *journal, uint64_t record, journal_error_visit *visit,
                   void *context, struct err *err);

/* Rows by state; counts[ROW_STATE_COUNT]. */
int journal_count(struct journal *journal, uint64_t counts[ROW_STATE_COUNT],
                  struct err *err);

/* Causes by how many rows they hit, most first. */
struct journal_cause {
    enum reason reason;
    const char *column;
    const char *field;
    const char *example; /* message of the first row */
    uint64_t line;       /* of the first row */
    uint64_t rows;
};
typedef int journal_cause_visit(void *context, const struct journal_cause *cause);
int journal_causes(struct journal *journal, size_t limit, journal_cause_visit *visit,
                   void *context, struct err *err);

/* Rows that carry a warning: created, updated, unchanged or deleted, with a reason beside
 * it. */
int journal_count_warnings(struct journal *journal, uint64_t *out, struct err *err);

#endif
