/* inspector.h - what a CSV file is: how it is written, what its columns hold, and what is
 * wrong with it, found out without a mapping and without a server.
 *
 * Reads the file twice: input_scan() proves that it can be read to its end, then all
 * records are profiled. A file that is not UTF-8 is no failure: it is read as
 * windows-1252, and the report says so. Memory is flat whatever the file's size.
 */
#ifndef FLOW_INSPECTOR_H
#define FLOW_INSPECTOR_H

#include "base/arena.h"
#include "base/env.h"
#include "base/err.h"
#include "input/input.h"
#include "model/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct inspect_options {
    struct input_options input;
    uint64_t rows;         /* profile so many at most; 0 = all */
    const struct env *env; /* asked for interrupts; NULL = env_system() */
};

enum inspect_encoding {
    INSPECT_GIVEN,   /* named by the user */
    INSPECT_MARK,    /* by a byte order mark */
    INSPECT_ASCII,   /* nothing but ASCII: any encoding will do */
    INSPECT_VALID,   /* all of it is UTF-8 */
    INSPECT_DAMAGED, /* most of it is UTF-8 */
    INSPECT_GUESSED  /* it is not UTF-8: windows-1252 is a guess */
};

enum inspect_delimiter { INSPECT_DELIMITER_GIVEN, INSPECT_SEP_LINE, INSPECT_SNIFFED };

enum inspect_quoting { INSPECT_NO_QUOTES, INSPECT_SOME_QUOTED, INSPECT_ALL_QUOTED };

/* Records that cannot be read, by reason. */
struct inspect_bad {
    enum reason reason;
    uint64_t count;
    uint64_t line;    /* of the first */
    char detail[200]; /* of the first */
};

struct inspect_column {
    struct slice name; /* borrowed from the inspection */
    bool unnamed;      /* its header cell is empty */
    size_t name_of;    /* index of the first column of that name; or itself */
    size_t same_as;    /* of the first column with the same cells; or itself */
    struct column_profile *profile; /* owned by the inspection */
    struct profile_summary summary;
};

enum { INSPECT_BAD_KINDS = 5 };

struct inspection {
    struct input_facts facts; /* of the whole file */
    enum inspect_encoding encoding;
    char not_utf8[1024]; /* GUESSED: what is not UTF-8, with a sample, one sentence */
    enum inspect_delimiter delimiter;
    enum inspect_quoting quoting;
    uint64_t lf, crlf, cr; /* line ends of records that were read */
    uint64_t damaged;      /* bytes that are not of the encoding, in what was read */
    uint64_t totals_line;  /* of the last row, if it looks like a sum; else 0 */
    uint64_t header_line;  /* physical line of the header; 0 = there is none */
    bool header_is_data;   /* the header looks like one more record */
    uint64_t rows;         /* records that were read, bad ones included */
    bool whole;            /* these are all */
    struct inspect_bad bad[INSPECT_BAD_KINDS];
    size_t bad_count;               /* of bad */
    struct inspect_column *columns; /* owned */
    size_t column_count;            /* of columns */
    struct arena memory;            /* of names */
};

/* RC_INPUT when the file cannot be read at all, RC_USAGE as input_scan() has it,
 * RC_INTERRUPTED, RC_NOMEM. inspect_free() it. */
int inspect_file(struct inspection **out, const struct inspect_options *options,
                 struct err *err);
void inspect_free(struct inspection *inspection);

#endif
