/* origin.h - the HTTP server behind the proxy in its tests: a thread for each
 * connection, and a count of what really arrived.
 *
 * What it answers is asked for in the target: /echo (the request's body), /text/N,
 * /chunked/N, /until-close/N (N bytes of origin_byte()), /interim/N (100 first),
 * /wait/MS, /early (413 before the body is read, then hangs up), /drop (hangs up without
 * a word).
 */
#ifndef FAULTPROXY_ORIGIN_H
#define FAULTPROXY_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

struct origin_counts {
    unsigned connections;
    unsigned requests;    /* that arrived whole */
    unsigned posts;       /* of these */
    unsigned partial;     /* connections that ended inside a request */
    uint64_t last_bytes;  /* read since the last answer, on the last connection that ended
                             inside a request */
    uint64_t last_digest; /* FNV-1a of the last whole body */
};

struct origin;

/* NULL when it cannot be had. */
struct origin *origin_start(uint16_t *port);
void origin_stop(struct origin *origin);
struct origin_counts origin_counts(struct origin *origin);

/* Byte i of every body that it makes up. */
char origin_byte(size_t i);

#endif
