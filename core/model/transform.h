/* transform.h - what is done to the text of a cell before it is converted: a short list
 * of named steps, no language. Heavier reshaping belongs in front of the pipe.
 *
 *     "transforms": ["trim", "collapse", "lower", "upper", "title", "phone", "hash",
 *                    {"replace": ["from", "to"]}, {"regex": ["pattern", "by"]},
 *                    {"substr": [from, count]}, {"padLeft": [width, "0"]},
 *                    {"default": "text"}]
 */
#ifndef MODEL_TRANSFORM_H
#define MODEL_TRANSFORM_H

#include "base/arena.h"
#include "model/problems.h"

#include <jansson.h>

struct transforms;

/* json: the member as it stands; pointer: its own. Mistakes go to problems, *out is NULL
 * then. Texts are borrowed from json. RC_NOMEM. */
int transforms_new(struct transforms **out, json_t *json, const char *pointer,
                   struct problems *problems);
void transforms_free(struct transforms *transforms);

/* Applies them one after the other; *cell is replaced, in arena where it changes. An
 * empty cell passes all but `default`. phone_country: "DE", or NULL; a number that
 * `phone` does not understand stays as it is. RC_NOMEM. */
int transforms_apply(const struct transforms *transforms, const char *phone_country,
                     struct arena *arena, struct slice *cell);

#endif
