/* POST MassAction: the same change to many records. */
#ifndef ESPOCRM_MASSACTION_H
#define ESPOCRM_MASSACTION_H

#include "app.h"

/* /MassAction[/{id}/{what}] */
void massaction_handle(struct ctx *c, const char *id, const char *what);

#endif
