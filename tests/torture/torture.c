/* torture.c - a library for LD_PRELOAD: lets the Nth call of a kind fail, once.
 *
 * TORTURE_KIND names the calls (memory, write, sync, rename, open), TORTURE_AT which of
 * them fails; 0 or none: all succeed. TORTURE_COUNT names a file that gets the number of
 * calls made, when the program ends. Not for programs with threads.
 */
#define _GNU_SOURCE
#include "switches.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { EARLY_BYTES = 65536 };

static struct {
    bool ready;                             /* the environment was read */
    bool memory, write, sync, rename, open; /* the kind that counts */
    long at, calls;
    char early[EARLY_BYTES]; /* for dlsym, before malloc is known */
    size_t early_used;
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
} torture;

static void *early(size_t size) {
    char *at = torture.early + torture.early_used;

    size = (size + 15) & ~(size_t)15;
    if (torture.early_used + size > EARLY_BYTES)
        return NULL;
    torture.early_used += size;
    return at;
}

static bool is_early(const void *at) {
    return (const char *)at >= torture.early &&
           (const char *)at < torture.early + EARLY_BYTES;
}

/* dlsym may ask for memory itself: that comes from `early`. */
static void resolve(void) {
    static bool within;

    if (within || torture.free != NULL)
        return;
    within = true;
    torture.malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    torture.calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    torture.realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    torture.free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    within = false;
}

/* Counting begins with the program's own code: what libraries do to get ready is theirs.
 */
__attribute__((constructor)) static void begin(void) {
    const char *kind = getenv("TORTURE_KIND");

    resolve();
    if (kind != NULL) {
        torture.memory = strcmp(kind, "memory") == 0;
        torture.write = strcmp(kind, "write") == 0;
        torture.sync = strcmp(kind, "sync") == 0;
        torture.rename = strcmp(kind, "rename") == 0;
        torture.open = strcmp(kind, "open") == 0;
    }
    torture.at = torture_at();
    torture.ready = true;
}

__attribute__((destructor)) static void end(void) {
    torture.ready = false;
    torture_tell(torture.calls);
}

/* Is this the call that fails? */
static bool fails(bool counted) {
    return counted && torture.ready && ++torture.calls == torture.at;
}

/* Was it the program's own code, or a library whose failures it must bear? libcrypto and
 * libgnutls crash by themselves when they get no memory while they start; the C++
 * libraries throw, which ends the program. */
static bool is_ours(const void *caller) {
    static const char *const strange[] = {
        "libcrypto", "libssl",         "libgnutls",   "libp11", "libnettle",
        "libstdc++", "libphonenumber", "libprotobuf", "libicu", "libgeocoding",
        "ld-linux",  "libboost",       "libabsl"};
    Dl_info info;

    if (!torture.memory || !torture.ready || torture.at == -1)
        return torture.memory;
    if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
        return true;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        if (strstr(info.dli_fname, strange[i]) != NULL)
            return false;
    return true;
}

void *malloc(size_t size) {
    resolve();
    if (torture.malloc == NULL)
        return early(size);
    if (fails(is_ours(__builtin_return_address(0)))) {
        errno = ENOMEM;
        return NULL;
    }
    return torture.malloc(size);
}

void *calloc(size_t count, size_t size) {
    resolve();
    if (torture.calloc == NULL)
        return early(count * size);
    if (fails(is_ours(__builtin_return_address(0)))) {
        errno = ENOMEM;
        return NULL;
    }
    return torture.calloc(count, size);
}

void *realloc(void *at, size_t size) {
    resolve();
    if (torture.realloc == NULL || is_early(at)) {
        void *fresh = malloc(size);
        if (fresh != NULL && at != NULL)
            memcpy(fresh, at, size); /* early blocks are followed by room enough */
        return fresh;
    }
    if (fails(is_ours(__builtin_return_address(0)))) {
        errno = ENOMEM;
        return NULL;
    }
    return torture.realloc(at, size);
}

void free(void *at) {
    if (torture.free != NULL && !is_early(at))
        torture.free(at);
}

#define REAL(type, name, ...)                                                            \
    static type (*real)(__VA_ARGS__);                                                    \
    if (real == NULL)                                                                    \
    real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* Only regular files are full: pipes and sockets go on. */
static bool is_file(int fd) {
    struct stat facts;

    return fd > 2 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (torture.write && is_file(fd) && fails(true)) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    if (torture.write && is_file(fd) && fails(true)) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, data, size, at);
}

int fsync(int fd) {
    REAL(int, fsync, int);
    if (fails(torture.sync)) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    if (fails(torture.sync)) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int renameat2(int from, const char *old, int to, const char *fresh, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    if (fails(torture.rename)) {
        errno = EIO;
        return -1;
    }
    return real(from, old, to, fresh, flags);
}

int renameat(int from, const char *old, int to, const char *fresh) {
    REAL(int, renameat, int, const char *, int, const char *);
    if (fails(torture.rename)) {
        errno = EIO;
        return -1;
    }
    return real(from, old, to, fresh);
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    REAL(int, openat64, int, const char *, int, ...);
    if (fails(torture.open)) {
        errno = EMFILE;
        return -1;
    }
    return real(folder, path, flags, mode);
}

static mode_t mode_of(int flags, va_list args) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
}

#define OPENS(name)                                                                      \
    int name(const char *path, int flags, ...) {                                         \
        va_list args;                                                                    \
        mode_t mode;                                                                     \
        va_start(args, flags);                                                           \
        mode = mode_of(flags, args);                                                     \
        va_end(args);                                                                    \
        return open_at(AT_FDCWD, path, flags, mode);                                     \
    }
#define OPENS_AT(name)                                                                   \
    int name(int folder, const char *path, int flags, ...) {                             \
        va_list args;                                                                    \
        mode_t mode;                                                                     \
        va_start(args, flags);                                                           \
        mode = mode_of(flags, args);                                                     \
        va_end(args);                                                                    \
        return open_at(folder, path, flags, mode);                                       \
    }

OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
