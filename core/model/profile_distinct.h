/* profile_distinct.h - how many different values there are, and how many come more than
 * once, in bounded memory.
 *
 * Keeps the 64-bit hashes of all values up to a cap, which is exact; beyond it those of
 * every 2nd, 4th, 8th ... value (Gibbons' distinct sampling): each value that is kept has
 * been counted from its first cell on, so both numbers can be scaled up. The estimate is
 * off by about 1 / sqrt(cap / 2), 0.6 percent for the usual cap.
 */
#ifndef MODEL_PROFILE_DISTINCT_H
#define MODEL_PROFILE_DISTINCT_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct distinct_entry {
    uint64_t hash;  /* 0 = free */
    uint32_t count; /* cells, up to UINT32_MAX */
    uint32_t tag;   /* the caller's; 0 at first */
};

/* Zero-initialise with cap. */
struct distinct {
    size_t cap;                   /* values that are counted exactly */
    struct distinct_entry *slots; /* owned; an open hash table */
    size_t size;                  /* of slots, a power of two; 0 before the first */
    size_t used;                  /* entries in slots */
    unsigned level;               /* one of 2^level values is kept */
};

/* Never 0. */
uint64_t distinct_hash(struct slice value);

/* Counts one cell of the value. *entry: the value's, borrowed until the next call, or
 * NULL when it is not among those that are kept. RC_OK or RC_NOMEM. */
int distinct_add(struct distinct *distinct, uint64_t hash, struct distinct_entry **entry);

/* NULL when the value is not kept (any more). */
const struct distinct_entry *distinct_find(const struct distinct *distinct,
                                           uint64_t hash);

uint64_t distinct_count(const struct distinct *distinct);    /* values */
uint64_t distinct_repeated(const struct distinct *distinct); /* that come twice or more */
static inline bool distinct_exact(const struct distinct *distinct) {
    return distinct->level == 0;
}

void distinct_fini(struct distinct *distinct);

#endif
