/* outfile.c - temporary file, fsync, rename, fsync of the folder.
 *
 * The temporary file has no name while it is written (O_TMPFILE), so that nothing is left
 * of it after a kill -9; it gets one just before the rename.
 *
 * A name that appeared in the meantime is never written over without force: the rename
 * itself refuses (RENAME_NOREPLACE), or link(2) does where the file system cannot.
 */
#include "base/outfile.h"

#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER_SIZE = 64 << 10, NAME_TRIES = 100, NAME_KEPT = 200 };

struct outfile {
    int fd;                /* open for writing; -1 = none */
    int folder;            /* the folder of the file; -1 = written directly */
    char *shown;           /* the path as it was given, for messages */
    const struct env *env; /* chance for the temporary name */
    char *target;          /* the path with symbolic links followed; owned */
    const char *name;      /* last part of target; borrowed from it */
    char temporary[256];   /* name in folder; "" = none to be removed */
    bool nameless;         /* not linked into the folder yet */
    bool force;            /* replace what is there */
    bool keep_same;        /* or leave it, when it is the same */
    int failed;            /* RC_OK or the first failure */
    uint64_t size;         /* bytes taken */
    uint64_t sum;          /* of those that were written */
    z_stream *gzip;        /* owned; NULL = bytes go out as they come */
    size_t used;           /* bytes in buffer */
    char buffer[BUFFER_SIZE];
};

/* Notes a failure; the text of errno goes to err. */
static int fail_errno(struct outfile *file, const char *what, struct err *err) {
    file->failed = err_errno(
        err, what, strcmp(file->shown, "-") == 0 ? "standard output" : file->shown);
    return file->failed;
}

static int already_failed(const struct outfile *file, struct err *err) {
    return err_set(err, (enum rc)file->failed, "%s could not be written", file->shown);
}

static int refuse_existing(const struct outfile *file, struct err *err) {
    (void)err_set(err, RC_USAGE, "%s is there already", file->shown);
    err_advise(err, "name another file, or use --force to replace it");
    return RC_USAGE;
}

/* Opening /dev/stdout anew would begin at the start of a file it was redirected to. */
static bool is_stdout(const char *path) {
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

bool outfile_is_stream(const char *path) {
    struct stat facts;

    return is_stdout(path) || (stat(path, &facts) == 0 && !S_ISREG(facts.st_mode) &&
                               !S_ISDIR(facts.st_mode));
}

/* Standard output, a pipe, a device: nothing to rename. */
static int open_directly(struct outfile *file, struct err *err) {
    if (is_stdout(file->shown))
        file->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    else
        file->fd = open(file->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (file->fd < 0 && errno == EINTR) /* a named pipe that nobody reads */
        return err_set(err, RC_INTERRUPTED, "interrupted: nobody reads %s", file->shown);
    return file->fd < 0 ? fail_errno(file, "write to", err) : RC_OK;
}

/* Opens the folder and cuts target into folder and name. */
static int open_folder(struct outfile *file, struct err *err) {
    char *slash = strrchr(file->target, '/');

    file->name = slash == NULL ? file->target : slash + 1;
    if (file->name[0] == '\0')
        return err_set(err, RC_USAGE, "%s is the name of a folder, not of a file",
                       file->shown);
    if (slash == NULL) {
        file->folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else if (slash == file->target) {
        file->folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else {
        *slash = '\0';
        file->folder = open(file->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (file->folder < 0 && errno == EACCES) /* may be entered, not listed */
            file->folder = open(file->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
        *slash = '/';
    }
    return file->folder < 0 ? fail_errno(file, "open the folder of", err) : RC_OK;
}

/* Gives the file that has no name a temporary one. */
static int give_name(struct outfile *file, struct err *err) {
    char self[64];

    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
    for (int i = 0; i < NAME_TRIES; i++) {
        (void)snprintf(file->temporary, sizeof file->temporary, "%.*s.tmp-%08" PRIx32,
                       NAME_KEPT, file->name, (uint32_t)env_random(file->env));
        if (linkat(AT_FDCWD, self, file->folder, file->temporary, AT_SYMLINK_FOLLOW) ==
            0) {
            file->nameless = false;
            return RC_OK;
        }
        if (errno != EEXIST)
            break;
    }
    file->temporary[0] = '\0';
    return fail_errno(file, "create", err);
}

static int create_temporary(struct outfile *file, mode_t mode, const struct env *env,
                            struct err *err) {
    if (access("/proc/self/fd", X_OK) == 0)
        file->fd = openat(file->folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
    file->nameless = file->fd >= 0;
    for (int i = 0; i < NAME_TRIES && file->fd < 0; i++) {
        (void)snprintf(file->temporary, sizeof file->temporary, "%.*s.tmp-%08" PRIx32,
                       NAME_KEPT, file->name, (uint32_t)env_random(env));
        file->fd = openat(file->folder, file->temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (file->fd < 0 && errno != EEXIST)
            break;
    }
    if (file->fd >= 0)
        return RC_OK;
    file->temporary[0] = '\0';
    return fail_errno(file, "create", err);
}

/* Follows symbolic links, so that the file behind one is replaced and not the link. */
static int resolve(struct outfile *file, struct err *err) {
    struct stat facts;

    if (lstat(file->shown, &facts) == 0 && S_ISLNK(facts.st_mode)) {
        char *real = realpath(file->shown, NULL);
        if (real != NULL) {
            /* /dev/stdout and /dev/fd/N lead to names that are none, such as pipe:[5] */
            if (lstat(real, &facts) == 0) {
                free(file->target);
                file->target = real;
                return RC_OK;
            }
            free(real);
        }
        if (stat(file->shown, &facts) != 0)
            return fail_errno(file, "follow the symbolic link", err);
    }
    return RC_OK;
}

static int open_file(struct outfile *file, const struct outfile_options *options,
                     struct err *err) {
    const struct env *env = options->env == NULL ? env_system() : options->env;
    mode_t mode = options->mode == 0 ? 0666 : options->mode;
    struct stat facts;
    bool present;
    int rc;

    file->env = env;
    if (is_stdout(file->shown))
        return open_directly(file, err);
    rc = resolve(file, err);
    if (rc < 0)
        return rc;
    present = stat(file->target, &facts) == 0;
    if (present && S_ISDIR(facts.st_mode))
        return err_set(err, RC_USAGE, "%s is a folder", file->shown);
    if (present && !S_ISREG(facts.st_mode))
        return open_directly(file, err);
    if (present && !file->force && !file->keep_same)
        return refuse_existing(file, err);
    rc = open_folder(file, err);
    if (rc == RC_OK)
        rc = create_temporary(file, mode, env, err);
    if (rc == RC_OK && present && fchmod(file->fd, facts.st_mode & 0777) != 0)
        rc = fail_errno(file, "set the rights of", err);
    return rc;
}

/* A gzip member without name and time: the same bytes give the same file. */
static int open_gzip(struct outfile *file, struct err *err) {
    enum { WINDOW_GZIP = 15 + 16, MEMORY_LEVEL = 8 };
    z_stream *gzip = calloc(1, sizeof *gzip);

    if (gzip == NULL)
        return err_nomem(err);
    if (deflateInit2(gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        return err_nomem(err);
    }
    file->gzip = gzip;
    return RC_OK;
}

int outfile_open(struct outfile **out, const char *path,
                 const struct outfile_options *options, struct err *err) {
    static const struct outfile_options none = {0};
    struct outfile *file = calloc(1, sizeof *file);
    int rc;

    *out = NULL;
    if (options == NULL)
        options = &none;
    if (file == NULL)
        return err_nomem(err);
    file->sum = DIGEST_FNV_SEED;
    file->fd = -1;
    file->folder = -1;
    file->force = options->force;
    file->keep_same = options->keep_same;
    file->shown = strdup(path);
    file->target = strdup(path);
    if (file->shown == NULL || file->target == NULL)
        rc = err_nomem(err);
    else if (path[0] == '\0')
        rc = err_set(err, RC_USAGE, "the name of the output file is empty");
    else
        rc = open_file(file, options, err);
    if (rc == RC_OK && options->gzip)
        rc = open_gzip(file, err);
    if (rc < 0)
        outfile_close(file);
    else
        *out = file;
    return rc;
}

static int write_all(struct outfile *file, const char *data, size_t len,
                     struct err *err) {
    while (len > 0) {
        ssize_t n = write(file->fd, data, len);
        if (n < 0 && errno == EINTR && file->folder < 0 &&
            env_interrupts(file->env) > 1) {
            file->failed = RC_INTERRUPTED; /* a pipe whose reader stands still */
            return err_set(err, RC_INTERRUPTED, "interrupted");
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(file, "write", err);
        file->sum = digest_fnv(file->sum, slice_make(data, (size_t)n));
        data += n;
        len -= (size_t)n;
    }
    return RC_OK;
}

/* Packs data and writes what comes of it; at the end of the file, all that is left. */
static int write_packed(struct outfile *file, const char *data, size_t len, bool end,
                        struct err *err) {
    unsigned char packed[16384];
    z_stream *gzip = file->gzip;
    int rc = RC_OK, state = Z_OK;

    gzip->next_in = (z_const Bytef *)(uintptr_t)data;
    gzip->avail_in = (uInt)len;
    do {
        gzip->next_out = packed;
        gzip->avail_out = sizeof packed;
        state = deflate(gzip, end ? Z_FINISH : Z_NO_FLUSH);
        rc = write_all(file, (const char *)packed, sizeof packed - gzip->avail_out, err);
    } while (rc == RC_OK && (gzip->avail_out == 0 || (end && state != Z_STREAM_END)));
    return rc;
}

/* data: of any size. */
static int write_out(struct outfile *file, const char *data, size_t len,
                     struct err *err) {
    enum { PIECE = 1 << 30 };
    int rc = RC_OK;

    if (file->gzip == NULL)
        return write_all(file, data, len, err);
    while (rc == RC_OK && len > 0) {
        size_t piece = len < PIECE ? len : PIECE;
        rc = write_packed(file, data, piece, false, err);
        data += piece;
        len -= piece;
    }
    return rc;
}

int outfile_flush(struct outfile *file, struct err *err) {
    size_t used = file->used;

    if (file->failed != RC_OK)
        return already_failed(file, err);
    file->used = 0;
    return write_out(file, file->buffer, used, err);
}

int outfile_write(struct outfile *file, struct slice data, struct err *err) {
    if (file->failed != RC_OK)
        return already_failed(file, err);
    file->size += data.len;
    if (data.len > BUFFER_SIZE - file->used) {
        int rc = outfile_flush(file, err);
        if (rc < 0)
            return rc;
        if (data.len >= BUFFER_SIZE)
            return write_out(file, data.data, data.len, err);
    }
    if (data.len > 0)
        memcpy(file->buffer + file->used, data.data, data.len);
    file->used += data.len;
    return RC_OK;
}

uint64_t outfile_size(const struct outfile *file) {
    return file->size;
}

int outfile_sum(struct outfile *file, uint64_t *sum, struct err *err) {
    int rc = outfile_flush(file, err);

    *sum = file->sum;
    return rc;
}

int outfile_sum_of(const char *path, uint64_t *sum, struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc = 1;
    char room[16384];
    ssize_t n;

    *sum = DIGEST_FNV_SEED;
    if (fd < 0)
        return errno == ENOENT ? 0 : err_errno(err, "read", path);
    while ((n = read(fd, room, sizeof room)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_errno(err, "read", path);
            break;
        }
        *sum = digest_fnv(*sum, slice_make(room, (size_t)n));
    }
    (void)close(fd);
    return rc;
}

/* As many bytes as there are, up to size; < 0 when they cannot be read. */
static ssize_t read_full(int fd, char *data, size_t size) {
    size_t got = 0;

    while (got < size) {
        ssize_t n = read(fd, data + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return n;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

/* Renames without replacing. Older kernels and some network file systems do not know
 * RENAME_NOREPLACE; a second link does the same, except on those without links, where a
 * look before the rename has to do. */
static int rename_fresh(const struct outfile *file) {
    struct stat facts;

    if (renameat2(file->folder, file->temporary, file->folder, file->name,
                  RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(file->folder, file->temporary, file->folder, file->name, 0) == 0)
        return unlinkat(file->folder, file->temporary, 0);
    if (errno == EEXIST)
        return -1;
    if (fstatat(file->folder, file->name, &facts, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(file->folder, file->temporary, file->folder, file->name);
}

/* The bytes of two files in the folder; false when one cannot be read. */
static bool same_content(int folder, const char *one, const char *other) {
    int a = openat(folder, one, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int b = openat(folder, other, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char left[8192], right[8192];
    ssize_t n = -1, m = -1;

    while (a >= 0 && b >= 0) {
        n = read_full(a, left, sizeof left);
        m = read_full(b, right, sizeof right);
        if (n <= 0 || n != m || memcmp(left, right, (size_t)n) != 0)
            break;
    }
    if (a >= 0)
        (void)close(a);
    if (b >= 0)
        (void)close(b);
    return n == 0 && m == 0;
}

static int put_in_place(struct outfile *file, struct err *err) {
    int result = file->force
                     ? renameat(file->folder, file->temporary, file->folder, file->name)
                     : rename_fresh(file);

    if (result == 0) {
        file->temporary[0] = '\0';
        return RC_OK;
    }
    if (errno != EEXIST)
        return fail_errno(file, "rename to", err);
    if (file->keep_same && same_content(file->folder, file->temporary, file->name))
        return RC_OK; /* ours goes with outfile_close() */
    file->failed = RC_LOCAL;
    (void)err_set(
        err, RC_LOCAL, "%s has appeared in the meantime; what was written is in %.*s%s",
        file->shown, (int)(file->name - file->target), file->target, file->temporary);
    err_advise(err, "look at both and keep the right one");
    file->temporary[0] = '\0'; /* stays */
    return RC_LOCAL;
}

int outfile_commit(struct outfile *file, struct err *err) {
    int rc = outfile_flush(file, err);
    int fd = file->fd;

    if (rc == RC_OK && file->gzip != NULL)
        rc = write_packed(file, "", 0, true, err);
    if (rc < 0)
        return rc;
    if (file->folder >= 0 && fsync(fd) != 0)
        return fail_errno(file, "write", err);
    if (file->nameless && give_name(file, err) != RC_OK)
        return file->failed;
    file->fd = -1;
    if (close(fd) != 0 && errno != EINTR) /* the last chance of NFS to say no */
        return fail_errno(file, "write", err);
    if (file->folder < 0)
        return RC_OK;
    rc = put_in_place(file, err);
    if (rc < 0)
        return rc;
    /* EBADF: an O_PATH folder; EINVAL: a file system that needs no sync of folders */
    if (fsync(file->folder) != 0 && errno != EINVAL && errno != EBADF)
        return fail_errno(file, "write the folder of", err);
    return RC_OK;
}

void outfile_close(struct outfile *file) {
    if (file == NULL)
        return;
    if (file->gzip != NULL) {
        (void)deflateEnd(file->gzip);
        free(file->gzip);
    }
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->temporary[0] != '\0')
        (void)unlinkat(file->folder, file->temporary, 0);
    if (file->folder >= 0)
        (void)close(file->folder);
    free(file->shown);
    free(file->target);
    free(file);
}

int outfile_put(const char *path, const char *text, const struct outfile_options *options,
                struct err *err) {
    struct outfile *file = NULL;
    int rc = outfile_open(&file, path, options, err);

    if (rc == RC_OK)
        rc = outfile_write(file, slice_of(text), err);
    if (rc == RC_OK)
        rc = outfile_write(file, slice_of("\n"), err);
    if (rc == RC_OK)
        rc = outfile_commit(file, err);
    outfile_close(file);
    return rc;
}
