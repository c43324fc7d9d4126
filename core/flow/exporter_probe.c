/* exporter_probe.c - asks how many records there are, and which stand where. */
#include "flow/exporter_private.h"

#include "base/env.h"
#include "model/json.h"
#include "wire/espo.h"

#include <stdio.h>
#include <stdlib.h>

enum { POLL_MS = 200 };

/* One probe: the id at a place of the list, or how many there are. */
struct probe {
    struct parcel parcel; /* first */
    struct buf path;      /* owned */
    char id[EXPORT_ID_BYTES];
    int64_t total;
    bool done;
    int status;
    struct verdict verdict;
};

static void probe_done(struct parcel *parcel, const struct verdict *verdict,
                       const struct answer *answer) {
    struct probe *probe = (struct probe *)parcel;
    struct json_member list, total, record;
    struct json_cursor cursor;

    probe->done = true;
    probe->verdict = *verdict;
    probe->status = answer->status;
    if (verdict->action != VERDICT_DONE)
        return;
    if (json_find(answer->body, "total", &total) && total.type == JSON_IS_NUMBER) {
        char digits[24];
        (void)snprintf(digits, sizeof digits, "%.*s",
                       (int)(total.raw.len < 20 ? total.raw.len : 20), total.raw.data);
        probe->total = strtoll(digits, NULL, 10);
    }
    if (json_find(answer->body, "list", &list) &&
        json_cursor_array(&cursor, list.raw) == RC_OK &&
        json_cursor_next(&cursor, &record) == 1)
        (void)exporter_take_id(record.raw, probe->id);
}

static int probe_send(struct probe *probe, const struct export_options *options,
                      uint64_t offset, bool count) {
    struct buf json = {.max = EXPORT_JSON_BYTES};

    (void)buf_append_format(&json,
                            "{\"select\":[\"id\"],\"where\":[%s],\"maxSize\":1,"
                            "\"offset\":%llu,\"orderBy\":\"id\",\"order\":\"asc\"%s}",
                            options->where, (unsigned long long)offset, options->params);
    probe->path.max = 4 * EXPORT_JSON_BYTES;
    if (json.failed == RC_OK)
        (void)espo_append_list_path(&probe->path, options->entity_type, buf_slice(&json));
    buf_fini(&json);
    if (probe->path.failed != RC_OK || probe->path.len == 0)
        return RC_NOMEM;
    probe->parcel.request.method = METHOD_GET;
    probe->parcel.request.path = buf_text(&probe->path);
    probe->parcel.request.no_total = !count;
    probe->parcel.done = probe_done;
    courier_send(site_courier(options->site), &probe->parcel);
    return RC_OK;
}

/* What a request that did not succeed means for the export. */
static int refused(const struct export_options *options, const struct probe *probe,
                   struct err *err) {
    const struct verdict *verdict = &probe->verdict;
    struct courier *courier = site_courier(options->site);

    if (env_interrupts(site_env(options->site)) > 0)
        return err_set(err, RC_INTERRUPTED, "interrupted");
    if (probe->status != 400 && courier_stopped(courier, err) != RC_OK)
        return (int)courier_stopped(courier, NULL);
    if (verdict->reason == REASON_REQUEST_TOO_LARGE) {
        exporter_too_long(err, probe->path.len, probe->status);
        return RC_USAGE;
    }
    if (verdict->action == VERDICT_STOP && probe->status != 400)
        return err_set(err, verdict->stop != RC_OK ? verdict->stop : RC_SERVER, "%s",
                       verdict->message);
    (void)err_set(err, RC_USAGE, "EspoCRM does not list %s: %s", options->entity_type,
                  verdict->message);
    err_advise(err,
               "check --where, --filter, --bool-filter, --text and the rights of "
               "the user; espoload ping %s shows these",
               options->entity_type);
    return RC_USAGE;
}

static int probes_wait(struct probe *probes, size_t count,
                       const struct export_options *options, struct err *err) {
    struct courier *courier = site_courier(options->site);
    size_t done = 0;
    int rc = RC_OK;

    while (done < count) {
        if (env_interrupts(site_env(options->site)) > 0)
            courier_cancel(courier);
        rc = courier_poll(courier, POLL_MS, err);
        if (rc < 0) { /* delivers what waits: it must not outlive us */
            courier_cancel(courier);
            (void)courier_poll(courier, 0, NULL);
            return rc;
        }
        for (done = 0; done < count && probes[done].done; done++)
            continue;
    }
    for (size_t i = 0; i < count; i++)
        if (probes[i].verdict.action != VERDICT_DONE)
            return refused(options, &probes[i], err);
    return RC_OK;
}

int export_probe_total(const struct export_options *options, uint64_t *total,
                       struct err *err) {
    struct probe probe = {.total = 0};
    int rc = probe_send(&probe, options, 0, true);

    rc = rc < 0 ? err_nomem(err) : probes_wait(&probe, 1, options, err);
    *total = probe.total > 0 ? (uint64_t)probe.total : 0;
    buf_fini(&probe.path);
    return rc;
}

int export_probe_ids(const struct export_options *options, const uint64_t *places,
                     size_t count, char (*ids)[EXPORT_ID_BYTES], struct err *err) {
    struct probe *probes = calloc(count + 1, sizeof *probes);
    size_t sent = 0;
    int rc = probes == NULL ? err_nomem(err) : RC_OK;

    while (rc == RC_OK && sent < count)
        if (probe_send(&probes[sent], options, places[sent], false) < 0)
            rc = err_nomem(err);
        else
            sent++;
    if (sent > 0) {
        int waited = probes_wait(probes, sent, options, err);
        rc = rc == RC_OK ? waited : rc;
    }
    for (size_t i = 0; i < sent; i++) {
        memcpy(ids[i], probes[i].id, EXPORT_ID_BYTES);
        buf_fini(&probes[i].path);
    }
    if (probes != NULL && sent < count)
        buf_fini(&probes[sent].path);
    free(probes);
    return rc;
}
