/* schema_fields.c - which attributes a field of the metadata has.
 *
 * Follows the field types of EspoCRM's own metadata. The entity's metadata lists most
 * parts of compound fields (addressCity, amountCurrency) as fields of their own; what
 * it leaves out is made up here. A field type that is not known becomes an attribute
 * that cannot be written.
 */
#include "model/schema_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Field types with one attribute that bears the field's name. */
struct simple_type {
    const char *name;
    enum attribute_type type;
    enum attribute_lock lock;
    size_t max_length;   /* unless the field says otherwise */
    const char *pattern; /* likewise */
};

static const struct simple_type simple_types[] = {
    {"varchar", ATTRIBUTE_VARCHAR, LOCK_NONE, 255, NULL},
    {"barcode", ATTRIBUTE_VARCHAR, LOCK_NONE, 255, NULL},
    {"colorpicker", ATTRIBUTE_VARCHAR, LOCK_NONE, 7, NULL},
    {"text", ATTRIBUTE_TEXT, LOCK_NONE, 0, NULL},
    {"wysiwyg", ATTRIBUTE_TEXT, LOCK_NONE, 0, NULL},
    {"int", ATTRIBUTE_INT, LOCK_NONE, 0, NULL},
    {"enumInt", ATTRIBUTE_INT, LOCK_NONE, 0, NULL},
    {"duration", ATTRIBUTE_INT, LOCK_NONE, 0, NULL},
    {"float", ATTRIBUTE_FLOAT, LOCK_NONE, 0, NULL},
    {"enumFloat", ATTRIBUTE_FLOAT, LOCK_NONE, 0, NULL},
    {"decimal", ATTRIBUTE_DECIMAL, LOCK_NONE, 0, NULL},
    {"bool", ATTRIBUTE_BOOL, LOCK_NONE, 0, NULL},
    {"enum", ATTRIBUTE_ENUM, LOCK_NONE, 255, NULL},
    {"multiEnum", ATTRIBUTE_LIST, LOCK_NONE, 100, NULL},
    {"array", ATTRIBUTE_LIST, LOCK_NONE, 100, NULL},
    {"checklist", ATTRIBUTE_LIST, LOCK_NONE, 100, NULL},
    {"urlMultiple", ATTRIBUTE_LIST, LOCK_NONE, 255, "$uriOptionalProtocol"},
    {"date", ATTRIBUTE_DATE, LOCK_NONE, 0, NULL},
    {"datetime", ATTRIBUTE_DATETIME, LOCK_NONE, 0, NULL},
    {"url", ATTRIBUTE_URL, LOCK_NONE, 255, "$uriOptionalProtocol"},
    {"arrayInt", ATTRIBUTE_JSON, LOCK_TYPE, 0, NULL},
    {"jsonArray", ATTRIBUTE_JSON, LOCK_TYPE, 0, NULL},
    {"jsonObject", ATTRIBUTE_JSON, LOCK_TYPE, 0, NULL},
    {"number", ATTRIBUTE_VARCHAR, LOCK_READ_ONLY, 0, NULL},
    {"autoincrement", ATTRIBUTE_INT, LOCK_READ_ONLY, 0, NULL},
    {"currencyConverted", ATTRIBUTE_FLOAT, LOCK_READ_ONLY, 0, NULL},
    {"foreign", ATTRIBUTE_OTHER, LOCK_FOREIGN, 0, NULL},
};

/* A part of a compound field that the metadata does not list as a field of its own. */
static struct schema_attribute *add_part(struct schema_loader *loader, const char *field,
                                         const char *prefix, const char *suffix,
                                         enum attribute_type type,
                                         enum attribute_lock lock) {
    char name[256];
    struct schema_slot *slot;

    (void)snprintf(name, sizeof name, "%s%s%s", prefix, field, suffix);
    if (prefix[0] != '\0' && field[0] >= 'a' && field[0] <= 'z')
        name[strlen(prefix)] = (char)(field[0] - 'a' + 'A');
    if (json_object_get(loader->fields, name) != NULL)
        return NULL;
    slot = schema_add_slot(loader, field, prefix, suffix, type);
    if (slot == NULL)
        return NULL;
    schema_lock(&slot->def, lock);
    return &slot->def;
}

/* Is field the `suffix` part of a compound field of one of two types? */
static bool is_part_of(struct schema_loader *loader, const char *field,
                       const char *suffix, const char *type, const char *other) {
    size_t len = strlen(field), tail = strlen(suffix);
    char base[128];
    const char *found;

    if (len <= tail || len - tail >= sizeof base ||
        strcmp(field + len - tail, suffix) != 0)
        return false;
    memcpy(base, field, len - tail);
    base[len - tail] = '\0';
    found = schema_text_param(json_object_get(loader->fields, base), "type");
    return found != NULL && (strcmp(found, type) == 0 || strcmp(found, other) == 0);
}

/* It is stored as the role in the contact's link to its account (Hooks/Contact/Accounts
 * of 9.1.7; seen there). */
static bool is_contact_title(const struct schema_loader *loader, const char *field) {
    return strcmp(loader->schema->entity_type, "Contact") == 0 &&
           strcmp(field, "title") == 0;
}

static void set_currencies(struct schema_loader *loader, struct schema_slot *slot) {
    schema_set_options(loader, slot, loader->currencies);
    slot->def.has_default = true;
    slot->def.not_null = true; /* null leaves an amount without a currency */
}

static void add_simple(struct schema_loader *loader, const struct simple_type *type,
                       const char *field, json_t *params) {
    struct schema_slot *slot = schema_add_slot(loader, field, "", "", type->type);
    struct schema_attribute *def;
    const char *pattern = schema_text_param(params, "pattern");

    if (slot == NULL)
        return;
    def = &slot->def;
    schema_lock(def, type->lock);
    schema_apply_params(loader, slot, params);
    if (def->lock == LOCK_NOT_STORED &&
        (is_part_of(loader, field, "IsOptedOut", "email", "phone") ||
         is_part_of(loader, field, "IsInvalid", "email",
                    "phone"))) { /* it is stored with the address */
        def->lock = LOCK_NONE;
        def->not_stored = false;
    }
    if (def->lock == LOCK_NOT_STORED && is_contact_title(loader, field)) {
        def->lock = LOCK_NONE;
        def->not_stored = false;
        def->kept_with = "accountId";
    }
    def->max_length = schema_size_param(params, "maxLength", type->max_length);
    if (pattern == NULL)
        pattern = type->pattern;
    if (def->type == ATTRIBUTE_URL && schema_flag_param(params, "protocolRequired"))
        pattern = "$uri";
    schema_set_pattern(loader, def, pattern);
    if (def->type == ATTRIBUTE_BOOL) {
        def->required = false;
        def->has_default = true;
        def->default_true = schema_flag_param(params, "default");
        def->not_null = true;
    } else if (def->type == ATTRIBUTE_LIST) {
        def->max_length = schema_size_param(params, "maxItemLength", type->max_length);
        schema_set_option_source(loader, slot, params);
        if (def->option_count == 0 && slot->reference == NO_REFERENCE)
            def->options = NULL;
        def->custom_options = schema_flag_param(params, "allowCustomOptions");
    } else if (def->type == ATTRIBUTE_ENUM) {
        schema_set_option_source(loader, slot, params);
        def->not_null = schema_refuses_null(def);
        if (is_part_of(loader, field, "Currency", "currency", "rangeCurrency"))
            set_currencies(loader, slot);
    }
    if (schema_flag_param(params, "notNull"))
        def->not_null = true;
}

static void add_currency(struct schema_loader *loader, const char *field,
                         json_t *params) {
    bool decimal = schema_flag_param(params, "decimal");
    struct schema_slot *slot = schema_add_slot(
        loader, field, "", "", decimal ? ATTRIBUTE_DECIMAL : ATTRIBUTE_CURRENCY);
    struct schema_attribute *part;

    if (slot == NULL)
        return;
    schema_apply_params(loader, slot, params);
    if (decimal) {
        size_t digits = schema_size_param(params, "precision", 13);
        slot->def.max_scale = schema_size_param(params, "scale", 4);
        if (digits > slot->def.max_scale)
            slot->def.max_whole = digits - slot->def.max_scale;
    }
    part = add_part(loader, field, "", "Currency", ATTRIBUTE_ENUM, LOCK_NONE);
    if (part != NULL) {
        slot = &loader->schema->slots[loader->schema->count - 1];
        if (schema_flag_param(params, "readOnly"))
            schema_lock(part, LOCK_READ_ONLY);
        if (schema_is_forbidden(loader, field))
            schema_lock(part, LOCK_FORBIDDEN);
        set_currencies(loader, slot);
    }
    (void)add_part(loader, field, "", "Converted", ATTRIBUTE_FLOAT, LOCK_READ_ONLY);
}

/* A mark of the address that the record shows first. Null would be a 500 (espocrm-live,
 * "Values"). */
static void add_mark(struct schema_loader *loader, const char *field, const char *suffix,
                     enum attribute_lock lock) {
    struct schema_attribute *part =
        add_part(loader, field, "", suffix, ATTRIBUTE_BOOL, LOCK_NONE);

    if (part == NULL)
        return;
    part->not_null = true;
    if (lock != LOCK_NONE)
        schema_lock(part, lock);
}

/* All addresses of the record, with what is recorded of each. */
static void add_addresses(struct schema_loader *loader, const char *field, json_t *params,
                          enum attribute_lock lock) {
    struct schema_attribute *part =
        add_part(loader, field, "", "Data", ATTRIBUTE_ADDRESSES, LOCK_NONE);

    if (part == NULL)
        return;
    schema_set_options(loader, &loader->schema->slots[loader->schema->count - 1],
                       json_object_get(params, "typeList"));
    part->not_null = true;
    if (lock != LOCK_NONE)
        schema_lock(part, lock);
}

static void add_email_or_phone(struct schema_loader *loader, const char *field,
                               json_t *params, bool email) {
    struct schema_slot *slot =
        schema_add_slot(loader, field, "", "", email ? ATTRIBUTE_EMAIL : ATTRIBUTE_PHONE);
    enum attribute_lock lock;

    if (slot == NULL)
        return;
    schema_apply_params(loader, slot, params);
    slot->def.max_length = email ? 255 : 36;
    if (!email)
        schema_set_pattern(loader, &slot->def, "$phoneNumberLoose");
    lock = slot->def.lock;
    add_addresses(loader, field, params, lock);
    add_mark(loader, field, "IsOptedOut", lock);
    add_mark(loader, field, "IsInvalid", lock);
}

/* One of first, middle, last name, or of the attributes that the metadata names beside.
 */
static void add_name_group(struct schema_loader *loader, const char *field,
                           json_t *params) {
    static const char *const parts[] = {"first", "middle", "last"};
    struct schema *schema = loader->schema;
    json_t *others = json_object_get(params, "dependeeAttributeList");
    size_t count = json_array_size(others), n = 0;
    struct schema_group *groups;
    const char **names;

    if (count == 0 && !schema_flag_param(params, "required"))
        return;
    groups = realloc(schema->groups, (schema->group_count + 1) * sizeof *groups);
    if (groups != NULL)
        schema->groups = groups;
    names = arena_alloc(&schema->arena, (count + 4) * sizeof *names);
    if (groups == NULL || names == NULL) {
        loader->failed = RC_NOMEM;
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        char *name = arena_format(&schema->arena, "%s%s", parts[i], field);
        if (name != NULL && field[0] >= 'a' && field[0] <= 'z')
            name[strlen(parts[i])] = (char)(field[0] - 'a' + 'A');
        names[n++] = name;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(others, i));
        if (name != NULL)
            names[n++] = schema_keep(loader, name);
    }
    for (size_t i = 0; i < n; i++)
        if (names[i] == NULL)
            loader->failed = RC_NOMEM;
    names[n] = NULL;
    groups[schema->group_count++] =
        (struct schema_group){.field = schema_keep(loader, field), .names = names};
}

static void add_person_name(struct schema_loader *loader, const char *field,
                            json_t *params) {
    static const char *const parts[] = {"salutation", "first", "middle", "last"};
    struct schema_slot *slot = schema_add_slot(loader, field, "", "", ATTRIBUTE_OTHER);

    if (slot != NULL) {
        schema_lock(&slot->def, LOCK_FOREIGN);
        slot->def.person_name = true;
        slot->def.instead = "firstName and lastName, or use split";
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct schema_attribute *part =
            add_part(loader, field, parts[i], "",
                     i == 0 ? ATTRIBUTE_ENUM : ATTRIBUTE_VARCHAR, LOCK_NONE);
        if (part == NULL)
            continue;
        part->max_length = 100;
        if (i > 0)
            schema_set_pattern(loader, part, "$noBadCharacters");
    }
    add_name_group(loader, field, params);
}

static void add_address(struct schema_loader *loader, const char *field, json_t *params) {
    static const struct {
        const char *suffix;
        size_t max_length;
    } parts[] = {{"Street", 255},
                 {"City", 100},
                 {"State", 100},
                 {"Country", 100},
                 {"PostalCode", 40}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct schema_attribute *part =
            add_part(loader, field, "", parts[i].suffix,
                     i == 0 ? ATTRIBUTE_TEXT : ATTRIBUTE_VARCHAR, LOCK_NONE);
        if (part == NULL)
            continue;
        part->max_length = parts[i].max_length;
        if (schema_flag_param(params, "readOnly"))
            schema_lock(part, LOCK_READ_ONLY);
        if (i > 0)
            schema_set_pattern(loader, part, "$noBadCharacters");
    }
}

static const char *foreign_of(struct schema_loader *loader, const char *field,
                              json_t *params, const char *fallback) {
    json_t *link = loader->links == NULL ? NULL : json_object_get(loader->links, field);
    const char *entity = json_is_object(link) ? schema_text_param(link, "entity") : NULL;

    if (entity == NULL)
        entity = schema_text_param(params, "entity");
    if (entity == NULL)
        entity = fallback;
    return entity == NULL ? NULL : schema_keep(loader, entity);
}

static void add_foreign_name(struct schema_loader *loader, const char *field,
                             const char *suffix, const char *instead) {
    struct schema_attribute *part =
        add_part(loader, field, "", suffix, ATTRIBUTE_OTHER, LOCK_FOREIGN);

    if (part != NULL)
        part->instead = instead;
}

/* link, linkOne, linkParent, file, image: one id */
static void add_link(struct schema_loader *loader, const char *field, json_t *params,
                     const char *fallback, bool parent) {
    struct schema_slot *slot = schema_add_slot(loader, field, "", "Id", ATTRIBUTE_ID);
    const char *instead;

    if (slot == NULL)
        return;
    instead = slot->def.name;
    schema_apply_params(loader, slot, params);
    slot->def.foreign = parent ? NULL : foreign_of(loader, field, params, fallback);
    schema_set_pattern(loader, &slot->def, "$id");
    if (parent) {
        slot = schema_add_slot(loader, field, "", "Type", ATTRIBUTE_ENTITY);
        if (slot != NULL) {
            schema_apply_params(loader, slot, params);
            schema_set_options(loader, slot, json_object_get(params, "entityList"));
        }
    }
    add_foreign_name(loader, field, "Name", instead);
}

static void add_link_multiple(struct schema_loader *loader, const char *field,
                              json_t *params, const char *fallback) {
    struct schema_slot *slot = schema_add_slot(loader, field, "", "Ids", ATTRIBUTE_IDS);
    const char *instead;

    if (slot == NULL)
        return;
    instead = slot->def.name;
    if (schema_flag_param(params,
                          "noLoad")) /* no answer shows it: nothing could be proved */
        schema_lock(&slot->def, LOCK_TYPE);
    schema_apply_params(loader, slot, params);
    slot->def.foreign = foreign_of(loader, field, params, fallback);
    schema_set_pattern(loader, &slot->def, "$id");
    add_foreign_name(loader, field, "Names", instead);
    if (json_is_object(json_object_get(params, "columns")))
        (void)add_part(loader, field, "", "Columns", ATTRIBUTE_JSON, LOCK_TYPE);
}

static void add_datetime_optional(struct schema_loader *loader, const char *field,
                                  json_t *params) {
    struct schema_slot *slot = schema_add_slot(loader, field, "", "", ATTRIBUTE_DATETIME);

    if (slot == NULL)
        return;
    schema_apply_params(loader, slot, params);
    slot->def.required = false; /* its date alone will do: the server judges */
    slot = schema_add_slot(loader, field, "", "Date", ATTRIBUTE_DATE);
    if (slot != NULL) {
        schema_apply_params(loader, slot, params);
        slot->def.required = false;
        slot->def.has_default = false;
    }
}

static void add_range(struct schema_loader *loader, const char *field,
                      enum attribute_type type) {
    (void)add_part(loader, field, "from", "", type, LOCK_NONE);
    (void)add_part(loader, field, "to", "", type, LOCK_NONE);
}

static void add_other(struct schema_loader *loader, const char *field, json_t *params) {
    struct schema_slot *slot = schema_add_slot(loader, field, "", "", ATTRIBUTE_OTHER);

    if (slot == NULL)
        return;
    schema_apply_params(loader, slot, params);
    slot->def.required = false;
    schema_lock(&slot->def, LOCK_TYPE);
}

static bool add_compound(struct schema_loader *loader, const char *type,
                         const char *field, json_t *params) {
    if (strcmp(type, "currency") == 0)
        add_currency(loader, field, params);
    else if (strcmp(type, "email") == 0 || strcmp(type, "phone") == 0)
        add_email_or_phone(loader, field, params, type[0] == 'e');
    else if (strcmp(type, "personName") == 0)
        add_person_name(loader, field, params);
    else if (strcmp(type, "address") == 0)
        add_address(loader, field, params);
    else if (strcmp(type, "link") == 0 || strcmp(type, "linkOne") == 0)
        add_link(loader, field, params, NULL, false);
    else if (strcmp(type, "file") == 0 || strcmp(type, "image") == 0)
        add_link(loader, field, params, "Attachment", false);
    else if (strcmp(type, "linkParent") == 0)
        add_link(loader, field, params, NULL, true);
    else if (strcmp(type, "linkMultiple") == 0)
        add_link_multiple(loader, field, params, NULL);
    else if (strcmp(type, "attachmentMultiple") == 0)
        add_link_multiple(loader, field, params, "Attachment");
    else if (strcmp(type, "datetimeOptional") == 0)
        add_datetime_optional(loader, field, params);
    else if (strcmp(type, "rangeInt") == 0)
        add_range(loader, field, ATTRIBUTE_INT);
    else if (strcmp(type, "rangeFloat") == 0)
        add_range(loader, field, ATTRIBUTE_FLOAT);
    else if (strcmp(type, "rangeCurrency") == 0)
        add_range(loader, field, ATTRIBUTE_CURRENCY);
    else
        return false;
    return true;
}

static void add_field(struct schema_loader *loader, const char *field, json_t *params) {
    const char *type = schema_text_param(params, "type");

    if (type == NULL || add_compound(loader, type, field, params))
        return;
    for (size_t i = 0; i < sizeof simple_types / sizeof *simple_types; i++)
        if (strcmp(simple_types[i].name, type) == 0) {
            add_simple(loader, &simple_types[i], field, params);
            return;
        }
    add_other(loader, field, params);
}

void schema_add_field(struct schema_loader *loader, const char *field, json_t *params) {
    size_t before = loader->schema->count;

    add_field(loader, field, params);
    for (size_t i = before; i < loader->schema->count; i++) {
        struct schema_attribute *def = &loader->schema->slots[i].def;
        def->audited = schema_flag_param(params, "audited");
        def->unreadable = schema_is_hidden(loader, field);
    }
}

void schema_add_system(struct schema_loader *loader, bool versioned) {
    static const struct {
        const char *name;
        enum attribute_type type;
    } parts[] = {{"id", ATTRIBUTE_ID},
                 {"deleted", ATTRIBUTE_BOOL},
                 {"versionNumber", ATTRIBUTE_INT}};

    for (size_t i = 0; i < (versioned ? 3 : 2); i++) {
        struct schema_slot *slot =
            schema_add_slot(loader, parts[i].name, "", "", parts[i].type);
        if (slot != NULL)
            schema_lock(&slot->def, LOCK_SYSTEM);
    }
}
