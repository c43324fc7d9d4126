/* key_table.c - chained buckets over FNV-1a. */
#include "flow/key_table.h"

#include "base/digest.h"
#include "base/rc.h"

#include <string.h>

void key_table_reset(struct key_table *table) {
    memset(table, 0, sizeof *table);
}

int key_table_add(struct key_table *table, struct arena *arena, struct slice key,
                  void *owner) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, key);
    struct key_entry **end = &table->buckets[(hash ^ hash >> 32) % KEY_BUCKETS];
    struct key_entry *entry = arena_alloc(arena, sizeof *entry);
    const char *copy = arena_copy(arena, key.data, key.len);

    if (entry == NULL || copy == NULL)
        return RC_NOMEM;
    *entry = (struct key_entry){
        .hash = hash, .key = slice_make(copy, key.len), .owner = owner};
    while (*end != NULL) /* owners of one key stay in the order they came */
        end = &(*end)->next;
    *end = entry;
    return RC_OK;
}

struct key_entry *key_table_find(const struct key_table *table, struct slice key,
                                 const struct key_entry *after) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, key);
    struct key_entry *entry =
        after != NULL ? after->next : table->buckets[(hash ^ hash >> 32) % KEY_BUCKETS];

    while (entry != NULL && (entry->hash != hash || !slice_equal(entry->key, key)))
        entry = entry->next;
    return entry;
}
