/* histogram.c - log-linear buckets. Adding costs a few instructions and no branch on
 * size. */
#include "base/histogram.h"

#include <stddef.h>

enum { SUB = 1 << HISTOGRAM_SUB_BITS };

static size_t bucket_of(uint64_t value) {
    unsigned shift;

    if (value < SUB)
        return (size_t)value;
    shift = (unsigned)(63 - __builtin_clzll(value)) - HISTOGRAM_SUB_BITS;
    return ((size_t)(shift + 1) << HISTOGRAM_SUB_BITS) + (size_t)((value >> shift) - SUB);
}

/* The largest value that falls into a bucket. */
static uint64_t upper_end(size_t bucket) {
    size_t group = bucket >> HISTOGRAM_SUB_BITS;
    uint64_t sub = bucket & (SUB - 1);

    if (group == 0)
        return sub;
    return ((sub + SUB + 1) << (group - 1)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    const uint64_t most = (UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1;

    if (value > histogram->largest)
        histogram->largest = value;
    histogram->counts[bucket_of(value > most ? most : value)]++;
    histogram->total++;
}

uint64_t histogram_percentile(const struct histogram *histogram, unsigned permille) {
    uint64_t wanted, seen = 0;

    if (histogram->total == 0)
        return 0;
    if (permille >= 1000)
        return histogram->largest;
    /* the smallest rank that covers the share, from 1; in two parts against overflow */
    wanted = histogram->total / 1000 * permille +
             (histogram->total % 1000 * permille + 999) / 1000;
    if (wanted == 0)
        wanted = 1;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted) {
            uint64_t end = upper_end(i);
            return end < histogram->largest ? end : histogram->largest;
        }
    }
    return histogram->largest;
}
