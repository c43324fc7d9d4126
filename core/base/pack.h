/* pack.h - a list of texts as one run of bytes: each with its length in front, null told
 * from empty. For keeping what will be written out later.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buf.h"
#include "base/slice.h"

/* Appends one text; data NULL is null. */
int pack_append(struct buf *buf, struct slice text);

/* Takes the first text off *rest: 1, 0 at the end, RC_INPUT when the bytes are none of
 * ours. Borrowed from rest. */
int pack_next(struct slice *rest, struct slice *text);

#endif
