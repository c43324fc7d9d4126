/* transport.h - requests out, answers in: the only door to the network.
 *
 * One thread. The caller submits requests and calls transport_poll(), which delivers
 * answers by calling `done` before it returns; `done` may submit more. An interface, so
 * that a simulation can stand in for libcurl (curl_transport.h makes the real one).
 */
#ifndef WIRE_TRANSPORT_H
#define WIRE_TRANSPORT_H

#include "base/err.h"
#include "plan/exchange.h"

#include <stddef.h>

struct transport;

/* request: the one submitted; answer: borrowed for the length of the call. */
typedef void transport_done(void *context, struct request *request,
                            const struct answer *answer);

struct transport_ops {
    /* Hands over one request; it is borrowed until its answer is delivered. The caller
     * bounds how many are in flight. RC_NOMEM, RC_LIMIT. */
    int (*submit)(struct transport *t, struct request *request, struct err *err);

    /* Waits up to timeout_ms for something to happen and delivers what has arrived.
     * Returns how many were delivered, or < 0. A signal ends the waiting early. */
    int (*poll)(struct transport *t, int timeout_ms, transport_done *done, void *context,
                struct err *err);

    /* Gives up everything in flight: each request is delivered as DELIVERY_CANCELLED;
     * `done` must not submit then. */
    void (*cancel)(struct transport *t, transport_done *done, void *context);

    size_t (*in_flight)(const struct transport *t);
    void (*free)(struct transport *t);
};

struct transport {
    const struct transport_ops *ops; /* borrowed for ever */
    int64_t slept_us;                /* while poll had nothing to do */
};

static inline int transport_submit(struct transport *t, struct request *request,
                                   struct err *err) {
    return t->ops->submit(t, request, err);
}
static inline int transport_poll(struct transport *t, int timeout_ms,
                                 transport_done *done, void *context, struct err *err) {
    return t->ops->poll(t, timeout_ms, done, context, err);
}
static inline void transport_cancel(struct transport *t, transport_done *done,
                                    void *context) {
    t->ops->cancel(t, done, context);
}
static inline size_t transport_in_flight(const struct transport *t) {
    return t->ops->in_flight(t);
}
static inline void transport_free(struct transport *t) {
    if (t != NULL)
        t->ops->free(t);
}

#endif
