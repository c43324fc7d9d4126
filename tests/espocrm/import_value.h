/* From a CSV cell to an attribute, by the formats that the import was given. */
#ifndef ESPOCRM_IMPORT_VALUE_H
#define ESPOCRM_IMPORT_VALUE_H

#include "record.h"

/* 0, or -1 when the cell is not a value of the attribute's type. */
int import_value_set(struct app *app, const struct record *r, const struct attr *a,
                     const char *value, size_t len, const json_t *params);

#endif
