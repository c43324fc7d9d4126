/* The built-in Import: a CSV uploaded, run row by row, its results listed. */
#ifndef ESPOCRM_IMPORT_H
#define ESPOCRM_IMPORT_H

#include "app.h"

/* /Import[/{id or "file"}[/{what}]] and /ImportError */
void import_handle(struct ctx *c, const char *controller, const char *id,
                   const char *what);

#endif
