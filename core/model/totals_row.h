/* totals_row.h - does a row look like the sum that spreadsheets put below a list?
 *
 * A hint for a person: somebody may be called Total.
 */
#ifndef MODEL_TOTALS_ROW_H
#define MODEL_TOTALS_ROW_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The first cell that is filled has a word for it, alone or in front of a blank, a colon
 * or a bracket ("Total", "Summe:", "Grand Total (12)"), and most others are empty or
 * numbers, one at least empty. */
bool totals_row_is(const struct slice *cells, size_t count);

/* What is said of it as the last row of a file. */
#define TOTALS_ROW_WORDS "the last row looks like a sum of the others, not like a record"
#define TOTALS_ROW_ADVICE "delete the row from the file, or it becomes a record, too"

#endif
