/* The control interface for tests, below /_testd. */
#ifndef ESPOCRM_CONTROL_H
#define ESPOCRM_CONTROL_H

#include "app.h"

void control_handle(struct ctx *c);
/* Counts a received request and, once known, its status. */
void control_count(struct app *app, const struct request *rq, int status);

#endif
