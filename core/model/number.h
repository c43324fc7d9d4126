/* number.h - a number as a spreadsheet writes it, to JSON's digits. */
#ifndef MODEL_NUMBER_H
#define MODEL_NUMBER_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

struct number_format {
    char decimal[5]; /* "." or "," ... one character; "" is "." */
    char group[5];   /* "" = digits are not grouped; " " also takes no-break spaces */
    bool exponent;   /* 1.5e3 is allowed */
};

enum number_result {
    NUMBER_OK,
    NUMBER_NONE,     /* no number at all, or more than one */
    NUMBER_GROUPED,  /* grouped where the format has no groups, or not in threes */
    NUMBER_NO_MEMORY /* in the arena */
};

/* A number, in JSON's own notation: sign, digits, point; no superfluous zero in front. */
struct number {
    struct slice text; /* borrowed from the cell where it stands so there, else arena's */
    bool negative;     /* false for zero */
    bool has_exponent;
    size_t whole;       /* digits in front of the point, leading zeros not counted */
    size_t scale;       /* digits behind it, zeros at the end not counted */
    size_t significant; /* digits without zeros at either end */
};

/* The whole cell must be one number; blanks around it were trimmed. */
enum number_result number_read(struct slice cell, const struct number_format *format,
                               struct arena *arena, struct number *out);

/* The value, near enough to compare it with the bounds of a field. */
double number_value(const struct number *number);

/* Does a double hold the number exactly, as the server's float fields need it? */
bool number_fits_double(const struct number *number);

#endif
