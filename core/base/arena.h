/* arena.h - memory that is freed all at once.
 *
 * Each row in flight owns one arena: everything of the row lives in it and goes with
 * arena_reset(), which keeps the first block. Memory is aligned for any type.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* owned; newest first */
    size_t used;                /* bytes handed out of the newest block */
};

/* NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const void *data, size_t len); /* terminated */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);

#endif
