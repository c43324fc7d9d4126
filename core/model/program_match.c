/* program_match.c - what the mapping says of matching and look-ups, against the server's
 * metadata.
 *
 * Promises that a policy that cannot work, a rule that can never apply and a look-up that
 * leads nowhere are told before the first row, by name.
 */
#include "model/program_internal.h"

#include <string.h>

static bool any_newest(const struct mapping *mapping) {
    for (size_t i = 0; i < mapping->column_count; i++)
        if (mapping->columns[i].on_conflict == CONFLICT_NEWEST)
            return true;
    return false;
}

bool match_names(const struct mapping *mapping, const char *name) {
    for (size_t i = 0; i < mapping->rule_count; i++)
        for (size_t k = 0; k < mapping->rules[i].fields.count; k++)
            if (strcmp(mapping->rules[i].fields.items[k], name) == 0)
                return true;
    return strcmp(name, "modifiedAt") == 0 && any_newest(mapping);
}

static bool is_mapped(const struct program *program, const char *name) {
    for (size_t i = 0; i < program->step_count; i++)
        for (size_t k = 0; k < program->steps[i].converter_count; k++)
            if (strcmp(program->steps[i].converters[k].def->name, name) == 0)
                return true;
    return false;
}

/* Can a list be asked for it with `in`? */
static bool is_comparable(const struct schema_attribute *def) {
    switch (def->type) {
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_IDS:
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_BOOL:
    case ATTRIBUTE_FLOAT: return false;
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_INT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY:
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME:
    case ATTRIBUTE_EMAIL:
    case ATTRIBUTE_PHONE:
    case ATTRIBUTE_URL:
    case ATTRIBUTE_ID:
    case ATTRIBUTE_ENTITY:
    case ATTRIBUTE_OTHER: break;
    }
    return def->lock != LOCK_NOT_STORED;
}

static void check_rule_field(struct builder *b, const char *at, const char *name,
                             struct match_rule *rule) {
    const struct schema_attribute *def = schema_find(b->program->schema, name);
    const struct schema_attribute *nearest;

    if (def == NULL) {
        nearest = schema_nearest(b->program->schema, name);
        problems_add(&b->problems, at,
                     "%s has no field '%.60s', or this user may not see it%s%s%s",
                     schema_entity_type(b->program->schema), name,
                     nearest == NULL ? "" : "; did you mean '",
                     nearest == NULL ? "" : nearest->name, nearest == NULL ? "" : "'?");
    } else if (!is_comparable(def)) {
        problems_add(&b->problems, at,
                     "records cannot be matched by '%s': EspoCRM cannot be asked for "
                     "many values of it at once",
                     name);
    } else if (!is_mapped(b->program, name)) {
        problems_add(&b->problems, at,
                     "no column fills '%s', so the rule would never apply: map a column "
                     "to it, or leave the rule out",
                     name);
    } else {
        rule->attributes[rule->count++] = def;
    }
}

static void check_rules(struct builder *b) {
    struct program *program = b->program;
    const struct mapping *mapping = program->mapping;
    char rule[POINTER_SIZE], at[POINTER_SIZE];

    program->rules =
        arena_zalloc(&program->arena, (mapping->rule_count + 1) * sizeof *program->rules);
    if (program->rules == NULL) {
        b->failed = RC_NOMEM;
        return;
    }
    for (size_t i = 0; i < mapping->rule_count; i++) {
        const struct text_list *fields = &mapping->rules[i].fields;
        struct match_rule *made = &program->rules[i];
        made->attributes =
            arena_zalloc(&program->arena, (fields->count + 1) * sizeof *made->attributes);
        if (made->attributes == NULL) {
            b->failed = RC_NOMEM;
            return;
        }
        pointer_index(rule, "/match", i);
        for (size_t k = 0; k < fields->count; k++) {
            pointer_index(at, rule, k);
            check_rule_field(b, at, fields->items[k], made);
            for (size_t m = 0; m < k; m++)
                if (strcmp(fields->items[m], fields->items[k]) == 0)
                    problems_add(&b->problems, at, "'%.60s' stands in the rule twice",
                                 fields->items[k]);
        }
    }
    program->rule_count = mapping->rule_count;
}

/* A line of text of its own, that nothing else fills. */
static void check_identity(struct builder *b) {
    const struct mapping *mapping = b->program->mapping;
    const struct schema_attribute *def =
        mapping->identity == NULL ? NULL : check_field(b, "/identity", mapping->identity);

    if (def == NULL)
        return;
    if (def->type != ATTRIBUTE_VARCHAR ||
        (def->max_length != 0 && def->max_length < IDENTITY_LENGTH))
        problems_add(&b->problems, "/identity",
                     "'%.60s' cannot keep run and row of a record: that takes a field of "
                     "type varchar for %d characters",
                     def->name, (int)IDENTITY_LENGTH);
    else if (is_mapped(b->program, def->name))
        problems_add(&b->problems, "/identity",
                     "a column fills '%.60s' already: the identity needs a field of its "
                     "own",
                     def->name);
    else if (mapping->operation != OPERATION_CREATE &&
             mapping->operation != OPERATION_UPSERT)
        problems_add(&b->problems, "/identity",
                     "is for new records, and the operation makes none");
    else
        b->program->identity = def;
}

static void check_policies(struct builder *b) {
    const struct mapping *mapping = b->program->mapping;
    static const char *const words[] = {"create", "update", "upsert", "delete"};
    const char *word = words[mapping->operation];
    bool creates = mapping->operation == OPERATION_CREATE;

    if (!creates && mapping->rule_count == 0)
        problems_add(&b->problems, "/match",
                     "'%s' needs \"match\", the fields by which a row finds its record, "
                     "such as [[\"id\"]] or [[\"emailAddress\"]]",
                     word);
    if (mapping->rule_count == 0 && json_object_get(mapping->root, "onMatch") != NULL)
        problems_add(&b->problems, "/onMatch", "has no meaning without \"match\"");
    else if (creates && mapping->rule_count > 0 &&
             json_object_get(mapping->root, "onMatch") != NULL &&
             mapping->on_match == ON_MATCH_UPDATE)
        problems_add(&b->problems, "/onMatch",
                     "'create' never updates: write \"operation\": \"upsert\", or "
                     "\"onMatch\": \"skip\" or \"error\"");
    if (mapping->operation == OPERATION_DELETE && mapping->on_match != 0)
        problems_add(&b->problems, "/onMatch", "has no meaning for 'delete'");
    if (mapping->rule_count == 0 &&
        json_object_get(mapping->root, "onManyMatches") != NULL)
        problems_add(&b->problems, "/onManyMatches", "has no meaning without \"match\"");
    if (mapping->rule_count == 0 && json_object_get(mapping->root, "onRepeat") != NULL)
        problems_add(&b->problems, "/onRepeat",
                     "has no meaning without \"match\": rows repeat each other when "
                     "their match keys are equal");
    check_identity(b);
    if (any_newest(mapping) && !is_mapped(b->program, "modifiedAt"))
        problems_add(&b->problems, "/columns",
                     "\"onConflict\": \"newest\" needs a column that says when the row "
                     "was changed: map it to modifiedAt");
}

static void check_conflicts(struct builder *b) {
    const struct mapping *mapping = b->program->mapping;
    bool updates = mapping->operation == OPERATION_UPDATE ||
                   mapping->operation == OPERATION_UPSERT ||
                   mapping->on_duplicate == ON_DUPLICATE_UPDATE;
    char at[POINTER_SIZE];

    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        if (column->on_conflict == CONFLICT_OVERWRITE || updates)
            continue;
        pointer_key(at, column->pointer, "onConflict");
        problems_add(&b->problems, at,
                     "is for updates, and the operation makes none: use \"operation\": "
                     "\"upsert\" or \"update\", or leave it out");
    }
}

void check_match(struct builder *b) {
    check_rules(b);
    check_policies(b);
    check_conflicts(b);
}

const struct lookup *lookup_build(struct builder *b, const struct mapping_column *column,
                                  const struct schema_attribute *def) {
    static const char *const by_name[] = {"name", NULL};
    struct lookup *lookup = arena_zalloc(&b->program->arena, sizeof *lookup);
    char at[POINTER_SIZE];

    pointer_key(at, column->pointer, "lookup");
    if (lookup == NULL) {
        b->failed = RC_NOMEM;
        return NULL;
    }
    lookup->pointer = arena_copy(&b->program->arena, at, strlen(at));
    lookup->entity_type =
        column->lookup_entity != NULL ? column->lookup_entity : def->foreign;
    lookup->by = column->by.count > 0 ? column->by.items : by_name;
    lookup->by_count = column->by.count > 0 ? column->by.count : 1;
    lookup->on_none = (enum lookup_none)column->on_none;
    lookup->on_many = (enum lookup_many)column->on_many;
    if (def->type != ATTRIBUTE_ID && def->type != ATTRIBUTE_IDS) {
        problems_add(&b->problems, at,
                     "is for links, and '%s' is not one: map the attribute that ends in "
                     "Id or Ids, such as accountId",
                     def->name);
        return NULL;
    }
    if (column->fields.count > 0 || column->names.count > 0) {
        problems_add(&b->problems, at, "cannot stand beside \"fields\" or \"names\"");
        return NULL;
    }
    if (lookup->entity_type == NULL) {
        problems_add(
            &b->problems, at,
            "needs \"entityType\", whose records are looked up, such as \"Account\"");
        return NULL;
    }
    if (def->foreign != NULL && strcmp(def->foreign, lookup->entity_type) != 0) {
        problems_add(&b->problems, at, "'%s' links to %s records, not to %s", def->name,
                     def->foreign, lookup->entity_type);
        return NULL;
    }
    if (lookup->on_none == LOOKUP_NONE_NULL && def->required) {
        problems_add(&b->problems, at,
                     "EspoCRM requires '%s', so \"onNone\" cannot be \"null\"",
                     def->name);
        return NULL;
    }
    return lookup;
}

const char *lookup_problem(const struct lookup *lookup, const struct schema *target,
                           struct buf *buf) {
    const struct schema_server *server = schema_server(target);

    if (!server->may_read)
        (void)buf_append_format(buf,
                                "user %s may not read %s records, so none can be "
                                "looked up",
                                server->user_name, lookup->entity_type);
    else if (lookup->on_none == LOOKUP_NONE_CREATE && !server->may_create)
        (void)buf_append_format(buf, "user %s may not create %s records",
                                server->user_name, lookup->entity_type);
    else if (lookup->on_none == LOOKUP_NONE_CREATE && schema_hides_made(target))
        (void)buf_append_format(buf,
                                "user %s reads only some of the %s records, and one that "
                                "\"onNone\" creates is assigned to nobody: it could be "
                                "neither linked nor found again. Let an administrator "
                                "give the role the right to read all of them, or leave "
                                "out \"onNone\"",
                                server->user_name, lookup->entity_type);
    for (size_t i = 0; buf->len == 0 && i < lookup->by_count; i++) {
        const struct schema_attribute *def = schema_find(target, lookup->by[i]);
        bool makes = lookup->on_none == LOOKUP_NONE_CREATE && i == 0;
        if (def == NULL)
            (void)buf_append_format(buf,
                                    "%s has no field '%.60s', or this user may not "
                                    "see it",
                                    lookup->entity_type, lookup->by[i]);
        else if (!is_comparable(def))
            (void)buf_append_format(buf, "%s records cannot be looked up by '%s'",
                                    lookup->entity_type, def->name);
        else if (makes && def->lock != LOCK_NONE)
            (void)buf_append_format(buf,
                                    "a %s cannot be created from '%s', which is "
                                    "computed or read-only",
                                    lookup->entity_type, def->name);
    }
    for (size_t i = 0; buf->len == 0 && lookup->on_none == LOOKUP_NONE_CREATE; i++) {
        const struct schema_attribute *def = schema_at(target, i);
        if (def == NULL)
            break;
        if (def->required && !def->has_default && def->lock == LOCK_NONE &&
            strcmp(def->name, lookup->by[0]) != 0)
            (void)buf_append_format(buf,
                                    "a new %s needs '%s' too, so it cannot be "
                                    "created from '%s' alone",
                                    lookup->entity_type, def->name, lookup->by[0]);
    }
    return buf->len > 0 ? buf_text(buf) : NULL;
}
