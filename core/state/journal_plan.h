/* journal_plan.h - the plan that a run carries out, line by line: kept in the checkpoint,
 * so that a resumed run needs the plan's file no more.
 */
#ifndef STATE_JOURNAL_PLAN_H
#define STATE_JOURNAL_PLAN_H

#include "base/arena.h"
#include "state/journal.h"

/* What the plan says of one row; the texts are as they stand in its file. */
struct journal_plan {
    uint64_t line;       /* physical line of the row in the input */
    const char *action;  /* "update" */
    const char *id;      /* of the record, or "" */
    const char *code;    /* of a row that fails or is skipped, or "" */
    const char *changes; /* JSON, or "" */
};

/* Makes room for a plan, once, before any other call of these. Most runs have none: their
 * checkpoint stays without it. */
int journal_begin_plan(struct journal *journal, struct err *err);

/* 1; 0 when there is one of that line already, < 0. Durable with the next
 * journal_commit(). */
int journal_put_plan(struct journal *journal, const struct journal_plan *plan,
                     struct err *err);

/* Fills *plan, its texts in arena: 1, or 0 when there is none of that line, < 0. */
int journal_get_plan(struct journal *journal, uint64_t line, struct arena *arena,
                     struct journal_plan *plan, struct err *err);

#endif
