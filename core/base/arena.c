/* arena.c - memory that is freed all at once, from a list of blocks. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 4096 - 64 };

struct arena_block {
    struct arena_block *next; /* the older one */
    size_t size;              /* bytes in data */
    alignas(max_align_t) char data[];
};

static size_t align_up(size_t n) {
    const size_t a = alignof(max_align_t);
    return (n + a - 1) / a * a;
}

void *arena_alloc(struct arena *arena, size_t size) {
    struct arena_block *block = arena->blocks;
    void *at;

    if (size > (size_t)-1 / 2)
        return NULL;
    size = align_up(size == 0 ? 1 : size);
    if (block == NULL || block->size - arena->used < size) {
        size_t want = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = malloc(sizeof *block + want);
        if (block == NULL)
            return NULL;
        block->size = want;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->used = 0;
    }
    at = block->data + arena->used;
    arena->used += size;
    return at;
}

void *arena_zalloc(struct arena *arena, size_t size) {
    void *at = arena_alloc(arena, size);

    if (at != NULL)
        memset(at, 0, size);
    return at;
}

char *arena_copy(struct arena *arena, const void *data, size_t len) {
    char *at = arena_alloc(arena, len + 1);

    if (at == NULL)
        return NULL;
    if (len > 0)
        memcpy(at, data, len);
    at[len] = '\0';
    return at;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list args;
    char *at;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return NULL;
    at = arena_alloc(arena, (size_t)n + 1);
    if (at == NULL)
        return NULL;
    va_start(args, format);
    (void)vsnprintf(at, (size_t)n + 1, format, args);
    va_end(args);
    return at;
}

void arena_reset(struct arena *arena) {
    struct arena_block *block = arena->blocks;

    while (block != NULL && block->next != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    if (block != NULL && block->size > BLOCK_SIZE) {
        free(block);
        block = NULL;
    }
    arena->blocks = block;
    arena->used = 0;
}

void arena_fini(struct arena *arena) {
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}
