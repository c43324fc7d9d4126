/* engine_bulk.c - gathers writes into chunks, and finds out how large these should be.
 *
 * Writes wait until there are enough for a chunk, or a quarter of a second, or until
 * nothing more comes. Promises that each write gets its outcome once: from its chunk
 * (bulk_course.c), from the engine underneath, or unsent when the run is stopped.
 */
#include "wire/engine_bulk.h"

#include "wire/engine_bulk_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIZE_FIRST = 50,
    SIZE_LEAST = 25,
    SIZE_MOST = 400,
    /* Of one POST Import: far below what proxies wait, and so long that what each costs
     * whatever is in it (the upload, the log, some 20 rows' time) is a tenth. */
    TARGET_US = 3000 * 1000,
    GATHER_US = 250 * 1000, /* the longest that a write waits for others */
    PATH_BYTES = 8192,
    UPDATES_MIN = 4 /* fewer changes than that go faster by REST */
};

void bulk_fail(struct engine_bulk *bulk, int rc, const struct err *err) {
    if (bulk->rc != RC_OK)
        return;
    bulk->rc = rc;
    bulk->err = *err;
}

int bulk_by_rest(struct engine_bulk *bulk, struct write *write, const char *why) {
    struct engine_bulk_counts *counts = &bulk->counts;
    size_t most = sizeof counts->obstacles / sizeof counts->obstacles[0];
    struct err err = {0};
    size_t i = 0;
    int rc;

    while (i < most && counts->obstacles[i].why != NULL &&
           strcmp(counts->obstacles[i].why, why) != 0)
        i++;
    if (i < most) {
        counts->obstacles[i].why = why;
        counts->obstacles[i].writes++;
    }
    counts->rest++;
    rc = engine_carry(bulk->options.rest, &write, 1, &err);
    if (rc != RC_OK)
        bulk_fail(bulk, rc, &err);
    return rc;
}

static struct bulk_heap *heap_get(struct engine_bulk *bulk, uint64_t key) {
    struct bulk_heap *empty = NULL;

    for (struct bulk_heap *heap = bulk->heaps; heap != NULL; heap = heap->next) {
        if (heap->count > 0 && heap->key == key)
            return heap;
        if (heap->count == 0)
            empty = heap;
    }
    if (empty == NULL) {
        empty = calloc(1, sizeof *empty);
        if (empty == NULL)
            return NULL;
        empty->next = bulk->heaps;
        bulk->heaps = empty;
    }
    empty->key = key;
    empty->first = empty->last = NULL;
    empty->since_us = env_monotonic_us(bulk->env);
    return empty;
}

int bulk_gather(struct engine_bulk *bulk, struct write *write) {
    struct bulk_heap *heap = heap_get(bulk, bulk_group(write));

    if (heap == NULL)
        return RC_NOMEM;
    write->next = NULL;
    if (heap->last == NULL)
        heap->first = write;
    else
        heap->last->next = write;
    heap->last = write;
    heap->count++;
    bulk->gathered++;
    return RC_OK;
}

static struct write *heap_pop(struct engine_bulk *bulk, struct bulk_heap *heap) {
    struct write *write = heap->first;

    if (write == NULL)
        return NULL;
    heap->first = write->next;
    if (heap->first == NULL)
        heap->last = NULL;
    write->next = NULL;
    heap->count--;
    bulk->gathered--;
    return write;
}

/* Why a write does not go by chunk, or NULL. A record that is created by a chunk has an
 * id that was made here. */
static const char *obstacle_of(const struct engine_bulk *bulk,
                               const struct write *write) {
    const char *why = bulk_obstacle(bulk->options.schema, write);

    if (why == NULL && write->kind == WRITE_CREATE && write->id == NULL)
        return "a new record without an id of its own";
    return why;
}

static int bulk_carry(struct engine *engine, struct write *const *writes, size_t count,
                      struct err *err) {
    struct engine_bulk *bulk = (struct engine_bulk *)engine;

    for (size_t i = 0; i < count; i++) {
        struct write *write = writes[i];
        const char *why = obstacle_of(bulk, write);
        int rc;
        if (why != NULL) {
            rc = bulk_by_rest(bulk, write, why);
            if (rc != RC_OK && err != NULL)
                *err = bulk->err;
        } else {
            rc = bulk_gather(bulk, write) < 0 ? err_nomem(err) : RC_OK;
        }
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static bool bulk_takes_id(struct engine *engine, const struct write *write) {
    struct engine_bulk *bulk = (struct engine_bulk *)engine;

    return write->kind == WRITE_CREATE &&
           bulk_obstacle(bulk->options.schema, write) == NULL;
}

void bulk_adapt(struct engine_bulk *bulk, size_t count, int64_t took_us) {
    size_t size = bulk->counts.size, ideal;

    if (bulk->options.chunk != 0 || took_us <= 0 || count * 2 < size)
        return; /* a short one tells little: much of its time is the same for all */
    ideal = (size_t)((int64_t)count * TARGET_US / took_us);
    if (ideal > size + size / 2)
        ideal = size + size / 2;
    else if (ideal > size)
        ideal = size + (ideal - size) / 2;
    if (ideal < SIZE_LEAST)
        ideal = SIZE_LEAST;
    bulk->counts.size = ideal < SIZE_MOST ? ideal : SIZE_MOST;
}

struct chunk *bulk_chunk_get(struct engine_bulk *bulk, size_t count) {
    struct chunk *chunk = bulk->spares;
    struct buf path, body;

    if (chunk != NULL)
        bulk->spares = chunk->next;
    else
        chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return NULL;
    path = chunk->path;
    path.max = PATH_BYTES;
    body = chunk->body;
    *chunk = (struct chunk){.path = path, .body = body, .bulk = bulk};
    chunk->slots = calloc(count, sizeof *chunk->slots);
    chunk->next = bulk->chunks;
    bulk->chunks = chunk;
    bulk->busy++;
    if (chunk->slots != NULL)
        return chunk;
    bulk->busy--;
    bulk_chunk_put(bulk, chunk);
    return NULL;
}

void bulk_chunk_put(struct engine_bulk *bulk, struct chunk *chunk) {
    struct chunk **at = &bulk->chunks;

    while (*at != chunk)
        at = &(*at)->next;
    *at = chunk->next;
    for (size_t i = 0; i < chunk->count; i++)
        free(chunk->slots[i].missing);
    free(chunk->slots);
    chunk->slots = NULL;
    chunk->count = 0;
    chunk->next = bulk->spares;
    bulk->spares = chunk;
}

/* Cuts a chunk off a heap and sends it. */
static int heap_leave(struct engine_bulk *bulk, struct bulk_heap *heap) {
    size_t count = heap->count < bulk->counts.size ? heap->count : bulk->counts.size;
    struct chunk *chunk;

    if (heap->first->kind == WRITE_UPDATE && count < UPDATES_MIN) {
        struct write *write;
        int rc = RC_OK;
        while (rc == RC_OK && (write = heap_pop(bulk, heap)) != NULL)
            rc = bulk_by_rest(bulk, write, "a change that few others share");
        return rc;
    }
    chunk = bulk_chunk_get(bulk, count);
    if (chunk == NULL)
        return RC_NOMEM;
    while (chunk->count < count)
        chunk->slots[chunk->count++].write = heap_pop(bulk, heap);
    heap->since_us = env_monotonic_us(bulk->env);
    chunk_begin(chunk);
    return RC_OK;
}

/* The heap that is to leave next: a full one, else the oldest that has waited enough. */
static struct bulk_heap *heap_due(const struct engine_bulk *bulk, bool flush) {
    int64_t now_us = env_monotonic_us(bulk->env);
    struct bulk_heap *oldest = NULL;

    for (struct bulk_heap *heap = bulk->heaps; heap != NULL; heap = heap->next) {
        if (heap->count == 0)
            continue;
        if (heap->count >= bulk->counts.size)
            return heap;
        if (oldest == NULL || heap->since_us < oldest->since_us)
            oldest = heap;
    }
    if (oldest != NULL && (flush || now_us - oldest->since_us >= GATHER_US))
        return oldest;
    return NULL;
}

static void bulk_return_gathered(struct engine_bulk *bulk) {
    const struct outcome unsent = {.kind = OUTCOME_UNSENT, .field = "", .message = ""};

    for (struct bulk_heap *heap = bulk->heaps; heap != NULL; heap = heap->next) {
        struct write *write;
        while ((write = heap_pop(bulk, heap)) != NULL)
            write->done(write, &unsent);
    }
}

static int bulk_turn(struct engine *engine, enum engine_turn turn, struct err *err) {
    struct engine_bulk *bulk = (struct engine_bulk *)engine;
    struct bulk_heap *heap;

    if (turn == ENGINE_HALT) {
        bulk->halted = true;
        bulk_return_gathered(bulk);
        return RC_OK;
    }
    while (bulk->rc == RC_OK && bulk->busy < courier_jobs(bulk->options.courier) &&
           (heap = heap_due(bulk, turn == ENGINE_FLUSH)) != NULL)
        if (heap_leave(bulk, heap) < 0 && bulk->rc == RC_OK)
            return err_nomem(err);
    if (bulk->rc != RC_OK && err != NULL)
        *err = bulk->err;
    return bulk->rc;
}

static bool bulk_is_hungry(const struct engine *engine) {
    const struct engine_bulk *bulk = (const struct engine_bulk *)engine;
    size_t jobs = courier_jobs(bulk->options.courier);
    size_t idle = bulk->busy < jobs ? jobs - bulk->busy : 0;

    return bulk->gathered < (idle + 1) * bulk->counts.size;
}

static void bulk_free(struct engine *engine) {
    struct engine_bulk *bulk = (struct engine_bulk *)engine;

    while (bulk->chunks != NULL)
        bulk_chunk_put(bulk, bulk->chunks);
    while (bulk->spares != NULL) {
        struct chunk *chunk = bulk->spares;
        bulk->spares = chunk->next;
        buf_fini(&chunk->path);
        buf_fini(&chunk->body);
        free(chunk);
    }
    while (bulk->heaps != NULL) {
        struct bulk_heap *heap = bulk->heaps;
        bulk->heaps = heap->next;
        free(heap);
    }
    bulk_sweep_free(bulk->sweep);
    buf_fini(&bulk->files);
    engine_free(bulk->options.rest);
    free(bulk);
}

static bool bulk_finish(struct engine *engine) {
    return bulk_sweep((struct engine_bulk *)engine);
}

static const struct engine_ops bulk_ops = {
    .name = "bulk",
    .carry = bulk_carry,
    .takes_id = bulk_takes_id,
    .turn = bulk_turn,
    .is_hungry = bulk_is_hungry,
    .finish = bulk_finish,
    .free = bulk_free,
};

int engine_bulk_new(struct engine **out, const struct engine_bulk_options *options,
                    struct err *err) {
    struct engine_bulk *bulk = calloc(1, sizeof *bulk);

    *out = NULL;
    if (bulk == NULL)
        return err_nomem(err);
    bulk->engine.ops = &bulk_ops;
    bulk->options = *options;
    bulk->env = options->env != NULL ? options->env : env_system();
    bulk->counts.size = options->chunk != 0 ? options->chunk : SIZE_FIRST;
    bulk_files_take(bulk, options->left);
    *out = &bulk->engine;
    return RC_OK;
}

void engine_bulk_counts(const struct engine *engine, struct engine_bulk_counts *out) {
    *out = ((const struct engine_bulk *)engine)->counts;
}
