/* What libcurl does with a POST when it is let: this program is built without the guard
 * of curl_transfer.c and shows that the scenario of test_transport.c catches its absence.
 * When it fails with a newer libcurl, that one has stopped re-sending by itself. */
#define ESPOLOAD_NO_RESEND_GUARD 1
#include "../../core/wire/curl_transfer.c" /* stands in for the library's */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "resend_scenario.h"

static void test_post_arrives_twice(void **state) {
    static const enum then ends[] = {CLOSE, RESET};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct resend_result result = resend_run(METHOD_POST, ends[i]);
        assert_int_equal(result.posts, 3); /* the second one two times ... */
        assert_int_equal(result.delivery, DELIVERY_ANSWERED); /* ... and nobody knows */
        assert_int_equal(result.status, 200);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post_arrives_twice),
    };
    (void)unsetenv("http_proxy");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
