/* json_attribute.c - from JSON to attributes. */
#include "model/json_attribute.h"

#include "model/address.h"

#include <string.h>

enum { TEXT_MAX = 64 * 1024 * 1024, NAME_MAX_BYTES = 256 };

static int read_string(struct slice raw, struct arena *arena, struct slice *out) {
    struct buf text = {.max = TEXT_MAX};
    int rc = json_unescape(&text, raw);

    if (rc == RC_OK) {
        *out = slice_make(arena_copy(arena, buf_text(&text), text.len), text.len);
        rc = out->data == NULL ? RC_NOMEM : RC_OK;
    }
    buf_fini(&text);
    return rc;
}

static int read_list(struct slice raw, struct arena *arena, struct value *out) {
    struct json_cursor cursor;
    struct json_member item;
    struct slice *items;
    size_t most = 0;
    int rc = json_cursor_array(&cursor, raw);

    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &item)) == 1) {
        most++;
        rc = item.type == JSON_IS_STRING ? RC_OK : RC_SERVER;
    }
    if (rc < 0)
        return rc;
    items = arena_alloc(arena, (most + 1) * sizeof *items);
    if (items == NULL)
        return RC_NOMEM;
    out->kind = VALUE_LIST;
    out->items = items;
    rc = json_cursor_array(&cursor, raw);
    while (rc == RC_OK && json_cursor_next(&cursor, &item) == 1)
        rc = read_string(item.raw, arena, &items[out->item_count++]);
    return rc;
}

/* The primary one first, as they are sent. */
static int read_addresses(const char *field, struct slice raw, struct arena *arena,
                          struct value *out) {
    struct address *list = NULL;
    size_t count = 0;
    int rc = address_read(raw, field, arena, &list, &count);

    if (rc != RC_OK)
        return rc;
    for (size_t i = 1; i < count; i++)
        if (list[i].primary && !list[0].primary) {
            struct address first = list[i];
            memmove(list + 1, list, i * sizeof first);
            list[0] = first;
        }
    out->kind = VALUE_ADDRESSES;
    out->addresses = list;
    out->item_count = count;
    return RC_OK;
}

int json_read_attribute(const struct schema_attribute *def,
                        const struct json_member *member, struct arena *arena,
                        struct attribute *out) {
    struct value *value = &out->value;

    *out = (struct attribute){.def = def, .column = NO_COLUMN};
    switch (member->type) {
    case JSON_IS_NULL: value->kind = VALUE_NULL; return RC_OK;
    case JSON_IS_BOOL:
        value->kind = VALUE_BOOL;
        value->boolean = slice_is(member->raw, "true");
        return RC_OK;
    case JSON_IS_NUMBER: {
        const char *text = arena_copy(arena, member->raw.data, member->raw.len);
        value->kind = VALUE_NUMBER;
        value->text = slice_make(text, member->raw.len);
        return text == NULL ? RC_NOMEM : RC_OK;
    }
    case JSON_IS_STRING:
        value->kind = VALUE_STRING;
        return read_string(member->raw, arena, &value->text);
    case JSON_IS_ARRAY:
        return def->type == ATTRIBUTE_ADDRESSES
                   ? read_addresses(def->field, member->raw, arena, value)
                   : read_list(member->raw, arena, value);
    case JSON_IS_OBJECT: break;
    }
    return RC_SERVER;
}

static bool has_member(struct slice object, struct slice name) {
    char text[NAME_MAX_BYTES];
    struct json_member member;

    if (object.len == 0 || name.len >= sizeof text)
        return false;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    return json_find(object, text, &member);
}

static void append_members(struct buf *out, struct slice from, struct slice but) {
    struct json_cursor cursor;
    struct json_member member;

    if (from.len == 0 || json_cursor_object(&cursor, from) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (has_member(but, member.name))
            continue;
        (void)buf_append_text(out, out->data[out->len - 1] == '{' ? "\"" : ",\"");
        (void)buf_append_slice(out, member.name);
        (void)buf_append_text(out, "\":");
        (void)buf_append_slice(out, member.raw);
    }
}

int json_append_merged(struct buf *out, struct slice first, struct slice second) {
    if (buf_append_char(out, '{') < 0)
        return out->failed;
    append_members(out, first, slice_make("", 0));
    append_members(out, second, first);
    return buf_append_char(out, '}');
}
