/* run_files.h - the files that a new run is about to make.
 */
#ifndef CMD_RUN_FILES_H
#define CMD_RUN_FILES_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* Appends the path made absolute, though the file need not be there yet: the folder must.
 */
int run_files_absolute(const char *path, struct buf *out, struct err *err);

/* RC_USAGE, naming it, when a report of these names is there already. */
int run_files_refuse(const char *prefix, struct err *err);

/* What a run of this kind that was broken off has left is worth nothing to a new one: a
 * nightly one must not fail for ever because it failed once. *left: there is such a
 * checkpoint. RC_USAGE when it is another run's, RC_LOCKED, ... */
int run_files_left(const char *path, const char *kind, bool *left, struct err *err);

/* A checkpoint, with what SQLite keeps beside it. */
void run_files_remove(const char *path);

#endif
