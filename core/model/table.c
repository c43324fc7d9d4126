/* table.c - columns from a list of attributes. */
#include "model/table.h"

#include "model/table_internal.h"

#include <stdio.h>
#include <stdlib.h>

struct table *table_alloc(const struct schema *schema) {
    struct table *table = calloc(1, sizeof *table);

    if (table != NULL)
        table->schema = schema;
    return table;
}

void table_free(struct table *table) {
    if (table == NULL)
        return;
    program_free(table->program);
    free(table->columns);
    free(table->attributes);
    free(table->values);
    arena_fini(&table->arena);
    free(table);
}

/* Room for one more; false when memory is out. */
static bool grow(struct table *table, void **list, size_t count, size_t *cap,
                 size_t size) {
    size_t more = *cap == 0 ? 32 : *cap * 2;
    void *grown;

    if (count < *cap)
        return true;
    grown = realloc(*list, more * size);
    if (grown == NULL) {
        table->failed = RC_NOMEM;
        return false;
    }
    *list = grown;
    *cap = more;
    return true;
}

size_t table_add_attribute(struct table *table, const struct schema_attribute *def,
                           bool by_id) {
    void *list = table->attributes;

    for (size_t i = 0; i < table->attribute_count; i++)
        if (table->attributes[i].def == def)
            return i;
    if (!grow(table, &list, table->attribute_count, &table->attribute_cap,
              sizeof *table->attributes))
        return 0;
    table->attributes = list;
    table->attributes[table->attribute_count] =
        (struct table_attribute){.def = def, .by_id = by_id};
    return table->attribute_count++;
}

struct table_column *table_add_column(struct table *table, const char *header,
                                      enum column_kind kind) {
    void *list = table->columns;
    struct table_column *column;

    if (!grow(table, &list, table->column_count, &table->column_cap,
              sizeof *table->columns))
        return NULL;
    table->columns = list;
    column = &table->columns[table->column_count++];
    *column = (struct table_column){.header = header, .kind = kind};
    return column;
}

/* EspoCRM answers the e-mail address for a person's name when it is asked for both and
 * not for the parts of the name (espocrm-live, "Lists"). */
static void add_name_parts(struct table *table) {
    static const char *const parts[] = {"firstName", "lastName", "middleName"};
    bool person = false;

    for (size_t i = 0; i < table->attribute_count; i++)
        person = person || table->attributes[i].def->person_name;
    for (size_t i = 0; person && i < sizeof parts / sizeof parts[0]; i++) {
        const struct schema_attribute *def = schema_find(table->schema, parts[i]);
        if (def != NULL && !def->unreadable)
            (void)table_add_attribute(table, def, false);
    }
}

/* The name of a linkParent is null in a list that does not show its id and its type, too
 * (seen with 9.1.7). */
static void add_parent_parts(struct table *table) {
    for (size_t i = 0, count = table->attribute_count; i < count; i++) {
        const struct schema_attribute *name = table->attributes[i].def, *id, *type;
        char type_name[160];
        if (name->lock != LOCK_FOREIGN || name->instead == NULL)
            continue;
        (void)snprintf(type_name, sizeof type_name, "%.120sType", name->field);
        id = schema_find(table->schema, name->instead);
        type = schema_find(table->schema, type_name);
        if (id == NULL || id->unreadable || type == NULL ||
            type->type != ATTRIBUTE_ENTITY)
            continue;
        (void)table_add_attribute(table, id, false);
        (void)table_add_attribute(table, type, false);
    }
}

int table_finish(struct table *table, struct err *err) {
    size_t n = 0;

    add_name_parts(table);
    add_parent_parts(table);
    /* another attribute may be added to order by */
    table->list =
        arena_alloc(&table->arena, (table->attribute_count + 3) * sizeof *table->list);
    free(table->values);
    table->values = calloc(table->attribute_count + 1, sizeof *table->values);
    if (table->failed < 0 || table->list == NULL || table->values == NULL)
        return err_nomem(err);
    table->list[n++] = "id";
    for (size_t i = 0; i < table->attribute_count; i++)
        if (!table->attributes[i].by_id &&
            strcmp(table->attributes[i].def->name, "id") != 0)
            table->list[n++] = table->attributes[i].def->name;
    table->list[n] = NULL;
    return RC_OK;
}

int table_require(struct table *table, const struct schema_attribute *def) {
    (void)table_add_attribute(table, def, false);
    return table_finish(table, NULL);
}

/* One converter that writes values as the server has them. */
static struct converter *plain_converter(struct table *table,
                                         const struct schema_attribute *def,
                                         const char *delimiter) {
    struct converter *converter = arena_zalloc(&table->arena, sizeof *converter);

    if (converter == NULL) {
        table->failed = RC_NOMEM;
        return NULL;
    }
    converter->def = def;
    converter->delimiter = slice_of(delimiter);
    converter->unknown = UNKNOWN_KEEP;
    return converter;
}

/* Is def the names that go with a link of several records? */
static bool is_names(const struct schema *schema, const struct schema_attribute *def) {
    char ids[128];
    const struct schema_attribute *link;
    size_t len = strlen(def->name);

    if (len <= 5 || len >= sizeof ids || strcmp(def->name + len - 5, "Names") != 0)
        return false;
    memcpy(ids, def->name, len - 5);
    memcpy(ids + len - 5, "Ids", 4);
    link = schema_find(schema, ids);
    return link != NULL && link->type == ATTRIBUTE_IDS;
}

static void add_addresses(struct table *table, const struct schema_attribute *def) {
    const struct schema_attribute *plain = schema_find(table->schema, def->field);
    struct table_column *column = table_add_column(table, def->name, COLUMN_ADDRESSES);

    if (column == NULL || plain == NULL)
        return;
    column->attributes[0] = table_add_attribute(table, def, true);
    column->count = 1;
    column->converters = plain_converter(table, plain, ";");
    (void)table_add_attribute(table, plain, false); /* tells whether there are any */
}

static void add_attribute(struct table *table, const struct schema_attribute *def,
                          bool by_star) {
    struct table_column *column;

    if (def->type == ATTRIBUTE_ADDRESSES) {
        add_addresses(table, def);
        return;
    }
    column = table_add_column(table, def->name,
                              is_names(table->schema, def) ? COLUMN_NAMES : COLUMN_VALUE);
    if (column == NULL)
        return;
    column->attributes[0] = table_add_attribute(table, def, false);
    column->count = 1;
    column->converters = plain_converter(table, def, ",");
    column->by_star = by_star;
}

static bool has_column(const struct table *table, const char *header) {
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].header, header) == 0)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *tail) {
    size_t len = strlen(text), end = strlen(tail);

    return len > end && strcmp(text + len - end, tail) == 0;
}

const struct schema_attribute *table_star(const struct schema *schema, size_t *at) {
    const struct schema_attribute *def;

    while ((def = schema_at(schema, (*at)++)) != NULL) {
        if (def->unreadable || def->not_stored || def->lock == LOCK_FOREIGN ||
            def->type == ATTRIBUTE_IDS || def->type == ATTRIBUTE_ADDRESSES ||
            strcmp(def->name, "deleted") == 0)
            continue;
        if (def->type == ATTRIBUTE_OTHER && def->lock == LOCK_TYPE)
            continue; /* compound fields: no attribute at all, asking is a 500 */
        if (def->lock != LOCK_NONE &&
            (ends_with(def->name, "ByName") || ends_with(def->name, "Converted")))
            continue; /* worked out by the server */
        if (def->type == ATTRIBUTE_JSON && ends_with(def->name, "Columns"))
            continue; /* of a link of several records */
        return def;
    }
    return NULL;
}

static void add_star(struct table *table) {
    const struct schema_attribute *def = schema_find(table->schema, "id");
    size_t at = 0;

    if (def != NULL && !has_column(table, def->name))
        add_attribute(table, def, false);
    while ((def = table_star(table->schema, &at)) != NULL)
        if (!has_column(table, def->name))
            add_attribute(table, def, true);
}

static int unknown_name(const struct schema *schema, const char *option, const char *name,
                        struct err *err) {
    static const char *const endings[] = {"Id", "Ids", "City"};
    const struct schema_attribute *near = NULL;
    char longer[160];

    for (size_t i = 0; near == NULL && i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(longer, sizeof longer, "%.100s%s", name, endings[i]);
        near = schema_find(schema, longer);
    }
    if (near == NULL)
        near = schema_nearest(schema, name);
    (void)err_set(err, RC_USAGE, "--%s: %s has no attribute '%.100s'%s%s%s", option,
                  schema_entity_type(schema), name,
                  near == NULL ? "" : "; did you mean '", near == NULL ? "" : near->name,
                  near == NULL ? "" : "'?");
    err_advise(err, "--select '*' takes all that is stored");
    return RC_USAGE;
}

static int select_name(struct table *table, const char *name, struct err *err) {
    const struct schema_attribute *def;

    if (strcmp(name, "*") == 0) {
        add_star(table);
        return RC_OK;
    }
    def = schema_find(table->schema, name);
    if (def == NULL)
        return unknown_name(table->schema, "select", name, err);
    if (def->unreadable) {
        (void)err_set(err, RC_AUTH, "--select: your role may not read '%s' of %s", name,
                      schema_entity_type(table->schema));
        err_advise(err, "EspoCRM would leave it out without a word: leave it out of "
                        "--select, or ask for the right to read the field");
        return RC_AUTH;
    }
    if (def->type == ATTRIBUTE_OTHER && def->lock == LOCK_TYPE)
        return err_set(err, RC_USAGE,
                       "--select: '%s' of %s is a field of a type that cannot be "
                       "exported",
                       name, schema_entity_type(table->schema));
    if (def->type == ATTRIBUTE_IDS && def->lock == LOCK_TYPE) {
        (void)err_set(err, RC_USAGE, "--select: no list shows '%s' of %s", name,
                      schema_entity_type(table->schema));
        err_advise(err, "export the relation: --link %s", def->field);
        return RC_USAGE;
    }
    if (has_column(table, name))
        return err_set(err, RC_USAGE, "--select names '%s' twice", name);
    add_attribute(table, def, false);
    return RC_OK;
}

/* emails, phones, or the name of a link of several records. */
static int expand_name(struct table *table, const char *name, struct err *err) {
    static const char *const suffixes[] = {"Ids", "Names"};
    const struct schema_attribute *def = NULL;
    char attribute[160];

    if (strcmp(name, "emails") == 0 || strcmp(name, "phones") == 0) {
        def = schema_find(table->schema,
                          name[0] == 'e' ? "emailAddressData" : "phoneNumberData");
        if (def == NULL)
            return err_set(err, RC_USAGE, "--expand: %s has no %s",
                           schema_entity_type(table->schema), name);
        return has_column(table, def->name) ? RC_OK : select_name(table, def->name, err);
    }
    for (size_t i = 0; i < 2; i++) {
        int rc = RC_OK;
        (void)snprintf(attribute, sizeof attribute, "%.100s%s", name, suffixes[i]);
        def = schema_find(table->schema, attribute);
        if (def == NULL)
            return err_set(err, RC_USAGE,
                           "--expand: '%.100s' is neither emails nor phones nor a link "
                           "of several records of %s",
                           name, schema_entity_type(table->schema));
        if (!has_column(table, def->name))
            rc = select_name(table, def->name, err);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

/* Each name of a list that is parted by commas. */
static int each_name(struct table *table, const char *list,
                     int (*take)(struct table *, const char *, struct err *),
                     struct err *err) {
    int rc = RC_OK;

    while (rc == RC_OK && *list != '\0') {
        size_t len = strcspn(list, ",");
        struct slice name = slice_trim(slice_make(list, len));
        char *copy = arena_copy(&table->arena, name.data, name.len);
        if (copy == NULL)
            return err_nomem(err);
        if (name.len > 0)
            rc = take(table, copy, err);
        list += len + (list[len] == ',');
    }
    return rc;
}

int table_select(struct table **out, const struct schema *schema, const char *select,
                 const char *expand, struct err *err) {
    struct table *table = table_alloc(schema);
    int rc = table == NULL ? err_nomem(err) : RC_OK;

    *out = NULL;
    if (rc == RC_OK)
        rc = each_name(table, select, select_name, err);
    if (rc == RC_OK && expand != NULL)
        rc = each_name(table, expand, expand_name, err);
    if (rc == RC_OK && table->column_count == 0)
        rc = err_set(err, RC_USAGE, "--select names no attribute");
    if (rc == RC_OK)
        rc = table_finish(table, err);
    if (rc == RC_OK)
        *out = table;
    else
        table_free(table);
    return rc;
}

static bool has_use(const struct table *table, size_t attribute) {
    for (size_t c = 0; c < table->column_count; c++)
        for (size_t k = 0; k < table->columns[c].count; k++)
            if (table->columns[c].attributes[k] == attribute)
                return true;
    return false;
}

size_t table_prune(struct table *table, struct slice sample) {
    size_t kept = 0, pruned;

    for (size_t i = 0; i < table->column_count; i++) {
        const struct table_column *column = &table->columns[i];
        struct json_member member;
        if (!column->by_star || json_find(sample, column->header, &member))
            table->columns[kept++] = *column;
    }
    pruned = table->column_count - kept;
    table->column_count = kept;
    kept = 0;
    for (size_t i = 0; pruned > 0 && i < table->attribute_count; i++) {
        struct json_member member;
        if (!table->attributes[i].by_id && !has_use(table, i) &&
            !json_find(sample, table->attributes[i].def->name, &member))
            continue;
        for (size_t c = 0; c < table->column_count; c++)
            for (size_t k = 0; k < table->columns[c].count; k++)
                if (table->columns[c].attributes[k] == i)
                    table->columns[c].attributes[k] = kept;
        table->attributes[kept++] = table->attributes[i];
    }
    if (pruned > 0) {
        table->attribute_count = kept;
        (void)table_finish(table, NULL);
    }
    return pruned;
}

size_t table_columns(const struct table *table) {
    return table->column_count;
}

const char *table_header(const struct table *table, size_t column) {
    return table->columns[column].header;
}

const struct schema_attribute *table_attribute(const struct table *table, size_t column) {
    const struct table_column *at = &table->columns[column];

    return at->count == 1 && at->kind != COLUMN_PART
               ? table->attributes[at->attributes[0]].def
               : NULL;
}

bool table_is_filled(const struct table *table, size_t column) {
    return table->columns[column].kind != COLUMN_EMPTY;
}

bool table_shows_field(const struct table *table, size_t column, const char *field) {
    const struct table_column *at = &table->columns[column];

    for (size_t i = 0; i < at->count; i++)
        if (strcmp(table->attributes[at->attributes[i]].def->field, field) == 0)
            return true;
    return false;
}

const char *const *table_list(const struct table *table) {
    return table->list;
}
