/* waited.h - where the time of a run went: the server, the network, this machine, waits.
 *
 * Counted is the time in which the process slept, by what it slept for; the rest is this
 * machine's. What was slept until an answer came is shared between server and network
 * as libcurl's timings of the answers are: a new connection, and the body on its way, are
 * the network's, and so is one round trip of each request, as long as the shortest
 * handshake with the server took. Time is passed in.
 */
#ifndef WIRE_WAITED_H
#define WIRE_WAITED_H

#include "plan/exchange.h"

#include <stdint.h>

enum waited_for {
    WAITED_ANSWER, /* something was in flight, as much as may be or as there was */
    WAITED_RATE,   /* more could have left, but for --rate */
    WAITED_PAUSE,  /* the server asked to wait, or failed: nothing may leave before */
    WAITED_TIME,   /* nothing was in flight: settling, or sending again later */
    WAITED_COUNT
};

struct waited {
    int64_t began_us; /* monotonic */
    int64_t slept_us[WAITED_COUNT];
    int64_t server_us, network_us; /* of answers; these overlap */
    int64_t trip_us;               /* the shortest round trip; 0 = not known */
};

void waited_begin(struct waited *waited, int64_t now_us);
void waited_add(struct waited *waited, enum waited_for what, int64_t us);
void waited_answered(struct waited *waited, const struct answer *answer);

enum time_share {
    SHARE_SERVER,
    SHARE_NETWORK,
    SHARE_CLIENT,
    SHARE_RATE,
    SHARE_PAUSE,
    SHARE_SETTLE,
    SHARE_COUNT
};

/* "server", "network", "client", "rate", "pause", "settle"; borrowed for ever. */
const char *time_share_name(enum time_share share);

struct time_shares {
    int64_t total_us; /* since it began; the sum of all shares */
    int64_t us[SHARE_COUNT];
    enum time_share limit; /* the largest */
};
void waited_share(const struct waited *waited, int64_t now_us, struct time_shares *out);

#endif
