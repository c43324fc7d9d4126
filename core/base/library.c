/* library.c - the list, and the libraries of this layer. */
#include "base/library.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <zlib.h>
#ifdef __GLIBC__
#    include <gnu/libc-version.h>
#endif

void library_add(struct library_list *list, const char *name, const char *version) {
    struct library *library = &list->items[list->count];

    if (list->count == LIBRARIES_MAX)
        return;
    library->name = name;
    (void)snprintf(library->version, sizeof library->version, "%s", version);
    list->count++;
}

void base_libraries(struct library_list *list) {
#ifdef __GLIBC__
    library_add(list, "glibc", gnu_get_libc_version());
#endif
    library_add(list, "zlib", zlibVersion());
    library_add(list, "libcrypto", OpenSSL_version(OPENSSL_FULL_VERSION_STRING));
}
