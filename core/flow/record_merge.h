/* record_merge.h - one record of several rows that are about the same thing: of each
 * column the last cell that is filled. Pure.
 *
 * A later row's null counts only where no other row has a value. What one cell was split
 * into stays together.
 */
#ifndef FLOW_RECORD_MERGE_H
#define FLOW_RECORD_MERGE_H

#include "base/arena.h"
#include "model/record.h"

#include <stdbool.h>

/* Has an earlier row something that the record has not? */
bool record_lacks(const struct record *record, const struct record *earlier);

/* Puts it into the record; lists are made anew in arena, values are borrowed from
 * earlier. RC_NOMEM. */
int record_merge(struct arena *arena, struct record *record,
                 const struct record *earlier);

#endif
