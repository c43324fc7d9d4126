/* input_temp.h - files that a unit test of core/input makes for itself.
 *
 * One new folder per test program; temp_remove() takes it away with all that is in it.
 */
#ifndef TESTS_INPUT_TEMP_H
#define TESTS_INPUT_TEMP_H

#include "base/slice.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct temp {
    char folder[64];
    char path[512]; /* of the file that temp_write() made last */
};

static inline int temp_make(struct temp *temp) {
    (void)snprintf(temp->folder, sizeof temp->folder, "/tmp/espoload-test-XXXXXX");
    return mkdtemp(temp->folder) == NULL ? -1 : 0;
}

/* Path of a name in the folder; valid until the next call. */
static inline const char *temp_path(struct temp *temp, const char *name) {
    (void)snprintf(temp->path, sizeof temp->path, "%s/%s", temp->folder, name);
    return temp->path;
}

/* Writes a file there, replacing one of that name; its path. */
static inline const char *temp_write(struct temp *temp, const char *name,
                                     struct slice data) {
    FILE *file = fopen(temp_path(temp, name), "wb");

    if (file == NULL || fwrite(data.data, 1, data.len, file) != data.len ||
        fclose(file) != 0)
        abort();
    return temp->path;
}

static inline int temp_remove_one(const char *path, const struct stat *st, int type,
                                  struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void temp_remove(struct temp *temp) {
    (void)nftw(temp->folder, temp_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
