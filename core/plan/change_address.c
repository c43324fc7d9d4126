/* change_address.c - joins a row's addresses with those of its record. */
#include "plan/change_address.h"

#include <string.h>

/* May the row's address change what the record has already? */
static bool may_change(struct address_change *change, const struct address *row) {
    switch (row->on_conflict) {
    case CONFLICT_OVERWRITE: return true;
    case CONFLICT_KEEP:
    case CONFLICT_FILL_BLANK: return false;
    case CONFLICT_NEWEST: return change->newer;
    case CONFLICT_ERROR: change->conflict = true; return false;
    }
    return false;
}

/* May it join the list? */
static bool may_join(struct address_change *change, const struct address *row) {
    return change->count == 0 ? row->on_conflict != CONFLICT_KEEP
                              : may_change(change, row);
}

/* The stored one, with what the row knows more of it. */
static struct address merged(struct address_change *change, const struct address *stored,
                             const struct address *row) {
    struct address address = *stored;

    if (row->on_conflict == CONFLICT_KEEP)
        return address;
    address.opted_out = address.opted_out || row->opted_out;
    address.invalid = address.invalid || row->invalid;
    if (row->type.len > 0 && !slice_equal(row->type, stored->type) &&
        (stored->type.len == 0 || may_change(change, row)))
        address.type = row->type;
    return address;
}

static void move_to_front(struct address *list, size_t at) {
    struct address first = list[at];

    memmove(list + 1, list, at * sizeof first);
    list[0] = first;
}

static size_t index_of(const struct address *list, size_t count, struct slice text) {
    const struct address *found = address_find(list, count, text);

    return found == NULL ? count : (size_t)(found - list);
}

/* The primary one in front, as they are sent. */
static void sort_stored(struct address_change *change) {
    for (size_t i = 1; i < change->count; i++)
        if (change->stored[i].primary && !change->stored[0].primary)
            move_to_front(change->stored, i);
}

/* One address of the row into the list, if it may. */
static void take(struct address_change *change, const struct address *row,
                 struct address *list, size_t *count) {
    const struct address *stored = address_find(change->stored, change->count, row->text);
    size_t at = index_of(list, *count, row->text);
    bool first = row->primary && !change->keyed;

    if (stored == NULL && !may_join(change, row))
        return;
    if (stored != NULL && first && !stored->primary)
        first = may_change(change, row);
    list[at] = stored == NULL ? *row : merged(change, stored, row);
    *count += at == *count;
    if (first)
        move_to_front(list, at);
}

/* Where those that the row does not have go: may they, and who is first then? */
static bool may_replace(struct address_change *change, const struct value *row) {
    for (size_t i = 0; i < change->count; i++)
        if (address_find(row->addresses, row->item_count, change->stored[i].text) == NULL)
            return may_change(change, &row->addresses[0]);
    return true;
}

static bool is_same(const struct address_change *change, const struct address *list,
                    size_t count) {
    if (count != change->count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct address *stored =
            address_find(change->stored, change->count, list[i].text);
        if (stored == NULL || stored->opted_out != list[i].opted_out ||
            stored->invalid != list[i].invalid ||
            !slice_equal(stored->type, list[i].type) ||
            (i == 0) != (stored == change->stored))
            return false;
    }
    return true;
}

int change_addresses(struct address_change *change, const struct value *row,
                     struct arena *arena) {
    struct address *list =
        arena_alloc(arena, (change->count + row->item_count + 1) * sizeof *list);
    size_t count = 0;

    if (list == NULL)
        return RC_NOMEM;
    sort_stored(change);
    if ((change->add || !may_replace(change, row)) && change->count > 0) {
        memcpy(list, change->stored, change->count * sizeof *list);
        count = change->count;
    }
    for (size_t i = row->item_count; i-- > 0;) /* the first one ends in front */
        if (row->addresses[i].primary)
            take(change, &row->addresses[i], list, &count);
    for (size_t i = 0; i < row->item_count; i++)
        if (!row->addresses[i].primary)
            take(change, &row->addresses[i], list, &count);
    if (count > 0 && change->count > 0 && (change->keyed || !row->addresses[0].primary)) {
        size_t at = index_of(list, count, change->stored[0].text);
        if (at < count)
            move_to_front(list, at);
    }
    change->changed = !is_same(change, list, count);
    change->value =
        (struct value){.kind = VALUE_ADDRESSES, .addresses = list, .item_count = count};
    return RC_OK;
}
