/* pace.h - how many requests may be in flight, and when the next one may leave.
 *
 * Three brakes: a number in flight (given, or found out, see knee.h), a rate (--rate),
 * and a pause that the server asked for (429, 503) or that a series of failures calls
 * for. Time is passed in, chance comes from env: the same calls give the same answers.
 * Sends nothing itself (wire/courier.h does).
 */
#ifndef PLAN_PACE_H
#define PLAN_PACE_H

#include "base/env.h"
#include "plan/knee.h"
#include "plan/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More connections than that a site of EspoCRM rarely bears. */
enum { PACE_AUTO_MOST = 32 };

struct pace_options {
    size_t jobs;           /* in flight at most; 0 = as many as the server makes use of,
                              PACE_AUTO_MOST at most */
    int64_t rate_milli;    /* requests a second, thousandths; 0 = no limit */
    const struct env *env; /* for jitter; borrowed; NULL = env_system() */
};

struct pace {
    const struct env *env;   /* borrowed */
    size_t jobs;             /* the most that may ever be in flight */
    bool automatic;          /* knee has a say */
    struct knee knee;        /* what the server makes use of */
    size_t limit;            /* the most now, by the troubles there were: 1 to jobs */
    size_t trouble;          /* where the latest trouble came; 0 = forgotten */
    size_t good;             /* good answers since limit last changed */
    size_t bad;              /* failures in a row, see pace_answered() */
    int64_t interval_ns;     /* between requests, by rate; 0 = no rate */
    int64_t next_ns;         /* when the next one is due by rate */
    int64_t paused_until_us; /* nobody sends before */
    int64_t paused_at_us;    /* when the latest slowing down began; -1 = never */
};

void pace_init(struct pace *pace, const struct pace_options *options);

/* May one more leave now? If not, *wait_us is how long until it may, or 0 when it is an
 * answer that has to come first. */
bool pace_may_send(const struct pace *pace, int64_t now_us, size_t in_flight,
                   int64_t *wait_us);

/* One has left; each is answered once. */
void pace_sent(struct pace *pace, int64_t now_us);

/* One was answered, or failed. A verdict with pause_all pauses everybody, and halves how
 * many may be in flight, once for all that were sent before; so does a failure of as many
 * requests in a row as may be in flight, with a pause that doubles from 0.5 s to 30 s.
 * Good answers let the limit grow back, by one for every PACE_GROW_ROUNDS * limit; the
 * step to where the trouble came takes PACE_PATIENT_ROUNDS. */
enum { PACE_GROW_ROUNDS = 4, PACE_PATIENT_ROUNDS = 250 };
void pace_answered(struct pace *pace, int64_t now_us, const struct request *request,
                   const struct answer *answer, const struct verdict *verdict);

/* Nobody sends for wait_ms (and jitter) from now; never shortens a pause. */
void pace_pause(struct pace *pace, int64_t now_us, int64_t wait_ms);

/* wait_ms and up to a quarter more, so that those who were sent away together do not come
 * back together; 0 stays 0. */
int64_t pace_jitter(const struct pace *pace, int64_t wait_ms);

/* How many may be in flight now. */
size_t pace_limit(const struct pace *pace);

/* Milliseconds left of a pause; 0 = none. */
int64_t pace_pause_ms(const struct pace *pace, int64_t now_us);

#endif
