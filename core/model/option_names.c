/* option_names.c - two word sets: labels as they stand, and everything folded.
 *
 * Where the labels of a field are (I18n of 9.1.7): {Scope}.options.{field}, of the scope
 * that the field's `translation` or `optionsReference` names, else its own; else in
 * Global.
 */
#include "model/option_names.h"

#include "base/rc.h"

#include <string.h>

enum { WORDS_MAX = 4000 }; /* labels of one field, of all languages */

/* Words on their way into a set. */
struct word_list {
    struct slice *words;
    size_t *of;
    size_t count, max;
};

static json_t *member(json_t *object, const char *name, size_t len) {
    char key[128];

    if (object == NULL || len >= sizeof key)
        return NULL;
    memcpy(key, name, len);
    key[len] = '\0';
    return json_object_get(object, key);
}

/* "Account.industry" or "Account.options.industry" of a language; NULL when there is
 * none.
 */
static json_t *labels_at(json_t *language, const char *path) {
    const char *dot = strchr(path, '.'), *field = strrchr(path, '.');
    json_t *scope = dot == NULL ? NULL : member(language, path, (size_t)(dot - path));

    return scope == NULL ? NULL
                         : json_object_get(json_object_get(scope, "options"), field + 1);
}

static json_t *labels_in(json_t *language, const char *scope, const char *name) {
    return json_object_get(json_object_get(json_object_get(language, scope), "options"),
                           name);
}

/* By the field's name, and by that of a part of one (salutationName). */
static json_t *labels_of(json_t *language, const struct schema_attribute *def,
                         const char *entity_type) {
    const char *const scopes[] = {entity_type, "Global"};
    const char *const names[] = {def->name, def->field};
    json_t *found = def->labels_at == NULL ? NULL : labels_at(language, def->labels_at);

    for (size_t s = 0; s < 2; s++)
        for (size_t n = 0; n < 2 && found == NULL; n++)
            found = labels_in(language, scopes[s], names[n]);
    return found;
}

static int list_add(struct word_list *list, struct slice word, size_t option) {
    if (word.len == 0 || list->count == list->max)
        return RC_OK;
    list->words[list->count] = word;
    list->of[list->count++] = option;
    return RC_OK;
}

static int list_add_folded(struct word_list *list, struct slice word, size_t option,
                           struct arena *arena) {
    char room[WORD_FOLD_MAX + 1];
    struct slice folded = word_fold(slice_trim(word), room);
    char *copy = arena_copy(arena, folded.data, folded.len);

    return copy == NULL ? RC_NOMEM : list_add(list, slice_make(copy, folded.len), option);
}

static int list_init(struct word_list *list, size_t max, struct arena *arena) {
    list->count = 0;
    list->max = max;
    list->words = arena_alloc(arena, (max + 1) * sizeof *list->words);
    list->of = arena_alloc(arena, (max + 1) * sizeof *list->of);
    return list->words == NULL || list->of == NULL ? RC_NOMEM : RC_OK;
}

static int add_language(json_t *labels, const struct schema_attribute *def,
                        struct word_list *exact, struct word_list *folded,
                        struct arena *arena) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < def->option_count; i++) {
        const char *label = json_string_value(json_object_get(labels, def->options[i]));
        char *copy;
        if (label == NULL || def->options[i][0] == '\0')
            continue;
        copy = arena_copy(arena, label, strlen(label));
        if (copy == NULL)
            return RC_NOMEM;
        rc = list_add(exact, slice_trim(slice_of(copy)), i);
        if (rc == RC_OK)
            rc = list_add_folded(folded, slice_of(copy), i, arena);
    }
    return rc;
}

int option_names_init(struct option_names *names, const struct schema_attribute *def,
                      const char *entity_type, json_t *const *languages, size_t count,
                      struct arena *arena) {
    struct word_list exact = {0}, folded = {0};
    size_t max = def->option_count * (count + 1);
    int rc;

    memset(names, 0, sizeof *names);
    names->options = def->options;
    if (max > WORDS_MAX)
        max = WORDS_MAX;
    rc = list_init(&exact, max, arena);
    if (rc == RC_OK)
        rc = list_init(&folded, max, arena);
    for (size_t i = 0; rc == RC_OK && i < def->option_count; i++)
        rc = list_add_folded(&folded, slice_of(def->options[i]), i, arena);
    for (size_t i = 0; rc == RC_OK && i < count; i++)
        rc = add_language(labels_of(languages[i], def, entity_type), def, &exact, &folded,
                          arena);
    if (rc == RC_OK)
        rc = word_set_init(&names->labels, exact.words, exact.count, arena);
    if (rc == RC_OK)
        rc = word_set_init(&names->folded, folded.words, folded.count, arena);
    names->of_label = exact.of;
    names->of_folded = folded.of;
    return rc;
}

/* The option that all equal words name, and another one where they name several. */
static struct option_found find_in(const struct option_names *names,
                                   const struct word_set *set, const size_t *of,
                                   struct slice word) {
    struct option_found found = {NULL, NULL};
    size_t at = word_set_find(set, word);

    if (at == NO_WORD)
        return found;
    found.option = names->options[of[at]];
    for (size_t i = 0; i < set->count && found.other == NULL; i++)
        if (of[i] != of[at] && slice_equal(set->words[i], word))
            found.other = names->options[of[i]];
    return found;
}

struct option_found option_names_find(const struct option_names *names,
                                      struct slice cell) {
    struct option_found found = find_in(names, &names->labels, names->of_label, cell);
    char room[WORD_FOLD_MAX + 1];
    struct slice folded;

    if (found.option != NULL)
        return found;
    folded = word_fold(cell, room);
    return folded.len == 0 ? found
                           : find_in(names, &names->folded, names->of_folded, folded);
}
