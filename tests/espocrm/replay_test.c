/*
 * Replays recorded exchanges with EspoCRM against the test server and fails where it
 * answers otherwise. The order and what must be there beforehand are in replay.json.
 * Output is TAP. Usage: espocrm-replay SERVER TESTDATA [NAME...]; names limit what is
 * reported.
 */
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

struct replay {
    const char *server, *dir;
    char **only;
    int nonly;
    struct testd testd;
    struct client *client;
    struct ids ids;
    int run, failed;
};

static void server_stop(struct replay *r) {
    client_free(r->client);
    r->client = NULL;
    if (testd_stop(&r->testd)) {
        r->failed++;
        printf("not ok - the server did not end well\n");
    }
}

static int server_start(struct replay *r, const json_t *args) {
    server_stop(r);
    json_object_clear(r->ids.map);
    if (testd_start(&r->testd, r->server, r->dir, args))
        return -1;
    r->client = client_new(r->testd.port);
    return 0;
}

static json_t *substituted(const struct ids *ids, const json_t *v) {
    if (json_is_string(v)) {
        char *s = ids_substitute(ids, json_string_value(v));
        /* a NUL inside ends the substitution: such a text holds no id */
        json_t *out = strlen(json_string_value(v)) == json_string_length(v)
                          ? json_string_nocheck(s)
                          : json_copy((json_t *)(uintptr_t)v);
        free(s);
        return out;
    }
    if (json_is_array(v)) {
        json_t *out = json_array(), *item;
        size_t i;
        json_array_foreach((json_t *)(uintptr_t)v, i, item)
            json_array_append_new(out, substituted(ids, item));
        return out;
    }
    if (json_is_object(v)) {
        json_t *out = json_object(), *item;
        const char *key;
        json_object_foreach((json_t *)(uintptr_t)v, key, item)
            json_object_set_new(out, key, substituted(ids, item));
        return out;
    }
    return json_incref((json_t *)(uintptr_t)v);
}

static void from_hex(struct buf *out, const char *hex) {
    for (; hex[0] && hex[1]; hex += 2) {
        char two[3] = {hex[0], hex[1], '\0'};
        char byte = (char)strtol(two, NULL, 16);
        buf_add(out, &byte, 1);
    }
}

static void repeated(struct buf *out, const json_t *spec) {
    buf_str(out, json_string_value(json_array_get(spec, 0)));
    long n = (long)json_integer_value(json_array_get(spec, 2));
    for (long i = 0; i < n; i++)
        buf_str(out, json_string_value(json_array_get(spec, 1)));
    buf_str(out, json_string_value(json_array_get(spec, 3)));
}

/* Whether the request has a body at all; its bytes go to out. */
static bool request_body(const struct replay *r, const json_t *rq, struct buf *out) {
    const json_t *b = json_object_get(rq, "body");
    const char *hex = json_string_value(json_object_get(rq, "bodyHex"));
    const json_t *repeat = json_object_get(rq, "bodyRepeat");
    if (hex)
        from_hex(out, hex);
    else if (repeat)
        repeated(out, repeat);
    else if (json_is_string(b) && !json_is_true(json_object_get(rq, "bodyIsJson")))
        buf_add(out, json_string_value(b), json_string_length(b));
    else if (b) {
        json_t *ours = substituted(&r->ids, b);
        char *text = json_dumps(ours, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_str(out, text ? text : "");
        free(text);
        json_decref(ours);
    }
    return hex || repeat || b;
}

static int send_request(struct replay *r, const json_t *rq, struct answer *a) {
    struct buf body = {0};
    bool has = request_body(r, rq, &body);
    char *path = ids_substitute(&r->ids, json_string_value(json_object_get(rq, "path")));
    int rc = client_send(r->client, json_string_value(json_object_get(rq, "method")),
                         path, json_object_get(rq, "headers"), has ? &body : NULL, a);
    free(path);
    buf_free(&body);
    return rc;
}

static bool wanted(const struct replay *r, const char *name) {
    for (int i = 0; i < r->nonly; i++)
        if (!strcmp(r->only[i], name))
            return true;
    return r->nonly == 0;
}

static void exchange(struct replay *r, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/exchanges/%s.json", r->dir, name);
    json_t *x = json_load_file(path, JSON_ALLOW_NUL, NULL);
    struct answer a = {0};
    struct buf why = {0};
    bool ok = false;
    if (!x)
        buf_printf(&why, "cannot read %s", path);
    else if (send_request(r, json_object_get(x, "request"), &a))
        buf_str(&why, "no answer");
    else
        ok = compare_answer(&r->ids, json_object_get(x, "response"), &a, r->dir, &why);
    if (wanted(r, name)) {
        r->run++;
        r->failed += !ok;
        printf("%s %d - %s\n", ok ? "ok" : "not ok", r->run, name);
        if (!ok)
            printf("  # %s\n", why.p ? why.p : "differs");
    }
    answer_fini(&a);
    buf_free(&why);
    json_decref(x);
}

/* Puts the number of a repetition into the strings of a template: {i} and {i4}. */
static json_t *numbered(const json_t *v, int i) {
    if (!json_is_object(v) && !json_is_string(v))
        return json_deep_copy(v);
    if (json_is_object(v)) {
        json_t *out = json_object(), *item;
        const char *key;
        json_object_foreach((json_t *)(uintptr_t)v, key, item) {
            json_t *pick = json_is_array(item) && json_array_size(item)
                               ? json_array_get(item, (size_t)i % json_array_size(item))
                               : item;
            json_object_set_new(out, key, numbered(pick, i));
        }
        return out;
    }
    struct buf b = {0};
    for (const char *s = json_string_value(v); *s;) {
        if (!strncmp(s, "{i4}", 4))
            buf_printf(&b, "%04d", i), s += 4;
        else if (!strncmp(s, "{i}", 3))
            buf_printf(&b, "%d", i), s += 3;
        else
            buf_add(&b, s++, 1);
    }
    json_t *out = json_string(b.p ? b.p : "");
    buf_free(&b);
    return out;
}

/* A call that only prepares: it must succeed; ids of its answers are bound by number. */
static void call(struct replay *r, const json_t *step) {
    json_t *times = json_object_get(step, "times"), *bind = json_object_get(step, "bind");
    int n = times ? (int)json_integer_value(times) : 1;
    long want = (long)json_integer_value(json_object_get(step, "status"));
    for (int i = 0; i < n; i++) {
        json_t *body = json_object_get(step, "body");
        json_t *rq = json_pack(
            "{s:O,s:O,s:{s:s,s:s,s:s}}", "method", json_object_get(step, "call"), "path",
            json_object_get(step, "path"), "headers", "X-Api-Key",
            json_object_get(step, "key") ? json_string_value(json_object_get(step, "key"))
                                         : "{{API_KEY}}",
            "Content-Type", "application/json", "X-Skip-Duplicate-Check", "true");
        if (json_object_get(step, "text")) {
            json_object_set(rq, "body", json_object_get(step, "text"));
            json_object_set_new(json_object_get(rq, "headers"), "Content-Type",
                                json_string("text/csv"));
        } else if (body) {
            json_object_set_new(rq, "body",
                                n > 1 ? numbered(body, i) : json_incref(body));
        }
        struct answer a = {0};
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        if (send_request(r, rq, &a) || a.status != (want ? want : 200)) {
            r->failed++;
            printf("not ok - preparing %s: status %ld %s\n",
                   json_string_value(json_object_get(step, "path")), a.status,
                   a.body.p ? a.body.p : "");
        }
        json_t *got = json_loadb(a.body.p ? a.body.p : "", a.body.len, 0, NULL);
        const char *to = json_string_value(json_object_get(bind, number));
        const char *key = json_string_value(json_object_get(step, "bindKey"));
        if (to && json_object_get(got, key ? key : "id"))
            json_object_set(r->ids.map, to, json_object_get(got, key ? key : "id"));
        json_decref(got);
        answer_fini(&a);
        json_decref(rq);
    }
}

static int steps(struct replay *r, json_t *list) {
    size_t i;
    json_t *s;
    json_array_foreach(list, i, s) {
        if (json_is_string(s))
            exchange(r, json_string_value(s));
        else if (json_object_get(s, "server")) {
            printf("# server %s\n", json_string_value(json_object_get(s, "title")));
            if (server_start(r, json_object_get(s, "server")))
                return -1;
        } else {
            call(r, s);
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: espocrm-replay SERVER TESTDATA [NAME...]\n");
        return 2;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/replay.json", argv[2]);
    json_error_t err;
    json_t *list = json_load_file(path, 0, &err);
    if (!list) {
        fprintf(stderr, "%s:%d: %s\n", path, err.line, err.text);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct replay r = {.server = argv[1],
                       .dir = argv[2],
                       .only = argv + 3,
                       .nonly = argc - 3,
                       .ids = {json_object()}};
    int rc = steps(&r, list);
    server_stop(&r);
    json_decref(list);
    json_decref(r.ids.map);
    curl_global_cleanup();
    printf("1..%d\n# %d failed\n", r.run, r.failed);
    return rc || r.failed || !r.run;
}
