/* journal_key.h - keys of rows that a run has sent: what tells that an earlier row was
 * about the same record where no list of the server does.
 */
#ifndef STATE_JOURNAL_KEY_H
#define STATE_JOURNAL_KEY_H

#include "base/arena.h"
#include "base/slice.h"
#include "state/journal.h"

/* Makes room for keys, before any other call of these; may be called again. Most runs
 * need none: their checkpoint stays without it. */
int journal_begin_keys(struct journal *journal, struct err *err);

/* key: any bytes; a row may have several. Durable with the next journal_commit(). */
int journal_put_key(struct journal *journal, uint64_t record, struct slice key,
                    struct err *err);

/* The first row but `record` that has the key and has created its record, or may have:
 * fills record, line, state and id (in arena, or NULL) of *row. 1, 0 when there is none,
 * < 0. */
int journal_find_key(struct journal *journal, uint64_t record, struct slice key,
                     struct arena *arena, struct journal_row *row, struct err *err);

#endif
