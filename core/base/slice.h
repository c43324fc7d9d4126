/* slice.h - a borrowed run of bytes: who owns it is said where it is handed out. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data; /* not terminated; may be NULL when len is 0 */
    size_t len;       /* bytes */
};

static inline struct slice slice_of(const char *text) {
    struct slice s = {text, text == NULL ? 0 : strlen(text)};
    return s;
}

static inline struct slice slice_make(const char *data, size_t len) {
    struct slice s = {data, len};
    return s;
}

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text) {
    return a.len == 0 ? text[0] == '\0'
                      : a.data[0] == text[0] && slice_equal(a, slice_of(text));
}

/* Without leading and trailing ASCII blanks (space, tab, CR, LF, VT, FF), the ones that
 * the server's own trim takes away. */
static inline struct slice slice_trim(struct slice s) {
    static const char blanks[] = " \t\r\n\v\f";
    while (s.len > 0 && memchr(blanks, s.data[0], sizeof blanks - 1) != NULL) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && memchr(blanks, s.data[s.len - 1], sizeof blanks - 1) != NULL)
        s.len--;
    return s;
}

#endif
