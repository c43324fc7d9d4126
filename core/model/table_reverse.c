/* table_reverse.c - an import mapping read backwards: for each of its columns, what an
 * import would make the same record of.
 */
#include "model/table_internal.h"

#include <stdio.h>

/* The names of the file's columns, each once. */
struct names {
    struct slice *list; /* in the table's arena */
    size_t count, cap;
    size_t stars; /* from here on they are of "*" */
    bool has_star;
};

static void add_name(struct table *table, struct names *names, const char *name) {
    if (name == NULL)
        return;
    for (size_t i = 0; i < names->count; i++)
        if (slice_is(names->list[i], name))
            return;
    if (names->count == names->cap) {
        size_t cap = names->cap == 0 ? 64 : names->cap * 2;
        struct slice *more = arena_alloc(&table->arena, cap * sizeof *more);
        if (more == NULL) {
            table->failed = RC_NOMEM;
            return;
        }
        if (names->count > 0)
            memcpy(more, names->list, names->count * sizeof *more);
        names->list = more;
        names->cap = cap;
    }
    names->list[names->count++] = slice_of(name);
}

static bool fills(const struct mapping *mapping, const char *attribute) {
    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        if (column->field != NULL && strcmp(column->field, attribute) == 0)
            return true;
        for (size_t k = 0; k < column->fields.count; k++)
            if (strcmp(column->fields.items[k], attribute) == 0)
                return true;
    }
    return false;
}

static void collect_names(struct table *table, const struct mapping *mapping,
                          struct names *names) {
    const struct schema_attribute *def;

    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        bool star = column->name != NULL && strcmp(column->name, "*") == 0;
        names->has_star = names->has_star || star;
        if (column->ignore || star)
            continue;
        add_name(table, names, column->name);
        for (size_t k = 0; k < column->names.count; k++)
            add_name(table, names, column->names.items[k]);
        add_name(table, names, column->type.column);
        add_name(table, names, column->opted_out.column);
        add_name(table, names, column->invalid.column);
    }
    names->stars = names->count;
    if (names->has_star)
        for (size_t at = 0; (def = table_star(table->schema, &at)) != NULL;)
            if (!fills(mapping, def->name))
                add_name(table, names, def->name);
}

static const struct schema_attribute *named_of(const struct schema *schema,
                                               const struct schema_attribute *link) {
    char name[160];

    (void)snprintf(name, sizeof name, "%.120s%s", link->field,
                   link->type == ATTRIBUTE_IDS ? "Names" : "Name");
    return schema_find(schema, name);
}

/* What a look-up finds the record by, where lists show it: its name, or its id. */
static int reverse_lookup(struct table *table, const struct step *step,
                          struct table_column *column, struct err *err) {
    const struct schema_attribute *link = step->converters[0].def, *def = NULL;
    struct converter *plain = arena_alloc(&table->arena, sizeof *plain);

    if (plain == NULL)
        return err_nomem(err);
    for (size_t i = 0; def == NULL && i < step->lookup->by_count; i++) {
        if (strcmp(step->lookup->by[i], "name") == 0)
            def = named_of(table->schema, link);
        else if (strcmp(step->lookup->by[i], "id") == 0)
            def = link;
    }
    if (def == NULL) {
        (void)err_set(err, RC_USAGE,
                      "the column '%s' is looked up by %s of %s, which lists of %s do "
                      "not show",
                      column->header, step->lookup->by[0], step->lookup->entity_type,
                      schema_entity_type(table->schema));
        err_advise(err,
                   "let \"by\" have \"name\" or \"id\", too, or export with --select");
        return RC_USAGE;
    }
    *plain = step->converters[0];
    plain->def = def;
    column->converters = plain;
    column->attributes[0] = table_add_attribute(table, def, false);
    column->kind =
        link->type == ATTRIBUTE_IDS && def != link ? COLUMN_NAMES : COLUMN_VALUE;
    return RC_OK;
}

/* How many columns before this one are about addresses of the same kind and type. */
static size_t count_before(const struct table *table, const struct table_column *column) {
    size_t n = 0;

    for (const struct table_column *at = table->columns; at < column; at++)
        n += at->kind == COLUMN_OTHER && at->attributes[0] == column->attributes[0] &&
             slice_equal(at->type, column->type);
    return n;
}

static int reverse_address(struct table *table, const struct step *step,
                           struct table_column *column) {
    const struct address_list *list = &table->program->lists[step->address->list];
    const struct address_part *type = &step->address->type;

    if (step->address->primary) {
        column->attributes[0] = table_add_attribute(table, list->plain, false);
        return RC_OK;
    }
    column->attributes[0] = table_add_attribute(table, list->def, true);
    (void)table_add_attribute(table, list->plain, false);
    if (type->present && type->cell == NO_COLUMN)
        column->type = type->constant.text;
    column->kind = step->column->delimiter != NULL ? COLUMN_OTHERS : COLUMN_OTHER;
    column->nth = column->kind == COLUMN_OTHER ? count_before(table, column) : 0;
    return RC_OK;
}

/* "first last" and the like: the fields stand in the order of the pattern. */
static int reverse_split(struct table *table, const struct step *step,
                         struct table_column *column, struct err *err) {
    if (step->converter_count > 3)
        return err_set(err, RC_USAGE,
                       "the column '%s' is split into more than three fields: it cannot "
                       "be put together again",
                       column->header);
    column->kind = COLUMN_WHOLE;
    column->count = step->converter_count;
    column->text = step->split_as == SPLIT_DELIMITER          ? step->text
                   : step->split_as == SPLIT_LAST_COMMA_FIRST ? slice_of(", ")
                                                              : slice_of(" ");
    for (size_t i = 0; i < column->count; i++)
        column->attributes[i] =
            table_add_attribute(table, step->converters[i].def, false);
    return RC_OK;
}

static int reverse_step(struct table *table, const struct step *step, size_t cell,
                        struct table_column *column, struct err *err) {
    column->converters = step->converters;
    column->step = step;
    column->count = 1;
    if (step->lookup != NULL)
        return reverse_lookup(table, step, column, err);
    if (step->kind == STEP_SPLIT)
        return reverse_split(table, step, column, err);
    if (step->address != NULL)
        return reverse_address(table, step, column);
    column->attributes[0] = table_add_attribute(table, step->converters[0].def, false);
    if (step->kind == STEP_JOIN) {
        column->kind = COLUMN_PART;
        column->text = step->text;
        column->parts = step->cell_count;
        for (size_t i = 0; i < step->cell_count; i++)
            if (step->cells[i] == cell)
                column->nth = i;
    }
    return RC_OK;
}

/* Does the column say something of an address? */
static bool reverse_mark(struct table *table, size_t cell, struct table_column *column) {
    for (size_t i = 0; i < table->program->step_count; i++) {
        const struct step *step = &table->program->steps[i];
        const struct address_step *address = step->address;
        if (address == NULL || address->primary)
            continue;
        column->member = address->type.cell == cell        ? "type"
                         : address->opted_out.cell == cell ? "optOut"
                         : address->invalid.cell == cell   ? "invalid"
                                                           : NULL;
        if (column->member == NULL)
            continue;
        column->kind = COLUMN_MARK;
        column->converters = step->converters;
        column->count = 1;
        column->attributes[0] =
            table_add_attribute(table, table->program->lists[address->list].def, true);
        for (size_t c = 0; c < table->column_count; c++)
            if (table->columns[c].kind == COLUMN_OTHER &&
                table->columns[c].converters == step->converters)
                column->nth = table->columns[c].nth;
        return true;
    }
    return false;
}

static const struct step *step_of(const struct program *program, size_t cell) {
    for (size_t i = 0; i < program->step_count; i++)
        for (size_t k = 0; k < program->steps[i].cell_count; k++)
            if (program->steps[i].kind != STEP_CONST &&
                program->steps[i].cells[k] == cell)
                return &program->steps[i];
    return NULL;
}

/* An attribute that "*" stands for and that no import fills: id, createdAt. */
static int add_plain(struct table *table, const char *name, struct table_column *column,
                     struct err *err) {
    const struct schema_attribute *def = schema_find(table->schema, name);
    struct converter *plain = arena_zalloc(&table->arena, sizeof *plain);

    if (plain == NULL)
        return err_nomem(err);
    if (def == NULL)
        return RC_OK; /* stays COLUMN_EMPTY */
    plain->def = def;
    plain->delimiter = slice_of(",");
    plain->unknown = UNKNOWN_KEEP;
    column->kind = COLUMN_VALUE;
    column->count = 1;
    column->converters = plain;
    column->attributes[0] = table_add_attribute(table, def, false);
    column->by_star = true;
    return RC_OK;
}

static int build_columns(struct table *table, const struct names *names,
                         struct err *err) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < names->count; i++) {
        const struct step *step = step_of(table->program, i);
        const char *header =
            arena_copy(&table->arena, names->list[i].data, names->list[i].len);
        struct table_column *column =
            header == NULL ? NULL : table_add_column(table, header, COLUMN_EMPTY);
        if (column == NULL)
            return err_nomem(err);
        if (step != NULL) {
            column->kind = COLUMN_VALUE;
            rc = reverse_step(table, step, i, column, err);
            column->by_star = i >= names->stars;
        } else if (i >= names->stars) {
            rc = add_plain(table, header, column, err);
        }
    }
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind == COLUMN_EMPTY)
            (void)reverse_mark(table, i, &table->columns[i]);
    return rc;
}

/* What the user's role hides, lists leave out without a word. */
static int check_rights(const struct table *table, struct err *err) {
    for (size_t i = 0; i < table->attribute_count; i++) {
        const struct schema_attribute *def = table->attributes[i].def;
        if (!def->unreadable)
            continue;
        (void)err_set(err, RC_AUTH, "the mapping: your role may not read '%s' of %s",
                      def->name, schema_entity_type(table->schema));
        err_advise(err, "export without it, or ask for the right to read the field");
        return RC_AUTH;
    }
    return RC_OK;
}

/* Columns of these names, which the mapping is set against. */
static int reverse(struct table *table, const struct mapping *mapping,
                   const struct names *names, struct mapping_problem **problems,
                   size_t *problem_count, struct err *err) {
    int rc = program_new(&table->program, mapping, table->schema, names->list,
                         names->count, problems, problem_count, err);

    if (rc == RC_OK)
        rc = build_columns(table, names, err);
    if (rc == RC_OK)
        rc = check_rights(table, err);
    if (rc == RC_OK && table->column_count == 0)
        rc = err_set(err, RC_USAGE, "the mapping has no column to be written");
    return rc == RC_OK ? table_finish(table, err) : rc;
}

int table_reverse(struct table **out, const struct schema *schema,
                  const struct mapping *mapping, struct mapping_problem **problems,
                  size_t *problem_count, struct err *err) {
    struct table *table = table_alloc(schema);
    struct names names = {.list = NULL};
    int rc = table == NULL ? err_nomem(err) : RC_OK;

    *out = NULL;
    if (rc == RC_OK) {
        collect_names(table, mapping, &names);
        rc = table->failed < 0 ? err_nomem(err) : RC_OK;
    }
    if (rc == RC_OK)
        rc = reverse(table, mapping, &names, problems, problem_count, err);
    if (rc == RC_OK)
        *out = table;
    else
        table_free(table);
    return rc;
}

int table_reverse_file(struct table **out, const struct schema *schema,
                       const struct mapping *mapping, const struct slice *columns,
                       size_t column_count, struct err *err) {
    struct table *table = table_alloc(schema);
    struct names names = {.count = column_count, .stars = column_count};
    int rc = table == NULL ? err_nomem(err) : RC_OK;

    *out = NULL;
    if (rc == RC_OK) {
        names.list = arena_alloc(&table->arena, (column_count + 1) * sizeof *names.list);
        rc = names.list == NULL ? err_nomem(err) : RC_OK;
    }
    if (rc == RC_OK) {
        memcpy(names.list, columns, column_count * sizeof *names.list);
        rc = reverse(table, mapping, &names, NULL, NULL, err);
    }
    if (rc == RC_OK)
        *out = table;
    else
        table_free(table);
    return rc;
}
