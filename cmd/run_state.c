/* run_state.c - keeps the numbers, and passes them on when it is time to. */
#include "cmd/run_state.h"

#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/metrics.h"
#include "cmd/notify.h"
#include "cmd/quantity.h"
#include "cmd/terminal.h"

enum { TOLD_US = 15 * 1000 * 1000 }; /* as often as a collector asks, about */

static void keep(char *out, size_t size, const char *text) {
    if (text != NULL)
        (void)snprintf(out, size, "%s", text);
}

void run_state_name(struct run_state *run, const char *kind, const char *entity_type,
                    const char *url) {
    keep(run->kind, sizeof run->kind, kind);
    keep(run->entity_type, sizeof run->entity_type, entity_type);
    keep(run->url, sizeof run->url, url);
}

void run_state_rows(struct run_state *run, const char *name, uint64_t rows) {
    size_t i = 0;

    while (i < run->outcome_count && strcmp(run->outcomes[i].name, name) != 0)
        i++;
    if (i == RUN_OUTCOMES)
        return;
    run->outcomes[i] = (struct run_outcome){.name = name, .rows = rows};
    if (i == run->outcome_count)
        run->outcome_count++;
}

void run_state_tally(struct run_state *run, const struct tally *tally) {
    run_state_rows(run, "created", tally->created);
    run_state_rows(run, "updated", tally->updated);
    run_state_rows(run, "unchanged", tally->unchanged);
    run_state_rows(run, "skipped", tally->skipped);
    run_state_rows(run, "deleted", tally->deleted);
    run_state_rows(run, "failed", tally->failed);
    run_state_rows(run, "unknown", tally->unknown);
    run->unprocessed = tally->unprocessed;
}

void run_state_requests(struct run_state *run, const struct courier *courier) {
    run->requests = *courier_counts(courier);
}

void run_state_append(const struct run_state *run, struct buf *out) {
    bool first = true;

    for (size_t i = 0; i < run->outcome_count; i++) {
        if (run->outcomes[i].rows == 0)
            continue;
        (void)buf_append_text(out, first ? "" : ", ");
        first = false;
        quantity_append_count(out, run->outcomes[i].rows);
        (void)buf_append_format(out, " %s", run->outcomes[i].name);
    }
    if (run->unprocessed > 0) {
        (void)buf_append_text(out, first ? "" : ", ");
        first = false;
        quantity_append_count(out, run->unprocessed);
        (void)buf_append_text(out, " unprocessed");
    }
    (void)buf_append_text(out, first ? "nothing" : "");
}

void run_state_show(struct command_context *context) {
    struct run_state *run = context->run;
    int64_t now_us;

    if (context->global->metrics == NULL || run->pretend)
        return;
    now_us = env_monotonic_us(context->env);
    if (run->told_us != 0 && now_us - run->told_us < TOLD_US)
        return;
    run->told_us = now_us;
    (void)metrics_write(context, METRICS_RUNNING, NULL); /* the last one is told of */
}

void run_state_end(struct command_context *context, int exit_code) {
    struct err err = {0};

    if (context->run->pretend)
        return;
    if (context->global->metrics != NULL &&
        metrics_write(context, exit_code, &err) != RC_OK)
        terminal_print_error(context->log, &err);
    err_clear(&err);
    if (context->global->notify_command != NULL &&
        notify_run(context, exit_code, &err) != RC_OK)
        terminal_print_error(context->log, &err);
}
