/* settle_match.h - is this record of the server what that row made? Pure.
 *
 * A record is taken for a row's only when it holds every value that was sent, as the
 * server would have stored it. What was not sent may be anything, but a text that nobody
 * sent makes a record somebody else's where only the name is in common.
 */
#ifndef FLOW_SETTLE_MATCH_H
#define FLOW_SETTLE_MATCH_H

#include "flow/row.h"
#include "model/json.h"
#include "model/mapping.h"

#include <stdbool.h>
#include <stddef.h>

struct candidate {
    struct slice id;            /* borrowed from the answer */
    struct slice identity;      /* likewise: run and row that made it, or "" */
    struct slice created;       /* createdAt, likewise: "2026-11-24 01:09:43", or "" */
    struct json_member *values; /* of the mapping's attributes, in their order; a member
                                   that is not there has raw.data NULL */
    bool taken;   /* owned by a row of this run, or there before it, or listed twice */
    bool suspect; /* may be an unknown row's: it is nobody's from then on */
};

/* From least to most. */
enum likeness {
    LIKE_NOT,
    LIKE_PERHAPS, /* it could be the row's, and nothing proves it */
    LIKE_MORE,    /* it holds all that was sent, and more */
    LIKE_EQUAL    /* it holds what was sent; else only what the server fills in */
};

struct settle_match {
    const struct mapping *mapping;              /* borrowed */
    const struct schema_attribute *identity;    /* borrowed; NULL = none */
    const struct schema_attribute *const *defs; /* borrowed; what rows may carry */
    size_t def_count;
    struct attribute *scratch;  /* owned; keys of a row */
    size_t scratch_size;        /* elements in it */
    struct json_member *values; /* owned; of all candidates that were read last */
};

void settle_match_init(struct settle_match *match, const struct mapping *mapping,
                       const struct program *program);
void settle_match_fini(struct settle_match *match);

/* Picks the records out of {"total":..,"list":[{..},..]}, at most max; returns how
 * many, or RC_SERVER, RC_NOMEM. A record that is listed twice (espocrm-live, "Parallel
 * requests") comes taken the second time. They are good until the next call. */
int settle_match_read(struct settle_match *match, struct slice body,
                      struct candidate *out, size_t max);

/* The same for one record, a JSON object. RC_OK, RC_SERVER, RC_NOMEM. */
int settle_match_read_one(struct settle_match *match, struct slice json,
                          struct candidate *out);

/* Its identity, where it has one, says whose a record is; else what it holds does.
 * A record that was made before the row was first sent is not the row's. Where that is
 * close by the clocks, the server's check for duplicates is trusted to find it when the
 * row is sent again; without that check it stays LIKE_PERHAPS. RC_NOMEM below 0. */
int settle_match_compare(struct settle_match *match, const struct row *row,
                         const struct candidate *candidate);

#endif
