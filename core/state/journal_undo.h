/* journal_undo.h - what it takes to take a run back: what the run has written, record by
 * record, and the steps of the run that takes it back.
 *
 * The first half is kept by every run beside its before-images; the second half is in the
 * checkpoint of an undo only.
 */
#ifndef STATE_JOURNAL_UNDO_H
#define STATE_JOURNAL_UNDO_H

#include "base/arena.h"
#include "state/journal.h"

/* What a row is about to write, as a JSON object, in place of what was there of it. */
int journal_put_wrote(struct journal *journal, uint64_t record, const char *json,
                      struct err *err);

/* Appends that JSON to out: 1, or 0 when there is none, < 0. */
int journal_get_wrote(struct journal *journal, uint64_t record, struct buf *out,
                      struct err *err);

/* The rows that have changed something, or may have, the last one first; to be read with
 * journal_rows_next(). */
int journal_rows_back(struct journal *journal, struct journal_cursor **out,
                      struct err *err);

/* Of the rows from record `from` on that created or updated record id, the last one:
 * fills record, state, modified (in arena) and version of *row. 1, 0 when there is none,
 * < 0. */
int journal_last_stamp(struct journal *journal, const char *id, uint64_t from,
                       struct arena *arena, struct journal_row *row, struct err *err);

/* Rows before `record` that are about record id and ended in that state, the last one
 * first. */
typedef int journal_record_visit(void *context, uint64_t record);
int journal_same_id(struct journal *journal, const char *id, uint64_t record,
                    enum row_state state, journal_record_visit *visit, void *context,
                    struct err *err);

/* The numbers are part of the file format. */
enum step_kind {
    STEP_DELETE = 1,   /* a record that the run created */
    STEP_RESTORE = 2,  /* values that the run changed */
    STEP_UNDELETE = 3, /* a record that the run deleted */
    STEP_UNKNOWN = 4,  /* a row whose outcome is not known */
    STEP_UNMAKE = 5,   /* a record that the run created for a link */
    STEP_KIND_COUNT
};

/* "created"; what the run did; borrowed for ever. */
const char *step_kind_done(enum step_kind kind);

struct journal_step {
    uint64_t number; /* of the row in the checkpoint of the undo, from 1 */
    enum step_kind kind;
    uint64_t record;         /* of the row in the run that is taken back; 0 = none */
    const char *entity_type; /* of the record */
    const char *field, *key; /* UNMAKE: what it was looked up by, else "" */
    const char *value;       /* and as it was sent */
};

/* Makes room for steps, once, before any other call of these. */
int journal_begin_steps(struct journal *journal, struct err *err);
int journal_put_step(struct journal *journal, const struct journal_step *step,
                     struct err *err);

/* Fills *step, its texts in arena: 1, or 0 when there is none, < 0. */
int journal_get_step(struct journal *journal, uint64_t number, struct arena *arena,
                     struct journal_step *step, struct err *err);

/* Every record that was made for a link. */
struct journal_made;
typedef int journal_made_visit(void *context, const struct journal_made *made);
int journal_all_made(struct journal *journal, journal_made_visit *visit, void *context,
                     struct err *err);

/* Unchanged rows whose matched_by is note. */
int journal_count_noted(struct journal *journal, const char *note, uint64_t *count,
                        struct err *err);

/* Steps by kind and by the state of their rows. */
int journal_count_steps(struct journal *journal,
                        uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT],
                        struct err *err);

#endif
