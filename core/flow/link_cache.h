/* link_cache.h - which record a link's text was found to name, for the length of a run.
 *
 * Bounded: a new entry takes the place of an old one with the same hash. Only what was
 * found is kept; what was not may have been created since.
 */
#ifndef FLOW_LINK_CACHE_H
#define FLOW_LINK_CACHE_H

#include "base/slice.h"

struct link_cache;

struct link_cache *link_cache_new(void); /* NULL when memory is out */
void link_cache_free(struct link_cache *cache);

/* key: the text as it is compared. Without memory nothing is kept. */
void link_cache_put(struct link_cache *cache, const char *entity_type, const char *by,
                    struct slice key, const char *id);

/* The id, borrowed until the next put, or NULL. */
const char *link_cache_get(const struct link_cache *cache, const char *entity_type,
                           const char *by, struct slice key);

#endif
