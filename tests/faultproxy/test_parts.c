/* test_parts.c - the parts of faultproxy on their own: specs, selectors, frames, counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "frame.h"
#include "stats.h"

static void test_spec_accepts(void **state) {
    (void)state;
    static const char *const specs[] = {"cut",
                                        "cut,after-bytes=0",
                                        "reset,at=after,where=request",
                                        "delay,ms=250,where=request,probability=0.5",
                                        "slice,bytes=1,ms=2,every=3",
                                        "swallow,every=20,method=POST",
                                        "swallow,then=silence,nth=7",
                                        "refuse,ms=100,between=5-9",
                                        "answer,status=503,retry-after=2,count=3",
                                        "html,forward=yes,path=/Lead",
                                        "black-hole,then=reset",
                                        "close-idle"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct fault fault;
        struct err err = {0};
        if (fault_parse(&fault, specs[i], 1, &err) != RC_OK)
            fail_msg("%s: %s", specs[i], err.message);
    }
}

static void test_spec_refuses(void **state) {
    (void)state;
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"", "unknown kind \"\""},
        {"explode", "unknown kind \"explode\""},
        {"cut,", "\"\" is no key=value"},
        {"cut,nth", "\"nth\" is no key=value"},
        {"cut,nth=0", "nth=0: a number from 1"},
        {"cut,nth=-1", "nth=-1"},
        {"cut,nth= 1", "nth= 1"},
        {"cut,nth=1x", "nth=1x"},
        {"cut,nth=99999999999999999999", "nth=9999"},
        {"cut,color=red", "unknown key \"color\""},
        {"cut,nth=1,nth=2", "nth is given twice"},
        {"cut,at=middle,after-bytes=3", "exclude each other"},
        {"cut,at=noon", "before head middle after"},
        {"cut,ms=5", "ms means nothing to cut"},
        {"cut,where=server", "answer request"},
        {"delay", "delay needs ms="},
        {"slice,ms=5", "slice needs bytes="},
        {"slice,bytes=0", "bytes=0"},
        {"answer", "answer needs status="},
        {"answer,status=99", "status=99"},
        {"answer,status=503,forward=maybe", "no yes"},
        {"html,status=200", "status means nothing to html"},
        {"swallow,then=laugh", "close reset silence"},
        {"close-idle,then=silence", "closes or resets"},
        {"cut,between=5", "as 10-20"},
        {"cut,between=9-5", "between=5"},
        {"cut,probability=2", "from 0 to 1"},
        {"cut,probability=nan", "from 0 to 1"},
        {"cut,probability=", "from 0 to 1"},
        {"cut,method=", "empty or too long"},
        {"cut,method=AAAAAAAAAAAAAAAAAAAAAAA", "empty or too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault fault;
        struct err err = {0};
        assert_int_equal(fault_parse(&fault, cases[i].spec, 1, &err), RC_USAGE);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].spec, err.message,
                     cases[i].says);
    }
}

/* Which of the requests 1..n a fault befalls, as a string of '.' and 'x'. Odd ones are
 * GET /Lead, even ones POST /Account; the connection changes after every third. */
static void fire_pattern(struct fault *fault, char *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool odd = i % 2 == 0;
        struct fault_request request = {.number = i + 1,
                                        .method = odd ? "GET" : "POST",
                                        .target = odd ? "/api/v1/Lead?x=1" : "/Account",
                                        .reused = i % 3 != 0};
        struct fault_plan plan;
        fault_plan(fault, 1, &request, &plan);
        out[i] = plan.main != NULL ? 'x' : '.';
    }
    out[n] = '\0';
}

static void test_selectors(void **state) {
    (void)state;
    static const struct {
        const char *spec, *pattern;
    } cases[] = {
        {"cut", "xxxxxxxxxxxx"},
        {"cut,nth=7", "......x....."},
        {"cut,every=4", "...x...x...x"},
        {"cut,count=2", "xx.........."},
        {"cut,method=POST", ".x.x.x.x.x.x"},
        {"cut,method=POST,nth=3", ".....x......"},
        {"cut,method=POST,every=2", "...x...x...x"},
        {"cut,path=/Lead", "x.x.x.x.x.x."},
        {"cut,path=x=1,count=1", "x..........."},
        {"cut,between=3-5", "..xxx......."},
        {"cut,between=3-8,every=2", "...x.x.x...."},
        {"cut,method=GET,between=2-9,nth=2", "....x......."},
        {"cut,probability=0", "............"},
        {"cut,probability=1", "xxxxxxxxxxxx"},
        {"close-idle", ".xx.xx.xx.xx"},
        {"close-idle,nth=3", "....x......."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault fault;
        char pattern[16];
        assert_int_equal(fault_parse(&fault, cases[i].spec, 1, NULL), RC_OK);
        fire_pattern(&fault, pattern, 12);
        if (strcmp(pattern, cases[i].pattern) != 0)
            fail_msg("%s: %s instead of %s", cases[i].spec, pattern, cases[i].pattern);
    }
}

static void test_chance_follows_the_seed(void **state) {
    (void)state;
    char first[1001], again[1001], other[1001];
    struct fault fault;
    fault_parse(&fault, "cut,probability=0.05", 7, NULL);
    fire_pattern(&fault, first, 1000);
    fault_parse(&fault, "cut,probability=0.05", 7, NULL);
    fire_pattern(&fault, again, 1000);
    fault_parse(&fault, "cut,probability=0.05", 8, NULL);
    fire_pattern(&fault, other, 1000);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    size_t fired = 0;
    for (size_t i = 0; i < 1000; i++)
        fired += first[i] == 'x';
    assert_in_range(fired, 25, 85);
}

static void test_plan_combines(void **state) {
    (void)state;
    struct fault faults[4];
    const char *const specs[] = {"slice,bytes=3", "delay,ms=5,where=request", "swallow",
                                 "cut"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fault_parse(&faults[i], specs[i], 1, NULL), RC_OK);
    struct fault_request request = {.number = 1, .method = "GET", .target = "/"};
    struct fault_plan plan;
    fault_plan(faults, 4, &request, &plan);
    assert_ptr_equal(plan.main, &faults[2]);
    assert_ptr_equal(plan.slice[WHERE_ANSWER], &faults[0]);
    assert_ptr_equal(plan.delay[WHERE_REQUEST], &faults[1]);
    assert_null(plan.slice[WHERE_REQUEST]);
    assert_int_equal(faults[3].fired, 0); /* the first that fires takes it */
}

/* Feeds a message in pieces of step bytes: how many bytes it takes, or -1 for no HTTP. */
static long frame_size(struct frame *frame, const char *text, size_t step) {
    size_t len = strlen(text);
    size_t have = 0, used = 0;
    bool head = false;
    while (have < len) {
        have = have + step < len ? have + step : len;
        if (!head) {
            int rc = frame_head(frame, slice_make(text, have));
            if (rc < 0)
                return -1;
            head = rc > 0;
            used = frame->head_size;
        }
        if (head)
            used += frame_body(frame, slice_make(text + used, have - used));
        if (frame->broken)
            return -1;
    }
    return (long)used;
}

static void test_frames(void **state) {
    (void)state;
    static const struct {
        bool answer;
        const char *text; /* the message, then "|" and what follows it */
        bool done, keep;
    } cases[] = {
        {false, "GET / HTTP/1.1\r\n\r\n|GET /2", true, true},
        {false, "GET / HTTP/1.0\r\n\r\n|", true, false},
        {false, "GET / HTTP/1.1\nHost: x\n\n|", true, true},
        {false, "GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n|", true, false},
        {false, "GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n|", true, true},
        {false, "POST /a HTTP/1.1\r\ncontent-length:  5 \r\n\r\nabcde|POST", true, true},
        {false, "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcd|", false, true},
        {false,
         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nT: v\r\n\r\n|GET",
         true, true},
        {true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}|HTTP", true, true},
        {true, "HTTP/1.1 204 No Content\r\n\r\n|HTTP/1.1", true, true},
        {true, "HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n|", true, true},
        {true, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n|x", true, true},
        {true, "HTTP/1.1 100 Continue\r\n\r\n|HTTP/1.1 200", true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        const char *bar = strchr(cases[i].text, '|');
        size_t size = (size_t)(bar - cases[i].text);
        memcpy(text, cases[i].text, size);
        memcpy(text + size, bar + 1, strlen(bar + 1) + 1);
        for (size_t step = 1; step <= 64; step++) {
            struct frame frame = {.answer = cases[i].answer};
            assert_int_equal(frame_size(&frame, text, step), size);
            assert_int_equal(frame.done, cases[i].done);
            assert_int_equal(frame.keep_alive, cases[i].keep);
        }
    }
}

static void test_frames_refused(void **state) {
    (void)state;
    static const struct {
        bool answer;
        const char *text;
    } cases[] = {
        {false, "\x16\x03\x01 TLS"},
        {false, "get / HTTP/1.1\r\n\r\n"},
        {false, "GET / HTTP/2.0\r\n\r\n"},
        {false, "GET /\r\n\r\n"},
        {false, "GET / HTTP/1.1\r\nno colon\r\n\r\n"},
        {false, "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
        {false, "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"},
        {false, "ABCDEFGHIJKLMNOPQRSTUV / HTTP/1.1\r\n\r\n"},
        {false, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
        {false, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                "ffffffffffffffffff\r\n"},
        {false, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"},
        {true, "SSH-2.0-x\r\n"},
        {true, "HTTP/1.1 2x0 OK\r\n\r\n"},
        {true, "HTTP/1.1 20 OK\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame frame = {.answer = cases[i].answer};
        if (frame_size(&frame, cases[i].text, 64) != -1)
            fail_msg("accepted: %s", cases[i].text);
    }
}

static void test_frame_until_close(void **state) {
    (void)state;
    struct frame frame = {.answer = true};
    assert_int_equal(frame_size(&frame, "HTTP/1.1 200 OK\r\n\r\nabc", 5), 22);
    assert_false(frame.done);
    frame_end(&frame);
    assert_true(frame.done);
    struct frame head = {.answer = true, .to_head = true};
    assert_int_equal(
        frame_size(&head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxxxxx", 5), 38);
    assert_true(head.done);
}

static void test_counts_as_json(void **state) {
    (void)state;
    struct stats stats = {.connections = 3, .passed = 2, .lost = 1};
    stats.requests[STATS_POST] = 2;
    stats.requests[stats_method("PATCH")] = 1;
    stats.faults[FAULT_BLACK_HOLE] = 4;
    char *text = stats_json(&stats);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"connections\":3,"));
    assert_non_null(strstr(text,
                           "\"requests\":{\"GET\":0,\"POST\":2,\"PUT\":0,\"DELETE\":0,"
                           "\"other\":1,\"total\":3}"));
    assert_non_null(strstr(text, "\"answers\":{\"passed\":2,\"made\":0,\"lost\":1,"));
    assert_non_null(strstr(text, "\"black-hole\":4,"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_accepts),
        cmocka_unit_test(test_spec_refuses),
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_chance_follows_the_seed),
        cmocka_unit_test(test_plan_combines),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frames_refused),
        cmocka_unit_test(test_frame_until_close),
        cmocka_unit_test(test_counts_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
