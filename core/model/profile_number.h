/* profile_number.h - how the numbers of a column are written: which mark parts decimals,
 * which thousands, which currency stands beside.
 */
#ifndef MODEL_PROFILE_NUMBER_H
#define MODEL_PROFILE_NUMBER_H

#include "base/slice.h"

#include <stdbool.h>

struct profile_number {
    char decimal;     /* '.' or ','; 0 = none in the cell, or `open` */
    char group;       /* '.' ',' ' ' '\''; 0 = none in the cell, or `open` */
    char open;        /* the one mark of 1.234 or 1,234, which may be either; else 0 */
    bool fraction;    /* not a whole number, or open */
    char currency[4]; /* "EUR"; "" = none in the cell */
    bool sign;        /* the currency is not written as its code */
};

/* Is text (without blanks around) one number? */
bool profile_number_read(struct slice text, struct profile_number *out);

/* Is text a number with a currency in front or behind? */
bool profile_amount_read(struct slice text, struct profile_number *out);

#endif
