/* link_cache.c - a direct-mapped table. */
#include "flow/link_cache.h"

#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 8192, ID_BYTES = 40, KEY_MAX = 512 };

struct link_entry {
    uint64_t hash; /* of type, attribute and key */
    char *key;     /* owned; "Account\nname\nacme" */
    size_t len;
    char id[ID_BYTES];
};

struct link_cache {
    struct link_entry entries[ENTRIES];
};

/* The whole key in room; empty when it is too long to be kept. */
static struct slice whole_key(const char *entity_type, const char *by, struct slice key,
                              char room[KEY_MAX]) {
    size_t a = strlen(entity_type), b = strlen(by);

    if (a + b + 2 + key.len > KEY_MAX)
        return slice_make(room, 0);
    memcpy(room, entity_type, a);
    room[a] = '\n';
    memcpy(room + a + 1, by, b);
    room[a + 1 + b] = '\n';
    if (key.len > 0)
        memcpy(room + a + b + 2, key.data, key.len);
    return slice_make(room, a + b + 2 + key.len);
}

struct link_cache *link_cache_new(void) {
    return calloc(1, sizeof(struct link_cache));
}

void link_cache_free(struct link_cache *cache) {
    if (cache == NULL)
        return;
    for (size_t i = 0; i < ENTRIES; i++)
        free(cache->entries[i].key);
    free(cache);
}

void link_cache_put(struct link_cache *cache, const char *entity_type, const char *by,
                    struct slice key, const char *id) {
    char room[KEY_MAX];
    struct slice whole = whole_key(entity_type, by, key, room);
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, whole);
    struct link_entry *entry = &cache->entries[(hash ^ hash >> 32) % ENTRIES];
    char *copy;

    if (whole.len == 0 || strlen(id) >= ID_BYTES)
        return;
    copy = malloc(whole.len);
    if (copy == NULL)
        return;
    memcpy(copy, whole.data, whole.len);
    free(entry->key);
    *entry = (struct link_entry){.hash = hash, .key = copy, .len = whole.len};
    memcpy(entry->id, id, strlen(id) + 1);
}

const char *link_cache_get(const struct link_cache *cache, const char *entity_type,
                           const char *by, struct slice key) {
    char room[KEY_MAX];
    struct slice whole = whole_key(entity_type, by, key, room);
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, whole);
    const struct link_entry *entry = &cache->entries[(hash ^ hash >> 32) % ENTRIES];

    if (whole.len == 0 || entry->key == NULL || entry->hash != hash ||
        !slice_equal(slice_make(entry->key, entry->len), whole))
        return NULL;
    return entry->id;
}
