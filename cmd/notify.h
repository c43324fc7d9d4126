/* notify.h - --notify-command COMMAND: tells somebody how a run has ended.
 *
 * `sh -c COMMAND` gets one JSON object on standard input (type "notice", see
 * mappings/output.schema.json) and the essentials in the environment: ESPOLOAD_EXIT,
 * ESPOLOAD_COMMAND, ESPOLOAD_ENTITY, ESPOLOAD_SERVER, ESPOLOAD_MESSAGE. Secrets are taken
 * out of its environment. It has a minute; how it ends never changes how the run did.
 */
#ifndef CMD_NOTIFY_H
#define CMD_NOTIFY_H

#include "base/err.h"

struct command_context;

/* RC_OK, or what went wrong with the command, to be told. */
int notify_run(struct command_context *context, int exit_code, struct err *err);

#endif
