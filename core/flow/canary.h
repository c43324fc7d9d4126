/* canary.h - the few rows of a file that show best what the whole of it does.
 *
 * The file is rehearsed (rehearsal.h), and rows are taken so that each action, each rule
 * that rows are matched by, each option and flag, up to 64 linked records of each link,
 * and for each column a filled and an empty cell occur among them, as far as the number
 * allows; what is left of it is filled with the first rows. Rows that fail are not taken,
 * and of rows about one record the first is. Memory does not grow with the file.
 *
 * They belong to the run as all others do, and are carried out before them.
 */
#ifndef FLOW_CANARY_H
#define FLOW_CANARY_H

#include "flow/job.h"
#include "flow/planner.h"
#include "flow/site.h"
#include "input/input.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CANARY_MAX = 200 };

struct canary {
    struct input_position rows[CANARY_MAX]; /* in the file's order; where each begins */
    size_t count;
    size_t shown, traits; /* what these rows show, of what was found to be shown */
};

struct canary_options {
    struct job *job;   /* compiled; borrowed; read to its end, and rewound */
    struct site *site; /* borrowed */
    enum mapping_on_duplicate on_duplicate;
    const struct env *env; /* asked for interrupts */
    size_t count;          /* rows to be chosen, CANARY_MAX at most */
    uint64_t skip;         /* rows at the file's begin that are not taken */
    struct journal *plan;  /* whose plan must have a line for each; NULL = no plan */
};

/* As rehearsal_run(). No row at all when all of them fail. */
int canary_choose(const struct canary_options *options, struct canary *out,
                  struct err *err);

/* Is record one of them? */
bool canary_has(const struct canary *canary, uint64_t record);

/* Facts of the checkpoint: put, not committed; read: count 0 when there is none. */
int canary_keep(struct journal *journal, const struct canary *canary, struct err *err);
int canary_load(struct journal *journal, struct canary *out, struct err *err);

#endif
