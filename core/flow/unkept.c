/* unkept.c - which values a record will keep. */
#include "flow/unkept.h"

#include "base/rc.h"
#include "model/json.h"
#include "model/schema.h"

#include <string.h>

static const struct attribute *find(const struct attribute *all, size_t count,
                                    const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].def->name, name) == 0)
            return &all[i];
    return NULL;
}

/* Will the record have a value there, once the row is written? What a list does not show
 * may be there. */
static bool will_have(const struct row *row, const char *name, struct slice record) {
    const struct attribute *a = find(row->record.attributes, row->record.count, name);
    bool filled = a != NULL && a->value.kind != VALUE_NULL;
    struct json_member member;

    if (filled || record.len == 0 || (a != NULL && a->on_conflict == CONFLICT_OVERWRITE))
        return filled;
    return !json_find(record, name, &member) || !json_is_blank(&member);
}

static bool is_concerned(const struct row *row) {
    for (size_t i = 0; i < row->record.count; i++)
        if (row->record.attributes[i].def->kept_with != NULL)
            return true;
    return false;
}

int unkept_sort(struct row *row, struct slice record) {
    size_t count = row->record.count, unkept_count = 0;
    struct attribute *all, *unkept;

    if (!is_concerned(row))
        return RC_OK;
    all = arena_alloc(&row->arena, count * sizeof *all);
    unkept = arena_alloc(&row->arena, count * sizeof *unkept);
    if (all == NULL || unkept == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct schema_attribute *def = row->record.attributes[i].def;
        const struct attribute *before = find(row->unkept, row->unkept_count, def->name);
        all[i] = before == NULL ? row->record.attributes[i] : *before;
        if (def->kept_with == NULL || all[i].value.kind == VALUE_NULL ||
            will_have(row, def->kept_with, record))
            continue;
        unkept[unkept_count++] = all[i];
        memset(&all[i].value, 0, sizeof all[i].value); /* VALUE_NULL */
    }
    row->record.attributes = all;
    row->unkept = unkept;
    row->unkept_count = unkept_count;
    return RC_OK;
}
