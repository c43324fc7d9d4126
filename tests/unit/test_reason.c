/* The list of error codes is closed and documented: each has advice and stands in the
 * README.
 */
#include "base/reason.h"

#include "unit/source_tree.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void test_codes(void **state) {
    (void)state;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const char *code = reason_code((enum reason)i);
        const char *advice = reason_advice((enum reason)i);
        assert_true(code[0] != '\0');
        assert_int_equal(reason_of_code(code), i);
        assert_true(strlen(advice) > 10 && advice[strlen(advice) - 1] == '.');
    }
    assert_string_equal(reason_code(REASON_NONE), "");
    assert_string_equal(reason_code(REASON_COUNT), "");
    assert_int_equal(reason_of_code("NO_SUCH_CODE"), REASON_NONE);
}

static void test_readme(void **state) {
    size_t size;
    char *readme = tree_read(PROJECT_SOURCE "/README.md", &size);
    char *table = strstr(readme, "## Error codes"), *end;
    int missing = 0;

    (void)state;
    assert_non_null(table);
    end = strstr(table + 1, "\n## ");
    if (end != NULL)
        *end = '\0';
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "`%s`", reason_code((enum reason)i));
        if (strstr(table, quoted) == NULL) {
            print_message("the README does not list %s\n", quoted);
            missing++;
        }
    }
    free(readme);
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_readme),
    };
    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
