/* guard.h - the production guard: a protected server is written to only by who has typed
 * its host name, on a terminal or as --confirm HOST. --yes does not answer it.
 *
 * Protected is what --protected, ESPOLOAD_PROTECTED or the profile in use say is, and any
 * server that the config file has in a profile with "protected": true, whichever way its
 * address came in (a checkpoint, --url).
 */
#ifndef CMD_GUARD_H
#define CMD_GUARD_H

struct command_context;

/* To be called before the first write of a run. url: of the site. RC_OK, or RC_USAGE with
 * context->err: nothing may be sent. */
int guard_write(struct command_context *context, const char *url);

#endif
