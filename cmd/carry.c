/* carry.c - engine, importer, progress, reports, summary: one run of an import. */
#include "cmd/carry.h"

#include "cmd/canary.h"
#include "cmd/errorline.h"
#include "cmd/jsonout.h"
#include "cmd/progress.h"
#include "cmd/run_state.h"
#include "cmd/summary.h"
#include "cmd/terminal.h"
#include "flow/html_report.h"
#include "flow/importer.h"
#include "flow/outputs.h"
#include "flow/undo_outputs.h"

#include <stdlib.h>
#include <string.h>

enum { UNDO_SHOWN = 20 };
enum { PATH_BYTES = 8192, JSON_PROGRESS_US = 5 * 1000 * 1000 };

/* What the importer's callbacks need. */
struct watch {
    struct command_context *context; /* borrowed */
    const struct carry *carry;       /* borrowed */
    struct progress progress;
    struct progress_state state; /* as last told */
    int64_t json_us;             /* when progress went to --json last, monotonic */
    bool settles;                /* what is in doubt, and nothing else */
    bool started;
    unsigned shown; /* rows that an undo has left, told one by one */
};

int carry_set_max_errors(void *options, const char *text, enum option_source source,
                         struct err *err) {
    struct error_limit *limit = options;
    char *end = NULL;
    unsigned long long n = strtoull(text, &end, 10);

    (void)source;
    if (end == text || text[0] == '-' || (end[0] != '\0' && strcmp(end, "%") != 0))
        return err_set(err, RC_USAGE, "is neither a number of rows nor a percentage");
    if (end[0] == '%' && (n == 0 || n > 100))
        return err_set(err, RC_USAGE, "is not a percentage from 1 to 100");
    if (end[0] == '%')
        limit->percent = (unsigned)n;
    else
        limit->stop_at = n < UINT64_MAX ? n + 1 : n;
    return RC_OK;
}

int output_paths_make(struct output_paths *out, const char *prefix, struct err *err) {
    struct buf empty = {.max = PATH_BYTES};

    out->results = out->errors = out->unprocessed = out->report = empty;
    (void)buf_append_format(&out->results, "%s.results.csv", prefix);
    (void)buf_append_format(&out->errors, "%s.errors.csv", prefix);
    (void)buf_append_format(&out->unprocessed, "%s.unprocessed.csv", prefix);
    (void)buf_append_format(&out->report, "%s.report.html", prefix);
    if (out->results.failed != RC_OK || out->errors.failed != RC_OK ||
        out->unprocessed.failed != RC_OK || out->report.failed != RC_OK)
        return err_nomem(err);
    return RC_OK;
}

void output_paths_fini(struct output_paths *paths) {
    buf_fini(&paths->results);
    buf_fini(&paths->errors);
    buf_fini(&paths->unprocessed);
    buf_fini(&paths->report);
}

static int with_outputs(struct command_context *context, struct journal *journal,
                        const struct checkpoint *facts,
                        int (*call)(struct journal *, const struct output_options *,
                                    struct err *)) {
    struct output_paths paths = {0};
    struct output_options options = {0};
    int rc = output_paths_make(&paths, facts->prefix, &context->err);

    options.errors = buf_text(&paths.errors);
    options.unprocessed = buf_text(&paths.unprocessed);
    if (rc == RC_OK)
        rc = call(journal, &options, &context->err);
    output_paths_fini(&paths);
    return rc;
}

int carry_refuse_edited(struct command_context *context, struct journal *journal,
                        const struct checkpoint *facts) {
    return with_outputs(context, journal, facts, outputs_refuse_edited);
}

int carry_adopt_outputs(struct command_context *context, struct journal *journal,
                        const struct checkpoint *facts) {
    return with_outputs(context, journal, facts, outputs_adopt);
}

void carry_print_problems(struct command_context *context, const struct job *job) {
    if (job->problem_count < 2)
        return;
    for (size_t i = 0; i < job->problem_count; i++)
        (void)terminal_print(context->log, "%s %s: %s\n",
                             mapping_entity_type(job->mapping), job->problems[i].pointer,
                             job->problems[i].message);
    err_clear(&context->err);
    (void)err_set(&context->err, RC_USAGE, "the mapping has %zu problems",
                  job->problem_count);
    err_advise(&context->err, "correct them; nothing was sent");
}

static void watch_state(struct progress_state *out, const struct import_progress *p) {
    const struct tally *t = &p->tally;

    memset(out, 0, sizeof *out);
    out->total = t->rows;
    out->done = t->rows - t->unprocessed;
    out->created = t->created;
    out->updated = t->updated;
    out->unchanged = t->unchanged;
    out->skipped = t->skipped;
    out->deleted = t->deleted;
    out->failed = t->failed;
    out->unknown = t->unknown;
    out->in_flight = p->in_flight;
    out->limit = p->jobs;
    out->retries = p->retries;
    out->settling = p->settling;
    out->p50_us = (int64_t)histogram_percentile(p->latency, 500);
    out->p95_us = (int64_t)histogram_percentile(p->latency, 950);
    out->wait_ms = p->pause_ms;
    if (p->stage == STAGE_STOPPING)
        out->status = PROGRESS_STOPPING;
    else if (p->stage == STAGE_SETTLING)
        out->status = PROGRESS_SETTLING;
    else if (p->pause_ms > 0)
        out->status = PROGRESS_PAUSED;
}

static void watch_json(struct watch *watch, const struct import_progress *progress) {
    struct jsonout *json = watch->context->json;
    int64_t now_us = env_monotonic_us(watch->context->env);

    if (json == NULL || now_us - watch->json_us < JSON_PROGRESS_US)
        return;
    watch->json_us = now_us;
    jsonout_begin(json, "progress");
    summary_json_tally(json, &progress->tally);
    jsonout_count(json, "inFlight", progress->in_flight);
    (void)jsonout_end(json, NULL);
}

static const char *watch_title(const struct watch *watch) {
    const struct carry *carry = watch->carry;

    if (carry->undo == NULL)
        return watch->settles ? "settling" : "importing";
    return carry->undo->pretend ? "looking at" : "undoing";
}

static void watch_progress(void *context, const struct import_progress *progress) {
    struct watch *watch = context;

    watch_state(&watch->state, progress);
    if (watch->carry->samples != NULL)
        run_samples_add(watch->carry->samples,
                        (env_monotonic_us(watch->context->env) - watch->carry->began_us) /
                            1000,
                        watch->state.done, progress->latency);
    watch_json(watch, progress);
    run_state_tally(watch->context->run, &progress->tally);
    run_state_requests(watch->context->run, site_courier(watch->carry->connection->site));
    run_state_show(watch->context);
    if (!watch->started) {
        connect_show(watch->carry->connection, watch->context, &watch->progress,
                     &watch->state, "%s %.200s", watch_title(watch),
                     watch->carry->facts->input_name);
        watch->started = true;
        return;
    }
    progress_show(&watch->progress, &watch->state);
}

/* What an undo leaves is told without being asked for: the first ones. */
static bool watch_is_told(struct watch *watch) {
    bool undo = watch->carry->undo != NULL && !watch->context->global->quiet;

    if (undo && watch->shown++ < UNDO_SHOWN)
        return true;
    return watch->context->global->verbose > 0 && watch->started;
}

static void watch_row(void *context, const struct row *row,
                      const struct journal_error *error) {
    struct watch *watch = context;
    struct error_line line = {.line = row->line, .record = row->number};

    if (error == NULL)
        return;
    if (watch->carry->undo != NULL)
        line.record = row->offset; /* that of the run's input */
    line.reason = error->reason;
    line.column = slice_of(error->column);
    line.field = error->field;
    line.value = slice_of(error->value);
    line.message = error->message;
    if (watch_is_told(watch)) {
        struct buf text = {.max = 4096};
        error_line_append(&text, &line);
        if (watch->started)
            progress_message(&watch->progress, "%s", buf_text(&text));
        else
            (void)terminal_print(watch->context->log, "%s\n", buf_text(&text));
        buf_fini(&text);
    }
    if (watch->context->json != NULL)
        (void)error_line_json(watch->context->json, &line, NULL);
}

static void watch_ended(void *context, const struct row *row) {
    const struct watch *watch = context;

    if (watch->carry->samples != NULL)
        run_samples_row(watch->carry->samples, row->line, row->state, row->latency_us);
}

static void watch_finish(struct watch *watch, bool reports_follow) {
    if (!watch->started)
        return;
    if (reports_follow)
        watch->state.status = PROGRESS_FINISHING;
    connect_hide(watch->carry->connection, &watch->state);
}

static int carry_rows(struct command_context *context, const struct carry *carry,
                      const struct canary *canary, bool canary_only, bool settle_only,
                      struct tally *tally) {
    struct watch watch = {.context = context, .carry = carry, .settles = settle_only};
    struct site *site = carry->connection->site;
    struct engine *engine = NULL;
    struct import_options options = {
        .job = carry->job,
        .site = site,
        .journal = carry->journal,
        .user_id = carry->facts->user_id,
        .on_duplicate = (enum mapping_on_duplicate)carry->facts->on_duplicate,
        .started_ms = carry->facts->started_ms,
        .settle_ms = carry->facts->settle_ms,
        .looks = (unsigned)carry->facts->looks,
        .canary = canary != NULL && canary->count > 0 ? canary : NULL,
        .canary_only = canary_only,
        .by_plan = carry->facts->plan[0] != '\0',
        .skip = carry->facts->skip,
        .limit = carry->take,
        .stop_at_errors = carry->limit->stop_at,
        .max_percent = carry->limit->percent,
        .progress = watch_progress,
        .row = watch_row,
        .ended = watch_ended,
        .context = &watch,
    };
    int rc = RC_OK;

    options.settle_only = settle_only;
    if (carry->undo == NULL)
        rc = engine_make(&engine, carry->facts, carry->job, site, carry->journal,
                         &context->err);
    options.engine = engine;
    if (rc == RC_OK && carry->undo != NULL)
        rc = undo_run(carry->undo, &options, tally, &context->err);
    else if (rc == RC_OK)
        rc = importer_run(&options, tally, &context->err);
    engine_add_counts(engine, carry->bulk);
    engine_free(engine);
    watch_finish(&watch, !canary_only);
    return rc;
}

/* The canary's rows first, where there are some; the others when they may. */
static int carry_import(struct command_context *context, const struct carry *carry,
                        struct tally *tally) {
    struct canary canary;
    int rc = canary_load(carry->journal, &canary, &context->err);

    if (rc == RC_OK && canary_is_open(carry, &canary)) {
        rc = carry_rows(context, carry, &canary, true, false, tally);
        if (rc == RC_OK)
            rc = canary_show(context, carry, &canary, tally);
    }
    return rc == RC_OK ? carry_rows(context, carry, &canary, false, false, tally) : rc;
}

int carry_settle(struct command_context *context, const struct carry *carry) {
    const struct canary none = {.count = 0};
    struct tally tally;

    return carry_rows(context, carry, &none, false, true, &tally);
}

int carry_report(struct journal *journal, const struct checkpoint *facts,
                 const char *checkpoint, const struct tally *tally, const char *path,
                 const struct env *env, struct err *err) {
    const struct html_report_options options = {.facts = facts,
                                                .tally = tally,
                                                .version = ESPOLOAD_VERSION,
                                                .checkpoint = checkpoint,
                                                .env = env};

    return html_report_write(journal, path, &options, err);
}

/* Writes the files; a failure here does not undo what the run did. */
static int carry_outputs(struct command_context *context, const struct carry *carry,
                         const struct output_paths *paths, struct summary *summary,
                         struct err *err) {
    struct output_options options = {
        .results = buf_text(&paths->results),
        .errors = buf_text(&paths->errors),
        .unprocessed = buf_text(&paths->unprocessed),
        .force = true, /* the run's own: import asked before it began */
        .env = context->env,
    };
    int rc;

    if (carry->undo != NULL && carry->undo->pretend)
        return RC_OK;
    rc =
        carry->undo != NULL
            ? undo_outputs_write(carry->journal, &options, &summary->written, err)
            : outputs_write(carry->job, carry->journal, &options, &summary->written, err);

    if (rc == RC_OK && summary->tally.rows > summary->tally.unprocessed) {
        rc = carry_report(carry->journal, carry->facts, carry->checkpoint_path,
                          &summary->tally, buf_text(&paths->report), context->env, err);
        summary->report = rc == RC_OK ? buf_text(&paths->report) : NULL;
    }
    if (rc != RC_OK)
        err_advise(
            err,
            "the checkpoint is whole: espoload status %s --results writes them again",
            carry->checkpoint_path);
    return rc;
}

/* What to do with duplicates, where that is another thing than the mapping says. */
static const char *carry_on_duplicate(const struct carry *carry) {
    static const char *const words[] = {
        [ON_DUPLICATE_FAIL] = "fail",
        [ON_DUPLICATE_SKIP] = "skip",
        [ON_DUPLICATE_UPDATE] = "update",
        [ON_DUPLICATE_FORCE] = "force",
    };
    enum mapping_on_duplicate own = mapping_on_duplicate(carry->job->mapping);

    return carry->facts->on_duplicate == (int)own ? NULL
                                                  : words[carry->facts->on_duplicate];
}

/* What status and the report tell of the run's time. The rows' outcomes are kept already;
 * but a checkpoint that cannot be written is told, also when it is only this. */
static int carry_note(const struct carry *carry, int run_rc, int64_t ran_ms,
                      struct err *err) {
    int rc = run_samples_keep(carry->samples, site_courier(carry->connection->site),
                              carry->journal, err);

    if (rc == RC_OK)
        rc = checkpoint_note_end(carry->journal, run_rc, ran_ms, err);
    if (rc != RC_OK) {
        journal_rollback(carry->journal); /* all of it, or nothing */
        err_prefix(err, "what became of the rows is in the checkpoint, but not how long "
                        "the run took");
        err_advise(err, "no row is to be sent again: espoload status %s tells them",
                   carry->checkpoint_path);
    }
    return rc;
}

/* Notes and files: neither undoes what the run did, nor keeps the other from being
 * written. The first that fails is told. */
static int carry_close(struct command_context *context, const struct carry *carry,
                       int run_rc, const struct output_paths *paths,
                       struct summary *summary, struct err *err) {
    struct err note_err = {0};
    int noted = carry_note(carry, run_rc, summary->ran_ms, &note_err);
    int written = carry_outputs(context, carry, paths, summary, err);

    if (noted == RC_OK || run_rc != RC_OK) /* which tells enough */
        return written;
    *err = note_err;
    return noted;
}

static int carry_through(struct command_context *context, const struct carry *carry) {
    struct summary summary = {0};
    struct output_paths paths = {0};
    struct err output_err = {0};
    int64_t began_us = env_monotonic_us(context->env);
    int written, rc = output_paths_make(&paths, carry->facts->prefix, &context->err);

    if (rc == RC_OK)
        rc = tally_load(&summary.tally, carry->journal, carry->facts->records,
                        &context->err);
    if (rc != RC_OK)
        goto out;
    summary.rows_before = summary.tally.rows - summary.tally.unprocessed;
    rc = carry->undo == NULL
             ? carry_import(context, carry, &summary.tally)
             : carry_rows(context, carry, NULL, false, false, &summary.tally);
    summary.ran_ms = (env_monotonic_us(context->env) - began_us) / 1000;
    run_state_tally(context->run, &summary.tally);
    written = carry_close(context, carry, rc, &paths, &summary, &output_err);
    summary.rc = rc;
    summary.undo = carry->undo;
    summary.courier = site_courier(carry->connection->site);
    summary.bulk = carry->bulk;
    summary.journal = carry->journal;
    summary.checkpoint = carry->checkpoint_path;
    if (carry->undo == NULL) {
        summary.mapping = carry->facts->mapping_name;
        summary.on_duplicate = carry_on_duplicate(carry);
    }
    summary.results = buf_text(&paths.results);
    summary.errors = buf_text(&paths.errors);
    summary.unprocessed = buf_text(&paths.unprocessed);
    (void)summary_print(context, &summary);
    if (rc == RC_OK)
        rc = tally_verify(&summary.tally, &context->err);
    if (written != RC_OK && rc == RC_OK)
        context->err = output_err;
    else if (written != RC_OK)
        terminal_print_error(context->log, &output_err);
    if (rc == RC_OK)
        rc = written;
    if (rc == RC_OK && summary.tally.failed + summary.tally.unknown +
                               summary.tally.warnings +
                               (carry->undo == NULL ? 0 : summary.tally.skipped) >
                           0)
        rc = EXIT_ROWS;
out:
    output_paths_fini(&paths);
    return rc;
}

int carry_run(struct command_context *context, const struct carry *carry) {
    struct carry with = *carry;
    int rc;

    run_state_name(context->run, carry->facts->kind, carry->facts->entity_type,
                   carry->facts->url);
    with.samples = malloc(sizeof *with.samples);
    if (with.samples == NULL)
        return err_nomem(&context->err);
    run_samples_init(with.samples, journal_int(carry->journal, "ranMs"));
    with.began_us = env_monotonic_us(context->env);
    courier_time_begin(site_courier(carry->connection->site));
    rc = carry_through(context, &with);
    free(with.samples);
    return rc;
}
