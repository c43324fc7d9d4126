/* plan.h - says, before anything is sent, what a run is going to do. */
#ifndef CMD_PLAN_H
#define CMD_PLAN_H

#include "cmd/command.h"
#include "cmd/engine_pick.h"
#include "flow/job.h"
#include "flow/side_effects.h"

/* To stderr, and as {"type":"plan",...} with --json. sends: "import" or "check". */
int plan_print(struct command_context *context, const struct job *job, const char *url,
               enum mapping_on_duplicate on_duplicate, const struct side_effects *effects,
               const struct engine_pick *pick, bool dry_run);

/* "of rows about one record the first counts"; borrowed for ever. */
const char *plan_repeat_words(enum mapping_on_repeat on_repeat);

#endif
