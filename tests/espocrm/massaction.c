/*
 * Mass update and mass delete. Promises that records which fail are silently left out of
 * the count, as in the original. An idle action is done at once and reported as queued
 * until its status was asked for a first time.
 */
#include "massaction.h"

#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "coerce.h"
#include "crud.h"
#include "validate.h"
#include "where.h"

static json_t *ids_by_where(struct ctx *c, const struct entity *e, json_t *params) {
    struct search s = {0};
    struct where w;
    json_t *out = json_array();
    where_init(&w);
    s.where = json_object_get(params, "where");
    if (where_build(c, e, &s, &w) == 0) {
        struct buf sql = {0};
        buf_printf(&sql, "SELECT t.id FROM e_%s t WHERE %s ORDER BY t.id", e->name,
                   w.sql.p);
        sqlite3_stmt *q = store_prepare(&c->app->store, sql.p);
        if (q)
            where_bind(&w, q, 1);
        while (q && sqlite3_step(q) == SQLITE_ROW)
            json_array_append_new(out, column_value(q, 0, V_STRING));
        store_done(&c->app->store, q);
        buf_free(&sql);
    }
    where_fini(&w);
    return out;
}

static bool update_one(struct ctx *c, const struct entity *e, const char *id,
                       const json_t *values) {
    struct record *old = record_load(c->app, e, id, false);
    if (!old)
        return false;
    struct record *r = record_copy(old);
    json_t *body = json_deep_copy(values);
    const char *type;
    bool ok = acl_record(c->user, old, "edit") && coerce_input(c, r, body) == 0 &&
              !validate_record(c->app, r, body, false, &type) &&
              crud_save_changed(c->app, c->user, r, old) == 0;
    json_decref(body);
    record_free(r);
    record_free(old);
    return ok;
}

static bool delete_one(struct ctx *c, const struct entity *e, const char *id) {
    struct record *r = record_load(c->app, e, id, false);
    bool ok = r && acl_record(c->user, r, "delete");
    record_free(r);
    if (ok)
        crud_soft_delete(c->app, c->user, e, id);
    return ok;
}

static json_t *carry_out(struct ctx *c, const struct entity *e, const char *action,
                         const json_t *ids, json_t *values) {
    json_t *done = json_array(), *v;
    size_t i;
    store_begin(&c->app->store);
    json_array_foreach((json_t *)(uintptr_t)ids, i, v) {
        const char *id = json_string_value(v);
        if (id && (*action == 'u' ? update_one(c, e, id, values) : delete_one(c, e, id)))
            json_array_append(done, v);
    }
    store_commit(&c->app->store);
    return done;
}

static void answer(struct ctx *c, json_t *done, bool by_ids, bool idle) {
    if (idle) {
        char id[ID_SIZE], n[24];
        idgen_next(&c->app->store.ids, id);
        snprintf(n, sizeof n, "%zu", json_array_size(done));
        store_begin(&c->app->store);
        store_run(&c->app->store, NULL, "INSERT INTO mass(id,count) VALUES(?,-1-?)", id,
                  n, NULL);
        store_commit(&c->app->store);
        buf_printf(&c->rp->body, "{\"id\":\"%s\"}", id);
        return;
    }
    buf_printf(&c->rp->body, "{\"count\":%zu", json_array_size(done));
    if (by_ids) {
        buf_str(&c->rp->body, ",\"ids\":");
        buf_json(&c->rp->body, done);
    }
    buf_str(&c->rp->body, "}");
}

static void run(struct ctx *c, json_t *body) {
    const char *type = json_string_value(json_object_get(body, "entityType"));
    const char *action = json_string_value(json_object_get(body, "action"));
    json_t *params = json_object_get(body, "params");
    json_t *values = json_object_get(json_object_get(body, "data"), "values");
    json_t *ids = json_object_get(params, "ids");
    const struct entity *e = type ? schema_entity(&c->app->schema, type, false) : NULL;
    bool update = action && !strcmp(action, "update");
    if (!type || !action)
        fail_blank(c, 400);
    else if (!e || (json_is_array(ids) && !json_array_size(ids)))
        fail(c, 500, NULL);
    else if (!update && strcmp(action, "delete") != 0)
        fail(c, 404, "Mass action '%s' not found.", action);
    else if (update && !acl_permission(c->user, "massUpdatePermission"))
        fail(c, 403, "No mass-update permission.");
    else if (acl_level(c->user, e->name, update ? "edit" : "delete") == LEVEL_NO)
        fail(c, 403, "No %s access for '%s'.", update ? "edit" : "delete", e->name);
    else {
        json_t *list = json_is_array(ids) ? json_incref(ids) : ids_by_where(c, e, params);
        if (c->rp->status == 200) {
            json_t *done = carry_out(c, e, action, list, values);
            answer(c, done, json_is_array(ids),
                   json_is_true(json_object_get(body, "idle")));
            json_decref(done);
        }
        json_decref(list);
    }
    if (c->rp->status != 200)
        c->rp->content_type = TYPE_HTML;
}

static void status(struct ctx *c, const char *id) {
    int64_t n = 0;
    if (store_run(&c->app->store, &n, "SELECT count FROM mass WHERE id=?", id, NULL) !=
        SQLITE_ROW) {
        fail(c, 404, "%s", "");
        return;
    }
    if (n < 0) {
        store_begin(&c->app->store);
        store_run(&c->app->store, NULL, "UPDATE mass SET count=-1-count WHERE id=?", id,
                  NULL);
        store_commit(&c->app->store);
        reply_json(c, "{\"status\":\"Pending\",\"processedCount\":0}");
        return;
    }
    buf_printf(&c->rp->body, "{\"status\":\"Success\",\"processedCount\":%lld}",
               (long long)n);
}

void massaction_handle(struct ctx *c, const char *id, const char *what) {
    if (!strcmp(c->rq->method, "GET") && *id && !strcmp(what, "status")) {
        status(c, id);
        return;
    }
    if (strcmp(c->rq->method, "POST") != 0 || *id) {
        fail(c, 404, "%s", "");
        return;
    }
    json_t *body = crud_body(c);
    if (body)
        run(c, body);
    json_decref(body);
}
