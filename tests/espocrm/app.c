/*
 * The server without HTTP: opening, the users and teams it begins with, seeding
 * records, and the common ways to answer. Promises that app_close frees all of
 * app_open, also after a failure half-way.
 */
#include "app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

const char TYPE_JSON[] = "application/json";
const char TYPE_HTML[] = "text/html; charset=UTF-8";

static void add_user(struct app *app, enum user_kind kind, const char *id,
                     const char *login, const char *type) {
    struct user *u = &app->users[kind];
    *u = (struct user){.kind = kind, .id = id, .type = type, .active = true};
    snprintf(u->name, sizeof u->name, "%s", kind == USER_ADMIN ? "Admin" : login);
    snprintf(u->login, sizeof u->login, "%s", login);
    u->acl = json_object_get(
        kind == USER_WEAK ? app->schema.user_weak : app->schema.user_full, "acl");
}

static void add_users(struct app *app) {
    add_user(app, USER_SYSTEM, "system", "system", "system");
    add_user(app, USER_ADMIN, "5e00000000000ad01",
             app->cfg.admin ? app->cfg.admin : "admin", "admin");
    add_user(app, USER_API, "5e00000000000a001", "espoload_api", "api");
    add_user(app, USER_HMAC, "5e00000000000a002", "espoload_hmac", "api");
    add_user(app, USER_WEAK, "5e00000000000a003", "espoload_weak", "api");
    add_user(app, USER_REGULAR, "5e00000000000b001",
             app->cfg.user ? app->cfg.user : "joe", "regular");
    add_user(app, USER_INACTIVE, "5e00000000000a004", "espoload_old", "api");
    app->users[USER_INACTIVE].active = false;
}

/* Replaces the settings' currencies by a comma list, the first being the default. */
static void set_currencies(struct app *app, const char *list) {
    json_t *out = json_array();
    while (list && *list) {
        size_t n = strcspn(list, ",");
        json_array_append_new(out, json_stringn(list, n));
        list += n + (list[n] == ',');
    }
    if (json_array_size(out)) {
        json_object_set(app->schema.settings, "defaultCurrency", json_array_get(out, 0));
        json_object_set(app->schema.settings, "baseCurrency", json_array_get(out, 0));
        json_object_set(app->schema.settings, "currencyList", out);
    }
    json_decref(out);
}

static void seed_users(struct app *app, const char *stamp) {
    for (size_t i = 0; i < USER_KINDS; i++) {
        const struct user *u = &app->users[i];
        store_run(
            &app->store, NULL,
            "INSERT OR IGNORE INTO e_User(id,deleted,userName,lastName,type,isActive,"
            "createdAt,modifiedAt,createdById) VALUES(?,0,?,?,?,?,?,?,'system')",
            u->id, u->login, u->name, u->type, u->active ? "1" : "0", stamp, stamp, NULL);
    }
    store_run(
        &app->store, NULL,
        "INSERT OR IGNORE INTO e_Team(id,deleted,name,createdAt,modifiedAt)"
        " VALUES('5e0000000000007e1',0,'Sales',?1,?1),('5e0000000000007e2',0,'Support',"
        "?1,?1)",
        stamp, NULL);
}

static void seed_leads(struct app *app, const char *stamp) {
    int64_t have = 0;
    store_run(&app->store, &have, "SELECT COUNT(*) FROM e_Lead", NULL);
    for (long i = have; i < app->cfg.leads; i++) {
        char id[ID_SIZE], first[32], last[32], mail[48], key[24];
        idgen_next(&app->store.ids, id);
        snprintf(first, sizeof first, "First%06ld", i);
        snprintf(last, sizeof last, "Last%06ld", i);
        snprintf(mail, sizeof mail, "lead%06ld@example.com", i);
        store_run(
            &app->store, NULL,
            "INSERT INTO e_Lead(id,deleted,firstName,lastName,status,doNotCall,createdAt,"
            "modifiedAt,streamUpdatedAt,createdById)"
            " VALUES(?1,0,?2,?3,'New',0,?4,?4,?4,'system')",
            id, first, last, stamp, NULL);
        store_run(&app->store, NULL,
                  "INSERT OR IGNORE INTO email(name,lower) VALUES(?1,?1)", mail, NULL);
        snprintf(key, sizeof key, "%lld",
                 (long long)sqlite3_last_insert_rowid(app->store.db));
        store_run(
            &app->store, NULL,
            "INSERT INTO entity_email(type,eid,point,prim) SELECT 'Lead',?1,id,1 FROM"
            " email WHERE lower=?2",
            id, mail, NULL);
    }
}

void app_seed(struct app *app) {
    char stamp[STAMP_SIZE];
    clock_stamp(stamp);
    store_begin(&app->store);
    seed_users(app, stamp);
    seed_leads(app, stamp);
    store_commit(&app->store);
}

int app_open(struct app *app) {
    if (schema_load(&app->schema, app->cfg.data_dir, app->cfg.variant))
        return -1;
    set_currencies(app, app->cfg.currencies);
    if (store_open(&app->store, app->cfg.store_file, &app->schema))
        return -1;
    pthread_mutex_init(&app->lock, NULL);
    app->requests = json_object();
    app->statuses = json_object();
    app->accepted = json_object();
    json_t *at = json_object_get(app->schema.settings, "appTimestamp");
    snprintf(app->stamp, sizeof app->stamp, "%lld", (long long)json_integer_value(at));
    snprintf(app->assignment, sizeof app->assignment, "team");
    add_users(app);
    app_seed(app);
    return 0;
}

void app_close(struct app *app) {
    fault_clear(app);
    if (app->store.db)
        store_close(&app->store);
    schema_fini(&app->schema);
    json_decref(app->requests);
    json_decref(app->statuses);
    json_decref(app->accepted);
}

void fail(struct ctx *c, int status, const char *fmt, ...) {
    c->rp->status = status;
    c->rp->has_reason = fmt != NULL;
    c->rp->reason[0] = '\0';
    buf_clear(&c->rp->body);
    if (!fmt)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->rp->reason, sizeof c->rp->reason, fmt, ap);
    va_end(ap);
    for (char *p = c->rp->reason; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

void fail_blank(struct ctx *c, int status) {
    fail(c, status, NULL);
    c->rp->has_reason = true;
}

void reply_json(struct ctx *c, const char *text) {
    buf_str(&c->rp->body, text);
}

void reply_validation(struct ctx *c, const char *entity, const char *field,
                      const char *type) {
    fail(c, 400, "Field validation failure; entityType: %s, field: %s, type: %s.", entity,
         field, type);
    buf_printf(&c->rp->body,
               "{\"messageTranslation\":{\"label\":\"validationFailure\",\"scope\":null,"
               "\"data\":{\"field\":\"%s\",\"type\":\"%s\"}}}",
               field, type);
}

void request_free(struct request *rq) {
    char **owned[] = {&rq->method,
                      &rq->uri,
                      &rq->path,
                      &rq->raw_path,
                      &rq->query,
                      &rq->api_key,
                      &rq->hmac,
                      &rq->authorization,
                      &rq->espo_authorization,
                      &rq->by_token,
                      &rq->content_type,
                      &rq->content_encoding,
                      &rq->requested_with,
                      &rq->skip_duplicate,
                      &rq->version,
                      &rq->no_total};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        free(*owned[i]);
        *owned[i] = NULL;
    }
    buf_free(&rq->body);
}

void reply_init(struct reply *rp) {
    *rp = (struct reply){.status = 200, .content_type = TYPE_JSON, .truncate_at = -1};
}
