/*
 * Routes. Promises the recorded answers for what is not a route: 404 and 405 as HTML with
 * Allow, unknown controllers and actions with a reason. Entity types are found without
 * regard to the case of their first letter, as the original does.
 */
#include "router.h"

#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "appinfo.h"
#include "auth.h"
#include "control.h"
#include "crud.h"
#include "import.h"
#include "list.h"
#include "massaction.h"
#include "relation.h"
#include "search.h"

#define MAX_PARTS 6

static const char PREFIX[] = "/api/v1/";

void route_parse(struct request *rq) {
    size_t n = strcspn(rq->uri, "?");
    rq->query = rq->uri[n] ? mem_dup(rq->uri + n + 1) : NULL;
    rq->api = !strncmp(rq->uri, PREFIX, sizeof PREFIX - 1);
    size_t skip = rq->api ? sizeof PREFIX - 1 : *rq->uri == '/';
    rq->raw_path = mem_dupn(rq->uri + skip, n > skip ? n - skip : 0);
    rq->path = percent_decode(rq->raw_path, strlen(rq->raw_path), false);
}

static void html_error(struct ctx *c, int status, const char *title, const char *text,
                       const char *allow) {
    fail(c, status, NULL);
    c->rp->content_type = "text/html;charset=UTF-8";
    c->rp->allow = allow;
    buf_printf(
        &c->rp->body,
        "<!doctype html><html lang=\"en\">    <head>        <meta charset=\"utf-8\">"
        "        <title>%s</title>    </head>    <body>        <h1>%s</h1>"
        "        <div><p>%s</p></div>    </body></html>",
        title, title, text);
}

static void not_found(struct ctx *c) {
    html_error(
        c, 404, "404 Not Found",
        "The requested resource could not be found. Please verify the URI and try again.",
        NULL);
}

static void not_allowed(struct ctx *c, const char *allow) {
    html_error(c, !strcmp(c->rq->method, "OPTIONS") ? 200 : 405, "405 Method Not Allowed",
               "The request method is not supported for the requested resource.", allow);
}

struct path {
    char *copy;
    char *part[MAX_PARTS];
    size_t n;
    bool trailing;
};

static void split(struct path *p, const char *path) {
    *p = (struct path){.copy = mem_dup(path)};
    char *s = p->copy;
    size_t len = strlen(s);
    p->trailing = !len || s[len - 1] == '/';
    while (*s && p->n < MAX_PARTS) {
        p->part[p->n++] = s;
        s += strcspn(s, "/");
        if (*s)
            *s++ = '\0';
    }
    if (*s)
        p->n = MAX_PARTS;
}

static bool is(const struct ctx *c, const char *method) {
    return !strcmp(c->rq->method, method);
}

static void no_controller(struct ctx *c, const char *name) {
    fail(c, 404, "Controller '%s' does not exist.", name);
}

static void collection(struct ctx *c, const struct entity *e) {
    if (is(c, "GET"))
        list_entity(c, e);
    else if (is(c, "POST"))
        crud_create(c, e);
    else if (is(c, "HEAD"))
        fail(c, 404, "Action HEAD 'list' does not exist in controller '%s'.", e->name);
    else
        not_allowed(c, "GET, POST");
}

static void item(struct ctx *c, const struct entity *e, const char *id) {
    if (is(c, "GET"))
        crud_read(c, e, id);
    else if (is(c, "PUT") || is(c, "PATCH"))
        crud_update(c, e, id);
    else if (is(c, "DELETE"))
        crud_delete(c, e, id);
    else
        not_allowed(c, "GET, DELETE, PUT, PATCH");
}

static void linked(struct ctx *c, const struct entity *e, const char *id,
                   const char *link) {
    if (!strcmp(id, "action")) {
        if (is(c, "POST") && !strcmp(link, "restoreDeleted"))
            crud_restore(c, e);
        else
            fail(c, 404, "Action %s '%s' does not exist in controller '%s'.",
                 c->rq->method, link, e->name);
        return;
    }
    if (is(c, "GET"))
        list_related(c, e, id, link);
    else if (is(c, "POST"))
        relation_add(c, e, id, link);
    else if (is(c, "DELETE"))
        relation_remove(c, e, id, link);
    else
        not_allowed(c, "GET, POST, DELETE");
}

/* Routes that are not records. True when it was one. */
static bool special(struct ctx *c, const struct path *p) {
    const char *a = p->part[0], *b = p->n > 1 ? p->part[1] : "";
    if (p->n == 2 && !strcmp(a, "App") && !strcmp(b, "user") && is(c, "GET"))
        appinfo_user(c);
    else if (p->n == 2 && !strcmp(a, "App") && !strcmp(b, "about") && is(c, "GET"))
        appinfo_about(c);
    else if (p->n == 1 && !strcmp(a, "Settings") && is(c, "GET"))
        appinfo_settings(c);
    else if (p->n == 1 && !strcmp(a, "Metadata") && is(c, "GET"))
        appinfo_metadata(c);
    else if (p->n == 1 && !strcmp(a, "I18n") && is(c, "GET"))
        appinfo_i18n(c);
    else if (!strcmp(a, "MassAction"))
        massaction_handle(c, b, p->n > 2 ? p->part[2] : "");
    else if (!strcmp(a, "Import") || !strcmp(a, "ImportError") ||
             (!strcmp(a, "Attachment") && is(c, "DELETE")))
        import_handle(c, a, b, p->n > 2 ? p->part[2] : "");
    else
        return false;
    return true;
}

/* Controllers that exist in the original and that this server does not have. */
static bool known_elsewhere(struct ctx *c, const struct path *p) {
    if (!strcmp(p->part[0], "Role")) {
        fail(c, 403, "No read access.");
        return true;
    }
    if (!strcmp(p->part[0], "ActionHistoryRecord")) {
        reply_json(c, "{\"total\":-2,\"list\":[]}");
        return true;
    }
    if (!strcmp(p->part[0], "Export") && !acl_permission(c->user, "exportPermission")) {
        fail(c, 403, "No 'export' permission.");
        c->rp->content_type = TYPE_HTML;
        return true;
    }
    return false;
}

static bool public_route(const struct ctx *c) {
    const struct request *r = c->rq;
    bool anonymous =
        !r->api_key && !r->hmac && !r->authorization && !r->espo_authorization;
    return anonymous && is(c, "GET") && !strcmp(r->path, "I18n");
}

void route(struct ctx *c) {
    if (!c->rq->api) {
        if (!strncmp(c->rq->path, "_testd/", 7))
            control_handle(c);
        else
            not_found(c);
        return;
    }
    struct path p;
    split(&p, c->rq->path);
    if (p.trailing || p.n > 3) {
        not_found(c);
    } else if (public_route(c)) {
        appinfo_i18n(c);
    } else if ((p.n == 1 && !(is(c, "GET") || is(c, "POST") || is(c, "HEAD"))) ||
               (p.n == 2 && is(c, "POST") && strcmp(p.part[0], "Import") != 0)) {
        not_allowed(c, p.n == 1 ? "GET, POST" : "GET, DELETE, PUT, PATCH");
    } else if (auth_check(c) == 0 && !special(c, &p)) {
        const struct entity *e = schema_entity(&c->app->schema, p.part[0], true);
        if (!e && !known_elsewhere(c, &p))
            no_controller(c, p.part[0]);
        else if (e && p.n == 1)
            collection(c, e);
        else if (e && p.n == 2)
            item(c, e, p.part[1]);
        else if (e)
            linked(c, e, p.part[1], p.part[2]);
    }
    free(p.copy);
}
