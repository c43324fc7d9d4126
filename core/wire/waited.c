/* waited.c - sums of times, and how they share the whole. */
#include "wire/waited.h"

#include <string.h>

const char *time_share_name(enum time_share share) {
    switch (share) {
    case SHARE_SERVER: return "server";
    case SHARE_NETWORK: return "network";
    case SHARE_CLIENT: return "client";
    case SHARE_RATE: return "rate";
    case SHARE_PAUSE: return "pause";
    case SHARE_SETTLE: return "settle";
    case SHARE_COUNT: break;
    }
    return "?";
}

void waited_begin(struct waited *waited, int64_t now_us) {
    memset(waited, 0, sizeof *waited);
    waited->began_us = now_us;
}

void waited_add(struct waited *waited, enum waited_for what, int64_t us) {
    if (us > 0)
        waited->slept_us[what] += us;
}

void waited_answered(struct waited *waited, const struct answer *answer) {
    int64_t server_us = answer->wait_us;

    if (answer->trip_us > 0 &&
        (waited->trip_us == 0 || answer->trip_us < waited->trip_us))
        waited->trip_us = answer->trip_us;
    server_us -= waited->trip_us;
    if (server_us < 0)
        server_us = 0;
    waited->server_us += server_us;
    if (answer->latency_us > server_us)
        waited->network_us += answer->latency_us - server_us;
}

void waited_share(const struct waited *waited, int64_t now_us, struct time_shares *out) {
    int64_t answers_us = waited->slept_us[WAITED_ANSWER];
    double both = (double)waited->server_us + (double)waited->network_us;
    int64_t *us = out->us, rest;

    memset(out, 0, sizeof *out);
    out->total_us = now_us - waited->began_us;
    us[SHARE_NETWORK] =
        both > 0 ? (int64_t)((double)answers_us * (double)waited->network_us / both) : 0;
    us[SHARE_SERVER] = answers_us - us[SHARE_NETWORK];
    us[SHARE_RATE] = waited->slept_us[WAITED_RATE];
    us[SHARE_PAUSE] = waited->slept_us[WAITED_PAUSE];
    us[SHARE_SETTLE] = waited->slept_us[WAITED_TIME];
    rest = out->total_us;
    for (int i = 0; i < SHARE_COUNT; i++)
        rest -= us[i];
    us[SHARE_CLIENT] = rest > 0 ? rest : 0;
    for (enum time_share i = 0; i < SHARE_COUNT; i++)
        if (us[i] > us[out->limit])
            out->limit = i;
}
