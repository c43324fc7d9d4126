/*
 * Storing and loading e-mail addresses and phone numbers. Promises the side effects of
 * the original: an address is one row for all records, a plain address replaces the
 * primary and leaves the others, and writing a record with a plain address writes its
 * flags to the shared row, which clears an opt-out recorded elsewhere.
 */
#include "contact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What differs between the two kinds. */
struct kind {
    const char *table, *link, *key; /* key: attribute of an item that holds the address */
    enum akind main, data, opt_out, invalid;
    bool email;
};

static const struct kind kinds[] = {
    {"email", "entity_email", "emailAddress", A_EMAIL, A_EMAIL_DATA, A_EMAIL_OPT_OUT,
     A_EMAIL_INVALID, true},
    {"phone", "entity_phone", "phoneNumber", A_PHONE, A_PHONE_DATA, A_PHONE_OPT_OUT,
     A_PHONE_INVALID, false},
};

static const struct attr *attr_of(const struct record *r, const struct kind *k,
                                  enum akind kind) {
    const struct attr *main = k->email ? r->e->email : r->e->phone;
    if (!main || kind == k->main)
        return main;
    for (size_t i = 0; i < r->e->nattrs; i++)
        if (r->e->attrs[i]->kind == kind)
            return r->e->attrs[i];
    return NULL;
}

/* The key that makes two addresses the same: lower case, or the number itself. */
static char *address_key(const struct kind *k, const char *s) {
    while (isspace((unsigned char)*s))
        s++;
    char *key = mem_dup(s);
    for (size_t n = strlen(key); n && isspace((unsigned char)key[n - 1]);)
        key[--n] = '\0';
    for (char *p = key; k->email && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return key;
}

static void digits_of(const char *s, char out[64]) {
    size_t n = 0;
    for (; *s && n < 63; s++)
        if (isdigit((unsigned char)*s))
            out[n++] = *s;
    out[n] = '\0';
}

static json_t *load_data(struct app *app, const struct record *r, const struct kind *k) {
    sqlite3_stmt *q = store_prepare(
        &app->store,
        k->email
            ? "SELECT p.name,p.lower,l.prim,p.opt_out,p.invalid FROM entity_email l JOIN"
              " email p ON p.id=l.point WHERE l.eid=? AND l.type=?"
              " ORDER BY l.prim DESC,p.id"
            : "SELECT p.name,p.type,l.prim,p.opt_out,p.invalid FROM entity_phone l JOIN"
              " phone p ON p.id=l.point WHERE l.eid=? AND l.type=?"
              " ORDER BY l.prim DESC,p.id");
    json_t *list = json_array();
    if (!q)
        return list;
    bind_text(q, 1, record_text(r, r->e->id));
    bind_text(q, 2, r->e->name);
    while (sqlite3_step(q) == SQLITE_ROW) {
        json_t *item = json_object();
        json_object_set_new(item, k->key, column_value(q, 0, V_STRING));
        json_object_set_new(item, k->email ? "lower" : "type",
                            column_value(q, 1, V_STRING));
        json_object_set_new(item, "primary", column_value(q, 2, V_BOOL));
        json_object_set_new(item, "optOut", column_value(q, 3, V_BOOL));
        json_object_set_new(item, "invalid", column_value(q, 4, V_BOOL));
        json_array_append_new(list, item);
    }
    store_done(&app->store, q);
    return list;
}

void contact_load(struct app *app, const struct record *r) {
    for (size_t i = 0; i < 2; i++) {
        const struct attr *a = attr_of(r, &kinds[i], kinds[i].data);
        if (a && a->read)
            record_set(r, a, load_data(app, r, &kinds[i]));
    }
}

/* Finds the shared row, makes it when absent. `flags` of an existing row are overwritten
 * unless negative. */
static int64_t point(struct app *app, const struct record *r, const struct kind *k,
                     const char *address, const char *type, int opt_out, int invalid,
                     bool rename) {
    char *key = address_key(k, address);
    char digits[64], flag[2][2] = {"0", "0"};
    int64_t id = 0;
    flag[0][0] = opt_out > 0 ? '1' : '0';
    flag[1][0] = invalid > 0 ? '1' : '0';
    const char *find = k->email ? "SELECT id FROM email WHERE lower=?"
                                : "SELECT id FROM phone WHERE name=?";
    store_run(&app->store, &id, find, key, NULL);
    if (!id && k->email) {
        char *name = address_key(&kinds[1], address); /* trimmed, case kept */
        store_run(&app->store, NULL,
                  "INSERT INTO email(name,lower,opt_out,invalid) VALUES(?,?,?,?)", name,
                  key, flag[0], flag[1], NULL);
        free(name);
    } else if (!id) {
        const json_t *d =
            r->e->phone ? json_object_get(r->e->phone->field->defs, "defaultType") : NULL;
        digits_of(key, digits);
        if (!type)
            type = json_string_value(d) ? json_string_value(d) : "Mobile";
        store_run(
            &app->store, NULL,
            "INSERT INTO phone(name,numeric,type,opt_out,invalid) VALUES(?,?,?,?,?)", key,
            digits, type, flag[0], flag[1], NULL);
    } else {
        if (opt_out >= 0)
            store_run(&app->store, NULL,
                      k->email ? "UPDATE email SET opt_out=?,invalid=? WHERE lower=?"
                               : "UPDATE phone SET opt_out=?,invalid=? WHERE name=?",
                      flag[0], flag[1], key, NULL);
        if (rename && k->email)
            store_run(&app->store, NULL, "UPDATE email SET name=? WHERE lower=?", address,
                      key, NULL);
        if (type && !k->email)
            store_run(&app->store, NULL, "UPDATE phone SET type=? WHERE name=?", type,
                      key, NULL);
    }
    if (!id)
        id = sqlite3_last_insert_rowid(app->store.db);
    free(key);
    return id;
}

static void link_point(struct app *app, const struct record *r, const struct kind *k,
                       int64_t id, bool primary) {
    sqlite3_stmt *q = store_prepare(
        &app->store,
        k->email
            ? "INSERT OR REPLACE INTO entity_email(type,eid,point,prim) VALUES(?,?,?,?)"
            : "INSERT OR REPLACE INTO entity_phone(type,eid,point,prim) VALUES(?,?,?,?)");
    if (!q)
        return;
    bind_text(q, 1, r->e->name);
    bind_text(q, 2, record_text(r, r->e->id));
    bind_int(q, 3, id);
    bind_int(q, 4, primary);
    sqlite3_step(q);
    store_done(&app->store, q);
}

static void unlink_address(struct app *app, const struct record *r, const struct kind *k,
                           const char *address) {
    char *key = address_key(k, address);
    store_run(&app->store, NULL,
              k->email ? "DELETE FROM entity_email WHERE eid=? AND type=? AND point IN"
                         " (SELECT id FROM email WHERE lower=?)"
                       : "DELETE FROM entity_phone WHERE eid=? AND type=? AND point IN"
                         " (SELECT id FROM phone WHERE name=?)",
              record_text(r, r->e->id), r->e->name, key, NULL);
    free(key);
}

static void store_list(struct app *app, const struct record *r, const struct kind *k,
                       const json_t *list) {
    size_t primary = 0, i;
    json_t *item;
    json_array_foreach(list, i, item) if (json_is_true(json_object_get(item, "primary")))
        primary = i;
    store_run(&app->store, NULL,
              k->email ? "DELETE FROM entity_email WHERE eid=? AND type=?"
                       : "DELETE FROM entity_phone WHERE eid=? AND type=?",
              record_text(r, r->e->id), r->e->name, NULL);
    json_array_foreach(list, i, item) {
        const char *address = json_string_value(json_object_get(item, k->key));
        if (!address || !*address)
            continue;
        int64_t id =
            point(app, r, k, address, json_string_value(json_object_get(item, "type")),
                  json_is_true(json_object_get(item, "optOut")),
                  json_is_true(json_object_get(item, "invalid")), true);
        link_point(app, r, k, id, i == primary);
        if (i == primary) {
            char *key = address_key(k, address);
            record_set_text(r, attr_of(r, k, k->main), key);
            free(key);
        }
    }
}

static void store_primary(struct app *app, const struct record *r,
                          const struct record *old, const struct kind *k) {
    const struct attr *main = attr_of(r, k, k->main);
    const char *now = record_text(r, main), *was = old ? record_text(old, main) : NULL;
    if (now && !*now)
        now = NULL;
    if (!now) {
        if (was)
            unlink_address(app, r, k, was);
        return;
    }
    int opt_out = json_is_true(record_get(r, attr_of(r, k, k->opt_out)));
    int invalid = json_is_true(record_get(r, attr_of(r, k, k->invalid)));
    if (was && !strcmp(was, now)) {
        const struct attr *o = attr_of(r, k, k->opt_out), *v = attr_of(r, k, k->invalid);
        if (!record_same(record_get(r, o), record_get(old, o)) ||
            !record_same(record_get(r, v), record_get(old, v)))
            point(app, r, k, now, NULL, opt_out, invalid, false);
        return;
    }
    int64_t id = point(app, r, k, now, NULL, opt_out, invalid, false);
    if (was)
        unlink_address(app, r, k, was);
    link_point(app, r, k, id, true);
}

void contact_store(struct app *app, const struct record *r, const struct record *old) {
    for (size_t i = 0; i < 2; i++) {
        const struct kind *k = &kinds[i];
        const struct attr *main = attr_of(r, k, k->main), *data = attr_of(r, k, k->data);
        if (!main)
            continue;
        const json_t *list = record_get(r, data);
        if (json_is_array(list) && !(old && record_same(list, record_get(old, data))))
            store_list(app, r, k, list);
        else if (record_has(r, main))
            store_primary(app, r, old, k);
    }
}

int contact_add_primary(struct app *app, const struct entity *e, const char *id,
                        const char *address) {
    struct record *r = record_load(app, e, id, false);
    if (!r || !e->email) {
        record_free(r);
        return -1;
    }
    link_point(app, r, &kinds[0], point(app, r, &kinds[0], address, NULL, -1, -1, false),
               true);
    record_free(r);
    return 0;
}
