/* pace.c - a limit that halves on trouble and grows back, and an even rate.
 *
 * Promises that limit stays within 1 and jobs, and that a pause is never cut short.
 */
#include "plan/pace.h"

#include <string.h>

enum {
    SERIES_MIN = 4, /* failures in a row, when few are in flight */
    TROUBLE_FIRST_MS = 500,
    TROUBLE_MAX_MS = 30 * 1000,
    CATCH_UP_MS = 50 /* a sender that was late by so much may catch up at once */
};

void pace_init(struct pace *pace, const struct pace_options *options) {
    memset(pace, 0, sizeof *pace);
    pace->env = options->env == NULL ? env_system() : options->env;
    pace->automatic = options->jobs == 0;
    pace->jobs = pace->automatic ? PACE_AUTO_MOST : options->jobs;
    knee_init(&pace->knee, pace->jobs);
    pace->limit = pace->jobs;
    pace->next_ns = INT64_MIN;
    pace->paused_until_us = INT64_MIN;
    pace->paused_at_us = -1;
    if (options->rate_milli > 0)
        pace->interval_ns = INT64_C(1000000000000) / options->rate_milli;
}

bool pace_may_send(const struct pace *pace, int64_t now_us, size_t in_flight,
                   int64_t *wait_us) {
    *wait_us = 0;
    if (in_flight >= pace_limit(pace))
        return false;
    if (now_us < pace->paused_until_us)
        *wait_us = pace->paused_until_us - now_us;
    if (pace->interval_ns > 0 && now_us < pace->next_ns / 1000) {
        int64_t due_us = pace->next_ns / 1000 - now_us;
        if (due_us > *wait_us)
            *wait_us = due_us;
    }
    return *wait_us == 0;
}

/* Requests are due at even intervals; what was late catches up within CATCH_UP_MS, so
 * that the granularity of polling does not lower the rate, and no idle time is saved up.
 */
void pace_sent(struct pace *pace, int64_t now_us) {
    int64_t now_ns = now_us * 1000;
    int64_t earliest_ns = now_ns - CATCH_UP_MS * INT64_C(1000000);

    if (pace->automatic)
        knee_sent(&pace->knee, now_us);
    if (pace->interval_ns == 0)
        return;
    if (pace->next_ns == INT64_MIN)
        pace->next_ns = now_ns; /* the first */
    else if (pace->next_ns < earliest_ns)
        pace->next_ns = earliest_ns;
    pace->next_ns += pace->interval_ns;
}

int64_t pace_jitter(const struct pace *pace, int64_t wait_ms) {
    int64_t quarter = wait_ms / 4;

    if (quarter <= 0)
        return wait_ms;
    return wait_ms + (int64_t)(env_random(pace->env) % (uint64_t)(quarter + 1));
}

void pace_pause(struct pace *pace, int64_t now_us, int64_t wait_ms) {
    int64_t until_us = now_us + pace_jitter(pace, wait_ms) * 1000;

    if (until_us > pace->paused_until_us)
        pace->paused_until_us = until_us;
}

/* Halves the limit, unless what was answered had left before the last halving: the same
 * trouble is told once by each request that was in flight. */
static void slow_down(struct pace *pace, int64_t now_us, const struct answer *answer) {
    int64_t sent_us = now_us - answer->latency_us;
    size_t limit = pace_limit(pace);

    pace->good = 0;
    if (pace->paused_at_us >= 0 && sent_us <= pace->paused_at_us)
        return;
    pace->paused_at_us = now_us;
    pace->trouble = limit;
    pace->limit = limit > 1 ? limit / 2 : 1;
}

static void count_good(struct pace *pace) {
    bool there = pace->limit + 1 == pace->trouble;

    pace->bad = 0;
    if (pace->limit >= pace->jobs)
        return;
    pace->good++;
    if (pace->good < (there ? PACE_PATIENT_ROUNDS : PACE_GROW_ROUNDS) * pace->limit)
        return;
    pace->limit++;
    pace->good = 0;
    if (there)
        pace->trouble = 0;
}

/* One failure is an accident; when all that may be in flight fail in a row, the server is
 * in trouble, and each further request would only make one more doubtful row. */
static void count_bad(struct pace *pace, int64_t now_us, const struct answer *answer) {
    int64_t wait_ms = TROUBLE_FIRST_MS;
    size_t series = pace->automatic ? pace_limit(pace) : pace->jobs;

    if (pace->automatic && series < SERIES_MIN)
        series = SERIES_MIN;
    pace->bad++;
    if (pace->bad % series != 0)
        return;
    for (size_t i = series; i < pace->bad && wait_ms < TROUBLE_MAX_MS; i += series)
        wait_ms *= 2;
    slow_down(pace, now_us, answer);
    pace_pause(pace, now_us, wait_ms < TROUBLE_MAX_MS ? wait_ms : TROUBLE_MAX_MS);
}

void pace_answered(struct pace *pace, int64_t now_us, const struct request *request,
                   const struct answer *answer, const struct verdict *verdict) {
    if (pace->automatic)
        knee_answered(&pace->knee, now_us, request, answer);
    if (verdict->pause_all) {
        slow_down(pace, now_us, answer);
        pace_pause(pace, now_us, verdict->wait_ms);
        return;
    }
    switch (verdict->action) {
    case VERDICT_DONE:
    case VERDICT_ROW_FAILED:
    case VERDICT_DUPLICATE:
    case VERDICT_MODIFIED: count_good(pace); break;
    case VERDICT_RETRY:
    case VERDICT_DOUBTFUL:
        if (answer->delivery != DELIVERY_CANCELLED)
            count_bad(pace, now_us, answer);
        break;
    case VERDICT_STOP: break;
    }
}

size_t pace_limit(const struct pace *pace) {
    size_t limit = pace->automatic ? knee_limit(&pace->knee) : pace->limit;

    return limit < pace->limit ? limit : pace->limit;
}

int64_t pace_pause_ms(const struct pace *pace, int64_t now_us) {
    return now_us < pace->paused_until_us ? (pace->paused_until_us - now_us + 999) / 1000
                                          : 0;
}
