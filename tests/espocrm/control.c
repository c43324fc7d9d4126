/*
 * What tests ask the server about itself, and tell it. Promises counts that let a test
 * prove "each row exactly once": rows that stand now, and POSTs that were stored, by
 * value of an attribute. Not part of EspoCRM.
 */
#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contact.h"
#include "faults.h"
#include "search.h"

static void bump(json_t *o, const char *key) {
    json_t *n = json_object_get(o, key);
    if (n)
        json_integer_set(n, json_integer_value(n) + 1);
    else
        json_object_set_new(o, key, json_integer(1));
}

void control_count(struct app *app, const struct request *rq, int status) {
    char key[96];
    if (!rq->api)
        return;
    app->total_requests++;
    snprintf(key, sizeof key, "%s %.*s", rq->method, (int)strcspn(rq->path, "/"),
             rq->path);
    bump(app->requests, key);
    snprintf(key, sizeof key, "%d", status);
    bump(app->statuses, key);
}

static void counts(struct ctx *c) {
    struct app *app = c->app;
    json_t *records = json_object(), *faults = json_array();
    int64_t files = 0;
    store_run(&app->store, &files, "SELECT COUNT(*) FROM file", NULL);
    for (size_t i = 0; i < app->schema.n; i++) {
        char sql[128];
        int64_t n = 0;
        snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM e_%s WHERE deleted=0",
                 app->schema.entities[i].name);
        store_run(&app->store, &n, sql, NULL);
        json_object_set_new(records, app->schema.entities[i].name, json_integer(n));
    }
    for (size_t i = 0; i < app->nfaults; i++)
        json_array_append_new(faults,
                              json_pack("{s:O,s:I,s:I}", "spec", app->faults[i].spec,
                                        "seen", (json_int_t)app->faults[i].seen, "fired",
                                        (json_int_t)app->faults[i].fired));
    json_t *out = json_pack("{s:I,s:O,s:O,s:O,s:o,s:I,s:I,s:I,s:I,s:o}", "total",
                            (json_int_t)app->total_requests, "requests", app->requests,
                            "statuses", app->statuses, "accepted", app->accepted,
                            "records", records, "inFlight", (json_int_t)app->in_flight,
                            "maxConcurrent", (json_int_t)app->max_in_flight,
                            "connections", (json_int_t)app->connections, "files",
                            (json_int_t)files, "faults", faults);
    buf_json(&c->rp->body, out);
    json_decref(out);
}

/* Value -> [records that hold it, POSTs stored with it, import rows stored with it]. */
static void rows(struct ctx *c, const struct entity *e, const struct attr *a) {
    struct buf sql = {0}, ex = {0}, joins = {0};
    store_expression(&ex, &c->app->schema, e, a);
    store_joins(&joins, e, a->kind >= A_EMAIL && a->kind <= A_EMAIL_INVALID,
                a->kind >= A_PHONE && a->kind <= A_PHONE_NUMERIC);
    buf_printf(
        &sql,
        "SELECT v,SUM(live),SUM(posted),SUM(imported) FROM ("
        "SELECT %s v,t.deleted=0 live,"
        " t.createdById<>'system' AND i.eid IS NULL AND p.eid IS NULL posted,"
        " i.eid IS NOT NULL imported FROM e_%s t"
        " LEFT JOIN (SELECT DISTINCT eid FROM import_row WHERE imported=1) i"
        " ON i.eid=t.id LEFT JOIN (SELECT DISTINCT eid FROM posted) p ON p.eid=t.id%s"
        " UNION ALL SELECT json_extract(body,?1),0,1,0 FROM posted WHERE type=?2)"
        " GROUP BY v",
        ex.p, e->name, joins.p ? joins.p : "");
    char path[128];
    snprintf(path, sizeof path, "$.%s", a->name);
    sqlite3_stmt *q = store_prepare(&c->app->store, sql.p);
    if (q) {
        bind_text(q, 1, path);
        bind_text(q, 2, e->name);
    }
    struct buf *b = &c->rp->body;
    buf_str(b, "{");
    while (q && sqlite3_step(q) == SQLITE_ROW) {
        const char *v = (const char *)sqlite3_column_text(q, 0);
        buf_key(b, v ? v : "");
        buf_printf(b, "{\"records\":%d,\"posted\":%d,\"imported\":%d}",
                   sqlite3_column_int(q, 1), sqlite3_column_int(q, 2),
                   sqlite3_column_int(q, 3));
    }
    buf_str(b, "}");
    store_done(&c->app->store, q);
    buf_free(&sql);
    buf_free(&ex);
    buf_free(&joins);
}

static void bad(struct ctx *c, const char *why) {
    fail(c, 400, "%s", why);
    buf_printf(&c->rp->body, "{\"error\":\"%s\"}", why);
}

static void rows_request(struct ctx *c) {
    json_t *q = query_parse(c->rq->query);
    const char *type = json_string_value(json_object_get(q, "entity"));
    const char *by = json_string_value(json_object_get(q, "by"));
    const struct entity *e = type ? schema_entity(&c->app->schema, type, false) : NULL;
    const struct attr *a = e && by ? entity_attr(e, by) : NULL;
    if (a && e->created_by)
        rows(c, e, a);
    else
        bad(c, "rows needs entity and by");
    json_decref(q);
}

static void info(struct ctx *c) {
    struct app *app = c->app;
    json_t *users = json_object();
    for (size_t i = 0; i < USER_KINDS; i++)
        if (*app->users[i].login)
            json_object_set_new(users, app->users[i].login,
                                json_string(app->users[i].id));
    json_t *out = json_pack("{s:o,s:{s:s,s:s}}", "users", users, "teams", "Sales",
                            "5e0000000000007e1", "Support", "5e0000000000007e2");
    buf_json(&c->rp->body, out);
    json_decref(out);
}

static void reset(struct ctx *c) {
    struct app *app = c->app;
    fault_clear(app);
    store_clear(&app->store, &app->schema);
    json_object_clear(app->requests);
    json_object_clear(app->statuses);
    json_object_clear(app->accepted);
    app->total_requests = app->max_in_flight = app->connections = 0;
    app->nfailures = 0;
    app->in_flight = 1;
    app_seed(app);
    reply_json(c, "true");
}

static void set(struct ctx *c, json_t *body) {
    struct app *app = c->app;
    json_t *v;
    if ((v = json_object_get(body, "delayMs")) != NULL)
        app->cfg.delay_ms = (int)json_integer_value(v);
    if ((v = json_object_get(body, "workers")) != NULL)
        app->cfg.workers = (int)json_integer_value(v);
    if ((v = json_object_get(body, "lockout")) != NULL)
        app->cfg.no_lockout = !json_is_true(v), app->nfailures = 0;
    if ((v = json_object_get(body, "weakActive")) != NULL)
        app->users[USER_WEAK].active = json_is_true(v);
    if ((v = json_object_get(body, "weakRole")) != NULL)
        json_object_update(json_object_get(app->users[USER_WEAK].acl, "table"), v);
    if ((v = json_object_get(body, "weakFields")) != NULL)
        json_object_update_recursive(app->users[USER_WEAK].acl, v);
    if (json_string_value(v = json_object_get(body, "assignmentPermission")))
        snprintf(app->assignment, sizeof app->assignment, "%s", json_string_value(v));
    if (json_string_value(v = json_object_get(body, "dieAt")))
        snprintf(app->die_at, sizeof app->die_at, "%s", json_string_value(v));
    if (json_string_value(v = json_object_get(body, "halfAt")))
        snprintf(app->half_at, sizeof app->half_at, "%s", json_string_value(v));
    if (json_string_value(v = json_object_get(body, "troubleAt")))
        snprintf(app->trouble_at, sizeof app->trouble_at, "%s", json_string_value(v));
    if ((v = json_object_get(body, "troubles")) != NULL)
        app->troubles = (long)json_integer_value(v);
    if (json_string_value(v = json_object_get(body, "refuseAt")))
        snprintf(app->refuse_at, sizeof app->refuse_at, "%s", json_string_value(v));
    if ((v = json_object_get(body, "settings")) != NULL)
        json_object_update(app->schema.settings, v);
    reply_json(c, "true");
}

static void primary(struct ctx *c, json_t *body) {
    const char *type = json_string_value(json_object_get(body, "entity"));
    const char *id = json_string_value(json_object_get(body, "id"));
    const char *address = json_string_value(json_object_get(body, "address"));
    const struct entity *e = type ? schema_entity(&c->app->schema, type, false) : NULL;
    if (!e || !id || !address || contact_add_primary(c->app, e, id, address))
        bad(c, "primary needs entity, id and address");
    else
        reply_json(c, "true");
}

static void fault(struct ctx *c, json_t *body) {
    const char *wrong = fault_add(c->app, body);
    if (wrong)
        bad(c, wrong);
    else
        reply_json(c, "true");
}

void control_handle(struct ctx *c) {
    const char *path = c->rq->path;
    bool post = !strcmp(c->rq->method, "POST");
    json_t *body = json_loadb(c->rq->body.p ? c->rq->body.p : "", c->rq->body.len,
                              JSON_ALLOW_NUL, NULL);
    if (!strcmp(path, "_testd/counts"))
        counts(c);
    else if (!strcmp(path, "_testd/rows"))
        rows_request(c);
    else if (!strcmp(path, "_testd/info"))
        info(c);
    else if (!strcmp(path, "_testd/reset") && post)
        reset(c);
    else if (!strcmp(path, "_testd/fault") && post)
        fault(c, body);
    else if (!strcmp(path, "_testd/fault") && !strcmp(c->rq->method, "DELETE"))
        fault_clear(c->app), reply_json(c, "true");
    else if (!strcmp(path, "_testd/set") && post)
        set(c, body);
    else if (!strcmp(path, "_testd/primary") && post)
        primary(c, body);
    else
        bad(c, "unknown control call");
    json_decref(body);
}
