/* engine_pick.h - which engine carries a run: one request per record, or the built-in
 * Import; and why.
 */
#ifndef CMD_ENGINE_PICK_H
#define CMD_ENGINE_PICK_H

#include "cmd/command.h"
#include "flow/checkpoint.h"
#include "flow/job.h"
#include "flow/side_effects.h"
#include "plan/engine.h"
#include "state/journal.h"
#include "wire/engine_bulk.h"

struct engine_pick {
    bool bulk;
    const char *why; /* "the Import writes whole batches"; borrowed for ever */
};

/* By --engine and by what may be. effects: of the job; with bulk it is left without
 * notes and e-mails, which an Import does not make. RC_USAGE when bulk is asked for and
 * cannot be: nothing falls back silently. */
int engine_pick(struct command_context *context, const struct job *job,
                enum mapping_on_duplicate on_duplicate, struct side_effects *effects,
                struct engine_pick *out);

/* "  engine: bulk (...)", and what that means. */
void engine_pick_append(const struct engine_pick *pick, const struct job *job,
                        struct buf *out);

/* The engine of a run, as its checkpoint has it. */
int engine_make(struct engine **out, const struct checkpoint *facts,
                const struct job *job, struct site *site, struct journal *journal,
                struct err *err);

/* Adds what an engine has done to the counts of the run; nothing of one that is rest. */
void engine_add_counts(const struct engine *engine, struct engine_bulk_counts *sum);

/* "  bulk: 4,980 rows in 25 imports of up to 200; rest: 20 rows (18 x a long text, ...)";
 * nothing of a run by rest alone. */
void engine_append_counts(const struct engine_bulk_counts *counts, struct buf *out);

#endif
