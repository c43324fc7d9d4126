/* time_spent.c - shares of time in words. */
#include "cmd/time_spent.h"

#include <sys/resource.h>

enum { SHORTEST_US = 1000 * 1000 };

static const struct {
    const char *words; /* of the first line */
    const char *advice;
} shares_told[SHARE_COUNT] = {
    [SHARE_SERVER] = {"the server", NULL},
    [SHARE_NETWORK] = {"the network",
                       "The limit is the network: a place nearer to the server, or more "
                       "requests in flight (--jobs), would help."},
    [SHARE_CLIENT] = {"this machine",
                      "The limit is this machine, its processor or its disk: the server "
                      "could do more."},
    [SHARE_RATE] = {"waiting for --rate",
                    "The limit is --rate: the server could do more."},
    [SHARE_PAUSE] = {"waiting as the server asked",
                     "The limit is the server: it was busy, asked to wait, or could not "
                     "be reached."},
    [SHARE_SETTLE] =
        {"waiting for answers that were lost",
         "Rows whose answers were lost took the time: one is sent again only when it has "
         "been absent for a while (--settle)."},
};

static unsigned percent_of(int64_t part_us, int64_t total_us) {
    return total_us <= 0 ? 0 : (unsigned)((part_us * 100 + total_us / 2) / total_us);
}

void time_spent_append_shares(struct buf *buf, const struct time_shares *shares,
                              bool automatic) {
    bool first = true;

    (void)buf_append_text(buf, "  of the time:");
    for (int i = 0; i < SHARE_COUNT; i++) {
        unsigned percent = percent_of(shares->us[i], shares->total_us);
        if (percent == 0)
            continue;
        (void)buf_append_format(buf, "%s %u %% %s", first ? "" : ",", percent,
                                shares_told[i].words);
        first = false;
    }
    (void)buf_append_text(buf, "\n  ");
    if (shares->limit != SHARE_SERVER)
        (void)buf_append_text(buf, shares_told[shares->limit].advice);
    else if (automatic)
        (void)buf_append_text(buf, "The limit is the server: more requests in flight "
                                   "would not help, it had as many as it makes use of.");
    else
        (void)buf_append_text(buf, "The limit is the server; --jobs auto finds out how "
                                   "many requests in flight it makes use of.");
    (void)buf_append_char(buf, '\n');
}

void time_spent_append(struct buf *buf, const struct courier *courier) {
    struct time_shares shares;

    courier_time(courier, &shares);
    if (shares.total_us >= SHORTEST_US)
        time_spent_append_shares(buf, &shares, courier_is_automatic(courier));
}

static int64_t cpu_ms(void) {
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

void time_spent_json(struct jsonout *json, const struct courier *courier) {
    struct time_shares shares;

    courier_time(courier, &shares);
    jsonout_open_object(json, "time");
    for (enum time_share i = 0; i < SHARE_COUNT; i++)
        jsonout_milli(json, time_share_name(i), shares.us[i] / 1000);
    jsonout_milli(json, "cpu", cpu_ms());
    jsonout_text(json, "limit", time_share_name(shares.limit));
    jsonout_close(json);
    jsonout_count(json, "jobs", courier_jobs(courier));
}
