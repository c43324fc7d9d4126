/* table.h - the columns of an export: which attributes are asked for, and how a record
 * becomes a row.
 *
 * Made from a list of attributes, or from an import mapping read backwards: its column
 * names, formats, delimiters and value maps.
 */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/mapping.h"
#include "model/schema.h"

#include <stdbool.h>
#include <stddef.h>

struct table;

/* select: "id,firstName,..." or "*" (all that is stored in the record itself and that
 * the user may read), or both. expand: "emails,phones,teams" or NULL: what costs the
 * server or us more. RC_USAGE, RC_AUTH (a field that is hidden from the user),
 * RC_NOMEM. */
int table_select(struct table **out, const struct schema *schema, const char *select,
                 const char *expand, struct err *err);

/* mapping, read backwards. Both are borrowed until table_free(). Problems as
 * program_new(). */
int table_reverse(struct table **out, const struct schema *schema,
                  const struct mapping *mapping, struct mapping_problem **problems,
                  size_t *problem_count, struct err *err);
/* The same with the columns of a file that the mapping reads, in their order; a column
 * that the mapping leaves alone is there, too (table_is_filled()). columns are
 * borrowed. */
int table_reverse_file(struct table **out, const struct schema *schema,
                       const struct mapping *mapping, const struct slice *columns,
                       size_t column_count, struct err *err);
void table_free(struct table *table);

/* Takes out the columns of `*` whose attribute sample, a record as lists show it,
 * lacks; how many. */
size_t table_prune(struct table *table, struct slice sample);

size_t table_columns(const struct table *table);
const char *table_header(const struct table *table, size_t column);

/* The attribute that a column shows, or NULL when it is made of several. */
const struct schema_attribute *table_attribute(const struct table *table, size_t column);

/* Does a column show anything of EspoCRM's? Of this field? */
bool table_is_filled(const struct table *table, size_t column);
bool table_shows_field(const struct table *table, size_t column, const char *field);

/* What a list is to show, ends with NULL: the columns' attributes and what EspoCRM
 * needs beside them. */
const char *const *table_list(const struct table *table);

/* Adds an attribute to what lists show (to order by it). RC_NOMEM. */
int table_require(struct table *table, const struct schema_attribute *def);

/* Does a record that a list has shown have to be read by its id, too? Lists cut texts
 * after 10,000 characters and show one e-mail address and phone number
 * (espocrm-api, facts 3 and 4). */
bool table_must_read(const struct table *table, struct slice record);

/* May that happen for every record that has an address? For the plan's words. */
bool table_reads_addresses(const struct table *table);
bool table_shows_links(const struct table *table); /* of several records: more queries */

/* Appends the cells (base/pack.h) of a record, a JSON object; *unfaithful: how many of
 * them an import would not read back as they are. RC_SERVER when it lacks an attribute
 * that was asked for, or has one of another kind. */
int table_append_cells(struct table *table, struct slice record, struct buf *pack,
                       size_t *unfaithful, struct err *err);

/* The same as one JSON object, its members named by the headers, values as the server
 * has them. */
int table_append_json(struct table *table, struct slice record, struct buf *json,
                      struct err *err);

#endif
