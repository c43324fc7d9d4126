/*
 * Where items as SQL conditions over table alias t. Promises that an item without a value
 * means IS NULL, that a comparison of text ignores case and accents, and that an e-mail
 * condition looks at every address of the record. Fiscal periods and categories are left
 * out.
 */
#include "where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "relation.h"
#include "where_dates.h"

#define MAX_DEPTH 30

static int items(struct ctx *c, const struct entity *e, json_t *list, const char *glue,
                 struct where *w, int depth);

static void param(struct where *w, const json_t *v) {
    json_array_append_new(w->params, v ? json_deep_copy(v) : json_null());
}

static void param_text(struct where *w, const char *before, const json_t *v,
                       const char *after) {
    struct buf b = {0};
    if (json_is_string(v))
        buf_printf(&b, "%s%s%s", before, json_string_value(v), after);
    else if (v && !json_is_null(v)) {
        buf_str(&b, before);
        buf_json(&b, v);
        buf_str(&b, after);
    }
    json_array_append_new(w->params, json_string(b.p ? b.p : ""));
    buf_free(&b);
}

/* A list of values as one JSON parameter, whatever the encoding made of it. */
static void param_list(struct where *w, const json_t *v, bool lower) {
    json_t *list = json_array(), *item;
    const char *key;
    size_t i;
    (void)lower;
    if (json_is_array(v))
        json_array_foreach((json_t *)(uintptr_t)v, i, item) json_array_append(list, item);
    else if (json_is_object(v))
        json_object_foreach((json_t *)(uintptr_t)v, key, item)
            json_array_append(list, item);
    else if (v && !json_is_null(v))
        json_array_append(list, (json_t *)(uintptr_t)v);
    char *text = json_dumps(list, JSON_ENCODE_ANY);
    json_array_append_new(w->params, json_string(text ? text : "[]"));
    free(text);
    json_decref(list);
}

static bool is_null(const json_t *v) {
    return !v || json_is_null(v);
}

struct op {
    const char *type, *sql;
};

static const struct op comparisons[] = {
    {"equals", "=?"},
    {"notEquals", "<>?"},
    {"greaterThan", ">?"},
    {"lessThan", "<?"},
    {"greaterThanOrEquals", ">=?"},
    {"lessThanOrEquals", "<=?"},
    {"after", ">?"},
    {"before", "<?"},
};

static const struct op likes[] = {
    {"like", ""},      {"notLike", "!"},  {"startsWith", "s"},
    {"endsWith", "e"}, {"contains", "c"}, {"notContains", "!c"},
};

/* Condition on one expression; 1 when done, 0 when the type is not one of these. */
static int compare(const char *type, const char *ex, const json_t *v, struct where *w) {
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        if (strcmp(type, comparisons[i].type) != 0)
            continue;
        if (is_null(v) && i < 2) {
            buf_printf(&w->sql, "%s IS %sNULL", ex, i ? "NOT " : "");
        } else if (json_is_array(v) && i < 2) {
            buf_printf(&w->sql, "%s %sIN (SELECT value FROM json_each(?))", ex,
                       i ? "NOT " : "");
            param_list(w, v, false);
        } else {
            buf_printf(&w->sql, "%s%s", ex, comparisons[i].sql);
            param(w, v);
        }
        return 1;
    }
    for (size_t i = 0; i < sizeof likes / sizeof *likes; i++) {
        if (strcmp(type, likes[i].type) != 0)
            continue;
        const char *how = likes[i].sql;
        bool not = *how == '!';
        how += not ;
        buf_printf(&w->sql, "%s %sLIKE ? ESCAPE '\\'", ex, not ? "NOT " : "");
        param_text(w, *how == 'e' || *how == 'c' ? "%" : "", v,
                   *how == 's' || *how == 'c' ? "%" : "");
        return 1;
    }
    return 0;
}

static int plain(const char *type, const char *ex, const json_t *v, struct where *w) {
    if (compare(type, ex, v, w))
        return 1;
    if (!strcmp(type, "in") || !strcmp(type, "notIn")) {
        buf_printf(&w->sql, "%s %sIN (SELECT value FROM json_each(?))", ex,
                   *type == 'n' ? "NOT " : "");
        param_list(w, v, false);
    } else if (!strcmp(type, "isNull") || !strcmp(type, "isNotNull") ||
               !strcmp(type, "ever")) {
        buf_printf(&w->sql, "%s IS %sNULL", ex, strcmp(type, "isNull") ? "NOT " : "");
    } else if (!strcmp(type, "isTrue") || !strcmp(type, "isFalse")) {
        buf_printf(&w->sql, "%s=%d", ex, !strcmp(type, "isTrue"));
    } else if (!strcmp(type, "any") || !strcmp(type, "none")) {
        buf_str(&w->sql, *type == 'a' ? "1" : "0");
    } else if (!strcmp(type, "between")) {
        json_t *a = json_is_array(v) ? json_array_get(v, 0) : json_object_get(v, "0");
        json_t *b = json_is_array(v) ? json_array_get(v, 1) : json_object_get(v, "1");
        buf_printf(&w->sql, "%s BETWEEN ? AND ?", ex);
        param(w, a);
        param(w, b);
    } else {
        return 0;
    }
    return 1;
}

static int arrays(const char *type, const struct attr *a, const json_t *v,
                  struct where *w) {
    if (strncmp(type, "array", 5) != 0)
        return 0;
    if (a->kind != A_COLUMN || a->type != V_ARRAY) {
        buf_str(&w->sql, "0");
        return 1;
    }
    if (!strcmp(type, "arrayIsEmpty") || !strcmp(type, "arrayIsNotEmpty")) {
        buf_printf(&w->sql, "IFNULL(json_array_length(t.\"%s\"),0)%s0", a->name,
                   !strcmp(type, "arrayIsEmpty") ? "=" : ">");
        return 1;
    }
    const char *having = !strcmp(type, "arrayAllOf")
                             ? "(SELECT COUNT(*) FROM json_each(?) w WHERE w.value NOT IN"
                               " (SELECT value FROM json_each(t.\"%s\")))=0"
                         : !strcmp(type, "arrayNoneOf")
                             ? "NOT EXISTS (SELECT 1 FROM json_each(?) w WHERE w.value IN"
                               " (SELECT value FROM json_each(t.\"%s\")))"
                             : "EXISTS (SELECT 1 FROM json_each(?) w WHERE w.value IN"
                               " (SELECT value FROM json_each(t.\"%s\")))";
    const char *hole = strstr(having, "%s");
    buf_add(&w->sql, having, (size_t)(hole - having));
    buf_str(&w->sql, a->name);
    buf_str(&w->sql, hole + 2);
    param_list(w, v, false);
    return 1;
}

/* E-mail and phone: any of the record's addresses. */
static int addresses(const char *type, const struct entity *e, const struct attr *a,
                     const json_t *v, struct where *w) {
    bool email = a->kind == A_EMAIL;
    const char *table = email ? "email" : "phone";
    const char *col = email                        ? "m.lower"
                      : a->kind == A_PHONE_NUMERIC ? "m.numeric"
                                                   : "m.name";
    bool none = is_null(v) && (!strcmp(type, "equals") || !strcmp(type, "notEquals"));
    if (!strcmp(type, "isNull") || !strcmp(type, "isNotNull") || none) {
        bool null = !strcmp(type, "isNull") || !strcmp(type, "equals");
        buf_printf(&w->sql,
                   "%sEXISTS (SELECT 1 FROM entity_%s l WHERE l.eid=t.id AND l.type='%s'"
                   " AND l.prim=1)",
                   null ? "NOT " : "", table, e->name);
        return 1;
    }
    const char *positive = !strncmp(type, "not", 3) ? type + 3 : type;
    char lowered[32];
    snprintf(lowered, sizeof lowered, "%s", positive);
    if (positive != type)
        lowered[0] = (char)(lowered[0] + 32);
    struct where inner;
    where_init(&inner);
    int done = plain(lowered, col, v, &inner);
    if (done) {
        buf_printf(
            &w->sql,
            "t.id %sIN (SELECT l.eid FROM %s m JOIN entity_%s l ON l.point=m.id AND"
            " l.type='%s' WHERE %s)",
            positive == type ? "" : "NOT ", table, table, e->name, inner.sql.p);
        size_t i;
        json_t *p;
        json_array_foreach(inner.params, i, p) {
            const char *s = json_string_value(p);
            if (email && s && strcmp(lowered, "in") != 0) {
                struct buf low = {0};
                for (; *s; s++)
                    buf_printf(&low, "%c", *s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
                json_array_append_new(w->params, json_string(low.p ? low.p : ""));
                buf_free(&low);
            } else {
                json_array_append(w->params, p);
            }
        }
    }
    where_fini(&inner);
    return done;
}

static int links(struct ctx *c, const struct entity *e, const char *type,
                 const char *name, const json_t *v, struct where *w) {
    static const char *const types[] = {"linkedWith", "notLinkedWith", "linkedWithAll",
                                        "isLinked", "isNotLinked"};
    bool mine = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        mine = mine || !strcmp(type, types[i]);
    if (!mine)
        return 0;
    const struct link *l = entity_link(e, name);
    if (!l) {
        fail(c, 400, "Not existing relation '%s' in where.", name);
        return -1;
    }
    bool not = !strncmp(type, "not", 3) || !strncmp(type, "isNot", 5);
    bool any = !strncmp(type, "is", 2);
    buf_str(&w->sql, not ? "NOT " : "");
    if (l->type == L_BELONGS_TO && any)
        buf_printf(&w->sql, "t.\"%sId\" IS NOT NULL", l->name);
    else if (l->type == L_BELONGS_TO)
        buf_printf(&w->sql, "t.\"%sId\" IN (SELECT value FROM json_each(?))", l->name);
    else if (l->type == L_MANY_MANY)
        buf_printf(&w->sql,
                   "EXISTS (SELECT 1 FROM rel r WHERE r.name='%s' AND r.%c=t.id%s%s%s)",
                   l->relation, l->left ? 'a' : 'b', any ? "" : " AND r.",
                   any       ? ""
                   : l->left ? "b"
                             : "a",
                   any ? "" : " IN (SELECT value FROM json_each(?))");
    else
        buf_str(&w->sql, "0");
    if (!any && (l->type == L_BELONGS_TO || l->type == L_MANY_MANY))
        param_list(w, v, false);
    return 1;
}

static int attribute(struct ctx *c, const struct entity *e, const char *type,
                     const char *name, const json_t *item, struct where *w) {
    const json_t *v = json_object_get(item, "value");
    if (strchr(name, ':') || strchr(name, '.')) {
        fail(c, 403, "Complex expressions are forbidden in where.");
        return -1;
    }
    const struct attr *a = entity_attr(e, name);
    if (!a) {
        fail(c, 400, "Not existing attribute '%s' in where.", name);
        return -1;
    }
    if (!acl_attr(c->user, e, a, "read")) {
        fail(c, 403, "Forbidden attribute '%s' in where.", name);
        return -1;
    }
    if (a->kind == A_EMAIL || a->kind == A_PHONE || a->kind == A_PHONE_NUMERIC)
        return addresses(type, e, a, v, w);
    struct buf ex = {0};
    if (a->kind == A_EMAIL_OPT_OUT || a->kind == A_EMAIL_INVALID ||
        a->kind == A_PHONE_OPT_OUT || a->kind == A_PHONE_INVALID) {
        bool email = a->kind == A_EMAIL_OPT_OUT || a->kind == A_EMAIL_INVALID;
        bool opt = a->kind == A_EMAIL_OPT_OUT || a->kind == A_PHONE_OPT_OUT;
        const char *table = email ? "email" : "phone";
        buf_printf(&ex,
                   "IFNULL((SELECT m.%s FROM entity_%s l JOIN %s m ON m.id=l.point WHERE"
                   " l.eid=t.id AND l.type='%s' AND l.prim=1),0)",
                   opt ? "opt_out" : "invalid", table, table, e->name);
    } else
        store_expression(&ex, &c->app->schema, e, a);
    if (a->kind != A_COLUMN && a->type == V_STRING)
        buf_str(&ex, " COLLATE UCI");
    if (a->type == V_DECIMAL) {
        struct buf cast = {0};
        buf_printf(&cast, "CAST(%s AS REAL)", ex.p);
        buf_free(&ex);
        ex = cast;
    }
    int rc = plain(type, ex.p, v, w);
    if (!rc)
        rc = arrays(type, a, v, w);
    if (!rc)
        rc = where_date(type, ex.p, a->type == V_DATETIME, v, &w->sql, w->params);
    buf_free(&ex);
    return rc;
}

static int one(struct ctx *c, const struct entity *e, json_t *item, struct where *w,
               int depth) {
    const char *type = json_string_value(json_object_get(item, "type"));
    const char *name = json_string_value(json_object_get(item, "attribute"));
    if (!name)
        name = json_string_value(json_object_get(item, "field"));
    if (!type || depth > MAX_DEPTH) {
        fail(c, 400, "Bad where item.");
        return -1;
    }
    if (!strcmp(type, "and") || !strcmp(type, "or")) {
        buf_str(&w->sql, "(");
        int rc = items(c, e, json_object_get(item, "value"),
                       *type == 'a' ? " AND " : " OR ", w, depth + 1);
        buf_str(&w->sql, ")");
        return rc;
    }
    if (!strcmp(type, "not") || !strncmp(type, "subQuery", 8)) {
        fail(c, 403, "Sub-queries are forbidden in where.");
        return -1;
    }
    if (!name) {
        fail(c, 500, NULL);
        return -1;
    }
    int rc = name ? links(c, e, type, name, json_object_get(item, "value"), w) : 0;
    if (rc == 0 && name)
        rc = attribute(c, e, type, name, item, w);
    if (rc == 0)
        fail(c, 400, "Unknown where item type '%s'.", type);
    return rc > 0 ? 0 : -1;
}

static int items(struct ctx *c, const struct entity *e, json_t *list, const char *glue,
                 struct where *w, int depth) {
    size_t n = 0, i;
    const char *key;
    json_t *item;
    if (json_is_array(list))
        json_array_foreach(list, i, item) {
            buf_str(&w->sql, n++ ? glue : "");
            if (one(c, e, item, w, depth))
                return -1;
        }
    else if (json_is_object(list))
        json_object_foreach(list, key, item) {
            buf_str(&w->sql, n++ ? glue : "");
            if (one(c, e, item, w, depth))
                return -1;
        }
    if (!n)
        buf_str(&w->sql, "1");
    return 0;
}

static void text_filter(const struct entity *e, const char *text, struct where *w) {
    json_t *fields = json_object_get(json_object_get(e->defs, "collection"),
                                     "textFilterFields"),
           *f, *v = json_string(text);
    size_t i;
    buf_str(&w->sql, " AND (0");
    json_array_foreach(fields, i, f) {
        const struct attr *a = entity_attr(e, json_string_value(f));
        struct where inner;
        where_init(&inner);
        if (a && a->kind == A_NAME) {
            buf_str(&w->sql, " OR t.firstName LIKE ? OR t.lastName LIKE ?");
            param_text(w, "", v, "%");
            param_text(w, "", v, "%");
        } else if (a && a->kind == A_COLUMN) {
            buf_printf(&w->sql, " OR t.\"%s\" LIKE ?", a->name);
            param_text(w, "", v, "%");
        } else if (a && a->kind == A_EMAIL && addresses("startsWith", e, a, v, &inner)) {
            buf_printf(&w->sql, " OR %s", inner.sql.p);
            json_array_extend(w->params, inner.params);
        }
        where_fini(&inner);
    }
    buf_str(&w->sql, ")");
    json_decref(v);
}

/* "onlyMy" is the only bool filter there is; 1 when asked for, -1 after an error. */
static int bool_filters(struct ctx *c, const struct entity *e, const struct search *s) {
    const char *key;
    json_t *list = json_array(), *v;
    size_t i;
    int only_my = 0;
    if (json_is_array(s->bool_filters))
        json_array_extend(list, s->bool_filters);
    else
        json_object_foreach(s->bool_filters, key, v) json_array_append(list, v);
    json_array_foreach(list, i, v) {
        const char *name = json_string_value(v);
        if (name && !strcmp(name, "onlyMy")) {
            only_my = 1;
        } else {
            fail(c, 400, "No bool filter '%s' for '%s'.", name ? name : "", e->name);
            only_my = -1;
            break;
        }
    }
    json_decref(list);
    return only_my;
}

static int own_filters(struct ctx *c, const struct entity *e, const struct search *s,
                       struct where *w) {
    const struct attr *owner = e->assigned ? e->assigned : e->created_by;
    int only_my = bool_filters(c, e, s);
    bool own = only_my > 0 || acl_level(c->user, e->name, "read") != LEVEL_ALL;
    if (own && owner) {
        buf_printf(&w->sql, " AND t.\"%s\"=?", owner->name);
        json_array_append_new(w->params, json_string(c->user->id));
    }
    if (!strcmp(e->name, "User") && c->user->kind != USER_ADMIN)
        buf_str(&w->sql, " AND t.\"isActive\"=1"); /* Select/User/.../Mandatory.php */
    return only_my < 0 ? -1 : 0;
}

int where_build(struct ctx *c, const struct entity *e, const struct search *s,
                struct where *w) {
    buf_str(&w->sql, w->sql.len ? " AND t.deleted=0" : "t.deleted=0");
    if (own_filters(c, e, s, w))
        return -1;
    if (s->primary && *s->primary) {
        json_t *f =
            json_object_get(json_object_get(e->model, "primaryFilters"), s->primary);
        if (!f) {
            fail(c, 400, "No primary filter '%s' for '%s'.", s->primary, e->name);
            return -1;
        }
        buf_str(&w->sql, " AND ");
        if (items(c, e, f, " AND ", w, 0))
            return -1;
    }
    if (s->text_filter && *s->text_filter)
        text_filter(e, s->text_filter, w);
    if (!s->where || json_is_null(s->where))
        return 0;
    buf_str(&w->sql, " AND (");
    int rc = items(c, e, s->where, " AND ", w, 0);
    buf_str(&w->sql, ")");
    return rc;
}

void where_init(struct where *w) {
    *w = (struct where){.params = json_array()};
}

void where_fini(struct where *w) {
    buf_free(&w->sql);
    json_decref(w->params);
}

int where_bind(const struct where *w, sqlite3_stmt *q, int at) {
    static const struct attr untyped = {.type = V_STRING};
    size_t i;
    json_t *v;
    json_array_foreach(w->params, i, v) bind_value(q, at++, &untyped, v);
    return at;
}
