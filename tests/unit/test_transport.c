/* The transport against a server that misbehaves on command: what is sent, how far a
 * request is said to have come, and that a POST never leaves twice. */
#include "wire/curl_transport.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/time.h>

#include "resend_scenario.h"
#include "scripted_server.h"

#define KEY "k3y-that-must-not-be-seen"
#define ID_ANSWER                                                                        \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"    \
    "{\"id\":\"a\"}"

/* One server, one transport, and what came back last. */
struct fixture {
    struct scripted_server server;
    struct transport *transport;
    struct auth *auth;
    size_t delivered;
    struct answer answer;
    char body[4096];
    char trace[4096]; /* lines put one after the other */
    size_t to_submit; /* how many more `done` is to hand over */
    struct err err;
};

static void on_trace(void *context, const char *line) {
    struct fixture *f = context;
    size_t len = strlen(f->trace);

    (void)snprintf(f->trace + len, sizeof f->trace - len, "%s\n", line);
}

static void on_done(void *context, struct request *request, const struct answer *answer) {
    struct fixture *f = context;

    f->delivered++;
    f->answer = *answer;
    (void)snprintf(f->body, sizeof f->body, "%.*s", (int)answer->body.len,
                   answer->body.len == 0 ? "" : answer->body.data);
    if (f->to_submit > 0) {
        struct slice body = answer->body;
        f->to_submit--;
        assert_int_equal(transport_submit(f->transport, request, &f->err), RC_OK);
        /* what is being read must not be what the new request writes to */
        assert_int_equal(answer->status, f->answer.status);
        assert_memory_equal(body.data, f->body, body.len);
    }
}

static void start(struct fixture *f, const struct step *steps, size_t count,
                  struct curl_transport_options options, const char *url_format) {
    char url[128];

    memset(f, 0, sizeof *f);
    server_start(&f->server, steps, count);
    assert_int_equal(auth_new(&f->auth, AUTH_API_KEY, KEY, NULL, NULL), RC_OK);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/espo", f->server.port);
    options.url = url_format == NULL ? url : url_format;
    options.auth = f->auth;
    options.trace = on_trace;
    options.trace_context = f;
    if (options.timeout_ms == 0)
        options.timeout_ms = 10000;
    if (curl_transport_new(&f->transport, &options, &f->err) != RC_OK)
        fail_msg("%s", f->err.message);
}

static void stop(struct fixture *f) {
    transport_free(f->transport);
    auth_free(f->auth);
    server_stop(&f->server);
    assert_null(strstr(f->trace, KEY));
}

static void exchange(struct fixture *f, struct request *request) {
    assert_int_equal(transport_submit(f->transport, request, &f->err), RC_OK);
    while (transport_in_flight(f->transport) > 0)
        assert_true(transport_poll(f->transport, 1000, on_done, f, &f->err) >= 0);
}

static bool sent_line(const struct fixture *f, const char *line) {
    const char *at = strcasestr(f->server.last, line);
    return at != NULL && at[-1] == '\n' && at[strlen(line)] == '\r';
}

static void test_request_lines(void **state) {
    static const struct step steps[] = {{ID_ANSWER, KEEP, false}};
    struct request post = {.method = METHOD_POST,
                           .path = "Lead",
                           .body = slice_of("{\"lastName\":\"a\"}"),
                           .skip_duplicate_check = true};
    struct request get = {
        .method = METHOD_GET, .path = "Lead?searchParams=%7B%7D", .no_total = true};
    struct request put = {.method = METHOD_PUT,
                          .path = "Lead/70aa",
                          .version_number = 7,
                          .body = slice_of("{}")};
    struct request csv = {.method = METHOD_POST,
                          .path = "Import/file",
                          .content_type = "text/csv",
                          .body = slice_of("a;b\r\n")};
    struct request delete = {.method = METHOD_DELETE, .path = "Lead/70aa"};
    struct fixture f;

    (void)state;
    start(&f, steps, 1, (struct curl_transport_options){.user_agent = "espoload/9"},
          NULL);
    exchange(&f, &post);
    assert_ptr_equal(strstr(f.server.last, "POST /espo/api/v1/Lead HTTP/1.1\r\n"),
                     f.server.last);
    assert_true(sent_line(&f, "X-Api-Key: " KEY));
    assert_true(sent_line(&f, "Content-Type: application/json"));
    assert_true(sent_line(&f, "X-Skip-Duplicate-Check: true"));
    assert_true(sent_line(&f, "User-Agent: espoload/9"));
    assert_non_null(strstr(f.server.last, "\r\n\r\n{\"lastName\":\"a\"}"));
    assert_null(strcasestr(f.server.last, "Expect:"));
    assert_null(strcasestr(f.server.last, "Accept-Encoding:"));
    assert_null(strcasestr(f.server.last, "X-No-Total"));
    exchange(&f, &get);
    assert_ptr_equal(strstr(f.server.last, "GET /espo/api/v1/Lead?searchParams=%7B%7D "),
                     f.server.last);
    assert_true(sent_line(&f, "X-No-Total: true"));
    assert_null(strcasestr(f.server.last, "Content-Type:"));
    assert_null(strcasestr(f.server.last, "X-Skip-Duplicate-Check"));
    exchange(&f, &put);
    assert_ptr_equal(strstr(f.server.last, "PUT /espo/api/v1/Lead/70aa HTTP/1.1\r\n"),
                     f.server.last);
    assert_true(sent_line(&f, "X-Version-Number: 7"));
    exchange(&f, &csv);
    assert_ptr_equal(strstr(f.server.last, "POST /espo/api/v1/Import/file HTTP/1.1\r\n"),
                     f.server.last);
    assert_true(sent_line(&f, "Content-Type: text/csv"));
    exchange(&f, &delete);
    assert_ptr_equal(strstr(f.server.last, "DELETE /espo/api/v1/Lead/70aa HTTP/1.1\r\n"),
                     f.server.last);
    assert_null(strcasestr(f.server.last, "Content-Length:"));
    exchange(&f, &get);
    assert_ptr_equal(strstr(f.server.last, "GET /espo/api/v1/Lead?"), f.server.last);
    assert_null(strcasestr(f.server.last, "X-Version-Number"));
    assert_int_equal(f.server.connections, 1); /* all on one kept-alive connection */
    stop(&f);
}

static void test_large_body(void **state) {
    static const struct step steps[] = {{ID_ANSWER, KEEP, false}};
    static char body[200 * 1024];
    struct request post = {.method = METHOD_POST, .path = "Lead"};
    struct fixture f;

    (void)state;
    memset(body, 'x', sizeof body);
    post.body = slice_make(body, sizeof body);
    start(&f, steps, 1, (struct curl_transport_options){0}, NULL);
    exchange(&f, &post);
    assert_int_equal(f.answer.status, 200);
    assert_null(strcasestr(f.server.last, "Expect:"));
    assert_non_null(strstr(f.server.last, "Content-Length: 204800\r\n"));
    stop(&f);
}

static void test_answer_is_read(void **state) {
    static const struct step steps[] = {
        {"HTTP/1.1 100 Continue\r\n\r\n"
         "HTTP/1.1 409 Conflict\r\n"
         "Date: Tue, 24 Nov 2026 01:16:40 GMT\r\n"
         "X-Status-Reason: Gr\xFC\xDF"
         "e \xC3\xA4\x01 x\r\n"
         "Retry-After: Tue, 24 Nov 2026 01:18:10 GMT\r\n"
         "Content-Type: application/json;charset=UTF-8\r\n"
         "Content-Length: 2\r\n\r\n[]",
         KEEP, true},
        {"HTTP/1.1 301 Moved Permanently\r\nLocation: https://crm.example.org/x\r\n"
         "retry-after: 17\r\nContent-Type: application/jsonp\r\nContent-Length: "
         "0\r\n\r\n",
         KEEP, false},
        {ID_ANSWER, KEEP, false},
    };
    struct request get = {.method = METHOD_GET, .path = "Lead"};
    struct fixture f;

    (void)state;
    start(&f, steps, 3, (struct curl_transport_options){0}, NULL);
    exchange(&f, &get);
    assert_int_equal(f.answer.delivery, DELIVERY_ANSWERED);
    assert_int_equal(f.answer.status, 409);
    assert_string_equal(f.answer.reason, "Gr\xEF\xBF\xBD\xEF\xBF\xBD"
                                         "e \xC3\xA4 x");
    assert_true(f.answer.json);
    assert_int_equal(f.answer.server_ms, INT64_C(1795483000000));
    assert_int_equal(f.answer.retry_after_ms, 90000);
    assert_string_equal(f.body, "[]");
    assert_true(f.answer.latency_us > 0);
    exchange(&f, &get);
    assert_int_equal(f.answer.status, 301);
    assert_string_equal(f.answer.location, "https://crm.example.org/x");
    assert_int_equal(f.answer.retry_after_ms, 17000);
    assert_false(f.answer.json);
    assert_int_equal(f.answer.server_ms, 0);
    assert_string_equal(f.answer.reason, "");
    exchange(&f, &get); /* nothing is left over from the answers before */
    assert_int_equal(f.answer.status, 200);
    assert_int_equal(f.answer.retry_after_ms, -1);
    assert_string_equal(f.answer.location, "");
    assert_int_equal(f.server.requests, 3); /* the redirect was not followed */
    assert_non_null(strstr(f.trace, "GET Lead 301, "));
    stop(&f);
}

/* The guard. Without it both fail: see plant/no_guard.c. */
static void test_post_never_twice(void **state) {
    static const enum then ends[] = {CLOSE, RESET};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct resend_result result = resend_run(METHOD_POST, ends[i]);
        assert_int_equal(result.posts, 2);
        assert_int_equal(result.delivery, DELIVERY_LOST);
        assert_int_equal(result.status, 0);
    }
}

/* The others may be sent again, and libcurl doing it at once saves a wait. */
static void test_others_may_be_sent_again(void **state) {
    static const enum method methods[] = {METHOD_GET, METHOD_PUT, METHOD_DELETE};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct resend_result result = resend_run(methods[i], CLOSE);
        assert_int_equal(result.requests, 3);
        assert_int_equal(result.delivery, DELIVERY_ANSWERED);
    }
}

static void test_lost(void **state) {
    static const struct {
        struct step step;
        const char *detail;
    } cases[] = {
        {{NULL, CLOSE, false}, ""},
        {{NULL, RESET, false}, ""},
        {{NULL, KEEP, false}, "timed out"},
        {{"HTTP/1.1 200 O", CLOSE, false}, ""},
        {{"HTTP/1.1 200 OK\r\nContent-Le", CLOSE, false}, "cut off"},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"id\":", CLOSE, false}, ""},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"id\":", RESET, false}, ""},
        {{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"id\":", KEEP, false},
         "timed out"},
        {{OK_JSON("5\r\n{\"id\"\r\n"), CLOSE, false}, ""},
        {{OK_JSON("zz\r\n"), CLOSE, false}, ""},
        {{"SSH-2.0-OpenSSH_9.2p1\r\n", CLOSE, false}, ""},
        {{"\r\n\r\n", CLOSE, false}, ""},
        {{"HTTP/1.1 100 Continue\r\n\r\n", CLOSE, false}, ""},
    };
    static const enum method methods[] = {METHOD_POST, METHOD_GET};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct request request = {.method = methods[i % 2], .path = "Lead"};
        struct fixture f;
        start(&f, &cases[i / 2].step, 1,
              (struct curl_transport_options){.timeout_ms = 300}, NULL);
        exchange(&f, &request);
        assert_int_equal(f.delivered, 1);
        if (f.answer.delivery != DELIVERY_LOST)
            fail_msg("case %zu: delivery %d, status %d, %s", i / 2, f.answer.delivery,
                     f.answer.status, f.answer.detail);
        assert_int_equal(f.answer.status, 0);
        assert_int_equal(f.answer.body.len, 0);
        assert_true(f.answer.detail[0] != '\0');
        assert_non_null(strstr(f.answer.detail, cases[i / 2].detail));
        assert_non_null(strstr(f.trace, "lost: "));
        assert_int_equal(f.server.requests, 1);
        stop(&f);
    }
}

/* After a failure the transport goes on with a new connection. */
static void test_goes_on_after_loss(void **state) {
    static const struct step steps[] = {
        {ID_ANSWER, KEEP, false}, {NULL, RESET, false}, {ID_ANSWER, KEEP, false}};
    struct request post = {.method = METHOD_POST, .path = "Lead"};
    struct fixture f;

    (void)state;
    start(&f, steps, 3, (struct curl_transport_options){.connections = 1}, NULL);
    for (int i = 0; i < 5; i++) {
        exchange(&f, &post);
        assert_int_equal(f.answer.delivery, i == 1 ? DELIVERY_LOST : DELIVERY_ANSWERED);
    }
    assert_int_equal(f.server.requests, 5);
    stop(&f);
}

static void test_unsent(void **state) {
    static const struct step steps[] = {{"no TLS here\r\n", CLOSE, false}};
    char refused[64], tls[64], proxy[64];
    int port, fd = server_listen(&port, false);
    struct {
        const char *url, *proxy;
    } cases[] = {
        {refused, NULL},
        {"http://host.invalid", NULL},
        {tls, NULL},
        {"https://crm.example.org", proxy},
        {"http://crm.example.org", proxy},
        {"http://crm.example.org", "http://proxy.invalid:3128"},
        {"http://127.0.0.1:1", "socks5h://user:s3cret@proxy.invalid:1080"},
    };

    (void)state;
    (void)snprintf(refused, sizeof refused, "http://127.0.0.1:%d", port);
    (void)snprintf(proxy, sizeof proxy, "http://user:s3cret@127.0.0.1:%d", port);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request post = {
            .method = METHOD_POST, .path = "Lead", .body = slice_of("{}")};
        struct scripted_server plain;
        struct fixture f;
        server_start(&plain, steps, 1);
        (void)snprintf(tls, sizeof tls, "https://127.0.0.1:%d", plain.port);
        start(&f, steps, 1,
              (struct curl_transport_options){.proxy = cases[i].proxy,
                                              .connect_timeout_ms = 3000},
              cases[i].url);
        exchange(&f, &post);
        if (f.answer.delivery != DELIVERY_UNSENT)
            fail_msg("case %zu: delivery %d, %s", i, f.answer.delivery, f.answer.detail);
        assert_true(f.answer.detail[0] != '\0');
        assert_null(strstr(f.answer.detail, "s3cret"));
        assert_null(strstr(f.trace, "s3cret"));
        stop(&f);
        server_stop(&plain);
    }
    (void)close(fd);
}

/* A tunnel that the proxy refuses: bytes went to the proxy, none to the server. */
static void test_proxy(void **state) {
    static const struct step refuse[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", CLOSE, false}};
    static const struct step pass[] = {{ID_ANSWER, KEEP, false}};
    struct request post = {.method = METHOD_POST, .path = "Lead", .body = slice_of("{}")};
    struct scripted_server proxy;
    struct fixture f;
    char url[64];

    (void)state;
    server_start(&proxy, refuse, 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", proxy.port);
    start(&f, pass, 1, (struct curl_transport_options){.proxy = url},
          "https://crm.example.org");
    exchange(&f, &post);
    assert_int_equal(f.answer.delivery, DELIVERY_UNSENT);
    assert_non_null(strstr(proxy.last, "CONNECT crm.example.org:443"));
    assert_null(strstr(proxy.last, KEY));
    stop(&f);
    server_stop(&proxy);

    server_start(&proxy, pass, 1);
    (void)snprintf(url, sizeof url, "127.0.0.1:%d", proxy.port);
    start(&f, pass, 1, (struct curl_transport_options){.proxy = url},
          "http://crm.example.org");
    exchange(&f, &post);
    assert_int_equal(f.answer.status, 200);
    assert_ptr_equal(strstr(proxy.last, "POST http://crm.example.org/api/v1/Lead "),
                     proxy.last);
    stop(&f);
    server_stop(&proxy);
}

/* A server is told the path, a proxy out of the environment the URL; a server that
 * no_proxy names is no proxy. */
static void test_target(void **state) {
    static const struct step steps[] = {{ID_ANSWER, KEEP, false}};
    struct request post = {.method = METHOD_POST, .path = "Lead", .body = slice_of("{}")};
    struct request list = {.method = METHOD_GET, .path = "Lead?select=id&a=%22b%22"};
    char proxy[64];
    struct fixture f;

    (void)state;
    start(&f, steps, 1, (struct curl_transport_options){.connections = 1}, NULL);
    exchange(&f, &list);
    assert_ptr_equal(
        strstr(f.server.last, "GET /espo/api/v1/Lead?select=id&a=%22b%22 HTTP/1.1\r\n"),
        f.server.last);
    exchange(&f, &post);
    assert_ptr_equal(strstr(f.server.last, "POST /espo/api/v1/Lead HTTP/1.1\r\n"),
                     f.server.last);
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", f.server.port);
    transport_free(f.transport);
    for (int through = 0; through < 2; through++) {
        struct curl_transport_options options = {.auth = f.auth, .timeout_ms = 10000};
        char url[80], expected[128];
        (void)snprintf(url, sizeof url, "%s", through ? "http://crm.example.org" : proxy);
        (void)snprintf(expected, sizeof expected,
                       "GET %s/api/v1/Lead?select=id&a=%%22b%%22 ", through ? url : "");
        options.url = url;
        assert_int_equal(setenv("http_proxy", proxy, 1), 0);
        assert_int_equal(setenv("no_proxy", "127.0.0.1", 1), 0);
        assert_int_equal(curl_transport_new(&f.transport, &options, &f.err), RC_OK);
        exchange(&f, &list);
        assert_int_equal(unsetenv("http_proxy"), 0);
        assert_int_equal(unsetenv("no_proxy"), 0);
        assert_int_equal(f.answer.status, 200);
        assert_ptr_equal(strstr(f.server.last, expected), f.server.last);
        if (through == 0)
            transport_free(f.transport);
    }
    stop(&f);
}

/* A proxy out of the environment is libcurl's to check, and its words hold the password.
 */
static void test_proxy_password_is_blotted_out(void **state) {
    static const struct step steps[] = {{ID_ANSWER, KEEP, false}};
    struct request post = {.method = METHOD_POST, .path = "Lead", .body = slice_of("{}")};
    struct fixture f;

    (void)state;
    assert_int_equal(setenv("http_proxy", "http://us@er:s3cret@proxy:99999", 1), 0);
    start(&f, steps, 1, (struct curl_transport_options){0}, "http://crm.example.org");
    exchange(&f, &post);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(f.answer.delivery, DELIVERY_UNSENT);
    assert_non_null(strstr(f.answer.detail, "@proxy:99999")); /* or it tests nothing */
    assert_null(strstr(f.answer.detail, "s3cret"));
    assert_null(strstr(f.trace, "s3cret"));
    stop(&f);
}

static void test_answer_cap(void **state) {
    static const struct step steps[] = {
        {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 64\r\n\r\n"
         "{\"id\":\"0123456789012345678901234567890123456789012345678901234\"}",
         KEEP, false}};
    struct request get = {.method = METHOD_GET, .path = "Lead"};
    struct fixture f;

    (void)state;
    for (size_t max = 63; max <= 64; max++) {
        start(&f, steps, 1, (struct curl_transport_options){.answer_max = max}, NULL);
        exchange(&f, &get);
        assert_int_equal(f.answer.delivery, DELIVERY_ANSWERED);
        assert_int_equal(f.answer.status, 200);
        assert_int_equal(f.answer.too_large, max < 64);
        assert_true(f.answer.body.len <= max);
        stop(&f);
    }
    for (size_t max = 63; max <= 64; max++) { /* a request may say how much it takes */
        get.answer_max = max;
        start(&f, steps, 1, (struct curl_transport_options){.answer_max = 10}, NULL);
        exchange(&f, &get);
        assert_int_equal(f.answer.too_large, max < 64);
        stop(&f);
    }
}

static void test_cancel(void **state) {
    static const struct step steps[] = {{NULL, KEEP, false}};
    struct request posts[4];
    struct fixture f;

    (void)state;
    start(&f, steps, 1, (struct curl_transport_options){.connections = 4}, NULL);
    for (size_t i = 0; i < 4; i++) {
        posts[i] = (struct request){.method = METHOD_POST, .path = "Lead"};
        assert_int_equal(transport_submit(f.transport, &posts[i], &f.err), RC_OK);
    }
    assert_int_equal(transport_submit(f.transport, &posts[0], &f.err), RC_LIMIT);
    assert_int_equal(transport_in_flight(f.transport), 4);
    assert_int_equal(transport_poll(f.transport, 50, on_done, &f, NULL), 0);
    transport_cancel(f.transport, on_done, &f);
    assert_int_equal(f.delivered, 4);
    assert_int_equal(f.answer.delivery, DELIVERY_CANCELLED);
    assert_int_equal(transport_in_flight(f.transport), 0);
    assert_int_equal(transport_poll(f.transport, 0, on_done, &f, NULL), 0);
    assert_int_equal(f.delivered, 4);
    stop(&f);
}

static void test_free_with_requests_in_flight(void **state) {
    static const struct step steps[] = {{NULL, KEEP, false}};
    struct request post = {.method = METHOD_POST, .path = "Lead"};
    struct fixture f;

    (void)state;
    start(&f, steps, 1, (struct curl_transport_options){0}, NULL);
    assert_int_equal(transport_submit(f.transport, &post, &f.err), RC_OK);
    assert_int_equal(transport_poll(f.transport, 20, on_done, &f, NULL), 0);
    stop(&f);
}

/* Each of many is delivered once, over no more connections than allowed. */
static void test_many(void **state) {
    static const struct step steps[] = {{ID_ANSWER, KEEP, false}};
    struct request requests[8];
    struct fixture f;

    (void)state;
    start(&f, steps, 1, (struct curl_transport_options){.connections = 8}, NULL);
    f.to_submit = 500 - 8;
    for (size_t i = 0; i < 8; i++) {
        requests[i] =
            (struct request){.method = i % 2 ? METHOD_POST : METHOD_GET, .path = "Lead"};
        assert_int_equal(transport_submit(f.transport, &requests[i], &f.err), RC_OK);
    }
    while (transport_in_flight(f.transport) > 0) {
        size_t before = f.delivered;
        int n = transport_poll(f.transport, 1000, on_done, &f, &f.err);
        assert_true(n >= 0);
        assert_int_equal(f.delivered - before, n);
        f.trace[0] = '\0';
    }
    assert_int_equal(f.delivered, 500);
    assert_int_equal(f.server.requests, 500);
    assert_true(f.server.connections <= 8);
    stop(&f);
}

static void on_alarm(int signal_number) {
    (void)signal_number;
}

static void test_signal_ends_waiting(void **state) {
    static const struct step steps[] = {{NULL, KEEP, false}};
    struct itimerval once = {.it_value = {.tv_usec = 100000}};
    struct request get = {.method = METHOD_GET, .path = "Lead"};
    struct sigaction action = {.sa_handler = on_alarm}, before;
    struct fixture f;
    int64_t begin, waited = 0;

    (void)state;
    start(&f, steps, 1, (struct curl_transport_options){.timeout_ms = 20000}, NULL);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(transport_submit(f.transport, &get, &f.err), RC_OK);
    while (server_count(&f.server, &f.server.requests) == 0)
        assert_int_equal(transport_poll(f.transport, 10, on_done, &f, &f.err), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &once, NULL), 0);
    begin = env_monotonic_us(env_system());
    /* libcurl may wake once for a timer of its own */
    for (int i = 0; i < 3 && waited < 100000; i++) {
        assert_int_equal(transport_poll(f.transport, 5000, on_done, &f, &f.err), 0);
        waited = env_monotonic_us(env_system()) - begin;
    }
    assert_true(waited >= 90000 && waited < 2500000);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    stop(&f);
}

static void test_options_refused(void **state) {
    static const struct {
        struct curl_transport_options options;
        const char *message;
    } cases[] = {
        {{.url = NULL}, "URL"},
        {{.url = "ftp://crm.example.org"}, "scheme"},
        {{.url = "https://crm.example.org", .proxy = "http://user:s3cret@proxy:99999"},
         "proxy"},
        {{.url = "https://crm.example.org", .ca_file = "/nowhere/ca.pem"},
         "/nowhere/ca.pem"},
        {{.url = "https://crm.example.org", .connections = 100000}, "connections"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct transport *transport = NULL;
        struct err err = {0};
        assert_int_equal(curl_transport_new(&transport, &cases[i].options, &err),
                         RC_USAGE);
        assert_null(transport);
        assert_non_null(strstr(err.message, cases[i].message));
        assert_null(strstr(err.message, "s3cret"));
    }
}

static void test_url_too_long(void **state) {
    static const struct step steps[] = {{ID_ANSWER, KEEP, false}};
    static char path[70000];
    struct request get = {.method = METHOD_GET, .path = path};
    struct fixture f;

    (void)state;
    memset(path, 'a', sizeof path - 1);
    start(&f, steps, 1, (struct curl_transport_options){0}, NULL);
    assert_int_equal(transport_submit(f.transport, &get, &f.err), RC_LIMIT);
    assert_int_equal(transport_in_flight(f.transport), 0);
    get.path = "Lead";
    exchange(&f, &get);
    assert_int_equal(f.answer.status, 200);
    stop(&f);
}

int main(void) {
    static const char *const proxies[] = {"http_proxy", "https_proxy",  "HTTPS_PROXY",
                                          "ALL_PROXY",  "all_proxy",    "no_proxy",
                                          "NO_PROXY",   "SSL_CERT_FILE"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines),
        cmocka_unit_test(test_large_body),
        cmocka_unit_test(test_answer_is_read),
        cmocka_unit_test(test_post_never_twice),
        cmocka_unit_test(test_others_may_be_sent_again),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_goes_on_after_loss),
        cmocka_unit_test(test_unsent),
        cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_proxy_password_is_blotted_out),
        cmocka_unit_test(test_answer_cap),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_free_with_requests_in_flight),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_signal_ends_waiting),
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_url_too_long),
    };
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        (void)unsetenv(proxies[i]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
