/* guess_draft.c - the guesses as a mapping file: settings, rules to match by, columns. */
#include "model/guess_internal.h"

#include "model/profile_internal.h"

#include <stdlib.h>

enum { MISSING_MAX = 24, DRAFT_MAX = 16 << 20 };

struct writer {
    struct guesses *g;
    struct buf text;
    bool first; /* of the members of what is open */
};

static void member(struct writer *w, unsigned indent, const char *key) {
    (void)buf_append_text(&w->text, w->first ? "\n" : ",\n");
    w->first = false;
    for (unsigned i = 0; i < indent; i++)
        (void)buf_append_char(&w->text, ' ');
    if (key != NULL)
        (void)buf_append_format(&w->text, "\"%s\": ", key);
}

static void append(struct writer *w, json_t *value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY);

    if (text == NULL || buf_append_text(&w->text, text) != RC_OK)
        w->g->failed = true;
    free(text);
}

/* value is consumed. */
static void write_value(struct writer *w, unsigned indent, const char *key,
                        json_t *value) {
    member(w, indent, key);
    if (value == NULL)
        w->g->failed = true;
    else
        append(w, value);
    json_decref(value);
}

static void add_missing(struct guesses *g, json_t *list, const char *text) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return;
    if (json_array_size(list) < MISSING_MAX)
        tree_append(list, json_string(text), &g->failed);
}

/* Words for nothing that stand in cells of columns that are imported, "" in front. */
static json_t *missing_values(struct guesses *g) {
    static const enum profile_flaw flaws[] = {FLAW_PLACEHOLDER, FLAW_SHEET_ERROR};
    json_t *list = json_array();

    tree_append(list, json_string(""), &g->failed);
    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct column_profile *profile = g->in.columns[i].profile;
        const struct profile_value *values;
        size_t count = 0;
        if (profile == NULL || g->minds[i].result.field == NULL)
            continue;
        values = profile_values(profile, &count);
        for (size_t k = 0; k < count; k++)
            if (guess_is_missing(values[k].text))
                add_missing(g, list, values[k].text);
        for (size_t k = 0; k < sizeof flaws / sizeof *flaws; k++) {
            const char *first = profile->flaws[flaws[k]].text;
            if (first != NULL && guess_is_missing(first))
                add_missing(g, list, first);
        }
    }
    return list;
}

static void say_missing(struct guesses *g, json_t *list) {
    char room[601] = "";
    struct buf text = BUF_ON(room);

    for (size_t i = 1; i < json_array_size(list); i++)
        (void)buf_append_format(&text, "%s%s", i > 1 ? ", " : "",
                                json_string_value(json_array_get(list, i)));
    guess_say(g,
              "cells that say no more than %s count as empty (\"missingValues\"): "
              "strike out what means something",
              buf_text(&text));
}

static json_t *source_of(struct guesses *g) {
    json_t *source = json_object(), *dialect = json_object();
    json_t *missing = missing_values(g);
    char delimiter[2] = {g->in.delimiter, '\0'};

    if (g->in.encoding != NULL)
        tree_set(source, "encoding", json_string(g->in.encoding), &g->failed);
    if (delimiter[0] != '\0')
        tree_set(dialect, "delimiter", json_string(delimiter), &g->failed);
    if (g->in.headless)
        tree_set(dialect, "header", json_false(), &g->failed);
    if (json_object_size(dialect) > 0)
        tree_set(source, "dialect", json_incref(dialect), &g->failed);
    json_decref(dialect);
    if (json_array_size(missing) > 1) {
        tree_set(source, "missingValues", json_incref(missing), &g->failed);
        say_missing(g, missing);
    }
    json_decref(missing);
    return source;
}

static bool has_times(const struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++)
        if (g->minds[i].taken != NULL && g->minds[i].taken->def != NULL &&
            g->minds[i].taken->def->type == ATTRIBUTE_DATETIME)
            return true;
    return false;
}

static json_t *defaults_of(struct guesses *g) {
    const struct schema_server *server = schema_server(g->in.schema);
    json_t *defaults = json_pack("{ss}", "empty", "keep");

    if (g->decimal[0] != '\0') {
        tree_set(defaults, "decimalChar", json_string(g->decimal), &g->failed);
        tree_set(defaults, "groupChar", json_string(g->group), &g->failed);
    }
    if (g->phone_country[0] != '\0')
        tree_set(defaults, "phoneCountry", json_string(g->phone_country), &g->failed);
    if (has_times(g) && server->time_zone[0] != '\0') {
        tree_set(defaults, "timezone", json_string(server->time_zone), &g->failed);
        guess_say(g,
                  "times without a zone are taken for those of %s, as EspoCRM has it: "
                  "see \"timezone\"",
                  server->time_zone);
    }
    return defaults;
}

static bool is_held(const struct guesses *g, const char *field) {
    return guess_is_constant(g, field) || guess_holder(g, field) != NULL;
}

/* A field of its own whose values differ and that speaks of another system's ids. */
static const char *external_key(const struct guesses *g) {
    for (size_t i = 0; i < g->in.column_count; i++) {
        const struct guess_mind *mind = &g->minds[i];
        const struct profile_summary *s = &mind->in->summary;
        const struct schema_attribute *def =
            mind->taken == NULL ? NULL : mind->taken->def;
        char room[GUESS_KEY + 1];
        struct slice key;
        if (def == NULL || def->type != ATTRIBUTE_VARCHAR || mind->in->profile == NULL)
            continue;
        key = guess_key(slice_of(def->name), room);
        if (memmem(key.data, key.len, "extern", 6) != NULL && s->distinct > 0 &&
            s->distinct == guess_filled(mind))
            return def->name;
    }
    return NULL;
}

static json_t *rules_of(struct guesses *g) {
    static const char *const companies[] = {"accountName", "accountId"};
    const struct schema_attribute *name = schema_find(g->in.schema, "name");
    const char *external = external_key(g);
    json_t *rules = json_array();

    if (external != NULL)
        tree_append(rules, json_pack("[s]", external), &g->failed);
    if (is_held(g, "emailAddress"))
        tree_append(rules, json_pack("[s]", "emailAddress"), &g->failed);
    if (is_held(g, "firstName") && is_held(g, "lastName")) {
        bool company = is_held(g, companies[0]);
        tree_append(rules,
                    company ? json_pack("[sss]", "firstName", "lastName", companies[0])
                            : json_pack("[ss]", "firstName", "lastName"),
                    &g->failed);
    } else if (is_held(g, "lastName"))
        tree_append(rules, json_pack("[s]", "lastName"), &g->failed);
    if (name != NULL && !name->person_name && is_held(g, "name"))
        tree_append(rules,
                    is_held(g, companies[1]) ? json_pack("[ss]", "name", companies[1])
                                             : json_pack("[s]", "name"),
                    &g->failed);
    return rules;
}

static void say_match(struct guesses *g, json_t *rules) {
    char room[601] = "";
    struct buf text = BUF_ON(room);

    for (size_t i = 0; i < json_array_size(rules); i++) {
        json_t *rule = json_array_get(rules, i);
        (void)buf_append_text(&text, i > 0 ? ", else by " : "by ");
        for (size_t k = 0; k < json_array_size(rule); k++)
            (void)buf_append_format(&text, "%s%s", k > 0 ? " + " : "",
                                    json_string_value(json_array_get(rule, k)));
    }
    if (text.len > 0)
        guess_say(g,
                  "\"operation\" is create, and a row whose record is there already (%s) "
                  "fails: write \"upsert\" to update it",
                  buf_text(&text));
    else
        guess_say(g, "\"operation\" is create, and nothing tells whether a record is "
                     "there already: look at \"match\"");
}

static void write_ignored(struct writer *w, const struct guess_mind *mind) {
    struct guesses *g = w->g;
    json_t *entry = json_object();

    tree_set(entry, "name", json_stringn(mind->in->name.data, mind->in->name.len),
             &g->failed);
    tree_set(entry, "ignore", json_true(), &g->failed);
    tree_set(entry, "comment", json_string(mind->result.reason), &g->failed);
    write_value(w, 4, NULL, entry);
}

static void write_column(struct writer *w, const struct guess_mind *mind) {
    if (mind->entry != NULL) {
        if (mind->result.remark[0] != '\0')
            tree_set(mind->entry, "comment", json_string(mind->result.remark),
                     &w->g->failed);
        member(w, 4, NULL);
        append(w, mind->entry);
        if (mind->currency_field != NULL)
            write_value(w, 4, NULL,
                        json_pack("{ssss}", "const", mind->currency, "field",
                                  mind->currency_field));
    } else if (mind->result.field == NULL && mind->result.sayable) {
        write_ignored(w, mind);
    }
}

/* A constant of the other program: as it stands, an option by what it is called. */
static void write_constant(struct writer *w, const struct guess_constant *constant) {
    struct guesses *g = w->g;
    const struct schema_attribute *def = guess_field(g, constant->field);
    const char *value = constant->value, *option;
    bool usual;

    if (def == NULL) {
        guess_say(g, "%s: this user may not fill %s, so it is left out", constant->by,
                  constant->field);
        return;
    }
    if (def->type == ATTRIBUTE_ENUM && def->options != NULL) {
        enum option_fit fit =
            guess_option(def, guess_option_names(g, def), value, &option);
        if (option == NULL) {
            guess_say(g, "%s: '%.60s' is not an option of %s, so it is left out%s",
                      constant->by, value, constant->field,
                      fit == OPTION_NONE ? " (it has no counterpart)" : "");
            return;
        }
        value = option;
    } else if (def->type == ATTRIBUTE_BOOL && guess_bool_word(value, &usual) != 0)
        value = guess_bool_word(value, &usual) > 0 ? "true" : "false";
    write_value(w, 4, NULL,
                json_pack("{ssssss}", "const", value, "field", constant->field, "comment",
                          constant->by));
}

static void write_columns(struct writer *w) {
    struct guesses *g = w->g;

    member(w, 2, "columns");
    (void)buf_append_char(&w->text, '[');
    w->first = true;
    for (size_t i = 0; i < g->in.column_count; i++)
        write_column(w, &g->minds[i]);
    for (size_t i = 0; i < g->in.constant_count; i++)
        write_constant(w, &g->in.constants[i]);
    (void)buf_append_text(&w->text, "\n  ]");
    w->first = false;
}

int guess_draft(struct guesses *g, const char **text, struct err *err) {
    struct writer w = {.g = g, .text = {.max = DRAFT_MAX}, .first = true};
    json_t *rules = rules_of(g), *source = source_of(g);

    (void)buf_append_char(&w.text, '{');
    write_value(&w, 2, "version", json_integer(1));
    if (g->in.title != NULL)
        write_value(&w, 2, "title", json_string(g->in.title));
    write_value(&w, 2, "entityType", json_string(schema_entity_type(g->in.schema)));
    if (json_object_size(source) > 0)
        write_value(&w, 2, "source", json_incref(source));
    write_value(&w, 2, "operation", json_string("create"));
    if (json_array_size(rules) > 0)
        write_value(&w, 2, "match", json_incref(rules));
    write_value(&w, 2, "onDuplicate", json_string("fail"));
    write_value(&w, 2, "defaults", defaults_of(g));
    write_columns(&w);
    (void)buf_append_text(&w.text, "\n}\n");
    say_match(g, rules);
    json_decref(rules);
    json_decref(source);
    free(g->draft);
    g->draft = w.text.failed == RC_OK ? strndup(buf_text(&w.text), w.text.len) : NULL;
    buf_fini(&w.text);
    if (g->draft == NULL || g->failed)
        return err_nomem(err);
    *text = g->draft;
    return RC_OK;
}
