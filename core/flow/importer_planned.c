/* importer_planned.c - carries out what the planner says of a row. */
#include "flow/importer_private.h"

#include <string.h>

void importer_plan_later(struct importer *importer, struct row *row) {
    row->waits = row->ticket.blocked > 0;
    if (!row->waits)
        planner_add(importer->planner, row, false);
}

/* What the record held, durable before the change leaves. */
static bool importer_keep_image(struct importer *importer, struct row *row) {
    struct err err = {0};

    if (importer->journal_broken)
        return false;
    if (journal_put_image(importer->options.journal, row->number, row->plan->id,
                          row->plan->image.data, &err) == RC_OK)
        return true;
    importer->journal_broken = true;
    importer_stop(importer, (int)err.rc, &err);
    return false;
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

static void importer_skip(struct importer *importer, struct row *row) {
    if (row->plan->reason != REASON_NONE)
        importer_put_error(importer, row, row->plan->reason, NO_COLUMN, "",
                           slice_make("", 0), row->plan->message);
    importer_end(importer, row, ROW_SKIPPED);
}

/* Its answer was lost, and now its links are wrong: it may be in the CRM all the same,
 * and cannot be looked up. */
static void importer_give_up(struct importer *importer, struct row *row) {
    for (size_t i = 0; i < row->record.error_count; i++) {
        const struct row_error *e = &row->record.errors[i];
        importer_put_error(importer, row, e->reason, e->column, e->field, e->value,
                           e->message);
    }
    importer_fail(importer, row, ROW_UNKNOWN, REASON_OUTCOME_UNKNOWN, "",
                  "the row was sent, its answer was lost, and what its cells name is not "
                  "there any more, so it cannot be looked up");
}

void importer_planned(void *context, struct row *row) {
    struct importer *importer = context;
    const struct plan *plan = row->plan;
    bool before = journal_has_image(importer->options.journal, row->number);

    row->owner = importer;
    if (plan->action == PLAN_OWN) {
        importer_own(importer, row, plan->image);
        return;
    }
    if (!row->settles && !importer_follows(importer, row))
        row->plan->action = PLAN_FAIL;
    row->matched_by = plan->matched_by;
    row->id = plan->action == PLAN_FAIL ? NULL : plan->id;
    if (row->settles && plan->action != PLAN_SETTLE) {
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
