/* courier.c - sees requests through.
 *
 * Three places for a parcel: a queue (urgent ones in their own), the list of those to be
 * sent again later, or the transport. Promises: each parcel is delivered once; after a
 * halt nothing leaves.
 */
#include "wire/courier.h"

#include "base/histogram.h"
#include "plan/pace.h"

#include <stdlib.h>
#include <string.h>

struct queue {
    struct parcel *first; /* borrowed */
    struct parcel *last;
};

struct courier {
    struct transport *transport;                                     /* borrowed */
    const struct env *env;                                           /* borrowed */
    void (*paused)(void *context, const char *why, int64_t wait_ms); /* or NULL */
    void *paused_context;                                            /* borrowed */
    struct pace pace;             /* how many, how fast */
    struct verdict_policy policy; /* what the answers so far have shown */
    struct queue urgent;          /* to be sent first */
    struct queue normal;          /* to be sent */
    struct queue later;           /* to be sent again, each not before its time */
    size_t waiting;               /* parcels in the three queues */
    bool halted;                  /* nothing new leaves */
    bool cancelled;               /* nor does what finishes something */
    enum rc stopped;              /* why a verdict stopped the run, or RC_OK */
    char stop_message[400];       /* the server's words */
    struct courier_counts counts;
    struct histogram latency; /* microseconds */
    struct waited waited;     /* where the time went */
    enum waited_for held;     /* why nothing leaves in the poll under way */
    int delivered;            /* during the poll under way */
};

int courier_new(struct courier **out, struct transport *transport,
                const struct courier_options *options, struct err *err) {
    struct courier *courier = calloc(1, sizeof *courier);
    struct pace_options pace = {0};

    *out = NULL;
    if (courier == NULL)
        return err_nomem(err);
    courier->transport = transport;
    courier->env = options->env != NULL ? options->env : env_system();
    courier->paused = options->paused;
    courier->paused_context = options->paused_context;
    courier->policy.retries = options->retries;
    pace.jobs = options->jobs;
    pace.rate_milli = options->rate_milli;
    pace.env = courier->env;
    pace_init(&courier->pace, &pace);
    courier_time_begin(courier);
    *out = courier;
    return RC_OK;
}

void courier_free(struct courier *courier) {
    free(courier);
}

static void queue_push(struct queue *queue, struct parcel *parcel) {
    parcel->next = NULL;
    if (queue->last == NULL)
        queue->first = parcel;
    else
        queue->last->next = parcel;
    queue->last = parcel;
}

static struct parcel *queue_pop(struct queue *queue) {
    struct parcel *parcel = queue->first;

    if (parcel == NULL)
        return NULL;
    queue->first = parcel->next;
    if (queue->first == NULL)
        queue->last = NULL;
    parcel->next = NULL;
    return parcel;
}

void courier_send(struct courier *courier, struct parcel *parcel) {
    parcel->attempt = 0;
    parcel->waits = 0;
    queue_push(parcel->urgent ? &courier->urgent : &courier->normal, parcel);
    courier->waiting++;
}

void courier_send_later(struct courier *courier, struct parcel *parcel,
                        int64_t delay_ms) {
    parcel->attempt = 0;
    parcel->waits = 0;
    parcel->not_before_us = env_monotonic_us(courier->env) + delay_ms * 1000;
    queue_push(&courier->later, parcel);
    courier->waiting++;
}

static void courier_note(struct courier *courier, const struct answer *answer) {
    courier->counts.bytes_received += answer->body.len;
    if (answer->delivery == DELIVERY_ANSWERED) {
        courier->counts.answered++;
        if (answer->status > 0 && answer->status < 600)
            courier->counts.by_status[answer->status]++;
        histogram_add(&courier->latency, (uint64_t)answer->latency_us);
        waited_answered(&courier->waited, answer);
        if (answer->status == 401)
            courier->policy.seen_401 = true;
    } else if (answer->delivery != DELIVERY_UNSENT) {
        courier->counts.lost++;
    }
}

static void courier_stop(struct courier *courier, const struct verdict *verdict) {
    courier->halted = true;
    if (courier->stopped != RC_OK)
        return;
    courier->stopped = verdict->stop != RC_OK ? verdict->stop : RC_SERVER;
    (void)memcpy(courier->stop_message, verdict->message, sizeof verdict->message);
}

/* A lock-out ends after 60 s unless somebody keeps failing to log in from here. */
enum { LOCKOUT_WAITS = 5 };

static void verdict_give_up(struct verdict *verdict) {
    verdict->action = VERDICT_STOP;
    verdict->stop = RC_AUTH;
}

/* While halting nothing is sent again: what cannot have been done counts as not sent,
 * the rest is doubtful. */
static void verdict_settle_halted(struct verdict *verdict, const struct answer *answer) {
    if (verdict->action != VERDICT_RETRY)
        return;
    if (answer->delivery == DELIVERY_UNSENT || verdict->free_attempt)
        verdict->action = VERDICT_STOP;
    else
        verdict->action = VERDICT_DOUBTFUL;
}

static void courier_again(struct courier *courier, struct parcel *parcel,
                          const struct verdict *verdict, int64_t now_us) {
    courier->counts.retries++;
    parcel->not_before_us = now_us + pace_jitter(&courier->pace, verdict->wait_ms) * 1000;
    queue_push(&courier->later, parcel);
    courier->waiting++;
}

/* EspoCRM itself has not answered: it may never have seen the request, or still be at
 * it. */
static bool may_be_at_work(const struct answer *answer) {
    return answer->delivery == DELIVERY_ANSWERED ? answer->status > 500
                                                 : answer->delivery != DELIVERY_UNSENT;
}

/* 429 and what never left were surely not. */
static bool may_be_done(const struct answer *answer) {
    return answer->delivery == DELIVERY_ANSWERED ? answer->status != 429
                                                 : answer->delivery != DELIVERY_UNSENT;
}

static bool courier_may_finish(const struct courier *courier,
                               const struct parcel *parcel) {
    return parcel->finishing && !courier->cancelled && courier->stopped == RC_OK;
}

static void courier_answered(void *context, struct request *request,
                             const struct answer *answer) {
    struct courier *courier = context;
    struct parcel *parcel = (struct parcel *)request; /* its first member */
    int64_t now_us = env_monotonic_us(courier->env);
    bool running = pace_pause_ms(&courier->pace, now_us) == 0;
    struct verdict verdict;

    courier_note(courier, answer);
    verdict_of(request, answer, parcel->attempt, &courier->policy, &verdict);
    if (verdict.action == VERDICT_DONE) /* a redirect or a 404 page prove nothing */
        courier->policy.authenticated = true;
    pace_answered(&courier->pace, now_us, request, answer, &verdict);
    if (running && !courier->halted && courier->paused != NULL &&
        pace_pause_ms(&courier->pace, now_us) > 0)
        courier->paused(courier->paused_context, verdict.message,
                        pace_pause_ms(&courier->pace, now_us));
    if (verdict.action == VERDICT_RETRY && answer->status == 403 &&
        parcel->waits >= LOCKOUT_WAITS)
        verdict_give_up(&verdict);
    if (courier->halted && !courier_may_finish(courier, parcel))
        verdict_settle_halted(&verdict, answer);
    if (verdict.action == VERDICT_RETRY) {
        if (verdict.free_attempt && parcel->attempt > 0) {
            parcel->attempt--;
            parcel->waits++;
        }
        parcel->unanswered = parcel->unanswered || may_be_at_work(answer);
        parcel->maybe_done = parcel->maybe_done || may_be_done(answer);
        courier_again(courier, parcel, &verdict, now_us);
        return;
    }
    if (verdict.action == VERDICT_STOP && verdict.stop != RC_OK)
        courier_stop(courier, &verdict);
    courier->delivered++;
    parcel->done(parcel, &verdict, answer);
}

static void courier_return_waiting(struct courier *courier) {
    struct queue *queues[] = {&courier->urgent, &courier->normal, &courier->later};
    struct verdict verdict = {.action = VERDICT_STOP, .stop = courier->stopped};
    struct answer answer = {.delivery = DELIVERY_UNSENT, .retry_after_ms = -1};
    struct parcel *parcel;

    (void)memcpy(verdict.message, courier->stop_message, sizeof verdict.message);
    for (size_t i = 0; i < 3; i++) {
        struct queue kept = {NULL, NULL};
        while ((parcel = queue_pop(queues[i])) != NULL) {
            if (courier_may_finish(courier, parcel)) {
                queue_push(&kept, parcel);
                continue;
            }
            courier->waiting--;
            courier->delivered++;
            parcel->done(parcel, &verdict, &answer);
        }
        *queues[i] = kept;
    }
}

/* Moves what is due from `later` to the queues; returns how long until the next is, ms.
 */
static int64_t courier_due(struct courier *courier, int64_t now_us) {
    struct queue rest = {NULL, NULL};
    struct parcel *parcel;
    int64_t next_us = INT64_MAX;

    while ((parcel = queue_pop(&courier->later)) != NULL) {
        if (parcel->not_before_us <= now_us) {
            queue_push(&courier->urgent, parcel);
            continue;
        }
        if (parcel->not_before_us < next_us)
            next_us = parcel->not_before_us;
        queue_push(&rest, parcel);
    }
    courier->later = rest;
    return next_us == INT64_MAX ? INT64_MAX : (next_us - now_us) / 1000 + 1;
}

/* Sends what may leave now; *wait_ms: until pace allows the next one. */
static int courier_fill(struct courier *courier, int64_t now_us, int64_t *wait_ms,
                        struct err *err) {
    while (courier->urgent.first != NULL || courier->normal.first != NULL) {
        struct parcel *parcel;
        int64_t wait_us = 0;
        int rc;

        if (!pace_may_send(&courier->pace, now_us,
                           transport_in_flight(courier->transport), &wait_us)) {
            if (wait_us > 0)
                courier->held = pace_pause_ms(&courier->pace, now_us) > 0 ? WAITED_PAUSE
                                                                          : WAITED_RATE;
            if (wait_us > 0 && wait_us / 1000 + 1 < *wait_ms)
                *wait_ms = wait_us / 1000 + 1;
            return RC_OK;
        }
        parcel = queue_pop(courier->urgent.first != NULL ? &courier->urgent
                                                         : &courier->normal);
        if (parcel == NULL)
            break;
        parcel->attempt++;
        rc = transport_submit(courier->transport, &parcel->request, err);
        if (rc < 0) {
            parcel->attempt--;
            queue_push(&courier->urgent, parcel);
            return rc;
        }
        courier->waiting--;
        courier->counts.sent++;
        courier->counts.bytes_sent += parcel->request.body.len;
        pace_sent(&courier->pace, now_us);
    }
    return RC_OK;
}

int courier_poll(struct courier *courier, int timeout_ms, struct err *err) {
    int64_t now_us = env_monotonic_us(courier->env);
    int64_t wait_ms = timeout_ms, slept_us = courier->transport->slept_us;
    int rc;

    courier->delivered = 0;
    courier->held = WAITED_ANSWER;
    if (courier->halted)
        courier_return_waiting(courier);
    if (courier->waiting > 0) {
        int64_t due_ms = courier_due(courier, now_us);
        if (due_ms < wait_ms)
            wait_ms = due_ms;
        rc = courier_fill(courier, now_us, &wait_ms, err);
        if (rc < 0)
            return rc;
    }
    if (courier->delivered > 0)
        wait_ms = 0;
    if (courier->held == WAITED_ANSWER && transport_in_flight(courier->transport) == 0)
        courier->held =
            pace_pause_ms(&courier->pace, now_us) > 0 ? WAITED_PAUSE : WAITED_TIME;
    rc = transport_poll(courier->transport, (int)wait_ms, courier_answered, courier, err);
    waited_add(&courier->waited, courier->held, courier->transport->slept_us - slept_us);
    return rc < 0 ? rc : courier->delivered;
}

void courier_halt(struct courier *courier) {
    courier->halted = true;
}

void courier_cancel(struct courier *courier) {
    courier->halted = true;
    courier->cancelled = true;
    transport_cancel(courier->transport, courier_answered, courier);
}

size_t courier_in_flight(const struct courier *courier) {
    return transport_in_flight(courier->transport);
}

size_t courier_waiting(const struct courier *courier) {
    return courier->waiting;
}

size_t courier_jobs(const struct courier *courier) {
    return pace_limit(&courier->pace);
}

size_t courier_most(const struct courier *courier) {
    return courier->pace.jobs;
}

bool courier_is_automatic(const struct courier *courier) {
    return courier->pace.automatic;
}

int64_t courier_pause_ms(const struct courier *courier) {
    return pace_pause_ms(&courier->pace, env_monotonic_us(courier->env));
}

enum rc courier_stopped(const struct courier *courier, struct err *err) {
    if (courier->stopped != RC_OK)
        (void)err_set(err, courier->stopped, "%s", courier->stop_message);
    return courier->stopped;
}

const struct courier_counts *courier_counts(const struct courier *courier) {
    return &courier->counts;
}

const struct histogram *courier_latency(const struct courier *courier) {
    return &courier->latency;
}

void courier_time_begin(struct courier *courier) {
    waited_begin(&courier->waited, env_monotonic_us(courier->env));
}

void courier_time(const struct courier *courier, struct time_shares *out) {
    waited_share(&courier->waited, env_monotonic_us(courier->env), out);
}
