/* The list of error codes is closed and documented: each has a meaning and advice. (That
 * they stand in the README and the man page, test_docs.c sees.)
 */
#include "base/reason.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void test_codes(void **state) {
    (void)state;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const char *code = reason_code((enum reason)i);
        const char *advice = reason_advice((enum reason)i);
        const char *meaning = reason_meaning((enum reason)i);
        assert_true(code[0] != '\0');
        assert_int_equal(reason_of_code(code), i);
        assert_true(strlen(advice) > 10 && advice[strlen(advice) - 1] == '.');
        assert_true(strlen(meaning) > 10 && meaning[strlen(meaning) - 1] == '.');
    }
    assert_string_equal(reason_code(REASON_NONE), "");
    assert_string_equal(reason_code(REASON_COUNT), "");
    assert_int_equal(reason_of_code("NO_SUCH_CODE"), REASON_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
