/* libraries.h - the libraries that only this layer knows, for --version. */
#ifndef STATE_LIBRARIES_H
#define STATE_LIBRARIES_H

#include "base/library.h"

/* SQLite. */
void state_libraries(struct library_list *list);

#endif
