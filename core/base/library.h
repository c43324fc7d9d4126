/* library.h - which libraries the program runs with, for --version and error reports.
 *
 * Each layer tells those that only it knows: base_libraries() here, model_libraries()
 * and so on in that layer's libraries.h. What counts is the library that is loaded, not
 * the one that was compiled against.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>

enum { LIBRARIES_MAX = 16, LIBRARY_VERSION_SIZE = 64 };

struct library {
    const char *name;                   /* "libcurl"; borrowed for ever */
    char version[LIBRARY_VERSION_SIZE]; /* "7.88.1", or a word where it tells none */
};

/* Zero-initialise. */
struct library_list {
    struct library items[LIBRARIES_MAX];
    size_t count; /* of items */
};

/* Cuts a version that is too long, and drops a library beyond the room. */
void library_add(struct library_list *list, const char *name, const char *version);

/* glibc (or what stands for it), zlib, OpenSSL's libcrypto. */
void base_libraries(struct library_list *list);

#endif
