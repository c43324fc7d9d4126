/* Where the time went, from given sleeps and answers; and in words. */
#include "cmd/time_spent.h"
#include "wire/waited.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

enum { SECOND = 1000000 };

static struct time_shares shares_at(const struct waited *waited, int64_t now_us) {
    struct time_shares shares;
    int64_t sum = 0;

    waited_share(waited, now_us, &shares);
    for (int i = 0; i < SHARE_COUNT; i++)
        sum += shares.us[i];
    assert_int_equal(sum, shares.total_us);
    return shares;
}

static void test_server_and_network(void **state) {
    struct waited waited;
    struct answer first = {
        .latency_us = 160000, .connect_us = 60000, .trip_us = 20000, .wait_us = 100000};
    struct answer next = {.latency_us = 110000, .wait_us = 100000};
    struct time_shares shares;

    (void)state;
    waited_begin(&waited, 5 * SECOND);
    waited_answered(&waited, &first);
    waited_answered(&waited, &next);
    waited_add(&waited, WAITED_ANSWER, 9 * SECOND);
    shares = shares_at(&waited, 15 * SECOND);
    /* 80 ms of each answer are the server's: 160 of 270 */
    assert_int_equal(shares.us[SHARE_SERVER] / 10000, 533);
    assert_int_equal(shares.us[SHARE_NETWORK] / 10000, 366);
    assert_int_equal(shares.us[SHARE_CLIENT], SECOND);
    assert_int_equal(shares.limit, SHARE_SERVER);
}

/* An answer that was there at once leaves nothing below zero. */
static void test_shorter_than_a_round_trip(void **state) {
    struct waited waited;
    struct answer far = {.latency_us = 90000, .trip_us = 30000, .wait_us = 40000};
    struct answer quick = {.latency_us = 20000, .wait_us = 10000};

    (void)state;
    waited_begin(&waited, 0);
    waited_answered(&waited, &far);
    waited_answered(&waited, &quick);
    waited_add(&waited, WAITED_ANSWER, SECOND);
    assert_int_equal(shares_at(&waited, SECOND).limit, SHARE_NETWORK);
}

static void test_waits_and_this_machine(void **state) {
    static const struct {
        enum waited_for what;
        enum time_share share;
    } cases[] = {{WAITED_RATE, SHARE_RATE},
                 {WAITED_PAUSE, SHARE_PAUSE},
                 {WAITED_TIME, SHARE_SETTLE}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct waited waited;
        struct time_shares shares;
        waited_begin(&waited, 0);
        assert_int_equal(shares_at(&waited, 0).total_us, 0);
        assert_int_equal(shares_at(&waited, SECOND).limit, SHARE_CLIENT);
        waited_add(&waited, cases[i].what, 3 * SECOND);
        waited_add(&waited, cases[i].what, -SECOND); /* a clock that stepped */
        shares = shares_at(&waited, 4 * SECOND);
        assert_int_equal(shares.us[cases[i].share], 3 * SECOND);
        assert_int_equal(shares.us[SHARE_CLIENT], SECOND);
        assert_int_equal(shares.limit, cases[i].share);
    }
}

static void test_words(void **state) {
    struct time_shares shares = {.total_us = 1000 * SECOND,
                                 .us = {[SHARE_SERVER] = INT64_C(970000000),
                                        [SHARE_CLIENT] = 28 * SECOND,
                                        [SHARE_NETWORK] = 2 * SECOND}};
    struct buf text = {.max = 1000};

    (void)state;
    time_spent_append_shares(&text, &shares, true);
    assert_string_equal(buf_text(&text),
                        "  of the time: 97 % the server, 3 % this machine\n"
                        "  The limit is the server: more requests in flight would not "
                        "help, it had as many as it makes use of.\n");
    buf_reset(&text);
    shares.limit = SHARE_RATE;
    time_spent_append_shares(&text, &shares, false);
    assert_non_null(strstr(buf_text(&text), "The limit is --rate"));
    buf_fini(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_and_network),
        cmocka_unit_test(test_shorter_than_a_round_trip),
        cmocka_unit_test(test_waits_and_this_machine),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
