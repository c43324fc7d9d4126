/*
 * Records in memory and in their table. Promises that a loaded record shows every
 * attribute GET shows. Does not check values: see validate.c.
 */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "coerce.h"
#include "contact.h"
#include "relation.h"

struct record *record_new(const struct entity *e) {
    struct record *r = mem_zero(sizeof *r);
    r->e = e;
    r->v = mem_zero(e->nattrs * sizeof(json_t *));
    return r;
}

struct record *record_copy(const struct record *r) {
    struct record *n = record_new(r->e);
    for (size_t i = 0; i < r->e->nattrs; i++)
        n->v[i] = json_incref(r->v[i]);
    return n;
}

void record_free(struct record *r) {
    if (!r)
        return;
    for (size_t i = 0; i < r->e->nattrs; i++)
        json_decref(r->v[i]);
    free(r->v);
    free(r);
}

json_t *record_get(const struct record *r, const struct attr *a) {
    return a ? r->v[a->index] : NULL;
}

const char *record_text(const struct record *r, const struct attr *a) {
    return a ? json_string_value(r->v[a->index]) : NULL;
}

bool record_has(const struct record *r, const struct attr *a) {
    return a && r->v[a->index];
}

void record_set(const struct record *r, const struct attr *a, json_t *steal) {
    if (!a) {
        json_decref(steal);
        return;
    }
    json_decref(r->v[a->index]);
    r->v[a->index] = steal;
}

void record_set_text(const struct record *r, const struct attr *a, const char *text) {
    record_set(r, a, text ? json_string_nocheck(text) : json_null());
}

bool record_same(const json_t *a, const json_t *b) {
    if (!a || json_is_null(a) || !b || json_is_null(b))
        return (!a || json_is_null(a)) && (!b || json_is_null(b));
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

/* SELECT of all attributes that one query can give, in attribute order. */
static void select_all(struct buf *b, const struct schema *s, const struct entity *e) {
    buf_str(b, "SELECT ");
    const char *sep = "";
    for (size_t i = 0; i < e->nattrs; i++) {
        buf_str(b, sep);
        store_expression(b, s, e, e->attrs[i]);
        sep = ",";
    }
    buf_printf(b, " FROM e_%s t", e->name);
    store_joins(b, e, e->email != NULL, e->phone != NULL);
    buf_str(b, " WHERE t.id=?");
}

/* Lead shows its account, e-mail or phone where the name is empty. */
static void name_fallback(const struct record *r) {
    const struct attr *name = entity_attr(r->e, "name");
    json_t *from = json_object_get(r->e->model, "nameFrom"), *v;
    size_t i;
    if (!name || record_text(r, name))
        return;
    bool any = record_has(r, name);
    json_array_foreach(from, i, v) {
        const struct attr *a = entity_attr(r->e, json_string_value(v));
        any = any || record_has(r, a);
        if (record_text(r, a)) {
            record_set_text(r, name, record_text(r, a));
            return;
        }
    }
    if (any && !record_has(r, name))
        record_set(r, name, json_null());
}

struct record *record_load(struct app *app, const struct entity *e, const char *id,
                           bool even_deleted) {
    struct buf sql = {0};
    select_all(&sql, &app->schema, e);
    sqlite3_stmt *q = store_prepare(&app->store, sql.p);
    buf_free(&sql);
    struct record *r = NULL;
    if (q)
        bind_text(q, 1, id);
    if (q && sqlite3_step(q) == SQLITE_ROW) {
        r = record_new(e);
        for (size_t i = 0; i < e->nattrs; i++) {
            const struct attr *a = e->attrs[i];
            if (!a->read)
                continue;
            if (a->kind == A_CONSTANT)
                r->v[i] = json_deep_copy(a->constant);
            else
                r->v[i] = column_value(q, (int)i, a->type);
        }
    }
    store_done(&app->store, q);
    if (r && json_is_true(record_get(r, e->deleted)) && !even_deleted) {
        record_free(r);
        r = NULL;
    }
    if (r)
        record_load_extras(app, r, false);
    return r;
}

bool record_exists(struct app *app, const struct entity *e, const char *id) {
    char sql[128];
    int64_t n = 0;
    snprintf(sql, sizeof sql, "SELECT 1 FROM e_%s WHERE id=? AND deleted=0", e->name);
    store_run(&app->store, &n, sql, id, NULL);
    return n == 1;
}

static void load_link_names(struct app *app, const struct record *r) {
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (a->kind != A_LINK_NAME && a->kind != A_PARENT_NAME)
            continue;
        const char *id = record_text(r, a->source);
        const char *type = a->kind == A_PARENT_NAME
                               ? record_text(r, entity_attr(r->e, a->other))
                               : a->field->foreign;
        const struct entity *f = type ? schema_entity(&app->schema, type, false) : NULL;
        json_t *name = json_null();
        if (id && f) {
            struct buf sql = {0};
            buf_str(&sql, "SELECT ");
            store_name_expression(&sql, f, "l");
            buf_printf(&sql, " FROM e_%s l WHERE l.id=?", f->name);
            sqlite3_stmt *q = store_prepare(&app->store, sql.p);
            buf_free(&sql);
            if (q)
                bind_text(q, 1, id);
            if (q && sqlite3_step(q) == SQLITE_ROW)
                name = column_value(q, 0, V_STRING);
            store_done(&app->store, q);
        }
        record_set(r, a, name);
    }
}

void record_load_extras(struct app *app, struct record *r, bool fresh) {
    if (fresh)
        load_link_names(app, r);
    contact_load(app, r);
    relation_load_multi(app, r);
    if (fresh && r->e->person && record_has(r, r->e->first) &&
        record_has(r, r->e->last)) {
        const json_t *first = record_get(r, r->e->first),
                     *last = record_get(r, r->e->last);
        struct buf b = {0};
        buf_add(&b, json_string_value(first), json_string_length(first));
        if (json_is_string(first) && json_is_string(last))
            buf_add(&b, " ", 1);
        buf_add(&b, json_string_value(last), json_string_length(last));
        record_set(r, entity_attr(r->e, "name"),
                   b.len ? json_stringn_nocheck(b.p, b.len) : json_null());
        buf_free(&b);
    }
    name_fallback(r);
    if (!fresh)
        return;
    for (size_t i = 0; i < r->e->nattrs; i++)
        if (r->e->attrs[i]->kind == A_CONVERTED)
            record_set(r, r->e->attrs[i],
                       record_has(r, r->e->attrs[i]->source)
                           ? convert_amount(record_get(r, r->e->attrs[i]->source))
                           : NULL);
}

static int run_row(struct app *app, const struct record *r, const char *sql,
                   bool update) {
    sqlite3_stmt *q = store_prepare(&app->store, sql);
    if (!q)
        return -1;
    int at = 1;
    for (size_t i = 0; i < r->e->nattrs; i++)
        if (r->e->attrs[i]->kind == A_COLUMN)
            bind_value(q, at++, r->e->attrs[i], r->v[i]);
    if (update)
        bind_text(q, at, record_text(r, r->e->id));
    int rc = sqlite3_step(q);
    store_done(&app->store, q);
    return rc == SQLITE_DONE ? 0 : -1;
}

int record_insert_row(struct app *app, const struct record *r) {
    return run_row(app, r, r->e->insert_sql, false);
}

int record_update_row(struct app *app, const struct record *r) {
    return run_row(app, r, r->e->update_sql, true);
}

static void write_followers(struct buf *b, const struct record *r) {
    const char *id = record_text(r, r->e->assigned);
    const char *name = record_text(r, entity_attr(r->e, "assignedUserName"));
    buf_str(b, ",\"isFollowed\":false,\"followersIds\":[");
    if (id)
        buf_json_string(b, id, strlen(id));
    buf_str(b, "],\"followersNames\":{");
    if (id) {
        buf_key(b, id);
        buf_json_string(b, name ? name : "", name ? strlen(name) : 0);
    }
    buf_str(b, "}");
}

void record_write(struct buf *b, struct ctx *c, const struct record *r, bool duplicate) {
    bool limited = acl_limits_fields(c->user, r->e);
    buf_add(b, "{", 1);
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (!r->v[i] || a->kind == A_PHONE_NUMERIC)
            continue;
        if (duplicate && (!a->listed || a->kind == A_MULTI_IDS ||
                          a->kind == A_MULTI_NAMES || a->kind == A_MULTI_COLUMNS))
            continue;
        if (limited && !acl_attr(c->user, r->e, a, "read"))
            continue;
        buf_key(b, a->name);
        buf_json(b, r->v[i]);
    }
    if (r->e->stream && !duplicate)
        write_followers(b, r);
    buf_add(b, "}", 1);
}
