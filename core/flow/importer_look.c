/* importer_look.c - rows at whose change the server failed, and which it may have made.
 *
 * Ids are related one after the other: a refusal leaves those that came before.
 *
 * A 500 says that EspoCRM broke off, not where: a hook that fails after a record is saved
 * or deleted leaves it saved or deleted. So the record is read before the row is said to
 * have failed. It holds all that was sent: done. It is as it was before, and nothing of
 * the row can still be at work: failed. Anything in between is unknown.
 */
#include "flow/importer_private.h"

#include "model/json.h"
#include "model/json_attribute.h"
#include "plan/undo.h"

#include <stdio.h>
#include <string.h>

enum { TRIES_MAX = 3 }; /* of what is a POST, while the record shows nothing of it */

enum finding { FOUND_DONE, FOUND_NOTHING, FOUND_PART };

struct look {
    char words[300];     /* what the server said */
    struct slice record; /* as it was read, in the row's arena; empty = not there */
    bool refused;        /* it said that it failed; else no answer came */
    bool sure;           /* nothing that was sent can still be at work */
    bool failed;         /* memory was out */
    enum reason denied;  /* it refused a relation, of which a part may be done: why */
    unsigned tries;      /* how often the server failed at it */
    size_t missing[OUTCOME_MISSING_MAX]; /* of the write's attributes */
    size_t missing_count;
};

/* --- what the record says --- */

static bool is_deleted(struct slice record) {
    return record.len == 0 || json_has_true(record, "deleted");
}

bool importer_has_item(const struct value *list, struct slice item) {
    for (size_t i = 0; i < list->item_count; i++)
        if (slice_equal(list->items[i], item))
            return true;
    return false;
}

/* All ids that were to join the set are in it, or none that was not before. */
static enum finding find_related(struct row *row, struct slice record) {
    const struct attribute *added = &row->write.attributes[0];
    struct json_member member;
    struct attribute now;
    size_t there = 0;

    if (!json_find(record, added->def->name, &member) ||
        json_read_attribute(added->def, &member, &row->arena, &now) != RC_OK)
        return FOUND_PART;
    for (size_t i = 0; i < added->value.item_count; i++)
        there += importer_has_item(&now.value, added->value.items[i]);
    if (there == added->value.item_count)
        return FOUND_DONE;
    return there == 0 ? FOUND_NOTHING : FOUND_PART;
}

/* Does the record hold what it held when the change was planned? */
static bool is_as_before(struct importer *importer, struct row *row) {
    struct undo_change change;
    struct undo_request request = {.schema = importer->options.job->schema,
                                   .record = row->look->record};

    if (row->plan != NULL)
        request.image = row->plan->image;
    buf_reset(&importer->scratch);
    if (json_append_record(&importer->scratch, row->write.attributes, row->write.count) <
        0)
        return false;
    request.wrote = buf_slice(&importer->scratch);
    return undo_compare(&request, &row->arena, &change) == RC_OK && change.done;
}

static enum finding find_changed(struct importer *importer, struct row *row) {
    struct look *look = row->look;
    int n = write_compare(row->write.attributes, row->write.count, look->record,
                          look->missing, OUTCOME_MISSING_MAX);

    if (n < 0)
        return FOUND_PART;
    look->missing_count = n < OUTCOME_MISSING_MAX ? (size_t)n : OUTCOME_MISSING_MAX;
    if (n == 0)
        return FOUND_DONE;
    return is_as_before(importer, row) ? FOUND_NOTHING : FOUND_PART;
}

static enum finding look_find(struct importer *importer, struct row *row) {
    bool gone = is_deleted(row->look->record);

    switch (row->write.kind) {
    case WRITE_DELETE: return gone ? FOUND_DONE : FOUND_NOTHING;
    case WRITE_UNDELETE: return gone ? FOUND_NOTHING : FOUND_DONE;
    case WRITE_RELATE: return gone ? FOUND_NOTHING : find_related(row, row->look->record);
    case WRITE_UPDATE: return gone ? FOUND_NOTHING : find_changed(importer, row);
    case WRITE_CREATE: break;
    }
    return FOUND_PART;
}

/* --- what becomes of the row --- */

static void look_done(struct importer *importer, struct row *row, const char *words) {
    struct outcome outcome = {.kind = OUTCOME_STORED, .field = "", .message = ""};
    const char *message = arena_format(
        &row->arena, "%s, but %s", words,
        row->write.kind == WRITE_DELETE     ? "the record is not there any more"
        : row->write.kind == WRITE_UNDELETE ? "the record is there again"
                                            : "the record holds all that was sent");

    if (row->write.kind == WRITE_UPDATE)
        outcome_read_stamp(&outcome, row->look->record);
    outcome.missing_count = row->look->missing_count; /* of a record that is mended */
    memcpy(outcome.missing, row->look->missing, sizeof outcome.missing);
    if (row->look->refused && outcome.missing_count == 0)
        importer_put_error(importer, row, REASON_SERVER_ERROR, NO_COLUMN, "",
                           slice_make("", 0), message == NULL ? words : message);
    row->settled = true;
    row->look = NULL;
    importer_conclude(importer, row, &outcome);
}

static void look_failed(struct importer *importer, struct row *row, const char *words) {
    struct outcome outcome = {
        .kind = OUTCOME_FAILED, .reason = REASON_SERVER_ERROR, .field = ""};

    outcome.message =
        arena_format(&row->arena, "%s, and %s", words,
                     row->look->record.len == 0 ? "the record is not there"
                                                : "the record is as it was before");
    if (outcome.message == NULL)
        outcome.message = words;
    row->settled = true;
    row->look = NULL;
    importer_conclude(importer, row, &outcome);
}

/* A relation was refused. */
static void look_denied(struct importer *importer, struct row *row, enum finding finding,
                        const char *words) {
    struct outcome outcome = {.kind = OUTCOME_FAILED,
                              .reason = row->look->denied,
                              .field = "",
                              .message = words};

    row->changed = finding == FOUND_PART;
    if (row->changed)
        outcome.message = arena_format(
            &row->arena, "%s; the ids that came before it were added", words);
    if (outcome.message == NULL)
        outcome.message = words;
    row->look = NULL;
    importer_conclude(importer, row, &outcome);
}

static void look_unknown(struct importer *importer, struct row *row, const char *words,
                         const char *why) {
    const char *message =
        arena_format(&row->arena, "%s, and %s; look at %s", words, why, row->write.id);

    row->settled = true;
    row->look = NULL;
    importer_fail(importer, row, ROW_UNKNOWN, REASON_OUTCOME_UNKNOWN, "",
                  message == NULL ? words : message);
}

static void look_conclude(struct importer *importer, struct row *row) {
    struct look *look = row->look;
    bool posts = row->write.kind == WRITE_RELATE || row->write.kind == WRITE_UNDELETE;
    enum finding finding = look_find(importer, row);
    const char *words = row_keep(row, slice_of(look->words));

    if (finding == FOUND_DONE)
        look_done(importer, row, words);
    else if (look->denied != REASON_NONE)
        look_denied(importer, row, finding, words);
    else if (posts && look->tries < TRIES_MAX)
        row_queue_push(&importer->again, row); /* once more changes nothing twice */
    else if (!look->sure && importer_may_come(importer, row))
        importer_look_again(importer, row);
    else if (finding == FOUND_NOTHING)
        look_failed(importer, row, words);
    else if (row->mends) /* it is made, and what it lacks is told */
        look_done(importer, row, words);
    else
        look_unknown(importer, row, words,
                     "the record is neither as it was nor as it was sent");
}

/* --- the look --- */

static void take_record(void *context, struct slice record) {
    struct row *row = context;
    char *copy = arena_copy(&row->arena, record.data, record.len);

    row->look->failed = copy == NULL;
    row->look->record = slice_make(copy, copy == NULL ? 0 : record.len);
}

static void take_end(void *context, int rc, const struct err *err) {
    struct row *row = context;
    struct importer *importer = row->owner;
    struct err own = {0};

    if (rc == RC_NOMEM || row->look->failed)
        importer_stop(importer, err_nomem(&own), &own);
    if (rc == RC_OK && !row->look->failed)
        look_conclude(importer, row);
    else if (rc == RC_SERVER && importer->stop == RC_OK &&
             courier_stopped(site_courier(importer->options.site), NULL) == RC_OK)
        look_unknown(importer, row, row_keep(row, slice_of(row->look->words)),
                     row_keep(row, slice_of(err->message))); /* else it stays doubtful */
}

void importer_look(struct importer *importer, struct row *row) {
    const struct find find = {.record = take_record, .done = take_end, .context = row};
    struct err err = {0};

    row->look->record = slice_make("", 0);
    if (finder_read(importer->finder, row->write.entity_type, slice_of(row->write.id),
                    &find, &err) != RC_OK)
        importer_stop(importer, (int)err.rc, &err);
}

static bool is_denied(const struct row *row, const struct outcome *outcome) {
    return row->write.kind == WRITE_RELATE && outcome->kind == OUTCOME_FAILED;
}

/* A 500 of a PUT or a DELETE comes after all retries; what is a POST is sent once. */
static bool may_be_done(const struct row *row, const struct outcome *outcome) {
    switch (row->write.kind) {
    case WRITE_UPDATE:
    case WRITE_DELETE: return outcome->kind == OUTCOME_FAILED && outcome->status >= 500;
    case WRITE_RELATE:
        if (is_denied(row, outcome))
            return importer_relates_only(row) &&
                   row->write.attributes[0].value.item_count > 1;
        return outcome->kind == OUTCOME_DOUBTFUL;
    case WRITE_UNDELETE: return outcome->kind == OUTCOME_DOUBTFUL;
    case WRITE_CREATE: break;
    }
    return false;
}

bool importer_looks(struct importer *importer, struct row *row,
                    const struct outcome *outcome) {
    struct look *look = row->look;

    if (!may_be_done(row, outcome))
        return false;
    if (look == NULL)
        look = row->look = arena_zalloc(&row->arena, sizeof *look);
    if (look == NULL) {
        struct err err = {0};
        importer_stop(importer, err_nomem(&err), &err);
        importer_put(importer, row, ROW_DOUBTFUL);
        return true;
    }
    (void)snprintf(look->words, sizeof look->words, "%s", outcome->message);
    look->sure = outcome->status == 500 && !outcome->unsure &&
                 (!row->was_doubtful || (look->tries > 0 && look->sure));
    look->refused = outcome->status >= 500;
    look->denied = is_denied(row, outcome) ? outcome->reason : REASON_NONE;
    look->tries++;
    row->was_doubtful = true;
    row->doubtful_ms = env_wall_ms(site_env(importer->options.site));
    importer_put(importer, row, ROW_DOUBTFUL);
    if (importer->stop == RC_OK)
        importer_look(importer, row);
    return true;
}
