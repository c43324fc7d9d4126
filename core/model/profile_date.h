/* profile_date.h - the strptime pattern that a date in a cell is written in. */
#ifndef MODEL_PROFILE_DATE_H
#define MODEL_PROFILE_DATE_H

#include "base/slice.h"
#include "model/profile.h"

#include <stdbool.h>

/* Which of two numbers is the day. */
enum date_order {
    DATE_FIXED,     /* the form tells: year in front, or a month's name */
    DATE_DAY_FIRST, /* the numbers tell: 31/12/2024 */
    DATE_MONTH_FIRST,
    DATE_OPEN /* 05/06/2024 */
};

struct profile_date {
    bool has_time;
    enum date_order order;
    char format[PROFILE_FORMAT_SIZE]; /* with the day first where there are two ways */
    char other[PROFILE_FORMAT_SIZE];  /* with the month first; "" with DATE_FIXED */
};

/* Is text (without blanks around) a date that exists, with or without a time, in a form
 * that a mapping can name? */
bool profile_date_read(struct slice text, struct profile_date *out);

#endif
