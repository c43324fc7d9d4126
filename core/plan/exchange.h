/* exchange.h - one request to the server and what came back, whatever carried it. */
#ifndef PLAN_EXCHANGE_H
#define PLAN_EXCHANGE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE };

/* "GET"; borrowed for ever. */
const char *method_name(enum method method);

struct request {
    enum method method;
    const char *path;          /* below api/v1/, percent-encoded, query included:
                                   "Lead", "Lead/64f...?select=id"; borrowed until done */
    struct slice body;         /* "" = none; borrowed until done */
    const char *content_type;  /* NULL = application/json */
    bool skip_duplicate_check; /* X-Skip-Duplicate-Check: true */
    bool no_total;             /* X-No-Total: true */
    size_t answer_max;         /* bytes of its answer, unpacked; 0 = the transport's. One
                                   that is longer concerns this request alone */
    int64_t version_number;    /* X-Version-Number; 0 = not sent */
    uint32_t cost;             /* the server's work, as against others of this method and
                                  path: rows in it; 0 = 1 */
    void *tag;                 /* the caller's own */
};

/* How far a request came. */
enum delivery {
    DELIVERY_ANSWERED, /* a whole answer was read: status, headers, body */
    DELIVERY_UNSENT,   /* nothing can have reached the server: DNS, refused, TLS */
    DELIVERY_LOST, /* something may have: timeout, reset, cut answer, a stopped re-send */
    DELIVERY_CANCELLED /* given up by us; counts as lost when it had been sent */
};

struct answer {
    enum delivery delivery;
    int status;             /* of HTTP; 0 unless answered */
    char reason[256];       /* X-Status-Reason, one line of valid UTF-8, or "" */
    bool has_reason;        /* there was an X-Status-Reason, if an empty one */
    bool json;              /* Content-Type is application/json */
    struct slice body;      /* borrowed while the answer is delivered */
    bool too_large;         /* the body went over the cap and was cut */
    bool untrusted;         /* not sent: the certificate is not the server's, or nobody's
                               who is trusted; that stays so */
    int64_t retry_after_ms; /* of Retry-After (seconds or a date); -1 = none */
    int64_t server_ms;      /* of the Date header, ms since 1970; 0 = none */
    char location[256];     /* of a redirect, or "" */
    char detail[256];       /* what the transport says about a failure, or "" */
    int64_t latency_us;     /* from submit to answer */
    int64_t connect_us;     /* of that: to make a connection; 0 = there was one */
    int64_t trip_us;        /* of that: one round trip, the handshake; 0 = likewise */
    int64_t wait_us;        /* from sending it to the first byte of the answer */
};

/* Copies what somebody else wrote so that it may stand in a message: one line of valid
 * UTF-8, runs of blanks, control characters and line breaks as one blank, bytes that are
 * no UTF-8 as U+FFFD, cut between characters so that it fits size (> 0), terminated. */
void exchange_clean_text(char *out, size_t size, struct slice text);

#endif
