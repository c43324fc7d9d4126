/* row.h - one row on its way through a run, and the pool that rows come from. */
#ifndef FLOW_ROW_H
#define FLOW_ROW_H

#include "base/arena.h"
#include "base/err.h"
#include "model/record.h"
#include "plan/lane.h"
#include "plan/write.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row {
    struct row *next;           /* in the queue it stands in */
    struct row *pool_next;      /* private: every row of the pool */
    struct arena arena;         /* owned; all of the row's memory */
    uint64_t number;            /* of the record */
    uint64_t line;              /* physical line of its first byte */
    uint64_t offset;            /* of its first byte in the decoded text */
    const struct slice *fields; /* its cells, in arena */
    size_t field_count;
    enum reason unreadable;         /* why it is no readable record, or REASON_NONE */
    struct slice raw;               /* then the row's text, in arena */
    struct record record;           /* attributes, or errors */
    const struct attribute *unkept; /* in arena; values that are not sent (unkept.h) */
    size_t unkept_count;
    uint64_t counted;       /* line of the row that counts instead (repeats.h); 0 = this
                                  one does */
    struct slice inactive;  /* a cell that names a user who is not active, or empty */
    size_t inactive_column; /* which */
    bool omitted;           /* the plan that is carried out has no line for it */
    struct write write;     /* as planned now */
    struct lane_ticket ticket; /* what it must not overlap with */
    enum row_state state;      /* as last put into the journal */
    unsigned attempts;         /* how often it was sent, at most */
    bool in_lanes;             /* the ticket is inside */
    bool runnable;             /* intended, waits for its lanes only */
    bool was_doubtful;         /* a record of ours may be in the CRM */
    bool mends;                /* its write completes a record that lacks something */
    bool settled;              /* its outcome came from a look-up */
    struct slice identity;     /* what its record is told by, in arena; empty = nothing */
    uint64_t print;            /* hash of what is sent: twins have the same */
    int64_t latency_us;        /* of the slowest request that wrote it; 0 = not known */
    int64_t sent_ms;           /* wall clock when it was intended last */
    int64_t first_sent_ms;     /* server's clock when it was intended first */
    int64_t doubtful_ms;       /* wall clock since when nothing of it is in flight */
    int64_t look_at_ms;        /* when to look it up next */
    unsigned looks;            /* how often it was looked up */
    unsigned replans;          /* how often its write was planned anew */
    const char *id;            /* of its record in the CRM, in arena, or NULL */
    const char *made_id;    /* made here for the record that it creates, and perhaps there
                            already; in arena; NULL = none */
    const char *matched_by; /* in arena or constant, or NULL */
    const char *modified; /* modifiedAt of its record as it left it; in arena, or NULL */
    int64_t version;      /* versionNumber likewise; 0 = not known */
    const char *known_id; /* what EspoCRM says that it is a duplicate of, in arena;
                                  NULL = to be matched */
    const struct schema_attribute *known_by; /* of that: the equal key */
    struct look *look;         /* in arena; after a change at which the server failed,
                                  or NULL (importer_look.c) */
    struct plan *plan;         /* in arena; NULL until it was planned (planner.h) */
    struct lane_ticket about;  /* the record that it is about */
    bool about_inside;         /* that ticket is inside its lane */
    bool about_waits;          /* another row of the same record goes first */
    bool waits;                /* for its lanes, to be planned */
    size_t related;            /* sets of ids that were sent, of plan->added */
    bool changed;              /* its record was, in part, in this run or before */
    bool planning;             /* in the planner */
    bool settles;              /* in there for its links only */
    enum reason cause;         /* its first error, or REASON_NONE */
    size_t cause_column;       /* likewise: index, or NO_COLUMN */
    const char *cause_message; /* likewise; in arena or constant */
    void *owner;               /* the importer */
};

struct row_queue {
    struct row *first; /* borrowed */
    struct row *last;
    size_t count;
};

void row_queue_push(struct row_queue *queue, struct row *row);
struct row *row_queue_pop(struct row_queue *queue); /* NULL when empty */

struct row_pool {
    struct row *all;  /* owned */
    struct row *free; /* of these, not in use */
    size_t used;      /* rows in use */
};

/* A row with everything zero and an empty arena, or NULL. */
struct row *row_pool_get(struct row_pool *pool);
void row_pool_put(struct row_pool *pool, struct row *row);

/* As if it had just come from the pool. */
void row_reset(struct row *row);

/* Frees every row, in use or not. */
void row_pool_fini(struct row_pool *pool);

#endif
