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

#include <stddef.h>

struct engine;

struct engine_ops {
    const char *name; /* "rest" */
    /* Takes over count writes; each is borrowed until its `done`. Writes of one batch may
     * leave in any order and at the same time: what must not overlap (lane.h) is never
     * handed over together. RC_NOMEM. */
    int (*carry)(struct engine *engine, struct write *const *writes, size_t count,
                 struct err *err);
    void (*free)(struct engine *engine);
};

struct engine {
    const struct engine_ops *ops; /* borrowed for ever */
};

static inline int engine_carry(struct engine *engine, struct write *const *writes,
                               size_t count, struct err *err) {
    return engine->ops->carry(engine, writes, count, err);
}
static inline void engine_free(struct engine *engine) {
    if (engine != NULL)
        engine->ops->free(engine);
}

#endif
