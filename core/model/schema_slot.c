/* schema_slot.c - one attribute of a schema: made, locked, given its rules.
 *
 * What schema_fields.c builds the attributes of every field type from.
 */
#include "model/schema_internal.h"

#include "model/pattern.h"

#include <stdio.h>
#include <stdlib.h>

const char *schema_text_param(json_t *params, const char *name) {
    return json_string_value(json_object_get(params, name));
}

bool schema_flag_param(json_t *params, const char *name) {
    return json_is_true(json_object_get(params, name));
}

size_t schema_size_param(json_t *params, const char *name, size_t fallback) {
    json_t *value = json_object_get(params, name);

    return json_is_integer(value) && json_integer_value(value) > 0
               ? (size_t)json_integer_value(value)
               : fallback;
}

/* The named patterns of EspoCRM 7 to 10, for a server that does not tell them. */
static const char *const known_patterns[][2] = {
    {"noBadCharacters", "[^<>=]+"},
    {"id", "[A-Za-z0-9_=\\-\\.]+"},
    {"phoneNumberLoose", "[0-9A-Za-z_@:#\\+\\(\\)\\-\\. ]+"},
    {"uriOptionalProtocol",
     "([a-zA-Z0-9]+\\:\\/\\/)?[a-zA-Z0-9%\\.\\/\\?\\:@\\-_=#$!+*\\(\\)',]+\\.([a-zA-Z0-9%"
     "\\&\\.\\/\\?\\:@\\-_=#$!+*\\(\\)',~])*"},
    {"uri", "([a-zA-Z0-9]+\\:\\/\\/){1}[a-zA-Z0-9%\\.\\/\\?\\:@\\-_=#$!+*\\(\\)',]+\\.(["
            "a-zA-Z0-9%\\&\\.\\/\\?\\:@\\-_=#$!+*\\(\\)',~])*"},
};

static const char *const system_names[] = {"createdAt",     "createdById",   "createdBy",
                                           "modifiedAt",    "modifiedById",  "modifiedBy",
                                           "createdByName", "modifiedByName"};

void schema_lock(struct schema_attribute *def, enum attribute_lock lock) {
    if (def->lock == LOCK_NONE)
        def->lock = lock;
}

const char *schema_keep(struct schema_loader *loader, const char *text) {
    const char *copy = arena_copy(&loader->schema->arena, text, strlen(text));

    if (copy == NULL)
        loader->failed = RC_NOMEM;
    return copy;
}

static const char *named_pattern(struct schema_loader *loader, const char *name) {
    json_t *entry =
        loader->patterns == NULL ? NULL : json_object_get(loader->patterns, name);
    const char *found =
        json_is_object(entry) ? schema_text_param(entry, "pattern") : NULL;

    for (size_t i = 0;
         found == NULL && i < sizeof known_patterns / sizeof *known_patterns; i++)
        if (strcmp(known_patterns[i][0], name) == 0)
            found = known_patterns[i][1];
    return found;
}

/* Attributes with the same pattern share its compiled form. */
void schema_set_pattern(struct schema_loader *loader, struct schema_attribute *def,
                        const char *text) {
    struct schema_pattern *p;

    if (text != NULL && text[0] == '$')
        text = named_pattern(loader, text + 1);
    if (text == NULL || text[0] == '\0')
        return;
    for (p = loader->schema->patterns; p != NULL; p = p->next)
        if (strcmp(p->text, text) == 0)
            break;
    if (p == NULL) {
        p = arena_zalloc(&loader->schema->arena, sizeof *p);
        if (p == NULL || (p->text = schema_keep(loader, text)) == NULL) {
            loader->failed = RC_NOMEM;
            return;
        }
        if (pattern_new(&p->pattern, text) < 0)
            loader->failed = RC_NOMEM;
        p->next = loader->schema->patterns;
        loader->schema->patterns = p;
    }
    def->pattern = p->pattern == NULL ? NULL : p->text;
    def->pattern_code = p->pattern;
}

/* NULL when memory is out, or when another field made the attribute before. Borrowed
 * until the next one is added. */
struct schema_slot *schema_add_slot(struct schema_loader *loader, const char *field,
                                    const char *prefix, const char *suffix,
                                    enum attribute_type type) {
    struct schema *schema = loader->schema;
    struct schema_slot *slot;
    char *name = arena_format(&schema->arena, "%s%s%s", prefix, field, suffix);

    if (name == NULL) {
        loader->failed = RC_NOMEM;
        return NULL;
    }
    if (prefix[0] != '\0' && field[0] >= 'a' && field[0] <= 'z') /* first + name */
        name[strlen(prefix)] = (char)(field[0] - 'a' + 'A');
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->slots[i].def.name, name) == 0)
            return NULL;
    if (schema->count == schema->cap) {
        size_t cap = schema->cap == 0 ? 64 : schema->cap * 2;
        struct schema_slot *slots = realloc(schema->slots, cap * sizeof *slots);
        if (slots == NULL) {
            loader->failed = RC_NOMEM;
            return NULL;
        }
        schema->slots = slots;
        schema->cap = cap;
    }
    slot = &schema->slots[schema->count];
    *slot = (struct schema_slot){.reference = NO_REFERENCE};
    slot->def.name = name;
    slot->def.type = type;
    slot->def.field = schema_keep(loader, field);
    if (slot->def.field == NULL)
        return NULL;
    schema->count++;
    for (size_t i = 0; i < sizeof system_names / sizeof *system_names; i++)
        if (strcmp(system_names[i], name) == 0)
            slot->def.lock = LOCK_SYSTEM;
    return slot;
}

/* Does the server fill the attribute when it is not sent? */
static bool has_default(json_t *params) {
    json_t *value = json_object_get(params, "default");

    if (value == NULL || json_is_null(value))
        return false;
    if (json_is_array(value))
        return json_array_size(value) > 0;
    if (json_is_string(value)) /* a "javascript:" default is the browser's only */
        return json_string_length(value) > 0 &&
               strncmp(json_string_value(value), "javascript:", 11) != 0;
    return true;
}

static void set_number(json_t *value, bool *has, double *out) {
    if (!json_is_number(value))
        return;
    *has = true;
    *out = json_number_value(value);
}

static size_t add_reference(struct schema_loader *loader, const char *key) {
    struct schema *schema = loader->schema;
    const char **references;

    for (size_t i = 0; i < schema->reference_count; i++)
        if (strcmp(schema->references[i], key) == 0)
            return i;
    references = realloc(schema->references,
                         (schema->reference_count + 1) * sizeof *schema->references);
    if (references == NULL) {
        loader->failed = RC_NOMEM;
        return NO_REFERENCE;
    }
    schema->references = references;
    references[schema->reference_count] = schema_keep(loader, key);
    return schema->reference_count++;
}

void schema_set_options(struct schema_loader *loader, struct schema_slot *slot,
                        json_t *options) {
    if (!json_is_array(options))
        return;
    slot->def.options =
        schema_copy_strings(loader->schema, options, &slot->def.option_count);
    if (slot->def.options == NULL)
        loader->failed = RC_NOMEM;
}

/* "Account.industry" is the metadata key entityDefs.Account.fields.industry.options. */
void schema_set_option_source(struct schema_loader *loader, struct schema_slot *slot,
                              json_t *params) {
    const char *reference = schema_text_param(params, "optionsReference");
    const char *path = schema_text_param(params, "optionsPath");
    const char *dot = reference == NULL ? NULL : strchr(reference, '.');
    const char *translation = schema_text_param(params, "translation");
    char key[256];

    slot->def.labels_at =
        translation == NULL && reference == NULL
            ? NULL
            : schema_keep(loader, translation != NULL ? translation : reference);
    if (dot != NULL)
        (void)snprintf(key, sizeof key, "entityDefs.%.*s.fields.%s.options",
                       (int)(dot - reference), reference, dot + 1);
    else if (path != NULL)
        (void)snprintf(key, sizeof key, "%s", path);
    else {
        schema_set_options(loader, slot, json_object_get(params, "options"));
        return;
    }
    slot->reference = add_reference(loader, key);
}

bool schema_refuses_null(const struct schema_attribute *def) {
    for (size_t i = 0; i < def->option_count; i++)
        if (def->options[i][0] == '\0')
            return false;
    return def->options != NULL && def->type == ATTRIBUTE_ENUM;
}

static bool is_level_no(struct schema_loader *loader, const char *field,
                        const char *action) {
    json_t *levels = json_is_object(loader->field_table)
                         ? json_object_get(loader->field_table, field)
                         : NULL;
    const char *level = json_is_object(levels) ? schema_text_param(levels, action) : NULL;

    return level != NULL && strcmp(level, "no") == 0;
}

bool schema_is_forbidden(struct schema_loader *loader, const char *field) {
    return is_level_no(loader, field, "edit");
}

bool schema_is_hidden(struct schema_loader *loader, const char *field) {
    return is_level_no(loader, field, "read");
}

/* What every writable attribute takes from its field. */
void schema_apply_params(struct schema_loader *loader, struct schema_slot *slot,
                         json_t *params) {
    struct schema_attribute *def = &slot->def;

    def->required = schema_flag_param(params, "required");
    def->has_default = has_default(params);
    def->max_count = schema_size_param(params, "maxCount", 0);
    set_number(json_object_get(params, "min"), &def->has_min, &def->min);
    set_number(json_object_get(params, "max"), &def->has_max, &def->max);
    if (schema_flag_param(params, "readOnly"))
        schema_lock(def, LOCK_READ_ONLY);
    def->not_stored = schema_flag_param(params, "notStorable");
    if (def->not_stored)
        schema_lock(def, LOCK_NOT_STORED);
    if (schema_is_forbidden(loader, def->field))
        schema_lock(def, LOCK_FORBIDDEN);
}
