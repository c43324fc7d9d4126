/* undoer_lost.c - records that the run sent for links and got no answer about.
 *
 * One that is called so, and that the run's user has made since the run began, is it.
 * Where there is none it never came, or was refused.
 */
#include "flow/undoer_private.h"

#include "model/json.h"
#include "plan/match.h"

#include <string.h>

enum { KEY_MAX = 64 * 1024 };

static bool is_text(struct slice record, const char *name, const char *text) {
    struct json_member member;

    return json_find(record, name, &member) && member.type == JSON_IS_STRING &&
           json_string_holds(member.raw, slice_of(text));
}

/* Not before the run, by the server's clock; to the second, as EspoCRM tells it. */
static bool is_of_the_run(const struct undoer *undoer, struct slice record) {
    char began[20];
    struct json_member created;

    env_format_utc(journal_int(undoer->options.run, "startedMs"), began);
    return is_text(record, "createdById", undoer->options.user_id) &&
           json_find(record, "createdAt", &created) && created.raw.len == 21 &&
           memcmp(created.raw.data + 1, began, 19) >= 0;
}

static void take_record(void *context, struct slice record) {
    struct undo_batch *batch = context;
    struct undo_item *item = &batch->items[batch->lost_step - 1];
    const struct schema_attribute *def = schema_find(batch->schema, item->step.field);
    struct buf key = {.max = KEY_MAX};
    struct json_member id;

    if (match_record_key(&key, def, record, false) == RC_OK &&
        slice_is(buf_slice(&key), item->step.key) &&
        is_of_the_run(batch->undoer, record) && json_find(record, "id", &id) &&
        id.raw.len > 2) {
        char *copy = arena_copy(&item->row->arena, id.raw.data + 1, id.raw.len - 2);
        bool same = copy != NULL && item->row->id != NULL &&
                    strcmp(copy, item->row->id) == 0; /* lists may show one twice */
        item->found += !same;
        item->row->id = item->found > 1 ? NULL : copy;
    }
    buf_fini(&key);
}

static int ask(struct undo_batch *batch, struct undo_item *item, struct err *err) {
    struct find find = {.entity_type = item->step.entity_type,
                        .by = &batch->by,
                        .by_count = 1,
                        .values = batch->values,
                        .count = 1,
                        .select = batch->lost_select,
                        .record = take_record,
                        .done = undo_find_done,
                        .context = batch};

    batch->by = schema_find(batch->schema, item->step.field);
    if (batch->by == NULL)
        return 1;
    batch->lost_select[0] = "id";
    batch->lost_select[1] = "createdAt";
    batch->lost_select[2] = "createdById";
    batch->lost_select[3] = item->step.field;
    batch->lost_select[4] = NULL;
    batch->values[0] = slice_of(item->step.value);
    batch->pending++;
    if (finder_start(batch->undoer->finder, &find, err) == RC_OK)
        return 0;
    batch->pending--;
    return (int)err->rc;
}

int undo_ask_lost(struct undo_batch *batch, struct err *err) {
    while (batch->lost_step < batch->count) {
        struct undo_item *item = &batch->items[batch->lost_step++];
        int rc = 1;
        if (item->step.kind == STEP_UNMAKE && item->row->id == NULL) {
            item->found = 0;
            rc = ask(batch, item, err);
        }
        if (rc != 1)
            return rc;
    }
    return 1;
}
