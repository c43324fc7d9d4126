/* causes.h - the errors of a check by cause: how often, where first, for which values.
 *
 * A cause is a code in a column. Memory is bounded: so many causes, so many values of
 * each.
 */
#ifndef CMD_CAUSES_H
#define CMD_CAUSES_H

#include "base/arena.h"
#include "base/buf.h"
#include "cmd/errorline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cause; /* private */

/* Zero-initialise; causes_fini(). */
struct causes {
    struct cause *first; /* in memory */
    struct cause *last;
    size_t count;        /* of different ones */
    uint64_t others;     /* errors of causes beyond the bound */
    struct arena memory; /* owned */
};

/* RC_NOMEM. */
int causes_add(struct causes *causes, const struct error_line *error);

/* Appends them, most frequent first, each with its first line, some values and the
 * advice; for values that a field does not know also a valueMap to be pasted. */
void causes_append(const struct causes *causes, struct buf *out);

/* {"type":"cause",...} for each. RC_LOCAL as jsonout_end(). */
int causes_json(const struct causes *causes, struct jsonout *json, struct err *err);
void causes_fini(struct causes *causes);

#endif
