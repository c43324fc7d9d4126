/*
 * Injected faults. Promises that each fault counts every request it matches, in the order
 * they were received completely, so that "every 20th" and "from the 100th on" are exact.
 */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum fault_action action;
    bool commit;
} actions[] = {
    {"status", FAULT_STATUS, false},
    {"commit-then-status", FAULT_STATUS, true},
    {"close", FAULT_CLOSE, false},
    {"commit-then-close", FAULT_CLOSE, true},
    {"delay-commit", FAULT_DELAY_COMMIT, true},
    {"html", FAULT_HTML, false},
    {"commit-then-html", FAULT_HTML, true},
    {"no-id", FAULT_NO_ID, true},
    {"truncate", FAULT_TRUNCATE, true},
    {"corrupt", FAULT_CORRUPT, true},
    {"slow", FAULT_SLOW, true},
    {"redirect", FAULT_REDIRECT, false},
    {"drop", FAULT_DROP, true},
    {"hang", FAULT_HANG, false},
    {"commit-then-hang", FAULT_HANG, true},
};

static const char *text(const json_t *o, const char *key) {
    return json_string_value(json_object_get(o, key));
}

static long number(const json_t *o, const char *key, long dflt) {
    json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? (long)json_integer_value(v) : dflt;
}

static size_t action_of(const json_t *spec) {
    const char *name = text(spec, "action");
    size_t n = sizeof actions / sizeof *actions;
    for (size_t i = 0; name && i < n; i++)
        if (!strcmp(actions[i].name, name))
            return i;
    return n;
}

const char *fault_add(struct app *app, const json_t *spec) {
    if (!json_is_object(spec))
        return "the fault is not an object";
    if (action_of(spec) == sizeof actions / sizeof *actions)
        return "unknown action";
    app->faults = mem_grow(app->faults, (app->nfaults + 1) * sizeof *app->faults);
    app->faults[app->nfaults++] = (struct fault){.spec = json_deep_copy(spec)};
    return NULL;
}

void fault_clear(struct app *app) {
    for (size_t i = 0; i < app->nfaults; i++)
        json_decref(app->faults[i].spec);
    free(app->faults);
    app->faults = NULL;
    app->nfaults = 0;
}

static bool matches(const json_t *spec, const struct request *rq) {
    const char *method = text(spec, "method"), *entity = text(spec, "entity");
    const char *path = text(spec, "path"), *contains = text(spec, "contains");
    if (!rq->api)
        return false;
    if (method && strcmp(method, "*") != 0 && strcmp(method, rq->method) != 0)
        return false;
    if (entity) {
        size_t n = strlen(entity);
        if (strncmp(rq->path, entity, n) != 0 || (rq->path[n] && rq->path[n] != '/'))
            return false;
    }
    if (contains && !(rq->body.p && strstr(rq->body.p, contains)) &&
        !(rq->query && strstr(rq->query, contains)))
        return false;
    return !path || strstr(rq->path, path);
}

static bool fires(struct fault *f) {
    long after = number(f->spec, "after", 0), every = number(f->spec, "every", 1);
    long limit = number(f->spec, "count", -1), n = ++f->seen - after;
    if (n <= 0 || (every > 1 && n % every != 0) || (limit >= 0 && f->fired >= limit))
        return false;
    f->fired++;
    return true;
}

struct hit fault_match(struct app *app, const struct request *rq) {
    struct hit hit = {0};
    for (size_t i = 0; i < app->nfaults; i++) {
        const json_t *s = app->faults[i].spec;
        if (!matches(s, rq) || !fires(&app->faults[i]) || hit.action != FAULT_NONE)
            continue;
        size_t k = action_of(s);
        json_t *commit = json_object_get(s, "commit");
        hit.action = actions[k].action;
        hit.commit = commit ? json_is_true(commit) : actions[k].commit;
        hit.status = (int)number(s, "status", hit.action == FAULT_REDIRECT ? 301 : 503);
        hit.retry_after = (int)number(s, "retryAfter", 0);
        hit.delay_ms = (int)number(s, "delayMs", 0);
        hit.reason = text(s, "reason");
        hit.body = text(s, "body");
        hit.content_type = text(s, "contentType");
        hit.attribute = text(s, "attribute");
        hit.location = text(s, "location");
    }
    return hit;
}

static void replace(const struct hit *hit, struct ctx *c) {
    struct reply *rp = c->rp;
    buf_clear(&rp->body);
    rp->status = hit->action == FAULT_HTML ? 200 : hit->status;
    rp->has_reason = hit->reason != NULL;
    snprintf(rp->reason, sizeof rp->reason, "%s", hit->reason ? hit->reason : "");
    rp->retry_after = hit->retry_after;
    rp->content_type = TYPE_HTML;
    if (hit->content_type)
        rp->content_type = !strcmp(hit->content_type, TYPE_JSON) ? TYPE_JSON
                           : !strcmp(hit->content_type, "nginx")
                               ? "text/html; charset=utf-8"
                               : TYPE_HTML;
    if (hit->action == FAULT_REDIRECT)
        snprintf(rp->location, sizeof rp->location, "%s",
                 hit->location ? hit->location : "https://crm.example.com/");
    if (hit->body)
        buf_str(&rp->body, hit->body);
    else if (hit->action == FAULT_HTML)
        buf_str(&rp->body,
                "<!doctype html><html><head><title>Sign in</title></head><body>"
                "<form></form></body></html>");
    else if (rp->status >= 502 && rp->status <= 504)
        buf_printf(
            &rp->body,
            "<html>\r\n<head><title>%d</title></head>\r\n<body>\r\n<center><h1>%d</h1>"
            "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
            rp->status, rp->status);
}

void fault_apply(const struct hit *hit, struct ctx *c) {
    struct buf *b = &c->rp->body;
    char *id;
    switch (hit->action) {
    case FAULT_STATUS:
    case FAULT_HTML:
    case FAULT_REDIRECT: replace(hit, c); break;
    case FAULT_NO_ID:
        id = b->p ? strstr(b->p, "\"id\":") : NULL;
        if (id)
            memcpy(id, "\"xx\":", 5);
        break;
    case FAULT_TRUNCATE: c->rp->truncate_at = (long)(b->len / 2); break;
    case FAULT_CORRUPT:
        for (size_t i = b->len / 3; i < b->len && i < b->len / 3 + 8; i++)
            b->p[i] = '\x01';
        break;
    case FAULT_NONE:
    case FAULT_CLOSE:
    case FAULT_DELAY_COMMIT:
    case FAULT_SLOW:
    case FAULT_DROP:
    case FAULT_HANG: break;
    }
}
