/* engine.h - what carries planned writes out, behind one interface.
 *
 * The rest engine (wire/engine_rest.h) sends a request per record; one that sends whole
 * chunks may stand beside it. The planner hands over batches and gets each write's
 * outcome through write->done, in any order, from inside the calls that drive the wire.
 */
#ifndef PLAN_ENGINE_H
#define PLAN_ENGINE_H

#include "base/err.h"
#include "plan/write.h"

#include <stdbool.h>
#include <stddef.h>

struct engine;

/* What the planner has to say between two turns of the wire. */
enum engine_turn {
    ENGINE_GO,    /* more writes are coming */
    ENGINE_FLUSH, /* none are for now: what is gathered may leave */
    ENGINE_HALT   /* the run is being stopped: what has not left comes back unsent */
};

struct engine_ops {
    const char *name; /* "rest" */
    /* Takes over count writes; each is borrowed until its `done`. Writes of one batch may
     * leave in any order and at the same time: what must not overlap (lane.h) is never
     * handed over together. RC_NOMEM. */
    int (*carry)(struct engine *engine, struct write *const *writes, size_t count,
                 struct err *err);
    /* Would it create this record under an id that is made here? Then the id is to be
     * durable before the write is handed over. NULL = never. */
    bool (*takes_id)(struct engine *engine, const struct write *write);
    /* Sends what has gathered. NULL = nothing ever gathers. RC_NOMEM. */
    int (*turn)(struct engine *engine, enum engine_turn turn, struct err *err);
    /* Does it want more writes, by what it holds? NULL = the wire tells. */
    bool (*is_hungry)(const struct engine *engine);
    /* Every write has its outcome, and none will come: true when it still tidies up.
     * Asked again until it is false. NULL = never. */
    bool (*finish)(struct engine *engine);
    void (*free)(struct engine *engine);
};

struct engine {
    const struct engine_ops *ops; /* borrowed for ever */
};

static inline int engine_carry(struct engine *engine, struct write *const *writes,
                               size_t count, struct err *err) {
    return engine->ops->carry(engine, writes, count, err);
}
static inline bool engine_takes_id(struct engine *engine, const struct write *write) {
    return engine->ops->takes_id != NULL && engine->ops->takes_id(engine, write);
}
static inline int engine_turn(struct engine *engine, enum engine_turn turn,
                              struct err *err) {
    return engine->ops->turn == NULL ? RC_OK : engine->ops->turn(engine, turn, err);
}
static inline bool engine_is_hungry(const struct engine *engine) {
    return engine->ops->is_hungry == NULL || engine->ops->is_hungry(engine);
}
static inline bool engine_finish(struct engine *engine) {
    return engine->ops->finish != NULL && engine->ops->finish(engine);
}
static inline void engine_free(struct engine *engine) {
    if (engine != NULL)
        engine->ops->free(engine);
}

#endif
