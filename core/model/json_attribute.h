/* json_attribute.h - values that were written down as JSON, read back as attributes, so
 * that they can be compared with a record and sent again.
 */
#ifndef MODEL_JSON_ATTRIBUTE_H
#define MODEL_JSON_ATTRIBUTE_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/json.h"
#include "model/schema.h"

/* Fills *out with the value of member, its texts in arena. What no attribute can hold (an
 * object) is RC_SERVER; RC_NOMEM. */
int json_read_attribute(const struct schema_attribute *def,
                        const struct json_member *member, struct arena *arena,
                        struct attribute *out);

/* Appends an object with the members of `first`, and those of `second` that it lacks.
 * Either may be empty. */
int json_append_merged(struct buf *out, struct slice first, struct slice second);

#endif
