/* run_files.c - paths of runs. */
#include "cmd/run_files.h"

#include "cmd/carry.h"
#include "state/journal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 8192 };

/* Absolute, though the file need not be there yet: the folder must. */
int run_files_absolute(const char *path, struct buf *out, struct err *err) {
    const char *slash = strrchr(path, '/');
    char *folder = NULL, *name;
    size_t len = slash == NULL ? 1 : (size_t)(slash - path) + (slash == path);
    char *typed = strndup(slash == NULL ? "." : path, len);
    int rc;

    if (typed == NULL)
        return err_nomem(err);
    folder = realpath(typed, NULL);
    if (folder == NULL) {
        rc = err_errno(err, "find the folder", typed);
    } else {
        name = strdup(slash == NULL ? path : slash + 1);
        (void)buf_append_format(out, "%s%s%s", folder,
                                strcmp(folder, "/") == 0 ? "" : "/",
                                name == NULL ? "" : name);
        rc = name == NULL || out->failed != RC_OK ? err_nomem(err) : RC_OK;
        free(name);
    }
    free(folder);
    free(typed);
    return rc;
}

static int refuse_existing(const char *path, struct err *err) {
    if (access(path, F_OK) != 0)
        return RC_OK;
    (void)err_set(err, RC_USAGE, "%s is there already", path);
    err_advise(err, "move it away, or allow replacing it with --force");
    return RC_USAGE;
}

int run_files_refuse(const char *prefix, struct err *err) {
    struct output_paths paths = {0};
    int rc = output_paths_make(&paths, prefix, err);

    if (rc == RC_OK)
        rc = refuse_existing(buf_text(&paths.results), err);
    if (rc == RC_OK)
        rc = refuse_existing(buf_text(&paths.errors), err);
    if (rc == RC_OK)
        rc = refuse_existing(buf_text(&paths.unprocessed), err);
    if (rc == RC_OK)
        rc = refuse_existing(buf_text(&paths.report), err);
    output_paths_fini(&paths);
    return rc;
}

int run_files_left(const char *path, const char *kind, bool *left, struct err *err) {
    struct journal *journal = NULL;
    bool ours;
    int rc;

    *left = false;
    if (journal_refuse(path, NULL) == RC_OK) /* nothing there, or nothing in it */
        return RC_OK;
    rc = journal_open(&journal, path, err);
    if (rc != RC_OK)
        return rc;
    ours = strcmp(journal_text(journal, "kind"), kind) == 0 ||
           journal_text(journal, "kind")[0] == '\0';
    journal_close(journal);
    if (!ours) {
        rc = err_set(err, RC_USAGE, "%s is the checkpoint of another run", path);
        err_advise(err, "name another one with --checkpoint");
        return rc;
    }
    *left = true;
    return RC_OK;
}

void run_files_remove(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct buf name = {.max = PATH_BYTES};

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        buf_reset(&name);
        if (buf_append_format(&name, "%s%s", path, endings[i]) == RC_OK)
            (void)unlink(buf_text(&name));
    }
    buf_fini(&name);
}
