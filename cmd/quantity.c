/* quantity.c - numbers as a person reads them. Integer arithmetic only, rounding half up.
 */
#include "cmd/quantity.h"

#include <inttypes.h>

void quantity_append_count(struct buf *buf, uint64_t count) {
    char text[32];
    size_t at = sizeof text;
    unsigned digits = 0;

    do {
        if (digits > 0 && digits % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + count % 10);
        count /= 10;
        digits++;
    } while (count > 0);
    (void)buf_append(buf, text + at, sizeof text - at);
}

void quantity_append_duration(struct buf *buf, int64_t ms) {
    int64_t tenths;

    if (ms < 0)
        ms = 0;
    if (ms >= 59950) {
        quantity_append_clock(buf, ms);
        return;
    }
    tenths = (ms + 50) / 100;
    (void)buf_append_format(buf, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
}

void quantity_append_clock(struct buf *buf, int64_t ms) {
    int64_t seconds, days;

    if (ms < 0)
        ms = 0;
    seconds = ms / 1000 + (ms % 1000 >= 500);
    days = seconds / 86400;
    seconds %= 86400;
    if (days > 0)
        (void)buf_append_format(buf, "%" PRId64 " d ", days);
    if (days > 0 || seconds >= 3600)
        (void)buf_append_format(buf, "%" PRId64 ":%02" PRId64 ":%02" PRId64,
                                seconds / 3600, seconds / 60 % 60, seconds % 60);
    else
        (void)buf_append_format(buf, "%" PRId64 ":%02" PRId64, seconds / 60,
                                seconds % 60);
}

void quantity_append_latency(struct buf *buf, int64_t us) {
    if (us < 0)
        us = 0;
    if (us < 1000) {
        (void)buf_append_format(buf, "%" PRId64 " us", us);
    } else if (us < 999950) {
        int64_t tenths = (us + 50) / 100;
        (void)buf_append_format(buf, "%" PRId64 ".%" PRId64 " ms", tenths / 10,
                                tenths % 10);
    } else {
        int64_t hundredths = us / 10000 + (us % 10000 >= 5000);
        (void)buf_append_format(buf, "%" PRId64 ".%02" PRId64 " s", hundredths / 100,
                                hundredths % 100);
    }
}

void quantity_append_rate(struct buf *buf, uint64_t milli) {
    if (milli >= 99950) {
        quantity_append_count(buf, milli / 1000 + (milli % 1000 >= 500));
    } else if (milli >= 9995) {
        uint64_t tenths = (milli + 50) / 100;
        (void)buf_append_format(buf, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
    } else {
        uint64_t hundredths = (milli + 5) / 10;
        (void)buf_append_format(buf, "%" PRIu64 ".%02" PRIu64, hundredths / 100,
                                hundredths % 100);
    }
}

void quantity_append_bytes(struct buf *buf, uint64_t bytes) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    uint64_t rest;

    if (bytes < 1024) {
        (void)buf_append_format(buf, "%" PRIu64 " B", bytes);
        return;
    }
    while (bytes >= UINT64_C(1024) * 1024 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    rest = bytes % 1024 * 10 / 1024;
    (void)buf_append_format(buf, "%" PRIu64 ".%" PRIu64 " %s", bytes / 1024, rest,
                            units[unit]);
}
