/* The brakes, with a clock that stands still unless it is moved. */
#include "plan/pace.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

enum { SECOND = 1000000 };

static int64_t no_clock(void *context) {
    (void)context;
    return 0;
}

static uint64_t given_random(void *context) {
    return *(uint64_t *)context;
}

static uint64_t chance;
static const struct env still = {.monotonic_us = no_clock,
                                 .wall_ms = no_clock,
                                 .random = given_random,
                                 .context = &chance};

static struct pace pace_of(size_t jobs, int64_t rate_milli) {
    struct pace_options options = {.jobs = jobs, .rate_milli = rate_milli, .env = &still};
    struct pace pace;

    chance = 0;
    pace_init(&pace, &options);
    return pace;
}

static bool may_send(const struct pace *pace, int64_t now_us, size_t in_flight) {
    int64_t wait_us;
    return pace_may_send(pace, now_us, in_flight, &wait_us);
}

static int64_t wait_of(const struct pace *pace, int64_t now_us) {
    int64_t wait_us;
    assert_false(pace_may_send(pace, now_us, 0, &wait_us));
    assert_true(wait_us > 0);
    return wait_us;
}

static const struct request lead = {.path = "Lead"};

static void answered(struct pace *pace, int64_t now_us, int64_t latency_us,
                     struct verdict verdict) {
    struct answer answer = {.latency_us = latency_us};
    pace_answered(pace, now_us, &lead, &answer, &verdict);
}

static const struct verdict done = {.action = VERDICT_DONE};
static const struct verdict doubtful = {.action = VERDICT_DOUBTFUL};
static const struct verdict wait_7s = {
    .action = VERDICT_RETRY, .wait_ms = 7000, .pause_all = true, .free_attempt = true};

static void test_jobs(void **state) {
    struct pace pace = pace_of(3, 0);
    int64_t wait_us = -1;

    (void)state;
    assert_true(may_send(&pace, 0, 2));
    assert_false(pace_may_send(&pace, 0, 3, &wait_us));
    assert_int_equal(wait_us, 0); /* an answer has to come first */
    pace = pace_of(0, 0);         /* found out, see test_knee.c */
    assert_true(may_send(&pace, 0, 0));
    assert_false(may_send(&pace, 0, PACE_AUTO_MOST));
}

/* Over any length of time no more than the rate allows, and no fewer. */
static void test_rate(void **state) {
    static const int64_t rates_milli[] = {500, 1000, 7300, 100000, 2500000};
    static const int64_t steps_us[] = {100, 1000, 10000, 40000}; /* how often polled */

    (void)state;
    for (size_t r = 0; r < 5; r++)
        for (size_t s = 0; s < 4; s++) {
            struct pace pace = pace_of(1000, rates_milli[r]);
            int64_t sent = 0, begin = INT64_C(5000000000), now;
            int64_t want = rates_milli[r] * 20 / 1000;
            for (now = begin; now < begin + 20 * SECOND; now += steps_us[s])
                while (may_send(&pace, now, 0)) {
                    pace_sent(&pace, now);
                    sent++;
                }
            /* the last ones may fall behind the end */
            assert_true(sent >= want - 1 - want * steps_us[s] / (20 * SECOND));
            assert_true(sent <= want + 1);
        }
}

static void test_rate_saves_nothing_up(void **state) {
    struct pace pace = pace_of(1000, 100000); /* 100 a second */
    int64_t now = 1000 * (int64_t)SECOND;
    int sent = 0;

    (void)state;
    pace_sent(&pace, 0);
    while (may_send(&pace, now, 0)) { /* after a quarter of an hour of idling */
        pace_sent(&pace, now);
        sent++;
    }
    assert_true(sent >= 1 && sent <= 6); /* what 50 ms hold, and one */
    assert_true(wait_of(&pace, now) <= 10000);
}

static void test_pause(void **state) {
    struct pace pace = pace_of(8, 0);
    int64_t now = 10 * SECOND;

    (void)state;
    answered(&pace, now, 1000, wait_7s);
    assert_int_equal(wait_of(&pace, now), 7 * SECOND);
    assert_int_equal(pace_pause_ms(&pace, now), 7000);
    assert_int_equal(pace_limit(&pace), 4);
    assert_false(may_send(&pace, now + 7 * SECOND - 1, 0));
    assert_true(may_send(&pace, now + 7 * SECOND, 0));
    assert_int_equal(pace_pause_ms(&pace, now + 7 * SECOND), 0);
    assert_int_equal(pace_pause_ms(&pace, now + 7 * SECOND - 1), 1);
    pace_pause(&pace, now, 1000); /* never cuts one short */
    assert_int_equal(pace_pause_ms(&pace, now), 7000);
    pace_pause(&pace, now, 9000);
    assert_int_equal(pace_pause_ms(&pace, now), 9000);
}

/* Eight requests in flight meet the same 429: that is one trouble, not eight. */
static void test_halved_once_for_one_trouble(void **state) {
    struct pace pace = pace_of(16, 0);
    int64_t now = 10 * SECOND;

    (void)state;
    for (int i = 0; i < 8; i++)
        answered(&pace, now + i * 1000, 50000, wait_7s);
    assert_int_equal(pace_limit(&pace), 8);
    now += 8 * SECOND; /* sent after the pause, and refused again */
    answered(&pace, now, 1000, wait_7s);
    assert_int_equal(pace_limit(&pace), 4);
    for (int i = 0; i < 10; i++) {
        now += 8 * SECOND;
        answered(&pace, now, 1000, wait_7s);
    }
    assert_int_equal(pace_limit(&pace), 1);
    assert_true(may_send(&pace, now + 8 * SECOND, 0));
}

static void test_grows_back(void **state) {
    struct pace pace = pace_of(6, 0);
    int64_t now = 10 * SECOND;
    size_t answers = 0;

    (void)state;
    answered(&pace, now, 1000, wait_7s);
    assert_int_equal(pace_limit(&pace), 3);
    for (size_t limit = 3; limit < 6; limit++) {
        size_t rounds = limit == 5 ? PACE_PATIENT_ROUNDS : PACE_GROW_ROUNDS;
        for (size_t i = 0; i < rounds * limit; i++) {
            assert_int_equal(pace_limit(&pace), limit);
            answered(&pace, now, 1000, done);
            answers++;
        }
    }
    assert_int_equal(pace_limit(&pace), 6);
    assert_int_equal(answers, PACE_GROW_ROUNDS * (3 + 4) + PACE_PATIENT_ROUNDS * 5);
    for (size_t i = 0; i < 1000; i++)
        answered(&pace, now, 1000, done);
    assert_int_equal(pace_limit(&pace), 6); /* and never beyond */
}

/* A row that fails is a good answer: the server works. */
static void test_failed_rows_are_no_trouble(void **state) {
    static const enum verdict_action actions[] = {VERDICT_ROW_FAILED, VERDICT_DUPLICATE,
                                                  VERDICT_MODIFIED};
    struct pace pace = pace_of(2, 0);

    (void)state;
    for (int i = 0; i < 100; i++)
        answered(&pace, i, 0, (struct verdict){.action = actions[i % 3]});
    assert_int_equal(pace_limit(&pace), 2);
    assert_true(may_send(&pace, 100, 0));
}

static void test_series_of_failures_pauses(void **state) {
    struct pace pace = pace_of(4, 0);
    int64_t now = 10 * SECOND, want_ms = 500;

    (void)state;
    for (int i = 0; i < 50; i++) { /* single ones do not */
        for (int k = 0; k < 3; k++)
            answered(&pace, now, 1000, doubtful);
        answered(&pace, now, 1000, done);
    }
    assert_true(may_send(&pace, now, 0));
    assert_int_equal(pace_limit(&pace), 4);
    for (int series = 0; series < 10; series++) {
        for (int i = 0; i < 4; i++) {
            assert_true(may_send(&pace, now, 0));
            answered(&pace, now, 1000, doubtful);
        }
        assert_int_equal(pace_pause_ms(&pace, now), want_ms);
        now += want_ms * 1000;
        want_ms = want_ms < 15000 ? want_ms * 2 : 30000;
        if (want_ms > 30000)
            want_ms = 30000;
    }
    assert_int_equal(pace_limit(&pace), 1);
    answered(&pace, now, 1000, done); /* over: the next series begins small */
    for (int i = 0; i < 4; i++)
        answered(&pace, now, 1000, doubtful);
    assert_int_equal(pace_pause_ms(&pace, now), 500);
}

static void test_what_we_give_up_is_no_trouble(void **state) {
    struct pace pace = pace_of(2, 0);
    struct answer answer = {.delivery = DELIVERY_CANCELLED};

    (void)state;
    for (int i = 0; i < 20; i++)
        pace_answered(&pace, i, &lead, &answer, &doubtful);
    assert_true(may_send(&pace, 20, 0));
}

static void test_jitter(void **state) {
    struct pace pace = pace_of(4, 0);
    static const uint64_t chances[] = {0, 1, 249, 250, 251, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof chances / sizeof chances[0]; i++) {
        int64_t wait;
        chance = chances[i];
        wait = pace_jitter(&pace, 1000);
        assert_true(wait >= 1000 && wait <= 1250);
        assert_int_equal(pace_jitter(&pace, 0), 0);
        assert_int_equal(pace_jitter(&pace, 3), 3);
    }
    chance = 250;
    assert_int_equal(pace_jitter(&pace, 1000), 1250);
    pace_pause(&pace, 0, 1000);
    assert_int_equal(pace_pause_ms(&pace, 0), 1250);
    chance = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_rate_saves_nothing_up),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_halved_once_for_one_trouble),
        cmocka_unit_test(test_grows_back),
        cmocka_unit_test(test_failed_rows_are_no_trouble),
        cmocka_unit_test(test_series_of_failures_pauses),
        cmocka_unit_test(test_what_we_give_up_is_no_trouble),
        cmocka_unit_test(test_jitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
