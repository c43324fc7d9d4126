/* resend_scenario.h - a kept-alive connection that dies before the answer to its second
 * request: what arrives at the server, and what the client is told.
 *
 * With the guard against libcurl's own re-sending; plant/no_guard.c shows that the guard
 * is what makes the difference, and fails with a libcurl that has stopped re-sending.
 */
#ifndef TESTS_RESEND_SCENARIO_H
#define TESTS_RESEND_SCENARIO_H

#include "scripted_server.h"
#include "wire/curl_transport.h"

struct resend_result {
    size_t posts;           /* that arrived whole; 2 were meant */
    size_t requests;        /* of any method */
    enum delivery delivery; /* of the second request */
    int status;             /* of its answer, 0 = none */
};

static inline void resend_done(void *context, struct request *request,
                               const struct answer *answer) {
    struct resend_result *result = context;

    (void)request;
    result->delivery = answer->delivery;
    result->status = answer->status;
}

/* The server answers the first request, reads the second wholly, then does `then` with
 * the connection, and would answer every further one. */
static inline struct resend_result resend_run(enum method method, enum then then) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        "26\r\n\r\n{\"id\":\"70aa1c2d3e4f50617\"}";
    const struct step steps[] = {
        {answer, KEEP, false}, {NULL, then, false}, {answer, KEEP, false}};
    struct resend_result result = {0};
    struct request request = {.method = method, .path = "Lead"};
    struct curl_transport_options options = {.connections = 1, .timeout_ms = 10000};
    struct scripted_server server;
    struct transport *transport = NULL;
    char url[64];

    if (method != METHOD_GET)
        request.body = slice_of("{\"lastName\":\"Hopper\"}");
    server_start(&server, steps, 3);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    options.url = url;
    server_require(curl_transport_new(&transport, &options, NULL) == RC_OK, "transport");
    for (int i = 0; i < 2; i++) {
        server_require(transport_submit(transport, &request, NULL) == RC_OK, "submit");
        while (transport_in_flight(transport) > 0)
            server_require(
                transport_poll(transport, 1000, resend_done, &result, NULL) >= 0, "poll");
    }
    transport_free(transport);
    result.posts = server_count(&server, &server.posts);
    result.requests = server_count(&server, &server.requests);
    server_stop(&server);
    return result;
}

#endif
