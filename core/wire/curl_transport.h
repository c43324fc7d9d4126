/* curl_transport.h - the real transport: libcurl's multi interface, HTTP/1.1, keep-alive.
 *
 * Guards against libcurl's own re-sending of a POST over a fresh connection (no option
 * turns that off in 7.88): a PREREQFUNCTION aborts the second attempt, and the request is
 * then delivered as DELIVERY_LOST.
 */
#ifndef WIRE_CURL_TRANSPORT_H
#define WIRE_CURL_TRANSPORT_H

#include "base/env.h"
#include "wire/auth.h"
#include "wire/transport.h"

struct curl_transport_options {
    const char *url; /* of the site: "https://crm.example.com/espo"; api/v1 is added */
    const struct auth *auth; /* borrowed as long as the transport; NULL = no headers */
    const char *ca_file;     /* NULL = the system's, SSL_CERT_FILE honoured */
    bool insecure;           /* take any certificate */
    const char *proxy;       /* NULL = HTTPS_PROXY and friends, as libcurl does */
    const char *user_agent;  /* "espoload/0.1.0" */
    size_t connections;      /* how many at most; 0 = 8 */
    long timeout_ms;         /* of one whole request; 0 = 120,000 */
    long connect_timeout_ms; /* 0 = 15,000 */
    size_t answer_max;       /* bytes of a body, unpacked; 0 = 12 MiB */
    bool compress;           /* let GETs be answered gzipped: for slow lines, see .c */
    const struct env *env;   /* clocks; NULL = env_system() */
    void (*trace)(void *context, const char *line); /* what was sent and received, without
                               secrets, one line each; NULL = none (-v, --log-file) */
    void *trace_context;
};

/* Strings are copied. RC_USAGE for an URL or a proxy that is none, or a CA file that
 * cannot be read; free with transport_free(). */
int curl_transport_new(struct transport **out,
                       const struct curl_transport_options *options, struct err *err);

#endif
