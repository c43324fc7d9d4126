/* env.c - the real clocks and the real random numbers. */
#include "base/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static int64_t system_monotonic_us(void *context) {
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_wall_ms(void *context) {
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t system_random(void *context) {
    uint64_t bits = 0;

    (void)context;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        bits = (uint64_t)system_monotonic_us(NULL) * UINT64_C(0x9E3779B97F4A7C15);
    return bits;
}

const struct env *env_system(void) {
    static const struct env real = {
        .monotonic_us = system_monotonic_us,
        .wall_ms = system_wall_ms,
        .random = system_random,
    };
    return &real;
}

int64_t env_monotonic_us(const struct env *env) {
    return env->monotonic_us(env->context);
}

int64_t env_wall_ms(const struct env *env) {
    return env->wall_ms(env->context);
}

uint64_t env_random(const struct env *env) {
    return env->random(env->context);
}

int env_interrupts(const struct env *env) {
    return env->interrupts == NULL ? 0 : env->interrupts(env->context);
}

void env_format_utc(int64_t wall_ms, char out[20]) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(out, 20, "%Y-%m-%d %H:%M:%S", &parts) == 0)
        (void)snprintf(out, 20, "-");
}
