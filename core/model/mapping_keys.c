/* mapping_keys.c - reads an object of the mapping file by its table of keys.
 *
 * What is not in the table is a mistake, and told with the nearest key that is.
 */
#include "model/mapping_keys.h"

#include "base/utf8.h"

#include <string.h>

static const char *nearest_key(const struct key *keys, const char *name) {
    size_t limit = 1 + strlen(name) / 3;
    const char *nearest = NULL;

    for (; keys->name != NULL; keys++) {
        size_t distance = utf8_distance(slice_of(name), slice_of(keys->name), limit);
        if (distance > limit)
            continue;
        nearest = keys->name;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest;
}

static const char *text_in(json_t *value) {
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

bool keys_texts(json_t *value, const char *pointer, struct text_list *out,
                struct arena *arena, struct problems *problems) {
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    const char **list = arena_alloc(arena, (count + 1) * sizeof *list);

    if (list == NULL) {
        problems->out_of_memory = true;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = text_in(json_is_array(value) ? json_array_get(value, i) : value);
        if (list[i] == NULL) {
            problems_add(problems, pointer, "must be a string or an array of strings");
            return false;
        }
    }
    list[count] = NULL;
    *out = (struct text_list){.items = list, .count = count};
    return true;
}

static void read_word(const struct key *key, json_t *value, const char *pointer, int *out,
                      struct problems *problems) {
    const char *text = text_in(value);
    char words[200];
    struct buf list = {.data = words, .cap = sizeof words, .max = sizeof words - 1};

    words[0] = '\0';
    for (int i = 0; key->words[i] != NULL; i++) {
        if (key->words[i][0] == '\0')
            continue;
        if (text != NULL && strcmp(key->words[i], text) == 0) {
            *out = i;
            return;
        }
        (void)buf_append_format(&list, "%s%s", list.len > 0 ? ", " : "", key->words[i]);
    }
    problems_add(problems, pointer, "%s%s%s must be one of: %s", text == NULL ? "" : "'",
                 text == NULL ? "this" : text, text == NULL ? "" : "'", words);
}

static void read_text(const struct key *key, json_t *value, const char *pointer,
                      const char **out, struct problems *problems) {
    const char *text = text_in(value);

    if (text == NULL)
        problems_add(problems, pointer, "must be a string");
    else if (key->kind == KEY_TEXT && text[0] == '\0')
        problems_add(problems, pointer, "must not be empty");
    else if (key->kind == KEY_MARK &&
             (utf8_count(slice_of(text)) > 1 || strlen(text) > 4))
        problems_add(problems, pointer, "must be a single character, or empty for none");
    else
        *out = text;
}

static void read_char(json_t *value, const char *pointer, char *out,
                      struct problems *problems) {
    const char *text = text_in(value);

    if (text == NULL || strlen(text) != 1 || (unsigned char)text[0] >= 0x80)
        problems_add(problems, pointer, "must be a string of one ASCII character");
    else
        *out = text[0];
}

static void read_key(const struct key *key, json_t *value, const char *pointer,
                     char *base, struct arena *arena, struct problems *problems) {
    void *at = base + key->offset;

    switch (key->kind) {
    case KEY_TEXT:
    case KEY_ANY:
    case KEY_MARK: read_text(key, value, pointer, at, problems); break;
    case KEY_BOOL:
        if (!json_is_boolean(value))
            problems_add(problems, pointer, "must be true or false");
        else
            *(bool *)at = json_is_true(value);
        break;
    case KEY_CHAR: read_char(value, pointer, at, problems); break;
    case KEY_WORD: read_word(key, value, pointer, at, problems); break;
    case KEY_TEXTS: (void)keys_texts(value, pointer, at, arena, problems); break;
    case KEY_JSON: *(json_t **)at = value; break;
    case KEY_OBJECT: keys_read(key->keys, value, pointer, base, arena, problems); break;
    case KEY_NOTE: break;
    }
}

void keys_read(const struct key *keys, json_t *object, const char *pointer, void *base,
               struct arena *arena, struct problems *problems) {
    char at[POINTER_SIZE];
    const char *name;
    json_t *value;

    if (!json_is_object(object)) {
        problems_add(problems, pointer, "must be an object");
        return;
    }
    json_object_foreach(object, name, value) {
        const struct key *key = keys;
        const char *nearest;
        while (key->name != NULL && strcmp(key->name, name) != 0)
            key++;
        pointer_key(at, pointer, name);
        if (key->name != NULL) {
            read_key(key, value, at, base, arena, problems);
            continue;
        }
        nearest = nearest_key(keys, name);
        if (nearest != NULL)
            problems_add(problems, at, "unknown key '%.60s'; did you mean '%s'?", name,
                         nearest);
        else
            problems_add(problems, at, "unknown key '%.60s'", name);
    }
}
