/* address_kind.h - the two kinds of addresses that EspoCRM keeps once for all records
 * that have them, and whose records those are: for looking up what is recorded of one.
 */
#ifndef FLOW_ADDRESS_KIND_H
#define FLOW_ADDRESS_KIND_H

#include "flow/site.h"

#include <stddef.h>

struct address_kind {
    const char *name, *opted_out, *invalid, *data; /* attributes */
    const char *const select[6];                   /* of a look-up; ends with NULL */
};

enum { ADDRESS_KIND_COUNT = 2, ADDRESS_OWNER_STEPS = 5 };

extern const struct address_kind address_kinds[ADDRESS_KIND_COUNT];

/* Whose records are asked in a step, from 0 to ADDRESS_OWNER_STEPS - 1: first those of
 * own, then those of the others; NULL where the step is own once more, or the user may
 * not read them. Borrowed. */
const char *address_owner(const struct site *site, const char *own, size_t step);

#endif
