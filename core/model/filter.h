/* filter.h - which records: conditions as a person types them, as EspoCRM's `where`.
 *
 *     status=New           createdAt>=2026-01-01      description~refund
 *     amount<=1000         industry in Media,"Real Estate"
 *     accountId null       accountId not null         status!=Dead
 *
 * Each is checked against the metadata: EspoCRM answers an unknown name with 400, but a
 * condition without a value with records that nobody asked for (espocrm-live, "Lists").
 */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include "base/buf.h"
#include "base/err.h"
#include "model/schema.h"

/* Appends the where item of one condition, or the items of text that is JSON (an item, or
 * an array of items), parted by commas. RC_USAGE with what is wrong. */
int filter_append(const struct schema *schema, const char *text, struct buf *json,
                  struct err *err);

#endif
