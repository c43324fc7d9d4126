/* profile_distinct.c - an open hash table that thins itself out when it is full. */
#include "model/profile_distinct.h"

#include <stdlib.h>

#include "base/rc.h"

enum { SIZE_FIRST = 32, LEVEL_MAX = 40 };

static uint64_t mix(uint64_t h) {
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

uint64_t distinct_hash(struct slice value) {
    uint64_t h = value.len * UINT64_C(0x9e3779b97f4a7c15), word;

    for (; value.len >= 8; value.data += 8, value.len -= 8) {
        memcpy(&word, value.data, 8);
        h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
        h ^= h >> 35;
    }
    word = 0;
    if (value.len > 0)
        memcpy(&word, value.data, value.len);
    h = mix(h ^ word);
    return h == 0 ? 1 : h;
}

/* The top bits say whether a value is kept, the low ones where. */
static bool is_kept(const struct distinct *distinct, uint64_t hash) {
    return distinct->level == 0 || hash >> (64 - distinct->level) == 0;
}

static struct distinct_entry *slot_of(struct distinct_entry *slots, size_t size,
                                      uint64_t hash) {
    size_t at = (size_t)hash & (size - 1);

    while (slots[at].hash != 0 && slots[at].hash != hash)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

/* The same entries, those that are kept, in a table of another size. */
static int rebuild(struct distinct *distinct, size_t size) {
    struct distinct_entry *slots = calloc(size, sizeof *slots);

    if (slots == NULL)
        return RC_NOMEM;
    distinct->used = 0;
    for (size_t i = 0; i < distinct->size; i++)
        if (distinct->slots[i].hash != 0 && is_kept(distinct, distinct->slots[i].hash)) {
            *slot_of(slots, size, distinct->slots[i].hash) = distinct->slots[i];
            distinct->used++;
        }
    free(distinct->slots);
    distinct->slots = slots;
    distinct->size = size;
    return RC_OK;
}

/* Room for one more entry: three quarters of the table at most are used. */
static int make_room(struct distinct *distinct) {
    size_t size = distinct->size == 0 ? SIZE_FIRST : distinct->size * 2;

    if (distinct->used >= distinct->cap && distinct->level < LEVEL_MAX) {
        distinct->level++;
        return rebuild(distinct, distinct->size);
    }
    if (distinct->used + 1 <= distinct->size / 4 * 3)
        return RC_OK;
    return rebuild(distinct, size);
}

int distinct_add(struct distinct *distinct, uint64_t hash,
                 struct distinct_entry **entry) {
    struct distinct_entry *slot;

    *entry = NULL;
    if (!is_kept(distinct, hash))
        return RC_OK;
    if (distinct->size > 0) {
        slot = slot_of(distinct->slots, distinct->size, hash);
        if (slot->hash == hash) {
            slot->count += slot->count < UINT32_MAX;
            *entry = slot;
            return RC_OK;
        }
    }
    while (distinct->used >= distinct->cap ||
           distinct->used + 1 > distinct->size / 4 * 3) {
        int rc = make_room(distinct);
        if (rc < 0)
            return rc;
        if (!is_kept(distinct, hash))
            return RC_OK;
        if (distinct->level == LEVEL_MAX)
            break;
    }
    slot = slot_of(distinct->slots, distinct->size, hash);
    *slot = (struct distinct_entry){.hash = hash, .count = 1};
    distinct->used++;
    *entry = slot;
    return RC_OK;
}

const struct distinct_entry *distinct_find(const struct distinct *distinct,
                                           uint64_t hash) {
    const struct distinct_entry *slot;

    if (distinct->size == 0)
        return NULL;
    slot = slot_of(distinct->slots, distinct->size, hash);
    return slot->hash == hash ? slot : NULL;
}

uint64_t distinct_count(const struct distinct *distinct) {
    return (uint64_t)distinct->used << distinct->level;
}

uint64_t distinct_repeated(const struct distinct *distinct) {
    uint64_t repeated = 0;

    for (size_t i = 0; i < distinct->size; i++)
        repeated += distinct->slots[i].hash != 0 && distinct->slots[i].count > 1;
    return repeated << distinct->level;
}

void distinct_fini(struct distinct *distinct) {
    free(distinct->slots);
    *distinct = (struct distinct){.cap = distinct->cap};
}
