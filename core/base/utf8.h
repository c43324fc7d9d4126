/* utf8.h - UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, up to U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"
#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of the sequence at s (1 to 4) with its code point in *cp, or 0 when the bytes
 * there are no UTF-8 (or cut off: then *cp is the number of bytes that were right). */
size_t utf8_decode(struct slice s, uint32_t *cp);

/* Offset of the first byte that is not UTF-8, or s.len when all of it is. */
size_t utf8_valid_prefix(struct slice s);

/* Code points in s; s must be valid. */
size_t utf8_count(struct slice s);

/* Appends cp; RC_OK, RC_NOMEM or RC_LIMIT. */
int utf8_append(struct buf *buf, uint32_t cp);

/* Appends s lower-cased for comparing, code point by code point (simple folding, no
 * locale of the user involved); bytes that are not UTF-8 are kept. */
int utf8_append_folded(struct buf *buf, struct slice s);

/* Appends s fit for one line of a terminal: control characters and invalid bytes as
 * \xNN, cut after max code points with "...". */
int utf8_append_printable(struct buf *buf, struct slice s, size_t max);

/* Edit distance up to limit (then limit + 1), over bytes, ASCII case ignored: for "did
 * you mean". */
size_t utf8_distance(struct slice a, struct slice b, size_t limit);

#endif
