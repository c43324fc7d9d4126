/* hidden.h - records that a run makes and its user's role does not show: a user that
 * reads "own" records does not see one that is assigned to nobody. A later row of the
 * file that is about the same record would not find it, and make it once more. So the
 * match keys of such rows are kept in the checkpoint (state/journal_key.h). Not known are
 * the keys of rows that a program without this has sent, or one whose role hid nothing.
 */
#ifndef FLOW_HIDDEN_H
#define FLOW_HIDDEN_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/row.h"
#include "model/schema.h"
#include "state/journal.h"

#include <stdbool.h>

/* Does the role surely show its user the record that the row makes? */
bool hidden_is_shown(const struct schema *schema, const struct row *row);

/* Makes room in the checkpoint, where the role may hide what the job makes. */
int hidden_begin(struct journal *journal, const struct job *job, struct err *err);

/* Keeps the keys of a row that is about to be created, if its record will be hidden. */
int hidden_put(struct journal *journal, const struct job *job, const struct row *row,
               struct err *err);

/* An earlier row that has one of the row's keys by the first `rules` rules, as
 * journal_find_key() tells it, and the rule that the key is of; the texts are the row's.
 * 1, 0, < 0. */
int hidden_find(struct journal *journal, const struct job *job, struct row *row,
                size_t rules, size_t *rule, struct journal_row *found, struct err *err);

#endif
