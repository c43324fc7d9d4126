/* undo_outputs.h - the files that an undo leaves: what became of each change of the run,
 * and those that were not taken back.
 */
#ifndef FLOW_UNDO_OUTPUTS_H
#define FLOW_UNDO_OUTPUTS_H

#include "flow/outputs.h"

/* From the checkpoint of the undo alone. Columns: _line, _entityType, _action (what the
 * run did), _id, _outcome, _code, _message; of errors also _field, _value and _advice. A
 * file that would hold no row is not written. unprocessed of options is not looked at.
 * RC_LOCAL, RC_USAGE, RC_INTERRUPTED. */
int undo_outputs_write(struct journal *undo, const struct output_options *options,
                       struct output_counts *counts, struct err *err);

#endif
