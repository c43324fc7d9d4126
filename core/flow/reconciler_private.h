/* reconciler_private.h - what reconciler*.c share. */
#ifndef FLOW_RECONCILER_PRIVATE_H
#define FLOW_RECONCILER_PRIVATE_H

#include "base/arena.h"
#include "flow/finder.h"
#include "flow/planner.h"
#include "flow/reconciler.h"
#include "state/keyindex.h"

enum {
    RECONCILE_BATCH = 400, /* rows */
    RECONCILE_COMMIT_ROWS = 2000,
    RECONCILE_COMMIT_US = 1000000,
    RECONCILE_CANDIDATES = 10, /* that are named */
    RECONCILE_VALUES = 8,      /* attributes of one match rule */
    RECONCILE_BYTES = 64 << 20,
    RECONCILE_POLL_MS = 200
};

/* A row on its way. */
struct reconcile_item {
    struct row *row;
    bool linked;        /* its links are known */
    const char *id;     /* of the record that an import has written, in the row's arena */
    const char *ignore; /* what the import has not written of it; likewise */
    bool created;       /* all of it was written */
    size_t rule;        /* by which it was found */
    int64_t *places;    /* of its records; in the row's arena */
    size_t place_cap;
    size_t found; /* records that are equal by the rule */
    size_t loose; /* or, where none is, that only the database takes for equal */
};

/* Places of the records that the last question has brought, as they came. */
struct reconcile_came {
    int64_t *places; /* owned */
    size_t count, cap;
};

struct reconciler {
    const struct reconcile_options *options; /* borrowed */
    struct keyindex *index;                  /* owned; keys of the records */
    struct finder *finder;                   /* owned */
    struct planner *planner; /* owned; for links; NULL where the mapping has none */
    struct row_pool pool;
    struct reconcile_item items[RECONCILE_BATCH];
    size_t count; /* of items */
    struct reconcile_came came;
    struct arena arena;             /* of a batch's questions */
    struct buf pack;                /* scratch: a record */
    struct buf id;                  /* scratch */
    struct buf detail;              /* scratch */
    struct buf judged;              /* scratch */
    struct journal_cursor *written; /* owned; rows of an import */
    struct journal_row at;          /* the one it stands at; record 0 = before all */
    uint64_t rows;                  /* compared so far */
    size_t uncommitted;             /* of these */
    int64_t committed_us;
};

/* Adds the keys that a record (JSON, as the server has it) has by every rule. */
int reconciler_add_keys(struct reconciler *r, int64_t place, struct slice record,
                        struct err *err);

/* Records of rule `rule` for the batch's rows that none was found for: by the keys that
 * are known, and by asking the server where that may tell more. */
int reconciler_match(struct reconciler *r, size_t rule, struct err *err);

/* Which of the batch's rows is asked for: those from..to that still need a record. */
struct reconcile_question {
    size_t rule;
    bool whole; /* each record that comes is read by its id, for its other addresses */
    size_t from, to;
};

/* Asks for the records of rows by a rule, and keeps them; they are in r->came then. */
int reconciler_ask(struct reconciler *r, const struct reconcile_question *question,
                   struct err *err);

/* After such a question about `asked` rows: those that none of its records is equal to,
 * and that the database takes one for. Asks again where that is not sure. */
int reconciler_match_loosely(struct reconciler *r, size_t rule, bool whole, size_t asked,
                             struct err *err);

/* Appends why a row is ambiguous, and notes its records: those that match, or that only
 * the database takes for equal. {"candidates":["id",...],"count":N,"loosely":[[
 * "attribute",value of the first of them,value of the row],...]} */
int reconciler_put_candidates(struct reconciler *r, const struct reconcile_item *item,
                              struct err *err);

/* Adds the place of a record to a row's, once. */
int reconciler_add_place(struct reconcile_item *item, int64_t place, size_t *count);

/* Of a file that an import has left: has it not done the row? Where no column _action
 * says what became of it, it has not. */
bool reconciler_is_undone(const struct job *job, const struct row *row);

/* Adds to the differences of a row what is in its cells that cannot be read or looked
 * up, with what the record has there: how somebody has corrected it. */
int reconciler_append_unread(struct reconciler *r, const struct row *row);

/* The fields of these cells, beside those that are not compared anyway: ",a,b,", in the
 * row's arena, or NULL without memory. */
const char *reconciler_unread_fields(const struct reconciler *r, struct row *row);

/* Records of the batch's rows by the ids that an import has given them. */
int reconciler_find_written(struct reconciler *r, struct err *err);

/* Does the row need a record still, and have a value for each attribute of the rule? One
 * that the rule has found loosely does, until the next rule. */
bool reconciler_wants(const struct reconciler *r, const struct reconcile_item *item,
                      size_t rule);

#endif
