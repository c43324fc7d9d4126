/* relay_lane.h - one direction of a connection: bytes in, framed into messages, bytes
 * out, as fast and as far as the faults allow.
 *
 * The head of a message is held back until it is whole, since faults are chosen by it;
 * everything else goes on as it comes. Holds at most LANE_MAX bytes: what is not taken
 * at one end is not read at the other.
 */
#ifndef FAULTPROXY_RELAY_LANE_H
#define FAULTPROXY_RELAY_LANE_H

#include "base/buf.h"
#include "frame.h"

#include <stdbool.h>
#include <stdint.h>

enum { LANE_MAX = 1 << 16 };

struct lane {
    struct buf buf;      /* what was read and not passed on */
    struct frame frame;  /* of the message that is passing */
    bool begun;          /* its head is whole */
    size_t framed;       /* bytes at the front of buf that belong to it */
    uint64_t interim;    /* bytes of 1xx answers in front of it */
    uint64_t passed;     /* bytes of it (and of the 1xx) that went out */
    bool opaque;         /* not HTTP: everything passes */
    bool eof;            /* the source has ended */
    bool source_failed;  /* ... with an error */
    bool sink_failed;    /* nobody takes the bytes any more: they are dropped */
    bool finished;       /* the end was passed on */
    bool discard;        /* framed bytes are dropped instead of passed on */
    uint64_t limit;      /* bytes of it that may pass; UINT64_MAX = all */
    int64_t hold_until;  /* nothing passes before; microseconds, monotonic */
    uint64_t slice;      /* bytes of one piece; 0 = not sliced */
    int64_t slice_pause; /* after each piece; microseconds */
    uint64_t slice_left; /* of the piece that is passing */
};

void lane_init(struct lane *lane, bool answers);
void lane_fini(struct lane *lane);

/* Ready for the next message; what is left in buf begins it. */
void lane_next(struct lane *lane);

bool lane_wants_read(const struct lane *lane);

/* Reads once; adds to *count. */
void lane_read(struct lane *lane, int fd, uint64_t *count);

/* Frames what was read. true when the head became whole with this call. */
bool lane_frame(struct lane *lane);

/* How many bytes may go out now. */
size_t lane_allowance(const struct lane *lane, int64_t now);

/* Passes on or drops what may go; adds to *count what was written. true when anything
 * moved. */
bool lane_write(struct lane *lane, int fd, int64_t now, uint64_t *count);

/* Is the message complete, and gone? */
bool lane_is_done(const struct lane *lane);

/* Has it reached its limit? */
bool lane_is_at_limit(const struct lane *lane);

/* When lane_allowance() may change by itself; INT64_MAX = never. */
int64_t lane_wake(const struct lane *lane, int64_t now);

#endif
