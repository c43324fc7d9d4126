/* When what is in doubt is looked up: as a table of look times. */
#include "flow/look_times.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { SINCE = 1000000, SETTLE = 16000, TIMES_MAX = 8 };

/* Every look until the settle time is over, in milliseconds since the doubt began. */
static void test_times(void **state) {
    static const struct {
        unsigned looks;
        size_t count;
        int64_t at[TIMES_MAX];
    } cases[] = {
        {1, 1, {16000}},
        {2, 2, {0, 16000}},
        {3, 3, {0, 8000, 16000}},
        {5, 5, {0, 2000, 4000, 8000, 16000}},
        {0, LOOKS_DEFAULT, {0, 1000, 2000, 4000, 8000, 16000}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t at = look_first_ms(SINCE, SETTLE, cases[i].looks);
        for (size_t k = 0; k < cases[i].count; k++) {
            assert_int_equal(at - SINCE, cases[i].at[k]);
            at = look_next_ms(SINCE, SETTLE, cases[i].looks, at);
        }
        assert_true(at > SINCE + SETTLE); /* undecided: soon again */
    }
}

/* One that was late does not make up for those that it missed. */
static void test_late(void **state) {
    (void)state;
    assert_int_equal(look_next_ms(SINCE, SETTLE, 6, SINCE + 5000), SINCE + 8000);
    assert_int_equal(look_next_ms(SINCE, SETTLE, 2, SINCE + 5000), SINCE + SETTLE);
    assert_true(look_next_ms(SINCE, SETTLE, 6, SINCE + 90000) > SINCE + 90000);
    assert_true(look_next_ms(SINCE, 1, LOOKS_MAX, SINCE) > SINCE); /* no busy loop */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_late),
    };
    return cmocka_run_group_tests_name("look times", tests, NULL, NULL);
}
