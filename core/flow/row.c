/* row.c - rows, queues of them, and the pool. */
#include "flow/row.h"

#include <stdlib.h>
#include <string.h>

void row_queue_push(struct row_queue *queue, struct row *row) {
    row->next = NULL;
    if (queue->last == NULL)
        queue->first = row;
    else
        queue->last->next = row;
    queue->last = row;
    queue->count++;
}

struct row *row_queue_pop(struct row_queue *queue) {
    struct row *row = queue->first;

    if (row == NULL)
        return NULL;
    queue->first = row->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->count--;
    row->next = NULL;
    return row;
}

void row_reset(struct row *row) {
    struct row *pool_next = row->pool_next;
    struct arena arena = row->arena;

    arena_reset(&arena);
    memset(row, 0, sizeof *row);
    row->pool_next = pool_next;
    row->arena = arena;
}

struct row *row_pool_get(struct row_pool *pool) {
    struct row *row = pool->free;

    if (row != NULL) {
        pool->free = row->next;
        row_reset(row);
    } else {
        row = calloc(1, sizeof *row);
        if (row == NULL)
            return NULL;
        row->pool_next = pool->all;
        pool->all = row;
    }
    pool->used++;
    return row;
}

void row_pool_put(struct row_pool *pool, struct row *row) {
    arena_reset(&row->arena);
    row->state = ROW_NEW; /* whoever walks over the pool sees nothing under way in it */
    row->next = pool->free;
    pool->free = row;
    pool->used--;
}

void row_pool_fini(struct row_pool *pool) {
    while (pool->all != NULL) {
        struct row *row = pool->all;
        pool->all = row->pool_next;
        arena_fini(&row->arena);
        free(row);
    }
    pool->free = NULL;
    pool->used = 0;
}
