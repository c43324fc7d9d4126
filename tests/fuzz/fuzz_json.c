/* fuzz_json.c - the JSON cursor against jansson: what one takes the other takes, member
 * by member, and what is written comes back.
 *
 * The cursor leaves UTF-8, surrogates and the range of numbers alone: where jansson
 * alone refuses, that is no finding.
 */
#include "model/json.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
    if (!holds)
        abort();
}

static bool same_type(enum json_type type, json_t *value) {
    switch (type) {
    case JSON_IS_NULL: return value->type == JSON_NULL;
    case JSON_IS_BOOL: return value->type == JSON_TRUE || value->type == JSON_FALSE;
    case JSON_IS_NUMBER: return value->type == JSON_INTEGER || value->type == JSON_REAL;
    case JSON_IS_STRING: return value->type == JSON_STRING;
    case JSON_IS_ARRAY: return value->type == JSON_ARRAY;
    case JSON_IS_OBJECT: return value->type == JSON_OBJECT;
    }
    return false;
}

/* A string member: unescaped as jansson has it, and written and read again the same. */
static void check_string(const struct json_member *member, json_t *value) {
    struct buf text = {.max = TEXT_MAX}, again = {.max = TEXT_MAX * 6},
               back = {.max = TEXT_MAX};

    require(json_unescape(&text, member->raw) == RC_OK);
    require(text.len == json_string_length(value));
    require(text.len == 0 || memcmp(text.data, json_string_value(value), text.len) == 0);
    require(json_string_holds(member->raw, buf_slice(&text)));
    require(json_append_string(&again, buf_slice(&text)) == RC_OK);
    require(json_unescape(&back, buf_slice(&again)) == RC_OK);
    require(slice_equal(buf_slice(&back), buf_slice(&text)));
    buf_fini(&back);
    buf_fini(&again);
    buf_fini(&text);
}

/* Members against the object that jansson made of the same text; a name that comes twice
 * has its last value there. */
static void check_members(struct slice text, json_t *root) {
    struct json_cursor cursor;
    struct json_member member;
    size_t count = 0;
    int rc;

    require(json_cursor_object(&cursor, text) == RC_OK);
    while ((rc = json_cursor_next(&cursor, &member)) == 1) {
        json_t *value;
        count++;
        if (memchr(member.name.data, '\\', member.name.len) != NULL)
            continue;
        value = json_object_getn(root, member.name.data, member.name.len);
        require(value != NULL);
        if (json_object_size(root) > 0 && same_type(member.type, value) &&
            member.type == JSON_IS_STRING &&
            json_string_holds(member.raw, slice_make(json_string_value(value),
                                                     json_string_length(value))))
            check_string(&member, value);
    }
    require(rc == 0 && json_cursor_end(&cursor) == RC_OK);
    require(count >= json_object_size(root));
    if (count == json_object_size(root)) { /* no name twice: every type must agree */
        require(json_cursor_object(&cursor, text) == RC_OK);
        while (json_cursor_next(&cursor, &member) == 1)
            if (memchr(member.name.data, '\\', member.name.len) == NULL)
                require(same_type(member.type, json_object_getn(root, member.name.data,
                                                                member.name.len)));
    }
}

static int depth_of(struct slice text) {
    int depth = 0, deepest = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '[' || text.data[i] == '{')
            depth++;
        if (text.data[i] == ']' || text.data[i] == '}')
            depth--;
        if (depth > deepest)
            deepest = depth;
    }
    return deepest;
}

static bool cursor_takes(struct slice text) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = json_cursor_object(&cursor, text);

    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &member)) == 1) {
        require(member.raw.data >= text.data &&
                member.raw.data + member.raw.len <= text.data + text.len);
        rc = RC_OK;
    }
    return rc == 0 && json_cursor_end(&cursor) == RC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice text = slice_make((const char *)data, size);
    json_error_t error;
    json_t *root;
    bool taken;

    if (size > 65536)
        return 0;
    taken = cursor_takes(text);
    if (size > 0 && memchr(data, '\0', size) != NULL)
        return 0; /* jansson skips a NUL byte behind a number or a word */
    root = json_loadb(size == 0 ? "" : text.data, size, JSON_ALLOW_NUL, &error);
    if (root != NULL && root->type == JSON_OBJECT && depth_of(text) <= 60) {
        require(taken);
        check_members(text, root);
    } else if (root != NULL && root->type != JSON_OBJECT) {
        require(!taken);
    } else if (root == NULL && taken) {
        /* only what the cursor does not look at may differ */
        enum json_error_code code = json_error_code(&error);
        require(code == json_error_invalid_utf8 || code == json_error_numeric_overflow ||
                code == json_error_null_byte_in_key || code == json_error_out_of_memory ||
                memmem(data, size, "\\u", 2) != NULL); /* half a surrogate pair */
    }
    json_decref(root);
    return 0;
}
