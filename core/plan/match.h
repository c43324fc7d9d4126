/* match.h - do a cell and a record's value name the same thing? Pure.
 *
 * The server's collation is looser than equality: it takes "Muller" for "Müller", an
 * upper-case letter for a lower-case one, and blanks at the end for nothing. So what a
 * look-up finds is compared again here, and the difference is told.
 */
#ifndef PLAN_MATCH_H
#define PLAN_MATCH_H

#include "base/buf.h"
#include "model/json.h"
#include "model/schema.h"

#include <stdbool.h>

/* Appends text as it is compared: e-mail addresses and names folded to lower case, blanks
 * collapsed and trimmed, phone numbers as digits, numbers without what adds nothing to
 * them (1.50 is 1.5), ids as they stand. */
int match_normalize(struct buf *out, const struct schema_attribute *def,
                    struct slice text);

/* Appends text with every run of blanks as one, and none at the ends; its case stays. */
int match_collapse(struct buf *out, struct slice text);

/* Two normalised texts: may a collation take one for the other? 0 = no, else 1 and how
 * many characters are the same: the more, the likelier. *guessed: letters differ of which
 * it is not known here what a collation makes of them. */
size_t match_loosely(struct slice a, struct slice b, bool *guessed);

/* Appends the record's value of def (a JSON object's member), normalised; nothing when it
 * has none. reversed: of a person's name, last name first: the server's own search takes
 * it either way round. */
int match_record_key(struct buf *out, const struct schema_attribute *def,
                     struct slice record, bool reversed);

#endif
