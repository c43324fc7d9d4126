/* record_merge.c - what an earlier row adds to a record, attribute by attribute.
 */
#include "flow/record_merge.h"

#include "base/rc.h"
#include "model/address.h"
#include "model/schema.h"

#include <string.h>

static bool is_filled(const struct attribute *attribute) {
    return attribute->value.kind != VALUE_NULL &&
           (attribute->value.kind != VALUE_LIST || attribute->value.item_count > 0);
}

/* Same attribute, or out of the same cell. */
static bool is_same(const struct schema_attribute *def, size_t column,
                    const struct schema_attribute *other, size_t other_column) {
    return def == other || (column != NO_COLUMN && column == other_column);
}

static bool list_holds(const struct attribute *list, size_t count,
                       const struct schema_attribute *def, size_t column, bool filled) {
    for (size_t i = 0; i < count; i++) {
        if (is_filled(&list[i]) && is_same(def, column, list[i].def, list[i].column))
            return true;
        if (!filled && list[i].def == def)
            return true;
    }
    return false;
}

/* Does the record need what an earlier row has for def? filled: that is not nothing. */
static bool wants(const struct record *record, const struct schema_attribute *def,
                  size_t column, bool filled) {
    for (size_t i = 0; i < record->link_count; i++)
        if (is_same(def, column, record->links[i].def, record->links[i].column))
            return false;
    return !list_holds(record->attributes, record->count, def, column, filled) &&
           !list_holds(record->keys, record->key_count, def, column, filled);
}

bool record_lacks(const struct record *record, const struct record *earlier) {
    for (size_t i = 0; i < earlier->count; i++)
        if (earlier->attributes[i].value.kind == VALUE_ADDRESSES ||
            wants(record, earlier->attributes[i].def, earlier->attributes[i].column,
                  is_filled(&earlier->attributes[i])))
            return true;
    for (size_t i = 0; i < earlier->key_count; i++)
        if (wants(record, earlier->keys[i].def, earlier->keys[i].column, true))
            return true;
    for (size_t i = 0; i < earlier->link_count; i++)
        if (wants(record, earlier->links[i].def, earlier->links[i].column, true))
            return true;
    return false;
}

/* Is earlier's link for def wanted? Then it takes the place of an empty value. */
static bool has_link(const struct record *was, const struct record *earlier,
                     const struct schema_attribute *def) {
    for (size_t i = 0; i < earlier->link_count; i++)
        if (earlier->links[i].def == def &&
            wants(was, def, earlier->links[i].column, true))
            return true;
    return false;
}

/* Addresses of cells that are empty in this row join it. */
static int merge_addresses(struct arena *arena, struct attribute *into,
                           const struct attribute *earlier) {
    size_t count = into->value.item_count, most = count + earlier->value.item_count;
    struct address *all = arena_alloc(arena, (most + 1) * sizeof *all);

    if (all == NULL)
        return RC_NOMEM;
    memcpy(all, into->value.addresses, count * sizeof *all);
    for (size_t i = 0; i < earlier->value.item_count; i++) {
        const struct address *address = &earlier->value.addresses[i];
        bool there = address_find(all, count, address->text) != NULL;
        for (size_t k = 0; k < into->value.item_count; k++)
            there = there || (address->column != NO_COLUMN &&
                              into->value.addresses[k].column == address->column);
        if (there)
            continue;
        all[count++] = *address;
        if (address->primary && !all[0].primary) {
            all[count - 1] = all[0];
            all[0] = *address;
        }
    }
    into->value.addresses = all;
    into->value.item_count = count;
    return RC_OK;
}

/* The plain attribute is the primary address of all. */
static void take_primary(struct attribute *list, size_t count,
                         const struct attribute *addresses) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].def->name, addresses->def->field) == 0) {
            list[i].value.text = addresses->value.addresses[0].text;
            list[i].column = addresses->value.addresses[0].column;
        }
}

/* The list of was, and what more (a list of earlier) adds to it. */
static int merge_list(struct arena *arena, const struct record *was,
                      const struct record *earlier, const struct attribute **list,
                      size_t *count, const struct attribute *more, size_t n) {
    struct attribute *all = arena_alloc(arena, (*count + n + 1) * sizeof *all);
    size_t filled = 0;

    if (all == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < *count; i++)
        if (!has_link(was, earlier, (*list)[i].def))
            all[filled++] = (*list)[i];
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < filled && all[at].def != more[i].def)
            at++;
        if (at < filled && more[i].value.kind == VALUE_ADDRESSES &&
            all[at].value.kind == VALUE_ADDRESSES) {
            if (merge_addresses(arena, &all[at], &more[i]) < 0)
                return RC_NOMEM;
            take_primary(all, filled, &all[at]);
            continue;
        }
        if (!wants(was, more[i].def, more[i].column, is_filled(&more[i])))
            continue;
        all[at] = more[i];
        filled += at == filled;
    }
    *list = all;
    *count = filled;
    return RC_OK;
}

static int merge_links(struct arena *arena, const struct record *was,
                       const struct record *earlier, struct record *record) {
    size_t most = was->link_count + earlier->link_count;
    struct record_link *all = arena_alloc(arena, (most + 1) * sizeof *all);

    if (all == NULL)
        return RC_NOMEM;
    if (was->link_count > 0)
        memcpy(all, was->links, was->link_count * sizeof *all);
    for (size_t i = 0; i < earlier->link_count; i++)
        if (wants(was, earlier->links[i].def, earlier->links[i].column, true))
            all[record->link_count++] = earlier->links[i];
    record->links = all;
    return RC_OK;
}

int record_merge(struct arena *arena, struct record *record,
                 const struct record *earlier) {
    const struct record was = *record;
    int rc = merge_list(arena, &was, earlier, &record->attributes, &record->count,
                        earlier->attributes, earlier->count);

    if (rc == RC_OK)
        rc = merge_list(arena, &was, earlier, &record->keys, &record->key_count,
                        earlier->keys, earlier->key_count);
    return rc == RC_OK ? merge_links(arena, &was, earlier, record) : rc;
}
