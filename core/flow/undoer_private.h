/* undoer_private.h - what the parts of the undoer share. */
#ifndef FLOW_UNDOER_PRIVATE_H
#define FLOW_UNDOER_PRIVATE_H

#include "flow/finder.h"
#include "flow/key_table.h"
#include "flow/planner.h"
#include "flow/undoer.h"
#include "plan/undo.h"

enum { UNDO_BATCH = 200, UNDO_BATCHES = 2, UNDO_SELECT = 600 };

/* An address that a record gets back, and what is recorded of it now. */
struct undo_mark {
    struct undo_mark *next;
    size_t kind; /* 0 = e-mail address, 1 = phone number */
    struct slice text;
    bool opted_out, invalid;
};

/* One row that is being planned. */
struct undo_item {
    struct row *row;
    struct journal_step step;
    struct slice wrote, image; /* in the row's arena; empty = none */
    struct slice record;       /* as it is, in the row's arena; empty = not there */
    const char *user;        /* a record that refers to it, in the row's arena, or NULL */
    bool whole;              /* record is all of it, not what a list shows */
    struct undo_mark *marks; /* in the row's arena */
    size_t found;            /* UNMAKE without an id: records that may be it */
};

enum undo_stage {
    UNDO_FREE,
    UNDO_LOST,
    UNDO_LIST,
    UNDO_READ,
    UNDO_MARKS,
    UNDO_USERS,
    UNDO_DECIDE
};

struct undo_batch {
    struct undoer *undoer;
    enum undo_stage stage;
    struct undo_item items[UNDO_BATCH];
    size_t count;
    size_t pending;              /* finds under way */
    const struct schema *schema; /* of the records */
    const struct schema_attribute *by;
    const char *select[UNDO_SELECT + 1];
    struct slice values[UNDO_BATCH];
    struct key_table ids; /* of items */
    struct arena arena;   /* owned; of these */
    size_t link;          /* the next attribute of the run's type to be asked for users */
    size_t lost_step;     /* the next item of those without an id */
    const char *lost_select[5];
    size_t mark_step;                 /* the next of the marks to be asked */
    size_t to_read_count;             /* records that hold an address as a further one */
    struct slice to_read[UNDO_BATCH]; /* ids of these, in arena */
};

struct undoer {
    struct import_source source; /* first */
    struct undo_options options;
    const struct schema *schema; /* of the run's entity type */
    bool admin;
    bool links; /* the records of links are next, not the rows */
    struct finder *finder;
    struct row_queue waiting;
    size_t inside; /* rows in batches */
    struct undo_batch batches[UNDO_BATCHES];
    uint64_t next; /* number of the next step to be read */
    int rc;        /* why no more can be planned */
    struct err err;
};

/* What is to be done with a row whose record is known: row->plan (undoer_decide.c). */
int undo_decide(struct undoer *undoer, struct undo_batch *batch, struct undo_item *item,
                struct err *err);

/* Records made for links whose answer was lost: found by what they were made with, by
 * whom and when. As below (undoer_lost.c). */
int undo_ask_lost(struct undo_batch *batch, struct err *err);

/* What is recorded of the addresses that records get back: opted out, invalid. 1 = all is
 * known, 0 = something is under way, < 0 (undoer_marks.c). */
int undo_ask_marks(struct undo_batch *batch, struct err *err);

/* Has an address that is put back keep what is recorded of it: adds to restore, which has
 * room for UNDO_MARKS_ROOM more. RC_NOMEM. */
int undo_keep_marks(struct undo_batch *batch, struct undo_item *item,
                    struct undo_change *change);

/* One find of the batch came to its end. */
void undo_find_done(void *context, int rc, const struct err *err);

#endif
