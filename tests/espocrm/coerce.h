/* From what a client sent to what EspoCRM would keep: trimming, and PHP's conversions. */
#ifndef ESPOCRM_COERCE_H
#define ESPOCRM_COERCE_H

#include "record.h"

/* Sets the attributes of r that the body names, as far as the user may write them,
 * cleaned in place in the body too (validation looks at both). 0, or -1 for what
 * the original answers with 500. */
int coerce_input(struct ctx *c, const struct record *r, json_t *body);
/* Defaults of a new record; currencies of new and old ones. */
void coerce_defaults(struct app *app, const struct record *r, bool is_new);

bool text_is_numeric(const char *s);
bool text_is_date(const char *s);
bool text_is_datetime(const char *s);
/* The amount as a number, json_null for none; new reference. */
json_t *convert_amount(const json_t *v);
/* Value of the attribute's type; steals v, returns a new reference. */
json_t *coerce_value(const struct attr *a, json_t *v);

#endif
