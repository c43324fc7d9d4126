/*
 * The server's own duplicate check: an OR over the fields that the entity type lists, by
 * name and by any e-mail address, without regard to case. Limited to five records.
 */
#include <stdio.h>
#include <string.h>

#include "acl.h"
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
        if (bind[0])
            buf_str(sql, "t.name=?1");
        return bind[0] != NULL;
    }
    const char *first = record_text(r, e->first), *last = record_text(r, e->last);
    if (!first && !last)
        return 0;
    int n = 0;
    buf_printf(sql, "(t.lastName %s AND t.firstName %s)", last ? "=?1" : "IS NULL",
               !first ? "IS NULL"
               : last ? "=?2"
                      : "=?1");
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

/* Every address is joined, so a record that has the name comes once for each of its
 * addresses, and they count for the limit (recorded: dup-lead-twice). */
static void find_sql(struct buf *sql, const struct entity *e, const char *name, int n,
                     bool addresses) {
    char mail[80] = "0";
    if (addresses)
        snprintf(mail, sizeof mail,
                 "m.lower IN (SELECT LOWER(value) FROM json_each(?%d))", n + 1);
    buf_printf(sql, "SELECT t.id FROM (SELECT t.id FROM e_%s t WHERE %s", e->name,
               *name ? name : "0");
    if (addresses)
        buf_printf(sql,
                   " UNION SELECT l.eid FROM email m JOIN entity_email l ON l.point=m.id"
                   " AND l.type='%s' WHERE %s) c JOIN e_%s t ON t.id=c.id"
                   " LEFT JOIN entity_email l ON l.eid=t.id AND l.type='%s'"
                   " LEFT JOIN email m ON m.id=l.point",
                   e->name, mail, e->name, e->name);
    else
        buf_printf(sql, ") c JOIN e_%s t ON t.id=c.id", e->name);
    buf_printf(sql, " WHERE t.deleted=0 AND (%s OR %s) ORDER BY t.id LIMIT %d",
               *name ? name : "0", mail, MAX_DUPLICATES);
}

size_t duplicates_find(struct ctx *c, const struct record *r, struct buf *out) {
    struct buf sql = {0}, name = {0};
    const char *bind[2];
    int n = wants(r->e, "name") ? name_part(&name, r, bind) : 0;
    json_t *addresses = json_array();
    if (r->e->email && wants(r->e, "emailAddress"))
        add_addresses(addresses, r);
    struct buf text = {0};
    if (json_array_size(addresses))
        buf_json(&text, addresses);
    json_decref(addresses);
    size_t found = 0;
    sqlite3_stmt *q = NULL;
    if (name.len || text.len) {
        find_sql(&sql, r->e, name.len ? name.p : "", n, text.len > 0);
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
        if (d && acl_record(c->user, d, "read")) { /* strict access control */
            buf_str(out, found++ ? "," : "");
            record_write(out, c, d, true);
        }
        record_free(d);
    }
    buf_str(out, "]");
    store_done(&c->app->store, q);
    buf_free(&sql);
    buf_free(&name);
    buf_free(&text);
    return found;
}
