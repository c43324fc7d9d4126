/* env.h - time, chance and the wish to stop, so that a test can have them in hand.
 *
 * Everything in core asks here for clocks and random numbers; env_system() is the real
 * world, tests bring their own.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stdint.h>

struct env {
    int64_t (*monotonic_us)(void *context); /* microseconds, never goes back */
    int64_t (*wall_ms)(void *context);      /* milliseconds since 1970, UTC */
    uint64_t (*random)(void *context);      /* 64 random bits */
    int (*interrupts)(
        void *context); /* signals that asked to stop, so far; NULL = none */
    void *context;      /* handed to each; borrowed */
};

/* The real clocks and getrandom(2); borrowed for ever. */
const struct env *env_system(void);

int64_t env_monotonic_us(const struct env *env);
int64_t env_wall_ms(const struct env *env);
uint64_t env_random(const struct env *env);

/* How often somebody asked to stop: 1 = in good order, 2 = now. */
int env_interrupts(const struct env *env);

/* "2026-11-24 01:09:43" of milliseconds since 1970, UTC; out holds 20 bytes. */
void env_format_utc(int64_t wall_ms, char out[20]);

#endif
