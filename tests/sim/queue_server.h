/* queue_server.h - a server with a queue and so many workers, on a clock of its own,
 * driven through plan/pace.h: how fast is it, and how long do answers take?
 *
 * Deterministic: the same seed, the same numbers. All that is sent is known at once, so
 * that a run of minutes takes milliseconds.
 */
#ifndef SIM_QUEUE_SERVER_H
#define SIM_QUEUE_SERVER_H

#include <stddef.h>
#include <stdint.h>

/* Requests come in this mix; the parts add up to 1000. */
struct queue_kind {
    const char *path;     /* of its requests */
    unsigned permille;    /* of all requests */
    int64_t service_us;   /* what a worker takes for one, on average */
    uint32_t cost_spread; /* costs are 1 to this; service_us is for a cost of 1 */
};

enum { QUEUE_KINDS_MAX = 4 };

struct queue_server {
    size_t workers;
    struct queue_kind kinds[QUEUE_KINDS_MAX];
    unsigned noise;       /* per cent that a service time may differ by, either way */
    unsigned exponential; /* per cent of requests whose time is exponential instead */
    int64_t network_us;   /* there and back */
    int64_t client_us;    /* the client takes for each answer, one after the other */
    size_t in_flight_max; /* more are refused with a 503; 0 = no such limit */
    int64_t change_us;    /* from here on: */
    size_t then_workers;  /* workers; 0 = as before */
    unsigned then_slower; /* takes so many per cent of the time; 0 = as before */
    int64_t cold_us;      /* until then everything takes three times as long */
    uint64_t seed;
};

struct queue_result {
    double rate;        /* rows (costs) answered a second, between from_us and to_us */
    double latency_us;  /* mean, in the same time */
    double limit;       /* mean of what may be in flight, likewise */
    size_t limit_least; /* of these */
    uint64_t refused;   /* answers of 503, likewise */
};

/* jobs: 0 = found out. Lets a client send as fast as it may until to_us. */
struct queue_result queue_run(const struct queue_server *server, size_t jobs,
                              int64_t rate_milli, int64_t from_us, int64_t to_us);

#endif
