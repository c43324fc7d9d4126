/* export_changes.h - an export of what changed since the last one, and of what was
 * deleted.
 *
 * A run takes what EspoCRM has changed since shortly before the last run began, by the
 * server's clock; what that one has written just so is left out. A record that is changed
 * while a run reads is changed after the run began: the next one has it.
 */
#ifndef FLOW_EXPORT_CHANGES_H
#define FLOW_EXPORT_CHANGES_H

#include "base/buf.h"
#include "base/err.h"
#include "flow/export_spec.h"
#include "flow/exporter.h"
#include "state/export_state.h"

#include <stdbool.h>
#include <stdint.h>

/* From when on the next run reads again: "2026-01-31 00:00:00", UTC. */
void export_changes_next_since(const struct export_spec *spec, char out[20]);

/* RC_USAGE when the state is of another export (server, user, entity type, columns,
 * filter). since: appended, "" on the first run. */
int export_changes_verify(struct export_state *state, const struct export_spec *spec,
                          struct buf *since, struct err *err);

struct export_deletions {
    uint64_t deleted; /* gone from EspoCRM */
    uint64_t
        filtered;    /* still there, but the filter does not let them through any more */
    uint64_t hidden; /* the user may not read them any more */
    bool first;      /* nothing was known yet to compare with */
    bool rights;     /* the rights have changed: nothing was compared */
    struct buf path; /* owned; of the file that names them, or empty */
};

/* Reads which ids there are, compares them with those of the last run, and writes the
 * vanished ones to FILE.deleted.csv. options: of the export, but with the filter alone;
 * ids: path of a checkpoint of its own. Into the next state of `state`, not yet
 * committed. */
int export_deletions_run(const struct export_options *options,
                         const struct export_spec *spec, const char *ids,
                         struct export_state *state, struct export_deletions *out,
                         struct err *err);
void export_deletions_fini(struct export_deletions *deletions);

/* The files are in place: the state becomes that of the next run. */
int export_changes_commit(struct export_state *state, const struct export_spec *spec,
                          const struct site *site, struct err *err);

#endif
