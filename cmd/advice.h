/* advice.h - what to do next, where the place that failed could not say it.
 *
 * Most errors bring advice of their own. Those of the core that can happen in any command
 * (an answer that makes no sense, no memory) get that of their kind here, so that none is
 * printed without.
 */
#ifndef CMD_ADVICE_H
#define CMD_ADVICE_H

#include "cmd/command.h"

/* Gives err advice where it has none; command: that was meant, NULL while none is known.
 * A stop by a signal needs none. */
void advice_complete(struct err *err, const struct command *command);

#endif
