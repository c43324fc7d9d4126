/* fault.h - what may go wrong, and which requests it befalls.
 *
 * A fault is written `KIND,key=value,...`. Its selectors are all to hold; `nth`, `every`,
 * `probability` and `count` then count the requests that the others leave. `delay` and
 * `slice` come on top of whatever else befalls a request; of the other kinds the first
 * that fires takes it.
 */
#ifndef FAULTPROXY_FAULT_H
#define FAULTPROXY_FAULT_H

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    FAULT_CUT,        /* close after some bytes */
    FAULT_RESET,      /* the same with a RST */
    FAULT_DELAY,      /* hold back for some time */
    FAULT_SLICE,      /* pass on in pieces, with pauses */
    FAULT_SWALLOW,    /* the server does the work, its answer is dropped */
    FAULT_REFUSE,     /* no new connection for some time */
    FAULT_ANSWER,     /* an answer made here */
    FAULT_HTML,       /* the same: 200 with a page for people */
    FAULT_BLACK_HOLE, /* the server never gets the request */
    FAULT_CLOSE_IDLE, /* a kept connection dies as the next request is sent over it */
    FAULT_KINDS
};

enum fault_at { AT_BYTES, AT_BEFORE, AT_HEAD, AT_MIDDLE, AT_AFTER };
enum fault_where { WHERE_ANSWER, WHERE_REQUEST };
enum fault_then { THEN_CLOSE, THEN_RESET, THEN_SILENCE };

struct fault {
    enum fault_kind kind;
    /* what it does; unused members of a kind stay zero */
    enum fault_where where; /* cut, reset, delay, slice */
    enum fault_at at;       /* cut, reset */
    enum fault_then then;   /* swallow, black-hole, close-idle */
    uint64_t bytes;         /* cut, reset: how many pass; slice: of one piece */
    uint64_t ms;            /* delay, slice, refuse */
    uint64_t status;        /* answer, html */
    uint64_t retry_after;   /* answer: seconds; 0 = no such header */
    bool forward;           /* answer, html: let the server do the work first */
    /* selectors; zero means any */
    uint64_t nth;         /* only the nth of those that the others leave */
    uint64_t every;       /* each of them whose number this divides */
    uint64_t count;       /* at most so many times */
    bool by_chance;       /* probability was given */
    double probability;   /* 0 to 1 */
    char method[16];      /* exactly */
    char path[128];       /* somewhere in the target */
    uint64_t first, last; /* numbers of requests of the whole run, from 1 */
    /* state */
    uint64_t matched; /* requests that the filters left */
    uint64_t fired;   /* of these, befallen */
    uint64_t random;  /* state of its own generator */
};

/* What selectors look at. */
struct fault_request {
    uint64_t number;    /* of the run, from 1 */
    const char *method; /* "POST" */
    const char *target; /* path and query */
    bool reused;        /* not the first of its connection */
};

/* What befalls one request. Borrows from the array of faults. */
struct fault_plan {
    const struct fault *main;     /* NULL = none */
    const struct fault *delay[2]; /* by enum fault_where */
    const struct fault *slice[2];
};

/* "black-hole". */
const char *fault_name(enum fault_kind kind);

/* Reads one spec. seed feeds `probability`. RC_USAGE with what is wrong. */
int fault_parse(struct fault *out, const char *spec, uint64_t seed, struct err *err);

/* Counts the request against every fault and says which of them befall it. */
void fault_plan(struct fault *faults, size_t count, const struct fault_request *request,
                struct fault_plan *out);

#endif
