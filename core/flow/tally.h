/* tally.h - promise 1: every row ends in exactly one place, and the places add up. */
#ifndef FLOW_TALLY_H
#define FLOW_TALLY_H

#include "base/err.h"
#include "state/journal.h"

#include <stdint.h>

struct tally {
    uint64_t rows; /* records in the file */
    uint64_t created, updated, unchanged, skipped, deleted, failed;
    uint64_t unknown;     /* may be in the CRM or not: ROW_UNKNOWN, and doubtful ones of a
                             stopped run */
    uint64_t under_way;   /* of unknown: intended, and no outcome yet; while a run goes on
                             that is nothing to worry about */
    uint64_t unprocessed; /* never sent */
    uint64_t warnings;    /* rows done, with a value that was not stored */
};

/* Moves one row from a state to another (ROW_STATE_COUNT = from nowhere). */
void tally_move(struct tally *tally, enum row_state from, enum row_state to);

/* As it is to be shown while the run goes on: what is under way is not unknown, but not
 * processed yet. */
struct tally tally_so_far(const struct tally *tally);

/* From the checkpoint; rows: records in the file. */
int tally_load(struct tally *tally, struct journal *journal, uint64_t rows,
               struct err *err);

/* RC_LOCAL when the places do not add up to rows: a fault of this program, said aloud
 * instead of hidden. */
int tally_verify(const struct tally *tally, struct err *err);

#endif
