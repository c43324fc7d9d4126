/* reconcile_carry.c - reconciler, progress, files: one run of a reconciliation. */
#include "cmd/reconcile_carry.h"

#include "cmd/jsonout.h"
#include "cmd/progress.h"
#include "cmd/run_files.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"

#include <string.h>

enum { JSON_PROGRESS_US = 5 * 1000 * 1000 };

/* What the reconciler's callback needs. */
struct watch {
    struct command_context *context;     /* borrowed */
    const struct reconcile_carry *carry; /* borrowed */
    struct progress progress;
    struct progress_state state; /* as last told */
    int64_t json_us;             /* when progress went to --json last, monotonic */
    bool started, sweeping;      /* what is shown now */
};

void reconcile_carry_options(const struct reconcile_carry *carry,
                             struct reconcile_options *out) {
    *out = (struct reconcile_options){
        .job = carry->job,
        .site = carry->connection->site,
        .journal = carry->journal,
        .table = carry->table,
        .spec = carry->spec,
        .base = carry->base,
        .run = carry->run,
    };
}

static void watch_stop(struct watch *watch) {
    if (!watch->started)
        return;
    watch->state.status = PROGRESS_FINISHING;
    connect_hide(watch->carry->connection, &watch->state);
    watch->started = false;
}

static void watch_start(struct watch *watch, bool sweeping) {
    connect_show(watch->carry->connection, watch->context, &watch->progress,
                 &watch->state, "%s %.300s", sweeping ? "reading" : "comparing",
                 sweeping ? watch->carry->facts->entity_type
                          : watch->carry->facts->input_name);
    watch->started = true;
    watch->sweeping = sweeping;
}

static void watch_progress(void *context, const struct reconcile_progress *p) {
    struct watch *watch = context;
    struct jsonout *json = watch->context->json;
    int64_t now_us = env_monotonic_us(watch->context->env);

    watch->state = (struct progress_state){
        .total = p->total,
        .done = p->done,
        .in_flight = p->in_flight,
        .limit = p->jobs,
        .retries = p->retries,
        .p50_us = (int64_t)histogram_percentile(p->latency, 500),
        .p95_us = (int64_t)histogram_percentile(p->latency, 950),
        .wait_ms = p->pause_ms,
        .status = p->pause_ms > 0 ? PROGRESS_PAUSED : PROGRESS_RUNNING,
    };
    run_state_requests(watch->context->run, site_courier(watch->carry->connection->site));
    run_state_show(watch->context);
    if (json != NULL && now_us - watch->json_us >= JSON_PROGRESS_US) {
        watch->json_us = now_us;
        jsonout_begin(json, "progress");
        jsonout_text(json, "stage", p->sweeping ? "records" : "rows");
        jsonout_count(json, "done", p->done);
        jsonout_count(json, "total", p->total);
        jsonout_count(json, "inFlight", p->in_flight);
        (void)jsonout_end(json, NULL);
    }
    if (watch->started && watch->sweeping != p->sweeping)
        watch_stop(watch);
    if (watch->started)
        progress_show(&watch->progress, &watch->state);
    else
        watch_start(watch, p->sweeping);
}

int reconcile_clear_checkpoint(struct command_context *context, const char *path) {
    bool left = false;
    int rc = run_files_left(path, "reconcile", &left, &context->err);

    if (rc != RC_OK || !left)
        return rc;
    if (!context->global->quiet)
        (void)terminal_print(
            context->log, "the run that left %s was broken off: starting anew\n", path);
    run_files_remove(path);
    return RC_OK;
}

static bool all_equal(const struct pair_counts *counts) {
    return counts->by_class[PAIR_EQUAL] == counts->rows && counts->only_crm == 0;
}

static void tell_counts(struct run_state *run, const struct pair_counts *counts,
                        bool sweep) {
    run_state_rows(run, "equal", counts->by_class[PAIR_EQUAL]);
    run_state_rows(run, "different", counts->by_class[PAIR_DIFFERENT]);
    run_state_rows(run, "only in the file", counts->by_class[PAIR_ONLY_FILE]);
    run_state_rows(run, "ambiguous", counts->by_class[PAIR_AMBIGUOUS]);
    run_state_rows(run, "unreadable", counts->by_class[PAIR_FAILED]);
    if (sweep)
        run_state_rows(run, "only in EspoCRM", counts->only_crm);
}

int reconcile_carry_run(struct command_context *context,
                        const struct reconcile_carry *carry) {
    struct watch watch = {.context = context, .carry = carry};
    struct reconcile_watch show = {.context = context, .carry = carry};
    struct reconcile_options options;
    struct reconcile_written written = {0};
    struct pair_counts counts = {0};
    struct reconcile_files files = {.job = carry->job,
                                    .journal = carry->journal,
                                    .spec = carry->spec,
                                    .counts = &counts,
                                    .prefix = carry->facts->prefix,
                                    .env = context->env,
                                    .entry = reconcile_show,
                                    .context = &show};
    struct reconcile_end end = {.carry = carry, .counts = &counts, .written = &written};
    int64_t began_us = env_monotonic_us(context->env);
    int rc;

    courier_time_begin(site_courier(carry->connection->site));
    run_state_name(context->run, "reconcile", carry->facts->entity_type,
                   carry->facts->url);
    reconcile_carry_options(carry, &options);
    options.progress = watch_progress;
    options.context = &watch;
    rc = reconciler_run(&options, &counts, &context->err);
    watch_stop(&watch);
    if (rc == RC_OK)
        rc = reconcile_files_write(&files, &written, &context->err);
    end.rc = rc;
    end.ms = (env_monotonic_us(context->env) - began_us) / 1000;
    tell_counts(context->run, &counts, carry->spec->sweep);
    if (context->run->notice != NULL)
        (void)reconcile_json_end(context, context->run->notice, &end);
    if (context->json != NULL && reconcile_json_end(context, context->json, &end) < 0 &&
        rc == RC_OK)
        rc = (int)context->err.rc;
    if (context->json == NULL || rc < 0)
        reconcile_print_end(context, &end);
    reconcile_written_fini(&written);
    return rc == RC_OK && !all_equal(&counts) ? EXIT_ROWS : rc;
}
