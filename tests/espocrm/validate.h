/* Field validation, in the original's order of fields and checks. */
#ifndef ESPOCRM_VALIDATE_H
#define ESPOCRM_VALIDATE_H

#include "record.h"

/* Name of the first check that the field fails, NULL when it is fine. `body` is what the
 * client sent, NULL for an import row. */
const char *validate_field(struct app *app, const struct record *r, const struct field *f,
                           const json_t *body);
/* First failing field; fills *type. An update looks only at the fields that were sent. */
const struct field *validate_record(struct app *app, const struct record *r,
                                    const json_t *body, bool is_new, const char **type);

#endif
