/* address.c - lists of addresses, to JSON and back. */
#include "model/address.h"

#include <string.h>

enum { TEXT_MAX = 4096 };

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool equal_ignoring_case(struct slice a, struct slice b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

/* The next digit at or behind *i, or -1. */
static int next_digit(struct slice s, size_t *i) {
    while (*i < s.len && (s.data[*i] < '0' || s.data[*i] > '9'))
        (*i)++;
    return *i < s.len ? s.data[(*i)++] : -1;
}

static bool equal_by_digits(struct slice a, struct slice b) {
    size_t i = 0, k = 0;
    bool any = false;

    for (;;) {
        int x = next_digit(a, &i), y = next_digit(b, &k);
        if (x != y)
            return false;
        if (x < 0)
            return any;
        any = true;
    }
}

bool address_equal(struct slice a, struct slice b) {
    if (equal_ignoring_case(a, b))
        return true;
    return a.len > 0 && b.len > 0 && memchr(a.data, '@', a.len) == NULL &&
           memchr(b.data, '@', b.len) == NULL && equal_by_digits(a, b);
}

const struct address *address_find(const struct address *list, size_t count,
                                   struct slice text) {
    for (size_t i = 0; i < count; i++)
        if (address_equal(list[i].text, text))
            return &list[i];
    return NULL;
}

static void append_flag(struct buf *buf, const char *name, bool value) {
    (void)buf_append_text(buf, name);
    (void)buf_append_text(buf, value ? "true" : "false");
}

int address_append(struct buf *buf, const char *field, const struct value *value) {
    (void)buf_append_char(buf, '[');
    for (size_t i = 0; i < value->item_count; i++) {
        const struct address *address = &value->addresses[i];
        (void)buf_append_text(buf, i > 0 ? ",{" : "{");
        (void)json_append_string(buf, slice_of(field));
        (void)buf_append_char(buf, ':');
        (void)json_append_string(buf, address->text);
        if (address->type.len > 0) {
            (void)buf_append_text(buf, ",\"type\":");
            (void)json_append_string(buf, address->type);
        }
        append_flag(buf, ",\"primary\":", i == 0);
        append_flag(buf, ",\"optOut\":", address->opted_out);
        append_flag(buf, ",\"invalid\":", address->invalid);
        (void)buf_append_char(buf, '}');
    }
    return buf_append_char(buf, ']');
}

/* The text of a member, in the arena; empty where there is none. */
static int read_text(struct slice object, const char *name, struct arena *arena,
                     struct slice *out) {
    struct buf text = {.max = TEXT_MAX};
    struct json_member member;
    int rc = RC_OK;

    *out = slice_make("", 0);
    if (!json_find(object, name, &member) || member.type != JSON_IS_STRING)
        return RC_OK;
    rc = json_unescape(&text, member.raw);
    if (rc == RC_OK)
        *out = slice_make(arena_copy(arena, buf_text(&text), text.len), text.len);
    buf_fini(&text);
    return rc == RC_OK && out->data == NULL ? RC_NOMEM : rc;
}

static int read_element(struct slice object, const char *field, struct arena *arena,
                        struct address *out) {
    int rc = read_text(object, field, arena, &out->text);

    if (rc == RC_OK)
        rc = read_text(object, "type", arena, &out->type);
    out->primary = json_has_true(object, "primary");
    out->opted_out = json_has_true(object, "optOut");
    out->invalid = json_has_true(object, "invalid");
    out->column = NO_COLUMN;
    return rc;
}

int address_read(struct slice raw, const char *field, struct arena *arena,
                 struct address **out, size_t *count) {
    struct json_cursor cursor;
    struct json_member element;
    size_t most = 0;
    int rc = json_cursor_array(&cursor, raw);

    *count = 0;
    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &element)) == 1) {
        most++;
        rc = RC_OK;
    }
    if (rc < 0)
        return rc;
    *out = arena_zalloc(arena, (most + 1) * sizeof **out);
    if (*out == NULL)
        return RC_NOMEM;
    rc = json_cursor_array(&cursor, raw);
    while (rc == RC_OK && *count < most && json_cursor_next(&cursor, &element) == 1)
        rc = read_element(element.raw, field, arena, &(*out)[(*count)++]);
    return rc;
}

static bool is_as_sent(const struct address *sent, const struct address *stored,
                       bool primary) {
    return stored->primary == primary && stored->opted_out == sent->opted_out &&
           stored->invalid == sent->invalid &&
           (sent->type.len == 0 || slice_equal(sent->type, stored->type));
}

bool address_holds(const struct json_member *member, const char *field,
                   const struct value *value) {
    struct arena arena = {0};
    struct address *stored = NULL;
    size_t count = 0;
    bool same = member != NULL && member->type == JSON_IS_ARRAY &&
                address_read(member->raw, field, &arena, &stored, &count) == RC_OK &&
                count == value->item_count;

    for (size_t i = 0; same && i < count; i++) {
        const struct address *sent = &value->addresses[i];
        const struct address *found = address_find(stored, count, sent->text);
        same = found != NULL && is_as_sent(sent, found, i == 0);
    }
    arena_fini(&arena);
    return same;
}
