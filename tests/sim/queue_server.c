/* queue_server.c - first come, first served; a few dozen in flight at the most. */
#include "sim/queue_server.h"

#include "plan/pace.h"

#include <math.h>
#include <string.h>

enum { PLACES = 300 };

struct flight {
    int64_t sent_us, back_us;
    const struct queue_kind *kind;
    uint32_t cost;
    bool refused;
};

struct queue_sim {
    const struct queue_server *server;
    uint64_t random;
    int64_t free_us[PLACES]; /* when each worker is */
    struct flight flights[PLACES];
    size_t count; /* in flight */
};

static int64_t no_clock(void *context) {
    (void)context;
    return 0;
}

static uint64_t next_random(void *context) {
    uint64_t *x = context; /* xorshift64 */

    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static double chance(struct queue_sim *sim) {
    return (double)(next_random(&sim->random) >> 11) / 9007199254740992.0;
}

static const struct queue_kind *choose(struct queue_sim *sim) {
    const struct queue_kind *kinds = sim->server->kinds;
    unsigned dice = (unsigned)(chance(sim) * 1000);
    size_t i = 0;

    while (i + 1 < QUEUE_KINDS_MAX && dice >= kinds[i].permille &&
           kinds[i + 1].path != NULL)
        dice -= kinds[i++].permille;
    return &kinds[i];
}

static int64_t service_us(struct queue_sim *sim, const struct flight *flight,
                          int64_t now_us) {
    const struct queue_server *server = sim->server;
    double us = (double)flight->kind->service_us * flight->cost;

    if (chance(sim) * 100 < server->exponential)
        us *= -log(1 - chance(sim));
    else
        us *= 1 + (2 * chance(sim) - 1) * server->noise / 100;
    if (now_us < server->cold_us)
        us *= 3;
    if (server->change_us > 0 && now_us >= server->change_us && server->then_slower > 0)
        us *= server->then_slower / 100.0;
    return (int64_t)us + 1;
}

static void send_one(struct queue_sim *sim, int64_t now_us) {
    const struct queue_server *server = sim->server;
    struct flight *flight = &sim->flights[sim->count++];
    size_t workers = server->workers, first = 0;
    int64_t begin_us = now_us + server->network_us / 2;

    *flight = (struct flight){.sent_us = now_us, .kind = choose(sim), .cost = 1};
    if (flight->kind->cost_spread > 1)
        flight->cost = 1 + (uint32_t)(chance(sim) * flight->kind->cost_spread);
    if (server->in_flight_max > 0 && sim->count > server->in_flight_max) {
        flight->refused = true;
        flight->back_us = now_us + server->network_us + 500;
        return;
    }
    if (server->change_us > 0 && now_us >= server->change_us && server->then_workers > 0)
        workers = server->then_workers;
    for (size_t i = 1; i < workers; i++)
        if (sim->free_us[i] < sim->free_us[first])
            first = i;
    if (sim->free_us[first] > begin_us)
        begin_us = sim->free_us[first];
    sim->free_us[first] = begin_us + service_us(sim, flight, begin_us);
    flight->back_us = sim->free_us[first] + server->network_us - server->network_us / 2;
}

static size_t soonest(const struct queue_sim *sim) {
    size_t at = 0;

    for (size_t i = 1; i < sim->count; i++)
        if (sim->flights[i].back_us < sim->flights[at].back_us)
            at = i;
    return at;
}

static void tell_pace(struct pace *pace, const struct flight *flight, int64_t now_us) {
    struct request request = {.path = flight->kind->path, .cost = flight->cost};
    struct answer answer = {.status = flight->refused ? 503 : 200,
                            .latency_us = now_us - flight->sent_us};
    struct verdict verdict = {.action = VERDICT_DONE};

    if (flight->refused)
        verdict = (struct verdict){.action = VERDICT_RETRY,
                                   .wait_ms = 200,
                                   .pause_all = true,
                                   .free_attempt = true};
    pace_answered(pace, now_us, &request, &answer, &verdict);
}

struct queue_result queue_run(const struct queue_server *server, size_t jobs,
                              int64_t rate_milli, int64_t from_us, int64_t to_us) {
    struct queue_sim sim = {.server = server, .random = server->seed * 2654435761u + 1};
    uint64_t jitter = server->seed + 99;
    const struct env env = {.monotonic_us = no_clock,
                            .wall_ms = no_clock,
                            .random = next_random,
                            .context = &jitter};
    struct pace_options options = {.jobs = jobs, .rate_milli = rate_milli, .env = &env};
    struct queue_result result = {.limit_least = SIZE_MAX};
    double answers = 0, rows = 0, latency = 0, limits = 0;
    int64_t now_us = 1000000, begin_us = now_us;
    struct pace pace;

    pace_init(&pace, &options);
    while (now_us - begin_us < to_us) {
        int64_t wait_us = 0;
        size_t at, limit;
        while (sim.count < PLACES && pace_may_send(&pace, now_us, sim.count, &wait_us)) {
            send_one(&sim, now_us);
            pace_sent(&pace, now_us);
        }
        at = soonest(&sim);
        if (wait_us > 0 &&
            (sim.count == 0 || now_us + wait_us < sim.flights[at].back_us)) {
            now_us += wait_us;
            continue;
        }
        if (sim.flights[at].back_us > now_us)
            now_us = sim.flights[at].back_us;
        now_us += server->client_us;
        tell_pace(&pace, &sim.flights[at], now_us);
        limit = pace_limit(&pace);
        if (now_us - begin_us >= from_us) {
            answers++;
            rows += sim.flights[at].refused ? 0 : sim.flights[at].cost;
            result.refused += sim.flights[at].refused;
            latency += (double)(now_us - sim.flights[at].sent_us);
            limits += (double)limit;
            if (limit < result.limit_least)
                result.limit_least = limit;
        }
        sim.flights[at] = sim.flights[--sim.count];
    }
    result.rate = rows * 1e6 / (double)(to_us - from_us);
    result.latency_us = answers > 0 ? latency / answers : 0;
    result.limit = answers > 0 ? limits / answers : 0;
    return result;
}
