/* mapping_files.h - valueMaps that stand in files of their own, taken into the mapping.
 */
#ifndef MODEL_MAPPING_FILES_H
#define MODEL_MAPPING_FILES_H

#include "model/mapping_internal.h"

/* Puts, for each "valueMap": "file.csv" in root, the object that the file stands for.
 * path: of the mapping, whose folder paths are relative to. pairs may be NULL: then
 * nothing is taken. RC_USAGE with the file and line that is wrong, RC_INPUT, RC_LOCAL,
 * RC_NOMEM. */
int mapping_take_files(json_t *root, const char *path, mapping_pairs_fn *pairs,
                       struct err *err);

#endif
