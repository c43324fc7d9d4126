/* change.c - compares a row with the record it is about. */
#include "plan/change.h"

#include "model/json.h"
#include "plan/change_address.h"

#include <stdlib.h>
#include <string.h>

static bool is_key(const struct change_request *request,
                   const struct schema_attribute *def) {
    for (size_t i = 0; i < request->key_count; i++)
        if (request->keys[i] == def)
            return true;
    return false;
}

static bool is_key_named(const struct change_request *request, const char *name) {
    for (size_t i = 0; i < request->key_count; i++)
        if (strcmp(request->keys[i]->name, name) == 0)
            return true;
    return false;
}

/* The items of the attribute that the record does not link to yet. */
static int find_missing(const struct attribute *attribute,
                        const struct json_member *member, struct arena *arena,
                        struct attribute *out) {
    const struct value *value = &attribute->value;
    struct slice *items = arena_alloc(arena, (value->item_count + 1) * sizeof *items);
    size_t n = 0;

    if (items == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < value->item_count; i++)
        if (member == NULL || !json_array_has(member, value->items[i]))
            items[n++] = value->items[i];
    *out = *attribute;
    out->value.items = items;
    out->value.item_count = n;
    return RC_OK;
}

static void append_image(struct buf *image, const char *name,
                         const struct json_member *member) {
    if (image->data[image->len - 1] != '{')
        (void)buf_append_char(image, ',');
    (void)json_append_string(image, slice_of(name));
    (void)buf_append_char(image, ':');
    (void)buf_append_slice(image, member != NULL ? member->raw : slice_of("null"));
}

/* May the rule of the attribute let it change what the record holds? */
static bool is_allowed(const struct change_request *request,
                       const struct attribute *attribute,
                       const struct json_member *member, struct change *change) {
    switch (attribute->on_conflict) {
    case CONFLICT_OVERWRITE: return true;
    case CONFLICT_KEEP: return false;
    case CONFLICT_FILL_BLANK: return json_is_blank(member);
    case CONFLICT_NEWEST: return request->newer || json_is_blank(member);
    case CONFLICT_ERROR:
        if (json_is_blank(member))
            return true;
        if (change->conflict == NULL)
            change->conflict = attribute;
        return false;
    }
    return false;
}

/* Of several addresses the record gets all at once, with those that stay. */
static int compare_addresses(const struct change_request *request,
                             const struct attribute *attribute,
                             const struct json_member *member, struct arena *arena,
                             struct change *change, struct buf *image) {
    struct address_change had = {
        .field = attribute->def->field,
        .add = attribute->add,
        .keyed = is_key_named(request, attribute->def->field),
        .newer = request->newer,
    };
    int rc = member == NULL ? RC_SERVER /* the record must have been read whole */
                            : address_read(member->type == JSON_IS_NULL ? slice_of("[]")
                                                                        : member->raw,
                                           had.field, arena, &had.stored, &had.count);

    if (rc == RC_OK)
        rc = change_addresses(&had, &attribute->value, arena);
    if (rc == RC_OK && had.conflict && change->conflict == NULL)
        change->conflict = attribute;
    if (rc != RC_OK || had.conflict || !had.changed)
        return rc;
    change->changed[change->count] = *attribute;
    change->changed[change->count++].value = had.value;
    append_image(image, attribute->def->name, member);
    return image->failed;
}

/* The plain attribute of addresses that are compared all together. */
static bool is_listed(const struct change_request *request,
                      const struct schema_attribute *def) {
    for (size_t i = 0; i < request->count; i++)
        if (request->attributes[i].value.kind == VALUE_ADDRESSES &&
            strcmp(request->attributes[i].def->field, def->name) == 0)
            return true;
    return false;
}

static int compare_one(const struct change_request *request,
                       const struct attribute *attribute, struct arena *arena,
                       struct change *change, struct buf *image) {
    struct json_member found;
    const struct json_member *member =
        json_find(request->record, attribute->def->name, &found) ? &found : NULL;

    if (attribute->add && attribute->value.kind == VALUE_LIST) {
        struct attribute *added = &change->added[change->added_count];
        if (find_missing(attribute, member, arena, added) < 0)
            return RC_NOMEM;
        if (added->value.item_count == 0 || attribute->on_conflict == CONFLICT_KEEP)
            return RC_OK;
        change->added_count++;
        append_image(image, attribute->def->name, member);
        return image->failed;
    }
    if (attribute->value.kind == VALUE_ADDRESSES)
        return compare_addresses(request, attribute, member, arena, change, image);
    if (json_holds(member, attribute) || !is_allowed(request, attribute, member, change))
        return RC_OK;
    change->changed[change->count++] = *attribute;
    append_image(image, attribute->def->name, member);
    return image->failed;
}

static bool has_attribute(const struct attribute *attributes, size_t count,
                          const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(attributes[i].def->name, name) == 0)
            return true;
    return false;
}

/* The currency of an amount that changes, where neither row nor record has one. */
static int add_currency(const struct change_request *request,
                        const struct attribute *amount, struct change *change,
                        struct buf *image) {
    const struct schema_attribute *def =
        request->schema == NULL || amount->value.kind == VALUE_NULL
            ? NULL
            : schema_currency(request->schema, amount->def);
    struct json_member member;

    if (def == NULL || has_attribute(request->attributes, request->count, def->name) ||
        (json_find(request->record, def->name, &member) && !json_is_blank(&member)))
        return RC_OK;
    change->changed[change->count++] = (struct attribute){
        .def = def,
        .column = amount->column,
        .value = {.kind = VALUE_STRING,
                  .text = slice_of(schema_server(request->schema)->default_currency)},
    };
    append_image(image, def->name, NULL);
    return image->failed;
}

int change_find(const struct change_request *request, struct arena *arena,
                struct change *change, struct buf *image) {
    struct json_member version;

    change->count = 0;
    change->added_count = 0;
    change->conflict = NULL;
    change->version = 0;
    if (json_find(request->record, "versionNumber", &version) &&
        version.type == JSON_IS_NUMBER)
        change->version = strtoll(version.raw.data, NULL, 10);
    if (buf_append_char(image, '{') < 0)
        return image->failed;
    for (size_t i = 0; i < request->count; i++) {
        const struct attribute *attribute = &request->attributes[i];
        int rc = RC_OK;
        if (!is_key(request, attribute->def) && !is_listed(request, attribute->def))
            rc = compare_one(request, attribute, arena, change, image);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0, n = change->count; i < n; i++)
        if (add_currency(request, &change->changed[i], change, image) < 0)
            return image->failed;
    return buf_append_char(image, '}');
}
