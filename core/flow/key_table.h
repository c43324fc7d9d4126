/* key_table.h - a small hash table from texts to owners, in an arena. */
#ifndef FLOW_KEY_TABLE_H
#define FLOW_KEY_TABLE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum { KEY_BUCKETS = 512 }; /* a batch has 200 rows */

struct key_entry {
    struct key_entry *next; /* in the bucket */
    uint64_t hash;
    struct slice key; /* in the arena */
    void *owner;
    bool hit; /* the owner's own; false at first */
};

struct key_table {
    struct key_entry *buckets[KEY_BUCKETS];
};

/* Forgets everything; the arena is the caller's. */
void key_table_reset(struct key_table *table);

/* Adds key (copied into arena); the same key may have several owners. RC_NOMEM. */
int key_table_add(struct key_table *table, struct arena *arena, struct slice key,
                  void *owner);

/* The next entry of key after `after` (NULL: the first), or NULL. */
struct key_entry *key_table_find(const struct key_table *table, struct slice key,
                                 const struct key_entry *after);

#endif
