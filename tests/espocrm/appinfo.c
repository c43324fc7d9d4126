/*
 * Descriptions of the server. Promises that an unknown or forbidden metadata key answers
 * 200 with an empty body, as the original does. The metadata are reduced to what a client
 * reads.
 */
#include "appinfo.h"

#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "auth.h"
#include "record.h"
#include "search.h"

static json_t *settings_now(struct app *app) {
    return json_incref(app->schema.settings);
}

static json_t *user_attributes(struct ctx *c) {
    json_t *base =
        c->user->kind == USER_WEAK ? c->app->schema.user_weak : c->app->schema.user_full;
    json_t *u = json_deep_copy(json_object_get(base, "user"));
    json_object_set_new(u, "id", json_string(c->user->id));
    json_object_set_new(u, "name", json_string(c->user->name));
    json_object_set_new(u, "userName", json_string(c->user->login));
    json_object_set_new(u, "lastName", json_string(c->user->name));
    json_object_set_new(u, "type", json_string(c->user->type));
    return u;
}

void appinfo_user(struct ctx *c) {
    json_t *base =
        c->user->kind == USER_WEAK ? c->app->schema.user_weak : c->app->schema.user_full;
    json_t *out = json_deep_copy(base);
    json_object_set_new(out, "user", user_attributes(c));
    json_object_set_new(out, "settings", settings_now(c->app));
    json_object_set_new(json_object_get(out, "preferences"), "id",
                        json_string(c->user->id));
    if (c->user->kind == USER_WEAK)
        json_object_set_new(json_object_get(out, "acl"), "assignmentPermission",
                            json_string(c->app->assignment));
    if (c->rq->espo_authorization || (c->rq->authorization && !c->rq->api_key)) {
        char *token = auth_new_token(c->app, c->user);
        json_object_set_new(out, "token", json_string(token));
        free(token);
    }
    buf_json(&c->rp->body, out);
    json_decref(out);
}

void appinfo_about(struct ctx *c) {
    buf_str(&c->rp->body, "{\"text\":\"A stand-in for tests.\\n\",\"version\":");
    buf_json(&c->rp->body, json_object_get(c->app->schema.settings, "version"));
    buf_str(&c->rp->body, "}");
}

void appinfo_settings(struct ctx *c) {
    buf_json(&c->rp->body, c->app->schema.settings);
}

static json_t *entity_defs(struct ctx *c) {
    json_t *all = json_object();
    for (size_t i = 0; i < c->app->schema.n; i++) {
        const struct entity *e = &c->app->schema.entities[i];
        if (acl_level(c->user, e->name, "read") != LEVEL_NO)
            json_object_set(all, e->name, e->defs);
    }
    return all;
}

static json_t *all_metadata(struct ctx *c) {
    return json_pack("{s:o,s:O,s:O,s:{s:O}}", "entityDefs", entity_defs(c), "fields",
                     c->app->schema.fields, "scopes", c->app->schema.scopes, "app",
                     "regExpPatterns", c->app->schema.patterns);
}

void appinfo_metadata(struct ctx *c) {
    json_t *query = query_parse(c->rq->query), *all = all_metadata(c), *at = all;
    const char *key = json_string_value(json_object_get(query, "key"));
    while (key && *key && at) {
        size_t n = strcspn(key, ".");
        char *part = mem_dupn(key, n);
        at = json_object_get(at, part);
        free(part);
        key += n + (key[n] == '.');
    }
    if (at)
        buf_json(&c->rp->body, at);
    json_decref(query);
    json_decref(all);
}

/* The user speaks English, the server German: two are all that a client can ask for. */
void appinfo_i18n(struct ctx *c) {
    bool of_server = c->rq->query && strstr(c->rq->query, "default=true");
    buf_json(&c->rp->body, of_server ? c->app->schema.i18n_default : c->app->schema.i18n);
}
