/* --jobs auto against servers with queues: each game has seeds, and always ends alike. */
#include "sim/queue_server.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { SECOND = 1000000, MS = 1000, SEEDS = 3 };

static const int64_t FROM = 30 * (int64_t)SECOND, TO = 90 * (int64_t)SECOND;

static struct queue_server posts(size_t workers, int64_t service_us) {
    return (struct queue_server){.workers = workers,
                                 .kinds = {{"Lead", 1000, service_us, 1}},
                                 .noise = 30,
                                 .network_us = MS,
                                 .client_us = 100,
                                 .seed = 1};
}

/* The best of all fixed numbers. */
static struct queue_result best_fixed(const struct queue_server *server) {
    static const size_t tries[] = {1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32};
    struct queue_result best = {0};

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct queue_result one = queue_run(server, tries[i], 0, FROM, TO);
        if (one.rate > best.rate)
            best = one;
    }
    return best;
}

/* From the 30th second on, so much of the best fixed number's rate, in per cent. */
static void assert_share(struct queue_server server, double least) {
    for (server.seed = 1; server.seed <= SEEDS; server.seed++) {
        struct queue_result best = best_fixed(&server);
        struct queue_result found = queue_run(&server, 0, 0, FROM, TO);
        if (found.rate * 100 < best.rate * least)
            fail_msg("%zu workers, %s, %.0f ms: %.1f/s with %.1f in flight, but %.1f/s "
                     "with %.1f (seed %d)",
                     server.workers, server.kinds[0].path,
                     (double)server.kinds[0].service_us / MS, found.rate, found.limit,
                     best.rate, best.limit, (int)server.seed);
    }
}

static void test_finds_the_best(void **state) {
    static const size_t workers[] = {1, 2, 4, 16};
    static const int64_t service[] = {5 * MS, 25 * MS, 100 * MS};

    (void)state;
    for (size_t w = 0; w < 4; w++)
        for (size_t s = 0; s < 3; s++)
            assert_share(posts(workers[w], service[s]), 95);
}

/* One that waits for each worker is enough: no answer takes much longer than its own. */
static void test_keeps_latency_down(void **state) {
    static const size_t workers[] = {1, 2, 4, 16};

    (void)state;
    for (size_t w = 0; w < 4; w++) {
        struct queue_server server = posts(workers[w], 40 * MS);
        struct queue_result found = queue_run(&server, 0, 0, FROM, TO);
        assert_true(found.latency_us < (workers[w] == 1 ? 2.2 : 1.7) * 40 * MS);
        assert_true(found.limit < 1.5 * (double)workers[w] + 1.2);
    }
}

/* As many as the cap, where that is what the server takes; and a long way there. */
static void test_far_away(void **state) {
    struct queue_server server = posts(64, 25 * MS);
    struct queue_result found = queue_run(&server, 0, 0, FROM, TO);

    (void)state;
    assert_true(found.limit > 30);
    server = posts(4, 25 * MS);
    server.network_us = 60 * MS; /* 4 workers want 13 in flight */
    assert_share(server, 95);
}

static void test_first_answers_are_slow(void **state) {
    struct queue_server server = posts(4, 50 * MS);

    (void)state;
    server.cold_us = 2 * SECOND;
    assert_share(server, 95);
    assert_true(queue_run(&server, 0, 0, FROM, TO).limit < 8);
}

/* Answers whose times have nothing in common but their mean. */
static void test_much_noise(void **state) {
    (void)state;
    for (size_t workers = 1; workers <= 16; workers *= 4) {
        struct queue_server server = posts(workers, 25 * MS);
        server.exponential = 100;
        assert_share(server, 90);
    }
}

/* Lists that take four times as long, and come in bursts of the draw. */
static void test_posts_and_look_ups(void **state) {
    (void)state;
    for (size_t workers = 1; workers <= 16; workers *= 4) {
        struct queue_server server = posts(workers, 40 * MS);
        server.kinds[0].permille = 900;
        server.kinds[1] = (struct queue_kind){"Lead?where", 90, 150 * MS, 1};
        server.kinds[2] = (struct queue_kind){"Lead/id", 10, 20 * MS, 1};
        assert_share(server, 95);
    }
}

/* Uploads of 10 ms, Imports of 1 to 400 rows, lists of what became of them. */
static void test_chunks(void **state) {
    (void)state;
    for (size_t workers = 1; workers <= 16; workers *= 4) {
        struct queue_server server = posts(workers, 10 * MS);
        server.noise = 20;
        server.kinds[0] = (struct queue_kind){"Import/file", 330, 10 * MS, 1};
        server.kinds[1] = (struct queue_kind){"Import", 340, 3 * MS, 400};
        server.kinds[2] = (struct queue_kind){"Lead?where", 330, 60 * MS, 1};
        assert_share(server, 88);
    }
}

static void test_backs_off_within_a_second(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct queue_server server = posts(8, 40 * MS);
        struct queue_result before, after;
        server.seed = seed;
        before = queue_run(&server, 0, 0, FROM, TO);
        server.change_us = TO;
        server.then_slower = 500;
        after = queue_run(&server, 0, 0, TO, TO + SECOND);
        assert_true((double)after.limit_least <= before.limit / 2 + 1);
    }
}

/* Workers that are gone are found to be gone, and found again. */
static void test_server_changes(void **state) {
    static const size_t counts[][2] = {{16, 2}, {2, 16}, {4, 1}, {1, 8}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct queue_server server = posts(counts[i][0], 40 * MS);
        struct queue_server as_if = posts(counts[i][1], 40 * MS);
        struct queue_result found;
        server.change_us = FROM;
        server.then_workers = counts[i][1];
        found = queue_run(&server, 0, 0, TO, 2 * TO);
        assert_true(found.rate > 0.95 * best_fixed(&as_if).rate);
        assert_true(found.limit < 1.5 * (double)counts[i][1] + 1.2);
    }
}

/* Slower for good, with as many workers: as many in flight as before. */
static void test_slower_for_good(void **state) {
    struct queue_server server = posts(6, 40 * MS);
    struct queue_server as_if = posts(6, 200 * MS);
    struct queue_result found;

    (void)state;
    server.change_us = FROM;
    server.then_slower = 500;
    found = queue_run(&server, 0, 0, TO, 2 * TO);
    assert_true(found.rate > 0.95 * best_fixed(&as_if).rate);
}

/* A little slower for good, as when a table has grown: only looking again shows that it
 * is no queue. */
static void test_somewhat_slower(void **state) {
    struct queue_server server = posts(16, 40 * MS);
    struct queue_server as_if = posts(16, 64 * MS);

    (void)state;
    server.change_us = FROM;
    server.then_slower = 160;
    assert_true(queue_run(&server, 0, 0, TO, 2 * TO).rate >
                0.95 * best_fixed(&as_if).rate);
}

/* A gate in front of 12 workers that answers more than 8 with 503. */
static void test_refusals(void **state) {
    struct queue_server server = posts(12, 40 * MS);
    struct queue_result found;

    (void)state;
    server.in_flight_max = 8;
    assert_share(server, 94);
    server.seed = 1;
    found = queue_run(&server, 0, 0, FROM, TO);
    assert_true((double)found.refused < found.rate * 60 / 100); /* 1 % */
}

/* The rate is kept, and tells nothing of what the server could do. */
static void test_rate_caps(void **state) {
    struct queue_server server = posts(16, 40 * MS);
    struct queue_result found = queue_run(&server, 0, 100000, FROM, TO);

    (void)state;
    assert_true(found.rate > 99 && found.rate < 101);
    found = queue_run(&server, 0, 20000, FROM, TO); /* never more than 1 in flight */
    assert_true(found.rate > 19.8 && found.rate < 20.2);
    assert_true(found.limit < 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_best),
        cmocka_unit_test(test_keeps_latency_down),
        cmocka_unit_test(test_far_away),
        cmocka_unit_test(test_first_answers_are_slow),
        cmocka_unit_test(test_much_noise),
        cmocka_unit_test(test_posts_and_look_ups),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_backs_off_within_a_second),
        cmocka_unit_test(test_server_changes),
        cmocka_unit_test(test_slower_for_good),
        cmocka_unit_test(test_somewhat_slower),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_rate_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
