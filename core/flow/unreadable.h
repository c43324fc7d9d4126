/* unreadable.h - rows that are no readable CSV record, and how reports carry them.
 *
 * A row with too few or too many cells, or with a stray quote, cannot be written to a
 * report as it was: cut or filled up it would be a good row with wrong data when the
 * report is imported. So each report has a last column, `_raw`, that is empty but for
 * such rows: there it holds the reason's code and the row's own text, as "ROW_RAGGED:
 * 1;2;3". On input a row whose `_raw` is not empty fails again, for the same reason,
 * until somebody has corrected its cells and emptied `_raw`. In a file without a header
 * the mark is a last cell of that form.
 */
#ifndef FLOW_UNREADABLE_H
#define FLOW_UNREADABLE_H

#include "base/buf.h"
#include "base/reason.h"
#include "base/slice.h"
#include "flow/job.h"

#include <stdbool.h>
#include <stddef.h>

enum { UNREADABLE_RAW = 64 << 10 }; /* bytes of a row's text that a report keeps */

extern const char unreadable_column[]; /* "_raw" */

struct unreadable {
    enum reason reason;
    size_t column;      /* of the file, or NO_COLUMN when no single cell is wrong */
    struct slice raw;   /* the row as it stood when it was read first */
    const char *detail; /* what is wrong */
};

/* False for a record that is good and bears no mark. What *out holds is borrowed from the
 * record. */
bool unreadable_find(const struct job *job, const struct csv_record *record,
                     struct unreadable *out);

/* What stands in `_raw`: text, whatever the bytes are. */
void unreadable_append_mark(struct buf *buf, enum reason reason, struct slice raw);

#endif
