/* change_address.h - the addresses that a record is to have: its own and a row's. Pure.
 *
 * A list is always sent whole (espocrm-api, section 3.1): what stays goes along, with
 * what is recorded of it.
 */
#ifndef PLAN_CHANGE_ADDRESS_H
#define PLAN_CHANGE_ADDRESS_H

#include "base/arena.h"
#include "base/rc.h"
#include "model/address.h"

struct address_change {
    const char *field;      /* "emailAddress" */
    struct address *stored; /* what the record has; in the arena */
    size_t count;
    bool add;   /* what is there stays */
    bool keyed; /* the record was matched by one of them: its primary one stays so */
    bool newer; /* the row is newer than the record */

    bool conflict; /* out: a value under CONFLICT_ERROR differs */
    bool changed;  /* out: value is to be put */
    struct value value;
};

/* Fills what is `out` of change, for the addresses of a row. RC_NOMEM. */
int change_addresses(struct address_change *change, const struct value *row,
                     struct arena *arena);

#endif
