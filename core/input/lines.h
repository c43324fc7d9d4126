/* lines.h - a text as physical lines, in a window that slides over it.
 *
 * LF, CRLF and CR end a line, in any mix. The window holds what was read and not yet
 * consumed; it grows to what a record needs and never beyond its cap.
 */
#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the text comes from: up to cap bytes to out; *len is 0 at the end only. */
typedef int lines_read_fn(void *context, char *out, size_t cap, size_t *len,
                          struct err *err);

struct lines {
    lines_read_fn *read; /* the text */
    void *context;       /* for read; borrowed */
    char *data;          /* owned; the window */
    size_t cap;          /* bytes allocated */
    size_t max;          /* bytes it may ever have */
    size_t begin;        /* first byte in data that is not consumed */
    size_t end;          /* end of what is in data */
    size_t clear_from;   /* between these two places in data there is no LF; what */
    size_t clear_to;     /* lies at clear_to has to be looked at */
    uint64_t offset;     /* of data[begin] in the text */
    bool ended;          /* read has no more */
};

struct line {
    size_t len;   /* bytes without the line end */
    size_t total; /* bytes with it; equal to len where the text ends without one */
};

enum lines_found {
    LINES_END = 0,     /* no line begins there: the text is over */
    LINES_LINE = 1,    /* a whole line */
    LINES_TOO_LONG = 2 /* the window is full and the line goes on; its len is in *line */
};

/* longest: bytes from the first unconsumed one that must fit at once. */
int lines_init(struct lines *lines, lines_read_fn *read, void *context, size_t longest,
               struct err *err);

/* The line that begins `at` bytes after the first unconsumed one: an enum lines_found, or
 * < 0. Pointers from lines_text() are void after it. */
int lines_find(struct lines *lines, size_t at, struct line *line, struct err *err);

/* The unconsumed text; borrowed until the next call that is not lines_text(). */
static inline const char *lines_text(const struct lines *lines) {
    return lines->data + lines->begin;
}

static inline void lines_consume(struct lines *lines, size_t len) {
    lines->begin += len;
    lines->offset += len;
}

/* Consumes the line that begins at the first unconsumed byte, however long it is. */
int lines_skip(struct lines *lines, struct err *err);

/* Forgets the window: what read gives next is at offset. */
void lines_restart(struct lines *lines, uint64_t offset);

void lines_fini(struct lines *lines);

#endif
