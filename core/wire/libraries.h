/* libraries.h - the libraries that only this layer knows, for --version. */
#ifndef WIRE_LIBRARIES_H
#define WIRE_LIBRARIES_H

#include "base/library.h"

/* libcurl, and what it was built with for TLS. */
void wire_libraries(struct library_list *list);

#endif
