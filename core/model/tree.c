/* tree.c - json_object_set_new() and json_array_append_new() that note what is lost. */
#include "model/tree.h"

void tree_set(json_t *object, const char *key, json_t *value, bool *lost) {
    if (json_object_set_new(object, key, value) < 0)
        *lost = true;
}

void tree_append(json_t *array, json_t *value, bool *lost) {
    if (json_array_append_new(array, value) < 0)
        *lost = true;
}
