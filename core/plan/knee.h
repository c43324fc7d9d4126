/* knee.h - how many requests in flight a server makes use of, found out from latencies.
 *
 * A server with room answers in the same time however many requests are in flight; one
 * that has none lets them queue: twice as many take twice as long, and nothing is gained.
 * Between the two lies the knee. With N in flight, latency L, and L0 where nothing
 * queues, the server works on N * L0 / L requests at a time (Little's law). That many,
 * and a few that wait so that no worker ever does, are kept in flight.
 *
 * L0 is measured by sending half as many for a moment: at the start, every 10 seconds,
 * and at once when the server slows down. What costs more by its nature (a chunk, a list)
 * is no sign of a queue: latencies are compared with what the same kind of request took
 * before. Time is passed in; the same calls give the same answers.
 */
#ifndef PLAN_KNEE_H
#define PLAN_KNEE_H

#include "plan/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KNEE_KINDS = 12 };

struct knee_kind {
    uint32_t key;    /* method, path and status; 0 = free */
    unsigned count;  /* answers it was learned from */
    double sum_us;   /* of them, for a cost of 1 and without queue */
    double worth_us; /* what one of cost 1 takes; 0 = not learned yet */
};

struct knee {
    size_t cap;           /* the most that may ever be in flight */
    size_t limit;         /* the most now: 1 to cap */
    size_t in_flight;     /* sent and not answered */
    double area_us;       /* integral of in_flight since the epoch began */
    int64_t moved_us;     /* when in_flight last changed */
    int64_t began_us;     /* when the epoch began; -1 = none yet */
    size_t count;         /* answers to what was sent in it */
    double took_us;       /* their latencies */
    double worth_us;      /* what they would have taken by their kinds */
    double squares[3];    /* sums of took^2, took * worth, worth^2 */
    double base;          /* L0, in what the kinds take; 0 = not known */
    double base_error;    /* its standard error, relative to it */
    size_t base_limit;    /* limit when it was measured */
    double last_worth_us; /* of an answer in the epoch before */
    double last;          /* L of the epoch before, likewise */
    bool growing;         /* no queue was seen yet: limit doubles */
    bool probing;         /* limit was halved to measure L0 */
    size_t from;          /* limit before that */
    double from_last;     /* L before that */
    double from_error;    /* its standard error, relative */
    int64_t probed_us;    /* when that was measured last */
    int64_t interval_us;  /* until it is again */
    struct knee_kind kinds[KNEE_KINDS];
};

/* cap: 1 or more. */
void knee_init(struct knee *knee, size_t cap);

/* One has left. */
void knee_sent(struct knee *knee, int64_t now_us);

/* One has come back, or failed. */
void knee_answered(struct knee *knee, int64_t now_us, const struct request *request,
                   const struct answer *answer);

/* How many may be in flight now. */
size_t knee_limit(const struct knee *knee);

#endif
