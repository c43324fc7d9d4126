/* email.h - is a cell one e-mail address, as EspoCRM's own check (PHP's
 * FILTER_VALIDATE_EMAIL) will see it?
 */
#ifndef MODEL_EMAIL_H
#define MODEL_EMAIL_H

#include "base/slice.h"

/* NULL when address is one, else what is wrong with it: a clause that goes on after "the
 * address", as "has two dots in a row". */
const char *email_problem(struct slice address);

#endif
