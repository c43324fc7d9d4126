/* test_histogram.c - percentiles against a sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/histogram.h"

static int by_value(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void test_empty_and_single(void **state) {
    struct histogram *h = calloc(1, sizeof *h);

    (void)state;
    assert_non_null(h);
    assert_int_equal(histogram_percentile(h, 500), 0);
    histogram_add(h, 123456);
    assert_int_equal(histogram_percentile(h, 0), 123456);
    assert_int_equal(histogram_percentile(h, 500), 123456);
    assert_int_equal(histogram_percentile(h, 1000), 123456);
    free(h);
}

static void test_small_values_are_exact(void **state) {
    struct histogram *h = calloc(1, sizeof *h);

    (void)state;
    assert_non_null(h);
    for (uint64_t i = 1; i <= 20; i++)
        histogram_add(h, i);
    assert_int_equal(histogram_percentile(h, 500), 10);
    assert_int_equal(histogram_percentile(h, 950), 19);
    assert_int_equal(histogram_percentile(h, 951), 20);
    assert_int_equal(histogram_percentile(h, 1), 1);
    free(h);
}

/* Every power of two and its neighbours: never below, at most 1/32 above. */
static void test_every_bucket_edge(void **state) {
    struct histogram *h = calloc(1, sizeof *h);

    (void)state;
    assert_non_null(h);
    for (unsigned bit = 0; bit < HISTOGRAM_MAX_BITS; bit++)
        for (int64_t off = -1; off <= 1; off++) {
            uint64_t value = (uint64_t)((INT64_C(1) << bit) + off), got;
            *h = (struct histogram){0};
            histogram_add(h, value);
            histogram_add(h, UINT64_C(1) << 39); /* so that `largest` does not help */
            got = histogram_percentile(h, 500);
            if (value <= UINT64_C(1) << 39) {
                assert_true(got >= value);
                assert_true(got - value <= value / 32);
            }
        }
    *h = (struct histogram){0};
    histogram_add(h, UINT64_MAX); /* beyond the range: counted, and largest is exact */
    histogram_add(h, UINT64_C(1) << 45);
    assert_int_equal(h->total, 2);
    assert_true(histogram_percentile(h, 1000) == UINT64_MAX);
    free(h);
}

static void test_against_sorted(void **state) {
    enum { COUNT = 20001 };
    static const unsigned shares[] = {1, 10, 250, 500, 750, 900, 950, 990, 999, 1000};
    struct histogram *h = calloc(1, sizeof *h);
    uint64_t *values = calloc(COUNT, sizeof *values);
    uint64_t seed = 1;

    (void)state;
    assert_non_null(h);
    assert_non_null(values);
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[i] = (seed >> 33) >> (seed % 25); /* spread over many powers of two */
        histogram_add(h, values[i]);
    }
    qsort(values, COUNT, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        uint64_t exact = values[(COUNT * shares[i] + 999) / 1000 - 1];
        uint64_t got = histogram_percentile(h, shares[i]);
        assert_true(got >= exact);
        assert_true(got - exact <= exact / 32);
    }
    assert_true(histogram_percentile(h, 1000) == values[COUNT - 1]);
    free(h);
    free(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_and_single),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_every_bucket_edge),
        cmocka_unit_test(test_against_sorted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
