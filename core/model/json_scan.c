/* json_scan.c - the cursor over one JSON object or array, without building it.
 *
 * Promises to accept what RFC 8259 calls JSON and nothing else, down to 64 levels, and to
 * stay inside the text. Does not check that strings are UTF-8, and joins no surrogates:
 * json_unescape() does, for the few strings that are wanted.
 */
#include "model/json.h"

#include "base/utf8.h"

#include <endian.h>
#include <stdint.h>

enum { DEPTH_MAX = 64 };

struct scan {
    const char *at;
    const char *end;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_blanks(struct scan *s) {
    while (s->at < s->end && is_blank(*s->at))
        s->at++;
}

struct slice json_trim(struct slice text) {
    while (text.len > 0 && is_blank(text.data[0]))
        text = slice_make(text.data + 1, text.len - 1);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int hex_digit(char c) {
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at p as a number, or -1. */
static int32_t hex_four(const char *p, const char *end) {
    int32_t value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind the opening quote; leaves at behind the closing one. */
static bool scan_string(struct scan *s) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);

    for (;;) {
        while (s->end - s->at >= 8) { /* eight plain bytes at once, see json.c */
            uint64_t word, quote, slash, special;
            memcpy(&word, s->at, sizeof word);
            word = le64toh(word); /* the first byte lowest: there a borrow never errs */
            quote = word ^ ones * '"';
            slash = word ^ ones * '\\';
            special = (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
                       ((slash - ones) & ~slash)) &
                      tops;
            if (special != 0) {
                s->at += __builtin_ctzll(special) / 8;
                break;
            }
            s->at += 8;
        }
        while (s->at < s->end && (unsigned char)*s->at >= 0x20 && *s->at != '"' &&
               *s->at != '\\')
            s->at++;
        if (s->at >= s->end || (unsigned char)*s->at < 0x20)
            return false;
        if (*s->at++ == '"')
            return true;
        if (s->at >= s->end)
            return false;
        if (*s->at == 'u') {
            if (hex_four(s->at + 1, s->end) < 0)
                return false;
            s->at += 5;
        } else if (*s->at != '\0' && strchr("\"\\/bfnrt", *s->at) != NULL) {
            s->at++;
        } else {
            return false;
        }
    }
}

static bool scan_digits(struct scan *s) {
    if (s->at >= s->end || !is_digit(*s->at))
        return false;
    while (s->at < s->end && is_digit(*s->at))
        s->at++;
    return true;
}

static bool scan_number(struct scan *s) {
    if (*s->at == '-')
        s->at++;
    if (s->at < s->end && *s->at == '0')
        s->at++;
    else if (!scan_digits(s))
        return false;
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!scan_digits(s))
            return false;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        return scan_digits(s);
    }
    return true;
}

static bool scan_word(struct scan *s, const char *word) {
    size_t len = strlen(word);

    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return false;
    s->at += len;
    return true;
}

static bool scan_value(struct scan *s, enum json_type *type, int depth);

/* Behind the opening bracket; leaves at behind the closing one. */
static bool scan_members(struct scan *s, char close, int depth) {
    enum json_type ignored;

    skip_blanks(s);
    if (s->at < s->end && *s->at == close) {
        s->at++;
        return true;
    }
    for (;;) {
        if (close == '}') {
            skip_blanks(s);
            if (s->at >= s->end || *s->at++ != '"' || !scan_string(s))
                return false;
            skip_blanks(s);
            if (s->at >= s->end || *s->at++ != ':')
                return false;
        }
        if (!scan_value(s, &ignored, depth + 1))
            return false;
        skip_blanks(s);
        if (s->at >= s->end)
            return false;
        if (*s->at == close) {
            s->at++;
            return true;
        }
        if (*s->at++ != ',')
            return false;
    }
}

static bool scan_value(struct scan *s, enum json_type *type, int depth) {
    if (depth > DEPTH_MAX)
        return false;
    skip_blanks(s);
    if (s->at >= s->end)
        return false;
    switch (*s->at) {
    case '"':
        *type = JSON_IS_STRING;
        s->at++;
        return scan_string(s);
    case '{':
        *type = JSON_IS_OBJECT;
        s->at++;
        return scan_members(s, '}', depth);
    case '[':
        *type = JSON_IS_ARRAY;
        s->at++;
        return scan_members(s, ']', depth);
    case 't': *type = JSON_IS_BOOL; return scan_word(s, "true");
    case 'f': *type = JSON_IS_BOOL; return scan_word(s, "false");
    case 'n': *type = JSON_IS_NULL; return scan_word(s, "null");
    default: *type = JSON_IS_NUMBER; return scan_number(s);
    }
}

static int cursor_open(struct json_cursor *cursor, struct slice text, char open,
                       char close) {
    struct scan s = {text.data, text.data + text.len};

    *cursor = (struct json_cursor){.first = true, .close = close};
    if (text.len == 0)
        return RC_SERVER;
    skip_blanks(&s);
    if (s.at >= s.end || *s.at != open)
        return RC_SERVER;
    cursor->at = s.at + 1;
    cursor->end = s.end;
    return RC_OK;
}

int json_cursor_object(struct json_cursor *cursor, struct slice text) {
    return cursor_open(cursor, text, '{', '}');
}

int json_cursor_array(struct json_cursor *cursor, struct slice text) {
    return cursor_open(cursor, text, '[', ']');
}

/* A cursor that has seen something malformed stays there. */
static int cursor_broken(struct json_cursor *cursor) {
    cursor->at = cursor->end;
    return RC_SERVER;
}

int json_cursor_next(struct json_cursor *cursor, struct json_member *member) {
    struct scan s = {cursor->at, cursor->end};
    const char *start;

    *member = (struct json_member){.type = JSON_IS_NULL};
    skip_blanks(&s);
    if (s.at >= s.end)
        return cursor_broken(cursor);
    if (*s.at == cursor->close) {
        cursor->at = s.at + 1;
        return 0;
    }
    if (!cursor->first) {
        if (*s.at++ != ',')
            return cursor_broken(cursor);
        skip_blanks(&s);
    }
    if (cursor->close == '}') {
        if (s.at >= s.end || *s.at++ != '"')
            return cursor_broken(cursor);
        start = s.at;
        if (!scan_string(&s))
            return cursor_broken(cursor);
        member->name = slice_make(start, (size_t)(s.at - 1 - start));
        skip_blanks(&s);
        if (s.at >= s.end || *s.at++ != ':')
            return cursor_broken(cursor);
    }
    skip_blanks(&s);
    start = s.at;
    if (!scan_value(&s, &member->type, 2))
        return cursor_broken(cursor);
    member->raw = slice_make(start, (size_t)(s.at - start));
    cursor->at = s.at;
    cursor->first = false;
    return 1;
}

int json_cursor_end(const struct json_cursor *cursor) {
    struct scan s = {cursor->at, cursor->end};

    skip_blanks(&s);
    return s.at == s.end ? RC_OK : RC_SERVER;
}

/* One character of a raw string at *at, decoded into *cp and *at moved behind it. The
 * raw text was scanned before. False for half a surrogate pair. */
static bool next_escape(const char **at, const char *end, uint32_t *cp) {
    static const char names[] = "bfnrt";
    static const char values[] = "\b\f\n\r\t";
    const char *p = *at + 1; /* behind the backslash */
    const char *found;
    int32_t unit, low;

    if (p >= end)
        return false;
    if (*p != 'u') {
        found = memchr(names, *p, sizeof names - 1);
        *cp = (unsigned char)(found != NULL ? values[found - names] : *p);
        *at = p + 1;
        return true;
    }
    unit = hex_four(p + 1, end);
    *at = p + 5;
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
        return false;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
            return false;
        low = hex_four(*at + 2, end);
        if (low < 0xDC00 || low > 0xDFFF)
            return false;
        *at += 6;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    *cp = (uint32_t)unit;
    return true;
}

/* Without its quotes; an empty slice with NULL data when raw is no string. */
static struct slice string_body(struct slice raw) {
    struct scan s = {raw.data, raw.data == NULL ? NULL : raw.data + raw.len};

    if (raw.len < 2 || raw.data[0] != '"')
        return slice_make(NULL, 0);
    s.at++;
    if (!scan_string(&s) || s.at != s.end)
        return slice_make(NULL, 0);
    return slice_make(raw.data + 1, raw.len - 2);
}

int json_unescape(struct buf *buf, struct slice raw) {
    struct slice body = string_body(raw);
    const char *at = body.data, *end;

    if (body.data == NULL)
        return RC_SERVER;
    end = at + body.len;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        uint32_t cp;
        if (slash == NULL)
            slash = end;
        if (slash > at)
            (void)buf_append(buf, at, (size_t)(slash - at));
        at = slash;
        if (at == end)
            break;
        if (!next_escape(&at, end, &cp))
            return RC_SERVER;
        (void)utf8_append(buf, cp);
    }
    return buf->failed;
}

bool json_string_holds(struct slice raw, struct slice text) {
    char bytes[5];
    struct slice body = string_body(raw);
    const char *at = body.data, *end;

    if (body.data == NULL)
        return false;
    if (body.len == 0 || memchr(body.data, '\\', body.len) == NULL)
        return slice_equal(body, text);
    for (end = at + body.len; at < end;) {
        struct buf one = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes - 1};
        uint32_t cp;
        if (*at != '\\') {
            if (text.len == 0 || *at++ != *text.data)
                return false;
            text.data++;
            text.len--;
            continue;
        }
        if (!next_escape(&at, end, &cp))
            return false;
        (void)utf8_append(&one, cp);
        if (text.len < one.len || memcmp(text.data, bytes, one.len) != 0)
            return false;
        text.data += one.len;
        text.len -= one.len;
    }
    return text.len == 0;
}

bool json_find(struct slice object, const char *name, struct json_member *member) {
    struct json_cursor cursor;

    if (json_cursor_object(&cursor, object) < 0)
        return false;
    while (json_cursor_next(&cursor, member) == 1)
        if (slice_is(member->name, name))
            return true;
    return false;
}

bool json_has_true(struct slice object, const char *name) {
    struct json_member member;

    return json_find(object, name, &member) && slice_is(member.raw, "true");
}
