/*
 * Rows of an import. Promises what the original's import does differently from POST:
 * ids are honoured, all failing fields of a row are listed, an id that exists is an
 * integrity violation, a row of a deleted id is made anew, duplicates are created and
 * marked, values too long are cut by bytes, nothing is trimmed. Left out: further
 * e-mails and phones by column, relating by foreign fields.
 */
#include "import_run.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "acl.h"
#include "coerce.h"
#include "crud.h"
#include "import_csv.h"
#include "import_value.h"
#include "validate.h"
#include "where.h"

struct run {
    struct ctx *c;
    const struct entity *e;
    const char *import_id;
    const json_t *params;
    struct import_result *result;
    long error_index;
};

static const char *text(const json_t *o, const char *key) {
    return json_string_value(json_object_get(o, key));
}

static const char *attribute_of(const struct run *r, size_t i) {
    const char *s =
        json_string_value(json_array_get(json_object_get(r->params, "attributeList"), i));
    return s && *s ? s : NULL;
}

static void error(struct run *r, const char *type, long index, json_t *row,
                  json_t *failures) {
    char id[ID_SIZE];
    idgen_next(&r->c->app->store.ids, id);
    json_t *o = json_pack(
        "{s:s,s:b,s:s,s:I,s:I,s:o,s:o,s:O,s:s,s:s}", "id", id, "deleted", 0, "entityType",
        r->e->name, "rowIndex", (json_int_t)index, "exportRowIndex",
        (json_int_t)r->error_index++, "type", type ? json_string(type) : json_null(),
        "validationFailures", failures ? json_incref(failures) : json_null(), "row", row,
        "importId", r->import_id, "importName", r->import_id);
    struct buf b = {0};
    buf_json(&b, o);
    store_run(&r->c->app->store, NULL,
              "INSERT INTO import_error(id,import,body) VALUES(?,?,?)", id, r->import_id,
              b.p, NULL);
    buf_free(&b);
    json_decref(o);
    r->result->errors++;
}

/* The record that the row's updateBy columns find; NULL when there is none. */
static struct record *find(struct run *r, const json_t *row) {
    json_t *where = json_array(), *v;
    size_t i;
    json_array_foreach(json_object_get(r->params, "updateBy"), i, v) {
        size_t at = (size_t)json_integer_value(v);
        const char *name = attribute_of(r, at);
        json_t *cell = json_array_get(row, at);
        if (name)
            json_array_append_new(where, json_pack("{s:s,s:s,s:O?}", "type", "equals",
                                                   "attribute", name, "value", cell));
    }
    struct search s = {.where = where};
    struct where w;
    struct record *found = NULL;
    where_init(&w);
    if (json_array_size(where) && where_build(r->c, r->e, &s, &w) == 0) {
        struct buf sql = {0};
        buf_printf(&sql, "SELECT t.id FROM e_%s t WHERE %s LIMIT 1", r->e->name, w.sql.p);
        sqlite3_stmt *q = store_prepare(&r->c->app->store, sql.p);
        if (q)
            where_bind(&w, q, 1);
        if (q && sqlite3_step(q) == SQLITE_ROW)
            found = record_load(r->c->app, r->e, (const char *)sqlite3_column_text(q, 0),
                                false);
        store_done(&r->c->app->store, q);
        buf_free(&sql);
    }
    where_fini(&w);
    json_decref(where);
    return found;
}

static void default_values(struct run *r, struct record *rec) {
    const char *key;
    json_t *v;
    json_object_foreach(json_object_get(r->params, "defaultValues"), key, v) {
        const struct attr *a = entity_attr(r->e, key);
        if (a && a->writable)
            record_set(rec, a, coerce_value(a, json_incref(v)));
    }
}

static void failure(struct run *r, json_t *list, const char *field, const char *type) {
    json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "entityType", r->e->name,
                                          "field", field, "type", type));
}

/* Sets the row's cells in the record; failures of single values go to the list. */
static void set_cells(struct run *r, struct record *rec, const json_t *row, bool is_new,
                      json_t *failures) {
    const char *action = text(r->params, "action");
    for (size_t i = 0; i < json_array_size(row); i++) {
        const char *name = attribute_of(r, i);
        const json_t *cell = json_array_get(row, i);
        const char *value = json_string_value(cell);
        if (!name || !value)
            continue;
        const struct attr *a = entity_attr(r->e, name);
        if (a == r->e->id) {
            if ((!action || !strcmp(action, "create")) && *value)
                record_set_text(rec, a, value);
            continue;
        }
        if (!a || !acl_attr(r->c->user, r->e, a, "edit") ||
            (a->field && a->field->read_only))
            continue;
        if (!*value && a->type != V_BOOL && is_new)
            continue;
        if (import_value_set(r->c->app, rec, a, value, json_string_length(cell),
                             r->params))
            failure(r, failures, a->name, "valid");
    }
    json_t *currency = json_object_get(r->params, "currency");
    for (size_t i = 0; i < r->e->nfields; i++) {
        const struct field *f = &r->e->fields[i];
        /* of a record that is there an empty amount gets one, too (seen on 9.1.7) */
        if (f->type == F_CURRENCY && (record_get(rec, f->attr) || !is_new) &&
            !record_text(rec, f->actual[1]) && json_is_string(currency))
            record_set(rec, f->actual[1], json_incref(currency));
    }
}

static void validate_all(struct run *r, struct record *rec, json_t *failures) {
    for (size_t i = 0; i < r->e->nfields; i++) {
        const char *type = validate_field(r->c->app, rec, &r->e->fields[i], NULL);
        if (type)
            failure(r, failures, r->e->fields[i].name, type);
    }
}

static void note(struct run *r, const char *eid, bool imported, bool duplicate) {
    store_run(&r->c->app->store, NULL,
              "INSERT INTO import_row(import,eid,imported,updated,duplicate)"
              " VALUES(?,?,?,?,?)",
              r->import_id, eid, imported ? "1" : "0", imported ? "0" : "1",
              duplicate ? "1" : "0", NULL);
    *(imported ? &r->result->created : &r->result->updated) += 1;
    r->result->duplicates += duplicate;
}

/* Stores one checked record; the error type, or "" for one without a type, or NULL. */
static const char *save(struct run *r, struct record *rec, struct record *old,
                        bool *duplicate) {
    struct app *app = r->c->app;
    char sql[160];
    if (old)
        return crud_save_changed(app, r->c->user, rec, old) ? "" : NULL;
    if (!json_is_true(json_object_get(r->params, "skipDuplicateChecking"))) {
        struct buf list = {0};
        *duplicate = duplicates_find(r->c, rec, &list) > 0;
        buf_free(&list);
    }
    const char *id = record_text(rec, r->e->id);
    if (id && strlen(id) > 17)
        return "";
    if (id) {
        snprintf(sql, sizeof sql, "DELETE FROM e_%s WHERE id=? AND deleted=1",
                 r->e->name);
        store_run(&app->store, NULL, sql, id, NULL);
    }
    return crud_save_new(app, r->c->user, rec) ? "Integrity-Constraint-Violation" : NULL;
}

static bool has_cell(const json_t *row, const char *text) {
    const json_t *cell;
    size_t i;
    json_array_foreach(row, i, cell) {
        if (*text && !strcmp(json_string_value(cell), text))
            return true;
    }
    return false;
}

/* The connection to the database breaks, a deadlock, an exception of a hook. */
static bool in_trouble(struct run *r, const json_t *row) {
    if (r->c->app->troubles <= 0 || !has_cell(row, r->c->app->trouble_at))
        return false;
    r->c->app->troubles--;
    return true;
}

static void one_row(struct run *r, long index, json_t *row) {
    const char *action = text(r->params, "action");
    bool update = action && !strcmp(action, "update");
    bool both = action && !strcmp(action, "createAndUpdate");
    struct record *old = update || both ? find(r, row) : NULL;
    if ((update || both) && !json_array_size(json_object_get(r->params, "updateBy")))
        return;
    r->result->last_index = index;
    if (update && !old) {
        error(r, "Not-Found", index, row, NULL);
        return;
    }
    if (old && !acl_record(r->c->user, old, "edit")) {
        error(r, "No-Access", index, row, NULL);
        record_free(old);
        return;
    }
    struct record *rec = old ? record_copy(old) : record_new(r->e);
    json_t *failures = json_array();
    bool duplicate = false;
    default_values(r, rec);
    set_cells(r, rec, row, !old, failures);
    for (size_t i = 0; both && !old && i < json_array_size(row); i++)
        if (attribute_of(r, i) && !strcmp(attribute_of(r, i), "id"))
            record_set(rec, r->e->id, json_incref(json_array_get(row, i)));
    coerce_defaults(r->c->app, rec, !old);
    if (!old) /* imports make no stream */
        record_set(rec, r->e->stream_at, json_null());
    validate_all(r, rec, failures);
    if (has_cell(row, r->c->app->refuse_at)) {
        failure(r, failures, "firstName", "pattern");
        failure(r, failures, "lastName", "maxLength");
    }
    const char *bad = json_array_size(failures) ? "Validation"
                      : in_trouble(r, row)      ? ""
                                                : NULL;
    r->result->died = !bad && !old && has_cell(row, r->c->app->half_at) &&
                      !crud_save_row(r->c->app, r->c->user, rec);
    if (!bad && !r->result->died)
        bad = save(r, rec, old, &duplicate);
    if (r->result->died)
        ;
    else if (bad)
        error(r, *bad ? bad : NULL, index, row,
              json_array_size(failures) ? failures : NULL);
    else
        note(r, record_text(rec, r->e->id), !old, duplicate);
    json_decref(failures);
    record_free(rec);
    record_free(old);
}

static char one_char(const json_t *params, const char *key, char dflt) {
    const char *s = text(params, key);
    return !s || !*s ? dflt : !strcmp(s, "\\t") ? '\t' : *s;
}

void import_run(struct ctx *c, const struct entity *e, const char *import_id,
                const json_t *params, const char *csv, size_t len,
                struct import_result *result) {
    *result = (struct import_result){.last_index = -1};
    bool header = json_is_true(json_object_get(params, "headerRow"));
    struct run r = {c, e, import_id, params, result, header ? 1 : 0};
    struct import_csv in = {.separator = one_char(params, "delimiter", ','),
                            .quote = one_char(params, "textQualifier", '"')};
    in.text = import_csv_prepare(csv, len, &in.len);
    for (long index = 0;; index++) {
        json_t *row = import_csv_row(&in);
        bool end = !json_array_size(row) || has_cell(row, c->app->die_at);
        result->died = end && json_array_size(row);
        if (!end && !(index == 0 && header))
            one_row(&r, index, row);
        json_decref(row);
        end = end || result->died;
        if (end)
            break;
    }
    free(in.text);
}
