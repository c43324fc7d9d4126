/* importer_planned.c - carries out what the planner says of a row. */
#include "flow/importer_private.h"

#include "flow/hidden.h"
#include "model/json.h"
#include "model/json_attribute.h"
#include "state/journal_undo.h"

#include <string.h>

enum { KEPT_MAX = 64 * 1024 * 1024, ID_MAX = 1024 };

void importer_plan_later(struct importer *importer, struct row *row) {
    row->waits = row->ticket.blocked > 0;
    if (!row->waits)
        importer_ask(importer, row);
}

/* Keeps json, or what of it is new where a sending before may have done its work: then
 * that one's values stand. */
static int importer_merge(struct row *row, struct slice was, bool first,
                          struct slice *json) {
    struct buf merged = {.max = KEPT_MAX};
    int rc = first ? json_append_merged(&merged, was, *json)
                   : json_append_merged(&merged, *json, was);

    if (rc == RC_OK)
        *json = slice_make(arena_copy(&row->arena, merged.data, merged.len), merged.len);
    buf_fini(&merged);
    return rc == RC_OK && json->data == NULL ? RC_NOMEM : rc;
}

/* What the record held, durable before the change leaves. */
static bool importer_keep_image(struct importer *importer, struct row *row) {
    struct journal *journal = importer->options.journal;
    struct slice image = row->plan->image;
    struct buf was = {.max = KEPT_MAX};
    struct err err = {0};
    int rc = RC_OK;

    if (importer->journal_broken)
        return false;
    if (importer->options.source != NULL)
        return true;
    if (row->was_doubtful)
        rc = journal_get_image(journal, row->number, &was, &err);
    if (rc == 1) { /* it has been sent: what of it came shows in what it holds now */
        row->changed = !slice_equal(buf_slice(&was), image);
        rc = importer_merge(row, buf_slice(&was), true, &image);
    }
    buf_fini(&was);
    if (rc == RC_OK)
        rc = journal_put_image(journal, row->number, row->plan->id, image.data, &err);
    if (rc == RC_OK)
        return true;
    if (err.rc == RC_OK)
        (void)err_nomem(&err);
    importer->journal_broken = true;
    importer_stop(importer, (int)err.rc, &err);
    return false;
}

/* The ids that a sending before was to add, of which some may have joined, and those that
 * are still to. was: what was kept of it. RC_NOMEM, RC_SERVER. */
static int join_added(struct row *row, struct slice was, struct attribute *added) {
    struct json_member member, before;
    struct attribute earlier;
    struct slice *items;
    size_t n = 0;
    int rc;

    if (!json_find(was, added->def->name, &member) ||
        !json_find(member.raw, "add", &before))
        return RC_OK;
    rc = json_read_attribute(added->def, &before, &row->arena, &earlier);
    if (rc != RC_OK)
        return rc;
    items = arena_alloc(&row->arena,
                        (earlier.value.item_count + added->value.item_count + 1) *
                            sizeof *items);
    if (items == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < earlier.value.item_count; i++)
        items[n++] = earlier.value.items[i];
    for (size_t i = 0; i < added->value.item_count; i++)
        if (!importer_has_item(&earlier.value, added->value.items[i]))
            items[n++] = added->value.items[i];
    added->value.items = items;
    added->value.item_count = n;
    return RC_OK;
}

/* Sets of ids that grow are kept as {"add":[...]}. */
static int importer_append_wrote(const struct importer *importer, struct row *row,
                                 struct slice was, struct buf *json) {
    bool update = row->plan != NULL && row->plan->action == PLAN_UPDATE;
    bool sides = update && importer->options.engine->ops->takes_id != NULL;
    const struct plan *plan = row->plan;
    int rc;

    if (!update || (plan->added_count == 0 && (!sides || plan->side_count == 0)))
        return json_append_record(json, row->write.attributes, row->write.count);
    rc = json_append_record(json, plan->changed, plan->changed_count);
    if (rc < 0)
        return rc;
    json->len--; /* the closing brace */
    for (size_t i = 0; i < plan->added_count; i++) {
        struct attribute added = plan->added[i];
        rc = join_added(row, was, &added);
        if (rc < 0)
            return rc;
        (void)buf_append_text(json, json->data[json->len - 1] == '{' ? "" : ",");
        (void)json_append_string(json, slice_of(added.def->name));
        (void)buf_append_text(json, ":{\"add\":");
        (void)json_append_attribute(json, &added);
        (void)buf_append_char(json, '}');
    }
    for (size_t i = 0; sides && i < plan->side_count; i++) {
        (void)buf_append_text(json, json->data[json->len - 1] == '{' ? "" : ",");
        (void)json_append_string(json, slice_of(plan->side[i].def->name));
        (void)buf_append_char(json, ':');
        (void)json_append_attribute(json, &plan->side[i]);
    }
    return buf_append_char(json, '}');
}

void importer_keep_wrote(struct importer *importer, struct row *row) {
    struct journal *journal = importer->options.journal;
    struct buf json = {.max = KEPT_MAX}, was = {.max = KEPT_MAX};
    struct slice wrote;
    struct err err = {0};
    int rc = RC_OK;

    if (importer->journal_broken || importer->options.source != NULL ||
        row->write.kind == WRITE_DELETE)
        return;
    if (row->was_doubtful)
        rc = journal_get_wrote(journal, row->number, &was, &err);
    if (rc >= 0)
        rc = importer_append_wrote(importer, row, buf_slice(&was), &json);
    wrote = buf_slice(&json);
    if (rc == RC_OK && was.len > 0)
        rc = importer_merge(row, buf_slice(&was), false, &wrote);
    if (rc == RC_OK)
        rc = journal_put_wrote(journal, row->number, wrote.data, &err);
    if (rc == RC_OK && row->write.kind == WRITE_CREATE)
        rc = hidden_put(journal, importer->options.job, row, &err);
    buf_fini(&json);
    buf_fini(&was);
    if (rc == RC_OK)
        return;
    if (err.rc == RC_OK)
        (void)err_nomem(&err);
    importer->journal_broken = true;
    importer_stop(importer, (int)err.rc, &err);
}

static void importer_plan_change(struct importer *importer, struct row *row,
                                 enum write_kind kind) {
    const struct plan *plan = row->plan;

    importer_plan_write(importer, row);
    row->write.kind = kind;
    row->write.id = row->id;
    row->write.attributes = plan->changed;
    row->write.count = plan->changed_count;
    row->write.version_number = plan->version;
    row->write.lacks_currency = plan->lacks_currency;
    row->related = 0;
    if (!importer_keep_image(importer, row))
        return;
    if (kind == WRITE_UPDATE && plan->changed_count == 0)
        (void)importer_plan_relation(importer, row);
    else
        row_queue_push(&importer->planned, row);
}

bool importer_plan_relation(struct importer *importer, struct row *row) {
    if (row->plan == NULL || row->plan->action != PLAN_UPDATE ||
        row->related >= row->plan->added_count)
        return false;
    row->write.kind = WRITE_RELATE;
    row->write.attributes = &row->plan->added[row->related++];
    row->write.count = 1;
    row->write.version_number = 0;
    row_queue_push(&importer->again, row);
    return true;
}

/* Why the plan does nothing. */
static void importer_put_causes(struct importer *importer, struct row *row) {
    for (size_t i = 0; i < row->record.error_count; i++) {
        const struct row_error *e = &row->record.errors[i];
        importer_put_error(importer, row, e->reason, e->column, e->field, e->value,
                           e->message);
    }
    if (row->plan->reason != REASON_NONE)
        importer_put_error(importer, row, row->plan->reason, NO_COLUMN, "",
                           slice_make("", 0), row->plan->message);
}

static void importer_skip(struct importer *importer, struct row *row) {
    importer_put_causes(importer, row);
    importer_end(importer, row, ROW_SKIPPED);
}

/* Its answer was lost, and now its links are wrong: what was sent may be in the CRM all
 * the same, and cannot be looked up. */
static void importer_give_up(struct importer *importer, struct row *row) {
    struct buf id = {.max = ID_MAX};

    /* an undo can tell, by what the record holds now */
    if (journal_get_image_id(importer->options.journal, row->number, &id, NULL) == 1)
        row->id = row_keep(row, buf_slice(&id));
    buf_fini(&id);
    importer_put_causes(importer, row);
    importer_fail(importer, row, ROW_UNKNOWN, REASON_OUTCOME_UNKNOWN, "",
                  "the row was sent, its answer was lost, and since then something has "
                  "changed, so that it cannot be looked up any more");
}

/* Was it sent, and can it be told no more what has come of it? A creation whose links are
 * asked for only to look it up; a change, of which nobody plans the rest. */
static bool importer_is_lost(const struct importer *importer, const struct row *row) {
    enum plan_action action = row->plan->action;

    if (row->settles)
        return action != PLAN_SETTLE;
    return (action == PLAN_FAIL || action == PLAN_SKIP) && row->was_doubtful &&
           importer->options.source == NULL &&
           journal_has_image(importer->options.journal, row->number);
}

/* Nothing can be planned for it, but a record of its own may still come. */
static bool importer_waits_to_fail(struct importer *importer, struct row *row) {
    if (row->plan->action != PLAN_FAIL || row->made_id == NULL || !row->was_doubtful ||
        importer->options.source != NULL || !importer_may_come(importer, row))
        return false;
    importer_look_again(importer, row);
    return true;
}

void importer_planned(void *context, struct row *row) {
    struct importer *importer = context;
    const struct plan *plan = row->plan;
    bool before = importer->options.source != NULL
                      ? row->was_doubtful
                      : journal_has_image(importer->options.journal, row->number);

    row->owner = importer;
    if (plan->action == PLAN_OWN) {
        if (importer->options.source != NULL)
            importer_end(importer, row, ROW_CREATED);
        else
            importer_own(importer, row, plan->image);
        return;
    }
    if (!row->settles && !importer_follows(importer, row))
        row->plan->action = PLAN_FAIL;
    row->matched_by = plan->matched_by;
    row->id = plan->action == PLAN_FAIL ? NULL : plan->id;
    if (importer_waits_to_fail(importer, row))
        return;
    if (importer_is_lost(importer, row)) {
        importer_give_up(importer, row);
        return;
    }
    switch (plan->action) {
    case PLAN_CREATE:
        importer_plan_write(importer, row);
        if (!importer_waits_to_create(importer, row))
            row_queue_push(&importer->planned, row);
        break;
    case PLAN_UPDATE: importer_plan_change(importer, row, WRITE_UPDATE); break;
    case PLAN_DELETE: importer_plan_change(importer, row, WRITE_DELETE); break;
    case PLAN_UNDELETE: importer_plan_change(importer, row, WRITE_UNDELETE); break;
    case PLAN_UNCHANGED: /* an earlier sending may have done it */
        importer_end(importer, row, before ? ROW_UPDATED : ROW_UNCHANGED);
        break;
    case PLAN_GONE: importer_end(importer, row, ROW_DELETED); break;
    case PLAN_SKIP: importer_skip(importer, row); break;
    case PLAN_FAIL: row_queue_push(&importer->planned, row); break;
    case PLAN_SETTLE:
        importer_plan_write(importer, row);
        settler_add(importer->settler, row);
        break;
    case PLAN_OWN: break;
    }
}
