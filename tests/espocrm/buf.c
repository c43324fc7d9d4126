/*
 * Growable buffer and PHP-like JSON output. Promises a NUL after the content; does not
 * check that strings are valid UTF-8 (callers got them from a JSON parser or SQLite).
 */
#include "buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void) {
    fputs("espocrm-testd: out of memory\n", stderr);
    abort();
}

void *mem_alloc(size_t n) {
    void *p = malloc(n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *mem_zero(size_t n) {
    void *p = calloc(1, n ? n : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *mem_grow(void *p, size_t n) {
    void *q = realloc(p, n ? n : 1);
    if (!q)
        out_of_memory();
    return q;
}

char *mem_dupn(const char *s, size_t n) {
    char *p = mem_alloc(n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *mem_dup(const char *s) {
    return mem_dupn(s, strlen(s));
}

void buf_free(struct buf *b) {
    free(b->p);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b) {
    b->len = 0;
    if (b->p)
        b->p[0] = '\0';
}

static void buf_reserve(struct buf *b, size_t more) {
    if (b->cap - b->len > more)
        return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->len <= more)
        cap *= 2;
    b->p = mem_grow(b->p, cap);
    b->cap = cap;
}

void buf_add(struct buf *b, const void *data, size_t n) {
    buf_reserve(b, n);
    if (n)
        memcpy(b->p + b->len, data, n);
    b->len += n;
    b->p[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s) {
    buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char tmp[512];
    int n = vsnprintf(tmp, sizeof tmp, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n < sizeof tmp) {
        buf_add(b, tmp, (size_t)n);
        return;
    }
    buf_reserve(b, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

/* Decodes one UTF-8 sequence; a broken byte counts as itself. */
static uint32_t utf8_next(const unsigned char **p, const unsigned char *end) {
    const unsigned char *s = *p;
    uint32_t c = *s++;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (more && end - s >= more) {
        c &= more == 3 ? 0x07u : more == 2 ? 0x0fu : 0x1fu;
        for (int i = 0; i < more; i++)
            c = c << 6 | (*s++ & 0x3fu);
    }
    *p = s;
    return c;
}

static void json_escape_wide(struct buf *b, const unsigned char **s,
                             const unsigned char *end) {
    uint32_t c = utf8_next(s, end);
    if (c > 0xffff) {
        c -= 0x10000;
        buf_printf(b, "\\u%04x\\u%04x", 0xd800u + (c >> 10), 0xdc00u + (c & 0x3ffu));
    } else {
        buf_printf(b, "\\u%04x", c);
    }
}

void buf_json_string(struct buf *b, const char *str, size_t n) {
    const unsigned char *s = (const unsigned char *)str;
    const unsigned char *end = s + n;
    buf_reserve(b, n + 2);
    buf_add(b, "\"", 1);
    while (s < end) {
        const unsigned char *run = s;
        while (s < end && *s >= 0x20 && *s < 0x80 && *s != '"' && *s != '\\' && *s != '/')
            s++;
        buf_add(b, run, (size_t)(s - run));
        if (s == end)
            break;
        switch (*s) {
        case '"': buf_add(b, "\\\"", 2), s++; break;
        case '\\': buf_add(b, "\\\\", 2), s++; break;
        case '/': buf_add(b, "\\/", 2), s++; break;
        case '\n': buf_add(b, "\\n", 2), s++; break;
        case '\r': buf_add(b, "\\r", 2), s++; break;
        case '\t': buf_add(b, "\\t", 2), s++; break;
        case '\b': buf_add(b, "\\b", 2), s++; break;
        case '\f': buf_add(b, "\\f", 2), s++; break;
        default: json_escape_wide(b, &s, end); break;
        }
    }
    buf_add(b, "\"", 1);
}

void double_text(double d, char out[40]) {
    if (floor(d) == d && fabs(d) < 1e15) {
        snprintf(out, 40, "%.0f", d == 0 ? 0.0 : d);
        return;
    }
    for (int prec = 15; prec <= 17; prec++) {
        snprintf(out, 40, "%.*g", prec, d);
        if (strtod(out, NULL) == d)
            break;
    }
    char *e = strchr(out, 'e'); /* PHP writes 1.0e+20, not 1e+20 */
    if (e && !memchr(out, '.', (size_t)(e - out))) {
        memmove(e + 2, e, strlen(e) + 1);
        memcpy(e, ".0", 2);
    }
}

void buf_json_double(struct buf *b, double d) {
    char out[40];
    double_text(d, out);
    buf_str(b, out);
}

void buf_comma(struct buf *b) {
    if (b->len && b->p[b->len - 1] != '{' && b->p[b->len - 1] != '[')
        buf_add(b, ",", 1);
}

void buf_key(struct buf *b, const char *key) {
    buf_comma(b);
    buf_json_string(b, key, strlen(key));
    buf_add(b, ":", 1);
}

static void json_container(struct buf *b, const json_t *v) {
    if (json_is_array(v)) {
        buf_add(b, "[", 1);
        for (size_t i = 0; i < json_array_size(v); i++) {
            if (i)
                buf_add(b, ",", 1);
            buf_json(b, json_array_get(v, i));
        }
        buf_add(b, "]", 1);
        return;
    }
    buf_add(b, "{", 1);
    const char *sep = "";
    void *it = json_object_iter((json_t *)(uintptr_t)v);
    for (; it; it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
        const char *key = json_object_iter_key(it);
        buf_str(b, sep);
        sep = ",";
        buf_json_string(b, key, strlen(key));
        buf_add(b, ":", 1);
        buf_json(b, json_object_iter_value(it));
    }
    buf_add(b, "}", 1);
}

void buf_json(struct buf *b, const json_t *v) {
    if (!v) {
        buf_str(b, "null");
        return;
    }
    switch (json_typeof(v)) {
    case JSON_STRING:
        buf_json_string(b, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        break;
    case JSON_REAL: buf_json_double(b, json_real_value(v)); break;
    case JSON_TRUE: buf_str(b, "true"); break;
    case JSON_FALSE: buf_str(b, "false"); break;
    case JSON_NULL: buf_str(b, "null"); break;
    case JSON_OBJECT:
    case JSON_ARRAY: json_container(b, v); break;
    }
}
