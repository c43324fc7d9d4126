/* look_times.c - halves of halves of the settle time. */
#include "flow/look_times.h"

enum { AGAIN_MS = 500 };

int64_t look_first_ms(int64_t since_ms, int64_t settle_ms, unsigned looks) {
    return looks == 1 ? since_ms + settle_ms : since_ms;
}

int64_t look_next_ms(int64_t since_ms, int64_t settle_ms, unsigned looks,
                     int64_t now_ms) {
    if (looks == 0)
        looks = LOOKS_DEFAULT;
    if (looks > LOOKS_MAX)
        looks = LOOKS_MAX;
    for (unsigned left = looks; left > 2; left--) {
        int64_t at_ms = since_ms + (settle_ms >> (left - 2));
        if (at_ms > now_ms)
            return at_ms;
    }
    return since_ms + settle_ms > now_ms ? since_ms + settle_ms : now_ms + AGAIN_MS;
}
