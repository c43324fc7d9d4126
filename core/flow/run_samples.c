/* run_samples.c - sampled, thinned out, kept. */
#include "flow/run_samples.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_DISTANCE_MS = 500, TEXT_BYTES = 64 * 1024 };

void run_samples_init(struct run_samples *samples, int64_t ran_ms) {
    memset(samples, 0, sizeof *samples);
    samples->distance_ms = FIRST_DISTANCE_MS;
    samples->offset_ms = ran_ms;
}

/* Every second one goes; what is left stands for twice the time. */
static void thin_out(struct run_samples *samples) {
    size_t kept = 0;

    for (size_t i = 1; i < samples->count; i += 2)
        samples->list[kept++] = samples->list[i];
    samples->count = kept;
    samples->distance_ms *= 2;
}

void run_samples_add(struct run_samples *samples, int64_t at_ms, uint64_t done,
                     const struct histogram *latency) {
    struct run_sample *sample;
    struct histogram since;

    at_ms += samples->offset_ms;
    if (samples->count > 0 &&
        at_ms - samples->list[samples->count - 1].at_ms < samples->distance_ms)
        return;
    if (samples->count == RUN_SAMPLES)
        thin_out(samples);
    since = *latency;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        since.counts[i] -= samples->before.counts[i];
    since.total -= samples->before.total;
    samples->before = *latency;
    if (samples->count == 0) { /* the begin of this part */
        samples->list[0] = (struct run_sample){.at_ms = samples->offset_ms, .done = done};
        samples->count = 1;
        if (at_ms - samples->offset_ms < samples->distance_ms)
            return;
    }
    sample = &samples->list[samples->count++];
    *sample = (struct run_sample){.at_ms = at_ms, .done = done};
    sample->p50_us = histogram_percentile(&since, 500);
    sample->p95_us = histogram_percentile(&since, 950);
}

void run_samples_row(struct run_samples *samples, uint64_t line, enum row_state state,
                     int64_t latency_us) {
    struct slow_row row = {.line = line, .state = state, .latency_us = latency_us};
    size_t at = samples->slow_count;

    if (latency_us <= 0 ||
        (at == RUN_SLOWEST && samples->slowest[at - 1].latency_us >= latency_us))
        return;
    if (at < RUN_SLOWEST)
        samples->slow_count++;
    else
        at--;
    for (; at > 0 && samples->slowest[at - 1].latency_us < latency_us; at--)
        samples->slowest[at] = samples->slowest[at - 1];
    samples->slowest[at] = row;
}

/* The first number that is free. */
static int next_part(struct journal *journal) {
    char key[32];

    for (int i = 1;; i++) {
        (void)snprintf(key, sizeof key, "samples.%d", i);
        if (journal_text(journal, key)[0] == '\0')
            return i;
    }
}

static int keep_text(struct journal *journal, const char *name, int part,
                     struct buf *text, struct err *err) {
    char key[32];
    int rc;

    (void)snprintf(key, sizeof key, "%s.%d", name, part);
    rc = text->failed != RC_OK ? err_nomem(err)
                               : journal_set_text(journal, key, buf_text(text), err);
    buf_reset(text);
    return rc;
}

/* [[line,"created",microseconds],...] */
static void append_slowest(const struct run_samples *samples, struct buf *text) {
    (void)buf_append_char(text, '[');
    for (size_t i = 0; i < samples->slow_count; i++)
        (void)buf_append_format(text, "%s[%" PRIu64 ",\"%s\",%" PRId64 "]",
                                i > 0 ? "," : "", samples->slowest[i].line,
                                row_state_name(samples->slowest[i].state),
                                samples->slowest[i].latency_us);
    (void)buf_append_char(text, ']');
}

/* {"server":milliseconds,...} */
static void append_times(const struct courier *courier, struct buf *text) {
    struct time_shares shares;

    courier_time(courier, &shares);
    for (enum time_share i = 0; i < SHARE_COUNT; i++)
        (void)buf_append_format(text, "%s\"%s\":%" PRId64, i == 0 ? "{" : ",",
                                time_share_name(i), shares.us[i] / 1000);
    (void)buf_append_char(text, '}');
}

int run_samples_keep(const struct run_samples *samples, const struct courier *courier,
                     struct journal *journal, struct err *err) {
    const struct courier_counts *counts = courier_counts(courier);
    struct buf text = {.max = TEXT_BYTES};
    int part = next_part(journal), rc;
    bool first = true;

    (void)buf_append_char(&text, '[');
    for (size_t i = 0; i < samples->count; i++)
        (void)buf_append_format(
            &text, "%s[%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]",
            i > 0 ? "," : "", samples->list[i].at_ms, samples->list[i].done,
            samples->list[i].p50_us, samples->list[i].p95_us);
    (void)buf_append_char(&text, ']');
    rc = keep_text(journal, "samples", part, &text, err);
    (void)buf_append_char(&text, '{');
    for (int status = 100; status < 600; status++) {
        if (counts->by_status[status] == 0)
            continue;
        (void)buf_append_format(&text, "%s\"%d\":%" PRIu64, first ? "" : ",", status,
                                counts->by_status[status]);
        first = false;
    }
    (void)buf_append_format(&text, "%s\"lost\":%" PRIu64 ",\"retries\":%" PRIu64 "}",
                            first ? "" : ",", counts->lost, counts->retries);
    if (rc == RC_OK)
        rc = keep_text(journal, "statuses", part, &text, err);
    append_slowest(samples, &text);
    if (rc == RC_OK)
        rc = keep_text(journal, "slowest", part, &text, err);
    append_times(courier, &text);
    if (rc == RC_OK)
        rc = keep_text(journal, "times", part, &text, err);
    buf_fini(&text);
    return rc;
}
