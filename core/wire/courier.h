/* courier.h - sees requests through: queue, pace, verdict, sending again, giving up.
 *
 * Above the transport, which knows only bytes. Every parcel handed over is delivered to
 * its `done` exactly once, with the verdict on the last answer. When a verdict says that
 * the run must stop, nothing new leaves; what had not left comes back as VERDICT_STOP
 * with an answer that is DELIVERY_UNSENT.
 */
#ifndef WIRE_COURIER_H
#define WIRE_COURIER_H

#include "base/env.h"
#include "base/err.h"
#include "base/histogram.h"
#include "plan/verdict.h"
#include "wire/transport.h"
#include "wire/waited.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parcel {
    struct request request; /* filled in by the owner; request.tag is the courier's */
    void (*done)(struct parcel *parcel, const struct verdict *verdict,
                 const struct answer *answer); /* parcel may be freed in it */
    void *tag;                                 /* the owner's own */
    bool urgent;         /* goes before those that are not (look-ups) */
    bool finishing;      /* tells how something ended that has begun: leaves although
                            the courier was halted (not when a verdict stopped it) */
    bool unanswered;     /* the courier's: an earlier sending of it has no answer that
                            tells that EspoCRM is done with it */
    bool maybe_done;     /* the courier's: an earlier sending of it may have been done */
    struct parcel *next; /* private: queue */
    unsigned attempt;    /* private: how often it was sent, waits not counted */
    unsigned waits;      /* private: how often the server asked to wait */
    int64_t not_before_us; /* private: sending again */
};

struct courier_options {
    size_t jobs;           /* requests in flight; 0 = found out, see pace.h */
    int64_t rate_milli;    /* requests a second, thousandths; 0 = no limit */
    unsigned retries;      /* how often a request is sent again; see verdict.h */
    const struct env *env; /* NULL = env_system() */
    /* Nothing leaves for wait_ms: why is what the server, or the way to it, has said.
     * Called once for each pause, as it begins; NULL = nobody is told. */
    void (*paused)(void *context, const char *why, int64_t wait_ms);
    void *paused_context;
};

struct courier_counts {
    uint64_t sent;           /* requests that left, repeats included */
    uint64_t answered;       /* whole answers */
    uint64_t retries;        /* sent again */
    uint64_t lost;           /* answers that never came whole */
    uint64_t bytes_sent;     /* of bodies, repeats included */
    uint64_t bytes_received; /* of bodies, unpacked */
    uint64_t by_status[600]; /* whole answers by HTTP status */
};

struct courier;

/* transport is borrowed and must outlive the courier. */
int courier_new(struct courier **out, struct transport *transport,
                const struct courier_options *options, struct err *err);
void courier_free(struct courier *courier);

/* Queues a parcel; it is borrowed until its `done`. */
void courier_send(struct courier *courier, struct parcel *parcel);

/* The same, not before delay_ms from now. */
void courier_send_later(struct courier *courier, struct parcel *parcel, int64_t delay_ms);

/* Sends what may leave and delivers what has come, waiting up to timeout_ms for
 * something to happen. Returns how many were delivered, or < 0 (RC_NOMEM: the machine's
 * fault, not the server's). */
int courier_poll(struct courier *courier, int timeout_ms, struct err *err);

/* Nothing new leaves from now on: what waits comes back at the next poll, what is in
 * flight is waited for. */
void courier_halt(struct courier *courier);

/* The same, and what is in flight is given up: POSTs in it are doubtful. */
void courier_cancel(struct courier *courier);

size_t courier_in_flight(const struct courier *courier);
size_t courier_waiting(const struct courier *courier); /* queued or to be sent again */
size_t courier_jobs(const struct courier *courier);    /* how many may be in flight now */
size_t courier_most(const struct courier *courier);    /* and ever */
bool courier_is_automatic(const struct courier *courier); /* it finds out how many */

/* Milliseconds that the server has asked everybody to wait from now; 0 = none. */
int64_t courier_pause_ms(const struct courier *courier);

/* RC_OK, or why a verdict stopped the run (with the server's words in err). */
enum rc courier_stopped(const struct courier *courier, struct err *err);

const struct courier_counts *courier_counts(const struct courier *courier);
const struct histogram *courier_latency(const struct courier *courier); /* microseconds */

/* From here on it is counted where the time goes; what went there until now. */
void courier_time_begin(struct courier *courier);
void courier_time(const struct courier *courier, struct time_shares *out);

#endif
