/* inspector_problems.h - everything that is wrong or odd about an inspected file, with
 * what to do about it.
 */
#ifndef FLOW_INSPECTOR_PROBLEMS_H
#define FLOW_INSPECTOR_PROBLEMS_H

#include "flow/inspector.h"

struct inspect_problem {
    const char *code;                    /* "NOT_UTF8", "ROW_RAGGED", "MOJIBAKE" */
    const struct inspect_column *column; /* NULL: of the file as a whole */
    uint64_t count;                      /* of unit; 0 = there is nothing to count */
    bool estimate;                       /* count is one */
    const char *unit;                    /* "cells", "rows", "lines", "values" */
    const char *words;                   /* what is wrong; stands before count and unit */
    uint64_t line;                       /* physical line of the first; 0 = none */
    const char *example;                 /* of the first; "" = none */
    const char *advice;                  /* what to do about it */
};

/* RC_OK, or < 0 to stop. The problem is borrowed for the call. */
typedef int inspect_problem_fn(void *context, const struct inspect_problem *problem);

/* Have most columns that are filled no name, as below a title with empty cells? */
bool inspect_header_is_title(const struct inspection *inspection);

/* Those of the file first, then column by column. What visit returned, or RC_NOMEM. */
int inspect_problems(const struct inspection *inspection, inspect_problem_fn *visit,
                     void *context);

/* What a mapping must say about the column beyond its name and field, as members of its
 * object: "\"format\": \"%d.%m.%Y\""; nothing where the defaults read it. */
void inspect_append_settings(struct buf *buf, const struct inspect_column *column);

#endif
