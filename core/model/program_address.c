/* program_address.c - columns that fill one of several addresses of a record.
 *
 * EspoCRM keeps all e-mail addresses of a record in emailAddressData, and shows the
 * primary one as emailAddress; phone numbers likewise, each with a type. As soon as one
 * column says more of a kind than its primary address, all columns of that kind go into
 * the list.
 */
#include "model/program_internal.h"

#include <stdio.h>
#include <string.h>

static bool says_more(const struct mapping_column *column) {
    return column->address_mode > ADDRESS_PRIMARY || column->type.json != NULL ||
           column->opted_out.json != NULL || column->invalid.json != NULL;
}

/* Is one of the columns about several addresses of plain's kind? */
static bool is_several(const struct mapping *mapping,
                       const struct schema_attribute *plain,
                       const struct schema_attribute *list) {
    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        if (column->field == NULL || column->ignore)
            continue;
        if (strcmp(column->field, list->name) == 0 ||
            (strcmp(column->field, plain->name) == 0 &&
             (says_more(column) || column->delimiter != NULL)))
            return true;
    }
    return false;
}

/* How what is there is treated is said of the kind as a whole. */
static bool list_adds(struct builder *b, const struct schema_attribute *plain,
                      const struct schema_attribute *list) {
    const struct mapping *mapping = b->program->mapping;
    const struct mapping_column *replaces = NULL, *appends = NULL;
    char at[POINTER_SIZE];

    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        if (column->field == NULL || (strcmp(column->field, list->name) != 0 &&
                                      strcmp(column->field, plain->name) != 0))
            continue;
        if (column->address_mode == ADDRESS_REPLACE)
            replaces = column;
        if (column->address_mode == ADDRESS_APPEND)
            appends = column;
    }
    if (replaces != NULL && appends != NULL) {
        pointer_key(at, appends->pointer, "mode");
        problems_add(&b->problems, at,
                     "is \"append\", but %s has \"replace\" for the same addresses: "
                     "write one of the two everywhere",
                     replaces->pointer);
    }
    return replaces == NULL;
}

/* A mark of its own would be about one of them, nobody knows which. */
static void check_marks(struct builder *b, const struct schema_attribute *plain) {
    static const char *const marks[] = {"IsOptedOut", "IsInvalid"};
    static const char *const keys[] = {"optedOut", "invalid"};
    const struct mapping *mapping = b->program->mapping;
    size_t len = strlen(plain->name);

    for (size_t i = 0; i < mapping->column_count; i++) {
        const char *field = mapping->columns[i].field;
        for (size_t k = 0; field != NULL && k < 2; k++)
            if (strncmp(field, plain->name, len) == 0 &&
                strcmp(field + len, marks[k]) == 0)
                problems_add(&b->problems, mapping->columns[i].pointer,
                             "'%s' is about one address, and the mapping has several: "
                             "give the column of the address \"%s\": {\"column\": "
                             "\"%.60s\"}",
                             field, keys[k],
                             mapping->columns[i].name == NULL ? ""
                                                              : mapping->columns[i].name);
    }
}

/* The index of the list, made if it is not there yet. */
static size_t find_list(struct builder *b, const struct schema_attribute *plain,
                        const struct schema_attribute *list) {
    struct program *program = b->program;

    for (size_t i = 0; i < program->list_count; i++)
        if (program->lists[i].def == list)
            return i;
    if (program->list_count == ADDRESS_KINDS) {
        problems_add(&b->problems, "/columns",
                     "fills more than %d kinds of addresses, which is too many",
                     (int)ADDRESS_KINDS);
        return ADDRESS_KINDS;
    }
    program->lists[program->list_count] = (struct address_list){
        .def = list, .plain = plain, .add = list_adds(b, plain, list)};
    check_marks(b, plain);
    return program->list_count++;
}

static void part_problem(struct builder *b, const char *at, const char *key,
                         const char *message) {
    char place[POINTER_SIZE];

    pointer_key(place, at, key);
    problems_add(&b->problems, place, "%s", message);
}

/* A column of the file that says something of the address. */
static bool find_cell(struct builder *b, const struct mapping_column *column,
                      const char *at, const struct mapping_part *part,
                      struct address_part *out) {
    switch (header_find(&b->header, part->column, &b->program->arena, &out->cell)) {
    case HEADER_FOUND: b->header.used[out->cell] = true; return true;
    case HEADER_NO_MEMORY: b->failed = RC_NOMEM; return false;
    case HEADER_TWICE:
        part_problem(b, at, "column", "names more than one column of the file");
        return false;
    case HEADER_NONE: break;
    }
    if (!column->optional)
        part_problem(b, at, "column", "names no column of the file");
    out->present = false;
    return column->optional;
}

/* type: "Mobile"; optedOut: true; or {"column": ..}. */
static bool build_part(struct builder *b, const struct mapping_column *column,
                       const char *key, const struct mapping_part *part,
                       const struct schema_attribute *def, struct address_part *out) {
    struct mapping_column *as = arena_zalloc(&b->program->arena, sizeof *as);
    char at[POINTER_SIZE];

    *out = (struct address_part){.present = part->json != NULL, .cell = NO_COLUMN};
    if (part->json == NULL)
        return true;
    if (as == NULL) {
        b->failed = RC_NOMEM;
        return false;
    }
    pointer_key(at, column->pointer, key);
    if (def == NULL) {
        problems_add(&b->problems, at,
                     "is for phone numbers: e-mail addresses have none");
        return false;
    }
    (void)snprintf(as->pointer, sizeof as->pointer, "%.31s", at);
    as->value_map = part->value_map;
    as->on_unknown = part->on_unknown;
    as->constant = part->json;
    converter_build(b, as, def, &out->converter);
    if (part->column != NULL)
        return find_cell(b, column, at, part, out);
    return converter_constant(b, as, &out->converter, &out->constant);
}

/* What the types and flags of a list are converted as. */
static const struct schema_attribute *part_def(struct builder *b,
                                               const struct schema_attribute *list,
                                               enum attribute_type type) {
    struct schema_attribute *def = arena_alloc(&b->program->arena, sizeof *def);

    if (def == NULL) {
        b->failed = RC_NOMEM;
        return NULL;
    }
    *def = *list;
    def->type = type;
    def->not_null = false;
    if (type == ATTRIBUTE_BOOL) {
        def->options = NULL;
        def->option_count = 0;
    }
    return def;
}

static void check_column(struct builder *b, const struct mapping_column *column,
                         const struct schema_attribute *list) {
    const struct mapping *mapping = b->program->mapping;
    const char *at = column->pointer;

    if (column->address_mode == ADDRESS_PRIMARY && strcmp(column->field, list->name) == 0)
        part_problem(b, at, "mode",
                     "\"primary\" is for the column of the plain attribute; here write "
                     "\"append\" or \"replace\"");
    if (column->empty == EMPTY_NULL ||
        (column->empty == EMPTY_UNSET && mapping->empty == EMPTY_NULL))
        part_problem(b, at, "empty",
                     "cannot be \"null\" where a record may have several addresses: "
                     "write \"keep\", and \"mode\": \"replace\" if those that the file "
                     "does not have are to go");
}

bool address_build(struct builder *b, const struct mapping_column *column,
                   const struct schema_attribute **def, const struct address_step **out) {
    const struct schema *schema = b->program->schema;
    const struct schema_attribute *plain = *def, *list = *def;
    struct address_step *step;
    char name[128];
    size_t before = b->problems.count;
    bool phone;

    if (plain->type == ATTRIBUTE_ADDRESSES) {
        plain = schema_find(schema, list->field);
    } else if (plain->type == ATTRIBUTE_EMAIL || plain->type == ATTRIBUTE_PHONE) {
        (void)snprintf(name, sizeof name, "%sData", plain->name);
        list = schema_find(schema, name);
    } else {
        if (says_more(column) || column->address_mode != ADDRESS_UNSET)
            problems_add(&b->problems, column->pointer,
                         "mode, type, optedOut and invalid are for e-mail addresses and "
                         "phone numbers, and '%s' is neither",
                         plain->name);
        return b->problems.count == before;
    }
    if (plain == NULL || list == NULL || list->type != ATTRIBUTE_ADDRESSES ||
        !is_several(b->program->mapping, plain, list))
        return plain != NULL;
    *def = plain;
    phone = plain->type == ATTRIBUTE_PHONE;
    step = arena_zalloc(&b->program->arena, sizeof *step);
    if (step == NULL) {
        b->failed = RC_NOMEM;
        return false;
    }
    step->list = find_list(b, plain, list);
    step->primary = column->field != NULL && strcmp(column->field, plain->name) == 0 &&
                    column->address_mode <= ADDRESS_PRIMARY;
    if (column->field != NULL)
        check_column(b, column, list);
    (void)build_part(b, column, "type", &column->type,
                     phone ? part_def(b, list, ATTRIBUTE_ENUM) : NULL, &step->type);
    (void)build_part(b, column, "optedOut", &column->opted_out,
                     part_def(b, list, ATTRIBUTE_BOOL), &step->opted_out);
    (void)build_part(b, column, "invalid", &column->invalid,
                     part_def(b, list, ATTRIBUTE_BOOL), &step->invalid);
    *out = step;
    return b->failed == 0 && b->problems.count == before;
}
