/* Wall clock as EspoCRM writes it, a monotonic clock for delays, and record ids. */
#ifndef ESPOCRM_CLOCK_H
#define ESPOCRM_CLOCK_H

#include <stdint.h>

#define ID_SIZE 18    /* 17 hex digits and a NUL */
#define STAMP_SIZE 20 /* "2026-01-02 03:04:05" and a NUL */

struct idgen {
    uint64_t last; /* microseconds of the last id: each id is later than the one before */
    uint64_t state; /* of the generator behind the last four digits */
};

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
void clock_stamp(char out[STAMP_SIZE]); /* now, UTC */
void idgen_init(struct idgen *g);
/* 8 digits of seconds, 5 of microseconds, 4 at random: ascending, as uniqid() makes
 * them. */
void idgen_next(struct idgen *g, char out[ID_SIZE]);

#endif
