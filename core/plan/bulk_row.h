/* bulk_row.h - a planned write as a row of the CSV that EspoCRM's Import takes. Pure.
 *
 * The Import reads CSV in a way of its own (Tools/Import/Import.php of 9.1.7, and tried
 * out on it): a row without cells ends the file, CR becomes LF inside values, empty cells
 * at a row's end are not seen, any text but "0" and "false" is true, what is no URL
 * character is percent-encoded, addresses lose their marks, links are not checked. So a
 * write goes this way only where it leaves the very record that REST would leave, and
 * cells are written so that it does: bulk_obstacle() knows.
 */
#ifndef PLAN_BULK_ROW_H
#define PLAN_BULK_ROW_H

#include "base/buf.h"
#include "model/schema.h"
#include "plan/write.h"

#include <stdbool.h>
#include <stddef.h>

/* Why no write of this entity type may go through the Import, by rights and settings of
 * its user; or NULL. A sentence's end: "the user's role ...". Borrowed for ever. */
const char *bulk_refusal(const struct schema *schema);

/* Why this write may not; or NULL: a few words. */
const char *bulk_obstacle(const struct schema *schema, const struct write *write);

/* Does the record (JSON, with all its amounts and their currencies) have an amount
 * without a currency, and not by this update? The Import would give it the default one,
 * which says something else. (To an amount that is empty it gives one, too: seen on
 * 9.1.7.) */
bool bulk_lacks_currency(const struct schema *schema, struct slice record,
                         const struct attribute *changed, size_t count);

/* Which writes may share a file: new records all do; changes where they are of the same
 * attributes, for an empty cell clears. A hash. */
uint64_t bulk_group(const struct write *write);

enum { BULK_COLUMNS_MAX = 256 };

/* The columns of a file: attributes that one of its writes fills, each once. Addresses
 * have a column with all of them, and marks go along in there. */
struct bulk_columns {
    const struct schema_attribute *list[BULK_COLUMNS_MAX]; /* of the schema */
    size_t count;
};

/* Adds those of a write: false when they are too many. */
bool bulk_columns_add(struct bulk_columns *columns, const struct schema *schema,
                      const struct write *write);

/* Appends the write's row, its id last: a last cell that is filled keeps those before it
 * from being overlooked. */
int bulk_append_row(struct buf *csv, const struct bulk_columns *columns,
                    const struct write *write);

#endif
