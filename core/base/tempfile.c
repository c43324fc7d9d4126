/* tempfile.c - a folder for one temporary file. */
#include "base/tempfile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

int tempfile_place(struct buf *path, const char *name, struct err *err) {
    const char *parent = getenv("TMPDIR");
    struct buf folder = {.max = PATH_BYTES};
    int rc = RC_OK;

    if (parent == NULL || parent[0] == '\0')
        parent = "/var/tmp";
    if (buf_append_format(&folder, "%s/espoload-XXXXXX", parent) < 0)
        rc = err_nomem(err);
    else if (mkdtemp(folder.data) == NULL)
        rc = err_errno(err, "make a temporary folder in", parent);
    else if (buf_append_format(path, "%s/%s", buf_text(&folder), name) < 0) {
        (void)rmdir(buf_text(&folder));
        rc = err_nomem(err);
    }
    buf_fini(&folder);
    return rc;
}

void tempfile_remove(const char *path) {
    struct buf folder = {.max = PATH_BYTES};
    const char *slash = strrchr(path, '/');

    (void)unlink(path);
    if (slash != NULL && buf_append(&folder, path, (size_t)(slash - path)) == RC_OK)
        (void)rmdir(buf_text(&folder));
    buf_fini(&folder);
}
