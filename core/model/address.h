/* address.h - lists of e-mail addresses or phone numbers, as EspoCRM has them in JSON:
 *
 *     [{"emailAddress":"a@b.example","primary":true,"optOut":false,"invalid":false},...]
 *
 * Phone numbers have a "type", too. The flags belong to the address, which is kept once
 * for all records that have it: an element without them clears them (espocrm-api, section
 * 3.1), so they are always written.
 */
#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/json.h"
#include "model/record.h"

#include <stdbool.h>
#include <stddef.h>

/* Do two texts name one address for EspoCRM? E-mail addresses ignoring ASCII case, phone
 * numbers by their digits. */
bool address_equal(struct slice a, struct slice b);

/* The address of a list that is equal to text, or NULL. */
const struct address *address_find(const struct address *list, size_t count,
                                   struct slice text);

/* Appends the value of an attribute that holds addresses; field names the text in each
 * element: "emailAddress". */
int address_append(struct buf *buf, const char *field, const struct value *value);

/* Reads such an array (raw JSON) in its order: *out, *count elements, in the arena.
 * RC_SERVER when it is none, RC_NOMEM. */
int address_read(struct slice raw, const char *field, struct arena *arena,
                 struct address **out, size_t *count);

/* Does the member hold these addresses, no others, with the same primary one, flags and
 * types (where one is said)? */
bool address_holds(const struct json_member *member, const char *field,
                   const struct value *value);

#endif
