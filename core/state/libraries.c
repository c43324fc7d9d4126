/* libraries.c - SQLite. */
#include "state/libraries.h"

#include <sqlite3.h>

void state_libraries(struct library_list *list) {
    library_add(list, "SQLite", sqlite3_libversion());
}
