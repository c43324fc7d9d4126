/* undo_outputs.c - walks the rows of an undo and writes the CSVs. */
#include "flow/undo_outputs.h"

#include "flow/undoer.h"
#include "state/csvout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, CHECK_EVERY = 4096 };

/* Several reasons of one row, joined. */
struct reasons {
    struct buf code, field, value, message, advice; /* owned */
};

struct undo_outputs {
    struct journal *undo;                 /* borrowed */
    const struct output_options *options; /* borrowed */
    struct csvout *results, *errors;      /* owned; opened with the first row */
    struct reasons reasons;               /* owned */
    struct arena arena;                   /* owned; of one row */
};

static void join(struct buf *buf, const char *between, const char *text) {
    (void)buf_append_text(buf, buf->len > 0 ? between : "");
    (void)buf_append_text(buf, text);
}

static int add_reason(void *context, const struct journal_error *error) {
    struct reasons *r = context;
    const char *advice = reason_advice(error->reason);

    join(&r->code, "; ", reason_code(error->reason));
    join(&r->field, "; ", error->field);
    join(&r->value, "; ", error->value);
    join(&r->message, "; ", error->message);
    if (r->advice.len == 0 || strstr(buf_text(&r->advice), advice) == NULL)
        join(&r->advice, " ", advice);
    return RC_OK;
}

static void reasons_reset(struct reasons *r) {
    buf_reset(&r->code);
    buf_reset(&r->field);
    buf_reset(&r->value);
    buf_reset(&r->message);
    buf_reset(&r->advice);
}

static int open_csv(struct csvout **csv, const char *path, bool force, bool errors,
                    struct err *err) {
    static const char *const columns[] = {"_line",    "_entityType", "_action",  "_id",
                                          "_outcome", "_code",       "_message", "_field",
                                          "_value",   "_advice"};
    const struct csvout_options options = {.file = {.force = force, .mode = 0600}};
    int rc = csvout_open(csv, path, &options, err);

    for (size_t i = 0; rc == RC_OK && i < (errors ? 10 : 7); i++)
        rc = csvout_cell(*csv, slice_of(columns[i]), err);
    return rc == RC_OK ? csvout_end(*csv, err) : rc;
}

static int write_row(struct undo_outputs *o, struct csvout *csv,
                     const struct journal_row *row, const struct journal_step *step,
                     bool errors, struct err *err) {
    char line[24] = "";
    const char *const cells[] = {
        line,
        step->entity_type,
        step_kind_done(step->kind),
        row->id == NULL ? "" : row->id,
        undo_outcome(step->kind, row->state, row->matched_by),
        buf_text(&o->reasons.code),
        buf_text(&o->reasons.message),
        buf_text(&o->reasons.field),
        buf_text(&o->reasons.value),
        buf_text(&o->reasons.advice),
    };
    int rc = RC_OK;

    if (row->line > 0)
        (void)snprintf(line, sizeof line, "%" PRIu64, row->line);
    for (size_t i = 0; rc == RC_OK && i < (errors ? 10 : 7); i++)
        rc = csvout_cell(csv, slice_of(cells[i]), err);
    return rc == RC_OK ? csvout_end(csv, err) : rc;
}

static int write_one(struct undo_outputs *o, const struct journal_row *row,
                     struct err *err) {
    bool left = row->state == ROW_SKIPPED || row->state == ROW_FAILED ||
                row->state == ROW_UNKNOWN;
    struct journal_step step = {.entity_type = "", .field = "", .key = "", .value = ""};
    int rc;

    arena_reset(&o->arena);
    reasons_reset(&o->reasons);
    rc = journal_get_step(o->undo, row->record, &o->arena, &step, err);
    if (rc >= 0)
        rc = journal_errors(o->undo, row->record, add_reason, &o->reasons, err);
    if (rc == RC_OK && o->options->results != NULL) {
        if (o->results == NULL)
            rc =
                open_csv(&o->results, o->options->results, o->options->force, false, err);
        if (rc == RC_OK)
            rc = write_row(o, o->results, row, &step, false, err);
    }
    if (rc == RC_OK && left && o->options->errors != NULL) {
        if (o->errors == NULL)
            rc = open_csv(&o->errors, o->options->errors, o->options->force, true, err);
        if (rc == RC_OK)
            rc = write_row(o, o->errors, row, &step, true, err);
    }
    return rc;
}

static int write_rows(struct undo_outputs *o, struct err *err) {
    const struct env *env = o->options->env != NULL ? o->options->env : env_system();
    struct journal_cursor *cursor = NULL;
    struct journal_row row;
    uint64_t n = 0;
    int rc = journal_rows(o->undo, 0, false, &cursor, err);

    while (rc == RC_OK && (rc = journal_rows_next(cursor, &row, err)) == 1) {
        if (++n % CHECK_EVERY == 0 && env_interrupts(env) > 1)
            rc = err_set(err, RC_INTERRUPTED, "stopped while the reports were written");
        else
            rc = write_one(o, &row, err);
    }
    journal_rows_close(cursor);
    return rc;
}

static int finish(struct csvout *csv, const char *path, bool force, uint64_t *count,
                  struct err *err) {
    if (csv != NULL) {
        *count = csvout_records(csv) - 1;
        return csvout_commit(csv, err);
    }
    if (path != NULL && force)
        (void)unlink(path); /* of an earlier part of this run: no longer true */
    return RC_OK;
}

int undo_outputs_write(struct journal *undo, const struct output_options *options,
                       struct output_counts *counts, struct err *err) {
    struct undo_outputs o = {.undo = undo, .options = options};
    struct buf empty = {.max = TEXT_MAX};
    int rc;

    memset(counts, 0, sizeof *counts);
    o.reasons = (struct reasons){empty, empty, empty, empty, empty};
    rc = write_rows(&o, err);
    if (rc == RC_OK)
        rc = finish(o.results, options->results, options->force, &counts->results, err);
    if (rc == RC_OK)
        rc = finish(o.errors, options->errors, options->force, &counts->errors, err);
    csvout_close(o.results);
    csvout_close(o.errors);
    reasons_reset(&o.reasons);
    buf_fini(&o.reasons.code);
    buf_fini(&o.reasons.field);
    buf_fini(&o.reasons.value);
    buf_fini(&o.reasons.message);
    buf_fini(&o.reasons.advice);
    arena_fini(&o.arena);
    return rc;
}
