/* test_traffic.c - what nothing befalls passes unchanged: any kind of message, big
 * bodies, slow readers, half-closed sockets, many connections; and under a mix of faults
 * client, proxy and server agree on the counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "relay_lane.h"
#include "rig.h"

/* The same requests over one connection each to the proxy and to the server itself. */
static void test_passes_unchanged(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *method, *target;
        size_t body;
    } cases[] = {
        {"GET", "/text/0", 0},
        {"GET", "/text/1", 0},
        {"POST", "/echo", 1},
        {"POST", "/echo", 1000000},
        {"GET", "/chunked/0", 0},
        {"GET", "/chunked/2500", 0},
        {"GET", "/chunked/1000000", 0},
        {"PUT", "/echo", 70000},
        {"GET", "/interim/100", 0},
        {"POST", "/interim/1000000", 1000000},
        {"DELETE", "/text/2", 0},
        {"PATCH", "/text/65536", 65536},
        {"GET", "/until-close/5000", 0},
    };
    size_t count = sizeof cases / sizeof cases[0];
    rig_start_fault(rig, NULL);
    int through = client_connect(rig->port);
    int direct = client_connect(rig->origin_port);
    unsigned long long bytes = 0;
    for (size_t i = 0; i < count; i++) {
        struct buf a = {.max = 4 << 20};
        struct buf b = {.max = 4 << 20};
        client_request(through, cases[i].method, cases[i].target, cases[i].body);
        assert_true(client_read_answer(through, cases[i].method, &a));
        uint64_t digest = origin_counts(rig->origin).last_digest;
        client_request(direct, cases[i].method, cases[i].target, cases[i].body);
        assert_true(client_read_answer(direct, cases[i].method, &b));
        assert_int_equal(origin_counts(rig->origin).last_digest, digest);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, b.len);
        bytes += b.len;
        buf_fini(&a);
        buf_fini(&b);
    }
    close(through);
    close(direct);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "answers.passed"), count);
    assert_int_equal(rig_count(counts, "connections"), 1);
    assert_int_equal(rig_count(counts, "requests.GET"), 7);
    assert_int_equal(rig_count(counts, "requests.other"), 1);
    assert_int_equal(rig_count(counts, "bytes.to_client"), bytes);
    assert_int_equal(rig_count(counts, "bytes.from_server"), bytes);
    assert_int_equal(rig_count(counts, "bytes.from_client"),
                     rig_count(counts, "bytes.to_server"));
    json_decref(counts);
}

static void test_pipelined(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, NULL);
    int fd = client_connect(rig->port);
    const char *two = "GET /text/3 HTTP/1.1\r\n\r\nGET /text/4 HTTP/1.0\r\n\r\n";
    client_send(fd, two, strlen(two));
    assert_int_equal(client_read_all(fd, &got), ENDING_CLOSE);
    char expected[256];
    snprintf(expected, sizeof expected,
             "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n%c%c%c"
             "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%c%c%c%c",
             origin_byte(0), origin_byte(1), origin_byte(2), origin_byte(0),
             origin_byte(1), origin_byte(2), origin_byte(3));
    assert_string_equal(buf_text(&got), expected);
    close(fd);
    buf_fini(&got);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "answers.passed"), 2);
    json_decref(counts);
}

static void test_half_closed_client(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 4 << 20};
    rig_start_fault(rig, NULL);
    int fd = client_connect(rig->port);
    client_request(fd, "POST", "/echo", 500000);
    shutdown(fd, SHUT_WR);
    assert_int_equal(client_read_all(fd, &got), ENDING_CLOSE);
    assert_true(got.len > 500000);
    close(fd);
    buf_fini(&got);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "answers.passed"), 1);
    json_decref(counts);
}

/* An answer that nobody is there for any more does not count as passed. */
static void test_client_that_gave_up(void **state) {
    struct rig *rig = *state;
    rig_start_fault(rig, NULL);
    int fd = client_connect(rig->port);
    client_request(fd, "GET", "/wait/300", 0);
    rig_sleep_ms(100);
    close(fd);
    rig_sleep_ms(500);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "forwarded.GET"), 1);
    assert_int_equal(rig_count(counts, "served"), 1);
    assert_int_equal(rig_count(counts, "answers.lost"), 1);
    json_decref(counts);
}

static void test_answer_before_the_request_ends(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, NULL);
    int fd = client_connect(rig->port);
    client_request(fd, "POST", "/early", 2000000);
    (void)client_read_all(fd, &got);
    assert_non_null(strstr(buf_text(&got), "HTTP/1.1 413 Too Large"));
    close(fd);
    buf_fini(&got);
    json_decref(rig_stop(rig));
}

static void test_server_hangs_up(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, NULL);
    int fd = client_connect(rig->port);
    client_request(fd, "GET", "/drop", 0);
    assert_int_equal(client_read_all(fd, &got), ENDING_CLOSE);
    assert_int_equal(got.len, 0);
    close(fd);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "answers.lost"), 1);
    json_decref(counts);
    buf_fini(&got);
}

/* A port that is taken and that nobody listens at: connections to it are refused, and no
 * other program can get it meanwhile. Returns the socket that holds it. */
static int hold_port(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void test_no_server(void **state) {
    (void)state;
    struct rig rig = {.origin_port = 1};
    struct buf got = {.max = 1 << 20};
    int held = hold_port(&rig.origin_port);
    struct origin *stand_in = origin_start(&(uint16_t){0});
    rig.origin = stand_in; /* rig_start() is not to start one on that port */
    rig_start_fault(&rig, NULL);
    int fd = client_connect(rig.port);
    client_request(fd, "GET", "/text/1", 0);
    assert_int_equal(client_read_all(fd, &got), ENDING_RESET);
    close(fd);
    json_t *counts = rig_stop(&rig);
    assert_int_equal(rig_count(counts, "server_failures"), 1);
    assert_int_equal(rig_count(counts, "answers.lost"), 1);
    json_decref(counts);
    buf_fini(&got);
    rig_origin_stop(&rig);
    close(held);
}

static void test_not_http(void **state) {
    struct rig *rig = *state;
    struct buf got = {.max = 1 << 20};
    rig_start_fault(rig, "swallow");
    int fd = client_connect(rig->port);
    client_send(fd, "\x16\x03\x01\x02", 4);
    assert_int_equal(client_read_all(fd, &got), ENDING_CLOSE);
    close(fd);
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "opaque"), 1);
    assert_int_equal(rig_count(counts, "bytes.to_server"), 4);
    assert_int_equal(rig_count(counts, "requests.total"), 0);
    json_decref(counts);
    buf_fini(&got);
}

static json_t *wait_for_file(const char *path, const char *count, long long at_least) {
    for (int i = 0; i < 500; i++) {
        json_t *counts = json_load_file(path, 0, NULL);
        if (counts != NULL && rig_count(counts, count) >= at_least)
            return counts;
        json_decref(counts);
        rig_sleep_ms(10);
    }
    fail_msg("%s never reached %lld", count, at_least);
    return NULL;
}

/* A client that does not read makes the proxy stop reading, not grow. */
static void test_backpressure_and_files(void **state) {
    struct rig *rig = *state;
    char stats[] = "/tmp/faultproxy-XXXXXX";
    char port[64];
    struct buf got = {.max = 8 << 20};
    close(mkstemp(stats));
    snprintf(port, sizeof port, "%s.port", stats);
    const char *const options[] = {"--stats-file", stats, "--port-file", port, NULL};
    rig_start(rig, options);
    json_t *number = json_load_file(port, JSON_DECODE_ANY, NULL);
    int fd = client_connect(rig->port);
    /* more than the kernel's buffers hold between the two */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){65536}, sizeof(int));
    client_request(fd, "GET", "/text/7500000", 0);
    json_t *counts = wait_for_file(stats, "bytes.to_client", 1);
    json_decref(counts);
    rig_sleep_ms(600);
    counts = wait_for_file(stats, "bytes.to_client", 1);
    long long held =
        rig_count(counts, "bytes.from_server") - rig_count(counts, "bytes.to_client");
    assert_int_equal(rig_count(counts, "in_flight"), 1);
    assert_in_range(held, 0, LANE_MAX);
    json_decref(counts);
    assert_true(client_read_answer(fd, "GET", &got));
    close(fd);
    json_decref(rig_stop(rig));
    counts = wait_for_file(stats, "answers.passed", 1); /* written at the end too */
    json_decref(counts);
    assert_int_equal(json_integer_value(number), rig->port);
    json_decref(number);
    remove(stats);
    remove(port);
    buf_fini(&got);
}

enum { MANY = 64, ROUNDS = 10 };

struct worker {
    pthread_t thread;
    uint16_t port;
    unsigned whole; /* answers that came whole */
    unsigned wrong; /* of these, with another body than was sent */
    bool faults;    /* connect again after a failure */
};

static void *work(void *context) {
    struct worker *worker = context;
    int fd = -1;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct buf got = {.max = 4 << 20};
        size_t len = 2 + round * 3000; /* half of 1 byte would be all of it */
        if (fd < 0)
            fd = client_connect(worker->port);
        if (fd < 0)
            continue;
        client_request(fd, "POST", "/echo", len);
        bool whole = client_read_answer(fd, "POST", &got);
        worker->whole += whole;
        bool same = whole && got.len > len;
        for (size_t i = 0; same && i < len; i++)
            same = got.data[got.len - len + i] == origin_byte(i);
        worker->wrong += whole && !same;
        if (!whole || !same) {
            close(fd);
            fd = -1;
        }
        buf_fini(&got);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void run_workers(struct worker *workers, uint16_t port) {
    memset(workers, 0, MANY * sizeof *workers);
    for (size_t i = 0; i < MANY; i++) {
        workers[i].port = port;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < MANY; i++)
        pthread_join(workers[i].thread, NULL);
}

static void test_many_connections(void **state) {
    struct rig *rig = *state;
    struct worker workers[MANY];
    rig_start_fault(rig, NULL);
    run_workers(workers, rig->port);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(workers[i].whole, ROUNDS);
        assert_int_equal(workers[i].wrong, 0);
    }
    json_t *counts = rig_stop(rig);
    assert_int_equal(rig_count(counts, "connections"), MANY);
    assert_int_equal(rig_count(counts, "answers.passed"), MANY * ROUNDS);
    assert_int_equal(rig_count(counts, "faults.total"), 0);
    json_decref(counts);
}

static void test_mixed_faults_add_up(void **state) {
    struct rig *rig = *state;
    struct worker workers[MANY];
    struct origin_counts before = origin_counts(rig->origin);
    const char *const options[] = {"--seed",  "42",
                                   "--fault", "cut,probability=0.05",
                                   "--fault", "reset,at=before,probability=0.05",
                                   "--fault", "cut,where=request,every=31",
                                   "--fault", "swallow,every=20,method=POST",
                                   "--fault", "black-hole,then=close,probability=0.03",
                                   "--fault", "close-idle,probability=0.1",
                                   "--fault", "answer,status=503,forward=yes,every=17",
                                   "--fault", "slice,bytes=1000,probability=0.3",
                                   "--fault", "delay,ms=3,probability=0.3",
                                   NULL};
    rig_start(rig, options);
    run_workers(workers, rig->port);
    unsigned whole = 0, wrong = 0;
    for (size_t i = 0; i < MANY; i++) {
        whole += workers[i].whole;
        wrong += workers[i].wrong;
    }
    json_t *counts = rig_stop(rig);
    struct origin_counts after = origin_counts(rig->origin);
    assert_int_equal(rig_count(counts, "requests.total"), MANY * ROUNDS);
    assert_int_equal(
        rig_count(counts, "answers.passed") + rig_count(counts, "answers.made"), whole);
    assert_int_equal(rig_count(counts, "answers.made"), wrong);
    assert_int_equal(rig_count(counts, "forwarded.POST"), after.posts - before.posts);
    long long deadly =
        rig_count(counts, "faults.cut") + rig_count(counts, "faults.reset") +
        rig_count(counts, "faults.swallow") + rig_count(counts, "faults.black-hole") +
        rig_count(counts, "faults.close-idle");
    assert_int_equal(rig_count(counts, "answers.lost"), deadly);
    assert_true(deadly > 50);
    json_decref(counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes_unchanged),
        cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_half_closed_client),
        cmocka_unit_test(test_client_that_gave_up),
        cmocka_unit_test(test_answer_before_the_request_ends),
        cmocka_unit_test(test_server_hangs_up),
        cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_not_http),
        cmocka_unit_test(test_backpressure_and_files),
        cmocka_unit_test(test_many_connections),
        cmocka_unit_test(test_mixed_faults_add_up),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
