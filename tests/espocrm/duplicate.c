/*
 * The server's own duplicate check: an OR over the fields that the entity type lists, by
 * name and by any e-mail address, without regard to case. Limited to five records.
 */
#include <string.h>

#include "crud.h"

#define MAX_DUPLICATES 5

static bool wants(const struct entity *e, const char *field) {
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(e->model, "duplicate"), i,
                       v) if (!strcmp(json_string_value(v), field)) return true;
    return false;
}

/* The name's part of the condition; the number of values to bind, put into bind[]. */
static int name_part(struct buf *sql, const struct record *r, const char *bind[2]) {
    const struct entity *e = r->e;
    if (!e->person) {
        bind[0] = record_text(r, entity_attr(e, "name"));
        if (!bind[0])
            return 0;
        buf_printf(sql, "SELECT id FROM e_%s WHERE deleted=0 AND name=?", e->name);
        return 1;
    }
    const char *first = record_text(r, e->first), *last = record_text(r, e->last);
    if (!first && !last)
        return 0;
    int n = 0;
    buf_printf(sql,
               "SELECT id FROM e_%s WHERE deleted=0 AND lastName %s AND firstName %s",
               e->name, last ? "=?" : "IS NULL", first ? "=?" : "IS NULL");
    if (last)
        bind[n++] = last;
    if (first)
        bind[n++] = first;
    return n;
}

static void add_addresses(json_t *list, const struct record *r) {
    const char *main = record_text(r, r->e->email);
    if (main)
        json_array_append_new(list, json_string_nocheck(main));
    json_t *data = record_get(r, entity_attr(r->e, "emailAddressData")), *item;
    size_t i;
    json_array_foreach(data, i,
                       item) if (json_is_string(json_object_get(item, "emailAddress")))
        json_array_append(list, json_object_get(item, "emailAddress"));
}

static void email_part(struct buf *sql, const struct entity *e) {
    buf_printf(
        sql,
        "%sSELECT t.id FROM email m JOIN entity_email l ON l.point=m.id AND l.type='%s'"
        " JOIN e_%s t ON t.id=l.eid AND t.deleted=0"
        " WHERE m.lower IN (SELECT LOWER(value) FROM json_each(?))",
        sql->len ? " UNION " : "", e->name, e->name);
}

size_t duplicates_find(struct ctx *c, const struct record *r, struct buf *out) {
    struct buf sql = {0};
    const char *bind[2];
    int n = wants(r->e, "name") ? name_part(&sql, r, bind) : 0;
    json_t *addresses = json_array();
    if (r->e->email && wants(r->e, "emailAddress"))
        add_addresses(addresses, r);
    struct buf text = {0};
    if (json_array_size(addresses)) {
        email_part(&sql, r->e);
        buf_json(&text, addresses);
    }
    json_decref(addresses);
    size_t found = 0;
    sqlite3_stmt *q = NULL;
    if (sql.len) {
        buf_printf(&sql, " ORDER BY 1 LIMIT %d", MAX_DUPLICATES);
        q = store_prepare(&c->app->store, sql.p);
    }
    for (int i = 0; q && i < n; i++)
        bind_text(q, i + 1, bind[i]);
    if (q && text.len)
        bind_text(q, n + 1, text.p);
    buf_str(out, "[");
    while (q && sqlite3_step(q) == SQLITE_ROW) {
        struct record *d =
            record_load(c->app, r->e, (const char *)sqlite3_column_text(q, 0), false);
        if (!d)
            continue;
        buf_str(out, found++ ? "," : "");
        record_write(out, c, d, true);
        record_free(d);
    }
    buf_str(out, "]");
    store_done(&c->app->store, q);
    buf_free(&sql);
    buf_free(&text);
    return found;
}
