/* libraries.c - the CSV reader. */
#include "input/libraries.h"

#include <csv.h>
#include <stdio.h>

void input_libraries(struct library_list *list) {
    char version[LIBRARY_VERSION_SIZE];

    (void)snprintf(version, sizeof version, "%d.%d.%d", CSV_MAJOR, CSV_MINOR,
                   CSV_RELEASE);
    library_add(list, "libcsv", version);
}
