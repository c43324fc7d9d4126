/* outputs.h - the files that a run leaves: results, errors, unprocessed.
 *
 * Made from checkpoint and input alone, so they can be made again at any time. They keep
 * the input's delimiter and columns; columns whose names begin with `_` are the tool's
 * own and are dropped when such a file is itself the input, so that a corrected errors
 * file is loaded as it is.
 */
#ifndef FLOW_OUTPUTS_H
#define FLOW_OUTPUTS_H

#include "base/err.h"
#include "flow/job.h"
#include "state/journal.h"

#include <stdbool.h>

struct output_options {
    const char *results; /* path, or NULL = not wanted; here and below */
    const char *errors;
    const char *unprocessed;
    bool force;            /* files of these names may be replaced */
    bool reader;           /* the journal is open for reading only */
    const struct env *env; /* asked for interrupts; NULL = env_system() */
};

struct output_counts {
    uint64_t results; /* rows written to each */
    uint64_t errors;
    uint64_t unprocessed;
};

/* Needs job_load() only, not the server. A file that would hold no row is not written,
 * and one of an earlier run of the same checkpoint is then removed (force only).
 * RC_LOCAL, RC_INPUT, RC_INTERRUPTED. */
int outputs_write(struct job *job, struct journal *journal,
                  const struct output_options *options, struct output_counts *counts,
                  struct err *err);

/* Errors and unprocessed rows are there to be corrected. RC_USAGE, naming the file, when
 * one of them is there and is not as the run has written it. */
int outputs_refuse_edited(struct journal *journal, const struct output_options *options,
                          struct err *err);

/* What is there is taken for the run's own, which may be replaced. */
int outputs_adopt(struct journal *journal, const struct output_options *options,
                  struct err *err);

/* Only the rows that cannot be sent, while checking a file (no checkpoint there is). */
struct error_file;
int error_file_open(struct error_file **out, struct job *job, const char *path,
                    bool force, struct err *err);
int error_file_add(struct error_file *file, const struct row *row, struct err *err);
int error_file_commit(struct error_file *file, struct err *err);
void error_file_close(struct error_file *file);

#endif
