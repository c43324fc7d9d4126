/* importer_follow.c - holds an import to a plan: each row is planned anew, and only what
 * the plan says is carried out.
 */
#include "flow/importer_private.h"

#include "flow/plan_file.h"
#include "state/journal_made.h"
#include "state/journal_plan.h"

#include <string.h>

/* The plan's line of the row: 1, 0 when there is none; < 0: the run stops. */
static int follow_get(struct importer *importer, struct row *row,
                      struct journal_plan *plan) {
    struct err err = {0};
    int rc =
        journal_get_plan(importer->options.journal, row->line, &row->arena, plan, &err);

    if (rc < 0) {
        importer->journal_broken = true;
        importer_stop(importer, rc, &err);
    }
    return rc;
}

bool importer_omits(struct importer *importer, struct row *row) {
    struct journal_plan plan;

    row->omitted = importer->options.by_plan && follow_get(importer, row, &plan) == 0;
    return row->omitted;
}

void importer_omit(struct importer *importer, struct row *row) {
    importer_put_error(importer, row, REASON_PLAN_OMITTED, NO_COLUMN, "",
                       slice_make("", 0), "the plan has no line for this row");
    importer_end(importer, row, ROW_SKIPPED);
}

static bool follow_is_made(void *context, struct slice id) {
    struct importer *importer = context;

    return journal_owns_made(importer->options.journal, id);
}

/* The reason comes before those that the row has of its own. */
static int follow_refuse(struct row *row, const struct buf *words) {
    size_t count = row->record.error_count;
    struct row_error *all = arena_alloc(&row->arena, (count + 1) * sizeof *all);
    const char *message = arena_copy(&row->arena, buf_text(words), words->len);

    if (all == NULL || message == NULL)
        return RC_NOMEM;
    if (count > 0)
        memcpy(all + 1, row->record.errors, count * sizeof *all);
    all[0] = (struct row_error){.reason = REASON_PLAN_CHANGED,
                                .column = NO_COLUMN,
                                .field = "",
                                .value = slice_make("", 0),
                                .message = message};
    row->record.errors = all;
    row->record.error_count = count + 1;
    return RC_OK;
}

static int follow_compare(struct importer *importer, struct row *row,
                          const struct journal_plan *is, struct buf *changes) {
    struct journal *journal = importer->options.journal;
    struct buf words = {.max = 8192};
    const struct plan_line plan = {is->action, is->id, "", is->code, "", is->changes};
    const struct plan_look look = {
        .shared = row->plan != NULL && row->plan->id != NULL &&
                  journal_other_owner(journal, row->plan->id, row->number) != 0,
        .sent = journal_has_image(journal, row->number),
        .is_made = follow_is_made,
        .context = importer,
    };
    struct plan_line now;
    int rc = plan_line_make(row, changes, &now);

    if (rc == RC_OK)
        rc = plan_line_compare(&plan, &now, &look, &words);
    if (rc == 1) {
        buf_fini(&words);
        return 1;
    }
    if (rc != RC_NOMEM && rc != RC_LIMIT)
        rc = follow_refuse(row, &words);
    buf_fini(&words);
    return rc;
}

bool importer_follows(struct importer *importer, struct row *row) {
    struct buf changes = {.max = 64 * 1024 * 1024};
    struct journal_plan plan;
    struct err err = {0};
    int rc;

    if (!importer->options.by_plan)
        return true;
    rc = follow_get(importer, row, &plan);
    if (rc == 1)
        rc = follow_compare(importer, row, &plan, &changes);
    if (rc < 0 && !importer->journal_broken)
        importer_stop(importer, err_nomem(&err), &err);
    buf_fini(&changes);
    return rc == 1;
}
