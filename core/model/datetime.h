/* datetime.h - dates and times of a cell, by a pattern, strictly.
 *
 * The patterns are strptime(3)'s; the reading is our own, because strptime skips blanks,
 * takes "24" for the year 24, and follows the locale of the process.
 */
#ifndef MODEL_DATETIME_H
#define MODEL_DATETIME_H

#include "base/buf.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* A moment as it is written, of the Gregorian calendar. */
struct civil {
    int year, month, day;     /* month 1-12 */
    int hour, minute, second; /* 0 when the pattern has none */
    bool has_offset;          /* the text says how far it is from UTC */
    int32_t offset;           /* seconds to add to UTC */
};

enum datetime_parts { DATETIME_DATE, DATETIME_BOTH };

/* NULL when pattern can be used for a field that holds these parts, else what is wrong
 * with it, as a clause: "has no day (%d)". Borrowed for ever. */
const char *datetime_pattern_problem(const char *pattern, enum datetime_parts parts);

enum datetime_result {
    DATETIME_OK,
    DATETIME_NO_MATCH,   /* the text has another form */
    DATETIME_NO_SUCH_DAY /* the form is right, the day or time does not exist */
};

/* The whole of text against pattern. */
enum datetime_result datetime_read(const char *pattern, struct slice text,
                                   struct civil *out);

/* Is text the number in which spreadsheets keep a day, from 1927 to 2099 ("45291", with a
 * time "45291.5")? To out what it stands for, if they count from 1900 as most do. */
bool datetime_is_serial(struct slice text, struct civil *out);

/* Days since 1970-01-01. */
int64_t datetime_days(int year, int month, int day);
int datetime_days_in_month(int year, int month);

/* Seconds since 1970-01-01 00:00:00, the offset left out. */
int64_t datetime_seconds(const struct civil *civil);

/* The other way round. */
struct civil datetime_civil(int64_t seconds);

enum { DATE_SIZE = 11, DATETIME_SIZE = 20 }; /* with the terminator */
void datetime_format_date(const struct civil *civil, char out[DATE_SIZE]);
void datetime_format(const struct civil *civil, char out[DATETIME_SIZE]);

/* Appends the moment by a pattern that datetime_pattern_problem() lets pass: what
 * datetime_read() reads back. */
int datetime_write(struct buf *buf, const char *pattern, const struct civil *civil);

#endif
