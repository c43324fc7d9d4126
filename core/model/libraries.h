/* libraries.h - the libraries that only this layer knows, for --version. */
#ifndef MODEL_LIBRARIES_H
#define MODEL_LIBRARIES_H

#include "base/library.h"

/* jansson, PCRE2, and libphonenumber, which has no version at run time. */
void model_libraries(struct library_list *list);

#endif
