/* knee.c - epochs of answers, each compared with what they take when nothing waits.
 *
 * Promises a limit within 1 and cap. Draws no conclusion from times in which less was in
 * flight than may be (a rate, a pause, nothing to send).
 */
#include "plan/knee.h"

#include <math.h>
#include <string.h>

enum {
    LIMIT_FIRST = 2,
    EPOCH_ANSWERS = 8,     /* at least */
    EPOCH_LENGTHS = 4,     /* at least: of latencies, or long ones would be missing */
    EPOCH_LEAST = 3,       /* at least, in any case */
    EPOCH_US = 100 * 1000, /* at least */
    EPOCH_LONG_US = 1500 * 1000, /* then fewer answers, less exactly, do */
    KIND_ANSWERS = 4,            /* from which a kind is learned */
    PROBE_FIRST_US =
        2 * 1000 * 1000, /* from the start to the first; then twice as long */
    PROBE_MOST_US = 10 * 1000 * 1000, /* from one to the next, */
    PROBE_SHARE = 24                  /* or so many times what one takes */
};

static const double ROOM = 1.25; /* kept in flight for each that is worked on, and one */
static const double FULL = 0.75; /* of the limit was in flight, or it tells nothing */
static const double FAR = 0.6;   /* of the limit is enough now: measure anew at once */
static const double ERROR_SMALL = 0.08; /* standard error that is good enough */
static const double ERROR_LEAST = 0.03;
static const double QUEUED = 1.2; /* times L0: some had to wait */
static const double SLOWED = 2.5; /* times as slow as before: enough has been seen */
static const double HALVED =
    0.62; /* latency fell to this with the limit: all was queue */

void knee_init(struct knee *knee, size_t cap) {
    memset(knee, 0, sizeof *knee);
    knee->cap = cap;
    knee->limit = cap < LIMIT_FIRST ? cap : LIMIT_FIRST;
    knee->began_us = -1;
    knee->growing = true;
    knee->interval_us = PROBE_FIRST_US;
}

size_t knee_limit(const struct knee *knee) {
    return knee->limit;
}

static void epoch_begin(struct knee *knee, int64_t now_us) {
    knee->began_us = now_us;
    knee->count = 0;
    knee->took_us = knee->worth_us = knee->area_us = 0;
    memset(knee->squares, 0, sizeof knee->squares);
}

static void knee_move(struct knee *knee, int64_t now_us) {
    if (knee->began_us < 0) {
        epoch_begin(knee, now_us);
        knee->probed_us = now_us;
    }
    knee->area_us += (double)knee->in_flight * (double)(now_us - knee->moved_us);
    knee->moved_us = now_us;
}

void knee_sent(struct knee *knee, int64_t now_us) {
    knee_move(knee, now_us);
    knee->in_flight++;
}

/* --- kinds --- */

/* "Lead", "Lead/id", "Lead?...", "Import/file": the entity type, and how it goes on. A
 * refusal is quicker than a success, so the status is part of it. */
static uint32_t kind_key(const struct request *request, const struct answer *answer) {
    const char *path = request->path != NULL ? request->path : "";
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *path != '\0' && *path != '/' && *path != '?'; path++)
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    hash = (hash ^ (unsigned char)*path) * 16777619u;
    hash = (hash ^ (unsigned)request->method) * 16777619u;
    hash = (hash ^ (unsigned)answer->status) * 16777619u;
    return hash == 0 ? 1 : hash;
}

/* What is left over when there is room for no more kinds is never measured. */
static struct knee_kind *kind_of(struct knee *knee, uint32_t key) {
    for (size_t i = 0; i < KNEE_KINDS; i++) {
        if (knee->kinds[i].key == 0)
            knee->kinds[i].key = key;
        if (knee->kinds[i].key == key)
            return &knee->kinds[i];
    }
    return NULL;
}

/* The queue that there is while a kind is learned must not be part of it. */
static void kind_learn(const struct knee *knee, struct knee_kind *kind, double took_us) {
    kind->sum_us += knee->last > 0 ? took_us / knee->last : took_us;
    if (++kind->count == KIND_ANSWERS)
        kind->worth_us = kind->sum_us / KIND_ANSWERS;
}

/* --- epochs --- */

/* What is known badly is taken for better than it looks: one too many in flight costs a
 * little of latency, one too few costs speed. */
static double worked_on_by(double limit, double base, double base_error, double now,
                           double error) {
    return limit * base / now * (1 + sqrt(base_error * base_error + error * error));
}

static void set_limit(struct knee *knee, double worked_on) {
    double most = 2 * (double)knee->limit, limit = ROOM * worked_on + 1;

    if (limit > most)
        limit = most;
    if (limit > (double)knee->cap)
        limit = (double)knee->cap;
    knee->limit = limit < 1 ? 1 : (size_t)limit;
}

/* One more measurement of L0, with limit in flight. Two that agree are better than one;
 * of two that do not, the later one counts. */
static void base_add(struct knee *knee, double now, double error) {
    double old = knee->base_error;

    error = error > ERROR_LEAST ? error : ERROR_LEAST;
    if (knee->base > 0 &&
        fabs(now / knee->base - 1) < 2 * sqrt(old * old + error * error)) {
        double share = old * old / (old * old + error * error);
        knee->base += share * (now - knee->base);
        error = old * sqrt(1 - share);
    } else {
        knee->base = now;
    }
    knee->base_error = error > ERROR_LEAST ? error : ERROR_LEAST;
    knee->base_limit = knee->limit;
}

static void probe_begin(struct knee *knee, double now, double error) {
    knee->probing = true;
    knee->from = knee->limit;
    knee->from_last = now;
    knee->from_error = error;
    knee->limit /= 2;
}

/* Half as many are in flight. Where that made answers as much quicker, even the half had
 * to queue: halve again. Else this is what an answer takes. */
static void probe_end(struct knee *knee, int64_t now_us, double now, double error) {
    int64_t most_us;

    if (knee->limit > 1 &&
        now * (1 + error) < HALVED * knee->from_last * (1 - knee->from_error)) {
        probe_begin(knee, now, error);
        return;
    }
    knee->probing = false;
    knee->probed_us = now_us;
    knee->interval_us *= 2;
    most_us = (now_us - knee->began_us) * PROBE_SHARE;
    if (most_us < PROBE_MOST_US)
        most_us = PROBE_MOST_US;
    if (knee->interval_us > most_us)
        knee->interval_us = most_us;
    base_add(knee, now, error);
    set_limit(knee, worked_on_by((double)knee->from, knee->base, knee->base_error,
                                 knee->from_last, knee->from_error));
}

/* The standard error of took / worth, relative to it. */
static double epoch_error(const struct knee *knee) {
    double now = knee->took_us / knee->worth_us;
    double sum =
        knee->squares[0] - 2 * now * knee->squares[1] + now * now * knee->squares[2];

    return sum > 0 ? sqrt(sum) / knee->took_us : 0;
}

static void epoch_end(struct knee *knee, int64_t now_us) {
    double now = knee->took_us / knee->worth_us;
    double error = epoch_error(knee), worked_on;
    double time_us = (double)(now_us - knee->began_us);

    if (knee->area_us < FULL * (double)knee->limit * time_us)
        return; /* less was in flight than may be: not by us */
    knee->last = now;
    knee->last_worth_us = knee->worth_us / (double)knee->count;
    if (knee->probing) {
        probe_end(knee, now_us, now, error);
        return;
    }
    if (knee->limit <= knee->base_limit || knee->base <= 0 ||
        now < knee->base * (1 - 2 * error))
        base_add(knee, now, error);
    worked_on =
        worked_on_by((double)knee->limit, knee->base, knee->base_error, now, error);
    if (knee->limit > 1 &&
        (ROOM * worked_on + 1 < FAR * (double)knee->limit ||
         (!knee->growing && now_us - knee->probed_us >= knee->interval_us)))
        probe_begin(knee, now, error);
    else if (knee->growing && now * (1 + error) < QUEUED * knee->base)
        set_limit(knee, 2 * (double)knee->limit);
    else {
        knee->growing = false;
        set_limit(knee, worked_on);
    }
}

/* At the start, when it is plain that nothing queues: no need to look closer. */
static bool epoch_grows(const struct knee *knee) {
    return knee->growing && knee->base > 0 && !knee->probing &&
           knee->count >= EPOCH_ANSWERS && knee->count >= knee->limit &&
           knee->took_us * (1 + 2 * epoch_error(knee)) <
               QUEUED * knee->base * knee->worth_us;
}

/* Much slower than before. Short requests that wait behind a long one are no sign of it.
 */
static bool epoch_is_slow(const struct knee *knee) {
    return knee->last > 0 && knee->count >= knee->limit / 2 &&
           2 * knee->worth_us > knee->last_worth_us * (double)knee->count &&
           knee->took_us * (1 - 2 * epoch_error(knee)) >
               SLOWED * knee->last * knee->worth_us;
}

static bool epoch_is_over(const struct knee *knee, int64_t now_us) {
    int64_t time_us = now_us - knee->began_us;

    if (time_us < EPOCH_US || knee->count < EPOCH_LEAST)
        return false;
    if (epoch_is_slow(knee) || epoch_grows(knee))
        return true;
    if ((double)time_us * knee->took_us < EPOCH_LENGTHS * knee->squares[0])
        return false;
    return time_us >= EPOCH_LONG_US ||
           (knee->count >= EPOCH_ANSWERS && epoch_error(knee) < ERROR_SMALL);
}

void knee_answered(struct knee *knee, int64_t now_us, const struct request *request,
                   const struct answer *answer) {
    struct knee_kind *kind;
    double took_us = (double)(answer->latency_us - answer->connect_us);
    double cost = request->cost != 0 ? (double)request->cost : 1, worth_us;

    knee_move(knee, now_us);
    if (knee->in_flight > 0)
        knee->in_flight--;
    if (answer->delivery != DELIVERY_ANSWERED || answer->status >= 500 ||
        answer->status == 429 || took_us <= 0)
        return;
    kind = kind_of(knee, kind_key(request, answer));
    if (kind == NULL)
        return;
    if (kind->worth_us <= 0) {
        kind_learn(knee, kind, took_us / cost);
        return;
    }
    if (now_us - answer->latency_us < knee->began_us)
        return; /* it saw what was before */
    worth_us = kind->worth_us * cost;
    knee->count++;
    knee->took_us += took_us;
    knee->worth_us += worth_us;
    knee->squares[0] += took_us * took_us;
    knee->squares[1] += took_us * worth_us;
    knee->squares[2] += worth_us * worth_us;
    if (!epoch_is_over(knee, now_us))
        return;
    epoch_end(knee, now_us);
    epoch_begin(knee, now_us);
}
