/* unkept.h - values that EspoCRM takes, shows in its answer and forgets: the title of a
 * contact without an account (schema.h, kept_with).
 *
 * They are not sent, so that a look-up finds what was sent, and the report tells of them.
 */
#ifndef FLOW_UNKEPT_H
#define FLOW_UNKEPT_H

#include "base/slice.h"
#include "flow/row.h"

/* Sorts row->record's values anew into those that its record will keep and row->unkept;
 * these are null in row->record. record: what the CRM holds, as JSON; empty for a new
 * one. A link that is still to be looked up counts as none. RC_NOMEM. */
int unkept_sort(struct row *row, struct slice record);

#endif
