/* schema.c - questions to a schema: finding attributes, option lists from elsewhere. */
#include "model/schema.h"

#include "base/utf8.h"
#include "model/pattern.h"
#include "model/schema_internal.h"

#include <stdlib.h>
#include <string.h>

void schema_free(struct schema *schema) {
    if (schema == NULL)
        return;
    for (struct schema_pattern *p = schema->patterns; p != NULL; p = p->next)
        pattern_free(p->pattern);
    free(schema->slots);
    free(schema->references);
    free(schema->groups);
    arena_fini(&schema->arena);
    free(schema);
}

const char *schema_entity_type(const struct schema *schema) {
    return schema->entity_type;
}

const struct schema_server *schema_server(const struct schema *schema) {
    return &schema->server;
}

bool schema_shows_made(const struct schema *schema, struct slice assigned) {
    const struct schema_server *server = &schema->server;

    if (server->reads_all || !server->may_read)
        return server->reads_all;
    if (schema_find(schema, "assignedUsersIds") != NULL)
        return false; /* to several at once, which nobody compares here */
    if (schema_find(schema, "assignedUserId") != NULL)
        return slice_is(assigned, server->user_id);
    return !server->reads_team || schema_find(schema, "teamsIds") != NULL;
}

/* Does EspoCRM assign the records that the user makes to the user, unasked? Where the
 * role forbids the field, and where it forbids to assign to others; then not for API
 * users (DefaultPopulator.php of 9.1.7). */
static bool assigns_made(const struct schema *schema) {
    const struct schema_server *server = &schema->server;
    const struct schema_attribute *owner = schema_find(schema, "assignedUserId");

    return owner != NULL &&
           (owner->lock == LOCK_FORBIDDEN ||
            (server->assigns_none && strcmp(server->user_type, "api") != 0));
}

bool schema_hides_made(const struct schema *schema) {
    const struct schema_server *server = &schema->server;
    const struct schema_attribute *teams = schema_find(schema, "teamsIds");
    bool team_added = server->has_default_team && teams != NULL &&
                      (server->assigns_none || teams->lock == LOCK_FORBIDDEN);

    return !schema_shows_made(schema, slice_make("", 0)) && !assigns_made(schema) &&
           !(server->reads_team && team_added);
}

static int compare_name(const void *key, const void *element) {
    const struct schema_attribute *const *attribute = element;

    return strcmp(key, (*attribute)->name);
}

const struct schema_attribute *schema_find(const struct schema *schema,
                                           const char *name) {
    const struct schema_attribute **found = bsearch(name, schema->sorted, schema->count,
                                                    sizeof *schema->sorted, compare_name);

    return found == NULL ? NULL : *found;
}

const struct schema_attribute *schema_nearest(const struct schema *schema,
                                              const char *name) {
    const struct schema_attribute *nearest = NULL;
    size_t limit = 1 + strlen(name) / 3;

    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_attribute *at = &schema->slots[i].def;
        size_t distance;
        if (at->lock != LOCK_NONE)
            continue;
        distance = utf8_distance(slice_of(name), slice_of(at->name), limit);
        if (distance > limit)
            continue;
        nearest = at;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest;
}

const struct schema_attribute *schema_currency(const struct schema *schema,
                                               const struct schema_attribute *amount) {
    size_t len = strlen(amount->name);

    if (amount->type != ATTRIBUTE_CURRENCY && amount->type != ATTRIBUTE_DECIMAL)
        return NULL;
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_attribute *def = &schema->slots[i].def;
        if (strncmp(def->name, amount->name, len) == 0 &&
            strcmp(def->name + len, "Currency") == 0)
            return def->lock == LOCK_NONE ? def : NULL;
    }
    return NULL;
}

size_t schema_count(const struct schema *schema) {
    return schema->count;
}

const struct schema_attribute *schema_at(const struct schema *schema, size_t i) {
    return i < schema->count ? &schema->slots[i].def : NULL;
}

const char *const *schema_required_any(const struct schema *schema, size_t i,
                                       const char **field) {
    if (i >= schema->group_count)
        return NULL;
    if (field != NULL)
        *field = schema->groups[i].field;
    return schema->groups[i].names;
}

const char *schema_reference(const struct schema *schema, size_t i) {
    return i < schema->reference_count ? schema->references[i] : NULL;
}

const char *const *schema_copy_strings(struct schema *schema, json_t *array,
                                       size_t *count) {
    size_t n = json_array_size(array);
    const char **list = arena_alloc(&schema->arena, (n + 1) * sizeof *list);

    *count = 0;
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(array, i);
        if (!json_is_string(item))
            continue;
        list[*count] =
            arena_copy(&schema->arena, json_string_value(item), json_string_length(item));
        if (list[(*count)++] == NULL)
            return NULL;
    }
    list[*count] = NULL;
    return list;
}

int schema_set_reference(struct schema *schema, size_t i, struct slice body,
                         struct err *err) {
    const char *const *options;
    json_error_t error;
    json_t *array;
    size_t count;

    if (i >= schema->reference_count)
        return err_set(err, RC_USAGE, "there is no option list number %zu", i);
    if (slice_trim(body).len == 0)
        return RC_OK; /* no access to the other entity type: any option passes here */
    array = json_loadb(body.data, body.len, JSON_DECODE_ANY, &error);
    if (json_is_null(array)) {
        json_decref(array);
        return RC_OK;
    }
    if (!json_is_array(array)) {
        json_decref(array);
        return err_set(err, RC_SERVER,
                       "the server's answer for %s is not a list of options",
                       schema->references[i]);
    }
    options = schema_copy_strings(schema, array, &count);
    json_decref(array);
    if (options == NULL)
        return err_nomem(err);
    for (size_t k = 0; k < schema->count; k++) {
        struct schema_slot *slot = &schema->slots[k];
        if (slot->reference != i)
            continue;
        slot->def.options = options;
        slot->def.option_count = count;
        slot->def.not_null = schema_refuses_null(&slot->def);
    }
    return RC_OK;
}
