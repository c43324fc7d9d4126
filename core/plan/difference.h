/* difference.h - in which attributes a row and a record differ. Pure.
 *
 * By the rules that an import goes by (plan/change.h): what it would change, if it were
 * to overwrite everything. Looser than that where it is about equality and not about
 * what is sent: lists are sets, and texts may be compared without case or blanks
 * around.
 */
#ifndef PLAN_DIFFERENCE_H
#define PLAN_DIFFERENCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/record.h"
#include "model/schema.h"

#include <stdbool.h>
#include <stddef.h>

struct difference_request {
    struct slice record;                /* as the server gave it, a JSON object */
    const struct attribute *attributes; /* of the row */
    size_t count;
    const struct schema_attribute *const *keys; /* what it was matched by */
    size_t key_count;
    const char *ignore; /* names that are not compared: ",a,b,", or "" */
    bool trim, fold_case;
};

/* Appends [["attribute",value of the record,value of the row],...], in the row's order,
 * values as JSON; how many there are, or RC_NOMEM, RC_LIMIT, RC_SERVER. An e-mail
 * address or phone number that the row was matched by is no difference, though another
 * one may be the record's primary one. */
int difference_find(const struct difference_request *request, struct arena *arena,
                    struct buf *json);

/* Is name one of an ignore list? */
bool difference_ignores(const char *ignore, const char *name);

#endif
