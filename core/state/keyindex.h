/* keyindex.h - which rows of a file have which keys: a table on disk, for files whose
 * keys do not fit into memory.
 *
 * A temporary SQLite database that has no name and is gone when it is closed; its cache
 * is bounded. Add all rows first: the first question sorts them. Keys are hashes of 128
 * bits: that two of them are equal by chance is less likely than a fault of the memory.
 *
 * What it costs: 4 MB of memory whatever the file's size, and about 70 bytes of disk for
 * each row (in SQLITE_TMPDIR, TMPDIR or /var/tmp). Adding a million rows and sorting them
 * takes about 1.5 s, the first question included; each further one some microseconds.
 */
#ifndef STATE_KEYINDEX_H
#define STATE_KEYINDEX_H

#include "base/err.h"

#include <stdint.h>

enum { KEYINDEX_KEY = 16 }; /* bytes */

/* A row that has the key. */
struct keyindex_row {
    uint64_t record; /* its number */
    uint64_t line;   /* physical line of its first byte */
    uint64_t offset; /* of that byte in the decoded text */
};

struct keyindex;

int keyindex_open(struct keyindex **out, struct err *err); /* RC_LOCAL, RC_NOMEM */
void keyindex_close(struct keyindex *index);

/* Rows may come in any order, each once for a key. */
int keyindex_add(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                 const struct keyindex_row *row, struct err *err);

/* The row of the key with the least number above `after` (0 = its first row), or with the
 * greatest one below `before`: 1, or 0 when there is none, < 0. */
int keyindex_next(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                  uint64_t after, struct keyindex_row *out, struct err *err);

int keyindex_previous(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                      uint64_t before, struct keyindex_row *out, struct err *err);

/* The one with the greatest number: 1, 0, < 0. */
int keyindex_last(struct keyindex *index, const unsigned char key[KEYINDEX_KEY],
                  struct keyindex_row *out, struct err *err);

#endif
