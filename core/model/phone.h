/* phone.h - a telephone number as it stands in a cell to E.164, as EspoCRM wants it.
 *
 * With libphonenumber (ESPOLOAD_HAVE_PHONENUMBER) national numbers are understood for a
 * given country; without it only international ones are, checked by a table of lengths.
 */
#ifndef MODEL_PHONE_H
#define MODEL_PHONE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum { PHONE_SIZE = 48 }; /* "+" and 15 digits, " ext. " and 6 digits, terminator */

enum phone_result {
    PHONE_OK,
    PHONE_NO_NUMBER,   /* other characters, or no digits */
    PHONE_SCIENTIFIC,  /* 4.93012E+11: what a spreadsheet made of a number */
    PHONE_SEVERAL,     /* more than one number in the cell */
    PHONE_NATIONAL,    /* does not begin with + or 00, and no country was given */
    PHONE_NO_LIBRARY,  /* likewise with a country, but this build has no libphonenumber */
    PHONE_BAD_COUNTRY, /* no such calling code */
    PHONE_TOO_SHORT,
    PHONE_TOO_LONG,
    PHONE_IMPOSSIBLE,    /* of no length that numbers there have */
    PHONE_TRUNK_PREFIX,  /* a digit of national dialling behind the country code */
    PHONE_HAS_EXTENSION, /* extension is set; out holds the number without it */
    PHONE_NO_MEMORY
};

/* cell is trimmed of blanks. country: "DE", or NULL: then 00 in front is a +. Fills out
 * ("+493012345678") when the result is PHONE_OK or PHONE_HAS_EXTENSION, and extension
 * (digits, or "") in any case. */
enum phone_result phone_normalize(struct slice cell, const char *country,
                                  char out[PHONE_SIZE], char extension[16]);

/* The number without what spreadsheets put around it (an apostrophe, marks of direction,
 * no-break spaces); written to room, of size bytes. Empty when it does not fit. */
struct slice phone_clean(struct slice cell, char *room, size_t size);

/* Does phone_normalize() know the country ("DE")? Always true without libphonenumber,
 * which cannot tell, for two letters. */
bool phone_country_known(const char *country);

/* Are national numbers understood in this build? */
bool phone_has_library(void);

/* digits: behind the +. PHONE_OK when the table is sure that the number is possible and
 * written as E.164 has it; PHONE_NO_LIBRARY when its country is not in the table; else
 * what is wrong with it. */
enum phone_result phone_table_check(struct slice digits);

/* Of phone_libphonenumber.cc only. text: UTF-8, cleaned. */
enum phone_result phone_library_parse(struct slice text, const char *country,
                                      char out[PHONE_SIZE], char extension[16]);
bool phone_library_country(const char *country);

#endif
