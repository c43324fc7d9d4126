/* mapping_read.c - the words of the mapping file, version 1, and how they go together.
 *
 * Knows neither the header of a file nor the server: see program.c for those. mappings/
 * mapping.schema.json says the same to editors; a test holds the two together.
 */
#include "model/mapping_keys.h"

#include <stdio.h>
#include <string.h>

static const char *const operations[] = {"create", "update", "upsert", "delete", NULL};
static const char *const duplicates[] = {"fail", "skip", "update", "force", NULL};
static const char *const matches[] = {"update", "skip", "error", NULL};
static const char *const many[] = {"error", "skip", "first", NULL};
static const char *const empties[] = {"", "keep", "null", "error", NULL};
static const char *const unknowns[] = {"error", "null", "keep", NULL};
static const char *const conflicts[] = {"overwrite", "fillBlank", "keep",
                                        "newest",    "error",     NULL};
static const char *const repeats[] = {"error", "first", "last", "merge", "inOrder", NULL};
static const char *const nones[] = {"error", "null", "skip", "create", NULL};
static const char *const manys[] = {"error", "first", NULL};
static const char *const link_modes[] = {"replace", "add", NULL};
static const char *const address_modes[] = {"", "primary", "append", "replace", NULL};
#define AT(member) offsetof(struct mapping, member)
static const struct key dialect_keys[] = {
    {"delimiter", KEY_CHAR, AT(delimiter), NULL, NULL},
    {"quoteChar", KEY_CHAR, AT(quote), NULL, NULL},
    {"doubleQuote", KEY_NOTE, 0, NULL, NULL}, /* checked below */
    {"header", KEY_BOOL, AT(has_header), NULL, NULL},
    {"commentChar", KEY_CHAR, AT(comment), NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
static const struct key source_keys[] = {
    {"encoding", KEY_TEXT, AT(encoding), NULL, NULL},
    {"dialect", KEY_OBJECT, 0, NULL, dialect_keys},
    {"missingValues", KEY_TEXTS, AT(missing), NULL, NULL},
    {"formulaGuard", KEY_BOOL, AT(guarded), NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
static const struct key default_keys[] = {
    {"empty", KEY_WORD, AT(empty), empties, NULL},
    {"timezone", KEY_TEXT, AT(timezone), NULL, NULL},
    {"phoneCountry", KEY_TEXT, AT(phone_country), NULL, NULL},
    {"decimalChar", KEY_MARK, AT(decimal), NULL, NULL},
    {"groupChar", KEY_MARK, AT(group), NULL, NULL},
    {"trueValues", KEY_TEXTS, AT(true_words), NULL, NULL},
    {"falseValues", KEY_TEXTS, AT(false_words), NULL, NULL},
    {"dateFormat", KEY_TEXT, AT(date_format), NULL, NULL},
    {"datetimeFormat", KEY_TEXT, AT(datetime_format), NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
static const struct key root_keys[] = {
    {"$schema", KEY_NOTE, 0, NULL, NULL},
    {"version", KEY_JSON, AT(version), NULL, NULL},
    {"title", KEY_ANY, AT(title), NULL, NULL},
    {"description", KEY_NOTE, 0, NULL, NULL},
    {"comment", KEY_NOTE, 0, NULL, NULL},
    {"entityType", KEY_TEXT, AT(entity_type), NULL, NULL},
    {"source", KEY_OBJECT, 0, NULL, source_keys},
    {"operation", KEY_WORD, AT(operation), operations, NULL},
    {"match", KEY_JSON, AT(match_json), NULL, NULL},
    {"onMatch", KEY_WORD, AT(on_match), matches, NULL},
    {"onManyMatches", KEY_WORD, AT(on_many), many, NULL},
    {"onRepeat", KEY_WORD, AT(on_repeat), repeats, NULL},
    {"onDuplicate", KEY_WORD, AT(on_duplicate), duplicates, NULL},
    {"identity", KEY_TEXT, AT(identity), NULL, NULL},
    {"defaults", KEY_OBJECT, 0, NULL, default_keys},
    {"columns", KEY_JSON, AT(columns_json), NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
#undef AT

#define AT(member) offsetof(struct mapping_column, member)
static const struct key split_keys[] = {
    {"pattern", KEY_TEXT, AT(split), NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
static const struct key lookup_keys[] = {
    {"entityType", KEY_TEXT, AT(lookup_entity), NULL, NULL},
    {"by", KEY_TEXTS, AT(by), NULL, NULL},
    {"onNone", KEY_WORD, AT(on_none), nones, NULL},
    {"onMany", KEY_WORD, AT(on_many), manys, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
static const struct key column_keys[] = {
    {"name", KEY_TEXT, AT(name), NULL, NULL},
    {"names", KEY_TEXTS, AT(names), NULL, NULL},
    {"titles", KEY_TEXTS, AT(titles), NULL, NULL},
    {"field", KEY_TEXT, AT(field), NULL, NULL},
    {"fields", KEY_TEXTS, AT(fields), NULL, NULL},
    {"const", KEY_JSON, AT(constant), NULL, NULL},
    {"split", KEY_OBJECT, 0, NULL, split_keys},
    {"join", KEY_ANY, AT(join), NULL, NULL},
    {"format", KEY_TEXTS, AT(formats), NULL, NULL},
    {"valueMap", KEY_JSON, AT(value_map), NULL, NULL},
    {"onUnknown", KEY_WORD, AT(on_unknown), unknowns, NULL},
    {"empty", KEY_WORD, AT(empty), empties, NULL},
    {"required", KEY_BOOL, AT(required), NULL, NULL},
    {"ignore", KEY_BOOL, AT(ignore), NULL, NULL},
    {"optional", KEY_BOOL, AT(optional), NULL, NULL},
    {"delimiter", KEY_TEXT, AT(delimiter), NULL, NULL},
    {"missingValues", KEY_TEXTS, AT(missing), NULL, NULL},
    {"timezone", KEY_TEXT, AT(timezone), NULL, NULL},
    {"phoneCountry", KEY_TEXT, AT(phone_country), NULL, NULL},
    {"decimalChar", KEY_MARK, AT(decimal), NULL, NULL},
    {"groupChar", KEY_MARK, AT(group), NULL, NULL},
    {"onConflict", KEY_WORD, AT(on_conflict), conflicts, NULL},
    {"description", KEY_NOTE, 0, NULL, NULL},
    {"comment", KEY_NOTE, 0, NULL, NULL},
    {"lookup", KEY_OBJECT, 0, NULL, lookup_keys},
    {"linkMultiple", KEY_WORD, AT(link_mode), link_modes, NULL},
    {"mode", KEY_WORD, AT(address_mode), address_modes, NULL},
    {"type", KEY_JSON, AT(type.json), NULL, NULL},
    {"optedOut", KEY_JSON, AT(opted_out.json), NULL, NULL},
    {"invalid", KEY_JSON, AT(invalid.json), NULL, NULL},
    {"transforms", KEY_JSON, AT(transforms_json), NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
#undef AT

#define AT(member) offsetof(struct mapping_part, member)
static const struct key part_keys[] = {
    {"column", KEY_TEXT, AT(column), NULL, NULL},
    {"valueMap", KEY_JSON, AT(value_map), NULL, NULL},
    {"onUnknown", KEY_WORD, AT(on_unknown), unknowns, NULL},
    {"description", KEY_NOTE, 0, NULL, NULL},
    {"comment", KEY_NOTE, 0, NULL, NULL},
    {NULL, KEY_NOTE, 0, NULL, NULL},
};
#undef AT

static void column_problem(struct problems *problems, const struct mapping_column *column,
                           const char *key, const char *message) {
    char at[POINTER_SIZE];

    if (key == NULL) {
        problems_add(problems, column->pointer, "%s", message);
        return;
    }
    pointer_key(at, column->pointer, key);
    problems_add(problems, at, "%s", message);
}

static bool has_letter(const char *text) {
    for (; *text != '\0'; text++)
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            return true;
    return false;
}

static void check_split(struct mapping_column *column, struct problems *problems) {
    static const struct {
        const char *pattern;
        enum split_kind kind;
        size_t fields;
    } known[] = {{"first last", SPLIT_FIRST_LAST, 2},
                 {"last, first", SPLIT_LAST_COMMA_FIRST, 2},
                 {"last first", SPLIT_LAST_FIRST, 2},
                 {"first middle last", SPLIT_FIRST_MIDDLE_LAST, 3}};
    size_t want = 0;

    if (column->split == NULL) {
        if (column->fields.count > 0)
            column_problem(problems, column, "fields",
                           "needs a split that says how the cell is taken apart; for one "
                           "attribute write \"field\"");
        return;
    }
    column->split_as = SPLIT_DELIMITER;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].pattern, column->split) == 0) {
            column->split_as = known[i].kind;
            want = known[i].fields;
        }
    if (want == 0 && has_letter(column->split))
        column_problem(problems, column, "split/pattern",
                       "has a pattern that must be one of: first last; last, first; last "
                       "first; first middle "
                       "last; or a delimiter without letters, such as \"/\"");
    else if (column->fields.count < 2)
        column_problem(problems, column, "split",
                       "needs \"fields\" with the attributes that the parts go to");
    else if (want > 0 && column->fields.count != want)
        column_problem(problems, column, "fields",
                       want == 2
                           ? "must be the two attributes of the split's words, in "
                             "their order"
                           : "must be the three attributes of the split's words, in "
                             "their order");
    if (column->field != NULL)
        column_problem(problems, column, "field", "cannot stand beside \"fields\"");
    if (column->name == NULL)
        column_problem(problems, column, "split", "needs \"name\", the column to split");
}

static void check_value_map(const char *pointer, json_t *map, struct problems *problems) {
    char at[POINTER_SIZE], entry[POINTER_SIZE];
    const char *key;
    json_t *value;

    if (map == NULL)
        return;
    pointer_key(at, pointer, "valueMap");
    if (!json_is_object(map)) {
        problems_add(
            problems, at,
            "must be an object, such as {\"neu\": \"New\"}, or the name of a CSV "
            "file with the columns from and to");
        return;
    }
    json_object_foreach(map, key, value) {
        pointer_key(entry, at, key);
        if (!json_is_string(value) && !json_is_null(value))
            problems_add(problems, entry, "must be a string, or null to clear the field");
        else if (json_is_string(value) && json_string_length(value) == 0)
            problems_add(problems, entry, "must not be empty; null clears the field");
    }
}

static void check_constant(const struct mapping_column *column,
                           struct problems *problems) {
    if (column->constant == NULL)
        return;
    if (json_is_null(column->constant) || json_is_object(column->constant) ||
        (json_is_string(column->constant) && json_string_length(column->constant) == 0))
        column_problem(problems, column, "const",
                       "must be a string that is not empty, a number, true, false or an "
                       "array of strings");
    if (column->name != NULL || column->names.count > 0 || column->titles.count > 0)
        column_problem(problems, column, "const",
                       "is for every row the same and cannot have a column (name)");
    if (column->value_map != NULL || column->split != NULL || column->join != NULL)
        column_problem(problems, column, "const",
                       "cannot be mapped, split or joined: write the value itself");
}

static void check_sources(const struct mapping_column *column,
                          struct problems *problems) {
    if (column->constant == NULL && column->name == NULL && column->names.count == 0)
        column_problem(problems, column, NULL,
                       "needs \"name\", the column of the file (or \"names\" with "
                       "\"join\", or \"const\")");
    if (column->name != NULL && column->names.count > 0)
        column_problem(problems, column, "names", "cannot stand beside \"name\"");
    if (column->names.count > 0 && column->join == NULL)
        column_problem(problems, column, "names",
                       "needs \"join\", the text between the joined cells");
    if (column->names.count == 0 && column->join != NULL)
        column_problem(problems, column, "join",
                       "needs \"names\", the columns to be joined");
    if (column->names.count > 0 && column->titles.count > 0)
        column_problem(problems, column, "titles",
                       "are other spellings of \"name\" and cannot stand beside "
                       "\"names\"");
}

static void read_transforms(struct mapping_column *column, struct problems *problems) {
    char at[POINTER_SIZE];

    if (column->transforms_json == NULL)
        return;
    pointer_key(at, column->pointer, "transforms");
    if (column->constant != NULL || column->ignore)
        problems_add(problems, at, "are for the cells of a column");
    else if (transforms_new(&column->transforms, column->transforms_json, at, problems) <
             0)
        problems->out_of_memory = true;
}

static void check_column(struct mapping_column *column, struct problems *problems) {
    bool star = column->name != NULL && strcmp(column->name, "*") == 0;

    check_sources(column, problems);
    check_constant(column, problems);
    check_value_map(column->pointer, column->value_map, problems);
    check_split(column, problems);
    if (column->ignore && (column->field != NULL || column->fields.count > 0))
        column_problem(problems, column, "ignore",
                       "cannot stand beside a field: take away one of them");
    if (!column->ignore && column->field == NULL && column->fields.count == 0)
        column_problem(problems, column, NULL,
                       "needs \"field\", the attribute in EspoCRM, or \"ignore\": true");
    if (star != (column->field != NULL && strcmp(column->field, "*") == 0))
        column_problem(problems, column, star ? "name" : "field",
                       "\"*\" is for both name and field, and maps every other column "
                       "that bears the name of an attribute");
    if (column->required && column->empty == EMPTY_NULL)
        column_problem(problems, column, "empty",
                       "\"null\" contradicts \"required\": true");
}

/* "Mobile", true, or {"column": "Phone 1 - Label", "valueMap": {...}}. */
static void read_part(struct mapping *mapping, const struct mapping_column *column,
                      const char *key, bool text, struct mapping_part *part,
                      struct problems *problems) {
    char at[POINTER_SIZE];

    if (part->json == NULL)
        return;
    pointer_key(at, column->pointer, key);
    if (json_is_object(part->json)) {
        keys_read(part_keys, part->json, at, part, &mapping->arena, problems);
        check_value_map(at, part->value_map, problems);
        if (part->column == NULL)
            problems_add(problems, at, "needs \"column\", the column that says it");
        if (part->on_unknown == UNKNOWN_KEEP)
            problems_add(problems, at, "onUnknown cannot be \"keep\" here");
    } else if (text ? json_string_length(part->json) == 0
                    : !json_is_boolean(part->json)) {
        problems_add(problems, at,
                     "must be %s, or {\"column\": ...} where a column says it",
                     text ? "a type, such as \"Mobile\"" : "true or false");
    }
}

static void read_parts(struct mapping *mapping, struct mapping_column *column,
                       struct problems *problems) {
    read_part(mapping, column, "type", true, &column->type, problems);
    read_part(mapping, column, "optedOut", false, &column->opted_out, problems);
    read_part(mapping, column, "invalid", false, &column->invalid, problems);
}

static void read_columns(struct mapping *mapping, struct problems *problems) {
    size_t count = json_array_size(mapping->columns_json);

    if (!json_is_array(mapping->columns_json) || count == 0) {
        problems_add(problems, "/columns",
                     "must be an array that says which column goes to which field");
        return;
    }
    mapping->columns = arena_zalloc(&mapping->arena, count * sizeof *mapping->columns);
    if (mapping->columns == NULL) {
        problems->out_of_memory = true;
        return;
    }
    mapping->column_count = count;
    for (size_t i = 0; i < count; i++) {
        struct mapping_column *column = &mapping->columns[i];
        json_t *json = json_array_get(mapping->columns_json, i);
        size_t before = problems->count;
        (void)snprintf(column->pointer, sizeof column->pointer, "/columns/%zu", i);
        keys_read(column_keys, json, column->pointer, column, &mapping->arena, problems);
        column->has_missing = json_object_get(json, "missingValues");
        column->has_lookup = json_object_get(json, "lookup");
        read_parts(mapping, column, problems);
        read_transforms(column, problems);
        if (problems->count == before)
            check_column(column, problems);
    }
}

static void read_match(struct mapping *mapping, struct problems *problems) {
    size_t count = json_array_size(mapping->match_json);
    char at[POINTER_SIZE];

    if (mapping->match_json == NULL)
        return;
    if (!json_is_array(mapping->match_json) || count == 0) {
        problems_add(
            problems, "/match",
            "must be an array of rules, such as [[\"emailAddress\"], [\"firstName\", "
            "\"lastName\"]]");
        return;
    }
    mapping->rules = arena_zalloc(&mapping->arena, count * sizeof *mapping->rules);
    if (mapping->rules == NULL) {
        problems->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct mapping_rule *rule = &mapping->rules[mapping->rule_count];
        json_t *json = json_array_get(mapping->match_json, i);
        pointer_index(at, "/match", i);
        if (!json_is_array(json) || json_array_size(json) == 0)
            problems_add(
                problems, at,
                "a rule must be an array of attributes, such as [\"emailAddress\"]");
        else if (keys_texts(json, at, &rule->fields, &mapping->arena, problems)) {
            rule->names = rule->fields.items;
            mapping->rule_count++;
        }
    }
}

static void check_root(struct mapping *mapping, struct problems *problems) {
    json_t *dialect =
        json_object_get(json_object_get(mapping->root, "source"), "dialect");
    json_t *doubled = json_object_get(dialect, "doubleQuote");

    if (mapping->version == NULL)
        problems_add(problems, "/version", "is missing; it must be 1");
    else if (!json_is_integer(mapping->version) ||
             json_integer_value(mapping->version) != 1)
        problems_add(
            problems, "/version",
            "must be 1: this program knows no other version of the mapping file");
    if (json_object_get(mapping->root, "entityType") == NULL)
        problems_add(problems, "/entityType",
                     "is missing; it names the records in EspoCRM, such as Lead");
    if (doubled != NULL && !json_is_true(doubled))
        problems_add(problems, "/source/dialect/doubleQuote",
                     "must be true: quotes inside quotes are doubled (\"\"), there is no "
                     "other escape");
    mapping->no_header =
        json_object_get(dialect, "header") != NULL && !mapping->has_header;
    if (mapping->encoding != NULL && strcmp(mapping->encoding, "auto") == 0)
        mapping->encoding = NULL;
}

void mapping_read(struct mapping *mapping, struct problems *problems) {
    keys_read(root_keys, mapping->root, "", mapping, &mapping->arena, problems);
    if (!json_is_object(mapping->root))
        return;
    check_root(mapping, problems);
    read_match(mapping, problems);
    read_columns(mapping, problems);
}
