/* program_header.h - the columns of a file, found by the names that a mapping uses. */
#ifndef MODEL_PROGRAM_HEADER_H
#define MODEL_PROGRAM_HEADER_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

struct header {
    const struct slice *names; /* as the file has them; borrowed */
    struct slice *loose;       /* lower case, blanks trimmed and collapsed */
    struct slice *bare;        /* lower case, without blanks and underscores */
    bool *used;                /* by some column of the mapping */
    size_t count;
};

/* Everything but names is arena's. RC_NOMEM. */
int header_init(struct header *header, const struct slice *names, size_t count,
                struct arena *arena);

enum header_result { HEADER_FOUND, HEADER_NONE, HEADER_TWICE, HEADER_NO_MEMORY };

/* The column that is called name: exactly, else ignoring case and blanks. HEADER_TWICE
 * when two columns are; *column is then the second. */
enum header_result header_find(const struct header *header, const char *name,
                               struct arena *arena, size_t *column);

/* The column whose name is nearest to name, or header->count. */
size_t header_nearest(const struct header *header, const char *name);

/* name without blanks and underscores, in lower case; data NULL when memory is out. */
struct slice header_bare(struct slice name, struct arena *arena);

#endif
