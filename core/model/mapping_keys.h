/* mapping_keys.h - JSON objects into structs by a table of the keys that are known. */
#ifndef MODEL_MAPPING_KEYS_H
#define MODEL_MAPPING_KEYS_H

#include "model/mapping_internal.h"

enum key_kind {
    KEY_TEXT,   /* const char *: a string that is not empty */
    KEY_ANY,    /* const char *: a string, may be empty */
    KEY_BOOL,   /* bool */
    KEY_CHAR,   /* char: a string of one ASCII character */
    KEY_MARK,   /* const char *: a string of at most one character */
    KEY_WORD,   /* int: index of the string in words */
    KEY_TEXTS,  /* struct text_list: an array of strings, or one string */
    KEY_JSON,   /* json_t *: whatever stands there */
    KEY_OBJECT, /* an object, whose keys go into the same struct */
    KEY_NOTE    /* anything, for people only */
};

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;            /* into the struct */
    const char *const *words; /* of KEY_WORD, ends with NULL; "" is skipped */
    const struct key *keys;   /* of KEY_OBJECT, ends with a NULL name */
};

/* Reads object's members into base; pointer is object's own. */
void keys_read(const struct key *keys, json_t *object, const char *pointer, void *base,
               struct arena *arena, struct problems *problems);

/* A list of the strings of value (an array, or one string). */
bool keys_texts(json_t *value, const char *pointer, struct text_list *out,
                struct arena *arena, struct problems *problems);

#endif
