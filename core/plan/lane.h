/* lane.h - keeps apart what must not overlap.
 *
 * Parallel requests that share an e-mail address, a phone number or a match key corrupt
 * the server's data (espocrm-live, "Parallel requests corrupt data"): its duplicate check
 * races and address rows double. Each such value is a lane; a ticket enters all lanes of
 * its row at once and may go when it is first in every one of them. Tickets of one lane
 * go in the order in which they entered, so there is no deadlock.
 */
#ifndef PLAN_LANE_H
#define PLAN_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LANE_KEYS_MAX = 32 }; /* a record has a few addresses, a mapping a few rules */

struct lane;

struct lane_ticket {
    uint64_t keys[LANE_KEYS_MAX]; /* hashes of the values; two values with one hash only
                                     wait for each other */
    size_t count;                 /* of keys, no key twice (lane_add) */
    struct lane *lanes[LANE_KEYS_MAX]; /* the lane of each key while inside; private */
    size_t blocked;                    /* lanes in which it is not first; private */
    void *tag;                         /* the owner's own */
};

struct lanes;

struct lanes *lanes_new(void); /* NULL when memory is out */
void lanes_free(struct lanes *lanes);

/* Adds a key to a ticket that has not entered; drops repeats and what exceeds the max. */
void lane_add(struct lane_ticket *ticket, uint64_t key);

/* 1 when the ticket may go now, 0 when it must wait, RC_NOMEM. Borrowed until it leaves.
 */
int lane_enter(struct lanes *lanes, struct lane_ticket *ticket);

/* The ticket is through, or gives up its turn: `ready` is called for each one that may go
 * now. */
void lane_leave(struct lanes *lanes, struct lane_ticket *ticket,
                void (*ready)(void *context, struct lane_ticket *ticket), void *context);

/* Tickets inside, waiting ones included. */
size_t lanes_inside(const struct lanes *lanes);

#endif
