/* canary_traits.h - what of a file a row shows: its action, the rule it is matched by,
 * values and gaps. Each trait has a number from 0 on, in the order of its first row.
 */
#ifndef FLOW_CANARY_TRAITS_H
#define FLOW_CANARY_TRAITS_H

#include "flow/job.h"
#include "flow/row.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TRAITS_MAX = 4096,   /* of a file; what comes later is not noticed */
    TRAITS_OF_ROW = 128, /* likewise */
    TRAIT_ACTION = 64,   /* what it weighs to show one */
    TRAIT_RULE = 16,
    TRAIT_VALUE = 1
};

struct canary_traits;

/* job: compiled. NULL when memory is out. */
struct canary_traits *canary_traits_new(const struct job *job);
void canary_traits_free(struct canary_traits *traits);

/* The traits of a planned row that does not fail, each once; *fresh says how many of them
 * no row had before. Returns how many there are in out. */
size_t canary_traits_of(struct canary_traits *traits, const struct row *row,
                        uint16_t out[TRAITS_OF_ROW], size_t *fresh);

size_t canary_traits_count(const struct canary_traits *traits);
unsigned canary_trait_weight(const struct canary_traits *traits, size_t trait);

#endif
