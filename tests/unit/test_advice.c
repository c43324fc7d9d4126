/* test_advice.c - an error without advice gets that of its kind; others keep theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/advice.h"

static void test_advice(void **state) {
    static const struct {
        enum rc rc;
        const char *advice; /* a part of it; "" = none */
    } cases[] = {
        {RC_NOMEM, "memory"},       {RC_USAGE, "espoload map --help"},
        {RC_AUTH, "espoload ping"}, {RC_UNREACHABLE, "reached"},
        {RC_INPUT, "file"},         {RC_LOCAL, "this machine"},
        {RC_SERVER, "data/logs"},   {RC_INTERRUPTED, ""},
    };
    const struct command map = {.name = "map"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0}, advised = {0};
        (void)err_set(&err, cases[i].rc, "something is wrong");
        advice_complete(&err, &map);
        if (strstr(err.advice, cases[i].advice) == NULL ||
            (cases[i].advice[0] == '\0') != (err.advice[0] == '\0'))
            fail_msg("%d: %s", cases[i].rc, err.advice);
        (void)err_set(&advised, cases[i].rc, "something is wrong");
        err_advise(&advised, "do this");
        advice_complete(&advised, &map);
        assert_string_equal(advised.advice, "do this");
    }
}

/* What is typed wrong before any command is known. */
static void test_no_command(void **state) {
    struct err err = {0};

    (void)state;
    (void)err_set(&err, RC_USAGE, "unknown option --x");
    advice_complete(&err, NULL);
    assert_non_null(strstr(err.advice, "espoload --help"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_no_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
