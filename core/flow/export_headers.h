/* export_headers.h - the first record of an export's file, and its columns as the
 * manifest has them.
 */
#ifndef FLOW_EXPORT_HEADERS_H
#define FLOW_EXPORT_HEADERS_H

#include "base/buf.h"
#include "base/err.h"
#include "flow/export_spec.h"
#include "model/table.h"

/* Appends a JSON array of texts. labels: body of GET I18n, in the user's language; only
 * for HEADERS_LABELS and HEADERS_BOTH ("First Name (firstName)"). A label that two
 * columns have gets the attribute's name behind it; one that the server does not know is
 * the attribute's name. RC_SERVER when labels is no JSON. */
int export_headers(const struct table *table, enum export_headers kind,
                   const char *entity_type, struct slice labels, struct buf *json,
                   struct err *err);

/* Appends a JSON array of Table Schema fields; headers: as above. */
int export_columns(const struct table *table, struct slice headers, struct buf *json,
                   struct err *err);

#endif
