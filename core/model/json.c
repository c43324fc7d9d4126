/* json.c - JSON by appending: strings, values, and the body of a POST or PUT.
 *
 * Promises valid JSON for valid UTF-8 and to leave the buffer's failure in the buffer.
 * Does not check that the text is UTF-8: cells were checked when they were decoded.
 */
#include "model/json.h"

#include "model/address.h"
#include "model/schema.h"

#include <stdint.h>

/* Bytes at the start of p that go into a JSON string as they are: eight at a time, by the
 * usual has-a-zero-byte arithmetic; the lowest hit of a word is exact. */
static size_t plain_run(const char *p, size_t n) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    size_t i = 0;

    while (n - i >= 8) {
        uint64_t word, quote, slash;
        memcpy(&word, p + i, sizeof word);
        quote = word ^ ones * '"';
        slash = word ^ ones * '\\';
        if ((((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
             ((slash - ones) & ~slash)) &
            tops)
            break;
        i += 8;
    }
    while (i < n && (unsigned char)p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

static void append_escape(struct buf *buf, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    char out[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    switch (c) {
    case '"': (void)buf_append(buf, "\\\"", 2); break;
    case '\\': (void)buf_append(buf, "\\\\", 2); break;
    case '\b': (void)buf_append(buf, "\\b", 2); break;
    case '\f': (void)buf_append(buf, "\\f", 2); break;
    case '\n': (void)buf_append(buf, "\\n", 2); break;
    case '\r': (void)buf_append(buf, "\\r", 2); break;
    case '\t': (void)buf_append(buf, "\\t", 2); break;
    default: (void)buf_append(buf, out, sizeof out); break;
    }
}

/* Into memory that holds s.len + 2 bytes; false when something must be escaped. */
static bool write_plain(char *at, struct slice s) {
    if (plain_run(s.data, s.len) < s.len)
        return false;
    *at++ = '"';
    if (s.len > 0)
        memcpy(at, s.data, s.len);
    at[s.len] = '"';
    return true;
}

int json_append_string(struct buf *buf, struct slice s) {
    char *at = buf_reserve(buf, s.len + 2);

    if (at == NULL)
        return buf->failed;
    if (write_plain(at, s)) {
        buf_commit(buf, s.len + 2);
        return RC_OK;
    }
    (void)buf_append_char(buf, '"');
    while (s.len > 0) {
        size_t run = plain_run(s.data, s.len);
        if (run > 0)
            (void)buf_append(buf, s.data, run);
        if (run < s.len)
            append_escape(buf, (unsigned char)s.data[run++]);
        s.data += run;
        s.len -= run;
        if (buf->failed < 0)
            return buf->failed;
    }
    return buf_append_char(buf, '"');
}

int json_append_attribute(struct buf *buf, const struct attribute *attribute) {
    const struct value *value = &attribute->value;

    switch (value->kind) {
    case VALUE_NULL: return buf_append(buf, "null", 4);
    case VALUE_BOOL:
        return value->boolean ? buf_append(buf, "true", 4) : buf_append(buf, "false", 5);
    case VALUE_NUMBER: return buf_append_slice(buf, value->text);
    case VALUE_STRING: return json_append_string(buf, value->text);
    case VALUE_ADDRESSES: return address_append(buf, attribute->def->field, value);
    case VALUE_LIST: break;
    }
    (void)buf_append_char(buf, '[');
    for (size_t i = 0; i < value->item_count; i++) {
        if (i > 0)
            (void)buf_append_char(buf, ',');
        (void)json_append_string(buf, value->items[i]);
    }
    return buf_append_char(buf, ']');
}

/* The common case, a name and a text without escapes, in one go: ,"name":"text" */
static bool append_plain_member(struct buf *buf, struct slice name, struct slice text) {
    char *at = buf_reserve(buf, name.len + text.len + 6);
    char *start = at;

    if (at == NULL)
        return false;
    *at++ = ',';
    *at++ = '"';
    memcpy(at, name.data, name.len);
    at += name.len;
    *at++ = '"';
    *at++ = ':';
    if (!write_plain(at, text))
        return false;
    buf_commit(buf, (size_t)(at - start) + text.len + 2);
    return true;
}

int json_append_record(struct buf *buf, const struct attribute *attributes,
                       size_t count) {
    size_t start = buf->len;

    if (count == 0)
        return buf_append(buf, "{}", 2);
    for (size_t i = 0; i < count; i++) {
        const struct attribute *attribute = &attributes[i];
        struct slice name = slice_of(attribute->def->name);
        if (buf->failed < 0)
            return buf->failed;
        if (attribute->value.kind == VALUE_STRING &&
            append_plain_member(buf, name, attribute->value.text))
            continue;
        (void)buf_append_char(buf, ',');
        (void)json_append_string(buf, name);
        (void)buf_append_char(buf, ':');
        (void)json_append_attribute(buf, attribute);
    }
    if (buf->failed < 0)
        return buf->failed;
    buf->data[start] = '{'; /* in place of the first comma */
    return buf_append_char(buf, '}');
}
