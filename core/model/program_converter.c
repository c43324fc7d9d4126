/* program_converter.c - the settings of a column, of the mapping and of the server, put
 * together and checked, once before the first row.
 */
#include "model/program_internal.h"

#include "model/datetime.h"
#include "model/phone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const true_words[] = {"true", "yes", "y",   "1",  "x",
                                         "on",   "ja",  "oui", "si", "wahr"};
static const char *const false_words[] = {"false", "no",   "n",   "0",
                                          "off",   "nein", "non", "falsch"};
static const char *const date_formats[] = {"%Y-%m-%d"};
static const char *const datetime_formats[] = {
    "%Y-%m-%d %H:%M:%S",   "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%f%z", "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M:%S%f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%f%z"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *allocate(struct builder *b, size_t size) {
    void *at = arena_zalloc(&b->program->arena, size);

    if (at == NULL)
        b->failed = RC_NOMEM;
    return at;
}

static void complain(struct builder *b, const struct mapping_column *column,
                     const char *key, const char *message) {
    char at[POINTER_SIZE];
    bool part = column->field == NULL && column->fields.count == 0;

    if (part && strcmp(key, "const") == 0) { /* of an address: stands there itself */
        problems_add(&b->problems, column->pointer, "%s", message);
        return;
    }
    pointer_key(at, column->pointer, key);
    problems_add(&b->problems, at, "%s", message);
}

void builder_words(struct builder *b, const char *const *words, size_t count, bool folded,
                   struct word_set *out) {
    struct slice *list = allocate(b, (count + 1) * sizeof *list);

    *out = (struct word_set){.count = 0};
    if (list == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        char room[WORD_FOLD_MAX + 1];
        list[i] = slice_of(words[i]);
        if (folded) {
            struct slice lower = word_fold(list[i], room);
            list[i].data = arena_copy(&b->program->arena, lower.data, lower.len);
            list[i].len = lower.len;
            if (list[i].data == NULL)
                b->failed = RC_NOMEM;
        }
    }
    if (b->failed == 0 && word_set_init(out, list, count, &b->program->arena) < 0)
        b->failed = RC_NOMEM;
}

static void build_number(struct builder *b, const struct mapping_column *column,
                         struct converter *c) {
    const struct mapping *mapping = b->program->mapping;
    const char *decimal = column->decimal != NULL ? column->decimal : mapping->decimal;
    const char *group = column->group != NULL ? column->group : mapping->group;

    (void)snprintf(c->number.decimal, sizeof c->number.decimal, "%s",
                   decimal == NULL || decimal[0] == '\0' ? "." : decimal);
    (void)snprintf(c->number.group, sizeof c->number.group, "%s",
                   group == NULL ? "" : group);
    c->number.exponent = c->def->type == ATTRIBUTE_FLOAT;
    if (strcmp(c->number.decimal, c->number.group) == 0)
        problems_add(&b->problems, column->pointer,
                     "decimalChar and groupChar are both '%s'; set the other one too, or "
                     "groupChar to \"\"",
                     c->number.decimal);
}

static void build_bool(struct builder *b, struct converter *c) {
    const struct mapping *mapping = b->program->mapping;

    if (mapping->true_words.items != NULL)
        builder_words(b, mapping->true_words.items, mapping->true_words.count, true,
                      &c->true_words);
    else
        builder_words(b, true_words, COUNT(true_words), true, &c->true_words);
    if (mapping->false_words.items != NULL)
        builder_words(b, mapping->false_words.items, mapping->false_words.count, true,
                      &c->false_words);
    else
        builder_words(b, false_words, COUNT(false_words), true, &c->false_words);
}

static void check_formats(struct builder *b, const char *pointer,
                          const char *const *formats, size_t count,
                          enum datetime_parts parts) {
    for (size_t i = 0; i < count; i++) {
        const char *problem = datetime_pattern_problem(formats[i], parts);
        if (problem != NULL)
            problems_add(&b->problems, pointer, "the format '%.60s' %s", formats[i],
                         problem);
    }
}

static void build_formats(struct builder *b, const struct mapping_column *column,
                          struct converter *c) {
    const struct mapping *mapping = b->program->mapping;
    bool date = c->def->type == ATTRIBUTE_DATE;
    enum datetime_parts parts = date ? DATETIME_DATE : DATETIME_BOTH;
    const char *const *general = date ? &mapping->date_format : &mapping->datetime_format;
    char at[POINTER_SIZE];

    if (column->formats.count > 0) {
        c->formats = column->formats.items;
        c->format_count = column->formats.count;
        pointer_key(at, column->pointer, "format");
        check_formats(b, at, c->formats, c->format_count, parts);
    } else if (*general != NULL) {
        c->formats = general;
        c->format_count = 1;
        check_formats(b, date ? "/defaults/dateFormat" : "/defaults/datetimeFormat",
                      general, 1, parts);
    } else {
        c->formats = date ? date_formats : datetime_formats;
        c->format_count = date ? COUNT(date_formats) : COUNT(datetime_formats);
    }
}

/* Each zone is loaded once; one that cannot be loaded is told once. */
static void build_zone(struct builder *b, const struct mapping_column *column,
                       struct converter *c) {
    const char *name = column->timezone;
    struct program_zone *zone = b->program->zones;
    struct err err = {.rc = RC_OK};
    char at[POINTER_SIZE] = "/defaults/timezone";

    if (name != NULL)
        pointer_key(at, column->pointer, "timezone");
    else
        name = b->program->mapping->timezone;
    if (name == NULL || strcmp(name, "UTC") == 0)
        return;
    while (zone != NULL && strcmp(zone->name, name) != 0)
        zone = zone->next;
    if (zone == NULL) {
        zone = allocate(b, sizeof *zone);
        if (zone == NULL)
            return;
        zone->name = name;
        zone->next = b->program->zones;
        b->program->zones = zone;
        if (zone_load(&zone->zone, name, &err) < 0)
            problems_add(&b->problems, at, "%s; %s", err.message, err.advice);
    }
    c->zone = zone->zone;
    c->zone_name = name;
}

static void build_phone(struct builder *b, const struct mapping_column *column,
                        struct converter *c) {
    const struct schema_server *server = schema_server(b->program->schema);

    c->phone_international = server->phone_international;
    c->phone_extensions = server->phone_extensions;
    c->phone_country = b->program->mapping->phone_country;
    if (column->phone_country == NULL)
        return;
    c->phone_country = column->phone_country;
    if (!phone_country_known(column->phone_country))
        complain(b, column, "phoneCountry",
                 "is not a country; use two capital letters, such as \"DE\"");
}

/* Does target fit the field? Tells at the map's own entry when it does not. */
static bool check_target(struct builder *b, const struct mapping_column *column,
                         const struct converter *c, const char *key, const char *target) {
    struct converter plain = *c;
    struct refusal refusal = {.reason = REASON_NONE};
    struct value value;
    char at[POINTER_SIZE];
    int rc;

    pointer_key(at, column->pointer, "valueMap");
    pointer_key(at, at, key);
    if (target == NULL) {
        if (c->def->not_null)
            problems_add(&b->problems, at, "%s cannot be cleared (null) in EspoCRM",
                         c->def->name);
        return !c->def->not_null;
    }
    plain.map = NULL;
    rc = convert_cell(&plain, slice_of(target), &b->program->arena, &value, &refusal);
    if (rc < 0)
        b->failed = rc;
    else if (rc == 0)
        problems_add(&b->problems, at, "%s", refusal.message);
    return rc == 1;
}

static void build_map(struct builder *b, const struct mapping_column *column,
                      struct converter *c) {
    size_t count = json_object_size(column->value_map), n = 0;
    const char **keys;
    struct slice *targets;
    struct value_map *map;
    const char *key;
    json_t *value;

    if (column->value_map == NULL)
        return;
    keys = allocate(b, (count + 1) * sizeof *keys);
    targets = allocate(b, (count + 1) * sizeof *targets);
    map = allocate(b, sizeof *map);
    if (keys == NULL || targets == NULL || map == NULL)
        return;
    json_object_foreach(column->value_map, key, value) {
        const char *target = json_string_value(value);
        if (!check_target(b, column, c, key, target))
            continue;
        keys[n] = key;
        targets[n++] = slice_of(target);
    }
    builder_words(b, keys, n, false, &map->exact);
    builder_words(b, keys, n, true, &map->folded);
    map->targets = targets;
    for (size_t i = 0; b->failed == 0 && i < n; i++) {
        size_t first = word_set_find(&map->folded, map->folded.words[i]);
        if (!slice_equal(targets[first], targets[i]))
            complain(b, column, "valueMap",
                     "has keys that differ in upper and lower case only, but map to "
                     "different values");
    }
    c->map = map;
    c->unknown = column->on_unknown;
    if (c->unknown == UNKNOWN_NULL && c->def->not_null)
        complain(b, column, "onUnknown",
                 "cannot be \"null\": EspoCRM does not take null for this field");
}

/* Without a valueMap it is about the options of the field alone. */
static void build_unknown(struct builder *b, const struct mapping_column *column,
                          struct converter *c) {
    if (column->value_map != NULL || column->on_unknown == UNKNOWN_ERROR)
        return;
    if (c->options.count == 0)
        complain(b, column, "onUnknown",
                 "is for a column with a valueMap, or a field that has options");
    else if (column->on_unknown == UNKNOWN_KEEP)
        complain(b, column, "onUnknown",
                 "cannot be \"keep\": EspoCRM takes nothing but the field's options");
    else if (c->def->not_null)
        complain(b, column, "onUnknown",
                 "cannot be \"null\": EspoCRM does not take null for this field");
    c->unknown = column->on_unknown;
}

/* Settings that say nothing to the field would be a misunderstanding. */
static void check_settings(struct builder *b, const struct mapping_column *column,
                           const struct schema_attribute *def) {
    bool time = def->type == ATTRIBUTE_DATE || def->type == ATTRIBUTE_DATETIME;
    bool list = def->type == ATTRIBUTE_LIST || def->type == ATTRIBUTE_IDS ||
                def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE;

    if (column->formats.count > 0 && !time)
        complain(b, column, "format", "is for dates, and the field is not one");
    if (column->timezone != NULL && def->type != ATTRIBUTE_DATETIME)
        complain(b, column, "timezone",
                 "is for dates with times, and the field is not one");
    if (column->delimiter != NULL && !list)
        complain(b, column, "delimiter",
                 "is for fields that hold lists, and the field holds one value");
    if (column->empty == EMPTY_NULL && def->not_null)
        complain(b, column, "empty",
                 "cannot be \"null\": EspoCRM does not take null for this field; use "
                 "\"keep\"");
    else if (column->empty == EMPTY_UNSET && def->not_null &&
             b->program->mapping->empty == EMPTY_NULL && column->constant == NULL)
        problems_add(&b->problems, column->pointer,
                     "EspoCRM does not take null for %s, but defaults.empty is \"null\"; "
                     "give this column \"empty\": \"keep\"",
                     def->name);
}

void converter_build(struct builder *b, const struct mapping_column *column,
                     const struct schema_attribute *def, struct converter *c) {
    *c = (struct converter){.def = def};
    c->delimiter = slice_of(column->delimiter != NULL ? column->delimiter : ",");
    check_settings(b, column, def);
    builder_words(b, def->options, def->option_count, false, &c->options);
    switch (def->type) {
    case ATTRIBUTE_INT:
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY: build_number(b, column, c); break;
    case ATTRIBUTE_BOOL: build_bool(b, c); break;
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME:
        build_formats(b, column, c);
        if (def->type == ATTRIBUTE_DATETIME)
            build_zone(b, column, c);
        break;
    case ATTRIBUTE_PHONE: build_phone(b, column, c); break;
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_EMAIL:
    case ATTRIBUTE_URL:
    case ATTRIBUTE_ID:
    case ATTRIBUTE_IDS:
    case ATTRIBUTE_ENTITY:
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
    build_map(b, column, c);
    build_unknown(b, column, c);
}

/* A JSON value as the cell that would give it; NULL data when it fits no cell of def. */
static struct slice constant_text(struct builder *b, json_t *constant,
                                  enum attribute_type type) {
    bool number = type == ATTRIBUTE_INT || type == ATTRIBUTE_FLOAT ||
                  type == ATTRIBUTE_DECIMAL || type == ATTRIBUTE_CURRENCY;
    bool list = type == ATTRIBUTE_LIST || type == ATTRIBUTE_IDS;
    struct slice text = {NULL, 0};
    char *dumped;

    if (json_is_string(constant))
        return slice_make(json_string_value(constant), json_string_length(constant));
    if (json_is_number(constant) ? !number && type != ATTRIBUTE_VARCHAR
                                 : !json_is_array(constant) || !list)
        return text;
    dumped =
        json_dumps(constant, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (dumped == NULL) {
        b->failed = RC_NOMEM;
        return text;
    }
    text = slice_of(arena_copy(&b->program->arena, dumped, strlen(dumped)));
    if (text.data == NULL)
        b->failed = RC_NOMEM;
    free(dumped);
    return text;
}

bool converter_constant(struct builder *b, const struct mapping_column *column,
                        const struct converter *converter, struct value *out) {
    struct converter plain = *converter;
    struct refusal refusal = {.reason = REASON_NONE};
    struct slice text;
    int rc;

    if (json_is_boolean(column->constant) && converter->def->type == ATTRIBUTE_BOOL) {
        *out =
            (struct value){.kind = VALUE_BOOL, .boolean = json_is_true(column->constant)};
        return true;
    }
    text = constant_text(b, column->constant, converter->def->type);
    if (text.data == NULL || slice_trim(text).len == 0) {
        complain(b, column, "const", "is of the wrong kind for this field");
        return false;
    }
    if (json_is_number(column->constant)) /* JSON's own notation */
        plain.number = (struct number_format){.decimal = ".", .exponent = true};
    rc = convert_cell(&plain, text, &b->program->arena, out, &refusal);
    if (rc < 0)
        b->failed = rc;
    else if (rc == 0)
        complain(b, column, "const", refusal.message);
    return rc == 1;
}
