/* settle.h - finds out whether a doubtful row is in the CRM, before it is sent again.
 *
 * A row is doubtful when it may have been sent and no answer is known. It is looked up
 * among the records that this user has made since the row was first sent. Found: a record
 * holds everything that was sent, and no other row of the run has or could have made it;
 * its id is adopted. Not found, and still not after the settle time: nothing of it
 * arrived, it may be sent again, unless the user's role might not show it. Anything in
 * between is unknown, and said with the ids of the records to look at.
 *
 * The server goes on with a request after its client is gone (espocrm-live, "Lost
 * answers"): hence the settle time, counted from when nothing was in flight any more.
 */
#ifndef FLOW_SETTLE_H
#define FLOW_SETTLE_H

#include "base/err.h"
#include "flow/row.h"
#include "flow/site.h"
#include "model/mapping.h"
#include "model/schema.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settle_verdict { SETTLE_FOUND, SETTLE_ABSENT, SETTLE_UNKNOWN };

struct settle_result {
    enum settle_verdict verdict;
    const char *id;         /* FOUND */
    const char *matched_by; /* FOUND: "fingerprint" */
    const char *message;    /* UNKNOWN: why, one sentence; borrowed for the call */
};

struct settler_options {
    struct site *site;             /* borrowed */
    struct journal *journal;       /* borrowed; knows which ids are taken */
    const struct mapping *mapping; /* borrowed */
    const struct program *program; /* borrowed */
    const struct row_pool *pool;   /* borrowed; all rows of the run; NULL = no others */
    const char *user_id;           /* borrowed; whose records are looked at */
    const struct schema *schema;   /* borrowed; what the user's role shows; NULL = all */
    bool may_list;                 /* the user may read the entity type at all */
    int64_t started_ms;            /* when the run began, server's clock, ms since 1970 */
    int64_t settle_ms;             /* how long absence must last */
    unsigned looks;                /* in that time (look_times.h); 0 = the default */
    size_t page;                   /* the server's page limit; 0 = 200 */
    /* Called once for each row, from inside the calls that drive the wire; the row has
     * left the settler then. What it became must be in the journal when it returns. */
    void (*settled)(void *context, struct row *row, const struct settle_result *result);
    void *context;
};

struct settler;

int settler_new(struct settler **out, const struct settler_options *options,
                struct err *err);
void settler_free(struct settler *settler);

/* Before the first row is sent (fresh), or before one is taken up again: learns which
 * records were there before the run. Waits for the server. */
int settler_begin(struct settler *settler, bool fresh, struct err *err);

/* Takes over a doubtful row; row->doubtful_ms says since when. */
void settler_add(struct settler *settler, struct row *row);

/* Sends the next look-up if one is due; one is under way at a time. */
int settler_poll(struct settler *settler, struct err *err);

/* Milliseconds until settler_poll() has something to do; INT64_MAX = nothing. */
int64_t settler_wait_ms(const struct settler *settler);

/* Is this record (JSON, of a 409) surely what an earlier sending of the row has made? */
bool settler_claims(struct settler *settler, const struct row *row, struct slice record);

/* Rows inside. */
size_t settler_count(const struct settler *settler);

/* Takes out a row that is not being looked up right now, or NULL: for a stopping run. */
struct row *settler_take(struct settler *settler);

#endif
