/* record.h - one row on its way: typed attributes, or the reasons why there are none.
 *
 * Everything lives in the row's arena.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include "base/reason.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct schema_attribute; /* model/schema.h */

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_STRING, VALUE_LIST };

/* A value as the server is to hold it. */
struct value {
    enum value_kind kind;
    bool boolean;              /* VALUE_BOOL */
    struct slice text;         /* VALUE_NUMBER: JSON's own digits; VALUE_STRING: UTF-8 */
    const struct slice *items; /* VALUE_LIST: strings */
    size_t item_count;         /* VALUE_LIST */
};

struct attribute {
    const struct schema_attribute *def; /* borrowed from the schema */
    size_t column; /* index of the column it came from, or NO_COLUMN */
    struct value value;
};

#define NO_COLUMN ((size_t)-1)

struct row_error {
    enum reason reason;
    size_t column;      /* index of the column, or NO_COLUMN */
    const char *field;  /* attribute of the server, or "" */
    struct slice value; /* the cell (or part of it) that is wrong; may be empty */
    const char
        *message; /* one sentence, with the nearest valid option where there is one */
};

struct record {
    const struct attribute *attributes; /* in the mapping's order, no name twice */
    size_t count;
    const struct row_error *errors; /* when there is one, the row is not sent */
    size_t error_count;
};

#endif
