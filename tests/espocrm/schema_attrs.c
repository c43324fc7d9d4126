/*
 * Attributes of an entity type, as EspoCRM's ORM converters make them: a link becomes
 * an id and a name, an e-mail field an address, a list and two flags. Promises that
 * each attribute knows how it is stored, read and whether a client may write it.
 */
#include "schema_attrs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct attr *add(struct entity *e, struct field *f, enum akind kind,
                        enum vtype type, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

static struct attr *add(struct entity *e, struct field *f, enum akind kind,
                        enum vtype type, const char *fmt, ...) {
    char name[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < e->nattrs; i++)
        if (!strcmp(e->attrs[i]->name, name))
            return e->attrs[i];
    e->attrs = mem_grow(e->attrs, (e->nattrs + 1) * sizeof(struct attr *));
    struct attr *a = mem_zero(sizeof *a);
    a->name = mem_dup(name);
    a->kind = kind;
    a->type = type;
    a->index = e->nattrs;
    a->field = f;
    a->writable = f && !f->read_only;
    a->read = a->listed = true;
    e->attrs[e->nattrs++] = a;
    return a;
}

static void actual(struct field *f, struct attr *a) {
    if (f->nactual < sizeof f->actual / sizeof *f->actual)
        f->actual[f->nactual++] = a;
}

static struct attr *add_simple(struct entity *e, struct field *f, enum vtype type) {
    struct attr *a =
        add(e, f, f->not_storable ? A_MEMORY : A_COLUMN, type, "%s", f->name);
    if (f->not_storable && a->field == f)
        a->read = a->listed = false;
    f->attr = a;
    actual(f, a);
    return a;
}

static void add_link(struct entity *e, struct field *f) {
    struct attr *id = add(e, f, A_COLUMN, V_STRING, "%sId", f->name);
    struct attr *name = add(e, f, A_LINK_NAME, V_STRING, "%sName", f->name);
    if (f->not_storable || !f->foreign) {
        id->kind = name->kind = A_MEMORY;
        id->read = id->listed = name->read = name->listed = false;
    }
    name->source = id;
    name->writable = false;
    f->attr = id;
    actual(f, id);
}

static void add_parent(struct entity *e, struct field *f) {
    struct attr *id = add(e, f, A_COLUMN, V_STRING, "%sId", f->name);
    struct attr *type = add(e, f, A_COLUMN, V_STRING, "%sType", f->name);
    struct attr *name = add(e, f, A_PARENT_NAME, V_STRING, "%sName", f->name);
    name->source = id;
    name->other = mem_dup(type->name);
    name->writable = false;
    f->attr = id;
    actual(f, id);
    actual(f, type);
}

static void add_multi(struct entity *e, struct field *f) {
    bool shown = !json_is_true(json_object_get(f->defs, "noLoad"));
    struct attr *ids = add(e, f, A_MULTI_IDS, V_ARRAY, "%sIds", f->name);
    struct attr *names = add(e, f, A_MULTI_NAMES, V_OBJECT, "%sNames", f->name);
    ids->read = names->read = ids->listed = names->listed = shown;
    names->writable = false;
    names->source = ids;
    if (json_object_get(f->defs, "columns")) {
        struct attr *cols = add(e, f, A_MULTI_COLUMNS, V_OBJECT, "%sColumns", f->name);
        cols->source = ids;
        cols->read = shown;
        actual(f, cols);
    }
    f->attr = ids;
    actual(f, ids);
}

static void add_contact_point(struct entity *e, struct field *f, bool email) {
    f->attr = add(e, f, email ? A_EMAIL : A_PHONE, V_STRING, "%s", f->name);
    struct attr *data =
        add(e, f, email ? A_EMAIL_DATA : A_PHONE_DATA, V_ARRAY, "%sData", f->name);
    data->listed = false;
    actual(f, add(e, f, email ? A_EMAIL_OPT_OUT : A_PHONE_OPT_OUT, V_BOOL, "%sIsOptedOut",
                  f->name));
    actual(f, add(e, f, email ? A_EMAIL_INVALID : A_PHONE_INVALID, V_BOOL, "%sIsInvalid",
                  f->name));
    actual(f, f->attr);
    actual(f, data);
    if (!email) {
        struct attr *n = add(e, f, A_PHONE_NUMERIC, V_STRING, "%sNumeric", f->name);
        n->writable = n->read = n->listed = false;
    }
    *(email ? &e->email : &e->phone) = f->attr;
}

static void add_currency(struct entity *e, struct field *f) {
    struct attr *a = add_simple(e, f, f->decimal ? V_DECIMAL : V_FLOAT);
    actual(f, add(e, f, A_COLUMN, V_STRING, "%sCurrency", f->name));
    struct attr *conv = add(e, f, A_CONVERTED, V_FLOAT, "%sConverted", f->name);
    conv->source = a;
    conv->writable = false;
}

static void add_foreign(struct entity *e, struct field *f) {
    const char *link = json_string_value(json_object_get(f->defs, "link"));
    const char *field = json_string_value(json_object_get(f->defs, "field"));
    struct attr *id = NULL;
    for (size_t i = 0; link && i < e->nattrs; i++)
        if (!strncmp(e->attrs[i]->name, link, strlen(link)) &&
            !strcmp(e->attrs[i]->name + strlen(link), "Id"))
            id = e->attrs[i];
    if (!id || !field || id->kind != A_COLUMN)
        return;
    f->attr = add(e, f, A_FOREIGN, V_STRING, "%s", f->name);
    f->attr->source = id;
    f->attr->other = mem_dup(field);
}

static void add_field(struct entity *e, struct field *f) {
    switch (f->type) {
    case F_VARCHAR:
    case F_URL:
    case F_NUMBER:
    case F_OTHER:
    case F_ENUM: add_simple(e, f, V_STRING); break;
    case F_TEXT:
        add_simple(e, f, json_object_get(f->defs, "dbType") ? V_STRING : V_TEXT);
        break;
    case F_INT: add_simple(e, f, V_INT); break;
    case F_FLOAT: add_simple(e, f, V_FLOAT); break;
    case F_BOOL: add_simple(e, f, V_BOOL); break;
    case F_DATE: add_simple(e, f, V_DATE); break;
    case F_DATETIME: add_simple(e, f, V_DATETIME); break;
    case F_ARRAY:
    case F_MULTIENUM:
    case F_CHECKLIST:
    case F_URL_MULTIPLE: add_simple(e, f, V_ARRAY); break;
    case F_JSON: add_simple(e, f, V_OBJECT); break;
    case F_EMAIL: add_contact_point(e, f, true); break;
    case F_PHONE: add_contact_point(e, f, false); break;
    case F_LINK: add_link(e, f); break;
    case F_LINK_PARENT: add_parent(e, f); break;
    case F_LINK_MULTIPLE: add_multi(e, f); break;
    case F_CURRENCY: add_currency(e, f); break;
    case F_FOREIGN: add_foreign(e, f); break;
    case F_PERSON_NAME:
        f->attr = add(e, f, A_NAME, V_STRING, "%s", f->name);
        f->attr->writable = false;
        break;
    case F_CONVERTED:
    case F_LINK_ONE:
    case F_SKIPPED: break;
    }
}

static void add_constants(struct entity *e, const char *key, bool listed) {
    const char *name;
    json_t *v;
    json_object_foreach(json_object_get(e->model, key), name, v) {
        struct attr *a = add(e, NULL, A_CONSTANT, V_STRING, "%s", name);
        a->kind = A_CONSTANT;
        a->constant = v;
        a->read = true;
        a->listed = listed;
    }
}

static void add_expressions(struct entity *e) {
    const char *name;
    json_t *v;
    json_object_foreach(json_object_get(e->model, "expressions"), name, v) {
        struct attr *a = add(e, NULL, A_SQL, V_BOOL, "%s", name);
        a->kind = A_SQL;
        a->read = a->listed = true;
        free(a->other);
        a->other = mem_dup(json_string_value(v));
    }
}

static void apply_model(struct entity *e) {
    add_expressions(e);
    add_constants(e, "constants", true);
    add_constants(e, "readConstants", false);
    size_t i;
    json_t *v;
    json_array_foreach(
        json_object_get(e->model, "hidden"), i,
        v) for (size_t k = 0; k < e->nattrs;
                k++) if (!strcmp(e->attrs[k]->name, json_string_value(v))) {
        e->attrs[k]->read = e->attrs[k]->listed = e->attrs[k]->writable = false;
        e->attrs[k]->kind = A_MEMORY;
    }
    const char *role = json_string_value(json_object_get(e->model, "role"));
    const char *weighted = json_string_value(json_object_get(e->model, "weighted"));
    for (size_t k = 0; k < e->nattrs; k++) {
        struct attr *a = e->attrs[k];
        if (role && !strcmp(a->name, role))
            a->kind = A_ROLE, a->read = a->listed = true;
        if (weighted && !strcmp(a->name, weighted))
            a->kind = A_WEIGHTED, a->read = a->listed = true;
    }
}

static int compare(const void *a, const void *b) {
    const struct attr *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void well_known(struct entity *e) {
    const struct {
        struct attr **to;
        const char *name;
    } names[] = {
        {&e->first, "firstName"},           {&e->last, "lastName"},
        {&e->middle, "middleName"},         {&e->assigned, "assignedUserId"},
        {&e->created_at, "createdAt"},      {&e->created_by, "createdById"},
        {&e->modified_at, "modifiedAt"},    {&e->modified_by, "modifiedById"},
        {&e->stream_at, "streamUpdatedAt"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        *names[i].to = entity_attr(e, names[i].name);
}

void schema_build_attrs(struct entity *e) {
    e->id = add(e, NULL, A_COLUMN, V_STRING, "id");
    e->deleted = add(e, NULL, A_COLUMN, V_BOOL, "deleted");
    for (size_t i = 0; i < e->nfields; i++)
        if (e->fields[i].type == F_CURRENCY) /* before its own fieldCurrency field */
            add_currency(e, &e->fields[i]);
    for (size_t i = 0; i < e->nfields; i++)
        if (e->fields[i].type == F_EMAIL || e->fields[i].type == F_PHONE ||
            e->fields[i].type == F_LINK)
            add_field(e, &e->fields[i]);
    for (size_t i = 0; i < e->nfields; i++)
        if (!e->fields[i].nactual)
            add_field(e, &e->fields[i]);
    if (json_is_true(json_object_get(e->defs, "optimisticConcurrencyControl"))) {
        e->version = add(e, NULL, A_COLUMN, V_INT, "versionNumber");
        e->version->writable = false;
    }
    apply_model(e);
    e->sorted = mem_alloc(e->nattrs * sizeof *e->sorted);
    memcpy(e->sorted, e->attrs, e->nattrs * sizeof *e->sorted);
    qsort(e->sorted, e->nattrs, sizeof *e->sorted, compare);
    well_known(e);
}
