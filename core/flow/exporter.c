/* exporter.c - ranges of ids: cut, read at the same time, noted. */
#include "flow/exporter.h"

#include "base/env.h"
#include "flow/exporter_private.h"
#include "model/json.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    RANGE_RECORDS = 1000, /* fewer are not worth a range of their own */
    RANGES_PER_JOB = 2,   /* so that no connection idles while the last range is read */
    RANGES_AUTO = 16,     /* with --jobs auto: to find where a range begins, EspoCRM reads
                             all records before it */
    POLL_MS = 200
};

void exporter_fail(struct exporter *exporter, int rc, const struct err *err) {
    if (exporter->rc != RC_OK)
        return;
    exporter->rc = rc;
    if (err != NULL)
        exporter->err = *err;
    else
        (void)err_nomem(&exporter->err);
    courier_halt(site_courier(exporter->options->site));
}

bool exporter_take_id(struct slice record, char out[EXPORT_ID_BYTES]) {
    struct buf text = {.max = EXPORT_ID_BYTES - 1};
    struct json_member id;
    bool taken;

    if (!json_find(record, "id", &id) || id.type != JSON_IS_STRING)
        return false;
    taken = json_unescape(&text, id.raw) == RC_OK && text.len > 0 &&
            memchr(text.data, '\0', text.len) == NULL;
    if (taken) {
        memcpy(out, text.data, text.len);
        out[text.len] = '\0';
    }
    buf_fini(&text);
    return taken;
}

void exporter_too_long(struct err *err, size_t length, int status) {
    (void)err_set(
        err, RC_USAGE,
        "the web server takes no list request of %zu KB (status %d): attributes "
        "and conditions are part of its address",
        (length + 1023) / 1024, status);
    err_advise(err,
               "name fewer attributes or fewer values; of many ids, export a part at "
               "a time, or all and choose afterwards");
}

int exporter_append_search(struct buf *json, const struct export_options *options,
                           const char *after, const char *until, size_t page) {
    const char *const *list = table_list(options->table);
    bool any = options->where[0] != '\0';

    (void)buf_append_text(json, "{\"select\":[");
    for (size_t i = 0; list[i] != NULL; i++) {
        (void)buf_append_text(json, i > 0 ? "," : "");
        (void)json_append_string(json, slice_of(list[i]));
    }
    (void)buf_append_format(json, "],\"where\":[%s", options->where);
    if (after != NULL && after[0] != '\0') {
        (void)buf_append_format(
            json, "%s{\"type\":\"greaterThan\",\"attribute\":\"id\",\"value\":",
            any ? "," : "");
        (void)json_append_string(json, slice_of(after));
        (void)buf_append_char(json, '}');
        any = true;
    }
    if (until[0] != '\0') {
        (void)buf_append_format(
            json, "%s{\"type\":\"lessThanOrEquals\",\"attribute\":\"id\",\"value\":",
            any ? "," : "");
        (void)json_append_string(json, slice_of(until));
        (void)buf_append_char(json, '}');
    }
    (void)buf_append_format(json,
                            "],\"maxSize\":%zu,\"orderBy\":\"id\",\"order\":\"asc\"%s",
                            page, options->params);
    return json->failed;
}

static int put_range(struct journal *journal, int64_t number, const char *after,
                     const char *until, bool done, struct err *err) {
    const struct journal_range range = {
        .number = number, .after = after, .until = until, .done = done};

    return journal_put_range(journal, &range, err);
}

/* Cuts at the ids that stand at equal distances; each is one request. Between two that
 * are the same (records went meanwhile) there is nothing. */
static int cut_ranges(const struct export_options *options, uint64_t total, size_t count,
                      struct err *err) {
    uint64_t places[EXPORT_RANGES_MAX] = {0};
    char ids[EXPORT_RANGES_MAX][EXPORT_ID_BYTES];
    const char *after = "";
    int64_t number = 0;
    int rc;

    for (size_t i = 1; i < count; i++)
        places[i - 1] = total * i / count;
    rc = export_probe_ids(options, places, count - 1, ids, err);
    for (size_t i = 0; rc == RC_OK && i + 1 < count; i++) {
        if (ids[i][0] == '\0' || strcmp(ids[i], after) == 0)
            continue;
        rc = put_range(options->journal, number++, after, ids[i], false, err);
        after = ids[i];
    }
    return rc == RC_OK ? put_range(options->journal, number, after, "", false, err) : rc;
}

int exporter_begin(const struct export_options *options, struct err *err) {
    size_t jobs = courier_most(site_courier(options->site)), count = 1;
    uint64_t total = 0;
    int rc = export_probe_total(options, &total, err);

    if (jobs > 1 && total >= 2 * RANGE_RECORDS) {
        count = jobs * RANGES_PER_JOB;
        if (courier_is_automatic(site_courier(options->site)) && count > RANGES_AUTO)
            count = RANGES_AUTO; /* nobody has asked for so many in flight */
        if (count > total / RANGE_RECORDS)
            count = (size_t)(total / RANGE_RECORDS);
        if (count > EXPORT_RANGES_MAX)
            count = EXPORT_RANGES_MAX;
    }
    if (rc == RC_OK)
        rc = journal_begin_records(options->journal, err);
    if (rc == RC_OK)
        rc = journal_set_int(options->journal, "export.total", (int64_t)total, err);
    return rc == RC_OK ? cut_ranges(options, total, count, err) : rc;
}

static int add_range(void *context, const struct journal_range *range) {
    struct exporter *exporter = context;
    struct export_range *at;

    if (exporter->range_count == EXPORT_RANGES_MAX)
        return RC_LIMIT;
    at = &exporter->ranges[exporter->range_count++];
    at->exporter = exporter;
    at->number = range->number;
    at->done = range->done;
    at->page = exporter->options->page;
    at->path.max = 4 * EXPORT_JSON_BYTES;
    at->body.max = EXPORT_PAGE_BYTES;
    at->refused.max = EXPORT_PAGE_BYTES;
    at->reads_end = &at->reads;
    (void)snprintf(at->after, sizeof at->after, "%s", range->after);
    (void)snprintf(at->until, sizeof at->until, "%s", range->until);
    return RC_OK;
}

static void start_ranges(struct exporter *exporter) {
    size_t jobs = courier_jobs(site_courier(exporter->options->site));

    for (size_t i = 0; i < exporter->range_count && exporter->active < jobs; i++) {
        struct export_range *range = &exporter->ranges[i];
        if (range->done || range->active || exporter->rc != RC_OK)
            continue;
        range->active = true;
        exporter->active++;
        exporter_ask(range);
    }
}

static void show_progress(const struct exporter *exporter, bool stopping) {
    const struct export_options *options = exporter->options;
    const struct courier *courier = site_courier(options->site);
    const struct export_progress progress = {
        .records = exporter->counts->records,
        .total = options->link == NULL ? exporter->counts->total : 0, /* not pairs */
        .retries = courier_counts(courier)->retries,
        .in_flight = courier_in_flight(courier),
        .jobs = courier_jobs(courier),
        .pause_ms = courier_pause_ms(courier),
        .latency = courier_latency(courier),
        .stopping = stopping,
    };

    if (options->progress != NULL)
        options->progress(options->context, &progress);
}

/* Commits what was put when it is worth it. */
static int commit_due(struct exporter *exporter, struct err *err) {
    int64_t now = env_monotonic_us(site_env(exporter->options->site));

    if (exporter->uncommitted == 0 || (exporter->uncommitted < EXPORT_COMMIT_RECORDS &&
                                       now - exporter->committed_us < EXPORT_COMMIT_US))
        return RC_OK;
    exporter->uncommitted = 0;
    exporter->committed_us = now;
    return journal_commit(exporter->options->journal, err);
}

/* Until nothing is under way: all was read, or something stopped it. */
static void read_ranges(struct exporter *exporter) {
    struct site *site = exporter->options->site;
    struct courier *courier = site_courier(site);
    struct err err = {0};

    start_ranges(exporter);
    while (exporter->active > 0) {
        int asked = env_interrupts(site_env(site));
        int rc;
        if (asked > 0 && exporter->rc == RC_OK) {
            (void)err_set(&err, RC_INTERRUPTED, "interrupted");
            exporter_fail(exporter, RC_INTERRUPTED, &err);
        }
        if (asked > 1)
            courier_cancel(courier);
        show_progress(exporter, exporter->rc != RC_OK);
        rc = courier_poll(courier, POLL_MS, &err);
        if (rc < 0) {
            exporter_fail(exporter, rc, &err);
            courier_cancel(courier);
        }
        if (exporter->rc == RC_OK && commit_due(exporter, &err) < 0)
            exporter_fail(exporter, (int)err.rc, &err);
        start_ranges(exporter);
    }
    if (exporter->rc != RC_LOCAL && exporter->rc != RC_NOMEM &&
        journal_commit(exporter->options->journal, &err) < 0)
        exporter_fail(exporter, (int)err.rc, &err);
    show_progress(exporter, exporter->rc != RC_OK);
}

static bool all_done(const struct exporter *exporter) {
    for (size_t i = 0; i < exporter->range_count; i++)
        if (!exporter->ranges[i].done)
            return false;
    return true;
}

/* Counts that must outlive a resumed run. */
static const char *const kept_counts[] = {"export.repeated", "export.vanished",
                                          "export.reads", "export.unfaithful"};

static void kept_places(struct export_counts *counts, uint64_t *out[4]) {
    out[0] = &counts->repeated;
    out[1] = &counts->vanished;
    out[2] = &counts->reads;
    out[3] = &counts->unfaithful;
}

static int keep_counts(struct journal *journal, uint64_t *const kept[4],
                       struct err *err) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < 4; i++)
        rc = journal_set_int(journal, kept_counts[i], (int64_t)*kept[i], err);
    return rc == RC_OK ? journal_commit(journal, err) : rc;
}

int exporter_run(const struct export_options *options, struct export_counts *counts,
                 struct err *err) {
    struct exporter exporter = {.options = options,
                                .counts = counts,
                                .pack.max = EXPORT_BODY_BYTES,
                                .text.max = EXPORT_BODY_BYTES};
    struct err why = {0};
    uint64_t *kept[4];
    int rc;

    memset(counts, 0, sizeof *counts);
    kept_places(counts, kept);
    counts->total = (uint64_t)journal_int(options->journal, "export.total");
    for (size_t i = 0; i < 4; i++)
        *kept[i] = (uint64_t)journal_int(options->journal, kept_counts[i]);
    exporter.ranges = calloc(EXPORT_RANGES_MAX, sizeof *exporter.ranges);
    rc = exporter.ranges == NULL
             ? err_nomem(err)
             : journal_count_records(options->journal, &counts->records, err);
    if (rc == RC_OK)
        rc = journal_ranges(options->journal, add_range, &exporter, err);
    if (rc == RC_OK) {
        exporter.committed_us = env_monotonic_us(site_env(options->site));
        read_ranges(&exporter);
        rc = exporter.rc;
        if (rc != RC_OK && err != NULL)
            *err = exporter.err;
        else if (!all_done(&exporter))
            rc = err_set(err, RC_SERVER, "the export ended before all was read");
    }
    if (rc != RC_LOCAL && keep_counts(options->journal, kept, &why) != RC_OK) {
        rc = (int)why.rc;
        if (err != NULL)
            *err = why;
    }
    for (size_t i = 0; i < exporter.range_count; i++) {
        exporter_free_reads(&exporter.ranges[i]);
        buf_fini(&exporter.ranges[i].path);
        buf_fini(&exporter.ranges[i].body);
        buf_fini(&exporter.ranges[i].refused);
    }
    free(exporter.ranges);
    buf_fini(&exporter.pack);
    buf_fini(&exporter.text);
    return rc;
}
