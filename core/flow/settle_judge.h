/* settle_judge.h - whose is which record: rows in doubt against what a look-up found.
 *
 * Does not look anything up and changes nothing. A row is decided on only when no other
 * row of the run can change the decision any more: one that is under way could still
 * turn out to own the record, one in doubt could still find one of its own.
 */
#ifndef FLOW_SETTLE_JUDGE_H
#define FLOW_SETTLE_JUDGE_H

#include "flow/row.h"
#include "flow/settle_match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JUDGE_NAMED_MAX = 10 };

enum judge_ruling {
    RULING_AGAIN,  /* look again later */
    RULING_FOUND,  /* named[0] is its record */
    RULING_ABSENT, /* nothing of it arrived */
    RULING_MANY,   /* more records than rows that could have made them */
    RULING_DIFFERS /* a record that could be its own is not as it was sent */
};

struct judgement {
    enum judge_ruling ruling;
    size_t named[JUDGE_NAMED_MAX]; /* candidates that it is about */
    size_t named_count;            /* all of them; named[] may hold fewer */
};

struct judge {
    struct settle_match *match;   /* borrowed */
    struct row *const *rows;      /* borrowed; all rows in doubt, whoever stands first in
                                     judge_sort()'s order */
    size_t row_count;             /* of them */
    const struct row_pool *pool;  /* borrowed; all rows of the run; NULL = no others */
    struct candidate *candidates; /* borrowed */
    size_t candidate_count;
    int64_t look_ms;   /* when the look-up left */
    int64_t settle_ms; /* how long absence must last */
    /* private */
    unsigned char *like;        /* owned; by row and candidate */
    size_t *of_row, *of_record; /* owned; partners */
    unsigned char *awaited; /* owned; by candidate: 0 = not known yet, 1 = no, 2 = yes */
};

/* Puts those first whose choice is least: with the most values sent. */
void judge_sort(struct row **rows, size_t count);

/* After the members above are set. RC_NOMEM. */
int judge_prepare(struct judge *judge);
void judge_fini(struct judge *judge);

/* rows[i]. RC_NOMEM. */
int judge_row(struct judge *judge, size_t i, struct judgement *out);

/* Is a row other than `row` under way that could come to own the record? 1, 0, or
 * RC_NOMEM. */
int judge_is_awaited(struct settle_match *match, const struct row_pool *pool,
                     const struct row *row, const struct candidate *candidate);

#endif
