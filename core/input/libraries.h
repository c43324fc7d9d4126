/* libraries.h - the libraries that only this layer knows, for --version. */
#ifndef INPUT_LIBRARIES_H
#define INPUT_LIBRARIES_H

#include "base/library.h"

/* libcsv, which has no version at run time: that of its header. */
void input_libraries(struct library_list *list);

#endif
