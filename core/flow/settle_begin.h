/* settle_begin.h - which of the user's records were there when the run began.
 *
 * A look-up goes back some seconds behind the run's begin, because clocks may be apart.
 * What an earlier run of the same user made in these seconds must not be taken for this
 * run's: so it is asked for once, before anything is sent, and kept in the checkpoint.
 */
#ifndef FLOW_SETTLE_BEGIN_H
#define FLOW_SETTLE_BEGIN_H

#include "base/err.h"
#include "base/slice.h"
#include "flow/settle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settle_begin {
    uint64_t *ids; /* owned; hashes, in ascending order */
    size_t count;
};

/* Asks the server and puts the answer into the journal. A user that may not list records
 * has none: nothing of his can be looked up either. RC_UNREACHABLE, ... */
int settle_begin_ask(struct settle_begin *begin, const struct settler_options *options,
                     struct err *err);

/* Reads what settle_begin_ask() has put. RC_NOMEM. */
int settle_begin_load(struct settle_begin *begin, struct journal *journal);
void settle_begin_fini(struct settle_begin *begin);

bool settle_begin_has(const struct settle_begin *begin, struct slice id);

#endif
