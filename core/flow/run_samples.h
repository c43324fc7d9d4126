/* run_samples.h - how fast a run was, moment by moment: for its report.
 *
 * A fixed number of samples, whatever the run takes: when they are full, every second one
 * goes and the distance doubles.
 */
#ifndef FLOW_RUN_SAMPLES_H
#define FLOW_RUN_SAMPLES_H

#include "base/err.h"
#include "base/histogram.h"
#include "state/journal.h"
#include "wire/courier.h"

#include <stdint.h>

enum { RUN_SAMPLES = 240, RUN_SLOWEST = 20 };

struct run_sample {
    int64_t at_ms; /* since the run began, parts of it that were interrupted included */
    uint64_t done; /* rows with an outcome */
    uint64_t p50_us, p95_us; /* of the requests since the sample before; 0 = none */
};

/* A row whose request took long. */
struct slow_row {
    uint64_t line; /* of the file */
    enum row_state state;
    int64_t latency_us; /* from the request to its answer */
};

struct run_samples {
    struct run_sample list[RUN_SAMPLES];
    size_t count;
    int64_t distance_ms;                  /* between samples */
    int64_t offset_ms;                    /* what earlier parts of the run took */
    struct histogram before;              /* at the last sample */
    struct slow_row slowest[RUN_SLOWEST]; /* the slowest first */
    size_t slow_count;
};

/* ran_ms: of earlier parts of the run. */
void run_samples_init(struct run_samples *samples, int64_t ran_ms);

/* Takes a sample when one is due. at_ms: since this part began. */
void run_samples_add(struct run_samples *samples, int64_t at_ms, uint64_t done,
                     const struct histogram *latency);

/* A row has ended, whose request took so long (0 = not known). */
void run_samples_row(struct run_samples *samples, uint64_t line, enum row_state state,
                     int64_t latency_us);

/* Keeps them in the checkpoint, as JSON, with the answers by status, the slowest rows and
 * where the time went, beside those of earlier parts: facts samples.N, statuses.N,
 * slowest.N and times.N, N from 1. Not committed. */
int run_samples_keep(const struct run_samples *samples, const struct courier *courier,
                     struct journal *journal, struct err *err);

#endif
