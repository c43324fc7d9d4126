/* difference.c - what an import would change, less what is equal in a wider sense. */
#include "plan/difference.h"

#include "base/utf8.h"
#include "model/json.h"
#include "plan/change.h"

#include <string.h>

enum { TEXT_MAX = 256 << 20 };

bool difference_ignores(const char *ignore, const char *name) {
    size_t len = strlen(name);

    for (const char *at = strstr(ignore, name); at != NULL; at = strstr(at + 1, name))
        if (at > ignore && at[-1] == ',' && at[len] == ',')
            return true;
    return false;
}

static bool is_address(const struct schema_attribute *def) {
    return def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE;
}

/* The same items in another order. */
static bool same_set(const struct json_member *member, const struct value *value) {
    struct json_cursor cursor;
    struct json_member item;
    size_t count = 0;

    if (member == NULL || member->type != JSON_IS_ARRAY ||
        json_cursor_array(&cursor, member->raw) < 0)
        return false;
    while (json_cursor_next(&cursor, &item) == 1) {
        size_t i = 0;
        while (i < value->item_count && !json_string_holds(item.raw, value->items[i]))
            i++;
        if (item.type != JSON_IS_STRING || i == value->item_count)
            return false;
        count++;
    }
    for (size_t i = 0; i < value->item_count; i++)
        if (!json_array_has(member, value->items[i]))
            return false;
    return count == value->item_count;
}

static int append_loose(struct buf *out, struct slice text,
                        const struct difference_request *request) {
    if (request->trim)
        text = slice_trim(text);
    return request->fold_case ? utf8_append_folded(out, text)
                              : buf_append_slice(out, text);
}

/* Texts that are equal when blanks around or case do not count: 1, 0, < 0. */
static int same_text(const struct difference_request *request,
                     const struct json_member *member, const struct attribute *a) {
    struct buf text = {.max = TEXT_MAX}, ours = {.max = TEXT_MAX},
               theirs = {.max = TEXT_MAX};
    int rc = RC_OK;

    if (member != NULL && member->type == JSON_IS_STRING)
        rc = json_unescape(&text, member->raw);
    if (rc == RC_OK)
        rc = append_loose(&theirs, buf_slice(&text), request);
    if (rc == RC_OK)
        rc = append_loose(&ours, a->value.text, request);
    if (rc == RC_OK)
        rc = slice_equal(buf_slice(&ours), buf_slice(&theirs));
    buf_fini(&text);
    buf_fini(&ours);
    buf_fini(&theirs);
    return rc;
}

static int is_equal(const struct difference_request *request,
                    const struct json_member *member, const struct attribute *a) {
    if (a->value.kind == VALUE_LIST)
        return same_set(member, &a->value);
    if (a->value.kind != VALUE_STRING || !(request->trim || request->fold_case))
        return 0;
    if (a->def->type == ATTRIBUTE_VARCHAR || a->def->type == ATTRIBUTE_TEXT ||
        a->def->type == ATTRIBUTE_URL || a->def->type == ATTRIBUTE_OTHER)
        return same_text(request, member, a);
    return 0;
}

/* Ids that join those that are there: all of them. */
static int join_ids(struct attribute *a, const struct json_member *member,
                    struct arena *arena) {
    struct json_cursor cursor;
    struct json_member item;
    struct slice *items;
    size_t count = 0, n = 0;

    if (member == NULL || member->type != JSON_IS_ARRAY)
        return RC_OK;
    if (json_cursor_array(&cursor, member->raw) == RC_OK)
        while (json_cursor_next(&cursor, &item) == 1)
            count++;
    items = arena_alloc(arena, (count + a->value.item_count + 1) * sizeof *items);
    if (items == NULL)
        return RC_NOMEM;
    if (json_cursor_array(&cursor, member->raw) == RC_OK)
        while (json_cursor_next(&cursor, &item) == 1)
            if (item.type == JSON_IS_STRING && item.raw.len > 2)
                items[n++] = slice_make(item.raw.data + 1, item.raw.len - 2);
    if (a->value.item_count > 0)
        memcpy(items + n, a->value.items, a->value.item_count * sizeof *items);
    a->value.items = items;
    a->value.item_count += n;
    return RC_OK;
}

static int append_one(const struct difference_request *request, struct attribute *a,
                      bool added, struct arena *arena, struct buf *json) {
    struct json_member found;
    const struct json_member *member =
        json_find(request->record, a->def->name, &found) ? &found : NULL;
    int rc = added ? join_ids(a, member, arena) : is_equal(request, member, a);

    if (rc != RC_OK)
        return rc < 0 ? rc : 0;
    (void)buf_append_text(json, json->data[json->len - 1] == '[' ? "[" : ",[");
    (void)json_append_string(json, slice_of(a->def->name));
    (void)buf_append_char(json, ',');
    (void)buf_append_slice(json, member == NULL ? slice_of("null") : member->raw);
    (void)buf_append_char(json, ',');
    (void)json_append_attribute(json, a);
    (void)buf_append_char(json, ']');
    return json->failed != RC_OK ? json->failed : 1;
}

int difference_find(const struct difference_request *request, struct arena *arena,
                    struct buf *json) {
    size_t room = CHANGE_ROOM(request->count), kept = 0, keys = 0;
    struct attribute *all = arena_alloc(arena, room * sizeof *all);
    const struct schema_attribute **skipped =
        arena_alloc(arena, (request->key_count + 1) * sizeof *skipped);
    struct change change = {.changed = arena_alloc(arena, room * sizeof *all),
                            .added = arena_alloc(arena, room * sizeof *all)};
    struct change_request ask = {.record = request->record, .attributes = all};
    struct buf image = {.max = TEXT_MAX};
    int rc = RC_NOMEM, count = 0;

    if (all == NULL || skipped == NULL || change.changed == NULL || change.added == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < request->count; i++) {
        if (difference_ignores(request->ignore, request->attributes[i].def->name))
            continue;
        all[kept] = request->attributes[i];
        all[kept++].on_conflict = CONFLICT_OVERWRITE;
    }
    for (size_t i = 0; i < request->key_count; i++)
        if (is_address(request->keys[i]))
            skipped[keys++] = request->keys[i];
    ask.count = kept;
    ask.keys = skipped;
    ask.key_count = keys;
    rc = change_find(&ask, arena, &change, &image);
    buf_fini(&image);
    (void)buf_append_char(json, '[');
    for (size_t i = 0; rc >= 0 && i < change.count; i++, count += rc)
        rc = append_one(request, &change.changed[i], false, arena, json);
    for (size_t i = 0; rc >= 0 && i < change.added_count; i++, count += rc)
        rc = append_one(request, &change.added[i], true, arena, json);
    if (rc < 0)
        return rc;
    return buf_append_char(json, ']') < 0 ? json->failed : count;
}
