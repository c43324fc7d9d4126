/* frame.h - where an HTTP/1.1 message ends, and the few facts of its head that a fault is
 * chosen by.
 *
 * Just enough of RFC 9112 to count messages: request and status line, Content-Length,
 * chunked bodies, keep-alive. What is not understood is reported, never guessed at.
 */
#ifndef FAULTPROXY_FRAME_H
#define FAULTPROXY_FRAME_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_chunk {
    CHUNK_SIZE,      /* the digits of a chunk's size */
    CHUNK_EXTENSION, /* what follows them, up to the line's end */
    CHUNK_DATA,
    CHUNK_DATA_END,      /* the line end behind the data */
    CHUNK_TRAILER_START, /* at the start of a trailer line */
    CHUNK_TRAILER        /* inside one */
};

/* One message. Zero-initialise; set `answer` and `to_head` before the first call. */
struct frame {
    bool answer;            /* an answer, not a request */
    bool to_head;           /* the answer to a HEAD: it has no body */
    bool done;              /* the whole message was seen */
    bool broken;            /* the body is no HTTP: no end will be found */
    bool until_close;       /* an answer that ends with its connection */
    bool chunked;           /* Transfer-Encoding: chunked */
    bool keep_alive;        /* the connection may carry a further message */
    size_t head_size;       /* bytes of the head, its blank line included; 0 = not yet */
    uint64_t body_size;     /* of Content-Length */
    uint64_t left;          /* bytes of the body, or of the chunk, still to come */
    enum frame_chunk chunk; /* chunked: where in it */
    int status;             /* of an answer */
    char method[16];        /* of a request */
    char target[1024];      /* of a request; cut when longer */
};

/* data: everything of the message so far. 1 when its head is complete, 0 when more is
 * needed, -1 when this is no HTTP/1 message. */
int frame_head(struct frame *frame, struct slice data);

/* data: bytes behind those already seen, the head not among them. Returns how many of
 * them belong to this message; see `done` and `broken`. */
size_t frame_body(struct frame *frame, struct slice data);

/* The connection ended: an answer that lasts until then is done. */
void frame_end(struct frame *frame);

#endif
