/* program_run.c - one row: cells to attributes, or to the reasons why not.
 *
 * Promises to look at every cell of the row whatever is wrong with the others, and to
 * make nothing up: a value is what stands in its cell, or what the mapping says.
 */
#include "model/program_run.h"

#include "model/mapping.h"

#include "model/formula_guard.h"

#include <stdio.h>

int run_add_error(struct run *run, enum reason reason, size_t column, const char *field,
                  struct slice value, const char *message) {
    if (run->error_count == run->error_cap) {
        size_t cap = run->error_cap == 0 ? 4 : run->error_cap * 2;
        struct row_error *more = arena_alloc(run->arena, cap * sizeof *more);
        if (more == NULL)
            return RC_NOMEM;
        if (run->error_count > 0)
            memcpy(more, run->errors, run->error_count * sizeof *more);
        run->errors = more;
        run->error_cap = cap;
    }
    run->errors[run->error_count++] = (struct row_error){.reason = reason,
                                                         .column = column,
                                                         .field = field,
                                                         .value = value,
                                                         .message = message};
    return RC_OK;
}

static int add_required(struct run *run, size_t column,
                        const struct schema_attribute *def) {
    const char *message =
        arena_format(run->arena, "%s is required, but its cell is empty", def->name);

    if (message == NULL)
        return RC_NOMEM;
    return run_add_error(run, REASON_VALUE_REQUIRED, column, def->name, slice_make("", 0),
                         message);
}

static int add_value(struct run *run, const struct step *step,
                     const struct schema_attribute *def, size_t column,
                     const struct value *value) {
    struct attribute attribute = {
        .def = def,
        .column = column,
        .value = *value,
        .on_conflict = (enum conflict_rule)step->column->on_conflict,
        .add = step->add,
    };

    if (step->address != NULL)
        return value->kind == VALUE_NULL
                   ? RC_OK
                   : run_add_address(run, step, column, value->text);
    if (!step->match_only)
        run->attributes[run->count++] = attribute;
    else if (value->kind != VALUE_NULL)
        run->keys[run->key_count++] = attribute;
    return RC_OK;
}

static int add_empty(struct run *run, const struct step *step, const struct converter *c,
                     size_t column) {
    struct value value = {.kind = VALUE_NULL};

    if (step->required || step->empty == EMPTY_ERROR)
        return add_required(run, column, c->def);
    if (step->empty != EMPTY_NULL)
        return RC_OK;
    if (c->def->type == ATTRIBUTE_LIST || c->def->type == ATTRIBUTE_IDS)
        value.kind = VALUE_LIST; /* an empty one: null clears no links */
    return add_value(run, step, c->def, column, &value);
}

static int add_text(struct run *run, const struct step *step, const struct converter *c,
                    size_t column, struct slice cell) {
    struct refusal refusal;
    struct value value = {.kind = VALUE_STRING, .text = slice_trim(cell)};
    int rc = 1;

    if (!step->match_only || c->def->type != ATTRIBUTE_OTHER)
        rc = convert_cell(c, cell, run->arena, &value, &refusal);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return run_add_error(run, refusal.reason, column, c->def->name, refusal.value,
                             refusal.message);
    run->from_cells += value.kind != VALUE_NULL;
    return add_value(run, step, c->def, column, &value);
}

/* A cell may hold several addresses. */
static int add_cell(struct run *run, const struct step *step, const struct converter *c,
                    size_t column, struct slice cell) {
    int rc = RC_OK;

    if (step->address == NULL || step->column->delimiter == NULL)
        return add_text(run, step, c, column, cell);
    while (rc == RC_OK) {
        const char *end =
            memmem(cell.data, cell.len, c->delimiter.data, c->delimiter.len);
        size_t len = end == NULL ? cell.len : (size_t)(end - cell.data);
        if (slice_trim(slice_make(cell.data, len)).len > 0)
            rc = add_text(run, step, c, column, slice_make(cell.data, len));
        if (end == NULL)
            break;
        cell = slice_make(end + c->delimiter.len, cell.len - len - c->delimiter.len);
    }
    return rc;
}

/* One text to look up: after the valueMap, blanks around it gone. */
static int add_link_text(struct run *run, const struct step *step, size_t column,
                         struct slice text, struct slice *texts, size_t *count) {
    const struct converter *c = &step->converters[0];
    struct refusal refusal;
    int rc = 1;

    text = slice_trim(text);
    if (text.len == 0)
        return RC_OK;
    if (c->map != NULL)
        rc = convert_map(c, &text, run->arena, &refusal);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return run_add_error(run, refusal.reason, column, c->def->name, refusal.value,
                             refusal.message);
    if (text.data != NULL)
        texts[(*count)++] = text;
    return RC_OK;
}

/* A cell that names records: kept for the look-up. */
static int add_link(struct run *run, const struct step *step, size_t column,
                    struct slice cell) {
    const struct converter *c = &step->converters[0];
    struct record_link *link = &run->links[run->link_count];
    bool many = c->def->type == ATTRIBUTE_IDS;
    size_t most = 1, count = 0;
    struct slice *texts, rest = cell;
    int rc = RC_OK;

    for (size_t i = 0; many && i + c->delimiter.len <= cell.len; i++)
        most += memcmp(cell.data + i, c->delimiter.data, c->delimiter.len) == 0;
    texts = arena_alloc(run->arena, most * sizeof *texts);
    if (texts == NULL)
        return RC_NOMEM;
    while (many && rc == RC_OK) {
        const char *end =
            memmem(rest.data, rest.len, c->delimiter.data, c->delimiter.len);
        size_t len = end == NULL ? 0 : (size_t)(end - rest.data);
        if (end == NULL)
            break;
        rc = add_link_text(run, step, column, slice_make(rest.data, len), texts, &count);
        rest.data += len + c->delimiter.len;
        rest.len -= len + c->delimiter.len;
    }
    if (rc == RC_OK)
        rc = add_link_text(run, step, column, rest, texts, &count);
    if (rc != RC_OK || count == 0)
        return rc;
    *link = (struct record_link){
        .def = c->def,
        .column = column,
        .lookup = step->lookup,
        .texts = texts,
        .count = count,
        .on_conflict = (enum conflict_rule)step->column->on_conflict,
        .add = step->add,
    };
    run->link_count++;
    run->from_cells += column != NO_COLUMN;
    return RC_OK;
}

bool step_is_empty(const struct step *step, struct slice cell) {
    struct slice trimmed = slice_trim(cell);

    return trimmed.len == 0 ||
           (step->missing.count > 0 && word_set_find(&step->missing, trimmed) != NO_WORD);
}

/* What the column's transforms make of the text; an empty one may be filled. */
static int transform(struct run *run, const struct step *step, struct slice *cell) {
    const struct mapping_column *column = step->column;
    const char *country = column->phone_country != NULL
                              ? column->phone_country
                              : run->program->mapping->phone_country;

    if (column->transforms == NULL)
        return RC_OK;
    if (step_is_empty(step, *cell))
        *cell = slice_of("");
    return transforms_apply(column->transforms, country, run->arena, cell);
}

/* Cells that are not empty, with the text between them. */
static int run_join(struct run *run, const struct step *step, const struct slice *fields,
                    size_t count) {
    struct slice joined = {NULL, 0};
    size_t size = 0, parts = 0;
    char *at = NULL;

    for (size_t i = 0; i < step->cell_count; i++)
        if (step->cells[i] < count && !step_is_empty(step, fields[step->cells[i]])) {
            joined = fields[step->cells[i]];
            size += joined.len + step->text.len;
            parts++;
        }
    if (parts > 1) {
        at = arena_alloc(run->arena, size);
        if (at == NULL)
            return RC_NOMEM;
        joined = slice_make(at, 0);
        for (size_t i = 0; i < step->cell_count; i++) {
            struct slice cell;
            if (step->cells[i] >= count || step_is_empty(step, fields[step->cells[i]]))
                continue;
            cell = fields[step->cells[i]];
            if (joined.len > 0 && step->text.len > 0)
                memcpy(at + joined.len, step->text.data, step->text.len);
            joined.len += joined.len > 0 ? step->text.len : 0;
            memcpy(at + joined.len, cell.data, cell.len);
            joined.len += cell.len;
        }
    }
    if (transform(run, step, &joined) < 0)
        return RC_NOMEM;
    if (slice_trim(joined).len == 0)
        return add_empty(run, step, &step->converters[0], step->cells[0]);
    return add_cell(run, step, &step->converters[0], step->cells[0], joined);
}

/* Takes the last word off *s (or the first one); blanks between go. */
static struct slice take_word(struct slice *s, bool last) {
    struct slice word = *s;
    size_t n = 0;

    if (last) {
        while (n < s->len && s->data[s->len - 1 - n] != ' ')
            n++;
        word = slice_make(s->data + s->len - n, n);
        *s = slice_trim(slice_make(s->data, s->len - n));
    } else {
        while (n < s->len && s->data[n] != ' ')
            n++;
        word.len = n;
        *s = slice_trim(slice_make(s->data + n, s->len - n));
    }
    return word;
}

/* Parts of a delimited cell; false when they are not as many as the fields. */
static bool split_delimited(const struct step *step, struct slice cell,
                            struct slice *parts) {
    size_t n = 0;

    for (;;) {
        const char *end = memmem(cell.data, cell.len, step->text.data, step->text.len);
        size_t len = end == NULL ? cell.len : (size_t)(end - cell.data);
        if (n == step->converter_count || n == SPLIT_PARTS_MAX)
            return false;
        parts[n++] = slice_trim(slice_make(cell.data, len));
        if (end == NULL)
            return n == step->converter_count;
        cell.data += len + step->text.len;
        cell.len -= len + step->text.len;
    }
}

/* "Lovelace, Ada"; a single word is the last name. */
static bool split_at_comma(struct slice cell, struct slice *parts) {
    const char *comma = memchr(cell.data, ',', cell.len);

    parts[0] = cell;
    parts[1] = slice_make(cell.data, 0);
    if (comma == NULL)
        return memchr(cell.data, ' ', cell.len) == NULL;
    parts[0].len = (size_t)(comma - cell.data);
    parts[1] = slice_make(comma + 1, cell.len - parts[0].len - 1);
    if (memchr(parts[1].data, ',', parts[1].len) != NULL)
        return false;
    parts[0] = slice_trim(parts[0]);
    parts[1] = slice_trim(parts[1]);
    return parts[0].len > 0;
}

bool run_split_cell(const struct step *step, struct slice cell, struct slice *parts) {
    cell = slice_trim(cell);
    switch (step->split_as) {
    case SPLIT_FIRST_LAST:
        parts[1] = take_word(&cell, true);
        parts[0] = cell;
        return true;
    case SPLIT_LAST_FIRST:
        parts[0] = take_word(&cell, false);
        parts[1] = cell;
        return true;
    case SPLIT_FIRST_MIDDLE_LAST:
        parts[2] = take_word(&cell, true);
        parts[0] = take_word(&cell, false);
        parts[1] = cell;
        return true;
    case SPLIT_LAST_COMMA_FIRST: return split_at_comma(cell, parts);
    case SPLIT_DELIMITER: return split_delimited(step, cell, parts);
    case SPLIT_NONE: break;
    }
    return false;
}

static int run_split(struct run *run, const struct step *step, struct slice cell) {
    struct slice parts[SPLIT_PARTS_MAX];
    size_t column = step->cells[0];
    const char *message;

    if (step_is_empty(step, cell)) {
        if (step->required || step->empty == EMPTY_ERROR)
            return add_required(run, column, step->converters[0].def);
        for (size_t i = 0; i < step->converter_count; i++)
            if (add_empty(run, step, &step->converters[i], column) < 0)
                return RC_NOMEM;
        return RC_OK;
    }
    if (!run_split_cell(step, cell, parts)) {
        message = arena_format(run->arena, "%s cannot be split as '%s' into %zu parts",
                               convert_show(cell, run->arena), step->column->split,
                               step->converter_count);
        return message == NULL
                   ? RC_NOMEM
                   : run_add_error(run, REASON_SPLIT_INVALID, column,
                                   step->converters[0].def->name, cell, message);
    }
    for (size_t i = 0; i < step->converter_count; i++) {
        const struct converter *c = &step->converters[i];
        struct value null = {.kind = VALUE_NULL};
        int rc = RC_OK;
        if (parts[i].len > 0)
            rc = add_cell(run, step, c, column, parts[i]);
        else if (step->empty == EMPTY_NULL && !c->def->not_null)
            rc = add_value(run, step, c->def, column, &null);
        if (rc < 0)
            return rc;
    }
    return RC_OK;
}

static int run_step(struct run *run, const struct step *step, const struct slice *fields,
                    size_t count) {
    struct slice cell = {NULL, 0};

    if (step->kind == STEP_CONST && step->lookup != NULL)
        return add_link(run, step, NO_COLUMN,
                        slice_of(json_string_value(step->column->constant)));
    if (step->kind == STEP_CONST) {
        return add_value(run, step, step->converters[0].def, NO_COLUMN, &step->constant);
    }
    if (step->kind == STEP_JOIN)
        return run_join(run, step, fields, count);
    if (step->cells[0] < count)
        cell = fields[step->cells[0]];
    if (transform(run, step, &cell) < 0)
        return RC_NOMEM;
    if (step->kind == STEP_SPLIT)
        return run_split(run, step, cell);
    if (step_is_empty(step, cell))
        return add_empty(run, step, &step->converters[0], step->cells[0]);
    if (step->lookup != NULL)
        return add_link(run, step, step->cells[0], cell);
    return add_cell(run, step, &step->converters[0], step->cells[0], cell);
}

static bool has_error(const struct run *run, const char *field) {
    for (size_t i = 0; i < run->error_count; i++)
        if (strcmp(run->errors[i].field, field) == 0)
            return true;
    return false;
}

static bool is_blank(const struct attribute *attribute) {
    return attribute->value.kind == VALUE_NULL ||
           (attribute->value.kind == VALUE_LIST && attribute->value.item_count == 0);
}

/* Does the row bring a value for the attribute called name? A link that is still to be
 * looked up will. 1 yes, 0 no, -1 it clears it. */
static int brings(const struct run *run, const char *name) {
    for (size_t i = 0; i < run->count; i++)
        if (strcmp(run->attributes[i].def->name, name) == 0)
            return is_blank(&run->attributes[i]) ? -1 : 1;
    for (size_t i = 0; i < run->link_count; i++)
        if (strcmp(run->links[i].def->name, name) == 0)
            return 1;
    return 0;
}

static int check_required(struct run *run) {
    const struct program *program = run->program;

    for (size_t i = 0; i < program->requirement_count; i++) {
        const struct requirement *need = &program->requirements[i];
        int found = brings(run, need->def->name);
        if (found == 1 || (found == 0 && need->def->has_default))
            continue;
        if (has_error(run, need->def->name))
            continue;
        if (add_required(run, need->column, need->def) < 0)
            return RC_NOMEM;
    }
    return RC_OK;
}

static bool group_met(const struct run *run, const char *const *names) {
    for (; *names != NULL; names++)
        if (has_error(run, *names) || /* something is there, though wrong: told already */
            brings(run, *names) == 1)
            return true;
    return false;
}

static int check_groups(struct run *run) {
    const char *const *names;
    const char *field = "";

    for (size_t g = 0;
         (names = schema_required_any(run->program->schema, g, &field)) != NULL; g++) {
        char room[400];
        struct buf list = {.data = room, .cap = sizeof room, .max = sizeof room - 1};
        const char *message;
        if (group_met(run, names))
            continue;
        room[0] = '\0';
        for (; *names != NULL; names++)
            (void)buf_append_format(&list, "%s%s", list.len > 0 ? ", " : "", *names);
        message = arena_format(run->arena, "EspoCRM needs at least one of: %s", room);
        if (message == NULL || run_add_error(run, REASON_VALUE_REQUIRED, NO_COLUMN, field,
                                             slice_make("", 0), message) < 0)
            return RC_NOMEM;
    }
    return RC_OK;
}

/* An id whose entity type is missing would be stored, and lead nowhere. */
static int check_pairs(struct run *run) {
    for (size_t i = 0; i < run->program->pair_count; i++) {
        const struct id_pair *pair = &run->program->pairs[i];
        const char *message;
        if (brings(run, pair->id->name) != 1 || brings(run, pair->type->name) == 1 ||
            has_error(run, pair->type->name))
            continue;
        message = arena_format(run->arena,
                               "%s is empty, but %s is filled: EspoCRM cannot tell of "
                               "which entity type that record is",
                               pair->type->name, pair->id->name);
        if (message == NULL ||
            run_add_error(run, REASON_VALUE_REQUIRED, pair->type_column, pair->type->name,
                          slice_make("", 0), message) < 0)
            return RC_NOMEM;
    }
    return RC_OK;
}

static int check_new(struct run *run) {
    int rc = check_required(run);

    return rc == RC_OK ? check_groups(run) : rc;
}

/* A copy of n elements, with room for one more; NULL without memory. */
static void *copy_list(struct arena *arena, const void *list, size_t n, size_t size) {
    void *copy = arena_alloc(arena, (n + 1) * size);

    if (copy != NULL && n > 0)
        memcpy(copy, list, n * size);
    return copy;
}

/* A row that was run, taken up again. RC_NOMEM. */
static int run_again(struct run *run, const struct program *program, struct arena *arena,
                     const struct record *record) {
    *run = (struct run){
        .program = program,
        .arena = arena,
        .attributes = copy_list(arena, record->attributes, record->count,
                                sizeof *record->attributes),
        .count = record->count,
        .links =
            copy_list(arena, record->links, record->link_count, sizeof *record->links),
        .link_count = record->link_count,
        .errors =
            copy_list(arena, record->errors, record->error_count, sizeof *record->errors),
        .error_count = record->error_count,
        .error_cap = record->error_count + 1,
    };
    return run->attributes == NULL || run->links == NULL || run->errors == NULL ? RC_NOMEM
                                                                                : RC_OK;
}

int program_require(const struct program *program, struct arena *arena,
                    struct record *record) {
    struct run run;
    int rc = run_again(&run, program, arena, record);

    if (rc == RC_OK)
        rc = check_new(&run);
    record->errors = run.errors;
    record->error_count = run.error_count;
    return rc;
}

int program_complete(const struct program *program, struct arena *arena,
                     struct record *record) {
    bool empty = record->error_count > 0 && record->errors[0].reason == REASON_ROW_EMPTY;

    return program->mapping->operation != OPERATION_CREATE || empty
               ? RC_OK
               : program_require(program, arena, record);
}

static int run_alloc(struct run *run) {
    const struct program *program = run->program;

    run->attributes =
        arena_alloc(run->arena, (program->attribute_count + program->list_count + 1) *
                                    sizeof *run->attributes);
    run->keys = arena_alloc(run->arena, (program->key_count + 1) * sizeof *run->keys);
    run->links = arena_alloc(run->arena, (program->link_count + 1) * sizeof *run->links);
    return run->attributes == NULL || run->keys == NULL || run->links == NULL ? RC_NOMEM
                                                                              : RC_OK;
}

/* The cells without the ' that guards them against spreadsheets. */
static int unguard(struct run *run) {
    struct slice *bare = arena_alloc(run->arena, (run->field_count + 1) * sizeof *bare);

    if (bare == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < run->field_count; i++)
        bare[i] = formula_guard_removed(run->fields[i]);
    run->fields = bare;
    return RC_OK;
}

int program_run(const struct program *program, const struct slice *fields, size_t count,
                struct arena *arena, struct record *out) {
    struct run run = {
        .program = program, .arena = arena, .fields = fields, .field_count = count};
    int rc = run_alloc(&run);

    *out = (struct record){.count = 0};
    if (rc == RC_OK && program->mapping->guarded)
        rc = unguard(&run);
    for (size_t i = 0; i < program->step_count && rc == RC_OK; i++)
        rc = run_step(&run, &program->steps[i], run.fields, count);
    if (rc == RC_OK)
        rc = run_gather_addresses(&run);
    if (rc == RC_OK && run.from_cells == 0 && run.error_count == 0)
        rc = run_add_error(&run, REASON_ROW_EMPTY, NO_COLUMN, "", slice_make("", 0),
                           "no cell of the row holds anything that is imported");
    else if (rc == RC_OK && program->mapping->operation == OPERATION_CREATE &&
             program->mapping->on_repeat != ON_REPEAT_MERGE)
        rc = run.from_cells > 0 ? check_new(&run) : check_required(&run);
    if (rc == RC_OK)
        rc = check_pairs(&run);
    if (rc < 0)
        return rc;
    out->attributes = run.attributes;
    out->count = run.count;
    out->links = run.links;
    out->link_count = run.link_count;
    out->keys = run.keys;
    out->key_count = run.key_count;
    out->errors = run.errors;
    out->error_count = run.error_count;
    return RC_OK;
}
