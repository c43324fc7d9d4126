/* importer_outcome.c - what becomes of a row when its answer, or its look-up, is in. */
#include "flow/importer_private.h"

#include "plan/duplicate.h"

#include <inttypes.h>
#include <string.h>

enum {
    DOUBTS_MIN = 10, /* lost answers in a row, per two jobs, before the run stops */
    REPLANS_MAX = 6, /* of a row whose record changes all the time */
    NONSENSE_MAX = 3 /* answers in a row that make no sense, before the run stops */
};

const char *row_keep(struct row *row, struct slice text) {
    const char *copy = arena_copy(&row->arena, text.data, text.len);

    return copy == NULL ? "" : copy;
}

/* The column that a server's field was filled from, for the report. */
static size_t row_column_of(const struct row *row, const char *field) {
    size_t found = NO_COLUMN;

    for (size_t i = 0; field[0] != '\0' && i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        if (strcmp(a->def->name, field) == 0)
            return a->column;
        /* of parentType and parentId the latter names the record */
        if (strcmp(a->def->field, field) == 0 &&
            (found == NO_COLUMN || a->def->type != ATTRIBUTE_ENTITY))
            found = a->column;
    }
    return found;
}

static struct slice row_cell(const struct row *row, size_t column) {
    return column < row->field_count ? row->fields[column] : slice_make("", 0);
}

void importer_fail(struct importer *importer, struct row *row, enum row_state state,
                   enum reason reason, const char *field, const char *message) {
    size_t column = row_column_of(row, field);

    importer_put_error(importer, row, reason, column, field, row_cell(row, column),
                       message);
    importer_end(importer, row, state);
}

void importer_warn_missing(struct importer *importer, struct row *row,
                           const size_t *missing, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct attribute *a = &row->write.attributes[missing[i]];
        importer_put_error(
            importer, row, REASON_NOT_STORED, a->column, a->def->name,
            row_cell(row, a->column),
            "the record was saved, but EspoCRM did not store this value as "
            "it was sent");
    }
}

/* A row that was settled by look-up has this record, and now the server says that it has
 * made it for this row. No id stands for two rows: this one says what is wrong. */
static bool importer_is_anothers(struct importer *importer, struct row *row) {
    uint64_t line = journal_other_owner(importer->options.journal, row->id, row->number);
    const char *message;

    if (line == 0)
        return false;
    message = arena_format(&row->arena,
                           "EspoCRM has made record %s for this row, but line %" PRIu64
                           " has taken it for its own; look whether both are there",
                           row->id, line);
    row->id = NULL;
    importer_fail(importer, row, ROW_UNKNOWN, REASON_OUTCOME_UNKNOWN, "",
                  message == NULL ? "" : message);
    return true;
}

/* An update of a record that another row of this file has made or changed: done as asked
 * for, but said, because one of the two rows is no longer what the CRM holds. */
static void importer_warn_shared(struct importer *importer, struct row *row) {
    uint64_t line = journal_other_owner(importer->options.journal, row->id, row->number);
    const char *message;

    if (line == 0)
        return;
    message = arena_format(&row->arena,
                           "the record is also that of line %" PRIu64
                           " of this file: this row has written over it",
                           line);
    importer_put_error(importer, row, REASON_DUPLICATE, NO_COLUMN, "", slice_make("", 0),
                       message == NULL ? "" : message);
}

/* Do we find the records by ourselves? Else EspoCRM's 409 names them. */
static bool importer_matches(const struct importer *importer) {
    return importer->options.source != NULL ||
           mapping_match(importer->options.job->mapping, 0) != NULL;
}

static void importer_stored(struct importer *importer, struct row *row,
                            const struct outcome *outcome) {
    bool create = row->write.kind == WRITE_CREATE;

    if (create)
        row->id = row_keep(row, outcome->id);
    if (outcome->modified.len > 0)
        row->modified = row_keep(row, outcome->modified);
    if (outcome->version != 0)
        row->version = outcome->version;
    if (create && importer_is_anothers(importer, row))
        return;
    importer_warn_missing(importer, row, outcome->missing, outcome->missing_count);
    if (row->write.kind == WRITE_DELETE) {
        importer_end(importer, row, ROW_DELETED);
        return;
    }
    if (row->write.kind == WRITE_UNDELETE) {
        importer_end(importer, row, ROW_CREATED);
        return;
    }
    if (importer_plan_relation(importer, row)) {
        row->changed = true;
        return;
    }
    if (!create && !importer_matches(importer)) /* else the mapping says what is to be */
        importer_warn_shared(importer, row);
    importer_end(importer, row, create ? ROW_CREATED : ROW_UPDATED);
}

/* A 409 where the mapping says update: only over an equal key, and only what differs. */
static void importer_update(struct importer *importer, struct row *row,
                            const struct duplicate *duplicate) {
    const struct schema *schema = importer->options.job->schema;
    const struct schema_attribute *key = schema_find(schema, duplicate->key);
    struct err err = {0};
    int rc = RC_NOMEM;

    if (importer->planner != NULL) {
        planner_add_known(importer->planner, row, row_keep(row, duplicate->id), key);
        return;
    }
    row->plan = arena_zalloc(&row->arena, sizeof *row->plan);
    if (row->plan != NULL) {
        row->plan->id = row_keep(row, duplicate->id);
        row->plan->matched_by = duplicate->key;
        rc = planner_change(row, schema, duplicate->record, &key, 1);
    }
    if (rc == RC_OK)
        importer_planned(importer, row);
    else
        importer_stop(importer, err_nomem(&err), &err);
}

/* What the 409 calls a duplicate may be the row's own record, of a sending whose answer
 * was lost. */
static bool importer_is_own(struct importer *importer, const struct row *row,
                            const struct duplicate *duplicate) {
    return duplicate->own && row->was_doubtful &&
           !journal_has_image(importer->options.journal, row->number) &&
           settler_claims(importer->settler, row, duplicate->own_record);
}

static void importer_duplicate(struct importer *importer, struct row *row,
                               const struct outcome *outcome) {
    const char *const *keys = mapping_match(importer->options.job->mapping, 0);
    struct duplicate duplicate;
    struct buf words = {.max = 512};
    const char *message = "EspoCRM says that this is a duplicate";
    char since[20];

    env_format_utc(row->first_sent_ms, since);
    if (duplicate_read(outcome->body, row->record.attributes, row->record.count, keys,
                       importer->options.user_id, since, &duplicate) != RC_OK) {
        memset(&duplicate, 0, sizeof duplicate);
        if (row->replans++ < REPLANS_MAX) { /* cut on its way: ask once more */
            row_queue_push(&importer->again, row);
            return;
        }
    } else if (duplicate_describe(&duplicate, &words) == RC_OK)
        message = row_keep(row, buf_slice(&words));
    if (importer_is_own(importer, row, &duplicate)) {
        row->id = row_keep(row, duplicate.own_id);
        row->matched_by = "fingerprint";
        row->settled = true;
        importer_end(importer, row, ROW_CREATED);
    } else if (importer->options.on_duplicate == ON_DUPLICATE_SKIP) {
        row->id = NULL;
        row->matched_by = duplicate.by_key > 0 ? duplicate.key : "name";
        importer_put_error(importer, row, REASON_DUPLICATE, NO_COLUMN, "",
                           slice_make("", 0), message);
        importer_end(importer, row, ROW_SKIPPED);
    } else if (importer->options.on_duplicate == ON_DUPLICATE_UPDATE &&
               duplicate.by_key == 1) {
        importer_update(importer, row, &duplicate);
    } else {
        importer_fail(importer, row, ROW_FAILED, REASON_DUPLICATE, "", message);
    }
    buf_fini(&words);
}

static void importer_failed(struct importer *importer, struct row *row,
                            const struct outcome *outcome) {
    const struct outcome_fault first = {outcome->field, outcome->message};

    if (row->write.kind == WRITE_CREATE)
        row->id = NULL; /* one that was made here is nobody's */
    for (size_t i = 0; i < outcome->more_count + 1; i++) {
        const struct outcome_fault *fault = i == 0 ? &first : &outcome->more[i - 1];
        const char *field = row_keep(row, slice_of(fault->field));
        size_t column = row_column_of(row, field);
        importer_put_error(importer, row, outcome->reason, column, field,
                           row_cell(row, column),
                           row_keep(row, slice_of(fault->message)));
    }
    importer_end(importer, row, ROW_FAILED);
}

/* Lost answers in a row mean that the server is gone; answers in a row that make no sense
 * mean that something else answers in its place. Either way every further row would only
 * be one more in doubt. */
static void importer_doubt(struct importer *importer, const struct outcome *outcome) {
    size_t jobs = courier_jobs(site_courier(importer->options.site));
    struct err err = {0};

    if (outcome->status == 503 || outcome->shared)
        return; /* it says when to come back: the pause is obeyed, however long */
    importer->doubts_in_a_row++;
    importer->nonsense_in_a_row =
        outcome->status == 200 ? importer->nonsense_in_a_row + 1 : 0;
    if (importer->nonsense_in_a_row >= NONSENSE_MAX) {
        (void)err_set(&err, RC_SERVER, "%u answers in a row were not EspoCRM's: %s",
                      importer->nonsense_in_a_row, outcome->message);
        err_advise(&err, "look what stands between here and EspoCRM (a proxy, a log-in "
                         "page), then resume");
    } else if (importer->doubts_in_a_row >= DOUBTS_MIN + 2 * jobs) {
        (void)err_set(&err, RC_UNREACHABLE,
                      "%u requests in a row failed, the last one: %s",
                      importer->doubts_in_a_row, outcome->message);
        err_advise(&err, "see what is wrong with the server, then resume");
    }
    if (err.rc != RC_OK)
        importer_stop(importer, (int)err.rc, &err);
}

/* The record is not as the plan had it: either somebody else has changed it, or a PUT of
 * ours did, whose answer was lost. Another POST finds out: its 409 has the record as it
 * is. */
static void importer_modified(struct importer *importer, struct row *row,
                              const struct outcome *outcome) {
    row->was_doubtful = row->was_doubtful || outcome->maybe_done;
    if (row->replans++ >= (importer_matches(importer) ? 1 : REPLANS_MAX)) {
        importer_fail(importer, row, ROW_FAILED, REASON_MODIFIED, "",
                      "somebody changed the record at the same time");
        return;
    }
    if (importer_matches(importer)) {
        importer_ask(importer, row);
        return;
    }
    row->plan = NULL;
    importer_plan_write(importer, row);
    row_queue_push(&importer->again, row);
}

static void importer_unsent(struct importer *importer, struct row *row) {
    if (row->write.kind != WRITE_CREATE || row->was_doubtful) {
        importer_put(importer, row, ROW_DOUBTFUL);
    } else {
        row->first_sent_ms = 0;
        row->id = NULL;
        importer_put(importer, row, ROW_NEW);
    }
}

bool importer_relates_only(const struct row *row) {
    return row->plan->changed_count + row->related == 1 && !row->changed;
}

/* A refusal that is none: what was to be deleted is gone, what was to be restored may be
 * there (an earlier sending came late), or the record was written and only a relation was
 * refused. */
static bool importer_failed_late(struct importer *importer, struct row *row,
                                 const struct outcome *outcome) {
    if (row->write.kind == WRITE_DELETE && outcome->status == 404 &&
        (row->attempts > 1 || row->was_doubtful)) {
        importer_end(importer, row, ROW_DELETED);
        return true;
    }
    if (row->write.kind == WRITE_UNDELETE && row->replans++ == 0) {
        importer_ask(importer, row); /* EspoCRM refuses where it is there already: look */
        return true;
    }
    if (row->write.kind != WRITE_RELATE || importer_relates_only(row))
        return false;
    importer_put_error(importer, row, outcome->reason, row->write.attributes[0].column,
                       row->write.attributes[0].def->name, slice_make("", 0),
                       row_keep(row, slice_of(outcome->message)));
    importer_end(importer, row, ROW_UPDATED);
    return true;
}

void importer_conclude(struct importer *importer, struct row *row,
                       const struct outcome *outcome) {
    row->look = NULL;
    if (importer_mended(importer, row, outcome))
        return;
    switch (outcome->kind) {
    case OUTCOME_STORED: importer_stored(importer, row, outcome); break;
    case OUTCOME_FAILED:
        if (importer_failed_late(importer, row, outcome))
            break;
        importer_failed(importer, row, outcome);
        break;
    case OUTCOME_DUPLICATE: importer_duplicate(importer, row, outcome); break;
    case OUTCOME_MODIFIED: importer_modified(importer, row, outcome); break;
    case OUTCOME_DOUBTFUL:
        row->was_doubtful = true;
        row->doubtful_ms = env_wall_ms(site_env(importer->options.site));
        importer_put(importer, row, ROW_DOUBTFUL);
        importer_doubt(importer, outcome);
        if (importer->options.source != NULL)
            importer_ask(importer, row);
        else if (row->write.kind != WRITE_CREATE)
            row_queue_push(&importer->again,
                           row); /* the same PUT again changes nothing */
        else if (row->made_id != NULL && row->id != NULL)
            planner_add(importer->planner, row, false);
        else
            settler_add(importer->settler, row);
        break;
    case OUTCOME_UNSENT: importer_unsent(importer, row); break;
    }
}

void importer_outcome(struct write *write, const struct outcome *outcome) {
    struct row *row = write->tag;
    struct importer *importer = row->owner;

    if (outcome->latency_us > row->latency_us)
        row->latency_us = outcome->latency_us;
    if (outcome->kind != OUTCOME_DOUBTFUL && outcome->kind != OUTCOME_UNSENT) {
        importer->doubts_in_a_row = 0;
        importer->nonsense_in_a_row = 0;
    }
    if (!importer_looks(importer, row, outcome))
        importer_conclude(importer, row, outcome);
    else if (outcome->kind == OUTCOME_DOUBTFUL)
        importer_doubt(importer, outcome);
}

void importer_settled(void *context, struct row *row,
                      const struct settle_result *result) {
    struct importer *importer = context;

    row->settled = true;
    switch (result->verdict) {
    case SETTLE_FOUND:
        row->id = result->id;
        row->matched_by = result->matched_by;
        importer_end(importer, row, ROW_CREATED);
        break;
    case SETTLE_ABSENT:
        row->settled = false;
        if (importer->options.settle_only) {
            importer_end(importer, row, ROW_NEW);
        } else if (importer->planner != NULL) {
            planner_add(importer->planner, row, false);
        } else {
            (void)importer_follows(importer, row);
            row_queue_push(&importer->again, row);
        }
        break;
    case SETTLE_UNKNOWN:
        importer_fail(importer, row, ROW_UNKNOWN, REASON_OUTCOME_UNKNOWN, "",
                      row_keep(row, slice_of(result->message)));
        break;
    }
}
