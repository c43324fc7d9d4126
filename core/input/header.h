/* header.h - the first record as names of columns. */
#ifndef INPUT_HEADER_H
#define INPUT_HEADER_H

#include "base/arena.h"
#include "base/err.h"
#include "input/csv.h"

/* RC_INPUT when the header could not be read: without it no cell has a name. */
int header_check(const struct csv_record *record, const char *path, struct err *err);

/* RC_INPUT: a header was expected and the text has no record; lines: physical ones. */
int header_missing(const char *path, uint64_t lines, struct err *err);

/* Names in *names, memory of arena: the cells of record, exactly, and "columnN" for one
 * that is empty; with record NULL "column1" to "columnN" for count columns. */
int header_names(const struct slice **names, struct arena *arena,
                 const struct csv_record *record, size_t count, struct err *err);

#endif
