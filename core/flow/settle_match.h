/* settle_match.h - is this record of the server what that row made? Pure.
 *
 * Three answers, from sure to likely: it equals the row; it agrees with it, something
 * being left out or filled in by the server; it has the row's key, though the rest may
 * differ.
 */
#ifndef FLOW_SETTLE_MATCH_H
#define FLOW_SETTLE_MATCH_H

#include "flow/row.h"
#include "model/mapping.h"

#include <stdbool.h>
#include <stddef.h>

struct candidate {
    struct slice json; /* the record, borrowed from the answer */
    struct slice id;   /* in it */
    bool taken;        /* owned by a row of this run */
};

struct settle_match {
    const struct mapping *mapping;              /* borrowed */
    const struct schema_attribute *const *defs; /* borrowed; what rows may carry */
    size_t def_count;
    struct attribute *scratch; /* owned; def_count + 1 */
};

/* RC_NOMEM. */
int settle_match_init(struct settle_match *match, const struct mapping *mapping,
                      const struct program *program);
void settle_match_fini(struct settle_match *match);

/* Everything that was sent and that a list can show is in it, and nothing else that a row
 * of the file could have sent, defaults of the server's left aside. */
bool settle_match_equals(const struct settle_match *match, const struct row *row,
                         const struct candidate *candidate);

/* It has the row's key and nothing but what was sent, though something may be left
 * out: the server drops, without a word, what the role may not write (espocrm-live,
 * "Values"). */
bool settle_match_agrees(const struct settle_match *match, const struct row *row,
                         const struct candidate *candidate);

/* It has a key of the row's that tells people apart (the mapping's, an e-mail address, a
 * phone number), or all that was sent and more, which the server may have filled in. */
bool settle_match_resembles(const struct settle_match *match, const struct row *row,
                            const struct candidate *candidate);

/* What the row is told apart by, for people: "emailAddress"; "" for nothing. */
const char *settle_match_key(const struct settle_match *match, const struct row *row);

/* Picks the records out of {"total":..,"list":[{..},..]}, at most max; returns how
 * many, or RC_SERVER. A record that is listed twice (espocrm-live, "Parallel
 * requests") comes taken the second time. */
int candidates_read(struct slice body, struct candidate *out, size_t max);

#endif
