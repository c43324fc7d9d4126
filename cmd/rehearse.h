/* rehearse.h - takes every row of a file through the whole path up to the socket. */
#ifndef CMD_REHEARSE_H
#define CMD_REHEARSE_H

#include "cmd/command.h"
#include "flow/job.h"
#include "flow/side_effects.h"

struct rehearse_options {
    struct site *site; /* borrowed */
    struct job *job;   /* compiled against site; borrowed */
    enum mapping_on_duplicate on_duplicate;
    const struct side_effects *effects; /* borrowed */
    const char *errors;  /* path of a file for the rows with errors, or NULL */
    const char *plan;    /* path of a file for the plan, or NULL */
    const char *mapping; /* as the user named it; for the plan */
    bool force;          /* files of these names may be replaced */
};

/* Prints the first errors, the causes and the sum; the server is not written to. RC_OK,
 * EXIT_ROWS, or < 0. */
int rehearse_run(struct command_context *context, const struct rehearse_options *options);

#endif
