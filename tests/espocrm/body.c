/*
 * From the bytes of a request to a JSON object. Promises the original's answers: 500 for
 * what its JSON parser throws at, an empty object for other content types, and an array
 * wrapped as {"list": [...]}, never taken as a batch.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crud.h"

#define BODY_LIMIT (16u << 20) /* what one SQL packet takes */

static bool is_type(const char *header, const char *type) {
    size_t n = strlen(type);
    if (!header)
        return false;
    while (*header == ' ')
        header++;
    return !strncasecmp(header, type, n) &&
           (header[n] == '\0' || header[n] == ';' || header[n] == ' ');
}

static int hex(char c) {
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

static char *form_decode(const char *s, size_t n) {
    char *out = mem_alloc(n + 1);
    size_t o = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
            out[o++] = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
            i += 2;
        } else {
            out[o++] = s[i] == '+' ? ' ' : s[i];
        }
    }
    out[o] = '\0';
    return out;
}

static json_t *parse_form(const char *s) {
    json_t *out = json_object();
    while (s && *s) {
        size_t n = strcspn(s, "&");
        const char *eq = memchr(s, '=', n);
        size_t k = eq ? (size_t)(eq - s) : n;
        char *key = form_decode(s, k),
             *value = form_decode(eq ? eq + 1 : "", eq ? n - k - 1 : 0);
        if (*key)
            json_object_set_new(out, key, json_string(value));
        free(key);
        free(value);
        s += n + (s[n] == '&');
    }
    return out;
}

json_t *crud_body(struct ctx *c) {
    struct buf *b = &c->rq->body;
    if (is_type(c->rq->content_type, "application/x-www-form-urlencoded"))
        return parse_form(b->p);
    if (!is_type(c->rq->content_type, "application/json") || !b->len)
        return json_object();
    json_t *v = b->len > BODY_LIMIT
                    ? NULL
                    : json_loadb(b->p, b->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!v) {
        fail(c, 500, NULL);
        return NULL;
    }
    if (json_is_array(v)) {
        json_t *o = json_object();
        json_object_set_new(o, "list", v);
        return o;
    }
    if (!json_is_object(v)) {
        json_decref(v);
        fail(c, 400, "Body is not a JSON object.");
        return NULL;
    }
    return v;
}
