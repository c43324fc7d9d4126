/*
 * One record created, read, updated, deleted. Promises the original's order of checks:
 * right, input filter, values, validation, assignment, links, duplicates, storing. PUT
 * and PATCH are the same partial update; every update counts the version up.
 */
#include "crud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "acl.h"
#include "coerce.h"
#include "contact.h"
#include "relation.h"
#include "validate.h"

/* Every changed link must point to a record that exists. */
static bool links_ok(struct ctx *c, const struct record *r, const struct record *old) {
    for (size_t i = 0; i < r->e->nfields; i++) {
        const struct field *f = &r->e->fields[i];
        if (f->type != F_LINK && f->type != F_LINK_MULTIPLE && f->type != F_LINK_PARENT)
            continue;
        json_t *v = f->attr ? record_get(r, f->attr) : NULL, *item;
        if (!v || json_is_null(v) || (old && record_same(v, record_get(old, f->attr))))
            continue;
        const char *type =
            f->type == F_LINK_PARENT ? record_text(r, f->actual[1]) : f->foreign;
        const struct entity *to =
            type ? schema_entity(&c->app->schema, type, false) : NULL;
        json_t *list = json_is_array(v) ? json_incref(v) : json_pack("[O]", v);
        size_t k;
        bool ok = true;
        json_array_foreach(list, k, item) ok =
            ok && to && json_is_string(item) &&
            record_exists(c->app, to, json_string_value(item));
        json_decref(list);
        if (ok || (f->type == F_LINK_PARENT && !type))
            continue;
        fail(c, 403, "Can't relate with non-existing record. entity type: %s, link: %s.",
             r->e->name, f->name);
        buf_printf(&c->rp->body,
                   "{\"messageTranslation\":{\"label\":\"cannotRelateNonExisting\","
                   "\"scope\":null,\"data\":{\"foreignEntityType\":\"%s\"}}}",
                   type ? type : "");
        return false;
    }
    return true;
}

static bool assignment_ok(struct ctx *c, const struct record *r) {
    if (c->user->kind != USER_WEAK || strcmp(c->app->assignment, "all") == 0 ||
        !r->e->assigned)
        return true;
    const char *who = record_text(r, r->e->assigned);
    if (who && !strcmp(who, c->user->id))
        return true;
    fail(c, 403, "Assignment failure: assigned user or team not allowed.");
    return false;
}

static bool valid(struct ctx *c, const struct record *r, const json_t *body,
                  bool is_new) {
    const char *type = NULL;
    const struct field *f = validate_record(c->app, r, body, is_new, &type);
    if (!f)
        return true;
    reply_validation(c, r->e->name, f->name, type);
    return false;
}

/* Opportunity: the probability follows the stage, and the last stage is remembered. */
static void stage_hooks(const struct record *r, const struct record *old) {
    const struct field *stage = entity_field(r->e, "stage");
    const struct attr *prob = entity_attr(r->e, "probability");
    const struct attr *last = entity_attr(r->e, "lastStage");
    if (!stage || !prob || !last)
        return;
    const char *now = record_text(r, stage->attr);
    bool changed =
        !old || !record_same(record_get(r, stage->attr), record_get(old, stage->attr));
    json_t *by_stage =
        json_object_get(json_object_get(stage->defs, "probabilityMap"), now ? now : "");
    bool given = old ? !record_same(record_get(r, prob), record_get(old, prob))
                     : record_get(r, prob) && !json_is_null(record_get(r, prob));
    if (changed && by_stage && !given)
        record_set(r, prob, json_copy(by_stage));
    if (changed && now && (strcmp(now, "Closed Lost") != 0 || !old))
        record_set_text(r, last, strcmp(now, "Closed Lost") ? now : "Prospecting");
}

static void weigh(const struct record *r) {
    for (size_t i = 0; i < r->e->nattrs; i++)
        if (r->e->attrs[i]->kind == A_WEIGHTED) {
            double d = json_number_value(record_get(r, entity_attr(r->e, "amount"))) *
                       json_number_value(record_get(r, entity_attr(r->e, "probability")));
            char text[40];
            snprintf(text, sizeof text, "%.2f", d / 100.0 + 1e-9);
            record_set(r, r->e->attrs[i], json_real(strtod(text, NULL)));
        }
}

/* The composed name is not writable, but a reply shows what was sent for it. */
static void echo_name(const struct record *r, const json_t *body) {
    const struct attr *name = entity_attr(r->e, "name");
    json_t *sent = json_object_get(body, "name");
    if (r->e->person && name && json_is_string(sent) &&
        !(json_object_get(body, "firstName") || json_object_get(body, "lastName")))
        record_set(r, name, json_incref(sent));
}

/* Lead: when it was converted. */
static void convert_hook(const struct record *r, const struct record *old) {
    const struct attr *at = entity_attr(r->e, "convertedAt");
    const struct attr *status = entity_attr(r->e, "status");
    const char *now = at && status ? record_text(r, status) : NULL;
    if (!now || strcmp(now, "Converted") != 0 ||
        (old && record_same(record_get(r, status), record_get(old, status))))
        return;
    char stamp[STAMP_SIZE];
    clock_stamp(stamp);
    record_set_text(r, at, stamp);
}

/* Serial numbers of `number` fields. */
static void number_fields(struct app *app, const struct record *r) {
    for (size_t i = 0; i < r->e->nfields; i++) {
        const struct field *f = &r->e->fields[i];
        if (f->type != F_NUMBER || !f->attr || f->attr->kind != A_COLUMN)
            continue;
        char name[160], value[32];
        int64_t n = 1;
        snprintf(name, sizeof name, "%s.%s", r->e->name, f->name);
        store_run(&app->store, NULL,
                  "INSERT INTO counter(name,value) VALUES(?,1) ON CONFLICT(name)"
                  " DO UPDATE SET value=value+1",
                  name, NULL);
        store_run(&app->store, &n, "SELECT value FROM counter WHERE name=?", name, NULL);
        snprintf(value, sizeof value, "%lld", (long long)n);
        record_set_text(r, f->attr, value);
    }
}

int crud_save_row(struct app *app, const struct user *u, struct record *r) {
    char stamp[STAMP_SIZE], id[ID_SIZE];
    clock_stamp(stamp);
    if (!record_text(r, r->e->id)) {
        idgen_next(&app->store.ids, id);
        record_set_text(r, r->e->id, id);
    }
    record_set(r, r->e->deleted, json_false());
    if (!record_has(r, r->e->created_at))
        record_set_text(r, r->e->created_at, stamp);
    record_set_text(r, r->e->modified_at, stamp);
    if (!record_has(r, r->e->stream_at))
        record_set_text(r, r->e->stream_at, stamp);
    record_set_text(r, r->e->created_by, u->id);
    if (r->e->version)
        record_set(r, r->e->version, json_integer(1));
    stage_hooks(r, NULL);
    convert_hook(r, NULL);
    number_fields(app, r);
    return record_insert_row(app, r) ? -1 : 0;
}

int crud_save_new(struct app *app, const struct user *u, struct record *r) {
    if (crud_save_row(app, u, r))
        return -1;
    contact_store(app, r, NULL);
    relation_store_multi(app, r, NULL);
    relation_store_account(app, r, NULL);
    return 0;
}

/* Remembers what a POST stored before the first change overwrites it, for the
 * tests' count of stored POSTs by value. */
static void remember_posted(struct app *app, const struct record *old) {
    const char *id = record_text(old, old->e->id);
    int64_t seen = 0;
    store_run(&app->store, &seen,
              "SELECT EXISTS(SELECT 1 FROM posted WHERE eid=?1) OR"
              " EXISTS(SELECT 1 FROM import_row WHERE eid=?1)",
              id, NULL);
    const char *by = record_text(old, old->e->created_by);
    if (seen || !by || !strcmp(by, "system"))
        return;
    struct buf b = {0};
    buf_str(&b, "{");
    for (size_t i = 0; i < old->e->nattrs; i++)
        if (old->v[i] && !json_is_null(old->v[i])) {
            buf_key(&b, old->e->attrs[i]->name);
            buf_json(&b, old->v[i]);
        }
    buf_str(&b, "}");
    store_run(&app->store, NULL, "INSERT INTO posted(type,eid,body) VALUES(?,?,?)",
              old->e->name, id, b.p, NULL);
    buf_free(&b);
}

int crud_save_changed(struct app *app, const struct user *u, struct record *r,
                      const struct record *old) {
    char stamp[STAMP_SIZE];
    clock_stamp(stamp);
    remember_posted(app, old);
    record_set_text(r, r->e->modified_at, stamp);
    record_set_text(r, r->e->modified_by, u->id);
    const struct attr *by = entity_attr(r->e, "modifiedByName");
    if (by)
        record_set_text(r, by, u->name);
    if (r->e->version)
        record_set(r, r->e->version,
                   json_integer(json_integer_value(record_get(old, r->e->version)) + 1));
    stage_hooks(r, old);
    convert_hook(r, old);
    if (record_update_row(app, r))
        return -1;
    contact_store(app, r, old);
    relation_store_multi(app, r, old);
    relation_store_account(app, r, old);
    return 0;
}

static bool skips_duplicates(struct ctx *c, const json_t *body) {
    if (c->rq->skip_duplicate)
        return !strcasecmp(c->rq->skip_duplicate, "true");
    return json_is_true(json_object_get(body, "_skipDuplicateCheck"));
}

/* Sends 409 with the records that r would double. */
static bool duplicate(struct ctx *c, const struct record *r) {
    struct buf found = {0};
    bool is = duplicates_find(c, r, &found) > 0;
    if (is) {
        fail(c, 409, "duplicate");
        buf_add(&c->rp->body, found.p, found.len);
    }
    buf_free(&found);
    return is;
}

/* Links that a reply names although they are null: {link}Name, but no {link}Id. */
static void drop_nulls(const struct record *r) {
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (a->kind == A_PARENT_NAME && !record_text(r, a->source) && !r->e->assigned)
            record_set(r, a, NULL);
    }
}

/* Meeting: who is assigned takes part. */
static void assigned_joins(const struct record *r) {
    const char *field = json_string_value(json_object_get(r->e->model, "assignedJoins"));
    const struct field *f = field ? entity_field(r->e, field) : NULL;
    const char *id = record_text(r, r->e->assigned);
    if (f && id && !record_has(r, f->attr))
        record_set(r, f->attr, json_pack("[s]", id));
}

/* Task and Meeting: the account is that of the parent. */
static void parent_account(struct app *app, const struct record *r) {
    const struct field *parent = entity_field(r->e, "parent");
    const struct attr *account = entity_attr(r->e, "accountId");
    const char *id = parent ? record_text(r, parent->attr) : NULL;
    const char *type = parent ? record_text(r, parent->actual[1]) : NULL;
    if (!id || !type || !account || !account->field->read_only)
        return;
    const struct entity *e = schema_entity(&app->schema, type, false);
    struct record *p = e ? record_load(app, e, id, false) : NULL;
    if (p)
        record_set_text(r, account,
                        record_text(p, strcmp(type, "Account")
                                           ? entity_attr(e, "accountId")
                                           : e->id));
    record_free(p);
}

void crud_create(struct ctx *c, const struct entity *e) {
    if (acl_level(c->user, e->name, "create") == LEVEL_NO) {
        fail(c, 403, "No create access.");
        return;
    }
    json_t *body = crud_body(c);
    if (!body)
        return;
    struct record *r = record_new(e);
    bool skip = skips_duplicates(c, body);
    if (coerce_input(c, r, body))
        fail(c, 500, NULL);
    else {
        coerce_defaults(c->app, r, true);
        if (valid(c, r, body, true) && assignment_ok(c, r) && links_ok(c, r, NULL) &&
            (skip || !duplicate(c, r))) {
            assigned_joins(r);
            parent_account(c->app, r);
            store_begin(&c->app->store);
            if (crud_save_new(c->app, c->user, r))
                fail(c, 500, NULL);
            store_commit(&c->app->store);
        }
    }
    if (c->rp->status == 200) {
        json_t *n = json_object_get(c->app->accepted, e->name);
        json_object_set_new(c->app->accepted, e->name,
                            json_integer(json_integer_value(n) + 1));
        weigh(r);
        record_load_extras(c->app, r, true);
        for (size_t i = 0; i < e->nattrs; i++)
            if (e->attrs[i]->kind == A_CONSTANT && !e->attrs[i]->listed)
                record_set(r, e->attrs[i], json_deep_copy(e->attrs[i]->constant));
        drop_nulls(r);
        record_write(&c->rp->body, c, r, false);
    }
    record_free(r);
    json_decref(body);
}

void crud_read(struct ctx *c, const struct entity *e, const char *id) {
    if (acl_level(c->user, e->name, "read") == LEVEL_NO) {
        fail(c, 403, "No read access.");
        return;
    }
    struct record *r = record_load(c->app, e, id, c->user->kind == USER_ADMIN);
    if (!r)
        fail(c, 404, "Record %s does not exist.", id);
    else if (!acl_record(c->user, r, "read"))
        fail(c, 403, "No 'read' access.");
    else
        record_write(&c->rp->body, c, r, false);
    record_free(r);
}

/* 409 when the client's version is old and it would change something. */
static bool stale(struct ctx *c, const struct record *r, const struct record *old) {
    if (!r->e->version || !c->rq->version)
        return false;
    long long now = json_integer_value(record_get(old, r->e->version));
    if (strtoll(c->rq->version, NULL, 10) == now)
        return false;
    struct buf values = {0};
    buf_str(&values, "{");
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (!a->writable || record_same(r->v[i], old->v[i]))
            continue;
        buf_key(&values, a->name);
        buf_json(&values, old->v[i]);
    }
    bool any = values.len > 1;
    if (any) {
        fail(c, 409, "modified");
        buf_printf(&c->rp->body, "{\"values\":%s},\"versionNumber\":%lld}", values.p,
                   now);
    }
    buf_free(&values);
    return any;
}

/* Link names follow changed ids already in the reply; lists of data do not. */
static void refresh_names(struct app *app, const struct record *r,
                          const struct record *old) {
    struct record *now = record_load(app, r->e, record_text(r, r->e->id), false);
    if (!now)
        return;
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (a->kind == A_LINK_NAME || a->kind == A_PARENT_NAME || a->kind == A_NAME ||
            a->kind == A_CONVERTED || a->kind == A_WEIGHTED || a->kind == A_FOREIGN ||
            a->kind == A_SQL ||
            (a->kind == A_MULTI_NAMES &&
             !record_same(record_get(r, a->source), record_get(old, a->source))))
            record_set(r, a, json_incref(now->v[i]));
    }
    record_free(now);
}

void crud_update(struct ctx *c, const struct entity *e, const char *id) {
    if (acl_level(c->user, e->name, "edit") == LEVEL_NO) {
        fail(c, 403, "No edit access.");
        return;
    }
    json_t *body = crud_body(c);
    if (!body)
        return;
    struct record *old = record_load(c->app, e, id, false), *r = NULL;
    if (!old)
        fail(c, 404, "Record %s not found.", id);
    else if (!acl_record(c->user, old, "edit") ||
             (e->admin_writes && c->user->kind != USER_ADMIN))
        fail(c, 403, "No edit access.");
    else if ((r = record_copy(old)) != NULL && coerce_input(c, r, body))
        fail(c, 500, NULL);
    else {
        coerce_defaults(c->app, r, false);
        if (!stale(c, r, old) && valid(c, r, body, false) && links_ok(c, r, old)) {
            store_begin(&c->app->store);
            if (crud_save_changed(c->app, c->user, r, old))
                fail(c, 500, NULL);
            store_commit(&c->app->store);
        }
    }
    if (c->rp->status == 200) {
        refresh_names(c->app, r, old);
        echo_name(r, body);
        record_write(&c->rp->body, c, r, false);
    }
    record_free(r);
    record_free(old);
    json_decref(body);
}

void crud_soft_delete(struct app *app, const struct user *u, const struct entity *e,
                      const char *id) {
    char sql[200], stamp[STAMP_SIZE];
    clock_stamp(stamp);
    if (e->modified_at && e->modified_by) {
        snprintf(sql, sizeof sql,
                 "UPDATE e_%s SET deleted=1,modifiedAt=?,modifiedById=? WHERE id=?",
                 e->name);
        store_run(&app->store, NULL, sql, stamp, u->id, id, NULL);
        return;
    }
    snprintf(sql, sizeof sql, "UPDATE e_%s SET deleted=1 WHERE id=?", e->name);
    store_run(&app->store, NULL, sql, id, NULL);
}

void crud_delete(struct ctx *c, const struct entity *e, const char *id) {
    if (acl_level(c->user, e->name, "delete") == LEVEL_NO) {
        fail(c, 403, "No delete access.");
        return;
    }
    struct record *r = record_load(c->app, e, id, false);
    if (!r)
        fail(c, 404, "Record %s not found.", id);
    else if (!acl_record(c->user, r, "delete"))
        fail(c, 403, "No delete access.");
    else {
        store_begin(&c->app->store);
        crud_soft_delete(c->app, c->user, e, id);
        store_commit(&c->app->store);
        reply_json(c, "true");
    }
    record_free(r);
}

void crud_restore(struct ctx *c, const struct entity *e) {
    if (c->user->kind != USER_ADMIN) {
        fail_blank(c, 403);
        return;
    }
    json_t *body = crud_body(c);
    const char *id = json_string_value(json_object_get(body, "id"));
    char sql[128];
    struct record *r = id ? record_load(c->app, e, id, true) : NULL;
    snprintf(sql, sizeof sql, "UPDATE e_%s SET deleted=0 WHERE id=?", e->name);
    if (body && !r)
        fail_blank(c, 404);
    else if (body && record_exists(c->app, e, id))
        fail(c, 403, "No 'deleted' attribute.");
    else if (body) {
        store_begin(&c->app->store);
        store_run(&c->app->store, NULL, sql, id, NULL);
        store_commit(&c->app->store);
        reply_json(c, "true");
    }
    record_free(r);
    json_decref(body);
}
