/* profile_flaw.h - what may be odd about cells: the closed list of codes, and what to do
 * about each.
 */
#ifndef MODEL_PROFILE_FLAW_H
#define MODEL_PROFILE_FLAW_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum profile_flaw {
    /* of one cell, told by looking at it alone */
    FLAW_MOJIBAKE,    /* UTF-8 that was read as windows-1252 once */
    FLAW_REPLACEMENT, /* U+FFFD: a character that is lost already */
    FLAW_SCIENTIFIC,  /* 4.41E+11: digits that are lost already */
    FLAW_SHEET_ERROR, /* #N/A, #REF!, ##### */
    FLAW_FORMULA,     /* begins with = */
    FLAW_APOSTROPHE,  /* begins with ' */
    FLAW_INVISIBLE,   /* marks of direction, zero-width characters */
    FLAW_NBSP,        /* no-break spaces */
    FLAW_BLANKS,      /* blanks around the value */
    FLAW_CONTROL,     /* control characters other than tab and line ends */
    FLAW_PLACEHOLDER, /* n/a, NULL, - */
    FLAW_CELL_FLAWS,  /* how many there are of these */
    /* of the column as a whole */
    FLAW_MIXED_TYPES = FLAW_CELL_FLAWS, /* some cells are not of the column's type */
    FLAW_MIXED_DATES,                   /* dates in more than one format */
    FLAW_AMBIGUOUS_DATES,               /* day and month cannot be told apart */
    FLAW_MIXED_MARKS,                   /* 1.5 and 1,5 in one column */
    FLAW_AMBIGUOUS_MARK,                /* 1.234: a decimal or a thousand? */
    FLAW_CURRENCY_SIGN,                 /* a sign beside the amount */
    FLAW_MIXED_CURRENCIES,              /* more than one currency */
    FLAW_REPEATED,                      /* a column of almost unique values has repeats */
    FLAW_SERIAL_DATES,                  /* 45291: days as spreadsheets count them */
    FLAW_LOST_ZEROS,                    /* leading zeros seem to be gone */
    FLAW_TRUNCATED,                     /* values end at 255 or 32,767 characters */
    FLAW_ALL_EMPTY,                     /* no cell is filled */
    PROFILE_FLAWS
};

struct profile_problem {
    enum profile_flaw flaw;
    uint64_t count;      /* cells; of REPEATED: values that come more than once */
    bool estimate;       /* count is one */
    uint64_t line;       /* physical line of the first; 0 = of none in particular */
    const char *example; /* terminated, may be cut; "" = none */
    const char *other;   /* a second example or format; "" = none */
};

/* "MOJIBAKE"; borrowed for ever. */
const char *profile_flaw_code(enum profile_flaw flaw);

/* What is wrong, as stands before ": 12 cells"; borrowed for ever. */
const char *profile_flaw_words(enum profile_flaw flaw);

/* What to do about it, naming the word of the mapping or the option; static. */
const char *profile_flaw_advice(enum profile_flaw flaw);

#endif
