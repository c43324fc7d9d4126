/* export_carry.c - exporter, progress, files, summary: one run of an export. */
#include "cmd/export_carry.h"

#include "cmd/jsonout.h"
#include "cmd/progress.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/run_files.h"
#include "cmd/run_state.h"
#include "cmd/summary.h"
#include "cmd/terminal.h"
#include "cmd/time_spent.h"
#include "flow/export_changes.h"
#include "flow/export_files.h"
#include "state/journal_record.h"

#include <string.h>

enum { TEXT_MAX = 64 * 1024, JSON_PROGRESS_US = 5 * 1000 * 1000 };

/* What the exporter's callback needs. */
struct watch {
    struct command_context *context; /* borrowed */
    const struct export_carry *carry;
    struct progress progress;
    struct progress_state state; /* as last told */
    int64_t json_us;             /* when progress went to --json last, monotonic */
    bool started;
};

void export_carry_options(const struct export_carry *carry, struct export_options *out) {
    *out = (struct export_options){
        .site = carry->connection->site,
        .journal = carry->journal,
        .table = carry->table,
        .entity_type = carry->spec->entity_type,
        .where = carry->spec->where,
        .params = carry->spec->params,
        .link = carry->spec->link[0] == '\0' ? NULL : carry->spec->link,
        .sort = carry->sort,
        .page = schema_server(carry->schema)->list_max_size,
        .json = carry->spec->jsonl,
    };
}

static void watch_state(struct progress_state *out, const struct export_progress *p) {
    memset(out, 0, sizeof *out);
    out->total = p->total;
    out->done = p->records;
    out->in_flight = p->in_flight;
    out->limit = p->jobs;
    out->retries = p->retries;
    out->p50_us = (int64_t)histogram_percentile(p->latency, 500);
    out->p95_us = (int64_t)histogram_percentile(p->latency, 950);
    out->wait_ms = p->pause_ms;
    if (p->stopping)
        out->status = PROGRESS_STOPPING;
    else if (p->pause_ms > 0)
        out->status = PROGRESS_PAUSED;
}

static void watch_progress(void *context, const struct export_progress *p) {
    struct watch *watch = context;
    struct jsonout *json = watch->context->json;
    int64_t now_us = env_monotonic_us(watch->context->env);

    watch_state(&watch->state, p);
    run_state_rows(watch->context->run, "read", p->records);
    run_state_requests(watch->context->run, site_courier(watch->carry->connection->site));
    run_state_show(watch->context);
    if (json != NULL && now_us - watch->json_us >= JSON_PROGRESS_US) {
        watch->json_us = now_us;
        jsonout_begin(json, "progress");
        jsonout_count(json, "records", p->records);
        jsonout_count(json, "total", p->total);
        jsonout_count(json, "inFlight", p->in_flight);
        (void)jsonout_end(json, NULL);
    }
    if (!watch->started) {
        connect_show(watch->carry->connection, watch->context, &watch->progress,
                     &watch->state, "exporting %.100s", watch->carry->spec->entity_type);
        watch->started = true;
        return;
    }
    progress_show(&watch->progress, &watch->state);
}

static void append_number(struct buf *buf, uint64_t n, const char *one,
                          const char *many) {
    quantity_append_count(buf, n);
    (void)buf_append_format(buf, " %s", n == 1 ? one : many);
}

static void append_speed(struct buf *buf, const struct courier *courier, int64_t ms,
                         uint64_t records) {
    (void)buf_append_text(buf, "  in ");
    quantity_append_duration(buf, ms);
    if (ms > 0 && records > 0) {
        (void)buf_append_text(buf, ", ");
        quantity_append_rate(buf, records * 1000000 / (uint64_t)ms);
        (void)buf_append_text(buf, " records/s");
    }
    summary_append_requests(buf, courier);
    (void)buf_append_char(buf, '\n');
    time_spent_append(buf, courier);
}

/* What a careful reader wants to know of how the records came. */
static void append_notes(struct buf *buf, const struct export_carry *carry,
                         const struct export_counts *counts) {
    if (counts->reads > 0 && carry->spec->link[0] == '\0') {
        (void)buf_append_text(buf, "  ");
        append_number(buf, counts->reads, "record", "records");
        (void)buf_append_text(
            buf, " read by id as well: lists cut long texts and show one address\n");
    }
    if (counts->repeated > 0) {
        (void)buf_append_text(buf, "  ");
        append_number(buf, counts->repeated, "record", "records");
        (void)buf_append_text(buf, " listed more than once by EspoCRM, written once\n");
    }
    if (counts->vanished > 0) {
        (void)buf_append_text(buf, "  ");
        append_number(buf, counts->vanished, "record", "records");
        (void)buf_append_text(
            buf, " deleted, or hidden from you, while being read: left out\n");
    }
    if (counts->unfaithful > 0) {
        (void)buf_append_text(buf, "  ");
        append_number(buf, counts->unfaithful, "cell", "cells");
        (void)buf_append_text(buf, " would not be read back as the value in EspoCRM: "
                                   "seconds that the format leaves out, times that came "
                                   "twice, values that the valueMap has not\n");
    }
}

/* What an incremental export says of itself. */
static void append_changes(struct buf *buf, const struct export_carry *carry,
                           const struct export_written *written,
                           const struct export_deletions *deletions) {
    const struct export_spec *spec = carry->spec;

    if (spec->since[0] == '\0')
        (void)buf_append_text(buf, "  everything: it is the first run with this state\n");
    else
        (void)buf_append_format(buf, "  changed since %s UTC", spec->since);
    if (spec->since[0] != '\0' && written->unchanged > 0) {
        (void)buf_append_text(buf, "; ");
        append_number(buf, written->unchanged, "record", "records");
        (void)buf_append_text(buf, " left out that the last run has written just so");
    }
    (void)buf_append_text(buf, spec->since[0] == '\0' ? "" : "\n");
    if (!spec->deletions)
        return;
    if (deletions->first) {
        (void)buf_append_text(buf, "  deletions are told from the next run on\n");
    } else if (deletions->rights) {
        (void)buf_append_format(buf,
                                "  deletions are NOT told: the rights of %s have changed "
                                "since the last run, so that a record that is missing "
                                "may just be hidden; they are told from the next run "
                                "on\n",
                                spec->user_name);
    } else {
        (void)buf_append_text(buf, "  ");
        append_number(buf, deletions->deleted, "record", "records");
        (void)buf_append_text(buf, " deleted since then");
        if (deletions->filtered > 0) {
            (void)buf_append_text(buf, ", ");
            quantity_append_count(buf, deletions->filtered);
            (void)buf_append_text(buf, " not in the filter any more");
        }
        if (deletions->hidden > 0) {
            (void)buf_append_text(buf, ", ");
            quantity_append_count(buf, deletions->hidden);
            (void)buf_append_text(buf, " hidden from you now");
        }
        (void)buf_append_format(buf, ": %s\n",
                                summary_short_path(buf_text(&deletions->path)));
    }
}

static void append_files(struct buf *buf, const struct export_written *written) {
    if (written->files == 0 || written->manifest.len == 0)
        return;
    (void)buf_append_text(buf, "Files:\n  ");
    (void)buf_append_text(buf, summary_short_path(buf_text(&written->first)));
    if (written->files > 1)
        (void)buf_append_format(buf, " to %s",
                                summary_short_path(buf_text(&written->last)));
    (void)buf_append_text(buf, "  (");
    append_number(buf, written->records, "record", "records");
    (void)buf_append_text(buf, ", ");
    quantity_append_bytes(buf, written->bytes);
    (void)buf_append_format(buf, ")\n  %s  (rows, sizes, SHA-256, columns, filter)\n",
                            summary_short_path(buf_text(&written->manifest)));
}

static int print_text(struct command_context *context, const struct export_carry *carry,
                      const struct export_counts *counts,
                      const struct export_written *written,
                      const struct export_deletions *deletions, int rc, int64_t ms,
                      uint64_t before) {
    struct buf buf = {.max = TEXT_MAX};
    bool whole = rc == RC_OK;

    append_number(&buf, whole ? written->records : counts->records, "record", "records");
    (void)buf_append_text(&buf, whole ? " exported\n" : " read so far\n");
    append_speed(&buf, site_courier(carry->connection->site), ms,
                 counts->records - before);
    append_notes(&buf, carry, counts);
    if (whole && carry->state != NULL)
        append_changes(&buf, carry, written, deletions);
    append_files(&buf, written);
    if (!whole && !carry->temporary) {
        (void)buf_append_text(&buf, "Next:\n  espoload resume ");
        retype_append_word(&buf, carry->checkpoint);
        retype_append_connection(&buf, context->parser, false);
        (void)buf_append_char(&buf, '\n');
    }
    if (!context->global->quiet || !whole)
        (void)terminal_write_text(context->log, buf_slice(&buf), NULL);
    buf_fini(&buf);
    return RC_OK;
}

/* What the last line of --json is made of; borrowed. */
struct export_end {
    const struct export_carry *carry;
    const struct export_counts *counts;
    const struct export_written *written;
    const struct export_deletions *deletions;
    int rc;
    int64_t ms;
};

static int print_json(struct command_context *context, struct jsonout *json,
                      const struct export_end *end) {
    const struct export_carry *carry = end->carry;
    const struct export_counts *counts = end->counts;
    const struct export_written *written = end->written;
    const struct export_deletions *deletions = end->deletions;
    const struct courier_counts *sent =
        courier_counts(site_courier(carry->connection->site));

    jsonout_begin(json, "summary");
    jsonout_text(json, "kind", "export");
    jsonout_text(json, "entityType", carry->spec->entity_type);
    jsonout_boolean(json, "complete", end->rc == RC_OK);
    jsonout_count(json, "records", end->rc == RC_OK ? written->records : counts->records);
    jsonout_count(json, "repeated", counts->repeated);
    jsonout_count(json, "vanished", counts->vanished);
    jsonout_count(json, "readById", counts->reads);
    jsonout_count(json, "unfaithful", counts->unfaithful);
    if (carry->state != NULL) {
        jsonout_text(json, "since", carry->spec->since);
        jsonout_count(json, "alreadyWritten", written->unchanged);
    }
    if (carry->spec->deletions) {
        jsonout_boolean(json, "deletionsTold", !deletions->first && !deletions->rights);
        jsonout_count(json, "deleted", deletions->deleted);
        jsonout_count(json, "filtered", deletions->filtered);
        jsonout_count(json, "hidden", deletions->hidden);
    }
    jsonout_count(json, "files", written->files);
    jsonout_count(json, "bytes", written->bytes);
    if (written->files > 0)
        jsonout_text(json, "output", carry->spec->output);
    if (end->rc != RC_OK && !carry->temporary)
        jsonout_text(json, "checkpoint", carry->checkpoint);
    jsonout_count(json, "requests", sent->sent);
    jsonout_count(json, "retries", sent->retries);
    jsonout_milli(json, "seconds", end->ms);
    time_spent_json(json, site_courier(carry->connection->site));
    jsonout_error(json, "error", &context->err);
    return jsonout_end(json, &context->err);
}

/* The files, what was deleted, and then the state: it must not be ahead of them. */
static int write_files(struct command_context *context, const struct export_carry *carry,
                       struct export_written *written,
                       struct export_deletions *deletions) {
    struct export_options sweep;
    struct buf ids = {.max = 8192};
    struct err *err = &context->err;
    int rc = carry->state == NULL ? RC_OK : export_state_begin(carry->state, err);

    if (rc == RC_OK)
        rc = export_files_write(carry->journal, carry->spec, carry->state,
                                ESPOLOAD_VERSION, context->env, written, err);
    if (rc == RC_OK && carry->spec->deletions) {
        export_carry_options(carry, &sweep);
        sweep.where = carry->spec->filter;
        (void)buf_append_format(&ids, "%s.ids", carry->checkpoint);
        rc = ids.failed != RC_OK
                 ? err_nomem(err)
                 : export_deletions_run(&sweep, carry->spec, buf_text(&ids), carry->state,
                                        deletions, err);
    }
    if (rc == RC_OK && carry->state != NULL)
        rc = export_changes_commit(carry->state, carry->spec, carry->connection->site,
                                   err);
    if (rc == RC_OK && ids.len > 0)
        run_files_remove(buf_text(&ids));
    buf_fini(&ids);
    return rc;
}

int export_carry_run(struct command_context *context, const struct export_carry *carry) {
    struct watch watch = {.context = context, .carry = carry};
    struct export_options options;
    struct export_counts counts = {0};
    struct export_written written = {0};
    struct export_deletions deletions = {0};
    struct export_end end = {
        .carry = carry, .counts = &counts, .written = &written, .deletions = &deletions};
    int64_t began_us = env_monotonic_us(context->env), ms;
    uint64_t before = 0;
    int rc = journal_count_records(carry->journal, &before, &context->err);

    courier_time_begin(site_courier(carry->connection->site));
    run_state_name(context->run, "export", carry->spec->entity_type, carry->spec->url);
    export_carry_options(carry, &options);
    options.progress = watch_progress;
    options.context = &watch;
    if (rc == RC_OK)
        rc = exporter_run(&options, &counts, &context->err);
    if (watch.started) {
        watch.state.status = PROGRESS_FINISHING;
        connect_hide(carry->connection, &watch.state);
    }
    if (rc == RC_OK)
        rc = write_files(context, carry, &written, &deletions);
    ms = (env_monotonic_us(context->env) - began_us) / 1000;
    end.rc = rc;
    end.ms = ms;
    run_state_rows(context->run, "read", counts.records);
    run_state_rows(context->run, "exported", written.records);
    if (context->run->notice != NULL)
        (void)print_json(context, context->run->notice, &end);
    if (context->json != NULL) {
        int printed = print_json(context, context->json, &end);
        rc = rc == RC_OK ? printed : rc;
    }
    if (context->json == NULL || rc < 0)
        (void)print_text(context, carry, &counts, &written, &deletions, rc, ms, before);
    if (rc == RC_OK && deletions.rights)
        rc = EXIT_ROWS;
    export_written_fini(&written);
    export_deletions_fini(&deletions);
    return rc;
}
