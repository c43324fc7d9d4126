/* dialect.h - which delimiter a CSV text uses. */
#ifndef INPUT_DIALECT_H
#define INPUT_DIALECT_H

#include "base/err.h"
#include "base/slice.h"
#include "input/csv.h"

#include <stdbool.h>

enum { DIALECT_SAMPLE = 64 << 10 }; /* bytes of text that are looked at */

/* Completes given into *dialect, from the beginning of the text. whole: the sample is the
 * whole text. *separator_line is set when the first line is `sep=X`, which names the
 * delimiter (unless given does) and is no record. RC_USAGE as csv_dialect_check() has it,
 * RC_NOMEM. */
int dialect_detect(struct csv_dialect *dialect, bool *separator_line,
                   const struct csv_dialect *given, struct slice sample, bool whole,
                   struct err *err);

#endif
