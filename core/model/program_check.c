/* program_check.c - a mapping against the server's metadata, before any row is read. */
#include "model/program_internal.h"

#include "model/phone.h"

#include <stdio.h>
#include <string.h>

/* "account" is a field, accountId its attribute: names what could be mapped instead. */
static bool suggest_attributes(struct builder *b, const char *pointer, const char *name) {
    const struct schema *schema = b->program->schema;
    char names[200];
    struct buf list = {.data = names, .cap = sizeof names, .max = sizeof names - 1};
    const struct schema_attribute *def;

    names[0] = '\0';
    for (size_t i = 0; (def = schema_at(schema, i)) != NULL; i++) {
        bool part = strcmp(def->field, name) == 0;
        if (!part) /* addressStreet is a field of its own in the metadata */
            part = strncmp(def->name, name, strlen(name)) == 0 &&
                   def->name[strlen(name)] >= 'A' && def->name[strlen(name)] <= 'Z';
        if (part && def->lock == LOCK_NONE)
            (void)buf_append_format(&list, "%s%s", list.len > 0 ? ", " : "", def->name);
    }
    if (list.len == 0)
        return false;
    problems_add(&b->problems, pointer,
                 "'%s' is not an attribute that can be sent; map %s", name, names);
    return true;
}

static void unknown_field(struct builder *b, const char *pointer, const char *name) {
    const struct schema *schema = b->program->schema;
    const struct schema_attribute *nearest;

    if (suggest_attributes(b, pointer, name))
        return;
    nearest = schema_nearest(schema, name);
    if (nearest != NULL) {
        problems_add(&b->problems, pointer, "%s has no field '%.60s'; did you mean '%s'?",
                     schema_entity_type(schema), name, nearest->name);
        builder_attempt(b, nearest);
    } else
        problems_add(&b->problems, pointer,
                     "%s has no field '%.60s', or this user may not see it",
                     schema_entity_type(schema), name);
}

static void locked_field(struct builder *b, const char *pointer,
                         const struct schema_attribute *def) {
    const char *why = "";

    switch (def->lock) {
    case LOCK_NONE: return;
    case LOCK_SYSTEM: why = "is set by EspoCRM itself, which drops what is sent"; break;
    case LOCK_READ_ONLY: why = "is read-only in EspoCRM, which drops what is sent"; break;
    case LOCK_FORBIDDEN:
        why = "may not be edited by this user; have its role changed, or take the column "
              "out of the mapping";
        break;
    case LOCK_FOREIGN: why = "is computed by EspoCRM, which drops what is sent"; break;
    case LOCK_NOT_STORED: why = "is not stored with the record by EspoCRM"; break;
    case LOCK_TYPE: why = "is of a kind that this version cannot fill from a cell"; break;
    }
    if (def->instead != NULL)
        problems_add(&b->problems, pointer, "'%s' %s; map %s", def->name, why,
                     def->instead);
    else
        problems_add(&b->problems, pointer, "'%s' %s", def->name, why);
}

const struct schema_attribute *check_field(struct builder *b, const char *pointer,
                                           const char *name) {
    const struct schema_attribute *def = schema_find(b->program->schema, name);

    if (def == NULL) {
        unknown_field(b, pointer, name);
        return NULL;
    }
    if (def->lock != LOCK_NONE) {
        locked_field(b, pointer, def);
        return NULL;
    }
    return def;
}

static bool is_attempted(const struct builder *b, const char *name) {
    for (size_t i = 0; i < b->attempted_count; i++)
        if (strcmp(b->attempted[i]->name, name) == 0)
            return true;
    return false;
}

/* The step that fills the attribute called name, or NULL. */
static const struct step *filled_by(const struct program *program, const char *name) {
    for (size_t i = 0; i < program->step_count; i++) {
        const struct step *step = &program->steps[i];
        for (size_t k = 0; k < step->converter_count; k++)
            if (strcmp(step->converters[k].def->name, name) == 0)
                return step;
    }
    return NULL;
}

/* The step that fills the attribute called name, before converter k of step i. */
static const struct step *filled_before(const struct program *program, size_t i, size_t k,
                                        const char *name) {
    for (size_t j = 0; j <= i; j++) {
        const struct step *step = &program->steps[j];
        size_t count = j == i ? k : step->converter_count;
        for (size_t m = 0; m < count; m++)
            if (strcmp(step->converters[m].def->name, name) == 0)
                return step;
    }
    return NULL;
}

/* Addresses beside the primary one: as many columns as there are. */
static bool is_one_of_several(const struct step *step) {
    return step->address != NULL && !step->address->primary;
}

static void check_twice(struct builder *b) {
    const struct program *program = b->program;

    for (size_t i = 0; i < program->step_count; i++) {
        const struct step *step = &program->steps[i];
        for (size_t k = 0; k < step->converter_count; k++) {
            const char *name = step->converters[k].def->name;
            const struct step *first = filled_before(program, i, k, name);
            if (first != NULL && !is_one_of_several(first) && !is_one_of_several(step))
                problems_add(&b->problems, step->column->pointer,
                             "'%s' is filled by %s already; two columns cannot go to one "
                             "field, unless joined with \"names\" and \"join\"",
                             name, first->column->pointer);
        }
    }
}

/* Of the pair, one is filled and the other is not. */
static void half_a_pair(struct builder *b, const struct step *filled, const char *name,
                        const char *missing, bool is_type) {
    problems_add(&b->problems, filled->column->pointer,
                 "%s means nothing to EspoCRM without %s: map a column to %s, too%s",
                 name, missing, missing,
                 is_type ? ", or give it a \"const\", such as \"Account\"" : "");
}

/* parentId is nothing without parentType, and the other way round. */
static void check_pair(struct builder *b, const struct schema_attribute *type,
                       const struct schema_attribute *id) {
    struct program *program = b->program;
    const struct step *type_step = filled_by(program, type->name);
    const struct step *id_step = filled_by(program, id->name);

    if (type_step != NULL && id_step != NULL)
        program->pairs[program->pair_count++] = (struct id_pair){
            .id = id,
            .type = type,
            .type_column =
                type_step->kind == STEP_CONST ? NO_COLUMN : type_step->cells[0],
        };
    else if (is_attempted(b, id->name) || is_attempted(b, type->name))
        return;
    else if (id_step != NULL)
        half_a_pair(b, id_step, id->name, type->name, true);
    else if (type_step != NULL)
        half_a_pair(b, type_step, type->name, id->name, false);
}

static void check_pairs(struct builder *b) {
    struct program *program = b->program;
    const struct schema_attribute *type, *id;

    program->pairs =
        arena_alloc(&program->arena, (program->attribute_count + program->key_count + 1) *
                                         sizeof *program->pairs);
    if (program->pairs == NULL) {
        b->failed = RC_NOMEM;
        return;
    }
    for (size_t i = 0; (type = schema_at(program->schema, i)) != NULL; i++)
        for (size_t k = 0; type->type == ATTRIBUTE_ENTITY &&
                           (id = schema_at(program->schema, k)) != NULL;
             k++)
            if (id->type == ATTRIBUTE_ID && strcmp(id->field, type->field) == 0)
                check_pair(b, type, id);
}

static bool group_filled(const struct builder *b, const char *const *names) {
    for (; *names != NULL; names++)
        if (filled_by(b->program, *names) != NULL || is_attempted(b, *names))
            return true;
    return false;
}

static void check_groups(struct builder *b) {
    const char *const *names;
    const char *field;

    if (b->program->mapping->operation != OPERATION_CREATE)
        return; /* row by row, where one is to be created */
    for (size_t i = 0;
         (names = schema_required_any(b->program->schema, i, &field)) != NULL; i++)
        if (!group_filled(b, names))
            problems_add(
                &b->problems, "/columns",
                "EspoCRM requires '%s' of each %s, and no column fills it: map at "
                "least %s",
                field, schema_entity_type(b->program->schema),
                names[0] != NULL && names[1] != NULL && names[2] != NULL ? names[2]
                                                                         : names[0]);
}

/* Notes what each row must have, and tells what no column can give. */
static void check_required(struct builder *b) {
    struct program *program = b->program;
    const struct schema_attribute *def;
    size_t count = schema_count(program->schema);
    bool creates = program->mapping->operation == OPERATION_CREATE;

    program->requirements =
        arena_alloc(&program->arena, (count + 1) * sizeof *program->requirements);
    if (program->requirements == NULL) {
        b->failed = RC_NOMEM;
        return;
    }
    if (!creates && program->mapping->operation != OPERATION_UPSERT)
        return;
    for (size_t i = 0; (def = schema_at(program->schema, i)) != NULL; i++) {
        const struct step *step;
        if (!def->required || def->lock != LOCK_NONE)
            continue;
        step = filled_by(program, def->name);
        if (step == NULL && !def->has_default && !creates)
            program->requirements[program->requirement_count++] =
                (struct requirement){def, NO_COLUMN};
        else if (step == NULL && !def->has_default && !is_attempted(b, def->name))
            problems_add(&b->problems, "/columns",
                         "EspoCRM requires '%s' of each new %s, and no column fills it: "
                         "map one to it, or give it a \"const\"",
                         def->name, schema_entity_type(program->schema));
        if (step != NULL && step->kind != STEP_CONST && step->cell_count > 0)
            program->requirements[program->requirement_count++] =
                (struct requirement){def, step->cells[0]};
    }
}

/* A zone that no column uses yet is wrong all the same; the others are told already. */
static void check_timezone(struct builder *b, const char *name) {
    struct err err = {.rc = RC_OK};
    struct zone *zone = NULL;

    if (name == NULL || strcmp(name, "UTC") == 0)
        return;
    for (struct program_zone *z = b->program->zones; z != NULL; z = z->next)
        if (strcmp(z->name, name) == 0)
            return;
    if (zone_load(&zone, name, &err) < 0)
        problems_add(&b->problems, "/defaults/timezone", "%s; %s", err.message,
                     err.advice);
    zone_free(zone);
}

static void check_settings(struct builder *b) {
    const struct mapping *mapping = b->program->mapping;
    const char *entity_type = schema_entity_type(b->program->schema);

    if (strcmp(mapping->entity_type, entity_type) != 0)
        problems_add(&b->problems, "/entityType", "the mapping is for %s, not for %s",
                     mapping->entity_type, entity_type);
    check_timezone(b, mapping->timezone);
    if (mapping->phone_country != NULL && !phone_country_known(mapping->phone_country))
        problems_add(&b->problems, "/defaults/phoneCountry",
                     "'%.20s' is not a country; use two capital letters, such as \"DE\"",
                     mapping->phone_country);
}

void check_program(struct builder *b) {
    check_settings(b);
    check_match(b);
    check_twice(b);
    check_pairs(b);
    check_required(b);
    check_groups(b);
}
