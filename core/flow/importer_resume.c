/* importer_resume.c - takes up the rows that an earlier run of the same file left open.
 *
 * Their cells are read again from the file (bound to the checkpoint by size and hash), so
 * the checkpoint holds no copy of the data. They enter their lanes at once and in the
 * file's order: whoever shares an e-mail with a doubtful one must wait until that one is
 * settled.
 */
#include "flow/importer_private.h"

static int importer_seek(struct importer *importer, const struct journal_row *at,
                         struct err *err) {
    struct input_position position = {
        .offset = at->offset,
        .line = at->line,
        .number = at->record,
    };
    return input_seek(importer->options.job->input, &position, err);
}

/* One of the canary, where it stands; those that are in the journal are under way, or
 * have ended. */
static int importer_read_canary(struct importer *importer, struct row *row,
                                struct err *err) {
    const struct canary *canary = importer->options.canary;

    while (importer->canary_at < canary->count) {
        const struct input_position *at = &canary->rows[importer->canary_at++];
        int rc;
        if (journal_has_row(importer->options.journal, at->number))
            continue;
        rc = input_seek(importer->options.job->input, at, err);
        return rc == RC_OK ? job_read(importer->options.job, row, err) : rc;
    }
    return 0;
}

int importer_read_row(struct importer *importer, struct row *row, struct err *err) {
    const struct canary *canary = importer->options.canary;
    struct import_source *source = importer->options.source;
    int rc;

    if (source != NULL)
        return source->ops->read(source, row, err);
    if (importer->options.canary_only)
        return importer_read_canary(importer, row, err);
    while ((rc = job_read(importer->options.job, row, err)) == 1 && canary != NULL &&
           canary_has(canary, row->number) &&
           journal_has_row(importer->options.journal, row->number))
        row_reset(row);
    return rc;
}

/* A doubtful row whose mapping now fails can neither be looked up nor sent. */
static void importer_take_up_broken(struct importer *importer, struct row *row) {
    importer_put_error(importer, row, REASON_OUTCOME_UNKNOWN, NO_COLUMN, "",
                       slice_make("", 0),
                       "the row was sent, its answer was lost, and it can no longer be "
                       "converted to be looked up");
    importer_end(importer, row, ROW_UNKNOWN);
}

/* A doubtful update is planned anew, by what the record holds now (without a planner by
 * the 409 of a POST); a doubtful creation is looked up, its links known. */
static void importer_take_up_lanes(struct importer *importer, struct row *row) {
    bool changing =
        row->was_doubtful && journal_has_image(importer->options.journal, row->number);

    if (row->was_doubtful && !changing && row->made_id != NULL)
        planner_add(importer->planner, row, false);
    else if (row->was_doubtful && !changing && row->record.link_count > 0)
        planner_add(importer->planner, row, true);
    else if (row->was_doubtful && !changing)
        settler_add(importer->settler, row);
    else if (importer->planner != NULL)
        importer_plan_later(importer, row);
    else if (changing)
        row_queue_push(&importer->again, row);
    else if (importer_follows(importer, row) || row->record.error_count > 0)
        row_queue_push(&importer->planned, row);
}

/* Of a record that was to be created: it was made here, for the server's own come with
 * the answer, which is not there. */
static void importer_take_up_id(struct importer *importer, struct row *row,
                                const struct journal_row *was) {
    if (was->id == NULL || was->id[0] == '\0' || importer->ids == 0 ||
        journal_has_image(importer->options.journal, row->number))
        return;
    row->made_id = row_keep(row, slice_of(was->id));
    row->id = row->made_id;
}

static int importer_take_up_row(struct importer *importer, struct row *row,
                                const struct journal_row *was, struct err *err) {
    row->state = was->state;
    row->attempts = was->attempts;
    if (row->record.error_count > 0 && was->state == ROW_DOUBTFUL) {
        importer_take_up_broken(importer, row);
        return RC_OK;
    }
    if (was->state != ROW_DOUBTFUL &&
        (importer_omits(importer, row) || row->record.error_count > 0)) {
        if (!row->omitted)
            (void)importer_follows(importer, row);
        row_queue_push(&importer->planned, row);
        return RC_OK;
    }
    if (row->counted != 0 && was->state != ROW_DOUBTFUL) {
        importer_pass_over(importer, row);
        return RC_OK;
    }
    if (importer_plan(importer, row) != RC_OK ||
        lane_enter(importer->lanes, &row->ticket) < 0)
        return err_nomem(err);
    row->in_lanes = true;
    importer->open++;
    row->was_doubtful = was->state == ROW_DOUBTFUL;
    if (row->was_doubtful) {
        row->first_sent_ms = was->sent;
        row->doubtful_ms = was->since;
        importer_take_up_id(importer, row, was);
    }
    importer_take_up_lanes(importer, row);
    return RC_OK;
}

static int importer_take_up_open(struct importer *importer, struct err *err) {
    struct journal_cursor *cursor = NULL;
    struct journal_row was;
    int rc = journal_rows(importer->options.journal, 0, true, &cursor, err);

    while (rc == RC_OK && (rc = journal_rows_next(cursor, &was, err)) == 1) {
        struct row *row;
        if (importer->options.settle_only &&
            (was.state != ROW_DOUBTFUL || was.id != NULL)) {
            rc = RC_OK;
            continue;
        }
        row = row_pool_get(&importer->pool);
        if (row == NULL) {
            rc = err_nomem(err);
            break;
        }
        rc = importer_seek(importer, &was, err);
        if (rc == RC_OK)
            rc = job_read(importer->options.job, row, err);
        if (rc == 0 || (rc == 1 && row->number != was.record))
            rc = input_changed(importer->options.job->input_name, err);
        if (rc == 1)
            rc = importer_take_up_row(importer, row, &was, err);
    }
    journal_rows_close(cursor);
    return rc;
}

/* Reads on behind the last row that was put in its turn. */
static int importer_go_on(struct importer *importer, struct err *err) {
    const struct canary *canary = importer->options.canary;
    struct journal_row last = {.record = 0};
    struct row *skipped;
    int rc;

    do
        rc = journal_last_row(importer->options.journal, last.record, &last, err);
    while (rc == 1 && canary != NULL && canary_has(canary, last.record));
    if (rc < 0)
        return rc;
    importer->reached = rc == 1 ? last.record : 0;
    if (rc == 0)
        return job_rewind(importer->options.job, err);
    rc = importer_seek(importer, &last, err);
    if (rc != RC_OK)
        return rc;
    skipped = row_pool_get(&importer->pool);
    if (skipped == NULL)
        return err_nomem(err);
    rc = job_read(importer->options.job, skipped, err);
    row_pool_put(&importer->pool, skipped);
    return rc < 0 ? rc : RC_OK;
}

/* What was under way when the last run ended is in doubt. */
static int importer_doubt(struct importer *importer, struct err *err) {
    importer->tally.under_way = 0;
    return journal_mark_doubtful(importer->options.journal,
                                 env_wall_ms(site_env(importer->options.site)), err);
}

int importer_take_up(struct importer *importer, struct err *err) {
    struct journal_row last = {0};
    int rc = journal_last_row(importer->options.journal, 0, &last, err);

    if (rc < 0)
        return rc;
    if (importer->options.source != NULL) { /* which reads open rows, too */
        importer->first.over = true;
        importer->reached = last.record;
        return importer_doubt(importer, err);
    }
    importer->first.over = rc == 1 || importer->options.canary_only;
    /* whoever resumes has seen what the first rows do */
    if (rc == 0)
        return settler_begin(importer->settler, true, err);
    importer->reached = last.record;
    rc = settler_begin(importer->settler, false, err);
    if (rc != RC_OK)
        return rc;
    rc = importer_doubt(importer, err);
    if (rc == RC_OK)
        rc = importer_take_up_open(importer, err);
    importer->eof = importer->options.settle_only;
    if (rc != RC_OK || importer->options.canary_only || importer->eof)
        return rc;
    /* the last row may be open itself, and then has been read just now */
    if (importer->options.canary == NULL &&
        (last.state == ROW_NEW || last.state == ROW_INTENDED ||
         last.state == ROW_DOUBTFUL))
        return RC_OK;
    return importer_go_on(importer, err);
}
