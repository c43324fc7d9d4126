/* Header lines of an answer, well-formed and otherwise. */
#include "wire/answer_header.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void test_header_lines(void **state) {
    static const struct {
        const char *line;
        int64_t retry_after_ms;
        int64_t server_ms;
    } cases[] = {
        {"Retry-After: 120", 120000, 0},
        {"RETRY-AFTER:5\r\n", 5000, 0},
        {"Retry-After: 99999999999999999999", INT64_C(31622400000), 0},
        {"Retry-After: -5", -1, 0},
        {"Retry-After: 5 minutes", -1, 0},
        {"Retry-After: soon", -1, 0},
        {"Retry-After:", -1, 0},
        {"Retry-After: Tue, 24 Nov 2026 01:16:41 GMT", 1000, 0}, /* wall: 01:16:40 */
        {"Retry-After: Tue, 24 Nov 2020 01:16:41 GMT", 0, 0},
        {"Retry-After: Tue, 24 Nov 2820 01:16:41 GMT", INT64_C(31622400000), 0},
        {"Retry-After: Tue, 24 Nov 2026026026 01:16:41 GMT", -1, 0},
        {"Date: Tue, 24 Nov 2026 01:16:40 GMT", -1, INT64_C(1795483000000)},
        {"Date: yesterday", -1, 0},
        {"Date: Thu, 01 Jan 1970 00:00:00 GMT", -1, 0},
        {"Dates: Tue, 24 Nov 2026 01:16:40 GMT", -1, 0},
        {"no colon", -1, 0},
        {":", -1, 0},
        {"", -1, 0},
    };
    struct answer_header header = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer;
        memset(&answer, 0x5A, sizeof answer);
        answer_header_begin(&header, &answer);
        answer_header_line(&header, &answer, slice_of(cases[i].line));
        answer_header_end(&header, &answer, INT64_C(1795483000000));
        assert_int_equal(answer.retry_after_ms, cases[i].retry_after_ms);
        assert_int_equal(answer.server_ms, cases[i].server_ms);
    }
}

/* What came before the answer, from a proxy or as a 100, leaves nothing behind. */
static void test_header_begins_anew(void **state) {
    static const char *const lines[] = {"HTTP/1.1 103 Early Hints\r\n",
                                        "Retry-After: 3\r\n",
                                        "X-Status-Reason: x\r\n",
                                        "Location: https://x\r\n",
                                        "Content-Type: application/json\r\n",
                                        "Date: Tue, 24 Nov 2026 01:16:40 GMT\r\n",
                                        "\r\n",
                                        "HTTP/1.1 200 OK\r\n",
                                        "Server: nginx\r\n"};
    struct answer_header header = {0};
    struct answer answer = {0};

    (void)state;
    answer_header_begin(&header, &answer);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        answer_header_line(&header, &answer, slice_of(lines[i]));
        assert_int_equal(header.complete, i == 6);
    }
    answer_header_line(&header, &answer, slice_of("\r\n"));
    assert_true(header.complete);
    answer_header_end(&header, &answer, 0);
    assert_int_equal(answer.retry_after_ms, -1);
    assert_int_equal(answer.server_ms, 0);
    assert_string_equal(answer.reason, "");
    assert_string_equal(answer.location, "");
    assert_false(answer.json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_lines),
        cmocka_unit_test(test_header_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
