/* engine_bulk_private.h - what the gathering of writes (engine_bulk.c) and the course of
 * a chunk (bulk_course.c) share.
 */
#ifndef WIRE_ENGINE_BULK_PRIVATE_H
#define WIRE_ENGINE_BULK_PRIVATE_H

#include "wire/bulk_chunk.h"
#include "wire/engine_bulk.h"

/* Writes that may share a file, and have not left. */
struct bulk_heap {
    struct bulk_heap *next;
    uint64_t key; /* bulk_group() */
    struct write *first, *last;
    size_t count;
    int64_t since_us; /* monotonic: when the first of them came */
};

struct sweep;

struct engine_bulk {
    struct engine engine; /* first: the interface */
    struct engine_bulk_options options;
    const struct env *env;
    struct bulk_heap *heaps; /* owned; some may be empty, to be used again */
    size_t gathered;         /* writes in them */
    struct chunk *chunks;    /* owned; all that are under way */
    struct chunk *spares;    /* owned; to be used again */
    size_t busy;             /* chunks whose writes have no outcome yet */
    struct engine_bulk_counts counts;
    bool halted;      /* nothing new leaves */
    struct buf files; /* owned; of Imports that may have left a log: ids, a blank behind
                         each (bulk_sweep.c) */
    struct sweep *sweep; /* owned; under way, or NULL */
    bool swept;
    int rc;         /* why no chunk can be carried any more, or RC_OK */
    struct err err; /* in words */
};

/* No chunk can be carried any more: engine_turn() says so. The first reason is kept. */
void bulk_fail(struct engine_bulk *bulk, int rc, const struct err *err);

/* Puts a write where it waits for others; RC_NOMEM. */
int bulk_gather(struct engine_bulk *bulk, struct write *write);

/* Hands a write to the engine underneath. why: as bulk_obstacle() puts it. */
int bulk_by_rest(struct engine_bulk *bulk, struct write *write, const char *why);

/* How long an Import of count writes took: the next are cut to last three seconds. */
void bulk_adapt(struct engine_bulk *bulk, size_t count, int64_t took_us);

/* A chunk that is under way, with room for count writes, or NULL without memory. */
struct chunk *bulk_chunk_get(struct engine_bulk *bulk, size_t count);
void bulk_chunk_put(struct engine_bulk *bulk, struct chunk *chunk);

/* The outcome of a chunk's write; it leaves the chunk. */
void bulk_slot_end(struct chunk *chunk, struct chunk_slot *slot, struct outcome *outcome);

/* An element of the Import's errors: whose it is, or NULL; and that as its outcome. type:
 * its own, or "" (bulk_error.c). */
struct chunk_slot *bulk_error_slot(const struct chunk *chunk, struct slice error);
void bulk_error_tell(struct chunk *chunk, struct chunk_slot *slot, const char *type,
                     struct slice error);

/* A file is uploaded; its Import's log is removed, or there can be none. */
void bulk_file_add(struct engine_bulk *bulk, const char *file);
void bulk_file_drop(struct engine_bulk *bulk, const char *file);

/* Those that an earlier run has left. */
void bulk_files_take(struct engine_bulk *bulk, const char *left);

/* Removes the logs that are left, at the end: false when there is nothing to wait for. */
bool bulk_sweep(struct engine_bulk *bulk);
void bulk_sweep_free(struct sweep *sweep);

/* Sends a chunk that is filled with writes on its way. */
void chunk_begin(struct chunk *chunk);

#endif
