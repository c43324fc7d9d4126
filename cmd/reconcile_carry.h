/* reconcile_carry.h - carries a reconciliation through, from a checkpoint that is open
 * to the last line: what reconcile and resume have in common.
 */
#ifndef CMD_RECONCILE_CARRY_H
#define CMD_RECONCILE_CARRY_H

#include "cmd/connect.h"
#include "flow/checkpoint.h"
#include "flow/reconcile_files.h"
#include "flow/reconciler.h"

struct reconcile_carry {
    struct connection *connection;     /* borrowed */
    struct journal *journal;           /* begun; borrowed */
    const struct checkpoint *facts;    /* borrowed */
    const struct reconcile_spec *spec; /* borrowed */
    struct job *job;                   /* compiled; borrowed */
    struct table *table;               /* borrowed */
    struct journal *run;               /* borrowed, of --run, or NULL */
    struct reconcile_base *base;       /* borrowed, or NULL */
    const char *checkpoint;            /* path, as the user is to type it */
};

void reconcile_carry_options(const struct reconcile_carry *carry,
                             struct reconcile_options *out);

/* Removes what a reconciliation that was broken off has left: it is worth nothing to a
 * new one. RC_USAGE when the checkpoint is of another run. */
int reconcile_clear_checkpoint(struct command_context *context, const char *path);

/* Compares, writes the files, prints the end. RC_OK: all is equal; EXIT_ROWS; < 0. */
int reconcile_carry_run(struct command_context *context,
                        const struct reconcile_carry *carry);

/* `status` of a checkpoint of a reconciliation. */
int reconcile_status(struct command_context *context, struct journal *journal);

/* `resume` of one; takes the journal over. */
int reconcile_resume(struct command_context *context, struct journal *journal,
                     const char *path);

/* What is about to be compared, and how. total: records. */
void reconcile_print_plan(struct command_context *context,
                          const struct reconcile_carry *carry, uint64_t total);

/* The end of a run, as text or as the last line of --json (reconcile_report.c). */
struct reconcile_end {
    const struct reconcile_carry *carry;
    const struct pair_counts *counts;
    const struct reconcile_written *written;
    int rc;
    int64_t ms;
};
void reconcile_print_end(struct command_context *context,
                         const struct reconcile_end *end);
int reconcile_json_end(struct command_context *context, struct jsonout *json,
                       const struct reconcile_end *end);

/* One difference as a line of --json, or, where nobody reads these, one that no file
 * shows (ambiguous, failed) as text while there are not too many. */
struct reconcile_watch {
    struct command_context *context;
    const struct reconcile_carry *carry;
    uint64_t shown;
};
int reconcile_show(void *watch, const struct journal_found *found);

#endif
