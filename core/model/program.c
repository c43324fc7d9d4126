/* program.c - a mapping set against a file's header and the server's metadata.
 *
 * Promises that a program that was made can run on every row: all that can be wrong with
 * the mapping is told here, all of it at once, with the JSON Pointer of its place.
 */
#include "model/mapping.h"

#include "base/utf8.h"
#include "model/program_internal.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_COLUMNS = 6 };

static void *allocate(struct builder *b, size_t size) {
    void *at = arena_zalloc(&b->program->arena, size);

    if (at == NULL)
        b->failed = RC_NOMEM;
    return at;
}

static void missing_column(struct builder *b, const struct mapping_column *column,
                           const char *name) {
    size_t near = header_nearest(&b->header, name);
    char names[200];
    struct buf list = {.data = names, .cap = sizeof names, .max = sizeof names - 1};

    names[0] = '\0';
    if (near < b->header.count) {
        (void)utf8_append_printable(&list, b->header.names[near], 60);
        problems_add(&b->problems, column->pointer,
                     "the file has no column '%.60s'; did you mean '%s'?", name, names);
        return;
    }
    for (size_t i = 0; i < b->header.count && i < SHOWN_COLUMNS; i++) {
        (void)buf_append_text(&list, i > 0 ? ", " : "");
        (void)utf8_append_printable(&list, b->header.names[i], 24);
    }
    problems_add(&b->problems, column->pointer,
                 "the file has no column '%.60s' (its columns are: %s%s); mark it "
                 "\"optional\": true if it may be missing",
                 name, names, b->header.count > SHOWN_COLUMNS ? ", ..." : "");
}

/* 1 found, 0 not there, -1 there twice (told). */
static int find_column(struct builder *b, const struct mapping_column *column,
                       const char *name, size_t *index) {
    switch (header_find(&b->header, name, &b->program->arena, index)) {
    case HEADER_FOUND: b->header.used[*index] = true; return 1;
    case HEADER_NONE: return 0;
    case HEADER_NO_MEMORY: b->failed = RC_NOMEM; return -1;
    case HEADER_TWICE: break;
    }
    problems_add(&b->problems, column->pointer,
                 "the file has more than one column '%.60s' (ignoring case and blanks): "
                 "rename one of them in the file",
                 name);
    return -1;
}

/* The column by its name, else by one of its titles. */
static int find_named(struct builder *b, const struct mapping_column *column,
                      size_t *index) {
    int found = find_column(b, column, column->name, index);

    for (size_t i = 0; found == 0 && i < column->titles.count; i++)
        found = find_column(b, column, column->titles.items[i], index);
    if (found == 0 && !column->optional)
        missing_column(b, column, column->name);
    return found;
}

/* The file's columns of a step; false when it cannot be made, or need not be. */
static bool find_cells(struct builder *b, const struct mapping_column *column,
                       struct step *step) {
    size_t count = column->names.count > 0 ? column->names.count : 1;
    size_t *cells = allocate(b, count * sizeof *cells);
    bool whole = true;

    if (cells == NULL)
        return false;
    step->cells = cells;
    if (column->names.count == 0) {
        step->cell_count = find_named(b, column, &cells[0]) == 1 ? 1 : 0;
        return step->cell_count > 0;
    }
    for (size_t i = 0; i < count; i++) {
        int found =
            find_column(b, column, column->names.items[i], &cells[step->cell_count]);
        if (found == 1)
            step->cell_count++;
        if (found == 0 && !column->optional)
            missing_column(b, column, column->names.items[i]);
        whole = whole && (found == 1 || (found == 0 && column->optional));
    }
    return whole && step->cell_count > 0;
}

/* Appends def to a list in the program's arena. */
static void append(struct builder *b, const struct schema_attribute ***list,
                   size_t *count, size_t *cap, const struct schema_attribute *def) {
    if (*count == *cap) {
        size_t more = *cap == 0 ? 16 : *cap * 2;
        const struct schema_attribute **grown = allocate(b, more * sizeof *grown);
        if (grown == NULL)
            return;
        if (*count > 0)
            memcpy(grown, *list, *count * sizeof *grown);
        *list = grown;
        *cap = more;
    }
    (*list)[(*count)++] = def;
}

void builder_attempt(struct builder *b, const struct schema_attribute *def) {
    append(b, &b->attempted, &b->attempted_count, &b->attempted_cap, def);
}

/* An attribute that rows are compared by need not be one that can be written. */
static const struct schema_attribute *
find_attribute(struct builder *b, const char *at, const char *name, struct step *step) {
    const struct schema_attribute *def = schema_find(b->program->schema, name);

    if (def != NULL && def->lock != LOCK_NONE && def->lock != LOCK_FORBIDDEN &&
        match_names(b->program->mapping, name)) {
        step->match_only = true;
        return def;
    }
    return check_field(b, at, name);
}

/* One attribute of a column, made; false when it cannot be. */
static bool build_converter(struct builder *b, const struct mapping_column *column,
                            const struct schema_attribute *def, struct step *step) {
    const struct address_step *address = NULL;

    if (!address_build(b, column, &def, &address))
        return false;
    if (address != NULL)
        step->address = address;
    converter_build(b, column, def, &step->converters[step->converter_count++]);
    return true;
}

/* The converters of a column's field or fields; false when one cannot be written. */
static bool build_converters(struct builder *b, const struct mapping_column *column,
                             struct step *step) {
    size_t count = column->fields.count > 0 ? column->fields.count : 1;
    char at[POINTER_SIZE], item[POINTER_SIZE];
    bool whole = true;

    step->converters = allocate(b, count * sizeof *step->converters);
    if (step->converters == NULL)
        return false;
    pointer_key(at, column->pointer, column->fields.count > 0 ? "fields" : "field");
    for (size_t i = 0; i < count; i++) {
        const struct schema_attribute *def;
        pointer_index(item, at, i);
        def = column->fields.count > 0 ? check_field(b, item, column->fields.items[i])
                                       : find_attribute(b, at, column->field, step);
        whole = def != NULL && build_converter(b, column, def, step) && whole;
    }
    return whole;
}

static bool is_filled(const struct program *program, const struct schema_attribute *def) {
    for (size_t i = 0; i < program->attribute_count; i++)
        if (program->attributes[i] == def)
            return true;
    return false;
}

static void keep_step(struct builder *b, const struct step *step) {
    struct program *program = b->program;

    if (program->step_count == program->step_cap) {
        size_t cap = program->step_cap == 0 ? 16 : program->step_cap * 2;
        struct step *more = allocate(b, cap * sizeof *more);
        if (more == NULL)
            return;
        if (program->step_count > 0)
            memcpy(more, program->steps, program->step_count * sizeof *more);
        program->steps = more;
        program->step_cap = cap;
    }
    program->steps[program->step_count++] = *step;
    program->link_count += step->lookup != NULL;
    for (size_t i = 0; i < step->converter_count; i++) {
        if (step->match_only)
            program->key_count++;
        else if (step->address == NULL || !is_filled(program, step->converters[i].def))
            append(b, &program->attributes, &program->attribute_count,
                   &program->attribute_cap, step->converters[i].def);
    }
}

/* A row that is deleted needs no more than what it is matched by. */
static bool is_needed(const struct builder *b, const struct step *step) {
    if (b->program->mapping->operation != OPERATION_DELETE)
        return true;
    for (size_t i = 0; i < step->converter_count; i++)
        if (match_names(b->program->mapping, step->converters[i].def->name))
            return true;
    return false;
}

static void build_step(struct builder *b, const struct mapping_column *column) {
    const struct mapping *mapping = b->program->mapping;
    const struct text_list *missing =
        column->has_missing != NULL ? &column->missing : &mapping->missing;
    struct step step = {.kind = STEP_CELL, .column = column};
    size_t before = b->problems.count;
    bool cells, fields;

    step.empty = column->empty != EMPTY_UNSET    ? column->empty
                 : mapping->empty != EMPTY_UNSET ? mapping->empty
                                                 : EMPTY_KEEP;
    step.required = column->required;
    step.add = column->link_mode == 1;
    step.split_as = column->split_as;
    if (column->constant != NULL)
        step.kind = STEP_CONST;
    else if (column->join != NULL)
        step.kind = STEP_JOIN;
    else if (column->split != NULL)
        step.kind = STEP_SPLIT;
    step.text = slice_of(column->join != NULL ? column->join : column->split);
    builder_words(b, missing->items, missing->count, false, &step.missing);
    cells = step.kind == STEP_CONST || find_cells(b, column, &step);
    fields = build_converters(b, column, &step);
    if (fields && column->has_lookup != NULL)
        step.lookup = lookup_build(b, column, step.converters[0].def);
    fields = fields && (column->has_lookup == NULL) == (step.lookup == NULL);
    if (cells && fields && b->failed == 0 && step.kind == STEP_CONST &&
        step.lookup == NULL)
        fields = converter_constant(b, column, &step.converters[0], &step.constant);
    if (cells && fields && b->failed == 0) {
        if (is_needed(b, &step))
            keep_step(b, &step);
    } else if (b->problems.count > before)
        for (size_t i = 0; i < step.converter_count; i++)
            builder_attempt(b, step.converters[i].def);
}

/* An ignored column need not be there, but is not "unused" when it is. */
static void use_ignored(struct builder *b, const struct mapping_column *column) {
    size_t index;
    int found = 0;

    if (column->names.count > 0) {
        for (size_t i = 0; i < column->names.count; i++)
            (void)find_column(b, column, column->names.items[i], &index);
        return;
    }
    found = find_column(b, column, column->name, &index);
    for (size_t i = 0; found == 0 && i < column->titles.count; i++)
        found = find_column(b, column, column->titles.items[i], &index);
}

static bool is_star(const struct mapping_column *column) {
    return column->name != NULL && strcmp(column->name, "*") == 0;
}

/* The writable attribute that a column is named after, or NULL. */
static const struct schema_attribute *named_after(struct builder *b, size_t index,
                                                  const struct slice *bare) {
    const struct schema *schema = b->program->schema;
    const struct schema_attribute *def;

    for (int exact = 1; exact >= 0; exact--)
        for (size_t i = 0; (def = schema_at(schema, i)) != NULL; i++)
            if (def->lock == LOCK_NONE && !is_filled(b->program, def) &&
                (exact ? slice_is(b->header.names[index], def->name)
                       : slice_equal(b->header.bare[index], bare[i])))
                return def;
    return NULL;
}

/* "*=*": every column that nothing else uses and that bears an attribute's name. */
static void build_star(struct builder *b, const struct mapping_column *column) {
    const struct schema *schema = b->program->schema;
    size_t count = schema_count(schema);
    struct slice *bare = allocate(b, (count + 1) * sizeof *bare);

    for (size_t i = 0; bare != NULL && i < count; i++)
        bare[i] = header_bare(slice_of(schema_at(schema, i)->name), &b->program->arena);
    for (size_t i = 0; bare != NULL && i < b->header.count && b->failed == 0; i++) {
        const struct schema_attribute *def;
        struct mapping_column *made;
        if (b->header.used[i] || b->header.names[i].len == 0 ||
            b->header.names[i].data[0] == '_')
            continue;
        def = named_after(b, i, bare);
        made = def == NULL ? NULL : allocate(b, sizeof *made);
        if (made == NULL)
            continue;
        *made = *column;
        made->name = arena_copy(&b->program->arena, b->header.names[i].data,
                                b->header.names[i].len);
        made->field = def->name;
        if (made->name == NULL)
            b->failed = RC_NOMEM;
        else
            build_step(b, made);
    }
}

static void build_steps(struct builder *b) {
    const struct mapping *mapping = b->program->mapping;

    for (size_t i = 0; i < mapping->column_count && b->failed == 0; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        if (column->ignore)
            use_ignored(b, column);
        else if (!is_star(column))
            build_step(b, column);
    }
    for (size_t i = 0; i < mapping->column_count && b->failed == 0; i++)
        if (is_star(&mapping->columns[i]))
            build_star(b, &mapping->columns[i]);
}

/* An amount may have its code beside it where the mapping sets that very currency. */
static void link_currencies(struct builder *b) {
    struct program *program = b->program;

    for (size_t i = 0; i < program->step_count; i++) {
        struct converter *c = &program->steps[i].converters[0];
        if (c->def->type != ATTRIBUTE_CURRENCY && c->def->type != ATTRIBUTE_DECIMAL)
            continue;
        for (size_t k = 0; k < program->step_count; k++) {
            const struct step *other = &program->steps[k];
            size_t len = strlen(c->def->name);
            if (other->kind == STEP_CONST && other->constant.kind == VALUE_STRING &&
                strncmp(other->converters[0].def->name, c->def->name, len) == 0 &&
                strcmp(other->converters[0].def->name + len, "Currency") == 0)
                c->currency = arena_copy(&program->arena, other->constant.text.data,
                                         other->constant.text.len);
        }
    }
}

static void list_unused(struct builder *b) {
    struct program *program = b->program;

    program->unused = allocate(b, (b->header.count + 1) * sizeof *program->unused);
    for (size_t i = 0; program->unused != NULL && i < b->header.count; i++)
        if (!b->header.used[i] &&
            !(b->header.names[i].len > 0 && b->header.names[i].data[0] == '_'))
            program->unused[program->unused_count++] = i;
}

int program_new(struct program **out, const struct mapping *mapping,
                const struct schema *schema, const struct slice *columns,
                size_t column_count, struct mapping_problem **problems,
                size_t *problem_count, struct err *err) {
    struct program *program = calloc(1, sizeof *program);
    struct builder b = {.program = program};
    int rc;

    *out = NULL;
    if (problems != NULL)
        *problems = NULL;
    if (problem_count != NULL)
        *problem_count = 0;
    if (program == NULL)
        return err_nomem(err);
    program->mapping = mapping;
    program->schema = schema;
    if (header_init(&b.header, columns, column_count, &program->arena) < 0)
        b.failed = RC_NOMEM;
    else
        build_steps(&b);
    if (b.failed == 0) {
        check_program(&b);
        link_currencies(&b);
        list_unused(&b);
    }
    rc = b.failed < 0 ? err_nomem(err) : problems_to_err(&b.problems, NULL, err);
    if (rc == RC_USAGE && problems != NULL && problem_count != NULL) {
        *problems = b.problems.list; /* the caller's now */
        *problem_count = b.problems.count;
        b.problems.list = NULL;
    }
    problems_fini(&b.problems);
    if (rc < 0)
        program_free(program);
    else
        *out = program;
    return rc;
}

void program_free(struct program *program) {
    if (program == NULL)
        return;
    for (struct program_zone *z = program->zones; z != NULL; z = z->next)
        zone_free(z->zone);
    arena_fini(&program->arena);
    free(program);
}

size_t program_unused_columns(const struct program *program, const size_t **columns) {
    *columns = program->unused;
    return program->unused_count;
}

const struct lookup *program_lookup(const struct program *program, size_t i) {
    for (size_t k = 0; k < program->step_count; k++)
        if (program->steps[k].lookup != NULL && i-- == 0)
            return program->steps[k].lookup;
    return NULL;
}

const struct schema_attribute *const *program_match(const struct program *program,
                                                    size_t i, size_t *count) {
    if (i >= program->rule_count)
        return NULL;
    *count = program->rules[i].count;
    return program->rules[i].attributes;
}

size_t program_attributes(const struct program *program,
                          const struct schema_attribute *const **attributes) {
    *attributes = program->attributes;
    return program->attribute_count;
}

const struct schema_attribute *program_address_list(const struct program *program,
                                                    size_t i) {
    return i < program->list_count ? program->lists[i].def : NULL;
}

const struct schema_attribute *program_identity(const struct program *program) {
    return program->identity;
}
