/* csv_damage.h - how many lines a record with a stray quote takes with it.
 *
 * A quote that is not doubled inside a cell of several lines ends the cell too early,
 * and the cell's other lines look like records: "2,left a message" has two cells. They
 * must not be taken for data. Whether the quote was a slip in one line, or the following
 * lines are the rest of a cell, shows in what comes next:
 *
 * - a line that has a stray quote itself and is no record otherwise (too few cells, or
 *   just what the open cell still wants) is the rest of a cell: all up to it is damage;
 * - CSV_DAMAGE_SOUND records in a row without such a line: the damage has ended before;
 * - a text that ends before that, the cell being open and its line being short of cells:
 *   the rest of the text is damage.
 *
 * In doubt good lines fail with the bad one, which is told, and none is taken for a
 * record that is none.
 */
#ifndef INPUT_CSV_DAMAGE_H
#define INPUT_CSV_DAMAGE_H

#include "base/err.h"
#include "input/csv.h"
#include "input/lines.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CSV_DAMAGE_SOUND = 50,     /* records in a row that end the search */
    CSV_DAMAGE_LINES = 1000,   /* lines that are looked at, at most */
    CSV_DAMAGE_BYTES = 1 << 20 /* likewise */
};

struct csv_damage {
    size_t len;     /* bytes of the damage, without its last line end */
    size_t total;   /* with it */
    uint64_t lines; /* physical lines: 1 = the first one only */
};

/* The record that begins with the first unconsumed byte of lines has a quote that cannot
 * be; first is its first line. expected: cells a record must have, 0 while not known.
 * limit: bytes of a record. Pointers from lines_text() are void afterwards. */
int csv_damage_find(struct csv_damage *out, struct lines *lines,
                    const struct csv_dialect *dialect, const struct line *first,
                    size_t expected, size_t limit, struct err *err);

#endif
