/* suspects.h - what is no error and looks wrong all the same, while a file is rehearsed:
 * in the columns that the mapping uses, and users who are not active.
 *
 * Columns are profiled (model/profile.h) with little memory each, whatever the file's
 * size. Only what would be stored wrongly without anybody noticing is told.
 */
#ifndef FLOW_SUSPECTS_H
#define FLOW_SUSPECTS_H

#include "flow/job.h"
#include "model/profile.h"

#include <stddef.h>
#include <stdint.h>

struct suspects;

/* job: compiled; borrowed. NULL when memory is out. */
struct suspects *suspects_new(const struct job *job);
void suspects_free(struct suspects *suspects);

/* One more row, as it comes out of a rehearsal. RC_NOMEM. */
int suspects_add(struct suspects *suspects, const struct row *row);

struct suspect {
    const char *code;    /* "AMBIGUOUS_DATES", "TOTALS_ROW", "INACTIVE_USER" */
    struct slice column; /* its name */
    const char *words;   /* what is wrong; stands before the count */
    uint64_t count;      /* of unit */
    const char *unit;    /* "cells", "rows" */
    uint64_t line;       /* physical line of the first; 0 = none */
    const char *example; /* of the first, or the user's name; "" = none */
    const char *advice;
};

/* Column by column, then the last row, then the users. What visit returned when that is
 * not RC_OK. Borrowed for the call. */
typedef int suspect_fn(void *context, const struct suspect *suspect);
int suspects_visit(const struct suspects *suspects, suspect_fn *visit, void *context);

#endif
