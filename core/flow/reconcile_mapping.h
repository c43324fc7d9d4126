/* reconcile_mapping.h - a mapping as it is read to compare with, not to write. Pure.
 *
 * What says how an import writes (operation, onMatch, onDuplicate, onConflict,
 * identity, records that a look-up would create) is left out, so that every difference
 * is told, also one that an import would leave alone.
 */
#ifndef FLOW_RECONCILE_MAPPING_H
#define FLOW_RECONCILE_MAPPING_H

#include "base/buf.h"
#include "base/err.h"

/* json: a mapping, canonical (mapping_json()). key: "field,field" in place of its match
 * rules, or NULL. Appends the mapping to compare by. RC_USAGE when there is nothing to
 * match by. */
int reconcile_mapping(const char *json, const char *key, struct buf *out,
                      struct err *err);

#endif
