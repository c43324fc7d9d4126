/* pack.c - lengths are LEB128: one byte up to 126. 0 is null, else length + 1. */
#include "base/pack.h"

#include <stdint.h>

int pack_append(struct buf *buf, struct slice text) {
    uint64_t n = text.data == NULL ? 0 : (uint64_t)text.len + 1;

    do {
        char c = (char)(n & 0x7F);
        n >>= 7;
        (void)buf_append_char(buf, (char)(n > 0 ? c | (char)0x80 : c));
    } while (n > 0);
    return buf_append(buf, text.data == NULL ? "" : text.data,
                      text.data == NULL ? 0 : text.len);
}

int pack_next(struct slice *rest, struct slice *text) {
    uint64_t n = 0;
    unsigned shift = 0;
    unsigned char c;

    if (rest->len == 0)
        return 0;
    do {
        if (rest->len == 0 || shift > 56)
            return RC_INPUT;
        c = (unsigned char)rest->data[0];
        n |= (uint64_t)(c & 0x7F) << shift;
        shift += 7;
        rest->data++;
        rest->len--;
    } while ((c & 0x80) != 0);
    if (n > 0 && n - 1 > rest->len)
        return RC_INPUT;
    *text = n == 0 ? slice_make(NULL, 0) : slice_make(rest->data, (size_t)(n - 1));
    rest->data += text->len;
    rest->len -= text->len;
    return 1;
}
