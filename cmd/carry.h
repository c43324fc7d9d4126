/* carry.h - carries a run through, from a checkpoint that is open to the last line: what
 * import and resume have in common.
 */
#ifndef CMD_CARRY_H
#define CMD_CARRY_H

#include "cmd/connect.h"
#include "cmd/engine_pick.h"
#include "flow/checkpoint.h"
#include "flow/job.h"
#include "flow/run_samples.h"
#include "flow/tally.h"
#include "flow/undoer.h"

struct error_limit {
    uint64_t stop_at; /* stop at so many failed rows; 0 = never */
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
    struct engine_bulk_counts *bulk; /* borrowed; summed up */
    uint64_t take;                   /* so many rows now; 0 = all */
    const struct undo_options
        *undo;                   /* takes a run back: the job is bare; borrowed; NULL =
                                        an import */
    struct run_samples *samples; /* private */
    int64_t began_us;            /* private: monotonic */
};

/* Writes the page about a run from its checkpoint. */
int carry_report(struct journal *journal, const struct checkpoint *facts,
                 const char *checkpoint, const struct tally *tally, const char *path,
                 const struct env *env, struct err *err);

/* Runs the import, writes its files, prints its end. What the command is to return. */
int carry_run(struct command_context *context, const struct carry *carry);

/* Finds out what became of rows in doubt, and sends nothing. < 0 with context->err. */
int carry_settle(struct command_context *context, const struct carry *carry);

/* Prints every problem of a mapping where there are several; the error that is left to be
 * printed then counts them. */
void carry_print_problems(struct command_context *context, const struct job *job);

/* RC_USAGE when somebody has corrected a report that the run would replace. */
int carry_refuse_edited(struct command_context *context, struct journal *journal,
                        const struct checkpoint *facts);

/* Reports that are there already are the run's to replace (import --force). */
int carry_adopt_outputs(struct command_context *context, struct journal *journal,
                        const struct checkpoint *facts);

/* Paths of the output files of a run; each is owned by out. */
struct output_paths {
    struct buf results, errors, unprocessed, report;
};
int output_paths_make(struct output_paths *out, const char *prefix, struct err *err);
void output_paths_fini(struct output_paths *paths);

#endif
