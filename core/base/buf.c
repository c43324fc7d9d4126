/* buf.c - a growable buffer with a cap; grows by doubling, never beyond max. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int buf_fail(struct buf *buf, enum rc rc) {
    if (buf->failed == RC_OK)
        buf->failed = rc;
    return rc;
}

static int buf_grow(struct buf *buf, size_t extra) {
    size_t need, cap;
    char *data;

    if (extra > buf->max || buf->len > buf->max - extra)
        return buf_fail(buf, RC_LIMIT);
    need = buf->len + extra + 1;
    if (need <= buf->cap)
        return RC_OK;
    cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > buf->max + 1)
        cap = buf->max + 1;
    data = realloc(buf->data, cap);
    if (data == NULL)
        return buf_fail(buf, RC_NOMEM);
    buf->data = data;
    buf->cap = cap;
    return RC_OK;
}

int buf_append(struct buf *buf, const void *data, size_t len) {
    int rc = buf_grow(buf, len);

    if (rc < 0)
        return rc;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return RC_OK;
}

int buf_append_text(struct buf *buf, const char *text) {
    return buf_append(buf, text, strlen(text));
}

int buf_append_slice(struct buf *buf, struct slice slice) {
    return buf_append(buf, slice.data, slice.len);
}

int buf_append_char(struct buf *buf, char c) {
    return buf_append(buf, &c, 1);
}

int buf_append_format(struct buf *buf, const char *format, ...) {
    va_list args;
    char *at;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return buf_fail(buf, RC_LIMIT);
    at = buf_reserve(buf, (size_t)n);
    if (at == NULL)
        return buf->failed;
    va_start(args, format);
    (void)vsnprintf(at, (size_t)n + 1, format, args);
    va_end(args);
    buf->len += (size_t)n;
    return RC_OK;
}

char *buf_reserve(struct buf *buf, size_t len) {
    if (buf_grow(buf, len) < 0)
        return NULL;
    return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len) {
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_consume(struct buf *buf, size_t len) {
    if (len == 0)
        return;
    buf->len -= len;
    memmove(buf->data, buf->data + len, buf->len + 1);
}

void buf_reset(struct buf *buf) {
    buf->len = 0;
    buf->failed = RC_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void buf_fini(struct buf *buf) {
    free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
    buf->failed = RC_OK;
}

const char *buf_text(const struct buf *buf) {
    return buf->data == NULL ? "" : buf->data;
}

struct slice buf_slice(const struct buf *buf) {
    return slice_make(buf_text(buf), buf->len);
}
