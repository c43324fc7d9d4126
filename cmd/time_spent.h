/* time_spent.h - says at the end of a run where its time went, and what limited it. */
#ifndef CMD_TIME_SPENT_H
#define CMD_TIME_SPENT_H

#include "base/buf.h"
#include "cmd/jsonout.h"
#include "wire/courier.h"

/* Two lines for an administrator, in whole per cent; nothing for a run of less than a
 * second. */
void time_spent_append(struct buf *buf, const struct courier *courier);

/* The same, of any shares. automatic: --jobs auto. */
void time_spent_append_shares(struct buf *buf, const struct time_shares *shares,
                              bool automatic);

/* A member "time": seconds by what took them, the processor's among them, and "limit". */
void time_spent_json(struct jsonout *json, const struct courier *courier);

#endif
