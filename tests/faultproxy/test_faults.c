/* test_faults.c - every fault of the finished program, as client and server see it: to
 * the byte, with the way the connection ends and with what the server really got.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"

/* "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" */
enum { HEAD_OF_TEXT_10 = 39 };

struct ending_case {
    const char *fault;
    const char *target;
    enum ending ending;
    long bytes;   /* that the client gets */
    bool whole;   /* it has the whole answer */
    bool reached; /* the server got the request whole */
};

static const struct ending_case ending_cases[] = {
    {"cut,after-bytes=0", "/text/10", ENDING_CLOSE, 0, false, true},
    {"cut,after-bytes=1", "/text/10", ENDING_CLOSE, 1, false, true},
    {"cut,after-bytes=38", "/text/10", ENDING_CLOSE, 38, false, true},
    {"cut,after-bytes=48", "/text/10", ENDING_CLOSE, 48, false, true},
    {"cut,after-bytes=49", "/text/10", ENDING_CLOSE, 49, true, true},
    {"cut,after-bytes=500", "/text/10", ENDING_CLOSE, 49, true, true},
    {"cut,at=before", "/text/10", ENDING_CLOSE, 0, false, true},
    {"cut,at=head", "/text/10", ENDING_CLOSE, HEAD_OF_TEXT_10, false, true},
    {"cut,at=middle", "/text/10", ENDING_CLOSE, HEAD_OF_TEXT_10 + 5, false, true},
    {"cut", "/text/10", ENDING_CLOSE, HEAD_OF_TEXT_10 + 5, false, true},
    {"cut,at=after", "/text/10", ENDING_CLOSE, 49, true, true},
    {"cut,after-bytes=700000", "/text/1000000", ENDING_CLOSE, 700000, false, true},
    {"cut,at=middle", "/chunked/10", ENDING_CLOSE, 48, false, true},
    {"cut,after-bytes=5", "/interim/10", ENDING_CLOSE, 25 + 5, false, true},
    {"reset,at=before", "/text/10", ENDING_RESET, 0, false, true},
    {"reset,after-bytes=7", "/text/10", ENDING_RESET, 7, false, true},
    {"reset,at=middle", "/text/10", ENDING_RESET, HEAD_OF_TEXT_10 + 5, false, true},
    {"reset,at=after", "/text/10", ENDING_RESET, 49, true, true},
    {"reset,after-bytes=700000", "/text/1000000", ENDING_RESET, 700000, false, true},
    {"reset,at=after", "/chunked/2500", ENDING_RESET, -1, true, true},
    {"swallow", "/text/10", ENDING_CLOSE, 0, false, true},
    {"swallow,then=reset", "/text/10", ENDING_RESET, 0, false, true},
    {"swallow", "/text/1000000", ENDING_CLOSE, 0, false, true},
    {"swallow", "/until-close/1000", ENDING_CLOSE, 0, false, true},
    {"black-hole,then=close", "/text/10", ENDING_CLOSE, 0, false, false},
    {"black-hole,then=reset", "/text/10", ENDING_RESET, 0, false, false},
};

/* One request under one fault. */
static void check_ending(struct rig *rig, const struct ending_case *c) {
    struct buf got = {.max = 4 << 20};
    struct origin_counts before = origin_counts(rig->origin);
    rig_start_fault(rig, c->fault);
    int fd = client_connect(rig->port);
    client_request(fd, "POST", c->target, 20);
    enum ending ending = client_read_all(fd, &got);
    close(fd);
    json_t *counts = rig_stop(rig);
    struct origin_counts after = origin_counts(rig->origin);
    if (ending != c->ending || (c->bytes >= 0 && (long)got.len != c->bytes))
        fail_msg("%s of %s: %zu bytes, ending %d", c->fault, c->target, got.len,
                 (int)ending);
    assert_int_equal(after.posts - before.posts, c->reached);
    assert_int_equal(rig_count(counts, "forwarded.POST"), c->reached);
    assert_int_equal(rig_count(counts, "requests.POST"), 1);
    assert_int_equal(rig_count(counts, "answers.passed"), c->whole);
    assert_int_equal(rig_count(counts, "answers.lost"), !c->whole);
    assert_int_equal(rig_count(counts, "faults.total"), 1);
    assert_int_equal(rig_count(counts, "bytes.to_client"), got.len);
    json_decref(counts);
    buf_fini(&got);
}

static void test_endings(void **state) {
    for (size_t i = 0; i < sizeof ending_cases / sizeof ending_cases[0]; i++)
        check_ending(*state, &ending_cases[i]);
}

static void test_cut_shows_the_right_bytes(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, "cut,after-bytes=45");
    int fd = client_connect(rig->port);
    client_request(fd, "GET", "/text/10", 0);
    assert_int_equal(client_read_all(fd, &got), ENDING_CLOSE);
    assert_int_equal(got.len, 45);
    assert_memory_equal(got.data, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 39);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(got.data[39 + i], origin_byte(i));
    close(fd);
    buf_fini(&got);
    json_decref(rig_stop(rig));
}

/* The server gets so many bytes of a request and no more. */
static void test_request_is_cut(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *fault;
        enum ending ending;
        uint64_t bytes; /* that reach the server; the request has 54 + 1000 */
    } cases[] = {
        {"cut,where=request,after-bytes=1", ENDING_CLOSE, 1},
        {"cut,where=request,after-bytes=50", ENDING_CLOSE, 50},
        {"cut,where=request,at=head", ENDING_CLOSE, 54},
        {"cut,where=request", ENDING_CLOSE, 554},
        {"reset,where=request,after-bytes=1050", ENDING_RESET, 1050},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf got = {.max = 1 << 20};
        struct origin_counts before = origin_counts(rig->origin);
        rig_start_fault(rig, cases[i].fault);
        int fd = client_connect(rig->port);
        client_request(fd, "POST", "/echo", 1000);
        assert_int_equal(client_read_all(fd, &got), cases[i].ending);
        assert_int_equal(got.len, 0);
        close(fd);
        json_t *counts = rig_stop(rig);
        assert_int_equal(rig_count(counts, "bytes.to_server"), cases[i].bytes);
        assert_int_equal(rig_count(counts, "forwarded.total"), 0);
        struct origin_counts after = origin_counts(rig->origin);
        for (int wait = 0; wait < 200 && after.partial == before.partial; wait++) {
            rig_sleep_ms(10);
            after = origin_counts(rig->origin);
        }
        assert_int_equal(after.partial, before.partial + 1);
        assert_int_equal(after.last_bytes, cases[i].bytes);
        assert_int_equal(after.requests, before.requests);
        json_decref(counts);
        buf_fini(&got);
    }
}

static void test_silence(void **state) {
    struct rig *rig = *state;
    static const char *const faults[] = {"swallow,then=silence", "black-hole"};
    for (int i = 0; i < 2; i++) {
        struct origin_counts before = origin_counts(rig->origin);
        rig_start_fault(rig, faults[i]);
        int fd = client_connect(rig->port);
        client_request(fd, "POST", "/echo", 100);
        assert_true(client_hears_nothing(fd, 300));
        close(fd);
        json_t *counts = rig_stop(rig);
        assert_int_equal(origin_counts(rig->origin).posts - before.posts, i == 0);
        assert_int_equal(rig_count(counts, "answers.lost"), 1);
        json_decref(counts);
    }
}

/* Answers made by the proxy, over one kept connection. */
static void test_made_answers(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *fault, *begins, *ends;
        bool reached;
    } cases[] = {
        {"answer,status=503,retry-after=2",
         "HTTP/1.1 503 Made by the proxy\r\nContent-Type: application/json\r\n"
         "Retry-After: 2\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
         "\r\n\r\n", false},
        {"answer,status=504,forward=yes", "HTTP/1.1 504 ", "keep-alive\r\n\r\n", true},
        {"answer,status=204", "HTTP/1.1 204 ", "keep-alive\r\n\r\n", false},
        {"html", "HTTP/1.1 200 OK\r\nContent-Type: text/html", "</html>\n", false},
        {"html,forward=yes", "HTTP/1.1 200 OK\r\n", "</html>\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf got = {.max = 1 << 20};
        struct origin_counts before = origin_counts(rig->origin);
        rig_start_fault(rig, cases[i].fault);
        int fd = client_connect(rig->port);
        for (int round = 0; round < 3; round++) {
            buf_reset(&got);
            client_request(fd, "POST", "/echo", 5000);
            assert_true(client_read_answer(fd, "POST", &got));
            assert_memory_equal(got.data, cases[i].begins, strlen(cases[i].begins));
            size_t tail = strlen(cases[i].ends);
            assert_memory_equal(got.data + got.len - tail, cases[i].ends, tail);
        }
        close(fd);
        json_t *counts = rig_stop(rig);
        assert_int_equal(origin_counts(rig->origin).posts - before.posts,
                         cases[i].reached ? 3 : 0);
        assert_int_equal(rig_count(counts, "answers.made"), 3);
        assert_int_equal(rig_count(counts, "connections"), 1);
        json_decref(counts);
        buf_fini(&got);
    }
}

static void test_close_idle(void **state) {
    struct rig *rig = *state;
    static const char *const faults[] = {"close-idle,method=POST",
                                         "close-idle,then=reset,nth=2"};
    for (int i = 0; i < 2; i++) {
        struct buf got = {.max = 1 << 20};
        struct origin_counts before = origin_counts(rig->origin);
        rig_start_fault(rig, faults[i]);
        int fd = client_connect(rig->port);
        client_request(fd, "POST", "/echo", 10); /* the first of its connection */
        assert_true(client_read_answer(fd, "POST", &got));
        client_request(fd, "GET", "/text/5", 0);
        assert_true(client_read_answer(fd, "GET", &got));
        buf_reset(&got);
        client_request(fd, "POST", "/echo", 10);
        assert_int_equal(client_read_all(fd, &got), i == 0 ? ENDING_CLOSE : ENDING_RESET);
        assert_int_equal(got.len, 0);
        close(fd);
        fd = client_connect(rig->port);
        client_request(fd, "POST", "/echo", 10);
        assert_true(client_read_answer(fd, "POST", &got));
        close(fd);
        json_t *counts = rig_stop(rig);
        assert_int_equal(origin_counts(rig->origin).posts - before.posts, 2);
        assert_int_equal(rig_count(counts, "faults.close-idle"), 1);
        assert_int_equal(rig_count(counts, "answers.passed"), 3);
        assert_int_equal(rig_count(counts, "answers.lost"), 1);
        json_decref(counts);
        buf_fini(&got);
    }
}

/* One exchange; how long it took. */
static int64_t timed_echo(struct rig *rig, size_t len) {
    struct buf got = {.max = 4 << 20};
    int64_t start = rig_now_ms();
    int fd = client_connect(rig->port);
    client_request(fd, "POST", "/echo", len);
    assert_true(client_read_answer(fd, "POST", &got));
    close(fd);
    assert_true(got.len > len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(got.data[got.len - len + i], origin_byte(i));
    buf_fini(&got);
    return rig_now_ms() - start;
}

static void test_delay_and_slices(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *fault;
        size_t body;
        int64_t at_least; /* ms */
    } cases[] = {
        {"delay,ms=200", 10, 200},
        {"delay,ms=200,where=request", 10, 200},
        {"slice,bytes=10,ms=5", 461, 49 * 5}, /* 40 + 461 bytes: 51 pieces */
        {"slice,bytes=10,ms=5,where=request", 444, 49 * 5},
        {"slice,bytes=1", 20000, 0},
        {"slice,bytes=7,where=request", 50000, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_start_fault(rig, cases[i].fault);
        int64_t took = timed_echo(rig, cases[i].body);
        if (took < cases[i].at_least)
            fail_msg("%s: %lld ms", cases[i].fault, (long long)took);
        json_t *counts = rig_stop(rig);
        assert_int_equal(rig_count(counts, "answers.passed"), 1);
        json_decref(counts);
    }
}

/* A slice is on the wire alone until the next one is due. */
static void test_a_slice_comes_alone(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, "slice,bytes=11,ms=150");
    int fd = client_connect(rig->port);
    client_request(fd, "GET", "/text/0", 0); /* 38 bytes */
    static const size_t pieces[] = {11, 11, 11, 5};
    for (size_t i = 0; i < 4; i++) {
        char piece[64];
        assert_int_equal(recv(fd, piece, sizeof piece, 0), pieces[i]);
    }
    close(fd);
    buf_fini(&got);
    json_decref(rig_stop(rig));
}

static void assert_refused(uint16_t port) {
    int fd = client_connect(port);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, ECONNREFUSED);
}

static int connect_patiently(uint16_t port) {
    int fd = -1;
    for (int i = 0; i < 500 && fd < 0; i++) {
        fd = client_connect(port);
        if (fd < 0)
            rig_sleep_ms(10);
    }
    assert_true(fd >= 0);
    return fd;
}

static void test_refuse(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, "refuse,nth=2,ms=400");
    int idle = client_connect(rig->port);
    client_request(idle, "GET", "/text/5", 0);
    assert_true(client_read_answer(idle, "GET", &got));
    int fd = client_connect(rig->port);
    int64_t start = rig_now_ms();
    client_request(fd, "GET", "/text/5", 0);
    buf_reset(&got);
    assert_true(client_read_answer(fd, "GET", &got)); /* the one that is chosen passes */
    buf_reset(&got);
    assert_int_equal(client_read_all(fd, &got), ENDING_CLOSE);
    assert_int_equal(client_read_all(idle, &got), ENDING_CLOSE);
    assert_int_equal(got.len, 0);
    assert_refused(rig->port);
    close(fd);
    close(idle);
    fd = connect_patiently(rig->port);
    assert_true(rig_now_ms() - start >= 400);
    client_request(fd, "GET", "/text/5", 0);
    assert_true(client_read_answer(fd, "GET", &got));
    close(fd);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "answers.passed"), 3);
    assert_int_equal(rig_count(counts, "faults.refuse"), 1);
    json_decref(counts);
    buf_fini(&got);
}

static void test_dead_server(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, NULL);
    int idle = client_connect(rig->port);
    client_request(idle, "GET", "/text/5", 0);
    assert_true(client_read_answer(idle, "GET", &got));
    int busy = client_connect(rig->port);
    client_request(busy, "GET", "/wait/2000", 0);
    rig_sleep_ms(100);
    kill(rig->pid, SIGUSR1);
    buf_reset(&got);
    assert_int_equal(client_read_all(busy, &got), ENDING_RESET);
    assert_int_equal(client_read_all(idle, &got), ENDING_RESET);
    assert_int_equal(got.len, 0);
    rig_sleep_ms(50);
    assert_refused(rig->port);
    kill(rig->pid, SIGUSR1);
    int fd = connect_patiently(rig->port);
    client_request(fd, "GET", "/text/5", 0);
    assert_true(client_read_answer(fd, "GET", &got));
    close(fd);
    close(busy);
    close(idle);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "answers.passed"), 2);
    assert_int_equal(rig_count(counts, "answers.lost"), 1);
    assert_int_equal(rig_count(counts, "dead_resets"), 2);
    json_decref(counts);
    buf_fini(&got);
}

static int exit_code(const char *const *argv) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execv(FAULTPROXY, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_usage_errors(void **state) {
    (void)state;
    static const char *const cases[][8] = {
        {FAULTPROXY},
        {FAULTPROXY, "--to", "127.0.0.1"},
        {FAULTPROXY, "--to", "127.0.0.1:80", "--listen", "70000"},
        {FAULTPROXY, "--to", "127.0.0.1:80", "--fault", "explode"},
        {FAULTPROXY, "--to", "127.0.0.1:80", "surplus"},
        {FAULTPROXY, "--to", "127.0.0.1:80", "--nonsense"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(exit_code(cases[i]), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_cut_shows_the_right_bytes),
        cmocka_unit_test(test_request_is_cut),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_made_answers),
        cmocka_unit_test(test_close_idle),
        cmocka_unit_test(test_delay_and_slices),
        cmocka_unit_test(test_a_slice_comes_alone),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_dead_server),
        cmocka_unit_test(test_usage_errors),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
