/* remarks.h - what a rehearsal has to say beside errors: suspicious columns, and what
 * EspoCRM does of itself for each record.
 */
#ifndef CMD_REMARKS_H
#define CMD_REMARKS_H

#include "cmd/jsonout.h"
#include "flow/side_effects.h"
#include "flow/suspects.h"

/* Appends "Looks wrong, though it is not an error:" and two lines each; nothing where
 * there are none. */
void remarks_append_suspects(const struct suspects *suspects, struct buf *out);

/* {"type":"suspect",...} each. */
int remarks_json_suspects(const struct suspects *suspects, struct jsonout *json,
                          struct err *err);

/* Before a run: which writes are noted, mailed, and that hooks run. */
void remarks_append_effects(const struct side_effects *effects, const struct job *job,
                            struct buf *out);

#endif
