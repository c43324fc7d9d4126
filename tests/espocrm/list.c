/*
 * Lists. Promises the original's selection (id, owner and order attributes always come
 * along), its tie-break by id in the order's direction, totals, text cut at 10,000
 * characters where attributes are selected, and its odd `name` of leads. Values are
 * written from the database straight into the answer.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "relation.h"

#define TEXT_LIMIT 10000

struct columns {
    const struct attr **attrs;
    size_t n;
    bool selected; /* the client named attributes */
    bool email, phone;
};

static bool in_columns(const struct columns *k, const struct attr *a) {
    for (size_t i = 0; i < k->n; i++)
        if (k->attrs[i] == a)
            return true;
    return false;
}

static void add(struct columns *k, struct ctx *c, const struct entity *e,
                const struct attr *a) {
    if (!a || !a->listed || a->kind == A_MEMORY || in_columns(k, a) ||
        !acl_attr(c->user, e, a, "read"))
        return;
    k->attrs[k->n++] = a;
    k->email = k->email || (a->kind >= A_EMAIL && a->kind <= A_EMAIL_INVALID);
    k->phone = k->phone || (a->kind >= A_PHONE && a->kind <= A_PHONE_INVALID);
}

static void add_name(struct columns *k, struct ctx *c, const struct entity *e,
                     const char *name) {
    add(k, c, e, entity_attr(e, name));
}

/* The ids and names of a linkMultiple field come together. */
static void add_with_twin(struct columns *k, struct ctx *c, const struct entity *e,
                          const char *name) {
    const struct attr *a = entity_attr(e, name);
    add(k, c, e, a);
    if (!a || (a->kind != A_MULTI_IDS && a->kind != A_MULTI_NAMES))
        return;
    for (size_t i = 0; i < e->nattrs; i++)
        if (e->attrs[i]->field == a->field)
            add(k, c, e, e->attrs[i]);
}

static const char *order_field(const struct entity *e, const struct search *s) {
    if (s->order_by && *s->order_by)
        return s->order_by;
    return json_string_value(
        json_object_get(json_object_get(e->defs, "collection"), "orderBy"));
}

/* A related list with an attribute of its own shows little else unless asked to. */
static void choose(struct columns *k, struct ctx *c, const struct entity *e,
                   const struct search *s, bool related) {
    k->attrs = mem_alloc((e->nattrs + 1) * sizeof *k->attrs);
    const char *all = json_string_value(json_array_get(s->select, 0));
    k->selected = json_array_size(s->select) > 0 && strcmp(all ? all : "", "*") != 0;
    size_t i;
    json_t *v;
    bool asked = k->selected;
    k->selected = asked || (related && !json_array_size(s->select));
    for (i = 0; !k->selected && i < e->nattrs; i++)
        if (e->attrs[i]->kind != A_MULTI_IDS && e->attrs[i]->kind != A_MULTI_NAMES &&
            e->attrs[i]->kind != A_MULTI_COLUMNS && e->attrs[i]->kind != A_PHONE_NUMERIC)
            add(k, c, e, e->attrs[i]);
    if (!k->selected)
        return;
    add(k, c, e, e->id);
    add(k, c, e, e->assigned);
    add(k, c, e, e->created_by);
    if (asked)
        json_array_foreach(json_object_get(e->model, "mandatory"), i, v)
            add_name(k, c, e, json_string_value(v));
    json_array_foreach(s->select, i, v) if (json_is_string(v))
        add_with_twin(k, c, e, json_string_value(v));
    const struct attr *name = entity_attr(e, "name");
    if (name && name->kind == A_NAME && in_columns(k, name))
        json_array_foreach(json_object_get(e->model, "nameFrom"), i, v)
            add_name(k, c, e, json_string_value(v));
    const char *order = order_field(e, s);
    const struct field *f = order ? entity_field(e, order) : NULL;
    if (order)
        add_name(k, c, e, order);
    for (i = 0; f && i < f->nactual; i++)
        if (f->actual[i]->kind != A_EMAIL_DATA && f->actual[i]->kind != A_PHONE_DATA)
            add(k, c, e, f->actual[i]);
    if (f && f->type == F_LINK) {
        char link[128];
        snprintf(link, sizeof link, "%sName", f->name);
        add_name(k, c, e, link);
    }
}

/* Appends ORDER BY; 0, or -1 after an error was set. Says which joins it needs. */
static int order_by(struct buf *sql, struct ctx *c, const struct entity *e,
                    const struct search *s, struct columns *k) {
    const char *name = order_field(e, s);
    if (!name)
        return 0;
    const struct field *f = entity_field(e, name);
    if (strchr(name, '.') || strchr(name, ':')) {
        fail(c, 403, "Complex expressions are forbidden in 'orderBy'.");
        return -1;
    }
    if (f && json_is_true(json_object_get(f->defs, "orderDisabled"))) {
        fail(c, 403, "Order by the field '%s' is disabled.", name);
        return -1;
    }
    char link[128];
    snprintf(link, sizeof link, "%sName", name);
    const struct attr *a = entity_attr(e, f && f->type == F_LINK ? link : name);
    if (a && !acl_attr(c->user, e, a, "read")) {
        fail(c, 403, "Not access to order by field '%s'.", name);
        return -1;
    }
    if (!a || a->kind == A_MEMORY) {
        fail(c, 400, "Order by non-existing field '%s'.", name);
        return -1;
    }
    k->email = k->email || (a->kind >= A_EMAIL && a->kind <= A_EMAIL_INVALID);
    k->phone = k->phone || (a->kind >= A_PHONE && a->kind <= A_PHONE_INVALID);
    bool desc = s->order < 0;
    if (!s->order && !(s->order_by && *s->order_by)) {
        const char *d = json_string_value(
            json_object_get(json_object_get(e->defs, "collection"), "order"));
        desc = d && !strcmp(d, "desc");
    }
    buf_str(sql, " ORDER BY ");
    if (a->kind == A_NAME && e->person)
        buf_printf(sql, "t.firstName%s,", desc ? " DESC" : "");

    store_expression(sql, &c->app->schema, e, a);
    if (a->kind != A_COLUMN && a->type == V_STRING)
        buf_str(sql, " COLLATE UCI");
    buf_str(sql, desc ? " DESC" : "");
    if (a != e->id)
        buf_printf(sql, ",t.id%s", desc ? " DESC" : "");
    return 0;
}

/* The name of a parent is null in a list that does not show its id and its type. */
static bool is_nameless(const struct columns *k, const struct entity *e,
                        const struct attr *a) {
    return k->selected && a->kind == A_PARENT_NAME &&
           !(in_columns(k, a->source) && in_columns(k, entity_attr(e, a->other)));
}

static int build(struct buf *sql, struct ctx *c, const struct entity *e,
                 const struct search *s, const struct where *w, struct columns *k) {
    struct buf order = {0};
    if (order_by(&order, c, e, s, k)) {
        buf_free(&order);
        return -1;
    }
    buf_str(sql, "SELECT t.id");
    for (size_t i = 0; i < k->n; i++) {
        const struct attr *a = k->attrs[i];
        if (k->selected && a->kind == A_COLUMN && a->type == V_TEXT)
            buf_printf(sql, ",substr(t.\"%s\",1,%d)", a->name, TEXT_LIMIT);
        else if (is_nameless(k, e, a))
            buf_str(sql, ",NULL");
        else {
            buf_str(sql, ",");
            store_expression(sql, &c->app->schema, e, a);
        }
    }
    buf_printf(sql, " FROM e_%s t", e->name);
    store_joins(sql, e, k->email, k->phone);
    buf_printf(sql, " WHERE %s%s LIMIT ? OFFSET ?", w->sql.p, order.p ? order.p : "");
    buf_free(&order);
    return 0;
}

/* Column of the row that holds the attribute, -1 for none. */
static int column_of(const struct columns *k, const struct attr *a) {
    for (size_t i = 0; a && i < k->n; i++)
        if (k->attrs[i] == a)
            return (int)i + 1;
    return -1;
}

static bool filled(sqlite3_stmt *q, int col) {
    return col > 0 && sqlite3_column_type(q, col) != SQLITE_NULL;
}

/* The name: composed when both parts are there, else what stands in for it. */
static void write_name(struct buf *b, sqlite3_stmt *q, const struct entity *e,
                       const struct columns *k) {
    int name = column_of(k, entity_attr(e, "name"));
    int first = column_of(k, e->first), last = column_of(k, e->last);
    bool any = name > 0 || (first > 0 && last > 0);
    int from = -1;
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(e->model, "nameFrom"), i, v) {
        int col = column_of(k, entity_attr(e, json_string_value(v)));
        any = any || col > 0;
        if (from < 0 && filled(q, col))
            from = col;
    }
    if (!any)
        return;
    buf_key(b, "name");
    if (filled(q, name)) {
        column_write(b, q, name, V_STRING);
    } else if (first > 0 && last > 0 && (filled(q, first) || filled(q, last))) {
        const char *f = (const char *)sqlite3_column_text(q, first);
        const char *l = (const char *)sqlite3_column_text(q, last);
        struct buf n = {0};
        buf_printf(&n, "%s%s%s", f ? f : "", f && l ? " " : "", l ? l : "");
        buf_json_string(b, n.p, n.len);
        buf_free(&n);
    } else if (from > 0) {
        column_write(b, q, from, V_STRING);
    } else {
        buf_str(b, "null");
    }
}

static void write_row(struct buf *b, struct ctx *c, sqlite3_stmt *q,
                      const struct entity *e, const struct columns *k, const char *extra,
                      const char *extra_json) {
    buf_str(b, "{");
    for (size_t i = 0; i < k->n; i++) {
        const struct attr *a = k->attrs[i];
        if ((a->kind == A_NAME && e->person) || (extra && !strcmp(a->name, extra)))
            continue;
        buf_key(b, a->name);
        if (a->kind == A_CONSTANT)
            buf_json(b, a->constant);
        else if (a->kind == A_MULTI_IDS || a->kind == A_MULTI_NAMES ||
                 a->kind == A_MULTI_COLUMNS)
            relation_write_multi(b, c->app, e, (const char *)sqlite3_column_text(q, 0),
                                 a);
        else
            column_write(b, q, (int)i + 1, a->type);
    }
    if (e->person)
        write_name(b, q, e, k);
    if (extra) {
        buf_key(b, extra);
        buf_str(b, extra_json);
    }
    buf_str(b, "}");
}

static int64_t count(struct ctx *c, const struct entity *e, const struct where *w) {
    struct buf sql = {0};
    int64_t n = 0;
    buf_printf(&sql, "SELECT COUNT(*) FROM e_%s t WHERE %s", e->name, w->sql.p);
    sqlite3_stmt *q = store_prepare(&c->app->store, sql.p);
    if (q) {
        where_bind(w, q, 1);
        if (sqlite3_step(q) == SQLITE_ROW)
            n = sqlite3_column_int64(q, 0);
    }
    store_done(&c->app->store, q);
    buf_free(&sql);
    return n;
}

static void run(struct ctx *c, const struct entity *e, const struct search *s,
                const struct where *w, const char *extra, const char *extra_json) {
    struct columns k = {0};
    struct buf sql = {0}, rows = {0};
    choose(&k, c, e, s, extra != NULL);
    sqlite3_stmt *q = NULL;
    if (build(&sql, c, e, s, w, &k) == 0)
        q = store_prepare(&c->app->store, sql.p);
    if (q) {
        int at = where_bind(w, q, 1);
        bind_int(q, at, s->max_size + (s->no_total ? 1 : 0));
        bind_int(q, at + 1, s->offset);
        long n = 0;
        bool more = false;
        buf_str(&rows, "[");
        while (s->max_size > 0 && sqlite3_step(q) == SQLITE_ROW) {
            if (n++ >= s->max_size) {
                more = true;
                break;
            }
            buf_comma(&rows);
            write_row(&rows, c, q, e, &k, extra, extra_json);
        }
        store_done(&c->app->store, q);
        long long total = s->no_total ? (more ? -1 : -2) : (long long)count(c, e, w);
        buf_printf(&c->rp->body, "{\"total\":%lld,\"list\":", total);
        buf_add(&c->rp->body, rows.p, rows.len);
        buf_str(&c->rp->body, "]}");
    } else if (c->rp->status == 200) {
        fail(c, 500, NULL);
    }
    free(k.attrs);
    buf_free(&sql);
    buf_free(&rows);
}

void list_where(struct ctx *c, const struct entity *e, const char *condition,
                const char *const *ids, const char *extra, const char *extra_json) {
    struct search s;
    struct where w;
    where_init(&w);
    if (condition)
        buf_printf(&w.sql, "(%s)", condition);
    for (size_t i = 0; ids && ids[i]; i++)
        json_array_append_new(w.params, json_string(ids[i]));
    if (search_parse(c, &s) == 0 && where_build(c, e, &s, &w) == 0)
        run(c, e, &s, &w, extra, extra_json);
    where_fini(&w);
    search_fini(&s);
}

void list_entity(struct ctx *c, const struct entity *e) {
    if (acl_level(c->user, e->name, "read") == LEVEL_NO) {
        fail(c, 403, "No read access.");
        return;
    }
    list_where(c, e, NULL, NULL, NULL, NULL);
}

/* What a list over this link shows besides the record's own attributes. */
static const char *extra_of(const struct link *l) {
    if (l->relation && !strcmp(l->relation, "Account.contacts") && l->left)
        return "accountIsInactive";
    if (l->foreign_link && !strcmp(l->foreign_link, "targetLists"))
        return "targetListIsOptedOut";
    return l->foreign && !strcmp(l->foreign, "TargetList") ? "isOptedOut" : NULL;
}

void list_related(struct ctx *c, const struct entity *e, const char *id,
                  const char *link) {
    struct record *r = record_load(c->app, e, id, false);
    if (!r) {
        fail_blank(c, 404);
        return;
    }
    bool ok = acl_record(c->user, r, "read");
    record_free(r);
    const struct link *l = entity_link(e, link);
    const struct entity *f =
        l && l->foreign ? schema_entity(&c->app->schema, l->foreign, false) : NULL;
    if (!ok)
        fail(c, 403, "No read access.");
    else if (!f)
        fail(c, 404, "Link does not exist.");
    else {
        struct buf cond = {0};
        const char *ids[] = {id, NULL};
        relation_condition(&cond, e, l, "?");
        list_where(c, f, cond.p, ids, extra_of(l), "false");
        buf_free(&cond);
    }
}
