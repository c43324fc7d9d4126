/* tempfile.h - where files stand that are of no use once a command is over.
 *
 * Each gets a folder of its own that only its owner can enter, in the folder that TMPDIR
 * names, else in /var/tmp: they can be as large as the input, and /tmp is often memory.
 */
#ifndef BASE_TEMPFILE_H
#define BASE_TEMPFILE_H

#include "base/buf.h"
#include "base/err.h"

/* Makes such a folder and appends the path of a file in it; the file is not made. On
 * failure (RC_LOCAL, RC_NOMEM) there is no folder, and path is what it was. */
int tempfile_place(struct buf *path, const char *name, struct err *err);

/* Removes the file of that path, if it is there, and its folder. What was open of it can
 * still be used. */
void tempfile_remove(const char *path);

#endif
