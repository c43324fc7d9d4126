/* guess_values.c - what the cells of a column are called, and which options of the field
 * they are.
 */
#include "model/guess_internal.h"

#include "model/profile_cell.h"

enum { UNKNOWN_SHOWN = 3 };

/* Words of programs and spreadsheets for "nothing". */
bool guess_is_missing(const char *text) {
    static const char *const more[] = {"(No value)",    "(no value)", "(none)",
                                       "(None)",        "(leer)",     "(vide)",
                                       "(vac\xC3\xADo)"};
    struct profile_cell cell;

    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (strcmp(more[i], text) == 0)
            return true;
    profile_cell_read(slice_of(text), &cell);
    return (cell.flaws &
            (UINT32_C(1) << FLAW_PLACEHOLDER | UINT32_C(1) << FLAW_SHEET_ERROR)) != 0;
}

const struct option_names *guess_option_names(struct guesses *g,
                                              const struct schema_attribute *def) {
    struct option_names *names = arena_zalloc(&g->arena, sizeof *names);

    if (names == NULL ||
        option_names_init(names, def, schema_entity_type(g->in.schema), g->languages,
                          g->language_count, &g->arena) < 0) {
        g->failed = true;
        return NULL;
    }
    return names;
}

static const char *option_called(const struct schema_attribute *def, struct slice text) {
    for (size_t i = 0; i < def->option_count; i++)
        if (slice_equal(slice_of(def->options[i]), text))
            return def->options[i];
    return NULL;
}

enum option_fit guess_option(const struct schema_attribute *def,
                             const struct option_names *names, const char *text,
                             const char **option) {
    char room[GUESS_KEY + 1], other[GUESS_KEY + 1];
    struct slice key, word;

    *option = option_called(def, slice_of(text));
    if (*option == NULL && names != NULL)
        *option = option_names_find(names, slice_of(text)).option;
    if (*option != NULL)
        return OPTION_KNOWN;
    key = guess_key(slice_of(text), room);
    if (guess_option_word(def->name, key, &word)) {
        *option = option_called(def, word);
        if (word.len == 0)
            return def->not_null ? OPTION_UNKNOWN : OPTION_NONE;
        if (*option != NULL)
            return OPTION_MAPPED;
    }
    /* "e-mail" of "Email", "Mr" of "Mr.": the same letters. */
    for (size_t i = 0; key.len > 0 && i < def->option_count; i++)
        if (slice_equal(guess_key(slice_of(def->options[i]), other), key)) {
            *option = def->options[i];
            return OPTION_MAPPED;
        }
    return OPTION_UNKNOWN;
}

static void remark_unknown(struct guesses *g, struct guess_mind *mind,
                           const struct profile_value *const *unknown, size_t count) {
    char room[801] = "";
    struct buf text = BUF_ON(room);

    for (size_t i = 0; i < count && i < UNKNOWN_SHOWN; i++)
        (void)buf_append_format(&text, "%s'%s'", i > 0 ? ", " : "", unknown[i]->text);
    if (count > UNKNOWN_SHOWN)
        (void)buf_append_format(&text, " and %zu more", count - UNKNOWN_SHOWN);
    guess_remark(g, mind,
                 guess_print(g,
                             "%s %s of the field: such rows fail until "
                             "valueMap says what %s to become",
                             buf_text(&text),
                             count == 1 ? "is not an option" : "are not options",
                             count == 1 ? "it is" : "they are"));
}

static void remark_mapped(struct guesses *g, struct guess_mind *mind, size_t count) {
    if (count > 0)
        guess_remark(g, mind,
                     guess_print(g,
                                 "valueMap translates %zu value%s into options: look "
                                 "whether it means the same",
                                 count, count == 1 ? "" : "s"));
}

static void remark_dropped(struct guesses *g, struct guess_mind *mind, const char *list) {
    if (list[0] != '\0')
        guess_remark(g, mind,
                     guess_print(g,
                                 "%s: no such option, so valueMap leaves the field "
                                 "empty",
                                 list));
}

void guess_write_options(struct guesses *g, struct guess_mind *mind,
                         const struct schema_attribute *def) {
    const struct option_names *names = guess_option_names(g, def);
    const struct profile_value *unknown[128];
    const struct profile_value *values;
    size_t count = 0, unknown_count = 0, mapped = 0;
    char room[401] = "";
    struct buf dropped = BUF_ON(room);
    json_t *map = json_object();
    const char *option = NULL;

    g->failed = g->failed || map == NULL;
    if (mind->in->profile == NULL || map == NULL || def->options == NULL) {
        json_decref(map);
        return;
    }
    values = profile_values(mind->in->profile, &count);
    for (size_t i = 0; i < count; i++) {
        enum option_fit fit = OPTION_UNKNOWN; /* what is cut is no option */
        if (guess_is_missing(values[i].text))
            continue;
        if (!values[i].cut)
            fit = guess_option(def, names, values[i].text, &option);
        switch (fit) {
        case OPTION_KNOWN: break;
        case OPTION_MAPPED:
            tree_set(map, values[i].text, json_string(option), &g->failed);
            mapped++;
            break;
        case OPTION_NONE:
            tree_set(map, values[i].text, json_null(), &g->failed);
            (void)buf_append_format(&dropped, "%s'%s'", dropped.len > 0 ? ", " : "",
                                    values[i].text);
            break;
        case OPTION_UNKNOWN:
            if (unknown_count < sizeof unknown / sizeof *unknown)
                unknown[unknown_count++] = &values[i];
            break;
        }
    }
    if (json_object_size(map) > 0)
        tree_set(mind->entry, "valueMap", json_incref(map), &g->failed);
    json_decref(map);
    remark_mapped(g, mind, mapped);
    remark_dropped(g, mind, buf_text(&dropped));
    if (count < mind->in->summary.distinct)
        guess_remark(
            g, mind,
            guess_print(g, "only the first %zu of its values were looked at", count));
    if (unknown_count > 0)
        remark_unknown(g, mind, unknown, unknown_count);
}

/* Once a valueMap is there, all words must be in it. */
void guess_write_bools(struct guesses *g, struct guess_mind *mind) {
    const struct profile_value *values;
    size_t count = 0;
    bool needed = false;
    json_t *map = json_object();

    g->failed = g->failed || map == NULL;
    if (mind->in->profile == NULL || map == NULL) {
        json_decref(map);
        return;
    }
    values = profile_values(mind->in->profile, &count);
    for (size_t i = 0; i < count; i++) {
        bool usual = true;
        int means = guess_bool_word(values[i].text, &usual);
        if (guess_is_missing(values[i].text))
            continue;
        if (means == 0) {
            guess_remark(g, mind,
                         guess_print(g, "'%s' means neither yes nor no: such rows fail",
                                     values[i].text));
            continue;
        }
        needed = needed || !usual;
        tree_set(map, values[i].text, json_string(means > 0 ? "true" : "false"),
                 &g->failed);
    }
    if (needed && json_object_size(map) > 0)
        tree_set(mind->entry, "valueMap", json_incref(map), &g->failed);
    json_decref(map);
}
