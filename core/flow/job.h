/* job.h - a file and a mapping, made ready against a server: what check, import and
 * resume have in common.
 */
#ifndef FLOW_JOB_H
#define FLOW_JOB_H

#include "base/err.h"
#include "flow/row.h"
#include "flow/site.h"
#include "input/input.h"
#include "model/mapping.h"

#include <stddef.h>

struct job_options {
    const char *input_path;   /* a file; standard input has been spooled */
    const char *input_name;   /* as the user knows it, for messages; NULL = input_path */
    const char *mapping_text; /* a path or the short form, or NULL */
    const char *mapping_json; /* of a checkpoint, when mapping_text is NULL */
    const char *encoding;     /* over the mapping's; NULL = the mapping's */
    char delimiter;           /* over the mapping's; 0 = the mapping's, else found out */
};

struct job {
    bool read_only;                     /* set by the caller: nothing will be written */
    struct mapping *mapping;            /* owned */
    struct input_options input_options; /* as the input is opened */
    struct input_facts facts;           /* what the scan of the whole file found */
    struct input *input;                /* owned; standing before the first record */
    const struct slice *columns;        /* borrowed from input */
    size_t column_count;
    size_t raw_column;                /* `_raw` (unreadable.h), or NO_COLUMN */
    const struct schema *schema;      /* borrowed from the site */
    struct program *program;          /* owned */
    struct repeats *repeats;          /* owned; of rows about one record, or NULL */
    struct input *side;               /* owned; of job_read_at(), or NULL */
    char *input_path;                 /* owned */
    char *input_name;                 /* owned */
    char *encoding;                   /* owned; NULL = auto */
    struct mapping_problem *problems; /* owned; of a mapping that does not fit */
    size_t problem_count;
};

/* Zero-initialise job first; job_close() is legal at any time after that. */

/* Reads mapping and, once to its end, the input: RC_USAGE, RC_INPUT, RC_LOCAL. */
int job_load(struct job *job, const struct job_options *options, struct err *err);

/* Fetches the entity type's metadata and compiles the mapping against it and the header.
 * On RC_USAGE problems has all of them. */
int job_compile(struct job *job, struct site *site, struct err *err);

/* Opens the input again at its first record (job_compile leaves it there, too). */
int job_rewind(struct job *job, struct err *err);

/* Reads the next record into row: 1, 0 at the end, or < 0. A record that cannot be read
 * or converted is a row with errors. */
int job_read(struct job *job, struct row *row, struct err *err);

/* Reads the record at a position, as it stands there, without moving job_read(). An input
 * that cannot be sought (gzip, UTF-16) is first unpacked into a file that has no name,
 * in the folder for temporary files. */
int job_read_at(struct job *job, const struct input_position *at, struct row *row,
                struct err *err);

/* "column name" of an index, "" for NO_COLUMN; borrowed. */
struct slice job_column(const struct job *job, size_t column);

void job_close(struct job *job);

#endif
