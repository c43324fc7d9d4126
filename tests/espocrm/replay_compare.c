/*
 * Comparing an answer with a recording. Ids are matched by a map that grows as new
 * ones are seen, times by their form, all else by value; lists by the shape of their
 * items, as other records are in them. Promises to name the place of the first
 * difference.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

struct cmp {
    struct ids *ids;
    struct buf *why;
    bool shape; /* types only, null matches anything */
    bool subset;
};

bool ids_is_recorded(const char *s) {
    if (!s || s[0] != '1' || s[1] != 'd' || strlen(s) != 17)
        return false;
    for (size_t i = 2; i < 17; i++)
        if (!isdigit((unsigned char)s[i]))
            return false;
    return true;
}

char *ids_substitute(const struct ids *ids, const char *text) {
    struct buf out = {0};
    buf_str(&out, "");
    while (*text) {
        char id[18];
        snprintf(id, sizeof id, "%.17s", text);
        const char *ours =
            ids_is_recorded(id) ? json_string_value(json_object_get(ids->map, id)) : NULL;
        buf_str(&out, ours ? ours : "");
        if (!ours)
            buf_add(&out, text, 1);
        text += ours ? 17 : 1;
    }
    return out.p;
}

/* "2026-11-24 01:02:03" */
static bool is_stamp(const char *s) {
    static const char form[] = "dddd-dd-dd dd:dd:dd";
    if (strlen(s) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != form[i])
            return false;
    return true;
}

static bool differs(struct cmp *c, const char *at, const json_t *want,
                    const json_t *got) {
    if (c->why->len)
        return false;
    struct buf w = {0}, g = {0};
    buf_json(&w, want);
    buf_json(&g, got);
    buf_printf(c->why, "%s: want ", at);
    buf_add(c->why, w.p, w.len > 200 ? 200 : w.len);
    buf_str(c->why, " got ");
    if (got)
        buf_add(c->why, g.p, g.len > 200 ? 200 : g.len);
    else
        buf_str(c->why, "nothing");
    buf_free(&w);
    buf_free(&g);
    return false;
}

static bool compare(struct cmp *c, const char *at, const json_t *want, const json_t *got);

static bool strings(struct cmp *c, const char *at, const json_t *want,
                    const json_t *got) {
    const char *w = json_string_value(want), *g = json_string_value(got);
    if (ids_is_recorded(w) && !json_object_get(c->ids->map, w)) {
        if (strlen(g) == 17)
            json_object_set_new(c->ids->map, w, json_string(g));
        return strlen(g) == 17 || differs(c, at, want, got);
    }
    if (c->shape || (is_stamp(w) && is_stamp(g)))
        return true;
    if (json_string_length(want) == json_string_length(got) &&
        !memcmp(w, g, json_string_length(want)))
        return true;
    char *ours = ids_substitute(c->ids, w);
    bool same = !strcmp(ours, g);
    free(ours);
    return same || differs(c, at, want, got);
}

static bool objects(struct cmp *c, const char *at, const json_t *want,
                    const json_t *got) {
    char path[512];
    const char *key;
    json_t *v;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)want, key, v) {
        char *ours = ids_substitute(c->ids, key);
        json_t *g = json_object_get(got, ours);
        snprintf(path, sizeof path, "%s/%s", at, key);
        free(ours);
        n++;
        if (!g)
            return differs(c, path, v, NULL);
        if (!strcmp(key, "cCNumber") && json_is_string(g))
            continue;
        if (!compare(c, path, v, g))
            return false;
    }
    if (c->subset || n == json_object_size(got))
        return true;
    json_object_foreach((json_t *)(uintptr_t)got, key, v) {
        bool known = false;
        const char *k;
        json_t *w;
        json_object_foreach((json_t *)(uintptr_t)want, k, w) {
            char *ours = ids_substitute(c->ids, k);
            known = known || !strcmp(ours, key);
            free(ours);
        }
        if (!known && !c->why->len)
            buf_printf(c->why, "%s/%s: not in the recording", at, key);
    }
    return false;
}

static bool arrays(struct cmp *c, const char *at, const json_t *want, const json_t *got) {
    char path[512];
    size_t i;
    json_t *v;
    if (!c->shape && json_array_size(want) != json_array_size(got))
        return differs(c, at, want, got);
    json_array_foreach((json_t *)(uintptr_t)want, i, v) {
        snprintf(path, sizeof path, "%s/%zu", at, i);
        if (i < json_array_size(got) && !compare(c, path, v, json_array_get(got, i)))
            return false;
    }
    return true;
}

static bool compare(struct cmp *c, const char *at, const json_t *want,
                    const json_t *got) {
    if (c->shape && (json_is_null(want) || json_is_null(got)))
        return true;
    if (json_is_number(want) && json_is_number(got))
        return c->shape || json_number_value(want) == json_number_value(got) ||
               differs(c, at, want, got);
    if (json_is_boolean(want) && json_is_boolean(got))
        return c->shape || json_typeof(want) == json_typeof(got) ||
               differs(c, at, want, got);
    if (json_typeof(want) != json_typeof(got))
        return differs(c, at, want, got);
    switch (json_typeof(want)) {
    case JSON_STRING: return strings(c, at, want, got);
    case JSON_OBJECT: return objects(c, at, want, got);
    case JSON_ARRAY: return arrays(c, at, want, got);
    case JSON_NULL:
    case JSON_INTEGER:
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE: break;
    }
    return true;
}

/* A list: total by type or by value, each item by its keys and types. */
static bool list(struct cmp *c, const json_t *want, const json_t *got, bool exact_total) {
    json_t *wl = json_object_get(want, "list"), *gl = json_object_get(got, "list");
    json_t *wt = json_object_get(want, "total"), *gt = json_object_get(got, "total"),
           *item;
    size_t i;
    if (!json_is_array(gl) || !json_is_integer(gt))
        return differs(c, "", want, got);
    if (exact_total && json_integer_value(wt) != json_integer_value(gt))
        return differs(c, "/total", wt, gt);
    if (!json_array_size(wl) != !json_array_size(gl))
        return differs(c, "/list", wl, gl);
    c->shape = true;
    json_array_foreach(
        gl, i, item) if (!compare(c, "/list", json_array_get(wl, 0), item)) return false;
    return true;
}

static json_t *load(const char *dir, const char *file) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return json_load_file(path, 0, NULL);
}

static bool body(struct cmp *c, const json_t *expected, const struct answer *got,
                 const char *dir) {
    const char *mode = json_string_value(json_object_get(expected, "compare"));
    const char *file = json_string_value(json_object_get(expected, "sameAsFile"));
    const char *also = json_string_value(json_object_get(expected, "alsoFile"));
    json_t *want =
        file ? load(dir, file) : json_incref(json_object_get(expected, "body"));
    if (mode && !strcmp(mode, "status")) {
        json_decref(want);
        return true;
    }
    if (also) {
        json_t *more = load(dir, also);
        json_object_update(json_object_get(want, "fields"),
                           json_object_get(more, "fields"));
        json_decref(more);
    }
    bool empty = !want || (json_is_string(want) && !json_string_length(want));
    json_t *have = json_loadb(got->body.p ? got->body.p : "", got->body.len,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool ok;
    if (empty || json_is_string(want)) {
        /* HTML is only looked at for being there. */
        ok = empty == !got->body.len ||
             (buf_printf(c->why, "body: %.80s", got->body.p), false);
    } else if (!have) {
        buf_printf(c->why, "body is no JSON: %.80s", got->body.p ? got->body.p : "");
        ok = false;
    } else if (mode && !strcmp(mode, "items")) {
        ok = list(c, want, have, json_is_true(json_object_get(expected, "exactTotal")));
    } else {
        c->subset = mode && !strcmp(mode, "subset");
        ok = compare(c, "", want, have);
    }
    json_decref(have);
    json_decref(want);
    return ok;
}

static const char *const header_names[] = {"Content-Type",  "X-Status-Reason",
                                           "Allow",         "WWW-Authenticate",
                                           "Cache-Control", "Expires"};

static bool headers(struct cmp *c, const json_t *expected, const struct answer *got) {
    for (size_t i = 0; i < sizeof header_names / sizeof *header_names; i++) {
        char lower[32];
        size_t n = 0;
        for (const char *p = header_names[i]; *p; p++)
            lower[n++] = (char)tolower((unsigned char)*p);
        lower[n] = '\0';
        const char *w = json_string_value(
            json_object_get(json_object_get(expected, "headers"), header_names[i]));
        const char *g = json_string_value(json_object_get(got->headers, lower));
        if (!w && (i >= 4 || !g))
            continue;
        char *ours = w ? ids_substitute(c->ids, w) : NULL;
        bool same = ours && g && !strcmp(ours, g);
        if (!same)
            buf_printf(c->why, "%s: want %s got %s", header_names[i],
                       ours ? ours : "none", g ? g : "none");
        free(ours);
        if (!same)
            return false;
    }
    return true;
}

bool compare_answer(struct ids *ids, const json_t *expected, const struct answer *got,
                    const char *data_dir, struct buf *why) {
    struct cmp c = {.ids = ids, .why = why};
    long status = (long)json_integer_value(json_object_get(expected, "status"));
    if (status != got->status) {
        const char *reason =
            json_string_value(json_object_get(got->headers, "x-status-reason"));
        buf_printf(why, "status: want %ld got %ld %s", status, got->status,
                   reason ? reason : "");
        return false;
    }
    return headers(&c, expected, got) && body(&c, expected, got, data_dir);
}
