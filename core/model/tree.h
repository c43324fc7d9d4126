/* tree.h - JSON trees built without asking after each step: one flag tells at the end.
 *
 * jansson lets a member that memory was out for be missing, and says so by a result that
 * reads badly behind thirty calls in a row. Here the first loss is noted in *lost, which
 * is never cleared; who has built the tree asks once, before it is used.
 *
 * A value is always consumed. One that is NULL (json_string() and its kin without memory)
 * is a loss, and so is a text that is not UTF-8; a parent that is NULL is one as well.
 */
#ifndef MODEL_TREE_H
#define MODEL_TREE_H

#include <jansson.h>
#include <stdbool.h>

void tree_set(json_t *object, const char *key, json_t *value, bool *lost);
void tree_append(json_t *array, json_t *value, bool *lost);

#endif
