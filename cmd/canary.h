/* canary.h - the first rows of a run, shown as they stand in EspoCRM before the rest
 * follows: --canary.
 */
#ifndef CMD_CANARY_H
#define CMD_CANARY_H

#include "cmd/carry.h"
#include "flow/canary.h"
#include "flow/tally.h"

/* Chooses so many rows and puts them into the journal's facts (not committed). */
int canary_begin(struct command_context *context, struct connection *connection,
                 struct job *job, struct journal *journal, const struct checkpoint *facts,
                 size_t count);

/* Is a canary still to be carried out, or to be shown and answered? */
bool canary_is_open(const struct carry *carry, const struct canary *canary);

/* Its rows have ended: reads their records back, prints what each field held before and
 * what it holds now, and asks whether the run is to go on. RC_OK for yes (or --yes);
 * RC_INTERRUPTED for no, or where nobody can be asked. Whoever resumes after that has
 * seen them. */
int canary_show(struct command_context *context, const struct carry *carry,
                const struct canary *canary, const struct tally *tally);

#endif
