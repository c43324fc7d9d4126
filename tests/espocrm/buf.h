/*
 * A growable byte buffer and the writer of JSON as PHP's json_encode writes it: slashes
 * and everything outside ASCII escaped, doubles in their shortest form that reads back.
 * Running out of memory ends the program: a test server has nothing better to do.
 */
#ifndef ESPOCRM_BUF_H
#define ESPOCRM_BUF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *p; /* always ends in a NUL that len does not count, once anything was added */
    size_t len; /* bytes used */
    size_t cap; /* bytes allocated */
};

void buf_free(struct buf *b);
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One JSON value each. */
void buf_json_string(struct buf *b, const char *s, size_t n);
void buf_json_double(struct buf *b, double d);
void buf_json(struct buf *b, const json_t *v);

/* `"key":`, with a comma before it unless the buffer ends in an opening bracket. */
void buf_key(struct buf *b, const char *key);
/* A comma unless the buffer ends in an opening bracket. */
void buf_comma(struct buf *b);

/* Shortest decimal form that reads back as d, PHP's strval of a float. */
void double_text(double d, char out[40]);

/* malloc, calloc, realloc and strdup that never return NULL. */
void *mem_alloc(size_t n);
void *mem_zero(size_t n);
void *mem_grow(void *p, size_t n);
char *mem_dup(const char *s);
char *mem_dupn(const char *s, size_t n);

#endif
