/* change.h - what of a row would change a record. Pure.
 *
 * A row that changes nothing costs no request: every PUT, even one that changes nothing,
 * moves modifiedAt and versionNumber (espocrm-live, "Updates").
 *
 * An amount that is put to a record without a currency is refused (validCurrency, seen on
 * 9.1.7), where a new record gets the server's default: so that is sent along.
 */
#ifndef PLAN_CHANGE_H
#define PLAN_CHANGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/record.h"
#include "model/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct change_request {
    struct slice record;                /* as the server gave it, a JSON object */
    const struct schema *schema;        /* of the record's entity type; NULL in tests */
    const struct attribute *attributes; /* of the row */
    size_t count;
    const struct schema_attribute *const
        *keys; /* what it was matched by: never changed */
    size_t key_count;
    bool newer; /* the row is newer than the record, for CONFLICT_NEWEST */
};

/* How many elements the arrays of a change need, for so many attributes of a row. */
#define CHANGE_ROOM(count) (2 * (count) + 1)

/* The arrays are the caller's. */
struct change {
    struct attribute *changed; /* to be put */
    size_t count;
    struct attribute *added; /* sets of ids that grow: of each the ids that are missing */
    size_t added_count;
    const struct attribute *conflict; /* the first under CONFLICT_ERROR, or NULL */
    int64_t version;                  /* the record's versionNumber; 0 = none */
};

/* Fills *change, and appends to image {"name":raw value before,...} of all that changes.
 * arena: for the ids of `added`. RC_NOMEM, RC_LIMIT. */
int change_find(const struct change_request *request, struct arena *arena,
                struct change *change, struct buf *image);

#endif
