/* Clocks and record ids. Promises ids that never repeat and always ascend in one process;
 * across restarts only as far as the wall clock does. */
#include "clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

int64_t clock_mono_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_ms(void) {
    return clock_mono_us() / 1000;
}

void clock_stamp(char out[STAMP_SIZE]) {
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(out, STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}

static uint64_t wall_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void idgen_init(struct idgen *g) {
    g->last = 0;
    g->state = wall_us() ^ ((uint64_t)getpid() << 40) ^ 0x9e3779b97f4a7c15u;
}

void idgen_next(struct idgen *g, char out[ID_SIZE]) {
    static const char hex[] = "0123456789abcdef";
    uint64_t us = wall_us();
    if (us <= g->last)
        us = g->last + 1;
    g->last = us;
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    uint64_t sec = us / 1000000u, frac = us % 1000000u, rnd = g->state >> 48;
    for (int i = 7; i >= 0; i--, sec >>= 4)
        out[i] = hex[sec & 15];
    for (int i = 12; i >= 8; i--, frac >>= 4)
        out[i] = hex[frac & 15];
    for (int i = 16; i >= 13; i--, rnd >>= 4)
        out[i] = hex[rnd & 15];
    out[17] = '\0';
}
