/* value_map_file.h - a two-column CSV file as the pairs of a valueMap.
 *
 *     from,to
 *     neu,New
 *     kalt,Dead
 *     unbekannt,
 *
 * The header is required, for else its pair would be lost, or a first pair taken for a
 * header. An empty `to` clears the field. Encoding and delimiter are found out, as those
 * of an input are.
 */
#ifndef FLOW_VALUE_MAP_FILE_H
#define FLOW_VALUE_MAP_FILE_H

#include "model/mapping.h"

/* A mapping_pairs_fn. RC_USAGE with file and line, RC_INPUT, RC_LOCAL, RC_NOMEM. */
int value_map_file_read(const char *path, mapping_pair_fn *pair, void *context,
                        struct err *err);

#endif
