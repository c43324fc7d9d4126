/* source.c - reads a regular file, through zlib where it is gzipped, hashing as it goes.
 *
 * Promises that a read error, a cut or damaged archive never looks like the end of the
 * file. Does not know of text: bytes come out as they are.
 */
#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/digest.h"

enum {
    GZIP_CHUNK = 64 << 10,     /* bytes of compressed input at a time */
    GZIP_WINDOW_BITS = 15 + 16 /* inflateInit2(): gzip wrapping only */
};

struct source {
    char *path;            /* owned */
    int fd;                /* -1 while closed */
    uint64_t size;         /* of the file when it was opened */
    uint64_t bytes;        /* raw bytes read */
    struct digest *digest; /* NULL when nobody wants it */
    bool gzip;             /* told by the magic bytes */
    bool file_ended;       /* read() returned 0 */
    bool in_member;        /* inflate is inside a gzip member */
    bool inflating;        /* stream has been initialised */
    z_stream stream;
    unsigned char *packed; /* GZIP_CHUNK bytes; NULL unless gzip */
};

int source_errno(struct err *err, const char *what, const char *path) {
    return err_set(err, RC_INPUT, "cannot %s %s: %s", what, path, strerror(errno));
}

static int source_check_kind(struct source *source, const char *path, struct err *err) {
    struct stat st;

    if (fstat(source->fd, &st) < 0)
        return source_errno(err, "read", path);
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return source_errno(err, "read", path);
    }
    if (!S_ISREG(st.st_mode)) {
        (void)err_set(err, RC_INPUT, "%s is not a regular file", path);
        err_advise(err, "give it on standard input: name the file \"-\" and redirect "
                        "it with <");
        return RC_INPUT;
    }
    source->size = (uint64_t)st.st_size;
    return RC_OK;
}

/* RC_OK with source->gzip set; pread() leaves the file position alone. */
static int source_detect_gzip(struct source *source, struct err *err) {
    unsigned char magic[2];
    ssize_t n;

    do
        n = pread(source->fd, magic, sizeof magic, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return source_errno(err, "read", source->path);
    source->gzip = n == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    if (!source->gzip)
        return RC_OK;
    source->packed = malloc(GZIP_CHUNK);
    if (source->packed == NULL || inflateInit2(&source->stream, GZIP_WINDOW_BITS) != Z_OK)
        return err_nomem(err);
    source->inflating = true;
    source->in_member = true;
    return RC_OK;
}

int source_open(struct source **out, const char *path, unsigned flags, struct err *err) {
    struct source *source = calloc(1, sizeof *source);
    int rc;

    *out = NULL;
    if (source == NULL)
        return err_nomem(err);
    source->path = strdup(path);
    /* O_NONBLOCK: opening a pipe must not wait for its writer before it is refused. */
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (source->fd < 0) {
        rc = source_errno(err, "open", path);
        goto out;
    }
    if (source->path == NULL) {
        rc = err_nomem(err);
        goto out;
    }
    rc = source_check_kind(source, path, err);
    if (rc < 0)
        goto out;
    if ((flags & SOURCE_DIGEST) != 0) {
        source->digest = digest_new();
        if (source->digest == NULL) {
            rc = err_nomem(err);
            goto out;
        }
    }
    if ((flags & SOURCE_RAW) == 0)
        rc = source_detect_gzip(source, err);
out:
    if (rc < 0)
        source_close(source);
    else
        *out = source;
    return rc;
}

/* Raw bytes; *len is 0 at the end of the file. */
static int source_read_raw(struct source *source, void *out, size_t cap, size_t *len,
                           struct err *err) {
    ssize_t n;

    *len = 0;
    if (source->file_ended)
        return RC_OK;
    do
        n = read(source->fd, out, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(err, RC_INPUT, "cannot read %s at byte %llu: %s", source->path,
                       (unsigned long long)source->bytes, strerror(errno));
    *len = (size_t)n;
    source->file_ended = n == 0;
    source->bytes += (uint64_t)n;
    if (source->digest != NULL && digest_update(source->digest, out, (size_t)n) < 0)
        return err_nomem(err);
    return RC_OK;
}

/* The byte of the compressed file that inflate looks at next. */
static unsigned long long source_packed_at(const struct source *source) {
    return (unsigned long long)(source->bytes - source->stream.avail_in);
}

static int source_truncated(const struct source *source, struct err *err) {
    (void)err_set(err, RC_INPUT,
                  "%s is cut off: its gzip data ends at byte %llu, before its end",
                  source->path, (unsigned long long)source->bytes);
    err_advise(err, "the file is incomplete: fetch or make it again");
    return RC_INPUT;
}

/* Between two members: is this another one? 1, 0 at the end of the file, or < 0. */
static int source_begin_member(struct source *source, struct err *err) {
    z_stream *stream = &source->stream;

    if (stream->avail_in == 0)
        return 0;
    if (stream->next_in[0] != 0x1F) {
        (void)err_set(err, RC_INPUT,
                      "%s goes on after the end of its gzip data, at byte %llu",
                      source->path, source_packed_at(source));
        err_advise(err, "the file is damaged, or something was appended to it: fetch or "
                        "make it again");
        return RC_INPUT;
    }
    if (inflateReset(stream) != Z_OK)
        return err_nomem(err);
    source->in_member = true;
    return 1;
}

/* One step of inflate: RC_OK, or what is wrong with the data. */
static int source_inflate_step(struct source *source, struct err *err) {
    z_stream *stream = &source->stream;
    int z = inflate(stream, Z_NO_FLUSH);

    if (z == Z_STREAM_END) {
        source->in_member = false;
        return RC_OK;
    }
    if (z == Z_OK || z == Z_BUF_ERROR)
        return RC_OK;
    if (z == Z_MEM_ERROR)
        return err_nomem(err);
    (void)err_set(err, RC_INPUT, "%s: its gzip data is damaged at byte %llu: %s",
                  source->path, source_packed_at(source),
                  stream->msg != NULL ? stream->msg : "not gzip");
    err_advise(err, "fetch or make the file again");
    return RC_INPUT;
}

static int source_read_gzip(struct source *source, char *out, size_t cap, size_t *len,
                            struct err *err) {
    z_stream *stream = &source->stream;
    size_t n;
    int rc;

    cap = cap > UINT_MAX ? UINT_MAX : cap;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)cap;
    while (stream->avail_out > 0) {
        if (stream->avail_in == 0) {
            rc = source_read_raw(source, source->packed, GZIP_CHUNK, &n, err);
            if (rc < 0)
                return rc;
            stream->next_in = source->packed;
            stream->avail_in = (uInt)n;
        }
        if (!source->in_member) {
            rc = source_begin_member(source, err);
            if (rc < 0)
                return rc;
            if (rc == 0)
                break;
        }
        /* zlib may still hold output of input that it has swallowed already. */
        n = stream->avail_out;
        rc = source_inflate_step(source, err);
        if (rc < 0)
            return rc;
        if (source->in_member && source->file_ended && stream->avail_in == 0 &&
            stream->avail_out == n)
            return source_truncated(source, err);
    }
    *len = cap - stream->avail_out;
    return RC_OK;
}

int source_read(struct source *source, char *out, size_t cap, size_t *len,
                struct err *err) {
    *len = 0;
    if (source->gzip)
        return source_read_gzip(source, out, cap, len, err);
    return source_read_raw(source, out, cap, len, err);
}

int source_seek(struct source *source, uint64_t offset, struct err *err) {
    struct stat st;

    if (fstat(source->fd, &st) < 0)
        return source_errno(err, "read", source->path);
    if (source->gzip || offset > (uint64_t)st.st_size)
        return err_set(err, RC_INPUT, "cannot go to byte %llu of %s",
                       (unsigned long long)offset, source->path);
    if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0)
        return source_errno(err, "seek in", source->path);
    source->bytes = offset;
    source->file_ended = false;
    digest_free(source->digest);
    source->digest = NULL;
    return RC_OK;
}

bool source_is_gzip(const struct source *source) {
    return source->gzip;
}

uint64_t source_size(const struct source *source) {
    return source->size;
}

uint64_t source_stamp(const struct source *source) {
    struct stat st;
    int64_t parts[3];

    if (fstat(source->fd, &st) < 0)
        return 0;
    parts[0] = (int64_t)st.st_size;
    parts[1] = (int64_t)st.st_mtim.tv_sec;
    parts[2] = (int64_t)st.st_mtim.tv_nsec;
    return digest_fnv(DIGEST_FNV_SEED, slice_make((const char *)parts, sizeof parts));
}

uint64_t source_bytes(const struct source *source) {
    return source->bytes;
}

int source_digest(struct source *source, char hex[65], struct err *err) {
    unsigned char raw[DIGEST_SIZE];

    if (source->digest == NULL || digest_final(source->digest, raw) < 0)
        return err_nomem(err);
    digest_hex(raw, hex);
    digest_free(source->digest);
    source->digest = NULL;
    return RC_OK;
}

void source_close(struct source *source) {
    if (source == NULL)
        return;
    if (source->inflating)
        (void)inflateEnd(&source->stream);
    free(source->packed);
    digest_free(source->digest);
    if (source->fd >= 0)
        (void)close(source->fd);
    free(source->path);
    free(source);
}
