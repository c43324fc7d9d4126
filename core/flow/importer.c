/* importer.c - the loop of an import: read, intend, send, commit, until nothing is left.
 *
 * Order is what makes it safe: a row's intent is committed before engine_carry() sees the
 * row; its outcome is put at once and committed with the next intents, or within half a
 * second. A crash in between leaves the row doubtful, which a resume settles.
 */
#include "flow/importer.h"

#include "flow/importer_private.h"

#include "flow/hidden.h"
#include "flow/repeats.h"

#include <inttypes.h>
#include <string.h>

enum {
    BATCH = 200,            /* rows intended at once, at most */
    READ_AHEAD = 400,       /* rows read and not yet intended */
    PLAN_AHEAD = 600,       /* the same, when the CRM is asked about them first */
    WINDOW = 2000,          /* rows without an outcome, at most */
    COMMIT_ROWS = 200,      /* outcomes that may wait for a commit */
    COMMIT_US = 500 * 1000, /* and how long */
    PROGRESS_US = 100 * 1000,
    IDLE_MS = 200,        /* longest wait in one turn of the loop */
    SETTLE_MS = 15 * 1000 /* default settle time */
};

void importer_stop(struct importer *importer, int rc, const struct err *err) {
    if (importer->stop != RC_OK)
        return;
    importer->stop = rc;
    if (err != NULL)
        importer->stop_err = *err;
    courier_halt(site_courier(importer->options.site));
}

void importer_put(struct importer *importer, struct row *row, enum row_state state) {
    struct journal_row put = {
        .record = row->number,
        .line = row->line,
        .offset = row->offset,
        .state = state,
        .settled = row->settled,
        .attempts = row->attempts,
        .since = state == ROW_DOUBTFUL ? row->doubtful_ms : row->sent_ms,
        .sent = row->first_sent_ms,
        .id = row->id,
        .matched_by = row->matched_by,
        .modified = row->modified,
        .version = row->version,
    };
    struct err err = {0};

    if (importer->journal_broken)
        return;
    if (journal_put_row(importer->options.journal, &put, &err) != RC_OK) {
        importer->journal_broken = true;
        importer_stop(importer, (int)err.rc, &err);
        return;
    }
    tally_move(&importer->tally, row->state, state);
    row->state = state;
    importer->uncommitted++;
    if (row->number > importer->reached)
        importer->reached = row->number;
}

static const char *importer_text(struct row *row, struct slice text) {
    enum { SHOWN = 4096 };
    const char *copy =
        arena_copy(&row->arena, text.data, text.len < SHOWN ? text.len : SHOWN);

    return copy == NULL ? "" : copy;
}

void importer_put_error(struct importer *importer, struct row *row, enum reason reason,
                        size_t column, const char *field, struct slice value,
                        const char *message) {
    struct journal_error error = {
        .record = row->number,
        .reason = reason,
        .column = importer_text(row, job_column(importer->options.job, column)),
        .field = field,
        .value = importer_text(row, value),
        .message = message,
    };
    struct err err = {0};

    if (importer->journal_broken)
        return;
    if (row->cause == REASON_NONE) {
        row->cause = reason;
        row->cause_column = column;
        row->cause_message = message;
    }
    if (journal_put_error(importer->options.journal, &error, &err) != RC_OK) {
        importer->journal_broken = true;
        importer_stop(importer, (int)err.rc, &err);
        return;
    }
    if (importer->options.row != NULL)
        importer->options.row(importer->options.context, row, &error);
}

static void importer_ready(void *context, struct lane_ticket *ticket) {
    struct importer *importer = context;
    struct row *row = ticket->tag;

    if (row->runnable)
        row_queue_push(&importer->runnable, row);
    else if (row->waits)
        importer_plan_later(importer, row);
}

static void importer_warn_unkept(struct importer *importer, struct row *row) {
    for (size_t i = 0; i < row->unkept_count; i++) {
        const struct attribute *a = &row->unkept[i];
        const char *message = arena_format(
            &row->arena,
            "EspoCRM keeps this value only together with %s, which is empty; it was left "
            "out",
            a->def->kept_with);
        importer_put_error(importer, row, REASON_NOT_STORED, a->column, a->def->name,
                           a->value.text, message == NULL ? "" : message);
    }
}

void importer_end(struct importer *importer, struct row *row, enum row_state state) {
    if (state == ROW_CREATED || state == ROW_UPDATED || state == ROW_UNCHANGED)
        importer_warn_unkept(importer, row);
    importer_put(importer, row, state);
    importer_judge_first(importer, row, state);
    if (importer->options.ended != NULL)
        importer->options.ended(importer->options.context, row);
    if (importer->options.row != NULL && state != ROW_FAILED && state != ROW_UNKNOWN)
        importer->options.row(importer->options.context, row, NULL);
    if (importer->planner != NULL)
        planner_ended(importer->planner, row);
    if (row->in_lanes) {
        lane_leave(importer->lanes, &row->ticket, importer_ready, importer);
        importer->open--;
    }
    importer->ended++;
    row_pool_put(&importer->pool, row);
}

/* Another row of the file counts instead. */
void importer_pass_over(struct importer *importer, struct row *row) {
    bool merged = repeats_merge(importer->options.job->repeats);
    const char *message = arena_format(
        &row->arena, "%s line %" PRIu64 " of the file, which is about the same record",
        merged ? "merged into" : "passed over for", row->counted);

    importer_put_error(importer, row, REASON_REPEATED, NO_COLUMN, "", slice_make("", 0),
                       message == NULL ? "" : message);
    importer_end(importer, row, ROW_SKIPPED);
}

/* A row that is planned by what the CRM holds takes its turn in its lanes first: those
 * before it change that. */
static int importer_take(struct importer *importer, struct row *row) {
    int rc;

    if (importer_omits(importer, row) || row->record.error_count > 0) {
        if (!row->omitted)
            (void)importer_follows(importer, row);
        row_queue_push(&importer->planned, row);
        return RC_OK;
    }
    if (row->counted != 0) {
        importer_pass_over(importer, row);
        return RC_OK;
    }
    rc = importer_plan(importer, row);
    if (rc == RC_OK && importer_asks(importer)) {
        rc = lane_enter(importer->lanes, &row->ticket);
        row->in_lanes = rc >= 0;
        importer->open += rc >= 0;
        if (rc >= 0)
            importer_plan_later(importer, row);
        return rc < 0 ? rc : RC_OK;
    }
    if (rc == RC_OK) {
        (void)importer_follows(importer, row);
        row_queue_push(&importer->planned, row);
    }
    return rc;
}

/* Rows ahead of the wire. Rows to be planned are read a batch at a time, so that a
 * look-up serves many. */
static bool importer_reads(struct importer *importer) {
    size_t ahead = importer->planned.count;

    if (!importer_asks(importer))
        return ahead < READ_AHEAD;
    ahead += importer_asking(importer);
    importer->reading = ahead <= READ_AHEAD || (importer->reading && ahead < PLAN_AHEAD);
    return importer->reading;
}

/* Has the call taken up as many rows as it may? */
static bool importer_is_sated(const struct importer *importer) {
    return importer->options.limit > 0 && importer->taken >= importer->options.limit;
}

static int importer_read(struct importer *importer, struct err *err) {
    while (!importer->eof && importer->stop == RC_OK && importer_reads(importer) &&
           importer->open < WINDOW) {
        struct row *row = row_pool_get(&importer->pool);
        int rc;
        if (row == NULL)
            return err_nomem(err);
        rc = importer_is_sated(importer) ? 0 : importer_read_row(importer, row, err);
        if (rc != 1) {
            row_pool_put(&importer->pool, row);
            importer->eof = true;
            return rc;
        }
        if (row->number <= importer->options.skip) {
            importer_end(importer, row, ROW_SKIPPED);
            continue;
        }
        importer->taken++;
        if (importer->planner != NULL) /* they end in another order than they are read */
            importer_put(importer, row, ROW_NEW);
        if (importer_take(importer, row) != RC_OK)
            return err_nomem(err);
    }
    return RC_OK;
}

static int importer_commit(struct importer *importer, struct err *err) {
    int rc;

    if (importer->journal_broken)
        return RC_LOCAL;
    rc = journal_commit(importer->options.journal, err);
    if (rc != RC_OK)
        importer->journal_broken = true;
    importer->uncommitted = 0;
    importer->committed_us = env_monotonic_us(site_env(importer->options.site));
    return rc;
}

/* A row that cannot be sent: its place in the journal, with every reason. */
static void importer_fail_read(struct importer *importer, struct row *row) {
    for (size_t i = 0; i < row->record.error_count; i++) {
        const struct row_error *e = &row->record.errors[i];
        importer_put_error(importer, row, e->reason, e->column, e->field, e->value,
                           e->message);
    }
    importer_end(importer, row, ROW_FAILED);
}

/* How many rows to intend at once: a quarter of a second's work, so that a crash leaves
 * few rows in doubt, but never so few that the disk sets the pace. */
static size_t importer_quota(const struct importer *importer, int64_t now_us) {
    size_t jobs = courier_jobs(site_courier(importer->options.site));
    int64_t ran_us = now_us - importer->began_us + 1;
    size_t quota = (size_t)((int64_t)importer->ended * 250000 / ran_us);
    size_t most = importer->options.batch;

    if (quota < 2 * jobs)
        quota = 2 * jobs;
    return quota > most ? most : quota;
}

static int importer_carry_runnable(struct importer *importer, struct err *err) {
    struct row *row;

    while ((row = row_queue_pop(&importer->runnable)) != NULL) {
        struct write *write = &row->write;
        int rc;
        row->runnable = false;
        rc = engine_carry(importer->options.engine, &write, 1, err);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

/* Intends one row: it enters its lanes in the file's order. */
static int importer_intend_row(struct importer *importer, struct row *row) {
    if (importer_give_id(importer, row) < 0)
        return RC_NOMEM;
    importer_keep_wrote(importer, row);
    row->attempts++;
    row->sent_ms = env_wall_ms(site_env(importer->options.site));
    if (row->first_sent_ms == 0)
        row->first_sent_ms = site_server_ms(importer->options.site);
    importer_put(importer, row, ROW_INTENDED);
    if (!row->in_lanes) {
        int rc = lane_enter(importer->lanes, &row->ticket);
        if (rc < 0)
            return rc;
        row->in_lanes = true;
        importer->open++;
    }
    row->runnable = true;
    return RC_OK;
}

/* Commits the intents of the next rows, then hands over those whose lanes are free. */
static int importer_intend(struct importer *importer, struct err *err) {
    struct row *batch[BATCH];
    size_t count = 0, quota;
    int64_t now_us = env_monotonic_us(site_env(importer->options.site));
    struct row *row;
    int rc;

    quota = importer_quota(importer, now_us);
    while (count < quota && importer->stop == RC_OK) {
        row = row_queue_pop(&importer->again);
        if (row == NULL)
            row = row_queue_pop(&importer->planned);
        if (row == NULL)
            break;
        if (row->omitted) {
            importer_omit(importer, row);
            continue;
        }
        if (row->record.error_count > 0) {
            importer_fail_read(importer, row);
            importer_check_limits(importer);
            continue;
        }
        if (importer_intend_row(importer, row) < 0)
            return err_nomem(err);
        batch[count++] = row;
    }
    rc = importer_commit(importer, err);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < count; i++)
        if (batch[i]->ticket.blocked == 0)
            row_queue_push(&importer->runnable, batch[i]);
    return importer_carry_runnable(importer, err);
}

static bool importer_is_hungry(const struct importer *importer) {
    struct courier *courier = site_courier(importer->options.site);

    return importer->stop == RC_OK &&
           (importer->planned.count > 0 || importer->again.count > 0) &&
           courier_waiting(courier) <= 2 * courier_jobs(courier) &&
           engine_is_hungry(importer->options.engine);
}

static void importer_check_signals(struct importer *importer) {
    struct err err = {0};
    int signals = env_interrupts(site_env(importer->options.site));

    if (signals == 0)
        return;
    (void)err_set(&err, RC_INTERRUPTED, "stopped by a signal");
    importer_stop(importer, RC_INTERRUPTED, &err);
    if (signals > 1)
        courier_cancel(site_courier(importer->options.site));
}

static void importer_tell(struct importer *importer, bool now) {
    struct courier *courier = site_courier(importer->options.site);
    int64_t now_us = env_monotonic_us(site_env(importer->options.site));
    struct import_progress progress = {0};

    if (importer->options.progress == NULL ||
        (!now && now_us - importer->progressed_us < PROGRESS_US))
        return;
    importer->progressed_us = now_us;
    progress.tally = tally_so_far(&importer->tally);
    progress.in_flight = courier_in_flight(courier);
    progress.jobs = courier_jobs(courier);
    progress.settling = settler_count(importer->settler);
    progress.pause_ms = courier_pause_ms(courier);
    progress.retries = courier_counts(courier)->retries;
    progress.latency = courier_latency(courier);
    if (importer->stop != RC_OK)
        progress.stage = STAGE_STOPPING;
    else if (importer->eof && importer->planned.count == 0 && progress.settling > 0)
        progress.stage = STAGE_SETTLING;
    importer->options.progress(importer->options.context, &progress);
}

static int importer_timeout(struct importer *importer) {
    int64_t wait = settler_wait_ms(importer->settler);

    if (importer_is_done(importer))
        return 0;
    if (importer->stop != RC_OK)
        return IDLE_MS; /* nothing is begun any more */
    if (importer_is_hungry(importer) || importer->runnable.count > 0)
        return 0;
    if (importer->stop == RC_OK && !importer->eof && importer->planned.count == 0 &&
        importer->open < WINDOW && importer_reads(importer))
        return 0; /* all that was read ahead has failed: read on */
    if (wait > IDLE_MS)
        wait = IDLE_MS;
    if (importer->uncommitted > 0 && wait > COMMIT_US / 1000 / 2)
        wait = COMMIT_US / 1000 / 2;
    return (int)wait;
}

static int importer_turn(struct importer *importer, struct err *err) {
    struct courier *courier = site_courier(importer->options.site);
    int64_t now_us;
    int rc = importer_read(importer, err);

    importer_wake(importer);
    if (rc == RC_OK && importer->stop == RC_OK)
        rc = importer_poll_plans(importer, err);
    if (rc == RC_OK && importer_is_hungry(importer))
        rc = importer_intend(importer, err);
    if (rc == RC_OK && importer->stop == RC_OK)
        rc = importer_carry_runnable(importer, err);
    if (rc == RC_OK && importer->stop == RC_OK)
        rc = settler_poll(importer->settler, err);
    if (rc == RC_OK)
        rc = engine_turn(importer->options.engine, importer_engine_turn(importer), err);
    if (rc < 0)
        return rc;
    rc = courier_poll(courier, importer_timeout(importer), err);
    if (rc < 0) { /* this machine's fault: nothing that is in flight can be waited for */
        courier_cancel(courier);
        return rc;
    }
    now_us = env_monotonic_us(site_env(importer->options.site));
    if (importer->uncommitted >= COMMIT_ROWS ||
        (importer->uncommitted > 0 && now_us - importer->committed_us > COMMIT_US))
        rc = importer_commit(importer, err);
    else
        rc = RC_OK;
    if (rc == RC_OK && courier_stopped(courier, NULL) != RC_OK) {
        struct err why = {0};
        importer_stop(importer, (int)courier_stopped(courier, &why), &why);
    }
    importer_check_limits(importer);
    importer_check_signals(importer);
    importer_tell(importer, false);
    return rc;
}

/* It has not left now; but a part of it may have, before. */
static void importer_put_back(struct importer *importer, struct row *row) {
    bool doubtful = row->was_doubtful || row->changed;

    if (!doubtful && row->made_id != NULL)
        row->id = NULL;
    importer_put(importer, row, doubtful ? ROW_DOUBTFUL : ROW_NEW);
}

/* Rows that are left when a run stops: known not to have been sent, or doubtful. */
static void importer_leave(struct importer *importer) {
    struct row *row;

    while ((row = settler_take(importer->settler)) != NULL)
        importer_put(importer, row, ROW_DOUBTFUL);
    for (row = importer->pool.all; row != NULL; row = row->pool_next)
        if (row->in_lanes && row->state == ROW_INTENDED && row->runnable)
            importer_put_back(importer, row);
    for (row = importer->pool.all; row != NULL; row = row->pool_next)
        if (row->planning && row->state == ROW_INTENDED) /* refused, to be planned anew */
            importer_put_back(importer, row);
    while ((row = row_queue_pop(&importer->again)) != NULL ||
           (row = row_queue_pop(&importer->planned)) != NULL) {
        bool changing = journal_has_image(importer->options.journal, row->number);
        if (importer->options.source != NULL)
            importer_put_back(importer, row);
        else if (row->state == ROW_DOUBTFUL && !changing && row->made_id == NULL)
            importer_put(importer, row, ROW_NEW); /* looked up: it is absent */
        else if (row->state == ROW_INTENDED)      /* answered, and not sent since */
            importer_put_back(importer, row);
    }
}

/* Makes the end durable; what is told is what a resume will find. */
static void importer_close(struct importer *importer) {
    struct tally tally;
    struct err err = {0};
    int rc;

    if (importer->stop != RC_OK) /* what it has gathered since */
        (void)engine_turn(importer->options.engine, ENGINE_HALT, NULL);
    importer_leave(importer);
    if (importer->journal_broken) {
        journal_rollback(importer->options.journal);
    } else {
        rc = importer_commit(importer, &err);
        if (rc != RC_OK)
            importer_stop(importer, rc, &err);
    }
    if (tally_load(&tally, importer->options.journal, importer->tally.rows, NULL) ==
        RC_OK)
        importer->tally = tally;
    importer_tell(importer, true);
}

static int importer_init(struct importer *importer, const struct import_options *options,
                         struct err *err) {
    struct settler_options settle = {
        .site = options->site,
        .journal = options->journal,
        .mapping = options->job->mapping,
        .program = options->job->program,
        .user_id = options->user_id,
        .started_ms = options->started_ms,
        .settle_ms = options->settle_ms != 0 ? options->settle_ms : SETTLE_MS,
        .looks = options->looks,
        .page = schema_server(options->job->schema)->list_max_size,
        .pool = &importer->pool,
        .schema = options->job->schema,
        .may_list = schema_server(options->job->schema)->may_read,
        .settled = importer_settled,
        .context = importer,
    };
    struct planner_options plan = {
        .site = options->site,
        .job = options->job,
        .journal = options->journal,
        .by_plan = options->by_plan,
        .currencies = options->engine->ops->takes_id != NULL,
        .on_duplicate = options->on_duplicate,
        .settle_ms = settle.settle_ms,
        .looks = options->looks,
        .planned = importer_planned,
        .context = importer,
    };

    importer->options = *options;
    importer->settle_ms = settle.settle_ms;
    if (importer->options.batch == 0 || importer->options.batch > BATCH)
        importer->options.batch = BATCH;
    importer->scratch.max = 64 * 1024 * 1024;
    importer->began_us = env_monotonic_us(site_env(options->site));
    importer->committed_us = importer->began_us;
    importer->lanes = lanes_new();
    if (importer->lanes == NULL)
        return err_nomem(err);
    if (finder_new(&importer->finder, options->site, settle.page, err) != RC_OK)
        return (int)err->rc;
    if (options->source != NULL) {
        options->source->planned = importer_planned;
        options->source->context = importer;
        return settler_new(&importer->settler, &settle, err);
    }
    if (importer_identify(importer, err) != RC_OK ||
        importer_seed_ids(importer, err) != RC_OK ||
        hidden_begin(options->journal, options->job, err) != RC_OK)
        return (int)err->rc;
    if (importer->ids != 0 || planner_is_needed(options->job) ||
        planner_keeps_flags(options->job)) {
        int rc = planner_new(&importer->planner, &plan, err);
        if (rc != RC_OK)
            return rc;
    }
    return settler_new(&importer->settler, &settle, err);
}

static void importer_fini(struct importer *importer) {
    settler_free(importer->settler);
    planner_free(importer->planner);
    finder_free(importer->finder);
    lanes_free(importer->lanes);
    row_pool_fini(&importer->pool);
    buf_fini(&importer->scratch);
}

int importer_run(const struct import_options *options, struct tally *tally,
                 struct err *err) {
    struct importer importer = {0};
    struct courier *courier = site_courier(options->site);
    int rc = importer_init(&importer, options, err);

    if (rc == RC_OK)
        rc = tally_load(&importer.tally, options->journal, options->job->facts.records,
                        err);
    if (rc != RC_OK)
        importer.tally = *tally; /* as it was: the sum must be right whatever happens */
    if (rc == RC_OK)
        rc = importer_take_up(&importer, err);
    while (rc == RC_OK && (!importer_is_done(&importer) || importer_tidies(&importer))) {
        struct err turn = {0};
        int turned = importer_turn(&importer, &turn);
        if (turned != RC_OK)
            importer_stop(&importer, turned, &turn);
        if (turned == RC_NOMEM)
            courier_cancel(courier);
    }
    if (rc == RC_OK) {
        importer_close(&importer);
        rc = importer.stop;
        if (rc != RC_OK && err != NULL)
            *err = importer.stop_err;
    }
    *tally = importer.tally;
    importer_fini(&importer);
    return rc;
}
