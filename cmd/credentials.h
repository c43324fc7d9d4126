/* credentials.h - which key or password a run uses, from options, environment, prompt. */
#ifndef CMD_CREDENTIALS_H
#define CMD_CREDENTIALS_H

#include "cmd/global_options.h"
#include "cmd/option_parser.h"
#include "wire/auth.h"

/* Finds the identity by where it was named: the command line before the environment
 * before the profile; two different ones from one place are an error. Reads its secret
 * (may_ask: asks on the terminal where none was given), hands it to auth_new() and clears
 * it. Free *out with auth_free(). RC_USAGE, RC_LOCAL, RC_INTERRUPTED, RC_NOMEM. */
int credentials_open(struct auth **out, const struct global_options *global,
                     const struct option_parser *parser, char *const *environment,
                     bool may_ask, struct err *err);

#endif
