/* outfile.h - an output file that is either there whole or not at all.
 *
 * Written without a name, or, where the file system cannot, under a temporary one in the
 * same folder; synced, renamed, and the folder synced: a name never stands for half a
 * file, whatever happens in between, and a process that is killed leaves nothing. "-" is
 * standard output, and a path that is a pipe or device is written directly; there nothing
 * is atomic. A failure sticks: after one, everything returns it.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include "base/env.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct outfile;

struct outfile_options {
    bool force;            /* a file of that name may be replaced; its mode is kept */
    bool keep_same;        /* without force: a file that is there may be it already, left
                            by a run that was broken off. Whether it is, byte for byte,
                            is seen at the commit */
    mode_t mode;           /* of a new file; 0 = 0666 less the umask */
    bool gzip;             /* what is written is packed */
    const struct env *env; /* chance for the temporary name; NULL = env_system() */
};

/* RC_USAGE when the file is there and force is not set, or when path is a folder;
 * RC_LOCAL, RC_NOMEM. A symbolic link is followed: the file it names is replaced, not the
 * link. */
int outfile_open(struct outfile **out, const char *path,
                 const struct outfile_options *options, struct err *err);

/* Does path stand for standard output, a pipe or a device, where nothing can be put in
 * place, looked at again or resumed? */
bool outfile_is_stream(const char *path);

/* Buffered (64 KiB); data may be any size. */
int outfile_write(struct outfile *file, struct slice data, struct err *err);
int outfile_flush(struct outfile *file, struct err *err);

/* A whole file of this text and a line end, in place. */
int outfile_put(const char *path, const char *text, const struct outfile_options *options,
                struct err *err);

/* Bytes taken so far, before they are packed. */
uint64_t outfile_size(const struct outfile *file);

/* A checksum of all that was written (FNV-1a, 64 bits: it tells that somebody has edited
 * the file, it is no proof). Flushes. */
int outfile_sum(struct outfile *file, uint64_t *sum, struct err *err);

/* The same of a file that is there: 1, 0 when there is none, or RC_LOCAL. */
int outfile_sum_of(const char *path, uint64_t *sum, struct err *err);

/* Puts the file in place. Afterwards only outfile_close() is legal. When a file of that
 * name has appeared in the meantime and force is not set, what was written stays under
 * the temporary name, which the message says. */
int outfile_commit(struct outfile *file, struct err *err);

/* Without a commit before: removes what was written. */
void outfile_close(struct outfile *file);

#endif
