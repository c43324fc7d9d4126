/* journal_made.h - records that a run creates beside those of its rows, because a link's
 * look-up found none: each once, whatever happens.
 */
#ifndef STATE_JOURNAL_MADE_H
#define STATE_JOURNAL_MADE_H

#include "base/slice.h"
#include "state/journal.h"

struct journal_made {
    const char *entity_type; /* "Account" */
    const char *field;       /* what it was looked up by: "name" */
    struct slice key;        /* the text, as it is compared */
    int64_t since;           /* when it was last sent, ms since 1970 */
    const char *id;          /* NULL: sent, and no answer yet */
    const char *modified;    /* its modifiedAt, as it was made; NULL = not known */
    struct slice value;      /* the text as it was sent */
    char room[64];           /* private: for an id that was read */
};

/* In place of what was there of it; durable with the next journal_commit(). */
int journal_put_made(struct journal *journal, const struct journal_made *made,
                     struct err *err);

/* Fills since and id (in *made) for the other three: 1, or 0 when there is none, < 0. */
int journal_get_made(struct journal *journal, struct journal_made *made, struct err *err);

/* Is the record id one that the run has made so? */
bool journal_owns_made(struct journal *journal, struct slice id);

#endif
