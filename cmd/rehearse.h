/* rehearse.h - takes every row of a file through the whole path up to the socket. */
#ifndef CMD_REHEARSE_H
#define CMD_REHEARSE_H

#include "cmd/command.h"
#include "flow/job.h"

/* job: compiled. errors: path of an errors file, or NULL. Prints the first errors, the
 * causes and the sum; nothing is sent. RC_OK, EXIT_ROWS, or < 0. */
int rehearse_run(struct command_context *context, struct job *job, const char *errors,
                 bool force);

#endif
