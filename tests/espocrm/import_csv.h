/* The CSV reader of the built-in Import, with its faults. */
#ifndef ESPOCRM_IMPORT_CSV_H
#define ESPOCRM_IMPORT_CSV_H

#include "buf.h"

struct import_csv {
    char *text; /* line ends already LF; owned by the caller */
    size_t len, pos;
    char separator, quote;
};

/* CRLF and CR become LF, inside quotes too; caller frees. */
char *import_csv_prepare(const char *s, size_t n, size_t *len);
/* The next row as an array of strings. Empty at the end, at a blank line and at a row in
 * which nothing is written: the original stops at all three. New reference. */
json_t *import_csv_row(struct import_csv *csv);

#endif
