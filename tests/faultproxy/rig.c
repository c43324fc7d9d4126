/* rig.c - starts and ends what the tests of faultproxy need. */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "frame.h"

static void exec_proxy(const struct rig *rig, const char *const *options, int out) {
    char to[32];
    const char *argv[64] = {FAULTPROXY, "--to", to};
    size_t count = 3;
    snprintf(to, sizeof to, "127.0.0.1:%u", (unsigned)rig->origin_port);
    for (size_t i = 0; options != NULL && options[i] != NULL && count < 63; i++)
        argv[count++] = options[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
    dup2(out, STDOUT_FILENO);
    execv(FAULTPROXY, (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Reads a line, or everything, of what the proxy says. */
static void read_output(int fd, struct buf *out, bool line) {
    char c;
    while (read(fd, &c, 1) == 1) {
        buf_append_char(out, c);
        if (line && c == '\n')
            return;
    }
}

void rig_start(struct rig *rig, const char *const *options) {
    int pipes[2];
    if (rig->origin == NULL)
        rig->origin = origin_start(&rig->origin_port);
    assert_non_null(rig->origin);
    assert_int_equal(pipe(pipes), 0);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid == 0)
        exec_proxy(rig, options, pipes[1]);
    close(pipes[1]);
    rig->out = pipes[0];
    struct buf line = {.max = 4096};
    read_output(rig->out, &line, true);
    const char *start = "listening on 127.0.0.1:";
    assert_non_null(strstr(buf_text(&line), start));
    rig->port = (uint16_t)strtoul(buf_text(&line) + strlen(start), NULL, 10);
    buf_fini(&line);
    assert_int_not_equal(rig->port, 0);
}

void rig_start_fault(struct rig *rig, const char *fault) {
    const char *const options[] = {"--fault", fault, NULL};
    rig_start(rig, fault == NULL ? NULL : options);
}

long long rig_count(json_t *counts, const char *path) {
    char member[64];
    const char *dot = strchr(path, '.');
    size_t len = dot == NULL ? strlen(path) : (size_t)(dot - path);
    snprintf(member, sizeof member, "%.*s", (int)len, path);
    json_t *value = json_object_get(counts, member);
    if (value == NULL)
        fail_msg("no \"%s\" among the counts", path);
    return dot == NULL ? json_integer_value(value) : rig_count(value, dot + 1);
}

json_t *rig_stop(struct rig *rig) {
    int status = 0;
    struct buf text = {.max = 1 << 16};
    assert_int_equal(kill(rig->pid, SIGTERM), 0);
    read_output(rig->out, &text, false);
    close(rig->out);
    assert_int_equal(waitpid(rig->pid, &status, 0), rig->pid);
    assert_int_equal(status, 0);
    json_t *counts = json_loads(buf_text(&text), 0, NULL);
    assert_non_null(counts);
    buf_fini(&text);
    assert_int_equal(rig_count(counts, "requests.total"),
                     rig_count(counts, "answers.total"));
    assert_int_equal(rig_count(counts, "in_flight"), 0);
    assert_int_equal(rig_count(counts, "open"), 0);
    assert_true(rig_count(counts, "answers.passed") <= rig_count(counts, "served"));
    return counts;
}

void rig_origin_stop(struct rig *rig) {
    if (rig->origin != NULL)
        origin_stop(rig->origin);
    rig->origin = NULL;
}

int rig_setup(void **state) {
    static const struct rig none = {0};
    struct rig *rig = test_malloc(sizeof *rig);

    *rig = none;
    rig->origin = origin_start(&rig->origin_port);
    *state = rig;
    return rig->origin == NULL ? -1 : 0;
}

int rig_teardown(void **state) {
    rig_origin_stop(*state);
    test_free(*state);
    return 0;
}

int client_connect(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval limit = {.tv_sec = 20};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

void client_send(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the answer, or its absence, tells the rest */
        data += sent;
        len -= (size_t)sent;
    }
}

void client_request(int fd, const char *method, const char *target, size_t len) {
    struct buf request = {.max = len + 4096};
    (void)buf_reserve(&request, len + 2048); /* one allocation instead of many */
    buf_append_format(&request, "%s %s HTTP/1.1\r\nHost: x\r\n", method, target);
    if (len > 0)
        buf_append_format(&request, "Content-Length: %zu\r\n", len);
    buf_append_text(&request, "\r\n");
    for (size_t i = 0; i < len; i++)
        buf_append_char(&request, origin_byte(i));
    client_send(fd, request.data, request.len);
    buf_fini(&request);
}

static ssize_t read_some(int fd, struct buf *out) {
    char *at = buf_reserve(out, 1 << 16);
    ssize_t got = at == NULL ? -1 : recv(fd, at, 1 << 16, 0);
    if (got > 0)
        buf_commit(out, (size_t)got);
    return got;
}

enum ending client_read_all(int fd, struct buf *out) {
    ssize_t got;
    while ((got = read_some(fd, out)) > 0)
        continue;
    if (got == 0)
        return ENDING_CLOSE;
    return errno == ECONNRESET || errno == EPIPE ? ENDING_RESET : ENDING_TIMEOUT;
}

bool client_read_answer(int fd, const char *method, struct buf *out) {
    struct frame frame = {.answer = true, .to_head = strcmp(method, "HEAD") == 0};
    size_t start = out->len;
    while (frame.head_size == 0) {
        if (read_some(fd, out) <= 0)
            return false;
        frame_head(&frame, slice_make(out->data + start, out->len - start));
        if (frame.head_size != 0 && frame.status < 200) {
            start += frame.head_size;
            frame = (struct frame){.answer = true, .to_head = frame.to_head};
            if (out->len > start)
                frame_head(&frame, slice_make(out->data + start, out->len - start));
        }
    }
    size_t used = start + frame.head_size;
    for (;;) {
        used += frame_body(&frame, slice_make(out->data + used, out->len - used));
        if (frame.done)
            return true;
        ssize_t got = read_some(fd, out);
        if (got == 0)
            frame_end(&frame);
        if (got <= 0)
            return frame.done;
    }
}

bool client_hears_nothing(int fd, int timeout_ms) {
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    return poll(&watched, 1, timeout_ms) == 0;
}

int64_t rig_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void rig_sleep_ms(int ms) {
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}
