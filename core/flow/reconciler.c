/* reconciler.c - sweep, keys, rows: the stages of a reconciliation, and its batches.
 *
 * A batch of rows is committed as one: after a kill, reading goes on behind the last
 * that was. The keys of the records are worked out anew then; they are in no file that
 * stays.
 */
#include "flow/reconciler.h"

#include "flow/exporter_private.h"
#include "flow/reconciler_private.h"
#include "flow/repeats.h"
#include "flow/unkept.h"
#include "model/json.h"
#include "plan/difference.h"

#include <stdlib.h>
#include <string.h>

/* Values of `reconcile.stage` in the checkpoint. */
enum { STAGE_RECORDS, STAGE_ROWS, STAGE_DONE };

static const char stage_key[] = "reconcile.stage";

static void set_sweep(const struct reconcile_options *options,
                      struct export_options *out) {
    *out = (struct export_options){
        .site = options->site,
        .journal = options->journal,
        .table = options->table,
        .entity_type = mapping_entity_type(options->job->mapping),
        .where = options->spec->where,
        .params = "",
        .page = schema_server(options->job->schema)->list_max_size,
        .json = true,
    };
}

int reconciler_total(const struct reconcile_options *options, uint64_t *total,
                     struct err *err) {
    struct export_options sweep;

    set_sweep(options, &sweep);
    return export_probe_total(&sweep, total, err);
}

int reconciler_begin(const struct reconcile_options *options, struct err *err) {
    struct export_options sweep;
    size_t count;
    int rc;

    for (size_t rule = 0; program_match(options->job->program, rule, &count) != NULL;
         rule++)
        if (count > RECONCILE_VALUES)
            return err_set(err, RC_USAGE, "a match rule has more than %d fields",
                           RECONCILE_VALUES);
    set_sweep(options, &sweep);
    rc = options->spec->sweep ? exporter_begin(&sweep, err)
                              : journal_begin_records(options->journal, err);
    if (rc == RC_OK)
        rc = journal_begin_pairs(options->journal, err);
    return rc == RC_OK ? journal_set_int(options->journal, stage_key, STAGE_RECORDS, err)
                       : rc;
}

/* --- records --- */

static void show_sweep(void *context, const struct export_progress *p) {
    const struct reconcile_options *options = context;
    const struct reconcile_progress progress = {
        .sweeping = true,
        .done = p->records,
        .total = p->total,
        .in_flight = p->in_flight,
        .jobs = p->jobs,
        .retries = p->retries,
        .pause_ms = p->pause_ms,
        .latency = p->latency,
    };

    if (options->progress != NULL)
        options->progress(options->context, &progress);
}

static int read_records(const struct reconcile_options *options, struct err *err) {
    struct export_options sweep;
    struct export_counts counts;
    void *context;
    int rc = RC_OK;

    if (options->spec->sweep) {
        set_sweep(options, &sweep);
        sweep.progress = show_sweep;
        memcpy(&context, &options, sizeof context); /* borrowed for the call */
        sweep.context = context;
        rc = exporter_run(&sweep, &counts, err);
    }
    if (rc == RC_OK)
        rc = journal_set_int(options->journal, stage_key, STAGE_ROWS, err);
    return rc == RC_OK ? journal_commit(options->journal, err) : rc;
}

/* An index of what is there, with a look for signals now and then. */
struct indexing {
    struct reconciler *r;
    struct err *err;
    uint64_t count;
};

static int index_record(void *context, int64_t place, struct slice record) {
    struct indexing *indexing = context;

    if (++indexing->count % 4096 == 0 &&
        env_interrupts(site_env(indexing->r->options->site)) > 0)
        return err_set(indexing->err, RC_INTERRUPTED, "interrupted");
    return reconciler_add_keys(indexing->r, place, record, indexing->err);
}

/* --- links --- */

static void row_planned(void *context, struct row *row) {
    struct reconciler *r = context;

    ((struct reconcile_item *)row->owner)->linked = true;
    planner_ended(r->planner, row);
}

/* The records at the other end of links, that cells name by something else than ids. */
static int fill_links(struct reconciler *r, struct err *err) {
    const struct reconcile_options *options = r->options;
    struct courier *courier = site_courier(options->site);
    int rc = RC_OK;

    for (size_t i = 0; i < r->count; i++) {
        struct reconcile_item *item = &r->items[i];
        item->row->owner = item;
        item->linked =
            item->row->record.link_count == 0 || item->row->record.error_count > 0;
        if (!item->linked)
            planner_add(r->planner, item->row, true);
    }
    for (size_t done = 0; rc == RC_OK && done < r->count;) {
        while (done < r->count && r->items[done].linked)
            done++;
        if (done == r->count)
            break;
        rc = planner_poll(r->planner, true, err);
        if (rc == RC_OK && courier_poll(courier, RECONCILE_POLL_MS, err) < 0)
            rc = RC_NOMEM;
        if (rc == RC_OK)
            rc = (int)courier_stopped(courier, err);
        if (rc == RC_OK && env_interrupts(site_env(options->site)) > 0)
            rc = err_set(err, RC_INTERRUPTED, "interrupted");
    }
    if (rc == RC_OK)
        return RC_OK;
    courier_cancel(courier); /* no answer may come for a planner that is gone */
    while (courier_in_flight(courier) + courier_waiting(courier) > 0 &&
           courier_poll(courier, RECONCILE_POLL_MS, NULL) >= 0)
        continue;
    return rc;
}

/* --- rows --- */

static int put_errors(struct reconciler *r, const struct row *row, struct err *err) {
    struct arena arena = {0};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < row->record.error_count; i++) {
        const struct row_error *error = &row->record.errors[i];
        struct slice column = job_column(r->options->job, error->column);
        const struct journal_error put = {
            .record = row->number,
            .reason = error->reason,
            .column = arena_copy(&arena, column.data, column.len),
            .field = error->field,
            .value = arena_copy(&arena, error->value.data, error->value.len),
            .message = error->message,
        };
        rc = put.column == NULL || put.value == NULL
                 ? err_nomem(err)
                 : journal_put_error(r->options->journal, &put, err);
    }
    arena_fini(&arena);
    return rc;
}

/* The key by which rows are told to be about one record before it is known. */
static int row_key(const struct reconciler *r, const struct row *row,
                   unsigned char key[KEYINDEX_KEY]) {
    size_t count;
    int rc = 0;

    for (size_t rule = 0;
         rc == 0 && program_match(r->options->job->program, rule, &count) != NULL; rule++)
        rc = repeats_key(r->options->job, row, rule, key);
    return rc;
}

/* Who has changed what, since the base. A record that the base lacks has no base. */
static int judge(struct reconciler *r, const struct row *row, struct journal_pair *pair,
                 struct err *err) {
    struct reconcile_base *base = r->options->base;
    int rc = reconcile_base_find(base, buf_slice(&r->id), row, slice_make("", 0), err);

    if (rc != 1)
        return rc;
    pair->based = true;
    buf_reset(&r->judged);
    if (reconcile_base_judge(base, buf_slice(&r->detail), buf_slice(&r->pack),
                             &r->judged) < 0)
        return err_nomem(err);
    buf_reset(&r->detail);
    return buf_append_slice(&r->detail, buf_slice(&r->judged)) < 0 ? err_nomem(err)
                                                                   : RC_OK;
}

/* A row that has one record: is it outside of the filter, does it differ? */
static int compare(struct reconciler *r, struct reconcile_item *item,
                   struct journal_pair *pair, struct err *err) {
    const struct reconcile_spec *spec = r->options->spec;
    struct row *row = item->row;
    struct difference_request request = {
        .count = row->record.count,
        .ignore = spec->ignore,
        .trim = spec->trim,
        .fold_case = spec->fold_case,
    };
    bool outside = false;
    int rc;

    buf_reset(&r->id);
    buf_reset(&r->pack);
    rc = journal_get_record(r->options->journal, item->places[0], &r->id, &r->pack,
                            &outside, err);
    if (rc < 0)
        return rc;
    pair->place = item->places[0];
    if (outside) {
        pair->class = PAIR_ONLY_FILE;
        return json_append_record(&r->detail, row->record.attributes, row->record.count);
    }
    request.record = buf_slice(&r->pack);
    if (unkept_sort(row, request.record) < 0)
        return err_nomem(err);
    request.attributes = row->record.attributes;
    if (item->id != NULL && !item->created)
        request.ignore = item->ignore;
    if (row->record.error_count > 0)
        request.ignore = reconciler_unread_fields(r, row);
    if (request.ignore == NULL)
        return err_nomem(err);
    if (item->id == NULL)
        request.keys =
            program_match(r->options->job->program, item->rule, &request.key_count);
    rc = difference_find(&request, &row->arena, &r->detail);
    if (rc == RC_SERVER)
        return err_set(err, RC_SERVER,
                       "the record %s cannot be compared: its addresses "
                       "are not as EspoCRM has them",
                       buf_text(&r->id));
    if (rc < 0)
        return err_nomem(err);
    if (row->record.error_count > 0) {
        pair->class = PAIR_DIFFERENT;
        pair->weak = rc == 0;
        return reconciler_append_unread(r, row) < 0 ? err_nomem(err) : RC_OK;
    }
    pair->class = rc > 0 ? PAIR_DIFFERENT : PAIR_EQUAL;
    if (rc == 0)
        buf_reset(&r->detail);
    return rc > 0 && r->options->base != NULL ? judge(r, row, pair, err) : RC_OK;
}

static int put_item(struct reconciler *r, struct reconcile_item *item, struct err *err) {
    struct row *row = item->row;
    struct journal_pair pair = {.number = row->number, .line = row->line};
    unsigned char key[KEYINDEX_KEY];
    int rc = RC_OK;

    buf_reset(&r->detail);
    if (row->record.error_count > 0 && item->found + item->loose == 0) {
        pair.class = PAIR_FAILED;
        pair.weak = row->record.errors[0].reason == REASON_ROW_EMPTY;
        rc = put_errors(r, row, err);
    } else if (item->found > 1 || item->loose > 0) {
        pair.class = PAIR_AMBIGUOUS;
        pair.weak = item->found == 0;
        rc = reconciler_put_candidates(r, item, err);
    } else if (item->found == 1) {
        rc = compare(r, item, &pair, err);
    } else {
        pair.class = PAIR_ONLY_FILE;
        rc = json_append_record(&r->detail, row->record.attributes, row->record.count);
        if (rc == RC_OK && r->options->base != NULL) {
            rc = reconcile_base_find(r->options->base, slice_make("", 0), row,
                                     slice_make("", 0), err);
            pair.based = rc == 1;
        }
    }
    if (rc < 0)
        return err != NULL && err->rc != RC_OK ? rc : err_nomem(err);
    if (r->detail.failed != RC_OK)
        return err_nomem(err);
    pair.detail = buf_slice(&r->detail);
    if (pair.class != PAIR_FAILED && r->options->run == NULL) {
        rc = row_key(r, row, key);
        if (rc < 0)
            return err_nomem(err);
        if (rc == 1)
            pair.key = slice_make((const char *)key, sizeof key);
    }
    return journal_put_pair(r->options->journal, &pair, err);
}

/* A row that no rule applies to: it has nothing to be told by. */
static int check_keys(struct reconcile_item *item, const struct reconciler *r) {
    unsigned char key[KEYINDEX_KEY];
    int rc;

    if (item->row->record.error_count > 0)
        return RC_OK;
    rc = row_key(r, item->row, key);
    return rc != 0 ? (rc < 0 ? rc : RC_OK)
                   : row_add_error(item->row, REASON_MATCH_NONE, NO_COLUMN, "",
                                   slice_make("", 0),
                                   "of each match rule a cell is empty in the row");
}

/* What an import has not written of a row that it has matched: what it was matched by
 * ("firstName + lastName"), and what the mapping's rules of conflict leave alone. */
static int list_unwritten(struct reconcile_item *item, const char *matched_by) {
    const struct record *record = &item->row->record;
    struct buf list = {.max = 64 * 1024};

    (void)buf_append_char(&list, ',');
    for (const char *at = matched_by; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, " ");
        (void)buf_append(&list, at, len);
        (void)buf_append_char(&list, ',');
        at += len;
        at += strspn(at, " +");
    }
    for (size_t i = 0; i < record->count; i++)
        if (record->attributes[i].on_conflict != CONFLICT_OVERWRITE)
            (void)buf_append_format(&list, "%s,", record->attributes[i].def->name);
    item->ignore = arena_copy(&item->row->arena, buf_text(&list), list.len);
    buf_fini(&list);
    return item->ignore == NULL ? RC_NOMEM : RC_OK;
}

/* Has the import written the row, and as which record? 1, 0, < 0. */
static int take_written(struct reconciler *r, struct reconcile_item *item,
                        struct err *err) {
    int rc = 1;

    while (rc == 1 && r->at.record < item->row->number)
        rc = journal_rows_next(r->written, &r->at, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        r->at.record = UINT64_MAX;
        return 0;
    }
    if (r->at.record != item->row->number || r->at.id == NULL ||
        item->row->record.error_count > 0 ||
        (r->at.state != ROW_CREATED && r->at.state != ROW_UPDATED &&
         r->at.state != ROW_UNCHANGED))
        return 0;
    item->created = r->at.state == ROW_CREATED;
    item->id = arena_copy(&item->row->arena, r->at.id, strlen(r->at.id));
    if (item->id == NULL ||
        (!item->created && list_unwritten(item, r->at.matched_by) < 0))
        return err_nomem(err);
    return 1;
}

/* 1 = there may be more, 0 = the end of the file, < 0. */
static int read_batch(struct reconciler *r, uint64_t behind, struct err *err) {
    int rc = 1;

    r->count = 0;
    while (rc == 1 && r->count < RECONCILE_BATCH) {
        struct row *row = row_pool_get(&r->pool);
        int wanted = 1;
        rc = row == NULL ? err_nomem(err) : job_read(r->options->job, row, err);
        r->items[r->count] = (struct reconcile_item){.row = row};
        if (rc == 1 && r->options->run != NULL)
            wanted = take_written(r, &r->items[r->count], err);
        else if (rc == 1 && r->options->spec->errors)
            wanted = reconciler_is_undone(r->options->job, row);
        if (rc == 1 && wanted == 1 && row->number > behind)
            r->count++;
        else if (row != NULL)
            row_pool_put(&r->pool, row);
        rc = wanted < 0 ? wanted : rc;
    }
    return rc;
}

/* Commits what was put when it is worth it. */
static int commit_due(struct reconciler *r, struct err *err) {
    int64_t now = env_monotonic_us(site_env(r->options->site));

    r->uncommitted += r->count;
    if (r->uncommitted < RECONCILE_COMMIT_ROWS &&
        now - r->committed_us < RECONCILE_COMMIT_US)
        return RC_OK;
    r->uncommitted = 0;
    r->committed_us = now;
    return journal_commit(r->options->journal, err);
}

static int take_batch(struct reconciler *r, struct err *err) {
    const struct journal *run = r->options->run;
    size_t count;
    int rc = r->planner == NULL ? RC_OK : fill_links(r, err);

    for (size_t i = 0; rc == RC_OK && run == NULL && i < r->count; i++)
        if (check_keys(&r->items[i], r) < 0)
            rc = err_nomem(err);
    if (rc == RC_OK && run != NULL && r->count > 0)
        rc = reconciler_find_written(r, err);
    for (size_t rule = 0; rc == RC_OK && run == NULL &&
                          program_match(r->options->job->program, rule, &count) != NULL;
         rule++)
        rc = reconciler_match(r, rule, err);
    for (size_t i = 0; rc == RC_OK && i < r->count; i++)
        rc = put_item(r, &r->items[i], err);
    for (size_t i = 0; i < r->count; i++)
        row_pool_put(&r->pool, r->items[i].row);
    if (rc == RC_OK)
        return commit_due(r, err);
    journal_rollback(r->options->journal); /* half a batch */
    return rc;
}

static void show_rows(const struct reconciler *r) {
    const struct reconcile_options *options = r->options;
    const struct courier *courier = site_courier(options->site);
    const struct reconcile_progress progress = {
        .done = r->rows,
        .total = options->job->facts.records,
        .in_flight = courier_in_flight(courier),
        .jobs = courier_jobs(courier),
        .retries = courier_counts(courier)->retries,
        .pause_ms = courier_pause_ms(courier),
        .latency = courier_latency(courier),
    };

    if (options->progress != NULL)
        options->progress(options->context, &progress);
}

static int compare_rows(struct reconciler *r, struct err *err) {
    uint64_t behind = 0;
    int more = 1;
    int rc = journal_last_pair(r->options->journal, &behind, err);

    if (rc == RC_OK)
        rc = job_rewind(r->options->job, err);
    r->rows = behind;
    while (rc == RC_OK && more == 1) {
        show_rows(r);
        if (env_interrupts(site_env(r->options->site)) > 0) {
            rc = journal_commit(r->options->journal, err);
            return rc < 0 ? rc : err_set(err, RC_INTERRUPTED, "interrupted");
        }
        more = read_batch(r, behind, err);
        if (more < 0)
            return more;
        r->rows += r->count;
        rc = take_batch(r, err);
    }
    return rc;
}

/* Of the records that no row is about: which of them were in the base? */
static int note_based(const struct reconcile_options *options, struct err *err) {
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(options->journal, SCAN_ONLY_CRM, &cursor, err);

    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = reconcile_base_find(options->base, found.id, NULL, found.record, err);
        if (rc == 1)
            rc = journal_put_based(options->journal, found.pair.place, err);
        if (rc == RC_OK && env_interrupts(site_env(options->site)) > 0)
            rc = err_set(err, RC_INTERRUPTED, "interrupted");
    }
    journal_pairs_close(cursor);
    if (rc < 0)
        journal_rollback(options->journal);
    return rc;
}

static int reconciler_open(struct reconciler *r, struct err *err) {
    const struct reconcile_options *options = r->options;
    struct indexing indexing = {.r = r, .err = err};
    const struct planner_options plan = {
        .site = options->site, .job = options->job, .planned = row_planned, .context = r};
    size_t page = schema_server(options->job->schema)->list_max_size;
    int rc = keyindex_open(&r->index, err);

    if (rc == RC_OK)
        rc = finder_new(&r->finder, options->site, page, err);
    if (rc == RC_OK && options->run != NULL)
        rc = journal_rows(options->run, 1, false, &r->written, err);
    if (rc == RC_OK && program_lookup(options->job->program, 0) != NULL)
        rc = planner_new(&r->planner, &plan, err);
    if (rc == RC_OK)
        rc = journal_places(options->journal, index_record, &indexing, err);
    return rc;
}

static void reconciler_close(struct reconciler *r) {
    journal_rows_close(r->written);
    keyindex_close(r->index);
    finder_free(r->finder);
    planner_free(r->planner);
    row_pool_fini(&r->pool);
    arena_fini(&r->arena);
    buf_fini(&r->pack);
    buf_fini(&r->id);
    buf_fini(&r->detail);
    buf_fini(&r->judged);
    free(r->came.places);
    free(r);
}

int reconciler_run(const struct reconcile_options *options, struct pair_counts *counts,
                   struct err *err) {
    struct journal *journal = options->journal;
    struct reconciler *r = calloc(1, sizeof *r);
    int rc = r == NULL ? err_nomem(err) : RC_OK;

    memset(counts, 0, sizeof *counts);
    if (rc != RC_OK)
        return rc;
    r->options = options;
    r->pack.max = r->id.max = r->detail.max = r->judged.max = RECONCILE_BYTES;
    if (journal_int(journal, stage_key) == STAGE_RECORDS)
        rc = read_records(options, err);
    if (rc == RC_OK && journal_int(journal, stage_key) == STAGE_ROWS) {
        rc = reconciler_open(r, err);
        if (rc == RC_OK)
            rc = compare_rows(r, err);
        if (rc == RC_OK)
            rc = journal_settle_pairs(journal, err);
        if (rc == RC_OK && options->base != NULL && options->spec->sweep)
            rc = note_based(options, err);
        if (rc == RC_OK)
            rc = journal_set_int(journal, stage_key, STAGE_DONE, err);
        if (rc == RC_OK)
            rc = journal_commit(journal, err);
    }
    reconciler_close(r);
    if (rc == RC_OK)
        rc = journal_check(journal, err); /* the stage may not have been readable */
    if (rc == RC_OK)
        rc = journal_count_pairs(journal, counts, err);
    return rc;
}
