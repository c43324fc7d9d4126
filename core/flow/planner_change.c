/* planner_change.c - what a row changes of the one record that it is about.
 */
#include "flow/planner.h"

#include "flow/unkept.h"
#include "model/convert.h"
#include "model/json.h"
#include "plan/bulk_row.h"
#include "plan/change.h"

#include <string.h>

enum { IMAGE_MAX = 64 * 1024 * 1024, SIDE_MAX = 16 };

int row_add_error(struct row *row, enum reason reason, size_t column, const char *field,
                  struct slice value, const char *message) {
    size_t count = row->record.error_count;
    struct row_error *all = arena_alloc(&row->arena, (count + 1) * sizeof *all);

    if (all == NULL || message == NULL)
        return RC_NOMEM;
    if (count > 0)
        memcpy(all, row->record.errors, count * sizeof *all);
    all[count] = (struct row_error){.reason = reason,
                                    .column = column,
                                    .field = field,
                                    .value = value,
                                    .message = message};
    row->record.errors = all;
    row->record.error_count = count + 1;
    return RC_OK;
}

/* Is the row newer than the record, by the column that is mapped to modifiedAt? */
static bool is_newer(const struct row *row, struct slice record) {
    struct json_member modified;

    if (!json_find(record, "modifiedAt", &modified) || modified.raw.len < 2)
        return false;
    for (size_t i = 0; i < row->record.key_count; i++) {
        const struct attribute *key = &row->record.keys[i];
        struct slice text = key->value.text;
        size_t len = modified.raw.len - 2;
        if (strcmp(key->def->name, "modifiedAt") != 0)
            continue;
        if (text.len < len)
            len = text.len;
        return memcmp(text.data, modified.raw.data + 1, len) > 0;
    }
    return false;
}

static int add_conflict(struct row *row, const struct attribute *a, struct slice record) {
    struct json_member member = {.raw = {NULL, 0}};
    const char *message;

    (void)json_find(record, a->def->name, &member);
    message = arena_format(&row->arena, "the record holds %s already, not %s",
                           convert_show(member.raw, &row->arena),
                           convert_show(a->value.text, &row->arena));
    row->plan->action = PLAN_FAIL;
    return row_add_error(row, REASON_CONFLICT, a->column, a->def->name, a->value.text,
                         message);
}

static bool is_blank(struct slice record, const char *name) {
    struct json_member member;

    return json_find(record, name, &member) && json_is_blank(&member);
}

static bool is_changed(const struct plan *plan, const struct schema_attribute *def) {
    for (size_t i = 0; i < plan->changed_count; i++)
        if (plan->changed[i].def == def)
            return true;
    return false;
}

/* Amounts and currencies that are both empty, where the record shows them: a currency
 * that an Import puts there (seen on 9.1.7) is to be taken back with the rest. */
static int find_side(struct row *row, const struct schema *schema, struct slice record,
                     struct buf *image) {
    struct plan *plan = row->plan;
    struct attribute *side = arena_zalloc(&row->arena, SIDE_MAX * sizeof *side);
    const struct schema_attribute *amount, *currency;

    plan->side = side;
    for (size_t i = 0; side != NULL && plan->side_count < SIDE_MAX &&
                       (amount = schema_at(schema, i)) != NULL;
         i++) {
        currency = schema_currency(schema, amount);
        if (currency == NULL || is_changed(plan, amount) || is_changed(plan, currency) ||
            !is_blank(record, amount->name) || !is_blank(record, currency->name))
            continue;
        side[plan->side_count++] = (struct attribute){
            .def = currency,
            .column = NO_COLUMN,
            .value = {.kind = VALUE_STRING,
                      .text = slice_of(schema_server(schema)->default_currency)}};
        image->len--; /* the closing brace */
        (void)buf_append_format(image, "%s\"%s\":null}", image->len > 1 ? "," : "",
                                currency->name);
    }
    return side == NULL ? RC_NOMEM : image->failed;
}

int planner_change(struct row *row, const struct schema *schema, struct slice record,
                   const struct schema_attribute *const *keys, size_t key_count) {
    struct plan *plan = row->plan;
    int rc = unkept_sort(row, record);
    size_t room = CHANGE_ROOM(row->record.count);
    struct buf image = {.max = IMAGE_MAX};
    struct change_request request = {
        .schema = schema,
        .record = record,
        .attributes = row->record.attributes,
        .count = row->record.count,
        .keys = keys,
        .key_count = key_count,
        .newer = is_newer(row, record),
    };
    struct change change = {
        .changed = arena_alloc(&row->arena, room * sizeof *change.changed),
        .added = arena_alloc(&row->arena, room * sizeof *change.added),
    };

    if (rc == RC_OK)
        rc = change.changed == NULL || change.added == NULL
                 ? RC_NOMEM
                 : change_find(&request, &row->arena, &change, &image);
    if (rc == RC_OK && change.conflict != NULL) {
        rc = add_conflict(row, change.conflict, record);
    } else if (rc == RC_OK) {
        plan->action =
            change.count + change.added_count > 0 ? PLAN_UPDATE : PLAN_UNCHANGED;
        plan->changed = change.changed;
        plan->changed_count = change.count;
        plan->added = change.added;
        plan->added_count = change.added_count;
        plan->version = change.version;
        plan->lacks_currency =
            bulk_lacks_currency(schema, record, change.changed, change.count);
        if (plan->action == PLAN_UPDATE)
            rc = find_side(row, schema, record, &image);
        plan->image =
            slice_make(arena_copy(&row->arena, image.data, image.len), image.len);
        rc = rc != RC_OK || plan->image.data == NULL ? RC_NOMEM : RC_OK;
    }
    buf_fini(&image);
    return rc;
}
