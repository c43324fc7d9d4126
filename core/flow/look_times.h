/* look_times.h - when what is in doubt is looked up again. Pure.
 *
 * Of so many looks the first is at once and the last when the settle time is over; each
 * of those in between comes after half the time of the next: what is late is mostly only
 * a little late. A single look is the last one.
 */
#ifndef FLOW_LOOK_TIMES_H
#define FLOW_LOOK_TIMES_H

#include <stdint.h>

enum { LOOKS_DEFAULT = 6, LOOKS_MAX = 20 };

/* The first look of something that is in doubt since then; any clock, ms. looks: 0 =
 * LOOKS_DEFAULT. */
int64_t look_first_ms(int64_t since_ms, int64_t settle_ms, unsigned looks);

/* The next one after now; what is undecided when the settle time is over is looked at
 * twice a second. */
int64_t look_next_ms(int64_t since_ms, int64_t settle_ms, unsigned looks, int64_t now_ms);

#endif
