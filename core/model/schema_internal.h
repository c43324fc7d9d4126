/* schema_internal.h - what schema.c, schema_load.c and schema_fields.c share. */
#ifndef MODEL_SCHEMA_INTERNAL_H
#define MODEL_SCHEMA_INTERNAL_H

#include "base/arena.h"
#include "model/schema.h"

#include <jansson.h>

#define NO_REFERENCE ((size_t)-1)

struct schema_slot {
    struct schema_attribute def; /* what schema_find() hands out */
    size_t reference;            /* index of its option list, or NO_REFERENCE */
};

struct schema_group {
    const char *field;        /* "name" */
    const char *const *names; /* attributes, ends with NULL */
};

struct schema_pattern {
    struct schema_pattern *next;
    const char *text;        /* as the metadata has it, resolved */
    struct pattern *pattern; /* owned; NULL when PCRE does not take it */
};

struct schema {
    struct arena arena;                     /* all texts and lists */
    const char *entity_type;                /* "Lead" */
    struct schema_slot *slots;              /* owned */
    size_t count, cap;                      /* of slots */
    const struct schema_attribute **sorted; /* by name; in the arena */
    const char **references;                /* metadata keys; owned */
    size_t reference_count;
    struct schema_group *groups; /* owned */
    size_t group_count;
    struct schema_pattern *patterns; /* in the arena */
    struct schema_server server;
};

/* One field on its way to attributes. */
struct schema_loader {
    struct schema *schema;
    json_t *fields;      /* entityDefs.{E}.fields */
    json_t *links;       /* entityDefs.{E}.links, or NULL */
    json_t *patterns;    /* app.regExpPatterns, or NULL */
    json_t *currencies;  /* Settings currencyList, or NULL */
    json_t *field_table; /* acl.fieldTable.{E}, or NULL */
    json_t *forbidden;   /* acl.fieldTableQuickAccess.{E}.attributes, or NULL */
    int failed;          /* RC_NOMEM once memory ran out */
};

/* schema_slot.c: one attribute. */
const char *schema_text_param(json_t *params, const char *name);
bool schema_flag_param(json_t *params, const char *name);
size_t schema_size_param(json_t *params, const char *name, size_t fallback);

/* A copy in the schema's arena; NULL sets loader->failed. */
const char *schema_keep(struct schema_loader *loader, const char *text);

/* NULL when memory is out, or when another field made the attribute before. Borrowed
 * until the next one is added. The name is prefix + Field + suffix. */
struct schema_slot *schema_add_slot(struct schema_loader *loader, const char *field,
                                    const char *prefix, const char *suffix,
                                    enum attribute_type type);

/* The first lock is kept. */
void schema_lock(struct schema_attribute *def, enum attribute_lock lock);

/* text may be "$name" of a named pattern, or NULL. */
void schema_set_pattern(struct schema_loader *loader, struct schema_attribute *def,
                        const char *text);
void schema_set_options(struct schema_loader *loader, struct schema_slot *slot,
                        json_t *options);
void schema_set_option_source(struct schema_loader *loader, struct schema_slot *slot,
                              json_t *params);

/* required, default, bounds and locks: what every attribute takes from its field. */
void schema_apply_params(struct schema_loader *loader, struct schema_slot *slot,
                         json_t *params);
bool schema_is_forbidden(struct schema_loader *loader, const char *field);
bool schema_is_hidden(struct schema_loader *loader, const char *field);

/* EspoCRM answers 400 to null for an enum that has no empty option (recorded). */
bool schema_refuses_null(const struct schema_attribute *def);

/* Adds the attributes of one field (schema_fields.c). */
void schema_add_field(struct schema_loader *loader, const char *field, json_t *params);

/* Adds what every record has: id, deleted, versionNumber. */
void schema_add_system(struct schema_loader *loader, bool versioned);

/* A list of the strings in array, in the schema's arena; NULL when memory is out. */
const char *const *schema_copy_strings(struct schema *schema, json_t *array,
                                       size_t *count);

#endif
