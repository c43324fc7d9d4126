/* planner_own.c - the records that doubtful rows have made already.
 *
 * A row that was sent with an id that is made here, and whose answer was lost, is looked
 * up by that id before anything else: if it is there, nothing is left to be planned.
 */
#include "flow/planner_private.h"

static void own_claim(struct batch *batch, void *owner, struct slice record,
                      bool loosely) {
    struct item *item = owner;
    struct err err = {0};

    if (loosely)
        return;
    item->own = true;
    if (found_add(&item->found, &item->row->arena, record, false) < 0)
        planner_fail(batch->planner, err_nomem(&err), &err);
}

int batch_ask_own(struct batch *batch, struct err *err) {
    struct planner *planner = batch->planner;

    if (batch->own_asked || planner->id == NULL)
        return 1;
    batch->own_asked = true;
    find_begin(batch, mapping_entity_type(planner->options.job->mapping), &planner->id, 1,
               planner->select);
    batch->claim = own_claim;
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];
        struct slice id;
        if (item->row->made_id == NULL || !item->row->was_doubtful)
            continue;
        id = slice_of(item->row->made_id);
        if (find_key(batch, &id, item) < 0)
            return err_nomem(err);
    }
    return batch->value_count == 0 ? 1 : find_start(batch, err);
}
