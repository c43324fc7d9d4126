/* undo.c - compares what a run wrote with what is there. */
#include "plan/undo.h"

#include "base/utf8.h"
#include "model/convert.h"
#include "model/json.h"
#include "model/json_attribute.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAME_BYTES = 256,
    LIST_CUTS_AT = 10000, /* characters of a text (espocrm-api, section 2.6) */
    SHOWN_BYTES = 200
};

static const struct schema_attribute *find_def(const struct schema *schema,
                                               struct slice name) {
    char text[NAME_BYTES];

    if (name.len >= sizeof text)
        return NULL;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    return schema_find(schema, text);
}

/* A flag that is off is not always recorded. */
static bool holds(const struct json_member *now, const struct attribute *attribute) {
    if (attribute->value.kind == VALUE_BOOL && !attribute->value.boolean &&
        json_is_blank(now))
        return true;
    return json_holds(now, attribute);
}

/* Raw JSON as a person reads it. */
static const char *show(struct slice raw, struct arena *arena) {
    if (raw.len == 0 || slice_is(raw, "null") || slice_is(raw, "\"\""))
        return "empty";
    if (raw.data[0] == '"')
        raw = slice_make(raw.data + 1, raw.len - 2);
    if (raw.len > SHOWN_BYTES)
        raw = slice_make(raw.data, utf8_valid_prefix(slice_make(raw.data, SHOWN_BYTES)));
    return convert_show(raw, arena);
}

static int add_edit(struct undo_change *out, const struct schema_attribute *def,
                    const struct json_member *now, struct slice wrote,
                    struct arena *arena) {
    struct undo_edit *edit;

    if (out->edit_count++ >= UNDO_EDITS_MAX)
        return RC_OK;
    edit = &out->edits[out->edit_count - 1];
    edit->field = def->name;
    edit->now = now == NULL ? slice_make("", 0) : now->raw;
    if (edit->now.len > 2 && edit->now.data[0] == '"')
        edit->now = slice_make(edit->now.data + 1, edit->now.len - 2);
    edit->message = arena_format(arena,
                                 "%s was edited since: it is %s now, the run "
                                 "wrote %s",
                                 def->name, show(edit->now, arena), show(wrote, arena));
    return edit->message == NULL ? RC_NOMEM : RC_OK;
}

/* The ids that there were, and those that were added. */
static int join_sets(const struct attribute *before, const struct json_member *added,
                     struct arena *arena, struct attribute *out) {
    struct attribute more;
    const struct value *a = &before->value;
    struct slice *items;
    size_t n = 0;
    int rc = json_read_attribute(before->def, added, arena, &more);

    if (rc != RC_OK)
        return rc;
    items =
        arena_alloc(arena, (a->item_count + more.value.item_count + 1) * sizeof *items);
    if (items == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < a->item_count; i++)
        items[n++] = a->items[i];
    for (size_t i = 0; i < more.value.item_count; i++) {
        bool there = false;
        for (size_t k = 0; k < a->item_count; k++)
            there = there || slice_equal(a->items[k], more.value.items[i]);
        if (!there)
            items[n++] = more.value.items[i];
    }
    *out = *before;
    out->value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = n};
    return RC_OK;
}

/* One attribute that the run wrote: as it was sent, and as it was before. */
struct pair {
    struct attribute wrote;
    struct attribute before;
    bool has_before;
    bool joins; /* wrote has the ids that there were, too */
};

static int read_pair(const struct undo_request *request,
                     const struct schema_attribute *def, const struct json_member *member,
                     struct arena *arena, struct pair *out) {
    struct json_member before, added;
    int rc = RC_OK;

    out->has_before =
        request->image.len > 0 && json_find(request->image, def->name, &before);
    out->before = (struct attribute){.def = def, .column = NO_COLUMN};
    if (out->has_before)
        rc = json_read_attribute(def, &before, arena, &out->before);
    if (rc != RC_OK)
        return rc;
    if (out->before.value.kind == VALUE_NULL && def->type == ATTRIBUTE_BOOL)
        out->before.value.kind = VALUE_BOOL; /* false: null is refused */
    if (out->before.value.kind == VALUE_NULL && def->type == ATTRIBUTE_IDS)
        out->before.value.kind = VALUE_LIST;
    out->joins = member->type == JSON_IS_OBJECT && json_find(member->raw, "add", &added);
    if (out->joins)
        return join_sets(&out->before, &added, arena, &out->wrote);
    return json_read_attribute(def, member, arena, &out->wrote);
}

static size_t count_in(const struct json_member *list, const struct value *items) {
    size_t count = 0;

    for (size_t i = 0; i < items->item_count; i++)
        count += json_array_has(list, items->items[i]);
    return count;
}

/* Of ids that were to join a set, some have: EspoCRM relates one after the other, up to
 * the first that it refuses. Nobody's edit shows. */
static bool holds_part(const struct json_member *now, const struct pair *pair) {
    struct json_cursor cursor;
    struct json_member item;
    size_t count = 0;

    if (!pair->joins || now == NULL || json_cursor_array(&cursor, now->raw) < 0)
        return false;
    while (json_cursor_next(&cursor, &item) == 1)
        count++;
    return count == count_in(now, &pair->wrote.value) &&
           count_in(now, &pair->before.value) == pair->before.value.item_count;
}

static bool is_unstored(const struct undo_request *request, const char *name) {
    for (size_t i = 0; i < request->unstored_count; i++)
        if (strcmp(request->unstored[i], name) == 0)
            return true;
    return false;
}

static int compare_one(const struct undo_request *request,
                       const struct json_member *member, struct arena *arena,
                       struct undo_change *out) {
    const struct schema_attribute *def = find_def(request->schema, member->name);
    struct json_member found, *now = NULL;
    struct pair pair;
    bool as_before;
    int rc;

    if (def == NULL) /* the field was taken out of the entity type */
        return RC_OK;
    rc = read_pair(request, def, member, arena, &pair);
    if (rc != RC_OK)
        return rc;
    if (json_find(request->record, def->name, &found))
        now = &found;
    as_before = pair.has_before && holds(now, &pair.before);
    if (pair.has_before && !as_before) {
        out->restore[out->count++] = pair.before;
        out->done = false;
    }
    if (as_before || holds(now, &pair.wrote) || holds_part(now, &pair) ||
        is_unstored(request, def->name))
        return RC_OK;
    return add_edit(out, def, now, member->raw, arena);
}

int undo_compare(const struct undo_request *request, struct arena *arena,
                 struct undo_change *out) {
    struct json_cursor cursor;
    struct json_member member;
    size_t count = 0;
    int rc;

    memset(out, 0, sizeof *out);
    out->done = request->image.len > 0;
    if (json_find(request->record, "versionNumber", &member) &&
        member.type == JSON_IS_NUMBER)
        out->version = strtoll(member.raw.data, NULL, 10);
    if (request->wrote.len == 0)
        return RC_OK;
    rc = json_cursor_object(&cursor, request->wrote);
    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &member)) == 1) {
        count++;
        rc = RC_OK;
    }
    if (rc < 0)
        return rc;
    out->restore = arena_alloc(arena, (count + UNDO_MARKS_ROOM) * sizeof *out->restore);
    if (out->restore == NULL)
        return RC_NOMEM;
    rc = json_cursor_object(&cursor, request->wrote);
    while (rc == RC_OK && json_cursor_next(&cursor, &member) == 1)
        rc = compare_one(request, &member, arena, out);
    return rc;
}

/* The text of a member without its quotes; empty for none. */
static struct slice text_of(struct slice record, const char *name) {
    struct json_member member;

    if (!json_find(record, name, &member) || member.type != JSON_IS_STRING)
        return slice_make("", 0);
    return slice_make(member.raw.data + 1, member.raw.len - 2);
}

bool undo_is_touched(struct slice record, const struct undo_stamp *stamp) {
    struct slice modified = text_of(record, "modifiedAt");
    struct slice by = text_of(record, "modifiedById");
    struct json_member version;

    if (stamp->version != 0 && json_find(record, "versionNumber", &version) &&
        version.type == JSON_IS_NUMBER &&
        strtoll(version.raw.data, NULL, 10) != stamp->version)
        return true;
    if (stamp->user_id != NULL && by.len > 0 && !slice_is(by, stamp->user_id))
        return true; /* perhaps within the second of the run's change */
    return stamp->modified != NULL && !slice_is(modified, stamp->modified);
}

const char *undo_last_edit(struct slice record, struct arena *arena) {
    struct slice by = text_of(record, "modifiedByName");
    struct slice at = text_of(record, "modifiedAt");
    const char *words;

    if (by.len == 0)
        by = slice_of("somebody");
    words = arena_format(arena, "%.*s at %.*s UTC", (int)by.len, by.data, (int)at.len,
                         at.data);
    return words == NULL ? "somebody" : words;
}

size_t undo_select(const struct schema *schema, struct slice wrote, const char **names,
                   size_t count, size_t max) {
    struct json_cursor cursor;
    struct json_member member;

    if (wrote.len == 0 || json_cursor_object(&cursor, wrote) < 0)
        return count;
    while (json_cursor_next(&cursor, &member) == 1) {
        const struct schema_attribute *def = find_def(schema, member.name);
        bool there = def == NULL;
        for (size_t i = 0; !there && i < count; i++)
            there = strcmp(names[i], def->name) == 0;
        if (!there && count < max)
            names[count++] = def->name;
    }
    return count;
}

bool undo_needs_whole(const struct schema *schema, struct slice wrote) {
    struct json_cursor cursor;
    struct json_member member;

    if (wrote.len == 0 || json_cursor_object(&cursor, wrote) < 0)
        return false;
    while (json_cursor_next(&cursor, &member) == 1) {
        const struct schema_attribute *def = find_def(schema, member.name);
        if (def != NULL &&
            (def->type == ATTRIBUTE_ADDRESSES ||
             (def->type == ATTRIBUTE_TEXT && member.raw.len >= LIST_CUTS_AT)))
            return true;
    }
    return false;
}
