/* repeats.h - rows of one file that are about the same record, told by their match keys
 * before anything is sent.
 *
 * A row's key is that of the first match rule whose cells are all filled, compared as
 * plan/match.h does. Rows that share another rule's key only are not taken for one: in
 * the CRM they may be about one record, and are then written in the file's order. Rows
 * that cannot be converted have no key: they fail by themselves, and the last one that
 * can be converted counts.
 * For "onRepeat": "last" and "merge" the file is read and converted once more for it,
 * and what is kept is on disk (state/keyindex.h); a resume finds the same again.
 */
#ifndef FLOW_REPEATS_H
#define FLOW_REPEATS_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/row.h"
#include "state/keyindex.h"

#include <stdbool.h>
#include <stddef.h>

struct repeats;

/* The key of a row by rule i of the mapping: 1; 0 when one of its cells is empty or is
 * still to be looked up; RC_NOMEM. */
int repeats_key(const struct job *job, const struct row *row, size_t rule,
                unsigned char key[KEYINDEX_KEY]);

/* The same by given attributes. */
int repeats_key_by(const struct row *row, const struct schema_attribute *const *by,
                   size_t count, unsigned char key[KEYINDEX_KEY]);

/* The key that values have, one for each attribute, as texts that are not compared yet:
 * 1, 0 when one of them is empty, RC_NOMEM. */
int repeats_key_of(const struct slice *values, const struct schema_attribute *const *by,
                   size_t count, unsigned char key[KEYINDEX_KEY]);

/* What a row has for the attribute, trimmed; empty when that is nothing, or no text and
 * no number. */
struct slice repeats_value(const struct row *row, const struct schema_attribute *def);

/* Does the mapping want rows to be chosen or merged? Then build: reads the whole file.
 * */
bool repeats_are_needed(const struct job *job);
int repeats_build(struct repeats **out, struct job *job, struct err *err);
void repeats_free(struct repeats *repeats);

/* Are rows merged into the last one, rather than passed over for it? */
bool repeats_merge(const struct repeats *repeats);

/* Sets row->counted when a later row counts instead of this one, or merges the rows
 * before it into it. RC_INPUT, RC_LOCAL, RC_NOMEM. */
int repeats_apply(struct repeats *repeats, struct job *job, struct row *row,
                  struct err *err);

#endif
