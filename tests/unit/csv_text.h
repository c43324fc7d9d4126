/* csv_text.h - a text in memory as the source of a CSV reader, and cells made visible. */
#ifndef TESTS_CSV_TEXT_H
#define TESTS_CSV_TEXT_H

#include "base/buf.h"
#include "input/csv.h"

#include <string.h>

struct text {
    struct slice left;
    size_t step; /* bytes it gives at a time */
};

/* A csv_read of a text that is given out piece by piece. */
static inline int text_read(void *context, char *out, size_t cap, size_t *len,
                            struct err *err) {
    struct text *text = context;
    size_t n = text->left.len < text->step ? text->left.len : text->step;

    (void)err;
    n = n < cap ? n : cap;
    if (n > 0)
        memcpy(out, text->left.data, n);
    text->left.data += n;
    text->left.len -= n;
    *len = n;
    return RC_OK;
}

/* A cell with its line ends and NULs to be seen: <r>, <n>, <0>. */
static inline void show_cell(struct buf *out, struct slice cell) {
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.data[i];
        if (c == '\r' || c == '\n' || c == '\0')
            (void)buf_append_text(out, c == '\r' ? "<r>" : c == '\n' ? "<n>" : "<0>");
        else
            (void)buf_append_char(out, c);
    }
}

#endif
