/* undoer_decide.c - may this step be taken, by what the record holds now? */
#include "flow/undoer_private.h"

#include "model/json.h"
#include "model/json_attribute.h"
#include "plan/match.h"
#include "plan/undo.h"
#include "state/journal_made.h"

#include <inttypes.h>
#include <string.h>

enum { IMAGE_MAX = 64 * 1024 * 1024, UNSTORED_MAX = 64, KEY_MAX = 64 * 1024 };

const char undo_note_gone[] = "gone";
const char undo_note_as_before[] = "as before";

static int keep(struct undo_item *item, enum reason reason, const char *field,
                struct slice value, const char *message) {
    item->row->plan->action = PLAN_SKIP;
    return row_add_error(item->row, reason, NO_COLUMN, field, value, message);
}

/* Nothing is to be done, or it was done by a sending whose answer was lost. */
static void leave(struct undo_item *item, const char *note) {
    struct row *row = item->row;
    struct outcome stamp = {.kind = OUTCOME_STORED};

    row->plan->action = PLAN_UNCHANGED;
    row->plan->matched_by = row->was_doubtful ? NULL : note;
    if (item->record.len == 0)
        return;
    outcome_read_stamp(&stamp, item->record);
    if (stamp.modified.len > 0)
        row->modified = arena_copy(&row->arena, stamp.modified.data, stamp.modified.len);
    row->version = stamp.version;
}

/* Could it be there all the same, and the user's role not show it? */
static bool may_be_hidden(const struct undo_batch *batch, const struct undo_item *item) {
    struct json_member assigned;
    struct slice user = slice_make("", 0);

    if (json_find(item->wrote, "assignedUserId", &assigned) &&
        assigned.type == JSON_IS_STRING)
        user = slice_make(assigned.raw.data + 1, assigned.raw.len - 2);
    return !schema_shows_made(batch->schema, user);
}

static int gone(const struct undo_batch *batch, struct undo_item *item) {
    if (!item->row->was_doubtful && may_be_hidden(batch, item))
        return keep(item, REASON_FORBIDDEN, "", slice_make("", 0),
                    "the record is gone, or your role does not show it: it reads no more "
                    "than the records that are assigned to you or your teams; if it is "
                    "there, an undo --force with the key of a user who reads all can "
                    "take it back");
    leave(item, undo_note_gone);
    if (item->row->was_doubtful && item->step.kind != STEP_RESTORE)
        item->row->plan->action = PLAN_GONE;
    return RC_OK;
}

/* Attributes that the row's remarks say were not stored as they were sent. */
struct unstored {
    struct arena *arena;
    const char *names[UNSTORED_MAX];
    size_t count;
};

static int add_unstored(void *context, const struct journal_error *error) {
    struct unstored *unstored = context;

    if (error->reason != REASON_NOT_STORED || unstored->count == UNSTORED_MAX)
        return RC_OK;
    unstored->names[unstored->count] =
        arena_copy(unstored->arena, error->field, strlen(error->field));
    return unstored->names[unstored->count++] == NULL ? RC_NOMEM : RC_OK;
}

/* What the record would hold if the steps of it that came before were taken. */
struct pretence {
    struct undoer *undoer;
    struct arena *arena;
    struct slice record;
    int rc;
};

static int pretend_step(void *context, uint64_t number) {
    struct pretence *p = context;
    struct buf image = {.max = IMAGE_MAX}, merged = {.max = IMAGE_MAX};
    struct journal_step step;
    int rc = journal_get_step(p->undoer->options.undo, number, p->arena, &step, NULL);

    if (rc == 1)
        rc = journal_get_image(p->undoer->options.run, step.record, &image, NULL);
    if (rc == 1)
        rc = json_append_merged(&merged, p->record, buf_slice(&image));
    if (rc == RC_OK && merged.len > 0) {
        p->record = slice_make(arena_copy(p->arena, merged.data, merged.len), merged.len);
        rc = p->record.data == NULL ? RC_NOMEM : RC_OK;
    }
    buf_fini(&image);
    buf_fini(&merged);
    return rc < 0 ? rc : RC_OK;
}

static int pretend_before(struct undoer *undoer, struct undo_item *item,
                          struct slice *record, struct err *err) {
    struct row *row = item->row;
    struct pretence p = {.undoer = undoer, .arena = &row->arena};
    struct buf merged = {.max = IMAGE_MAX};
    int rc = journal_same_id(undoer->options.undo, row->id, row->number, ROW_UPDATED,
                             pretend_step, &p, err);

    if (rc == RC_OK && p.record.len > 0) {
        rc = json_append_merged(&merged, p.record, item->record);
        *record =
            slice_make(arena_copy(&row->arena, merged.data, merged.len), merged.len);
        if (rc == RC_OK && record->data == NULL)
            rc = RC_NOMEM;
        buf_fini(&merged);
    }
    return rc;
}

/* Of a record that the run made, and perhaps changed later; and that this undo may have
 * changed back since. */
static int find_stamp(struct undoer *undoer, struct undo_item *item,
                      struct undo_stamp *stamp, struct err *err) {
    const struct undo_options *o = &undoer->options;
    struct row *row = item->row;
    struct journal_row last = {.record = 0};
    int rc = 0;

    if (!o->pretend)
        rc = journal_last_stamp(o->undo, row->id, 1, &row->arena, &last, err);
    stamp->user_id = rc == 0 ? o->user_id : NULL; /* whoever it is that undoes */
    if (rc == 0)
        rc = journal_last_stamp(o->run, row->id, item->step.record, &row->arena, &last,
                                err);
    if (rc < 0)
        return rc;
    stamp->modified = last.modified;
    stamp->version = last.version;
    return RC_OK;
}

/* What EspoCRM did not store as sent tells of no edit, unless somebody has changed the
 * record since: then nobody can tell which field it was. */
static int find_unstored(struct undoer *undoer, struct undo_item *item,
                         struct unstored *unstored, struct err *err) {
    struct undo_stamp stamp = {.modified = NULL};
    int rc = journal_errors(undoer->options.run, item->step.record, add_unstored,
                            unstored, err);

    if (rc == RC_OK && unstored->count > 0)
        rc = find_stamp(undoer, item, &stamp, err);
    if (rc == RC_OK && undo_is_touched(item->record, &stamp))
        unstored->count = 0;
    return rc;
}

static int compare(struct undoer *undoer, struct undo_batch *batch,
                   struct undo_item *item, struct undo_change *change, struct err *err) {
    struct unstored unstored = {.arena = &item->row->arena};
    struct undo_request request = {
        .schema = batch->schema,
        .record = item->record,
        .wrote = item->wrote,
        .image = item->image,
        .unstored = unstored.names,
    };
    int rc = find_unstored(undoer, item, &unstored, err);

    request.unstored_count = unstored.count;
    if (rc == RC_OK && undoer->options.pretend)
        rc = pretend_before(undoer, item, &request.record, err);
    return rc == RC_OK ? undo_compare(&request, &item->row->arena, change) : rc;
}

static int keep_edited(struct undo_item *item, const struct undo_change *change) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < change->edit_count && i < UNDO_EDITS_MAX; i++)
        rc = keep(item, REASON_EDITED_SINCE, change->edits[i].field, change->edits[i].now,
                  change->edits[i].message);
    return rc;
}

/* "the record", or which one it is where no line of the file tells. */
static const char *subject(const struct undo_item *item) {
    const char *words =
        item->step.kind == STEP_UNMAKE
            ? arena_format(&item->row->arena, "%s '%s' (created for a link)",
                           item->step.entity_type, item->step.value)
            : NULL;

    return words == NULL ? "the record" : words;
}

static int keep_touched(struct undo_item *item) {
    struct row *row = item->row;
    const char *message =
        arena_format(&row->arena,
                     "%s was edited since, by %s, in a field that the run did not "
                     "write; deleting it would lose that",
                     subject(item), undo_last_edit(item->record, &row->arena));

    return keep(item, REASON_EDITED_SINCE, "modifiedAt", slice_make("", 0), message);
}

static int decide_delete(struct undoer *undoer, struct undo_batch *batch,
                         struct undo_item *item, struct err *err) {
    struct undo_change change;
    struct undo_stamp stamp = {.modified = NULL};
    int rc;

    if (item->record.len == 0)
        return gone(batch, item);
    rc = compare(undoer, batch, item, &change, err);
    if (rc != RC_OK || change.edit_count > 0)
        return rc == RC_OK ? keep_edited(item, &change) : rc;
    rc = find_stamp(undoer, item, &stamp, err);
    if (rc != RC_OK)
        return rc;
    if (undo_is_touched(item->record, &stamp))
        return keep_touched(item);
    item->row->plan->action = PLAN_DELETE;
    return RC_OK;
}

static int decide_restore(struct undoer *undoer, struct undo_batch *batch,
                          struct undo_item *item, struct err *err) {
    struct plan *plan = item->row->plan;
    struct undo_change change;
    int rc;

    if (item->record.len == 0)
        return gone(batch, item);
    rc = compare(undoer, batch, item, &change, err);
    if (rc != RC_OK)
        return rc;
    if (change.done) {
        leave(item, undo_note_as_before);
        return RC_OK;
    }
    if (change.edit_count > 0)
        return keep_edited(item, &change);
    if (undo_keep_marks(batch, item, &change) < 0)
        return RC_NOMEM;
    plan->action = PLAN_UPDATE;
    plan->changed = change.restore;
    plan->changed_count = change.count;
    plan->version = change.version;
    plan->image = item->record;
    return RC_OK;
}

static int decide_undelete(const struct undoer *undoer, struct undo_item *item) {
    if (item->record.len > 0 && !json_has_true(item->record, "deleted")) {
        leave(item, undo_note_as_before);
        if (item->row->was_doubtful)
            item->row->plan->action = PLAN_OWN; /* restored by us */
        return RC_OK;
    }
    if (!undoer->admin)
        return keep(item, REASON_FORBIDDEN, "", slice_make("", 0),
                    "the run deleted this record, and only an administrator may restore "
                    "it");
    item->row->plan->action = PLAN_UNDELETE;
    return RC_OK;
}

/* Is it still called what it was made as? */
static bool has_key(const struct undo_batch *batch, const struct undo_item *item) {
    const struct schema_attribute *def = schema_find(batch->schema, item->step.field);
    struct buf key = {.max = KEY_MAX};
    bool same;

    if (def == NULL)
        return false;
    same = match_record_key(&key, def, item->record, false) == RC_OK &&
           slice_is(buf_slice(&key), item->step.key);
    buf_fini(&key);
    return same;
}

static int decide_unmake(struct undoer *undoer, struct undo_batch *batch,
                         struct undo_item *item) {
    struct row *row = item->row;
    struct undo_stamp stamp = {.modified = row->modified,
                               .user_id = undoer->options.user_id};
    struct json_member value;
    const char *message;

    if (row->id == NULL && item->found > 0)
        return keep(item, REASON_OUTCOME_UNKNOWN, item->step.field,
                    slice_of(item->step.value),
                    "the run sent this record for a link and got no answer, and there "
                    "are several that may be it");
    if (item->record.len == 0)
        return gone(batch, item);
    if (!has_key(batch, item)) {
        if (!json_find(item->record, item->step.field, &value))
            value.raw = slice_make("", 0);
        message = arena_format(&row->arena, "the %s of %s was edited since, by %s",
                               item->step.field, subject(item),
                               undo_last_edit(item->record, &row->arena));
        return keep(item, REASON_EDITED_SINCE, item->step.field, value.raw, message);
    }
    if (undo_is_touched(item->record, &stamp))
        return keep_touched(item);
    if (item->user != NULL) {
        message = arena_format(&row->arena, "%s %s refers to %s",
                               undoer->options.entity_type, item->user, subject(item));
        return keep(item, REASON_STILL_USED, "", slice_make("", 0), message);
    }
    if (!schema_server(undoer->schema)->reads_all) {
        message =
            arena_format(&row->arena,
                         "your role shows only some of the %s records, and one of the "
                         "others may refer to %s; an undo --force with the key of a user "
                         "who reads all looks at them",
                         undoer->options.entity_type, subject(item));
        return keep(item, REASON_STILL_USED, "", slice_make("", 0), message);
    }
    row->plan->action = PLAN_DELETE;
    return RC_OK;
}

int undo_decide(struct undoer *undoer, struct undo_batch *batch, struct undo_item *item,
                struct err *err) {
    struct row *row = item->row;
    int rc = RC_OK;

    row->record.error_count = 0; /* of a planning before */
    row->plan = arena_zalloc(&row->arena, sizeof *row->plan);
    if (row->plan == NULL)
        return err_nomem(err);
    row->plan->id = row->id;
    switch (item->step.kind) {
    case STEP_DELETE: rc = decide_delete(undoer, batch, item, err); break;
    case STEP_RESTORE: rc = decide_restore(undoer, batch, item, err); break;
    case STEP_UNDELETE: rc = decide_undelete(undoer, item); break;
    case STEP_UNMAKE: rc = decide_unmake(undoer, batch, item); break;
    case STEP_UNKNOWN:
    case STEP_KIND_COUNT:
        rc = keep(item, REASON_OUTCOME_UNKNOWN, "", slice_make("", 0),
                  "the run does not know whether this row is in EspoCRM");
        break;
    }
    if (rc == RC_NOMEM)
        return err_nomem(err);
    if (rc != RC_OK && err->rc == RC_OK)
        (void)journal_damaged(undoer->options.run, err,
                              "what row %" PRIu64 " wrote cannot be read",
                              item->step.record);
    return rc;
}

const char *undo_outcome(enum step_kind kind, enum row_state state, const char *note) {
    switch (state) {
    case ROW_CREATED:
    case ROW_UPDATED: return "restored";
    case ROW_DELETED: return "deleted";
    case ROW_UNCHANGED:
        return note != NULL && strcmp(note, undo_note_gone) == 0 ? "gone" : "as before";
    case ROW_SKIPPED: return kind == STEP_UNKNOWN ? "unknown" : "kept";
    case ROW_FAILED: return "failed";
    case ROW_UNKNOWN:
    case ROW_INTENDED:
    case ROW_DOUBTFUL: return "unknown";
    case ROW_NEW:
    case ROW_STATE_COUNT: break;
    }
    return "unprocessed";
}
