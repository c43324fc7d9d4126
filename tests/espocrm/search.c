/*
 * Parsing of search parameters. Promises the recorded errors: what is a string where a
 * number should be, an order that is none, pages over the limit. Unknown parameters are
 * ignored.
 */
#include "search.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int hex(char c) {
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

char *percent_decode(const char *s, size_t n, bool plus_is_space) {
    char *out = mem_alloc(n + 1);
    size_t o = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
            out[o++] = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
            i += 2;
        } else {
            out[o++] = plus_is_space && s[i] == '+' ? ' ' : s[i];
        }
    }
    out[o] = '\0';
    return out;
}

/* The member of a nested object; made when absent. `key` empty appends. */
static json_t *descend(json_t *o, const char *key) {
    char index[24];
    if (!*key) {
        snprintf(index, sizeof index, "%zu", json_object_size(o));
        key = index;
    }
    json_t *child = json_object_get(o, key);
    if (!json_is_object(child)) {
        json_object_set_new(o, key, json_object());
        child = json_object_get(o, key);
    }
    return child;
}

static void put(json_t *root, char *key, const char *value) {
    char *open = strchr(key, '[');
    json_t *o = root;
    if (open && open != key && strchr(open, ']'))
        *open++ = '\0';
    else
        open = NULL;
    const char *name = key;
    while (open) {
        o = descend(o, name);
        name = open;
        char *close = strchr(open, ']');
        if (!close)
            break;
        *close = '\0';
        open = close[1] == '[' ? close + 2 : NULL;
    }
    char index[24];
    if (!*name) {
        snprintf(index, sizeof index, "%zu", json_object_size(o));
        name = index;
    }
    json_t *v = json_string(value);
    if (o && v)
        json_object_set_new(o, name, v);
    else
        json_decref(v);
}

json_t *query_parse(const char *q) {
    json_t *root = json_object();
    while (q && *q) {
        size_t n = strcspn(q, "&");
        const char *eq = memchr(q, '=', n);
        size_t k = eq ? (size_t)(eq - q) : n;
        char *key = percent_decode(q, k, true);
        char *value = percent_decode(eq ? eq + 1 : "", eq ? n - k - 1 : 0, true);
        if (*key)
            put(root, key, value);
        free(key);
        free(value);
        q += n + (q[n] == '&');
    }
    return root;
}

static const char *text(const json_t *o, const char *key) {
    return json_string_value(json_object_get(o, key));
}

static json_t *split(const char *s) {
    json_t *out = json_array();
    while (*s) {
        size_t n = strcspn(s, ",");
        if (n)
            json_array_append_new(out, json_stringn(s, n));
        s += n + (s[n] == ',');
    }
    return out;
}

static int limits(struct ctx *c, struct search *s, long limit) {
    if (s->max_size > limit) {
        fail(c, 403, "Max size should not exceed %ld. Use offset and limit.", limit);
        return -1;
    }
    if (s->max_size < 0 || s->offset < 0) {
        fail(c, 500, NULL);
        return -1;
    }
    return 0;
}

static int parse_order(struct ctx *c, struct search *s, const char *order) {
    if (!order || !*order)
        return 0;
    s->order = !strcasecmp(order, "asc") ? 1 : !strcasecmp(order, "desc") ? -1 : 0;
    if (s->order)
        return 0;
    fail(c, 400, "order value is bad.");
    return -1;
}

static long page_limit(struct ctx *c) {
    json_t *v = json_object_get(c->app->schema.settings, "recordListMaxSizeLimit");
    return json_is_integer(v) ? (long)json_integer_value(v) : 200;
}

int search_from_params(struct ctx *c, struct search *s, json_t *p) {
    long limit = page_limit(c);
    json_t *max = json_object_get(p, "maxSize"), *offset = json_object_get(p, "offset");
    json_t *select = json_object_get(p, "select");
    if (max && !json_is_null(max) && !json_is_integer(max)) {
        fail(c, 400, "maxSize must be integer.");
        return -1;
    }

    if (select && !json_is_null(select) && !json_is_array(select)) {
        fail(c, 400, "select should be array.");
        return -1;
    }
    s->where = json_object_get(p, "where");
    if (s->where && !json_is_array(s->where) && !json_is_null(s->where)) {
        fail(c, 500, NULL);
        c->rp->content_type = "text/html;charset=UTF-8";
        buf_str(&c->rp->body,
                "<!doctype html><html lang=\"en\"><h1>Slim Application Error</h1>"
                "</html>");
        return -1;
    }
    s->max_size = json_is_integer(max) ? (long)json_integer_value(max) : limit;
    s->offset = json_is_string(offset) ? strtol(json_string_value(offset), NULL, 10)
                                       : (long)json_integer_value(offset);
    s->select = json_is_array(select) ? json_incref(select) : NULL;
    s->order_by = text(p, "orderBy");
    s->text_filter = text(p, "textFilter") ? text(p, "textFilter") : text(p, "q");
    s->primary = text(p, "primaryFilter");
    s->bool_filters = json_object_get(p, "boolFilterList");
    if (parse_order(c, s, text(p, "order")))
        return -1;
    return limits(c, s, limit);
}

static int from_query(struct ctx *c, struct search *s) {
    json_t *p = s->params;
    const char *max = text(p, "maxSize"), *offset = text(p, "offset");
    const char *select =
        text(p, "select") ? text(p, "select") : text(p, "attributeSelect");
    s->max_size = max ? strtol(max, NULL, 10) : page_limit(c);
    s->offset = offset ? strtol(offset, NULL, 10) : 0;
    s->select = select && *select ? split(select) : NULL;
    s->where = json_object_get(p, "where");
    if (!s->where)
        s->where = json_object_get(p, "whereGroup");
    s->order_by = text(p, "orderBy");
    s->text_filter = text(p, "textFilter") ? text(p, "textFilter") : text(p, "q");
    s->primary = text(p, "primaryFilter");
    s->bool_filters = json_object_get(p, "boolFilterList");
    if (parse_order(c, s, text(p, "order")))
        return -1;
    return limits(c, s, page_limit(c));
}

int search_parse(struct ctx *c, struct search *s) {
    *s = (struct search){0};
    s->params = query_parse(c->rq->query);
    s->no_total = c->rq->no_total && !strcasecmp(c->rq->no_total, "true");
    const char *json = text(s->params, "searchParams");
    if (!json || !*json)
        return from_query(c, s);
    json_t *p = json_loads(json, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(p)) {
        json_decref(p);
        fail(c, 400, "Invalid search params JSON.");
        return -1;
    }
    json_decref(s->params);
    s->params = p;
    return search_from_params(c, s, p);
}

void search_fini(struct search *s) {
    json_decref(s->params);
    json_decref(s->select);
    *s = (struct search){0};
}
