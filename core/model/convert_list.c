/* convert_list.c - several values in one cell: "Red, Blue", or a JSON array of strings.
 */
#include "model/convert.h"

#include "model/json.h"

enum { ITEMS_MAX = 10000, ITEM_TEXT_MAX = 1 << 20 };

struct items {
    struct slice *list; /* in the arena */
    size_t count, cap;
};

static int add(struct items *items, struct slice item, struct arena *arena) {
    for (size_t i = 0; i < items->count; i++)
        if (slice_equal(items->list[i], item))
            return 1;
    if (items->count == items->cap) {
        size_t cap = items->cap == 0 ? 8 : items->cap * 2;
        struct slice *more = arena_alloc(arena, cap * sizeof *more);
        if (more == NULL)
            return RC_NOMEM;
        if (items->count > 0)
            memcpy(more, items->list, items->count * sizeof *more);
        items->list = more;
        items->cap = cap;
    }
    items->list[items->count++] = item;
    return 1;
}

static int add_item(const struct converter *c, struct items *items, struct slice cell,
                    struct slice item, struct arena *arena, struct refusal *refusal) {
    struct value value;
    const char *other;
    int rc = 1;

    item = slice_trim(item);
    if (item.len == 0)
        return convert_refuse(refusal, arena, REASON_LIST_INVALID, cell,
                              "the list %s has an empty item", convert_show(cell, arena));
    if (items->count >= ITEMS_MAX)
        return convert_refuse(refusal, arena, REASON_LIST_INVALID, cell,
                              "the list %s has more than %d items",
                              convert_show(cell, arena), (int)ITEMS_MAX);
    if (c->map != NULL)
        rc = convert_map(c, &item, arena, refusal);
    if (rc != 1 || item.data == NULL)
        return rc;
    if (c->def->type == ATTRIBUTE_IDS)
        rc = convert_id(c, item, arena, &value, refusal);
    else if (c->options.count > 0 &&
             (!c->def->custom_options || convert_option(c, item, &other) != NULL))
        rc = convert_enum(c, item, arena, &value, refusal);
    else
        rc = convert_text(c, item, arena, &value, refusal);
    if (rc != 1 || value.kind == VALUE_NULL)
        return rc;
    return add(items, value.text, arena);
}

/* Items parted by the delimiter. */
static int read_plain(const struct converter *c, struct items *items, struct slice cell,
                      struct arena *arena, struct refusal *refusal) {
    struct slice rest = cell;

    for (;;) {
        const char *end =
            memmem(rest.data, rest.len, c->delimiter.data, c->delimiter.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.data);
        int rc = add_item(c, items, cell, slice_make(rest.data, len), arena, refusal);
        if (rc != 1 || end == NULL)
            return rc;
        rest.data += len + c->delimiter.len;
        rest.len -= len + c->delimiter.len;
    }
}

static int unescaped(struct slice raw, struct arena *arena, struct slice *out) {
    struct buf text = {.max = ITEM_TEXT_MAX};
    int rc = json_unescape(&text, raw);

    out->data = rc < 0 ? NULL : arena_copy(arena, buf_text(&text), text.len);
    out->len = text.len;
    if (rc == RC_OK && out->data == NULL)
        rc = RC_NOMEM;
    buf_fini(&text);
    return rc;
}

static int no_array(struct slice cell, struct arena *arena, struct refusal *refusal) {
    return convert_refuse(refusal, arena, REASON_LIST_INVALID, cell,
                          "%s begins as a JSON array, but is not an array of strings",
                          convert_show(cell, arena));
}

/* ["Red","Blue"], as EspoCRM's own export writes lists. */
static int read_array(const struct converter *c, struct items *items, struct slice cell,
                      struct arena *arena, struct refusal *refusal) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = json_cursor_array(&cursor, cell);

    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &member)) == 1) {
        struct slice item;
        if (member.type != JSON_IS_STRING)
            return no_array(cell, arena, refusal);
        rc = unescaped(member.raw, arena, &item);
        if (rc == RC_NOMEM)
            return rc;
        if (rc < 0)
            return no_array(cell, arena, refusal);
        rc = add_item(c, items, cell, item, arena, refusal);
        if (rc != 1)
            return rc;
        rc = RC_OK;
    }
    if (rc < 0 || json_cursor_end(&cursor) < 0)
        return no_array(cell, arena, refusal);
    return 1;
}

int convert_list(const struct converter *c, struct slice cell, struct arena *arena,
                 struct value *out, struct refusal *refusal) {
    struct items items = {.list = NULL};
    int rc;

    cell = slice_trim(cell);
    if (cell.len > 0 && cell.data[0] == '[')
        rc = read_array(c, &items, cell, arena, refusal);
    else
        rc = read_plain(c, &items, cell, arena, refusal);
    if (rc != 1)
        return rc;
    if (c->def->max_count > 0 && items.count > c->def->max_count)
        return convert_refuse(refusal, arena, REASON_LIST_INVALID, cell,
                              "the list %s has %zu items, %s takes at most %zu",
                              convert_show(cell, arena), items.count, c->def->name,
                              c->def->max_count);
    *out = (struct value){
        .kind = VALUE_LIST, .items = items.list, .item_count = items.count};
    return 1;
}
