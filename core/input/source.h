/* source.h - the bytes of an input file, unpacked where it is gzipped.
 *
 * Reads one regular file from its beginning to its end. Gzip is told by its magic bytes;
 * a file of several members is one text, and what is cut off, damaged or followed by
 * something else is an error that names the file and the byte in the compressed file.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum source_flags {
    SOURCE_DIGEST = 1, /* compute the SHA-256 of the raw bytes along the way */
    SOURCE_RAW = 2     /* leave a gzipped file packed */
};

struct source;

/* flags: of enum source_flags. RC_INPUT when path cannot be opened or is no regular file.
 * source_close() it. */
int source_open(struct source **out, const char *path, unsigned flags, struct err *err);

/* Up to cap bytes of the unpacked content to out; *len is 0 at the end only. */
int source_read(struct source *source, char *out, size_t cap, size_t *len,
                struct err *err);

/* Goes on at a byte of a file that is not gzipped; a digest is lost by it. */
int source_seek(struct source *source, uint64_t offset, struct err *err);

bool source_is_gzip(const struct source *source);

/* Bytes of the file as it lay there when it was opened. */
uint64_t source_size(const struct source *source);

/* Another number whenever the file's size or time of modification is another one: as it
 * lies there now. 0 when that cannot be told. */
uint64_t source_stamp(const struct source *source);

/* Raw bytes read so far: the size of the file once its end was reached. */
uint64_t source_bytes(const struct source *source);

/* The SHA-256 of the raw bytes as hex, once, after the end was reached. */
int source_digest(struct source *source, char hex[65], struct err *err);

void source_close(struct source *source);

/* "cannot WHAT PATH: strerror" with RC_INPUT: the input is at fault, not our own files.
 */
int source_errno(struct err *err, const char *what, const char *path);

#endif
