/* buf.h - a growable buffer with a cap.
 *
 * Zero-initialise it with its cap (`struct buf b = {.max = 1 << 20}`), release it with
 * buf_fini(). Every append returns 0, RC_NOMEM or RC_LIMIT; after a failure the buffer
 * holds what it held before, and `failed` stays set so that a run of appends may be
 * checked once at its end. data is always NUL-terminated once anything was appended.
 *
 * It may also stand on memory of the caller's: `char room[400] = ""; struct buf b =
 * BUF_ON(room)`. Then it never grows, and an append can fail only with RC_LIMIT; there is
 * nothing to buf_fini().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/rc.h"
#include "base/slice.h"

#include <stddef.h>

struct buf {
    char *data; /* owned; NULL until the first append */
    size_t len; /* bytes in use, the terminator not counted */
    size_t cap; /* bytes allocated */
    size_t max; /* bytes it may ever hold; 0 means no data may be appended */
    int failed; /* RC_OK or the first failure since buf_reset() */
};

#define BUF_ON(room)                                                                     \
    { .data = (room), .cap = sizeof(room), .max = sizeof(room) - 1 }

int buf_append(struct buf *buf, const void *data, size_t len);
int buf_append_text(struct buf *buf, const char *text);
int buf_append_slice(struct buf *buf, struct slice slice);
int buf_append_char(struct buf *buf, char c);
int buf_append_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes room for len more bytes and returns where they go, or NULL (see `failed`); the
 * caller writes at most len bytes there and calls buf_commit() with how many. */
char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

/* Removes the first len bytes. */
void buf_consume(struct buf *buf, size_t len);

/* Empties it, keeps the memory. */
void buf_reset(struct buf *buf);
void buf_fini(struct buf *buf);

/* "" when empty; borrowed until the next call on buf. */
const char *buf_text(const struct buf *buf);
struct slice buf_slice(const struct buf *buf);

#endif
