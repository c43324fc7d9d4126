/* carry.h - carries a run through, from a checkpoint that is open to the last line: what
 * import and resume have in common.
 */
#ifndef CMD_CARRY_H
#define CMD_CARRY_H

#include "cmd/connect.h"
#include "flow/checkpoint.h"
#include "flow/job.h"

struct error_limit {
    uint64_t rows;    /* stop beyond so many; 0 = no limit */
    unsigned percent; /* stop beyond so many percent; 0 = no limit */
};

/* Setter of --max-errors "N" or "N%": into the struct error_limit that is the first
 * member of the command's options. */
int carry_set_max_errors(void *options, const char *text, enum option_source source,
                         struct err *err);

struct carry {
    struct connection *connection;   /* borrowed */
    struct job *job;                 /* compiled; borrowed */
    struct journal *journal;         /* open for writing; borrowed */
    const char *checkpoint_path;     /* as the user is to type it */
    const struct checkpoint *facts;  /* borrowed */
    const struct error_limit *limit; /* borrowed */
};

/* Runs the import, writes its files, prints its end. What the command is to return. */
int carry_run(struct command_context *context, const struct carry *carry);

/* Prints every problem of a mapping, and the error that stands for them. */
void carry_print_problems(struct command_context *context, const struct job *job);

/* Paths of the output files of a run; each is owned by out. */
struct output_paths {
    struct buf results, errors, unprocessed;
};
int output_paths_make(struct output_paths *out, const char *prefix, struct err *err);
void output_paths_fini(struct output_paths *paths);

#endif
