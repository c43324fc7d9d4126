/* schema_load.c - from the bodies of the server's answers to a schema.
 *
 * Which attributes a field has is schema_fields.c's; here are the documents around it:
 * the server's settings, the user's rights, the order and the index of the attributes.
 *
 */
#include "model/schema.h"

#include "model/schema_internal.h"

#include <stdlib.h>
#include <string.h>

static json_t *member(json_t *object, const char *name) {
    return json_is_object(object) ? json_object_get(object, name) : NULL;
}

static bool is_true(json_t *object, const char *name) {
    json_t *value = member(object, name);

    return json_is_true(value);
}

static const char *text_of(struct schema *schema, json_t *object, const char *name,
                           const char *fallback) {
    json_t *value = member(object, name);

    if (!json_is_string(value))
        return fallback;
    return arena_copy(&schema->arena, json_string_value(value),
                      json_string_length(value));
}

/* "no", false and a missing entry are no; "yes", "all", "team", "own", true are yes. */
static bool is_allowed(json_t *scope, const char *action) {
    json_t *level = json_is_object(scope) ? json_object_get(scope, action) : scope;

    if (json_is_string(level))
        return strcmp(json_string_value(level), "no") != 0;
    return json_is_true(level);
}

/* "all", "team" or "own", as said of the action; `true` is all. */
static bool is_level(json_t *scope, const char *action, const char *level) {
    json_t *said = json_is_object(scope) ? json_object_get(scope, action) : scope;

    return json_is_string(said) ? strcmp(json_string_value(said), level) == 0
                                : json_is_true(said) && strcmp(level, "all") == 0;
}

static bool has_text(json_t *array, const char *text) {
    json_t *item;
    size_t i;

    json_array_foreach(array, i,
                       item) if (json_is_string(item) &&
                                 strcmp(json_string_value(item), text) == 0) return true;
    return false;
}

static int load_server(struct schema *schema, json_t *settings, json_t *app_user) {
    struct schema_server *server = &schema->server;
    json_t *user = member(app_user, "user");
    json_t *table = member(member(app_user, "acl"), "table");
    json_t *scope = member(table, schema->entity_type);
    json_t *size = member(settings, "recordListMaxSizeLimit");
    json_t *import = member(table, "Import");
    const char *team = json_string_value(member(user, "defaultTeamId"));
    const char *assignment =
        json_string_value(member(member(app_user, "acl"), "assignmentPermission"));

    server->version = text_of(schema, settings, "version", "");
    server->time_zone = text_of(schema, settings, "timeZone", "UTC");
    server->default_currency = text_of(schema, settings, "defaultCurrency", "");
    server->user_id = text_of(schema, user, "id", "");
    server->user_name = text_of(schema, user, "userName", "");
    server->user_type = text_of(schema, user, "type", "");
    server->list_max_size = json_is_integer(size) && json_integer_value(size) > 0
                                ? (size_t)json_integer_value(size)
                                : 200;
    server->phone_international = is_true(settings, "phoneNumberInternational");
    server->phone_extensions = is_true(settings, "phoneNumberExtensions");
    server->may_create = is_allowed(scope, "create");
    server->may_read = is_allowed(scope, "read");
    server->reads_all = is_level(scope, "read", "all");
    server->reads_team = is_level(scope, "read", "team");
    server->may_edit = is_allowed(scope, "edit");
    server->may_delete = is_allowed(scope, "delete");
    server->may_import = json_is_true(import) || json_is_object(import);
    server->mails_assigned =
        is_true(settings, "assignmentEmailNotifications") &&
        has_text(member(settings, "assignmentEmailNotificationsEntityList"),
                 schema->entity_type);
    server->may_assign = assignment != NULL && strcmp(assignment, "all") == 0;
    server->assigns_none = assignment != NULL && strcmp(assignment, "no") == 0;
    server->has_default_team = team != NULL;
    return server->version == NULL || server->time_zone == NULL ||
                   server->default_currency == NULL || server->user_id == NULL ||
                   server->user_name == NULL || server->user_type == NULL
               ? RC_NOMEM
               : RC_OK;
}

static int load_body(json_t **out, struct slice body, const char *what, struct err *err) {
    json_error_t error;

    *out = json_loadb(body.len == 0 ? "" : body.data, body.len, 0, &error);
    if (json_is_object(*out))
        return RC_OK;
    (void)err_set(err, RC_SERVER, "the server's answer for %s is not a JSON object%s%s",
                  what, *out == NULL ? ": " : "", *out == NULL ? error.text : "");
    err_advise(err, "check that the URL is that of an EspoCRM (without /api/v1), and "
                    "that no proxy or login page answers in its place");
    return RC_SERVER;
}

static int compare_names(const void *a, const void *b) {
    const struct schema_attribute *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static int build_index(struct schema *schema) {
    size_t size = (schema->count + 1) * sizeof *schema->sorted;

    schema->sorted = arena_alloc(&schema->arena, size);
    if (schema->sorted == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < schema->count; i++)
        schema->sorted[i] = &schema->slots[i].def;
    qsort(schema->sorted, schema->count, sizeof *schema->sorted, compare_names);
    return RC_OK;
}

/* A field that a role forbids takes its attributes along, also those that the metadata
 * has as fields of their own: `name` takes firstName and lastName (seen on 9.1.7). */
static void forbid_attributes(struct schema *schema, json_t *attributes) {
    json_t *edit = member(member(attributes, "edit"), "no");
    json_t *read = member(member(attributes, "read"), "no");

    for (size_t i = 0; i < schema->count; i++) {
        struct schema_attribute *def = &schema->slots[i].def;
        if (has_text(edit, def->name))
            schema_lock(def, LOCK_FORBIDDEN);
        if (has_text(read, def->name))
            def->unreadable = true;
    }
}

/* The fields of entity_defs, with everything around them in loader. */
static int load_fields(struct schema_loader *loader, json_t *entity_defs) {
    const char *field;
    json_t *params;

    schema_add_system(loader, is_true(entity_defs, "optimisticConcurrencyControl"));
    json_object_foreach(loader->fields, field, params) {
        if (json_is_object(params))
            schema_add_field(loader, field, params);
    }
    forbid_attributes(loader->schema, loader->forbidden);
    return loader->failed;
}

static int load_entity(struct schema *schema, const struct schema_sources *sources,
                       json_t *settings, json_t *app_user, struct err *err) {
    json_t *entity_defs = NULL, *patterns = NULL;
    struct schema_loader loader = {.schema = schema};
    int rc;

    rc = load_body(&entity_defs, sources->entity_defs, "the entity's metadata", err);
    if (rc < 0)
        goto out;
    if (slice_trim(sources->regexp_patterns).len > 0) {
        rc = load_body(&patterns, sources->regexp_patterns, "the named patterns", err);
        if (rc < 0)
            goto out;
    }
    loader.fields = member(entity_defs, "fields");
    loader.links = member(entity_defs, "links");
    loader.patterns = patterns;
    loader.currencies = member(settings, "currencyList");
    loader.field_table =
        member(member(member(app_user, "acl"), "fieldTable"), schema->entity_type);
    loader.forbidden =
        member(member(member(member(app_user, "acl"), "fieldTableQuickAccess"),
                      schema->entity_type),
               "attributes");
    if (!json_is_object(loader.fields)) {
        rc = err_set(err, RC_SERVER, "the server's metadata of %s has no fields",
                     schema->entity_type);
        goto out;
    }
    rc = load_fields(&loader, entity_defs);
    if (rc == RC_OK)
        rc = build_index(schema);
    if (rc < 0)
        (void)err_nomem(err);
out:
    json_decref(patterns);
    json_decref(entity_defs);
    return rc;
}

int schema_new(struct schema **out, const char *entity_type,
               const struct schema_sources *sources, struct err *err) {
    json_t *settings = NULL, *app_user = NULL;
    struct schema *schema = NULL;
    int rc;

    *out = NULL;
    if (slice_trim(sources->entity_defs).len == 0) {
        (void)err_set(err, RC_USAGE,
                      "EspoCRM knows no entity type '%s', or this user may not see it",
                      entity_type);
        err_advise(err, "check the spelling of entityType (it is case-sensitive: Lead), "
                        "and the role of the API user");
        return RC_USAGE;
    }
    rc = load_body(&settings, sources->settings, "Settings", err);
    if (rc < 0)
        goto out;
    rc = load_body(&app_user, sources->app_user, "App/user", err);
    if (rc < 0)
        goto out;
    if (!json_is_object(member(member(app_user, "acl"), "table"))) {
        rc = err_set(err, RC_SERVER,
                     "the server's answer for App/user has no rights in it");
        goto out;
    }
    schema = calloc(1, sizeof *schema);
    if (schema == NULL) {
        rc = err_nomem(err);
        goto out;
    }
    schema->entity_type = arena_copy(&schema->arena, entity_type, strlen(entity_type));
    if (schema->entity_type == NULL || load_server(schema, settings, app_user) < 0) {
        rc = err_nomem(err);
        goto out;
    }
    rc = load_entity(schema, sources, settings, app_user, err);
    if (rc == RC_OK) {
        *out = schema;
        schema = NULL;
    }
out:
    schema_free(schema);
    json_decref(app_user);
    json_decref(settings);
    return rc;
}
