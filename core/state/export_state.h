/* export_state.h - what a nightly export remembers from one good run to the next: since
 * when it knows all changes, which records it has written lately, which ids there were.
 *
 * One SQLite file, mode 0600. It changes in one transaction, after the export's files are
 * in place: a run that is broken off leaves it as it was, and the next one writes the
 * same changes again. One process at a time may hold it.
 */
#ifndef STATE_EXPORT_STATE_H
#define STATE_EXPORT_STATE_H

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct export_state;

/* Opens, or makes an empty one. RC_LOCKED, RC_INPUT (no such file of ours), RC_LOCAL. */
int export_state_open(struct export_state **out, const char *path, struct err *err);
void export_state_close(struct export_state *state);

/* "" when there is none, or it cannot be read: then export_state_begin() and
 * export_state_commit() say so; borrowed until the next call. */
const char *export_state_text(struct export_state *state, const char *key);

/* Was a record written by the last run, just like this (hash of its cells)? */
bool export_state_has_written(struct export_state *state, struct slice id, uint64_t hash);

/* Does it know which ids there were? */
bool export_state_knows_ids(struct export_state *state);

/* The next state, all in one transaction that export_state_commit() ends; closing it
 * before leaves everything as it was. */
int export_state_begin(struct export_state *state, struct err *err);
int export_state_set(struct export_state *state, const char *key, const char *value,
                     struct err *err);
int export_state_put_written(struct export_state *state, struct slice id, uint64_t hash,
                             struct err *err);

/* An id that there is now. */
int export_state_put_id(struct export_state *state, struct slice id, struct err *err);

/* Each id that there was and is not any more, in their order; after all were put.
 * Borrowed during the call. */
typedef int export_state_visit(void *context, struct slice id);
int export_state_vanished(struct export_state *state, export_state_visit *visit,
                          void *context, struct err *err);

/* What was put takes the place of what was. ids: the known ids, too. */
int export_state_commit(struct export_state *state, bool ids, struct err *err);

#endif
