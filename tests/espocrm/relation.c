/*
 * Links between records. Promises that linking is idempotent and that a list of ids is
 * linked in order up to the first that does not exist. Knows belongs-to, has-many,
 * many-to-many and has-children links; one-to-one links are left out.
 */
#include "relation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "crud.h"

static void rel_insert(struct app *app, const struct link *l, const char *here,
                       const char *there, const char *cols) {
    char seq[32];
    snprintf(seq, sizeof seq, "%lld", (long long)clock_mono_ms());
    store_run(&app->store, NULL,
              "INSERT OR IGNORE INTO rel(name,a,b,seq,cols) VALUES(?,?,?,?,?)",
              l->relation, l->left ? here : there, l->left ? there : here, seq,
              cols ? cols : "{}", NULL);
}

static void rel_delete(struct app *app, const struct link *l, const char *here,
                       const char *there) {
    store_run(&app->store, NULL, "DELETE FROM rel WHERE name=? AND a=? AND b=?",
              l->relation, l->left ? here : there, l->left ? there : here, NULL);
}

static const struct link *multi_link(const struct entity *e, const struct attr *a) {
    const struct link *l = entity_link(e, a->field->name);
    return l && l->type == L_MANY_MANY ? l : NULL;
}

/* The default of a column that nobody set: what the original's tables hold. */
static json_t *columns_of(const struct attr *a, const char *stored) {
    json_t *have = json_loads(stored ? stored : "{}", 0, NULL), *out = json_object();
    const char *name;
    json_t *foreign;
    json_object_foreach(json_object_get(a->field->defs, "columns"), name, foreign) {
        json_t *v = json_object_get(have, name);
        if (v)
            json_object_set(out, name, v);
        else if (!strcmp(name, "isInactive"))
            json_object_set_new(out, name, json_false());
        else if (!strcmp(name, "status"))
            json_object_set_new(out, name, json_string("None"));
        else
            json_object_set_new(out, name, json_null());
    }
    json_decref(have);
    return out;
}

static json_t *load_one(struct app *app, const struct entity *e, const char *id,
                        const struct attr *a) {
    json_t *out = a->kind == A_MULTI_IDS ? json_array() : json_object();
    const struct link *l = multi_link(e, a);
    const struct entity *f = l ? schema_entity(&app->schema, l->foreign, false) : NULL;
    if (!f)
        return out;
    struct buf sql = {0};
    buf_str(&sql, "SELECT l.id,");
    store_name_expression(&sql, f, "l");
    buf_printf(
        &sql,
        ",r.cols FROM rel r JOIN e_%s l ON l.id=r.%c AND l.deleted=0 WHERE r.name=?"
        " AND r.%c=? ORDER BY r.seq,r.%c",
        f->name, l->left ? 'b' : 'a', l->left ? 'a' : 'b', l->left ? 'b' : 'a');
    sqlite3_stmt *q = store_prepare(&app->store, sql.p);
    buf_free(&sql);
    if (!q)
        return out;
    bind_text(q, 1, l->relation);
    bind_text(q, 2, id);
    while (sqlite3_step(q) == SQLITE_ROW) {
        const char *other = (const char *)sqlite3_column_text(q, 0);
        if (a->kind == A_MULTI_IDS)
            json_array_append_new(out, json_string_nocheck(other));
        else if (a->kind == A_MULTI_NAMES)
            json_object_set_new_nocheck(out, other, column_value(q, 1, V_STRING));
        else
            json_object_set_new_nocheck(
                out, other, columns_of(a, (const char *)sqlite3_column_text(q, 2)));
    }
    store_done(&app->store, q);
    return out;
}

void relation_load_multi(struct app *app, const struct record *r) {
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (a->read && (a->kind == A_MULTI_IDS || a->kind == A_MULTI_NAMES ||
                        a->kind == A_MULTI_COLUMNS))
            record_set(r, a, load_one(app, r->e, record_text(r, r->e->id), a));
    }
}

void relation_write_multi(struct buf *b, struct app *app, const struct entity *e,
                          const char *id, const struct attr *a) {
    json_t *v = load_one(app, e, id, a);
    buf_json(b, v);
    json_decref(v);
}

static bool contains(const json_t *list, const char *id) {
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v) if (json_is_string(v) &&
                                       !strcmp(json_string_value(v), id)) return true;
    return false;
}

static void store_columns(struct app *app, const struct link *l, const char *here,
                          const json_t *columns) {
    const char *there;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)columns, there, v) {
        struct buf b = {0};
        buf_json(&b, v);
        store_run(&app->store, NULL, "UPDATE rel SET cols=? WHERE name=? AND a=? AND b=?",
                  b.p, l->relation, l->left ? here : there, l->left ? there : here, NULL);
        buf_free(&b);
    }
}

void relation_store_multi(struct app *app, const struct record *r,
                          const struct record *old) {
    const char *id = record_text(r, r->e->id);
    for (size_t i = 0; i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (a->kind != A_MULTI_IDS || !json_is_array(r->v[i]))
            continue;
        const struct link *l = multi_link(r->e, a);
        if (!l)
            continue;
        const json_t *was = old ? record_get(old, a) : NULL;
        size_t k;
        json_t *v;
        json_array_foreach(was, k, v) if (!contains(r->v[i], json_string_value(v)))
            rel_delete(app, l, id, json_string_value(v));
        json_array_foreach(r->v[i], k, v) if (!contains(was, json_string_value(v)))
            rel_insert(app, l, id, json_string_value(v), NULL);
        char name[128];
        snprintf(name, sizeof name, "%sColumns", a->field->name);
        store_columns(app, l, id, record_get(r, entity_attr(r->e, name)));
    }
}

static bool rel_exists(struct app *app, const struct link *l, const char *here,
                       const char *there) {
    int64_t found = 0;
    store_run(&app->store, &found, "SELECT 1 FROM rel WHERE name=? AND a=? AND b=?",
              l->relation, l->left ? here : there, l->left ? there : here, NULL);
    return found != 0;
}

/* As Hooks/Contact/Accounts.php of 9.1.7: the account that was stays linked unless there
 * is none now, and the role in a link that is there already changes with the title
 * only. */
void relation_store_account(struct app *app, const struct record *r,
                            const struct record *old) {
    const char *role_name = json_string_value(json_object_get(r->e->model, "role"));
    const struct attr *account = entity_attr(r->e, "accountId");
    const struct link *l = entity_link(r->e, "accounts");
    if (!role_name || !account || !l || !l->relation)
        return;
    const char *now = record_text(r, account),
               *was = old ? record_text(old, account) : NULL;
    const char *id = record_text(r, r->e->id);
    if (!now) {
        if (was)
            rel_delete(app, l, id, was);
        return;
    }
    const struct attr *title = entity_attr(r->e, role_name);
    const json_t *role = record_get(r, title);
    bool linked = rel_exists(app, l, id, now);
    if (!linked && !(was && !strcmp(now, was)))
        rel_insert(app, l, id, now, NULL);
    else if (!linked || (old && record_same(role, record_get(old, title))))
        return;
    if (role) {
        json_t *cols = json_pack("{s:{s:O,s:b}}", now, "role", role, "isInactive", 0);
        store_columns(app, l, id, cols);
        json_decref(cols);
    }
}

/* One record joined to another, whatever the link is made of. */
static void join(struct ctx *c, const struct entity *e, const struct link *l,
                 const struct entity *f, const char *id, const char *other, bool on) {
    struct app *app = c->app;
    char sql[256];
    switch (l->type) {
    case L_MANY_MANY:
        (on ? rel_insert(app, l, id, other, NULL) : rel_delete(app, l, id, other));
        if (!strcmp(l->relation, "Account.contacts")) {
            const char *account = l->left ? id : other, *contact = l->left ? other : id;
            store_run(
                &app->store, NULL,
                on ? "UPDATE e_Contact SET accountId=?1,modifiedById=?3 WHERE id=?2 AND"
                     " accountId IS NULL"
                   : "UPDATE e_Contact SET accountId=NULL,modifiedById=?3 WHERE"
                     " accountId=?1 AND id=?2",
                account, contact, c->user->id, NULL);
        }
        break;
    case L_HAS_MANY:
        snprintf(sql, sizeof sql, "UPDATE e_%s SET \"%sId\"=%s WHERE id=?2 AND ?1=?1",
                 f->name, l->foreign_link, on ? "?1" : "NULL");
        store_run(&app->store, NULL, sql, id, other, NULL);
        break;
    case L_BELONGS_TO:
        snprintf(sql, sizeof sql, "UPDATE e_%s SET \"%sId\"=%s WHERE id=?2 AND ?1=?1",
                 e->name, l->name, on ? "?1" : "NULL");
        store_run(&app->store, NULL, sql, other, id, NULL);
        break;
    case L_HAS_CHILDREN:
        snprintf(
            sql, sizeof sql,
            "UPDATE e_%s SET \"%sId\"=%s,\"%sType\"=%s WHERE id=?2 AND ?1=?1 AND ?3=?3",
            f->name, l->foreign_link, on ? "?1" : "NULL", l->foreign_link,
            on ? "?3" : "NULL");
        store_run(&app->store, NULL, sql, id, other, e->name, NULL);
        break;
    case L_PARENT:
    case L_UNKNOWN: break;
    }
}

/* Entity, right, record and link of a relate call; NULL after an error was set. */
static const struct link *relate_check(struct ctx *c, const struct entity *e,
                                       const char *id, const char *link,
                                       const struct entity **foreign) {
    if (acl_level(c->user, e->name, "edit") == LEVEL_NO) {
        fail(c, 403, "No edit access.");
        return NULL;
    }
    struct record *r = record_load(c->app, e, id, false);
    if (!r) {
        fail(c, 404, "%s", "");
        return NULL;
    }
    bool ok = acl_record(c->user, r, "edit");
    record_free(r);
    const struct link *l = entity_link(e, link);
    if (!ok)
        fail(c, 403, "No edit access.");
    else if (!l)
        fail(c, 404, "Entity %s does not have link %s.", e->name, link);
    else if (!(*foreign =
                   l->foreign ? schema_entity(&c->app->schema, l->foreign, false) : NULL))
        fail(c, 403, "Link is not supported.");
    return c->rp->status == 200 ? l : NULL;
}

static void relate(struct ctx *c, const struct entity *e, const char *id,
                   const char *link, bool on) {
    json_t *body = crud_body(c);
    const struct entity *f = NULL;
    const struct link *l = body ? relate_check(c, e, id, link, &f) : NULL;
    if (!l || !f) {
        json_decref(body);
        return;
    }
    json_t *one = json_object_get(body, "id"), *ids = json_object_get(body, "ids");
    size_t n = json_is_array(ids) ? json_array_size(ids) : json_is_string(one) ? 1 : 0;
    if (on && json_is_true(json_object_get(body, "massRelate"))) {
        fail(c, 403, "Mass link is not allowed.");
        json_decref(body);
        return;
    }
    store_begin(&c->app->store);
    for (size_t i = 0; i < n; i++) {
        const char *other =
            json_string_value(json_is_array(ids) ? json_array_get(ids, i) : one);
        if (!other || !record_exists(c->app, f, other)) {
            fail_blank(c, 404);
            break;
        }
        join(c, e, l, f, id, other, on);
    }
    store_commit(&c->app->store);
    if (c->rp->status == 200)
        reply_json(c, n ? "true" : "false");
    json_decref(body);
}

void relation_add(struct ctx *c, const struct entity *e, const char *id,
                  const char *link) {
    relate(c, e, id, link, true);
}

void relation_remove(struct ctx *c, const struct entity *e, const char *id,
                     const char *link) {
    relate(c, e, id, link, false);
}

void relation_condition(struct buf *b, const struct entity *e, const struct link *l,
                        const char *side) {
    switch (l->type) {
    case L_MANY_MANY:
        buf_printf(b, "t.id IN (SELECT r.%c FROM rel r WHERE r.name='%s' AND r.%c=%s)",
                   l->left ? 'b' : 'a', l->relation, l->left ? 'a' : 'b', side);
        break;
    case L_HAS_MANY: buf_printf(b, "t.\"%sId\"=%s", l->foreign_link, side); break;
    case L_HAS_CHILDREN:
        buf_printf(b, "t.\"%sId\"=%s AND t.\"%sType\"='%s'", l->foreign_link, side,
                   l->foreign_link, e->name);
        break;
    case L_BELONGS_TO:
        buf_printf(b, "t.id=(SELECT s.\"%sId\" FROM e_%s s WHERE s.id=%s)", l->name,
                   e->name, side);
        break;
    case L_PARENT:
    case L_UNKNOWN: buf_str(b, "0"); break;
    }
}
