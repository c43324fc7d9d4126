/* export_manifest.h - FILE.manifest.json: what an export holds, as a Data Resource of
 * Frictionless Data (one file), or a Data Package (several).
 */
#ifndef FLOW_EXPORT_MANIFEST_H
#define FLOW_EXPORT_MANIFEST_H

#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "flow/export_spec.h"

#include <stdint.h>

struct manifest;

/* spec is borrowed. */
int manifest_new(struct manifest **out, const struct export_spec *spec,
                 const char *version, struct err *err);
void manifest_free(struct manifest *manifest);

/* A file that is in place: reads it for its size and SHA-256; *bytes grows by the size.
 */
int manifest_add(struct manifest *manifest, const char *path, uint64_t records,
                 uint64_t *bytes, struct err *err);

/* Appends the path to out. */
int manifest_write(struct manifest *manifest, const struct env *env, struct buf *out,
                   struct err *err);

#endif
