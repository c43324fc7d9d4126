/* rehearse.c - every row up to the socket: what check does, and import with --dry-run. */
#include "cmd/rehearse.h"

#include "cmd/errorline.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/summary.h"
#include "cmd/terminal.h"
#include "flow/outputs.h"

enum { ERRORS_SHOWN = 20, TEXT_MAX = 64 * 1024, ASK_EVERY = 1024 };

struct rehearsal {
    struct command_context *context;  /* borrowed */
    struct job *job;                  /* borrowed */
    struct error_file *file;          /* owned; or NULL */
    struct row_pool pool;             /* owned */
    uint64_t good;                    /* rows that could be sent */
    uint64_t bad;                     /* rows that could not */
    uint64_t shown;                   /* errors printed */
    uint64_t by_reason[REASON_COUNT]; /* errors */
};

static void rehearse_print(struct rehearsal *r, const struct error_line *line) {
    struct buf text = {.max = TEXT_MAX};

    error_line_append(&text, line);
    (void)terminal_print(r->context->log, "%s\n", buf_text(&text));
    buf_fini(&text);
}

static int rehearse_bad(struct rehearsal *r, const struct row *row) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < row->record.error_count; i++) {
        const struct row_error *error = &row->record.errors[i];
        const struct error_line line = {
            .line = row->line,
            .record = row->number,
            .reason = error->reason,
            .column = job_column(r->job, error->column),
            .field = error->field,
            .value = error->value,
            .message = error->message,
        };
        r->by_reason[error->reason]++;
        if (!r->context->global->quiet && r->shown++ < ERRORS_SHOWN)
            rehearse_print(r, &line);
        if (r->context->json != NULL)
            rc = error_line_json(r->context->json, &line, &r->context->err);
    }
    if (rc == RC_OK && r->file != NULL)
        rc = error_file_add(r->file, row, &r->context->err);
    return rc;
}

static int rehearse_rows(struct rehearsal *r) {
    struct row *row = row_pool_get(&r->pool);
    int rc = row == NULL ? err_nomem(&r->context->err) : RC_OK;

    while (rc == RC_OK && (rc = job_read(r->job, row, &r->context->err)) == 1) {
        rc = RC_OK;
        if (row->record.error_count == 0) {
            r->good++;
        } else {
            r->bad++;
            rc = rehearse_bad(r, row);
        }
        if ((r->good + r->bad) % ASK_EVERY == 0 && env_interrupts(r->context->env) > 0)
            rc = err_set(&r->context->err, RC_INTERRUPTED, "stopped by a signal");
        row_pool_put(&r->pool, row);
        row = row_pool_get(&r->pool);
        if (row == NULL)
            rc = err_nomem(&r->context->err);
    }
    return rc;
}

static void rehearse_end(const struct rehearsal *r, const char *errors) {
    struct buf text = {.max = TEXT_MAX};

    if (r->shown > ERRORS_SHOWN) {
        (void)buf_append_text(&text, "... and ");
        quantity_append_count(&text, r->shown - ERRORS_SHOWN);
        (void)buf_append_text(&text, " more\n");
    }
    quantity_append_count(&text, r->good + r->bad);
    (void)buf_append_text(&text,
                          r->good + r->bad == 1 ? " row checked = " : " rows checked = ");
    quantity_append_count(&text, r->good);
    (void)buf_append_text(&text, " fine + ");
    quantity_append_count(&text, r->bad);
    (void)buf_append_text(&text, " with errors; nothing was sent\n");
    for (int i = 1; i < REASON_COUNT; i++) {
        if (r->by_reason[i] == 0)
            continue;
        (void)buf_append_text(&text, "  ");
        quantity_append_count(&text, r->by_reason[i]);
        (void)buf_append_format(&text, " x %s: %s\n", reason_code((enum reason)i),
                                reason_advice((enum reason)i));
    }
    if (errors != NULL && r->bad > 0)
        (void)buf_append_format(&text, "Files:\n  %s  (rows to correct)\n", errors);
    (void)terminal_write(r->context->log, buf_text(&text), text.len, NULL);
    buf_fini(&text);
}

static int rehearse_json_end(const struct rehearsal *r) {
    struct tally tally = {
        .rows = r->good + r->bad, .failed = r->bad, .unprocessed = r->good};

    jsonout_begin(r->context->json, "summary");
    summary_json_tally(r->context->json, &tally);
    jsonout_count(r->context->json, "fine", r->good);
    return jsonout_end(r->context->json, &r->context->err);
}

int rehearse_run(struct command_context *context, struct job *job, const char *errors,
                 bool force) {
    struct rehearsal r = {.context = context, .job = job};
    int rc = RC_OK;

    if (errors != NULL)
        rc = error_file_open(&r.file, job, errors, force, &context->err);
    if (rc == RC_OK)
        rc = rehearse_rows(&r);
    if (rc == RC_OK && r.file != NULL && r.bad > 0)
        rc = error_file_commit(r.file, &context->err);
    if (rc == RC_OK && !context->global->quiet)
        rehearse_end(&r, errors);
    if (rc == RC_OK && context->json != NULL)
        rc = rehearse_json_end(&r);
    if (rc == RC_OK && r.bad > 0)
        rc = EXIT_ROWS;
    error_file_close(r.file);
    row_pool_fini(&r.pool);
    return rc;
}
