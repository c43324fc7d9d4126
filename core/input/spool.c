/* spool.c - whole files without a look at their content: identify, spool, unpack one.
 *
 * A spooled file is complete and on the disk when input_spool() returns 0; after a
 * failure there is none.
 */
#include "input/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/outfile.h"
#include "input/decode.h"

enum { SPOOL_CHUNK = 256 << 10 }; /* bytes copied or hashed at a time */

int input_identify(const char *path, uint64_t *bytes, char sha256[65], struct err *err) {
    struct source *source = NULL;
    char *chunk = malloc(SPOOL_CHUNK);
    size_t n;
    int rc;

    *bytes = 0;
    sha256[0] = '\0';
    if (chunk == NULL)
        return err_nomem(err);
    rc = source_open(&source, path, SOURCE_RAW | SOURCE_DIGEST, err);
    if (rc < 0)
        goto out;
    do {
        rc = source_read(source, chunk, SPOOL_CHUNK, &n, err);
        if (rc < 0)
            goto out;
    } while (n > 0);
    *bytes = source_bytes(source);
    rc = source_digest(source, sha256, err);
out:
    source_close(source);
    free(chunk);
    return rc;
}

static ssize_t spool_read(int fd, char *out, size_t cap) {
    ssize_t n;

    do
        n = read(fd, out, cap);
    while (n < 0 && errno == EINTR);
    return n;
}

int input_spool(int fd, const char *path, struct err *err) {
    const struct outfile_options options = {.mode = 0600};
    struct outfile *file = NULL;
    char *chunk = malloc(SPOOL_CHUNK);
    ssize_t n;
    int rc;

    if (chunk == NULL)
        return err_nomem(err);
    rc = outfile_open(&file, path, &options, err);
    if (rc < 0)
        goto out;
    while ((n = spool_read(fd, chunk, SPOOL_CHUNK)) > 0) {
        rc = outfile_write(file, slice_make(chunk, (size_t)n), err);
        if (rc < 0)
            goto out;
    }
    rc = n < 0 ? source_errno(err, "read", "standard input") : outfile_commit(file, err);
out:
    outfile_close(file);
    free(chunk);
    return rc;
}

int input_unpack(const struct input_options *options, struct input_facts *facts,
                 const char *path, struct err *err) {
    const struct outfile_options out = {.mode = 0600};
    struct outfile *file = NULL;
    struct decoder *decoder = NULL;
    char *chunk = malloc(SPOOL_CHUNK);
    uint64_t bytes = 0;
    size_t n;
    int rc;

    if (chunk == NULL)
        return err_nomem(err);
    rc = decode_open(&decoder, options->path, facts->encoding, false, err);
    if (rc == RC_OK)
        rc = outfile_open(&file, path, &out, err);
    while (rc == RC_OK &&
           (rc = decode_read(decoder, chunk, SPOOL_CHUNK, &n, err)) == RC_OK && n > 0) {
        rc = outfile_write(file, slice_make(chunk, n), err);
        bytes += n;
    }
    if (rc == RC_OK)
        rc = outfile_commit(file, err);
    if (rc == RC_OK) {
        facts->bytes = bytes;
        facts->gzip = false;
        facts->stamp = 0; /* nobody else knows of it */
        (void)snprintf(facts->encoding, sizeof facts->encoding, "UTF-8");
    }
    outfile_close(file);
    decode_close(decoder);
    free(chunk);
    return rc;
}
