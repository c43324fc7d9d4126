/* duplicate.c - reads the list of records that a 409 carries. */
#include "plan/duplicate.h"

#include "model/json.h"
#include "model/schema.h"
#include "plan/write.h"

#include <stdlib.h>
#include <string.h>

static bool record_member(struct slice record, const char *name,
                          struct json_member *member) {
    struct json_cursor cursor;

    if (json_cursor_object(&cursor, record) < 0)
        return false;
    while (json_cursor_next(&cursor, member) == 1)
        if (slice_is(member->name, name))
            return true;
    return false;
}

static struct slice record_text(struct slice record, const char *name) {
    struct json_member member;

    if (!record_member(record, name, &member) || member.type != JSON_IS_STRING ||
        member.raw.len < 2)
        return slice_make(NULL, 0);
    return slice_make(member.raw.data + 1, member.raw.len - 2);
}

static const struct attribute *attribute_named(const struct attribute *attributes,
                                               size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(attributes[i].def->name, name) == 0)
            return &attributes[i];
    return NULL;
}

/* Are all keys filled in the row, and equal in the record? */
static bool record_has_keys(struct slice record, const struct attribute *attributes,
                            size_t count, const char *const *keys) {
    for (; *keys != NULL; keys++) {
        const struct attribute *key = attribute_named(attributes, count, *keys);
        struct json_member member;
        if (key == NULL || key->value.kind == VALUE_NULL ||
            !record_member(record, *keys, &member) || !json_holds(&member, key))
            return false;
    }
    return true;
}

/* "2026-11-24 01:09:43" sorts as text. */
static bool is_since(struct slice created, const char *since) {
    size_t len = strlen(since);

    return created.len == len && memcmp(created.data, since, len) >= 0;
}

static bool record_is_own(struct slice record, const struct attribute *attributes,
                          size_t count, const char *user_id, const char *since) {
    size_t missing[1];

    return slice_is(record_text(record, "createdById"), user_id) &&
           is_since(record_text(record, "createdAt"), since) &&
           write_compare(attributes, count, record, missing, 1) == 0;
}

/* Is the record an element in front of this one? EspoCRM lists one that has several
 * addresses once for each of them (seen on 9.1.7). */
static bool is_listed(struct slice body, const struct json_member *element) {
    struct slice id = record_text(element->raw, "id");
    struct json_cursor cursor;
    struct json_member other;

    if (id.len == 0 || json_cursor_array(&cursor, body) < 0)
        return false;
    while (json_cursor_next(&cursor, &other) == 1 && other.raw.data < element->raw.data)
        if (slice_equal(record_text(other.raw, "id"), id))
            return true;
    return false;
}

int duplicate_read(struct slice body, const struct attribute *attributes, size_t count,
                   const char *const *keys, const char *user_id, const char *since,
                   struct duplicate *out) {
    static const char *const email[] = {"emailAddress", NULL};
    struct json_cursor cursor;
    struct json_member element;
    size_t own = 0;
    int rc = json_cursor_array(&cursor, body);

    memset(out, 0, sizeof *out);
    out->key = "";
    if (rc < 0)
        return rc;
    if (keys == NULL)
        keys = email;
    while ((rc = json_cursor_next(&cursor, &element)) == 1) {
        bool by_key;
        if (element.type != JSON_IS_OBJECT)
            return RC_SERVER;
        if (is_listed(body, &element))
            continue;
        by_key = record_has_keys(element.raw, attributes, count, keys);
        if (out->found++ == 0 || (by_key && out->by_key == 0)) {
            out->id = record_text(element.raw, "id");
            out->record = element.raw;
        }
        if (by_key) {
            out->by_key++;
            out->key = keys[0];
        }
        if (record_is_own(element.raw, attributes, count, user_id, since)) {
            out->own_id = record_text(element.raw, "id");
            out->own_record = element.raw;
            own++;
        }
    }
    out->own = own == 1;
    return rc < 0 ? rc : json_cursor_end(&cursor);
}

int duplicate_describe(const struct duplicate *duplicate, struct buf *out) {
    if (duplicate->found == 1)
        (void)buf_append_text(out, "EspoCRM holds this record already: ");
    else
        (void)buf_append_format(out,
                                "EspoCRM holds %zu records like this one, the first is ",
                                duplicate->found);
    (void)buf_append_slice(out, duplicate->id);
    (void)buf_append_text(out,
                          duplicate->by_key > 0 ? ", with the same " : ", by name only");
    (void)buf_append_text(out, duplicate->by_key > 0 ? duplicate->key : "");
    return out->failed;
}
