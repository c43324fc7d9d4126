/* rehearse.h - takes every row of a file through the whole path up to the socket. */
#ifndef CMD_REHEARSE_H
#define CMD_REHEARSE_H

#include "cmd/command.h"
#include "flow/job.h"

/* job: compiled against site. errors: path of an errors file, or NULL. Prints the first
 * errors, the causes and the sum; nothing is written. RC_OK, EXIT_ROWS, or < 0. */
int rehearse_run(struct command_context *context, struct site *site, struct job *job,
                 enum mapping_on_duplicate on_duplicate, const char *errors, bool force);

#endif
