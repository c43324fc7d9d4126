/* histogram.h - how long things took: percentiles from a fixed array, whatever the count.
 *
 * Log-linear buckets: values below 32 are exact, above that each power of two is cut into
 * 32 buckets, so a percentile is at most 1/32 (3.2 %) above the true value, never below.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

/* Values up to 2^40 - 1 (as microseconds: 12 days); larger ones count as that. */
enum {
    HISTOGRAM_SUB_BITS = 5,
    HISTOGRAM_MAX_BITS = 40,
    HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1)
                        << HISTOGRAM_SUB_BITS
};

/* Zero-initialise; needs no release. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS]; /* values per bucket */
    uint64_t total;                     /* sum of counts */
    uint64_t largest;                   /* value seen, exact */
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that `permille` thousandths of all values do not exceed (500 = median, 1000 =
 * largest); 0 when there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, unsigned permille);

#endif
