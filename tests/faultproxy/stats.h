/* stats.h - what passed through, counted, and written as JSON.
 *
 * At any time: requests = answers passed + made + lost + in flight.
 */
#ifndef FAULTPROXY_STATS_H
#define FAULTPROXY_STATS_H

#include "base/err.h"
#include "fault.h"

#include <stdint.h>

enum stats_method {
    STATS_GET,
    STATS_POST,
    STATS_PUT,
    STATS_DELETE,
    STATS_OTHER,
    STATS_METHODS
};

struct stats {
    uint64_t connections;              /* accepted */
    uint64_t open;                     /* of these, not over */
    uint64_t requests[STATS_METHODS];  /* whose head has arrived */
    uint64_t forwarded[STATS_METHODS]; /* whose last byte went to the server */
    uint64_t served;                   /* answers that the server gave whole */
    uint64_t passed;                   /* of these, that the client got whole */
    uint64_t made;                     /* answers made here and given whole */
    uint64_t lost;                     /* requests whose client got no whole answer */
    uint64_t in_flight;                /* requests not settled yet */
    uint64_t opaque;                   /* connections that do not speak HTTP/1 */
    uint64_t server_failures;          /* connects to the server that failed */
    uint64_t dead_resets; /* connections reset because the server plays dead */
    uint64_t faults[FAULT_KINDS];
    uint64_t from_client, to_server, from_server, to_client; /* bytes */
};

enum stats_method stats_method(const char *name);

/* The counts as JSON, one line; malloc'ed, the caller frees it. NULL: out of memory. */
char *stats_json(const struct stats *stats);

/* Replaces the file at path by text, atomically. RC_LOCAL. */
int stats_replace_file(const char *path, const char *text, struct err *err);

#endif
