/* stdin_copy.c - standard input as a file without a name. */
#include "cmd/stdin_copy.h"

#include "base/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_CHUNK = 64 << 10, PATH_BYTES = 4096 };

/* A file without a name, gone when it is closed; -1 with err set. */
static int open_nameless(struct err *err) {
    struct buf path = {.max = PATH_BYTES};
    int fd = -1;

    if (tempfile_place(&path, "stdin", err) == RC_OK) {
        fd = open(buf_text(&path), O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd < 0)
            (void)err_errno(err, "make", buf_text(&path));
        tempfile_remove(buf_text(&path));
    }
    buf_fini(&path);
    return fd;
}

static int write_all(int fd, const char *data, size_t len, struct err *err) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "write", "a temporary file");
        data += n;
        len -= (size_t)n;
    }
    return RC_OK;
}

static int copy_all(struct command_context *context, int fd) {
    char *chunk = malloc(COPY_CHUNK);
    ssize_t n = 1;
    int rc = chunk == NULL ? err_nomem(&context->err) : RC_OK;

    while (rc == RC_OK && n != 0) {
        n = read(STDIN_FILENO, chunk, COPY_CHUNK);
        if (env_interrupts(context->env) > 0)
            rc = err_set(&context->err, RC_INTERRUPTED, "stopped by a signal");
        else if (n > 0)
            rc = write_all(fd, chunk, (size_t)n, &context->err);
        else if (n < 0 && errno != EINTR)
            rc = err_set(&context->err, RC_INPUT, "cannot read standard input: %s",
                         strerror(errno));
    }
    free(chunk);
    return rc;
}

int stdin_copy_make(struct stdin_copy *copy, struct command_context *context) {
    copy->fd = open_nameless(&context->err);
    if (copy->fd < 0)
        return context->err.rc;
    (void)snprintf(copy->path, sizeof copy->path, "/proc/self/fd/%d", copy->fd);
    return copy_all(context, copy->fd);
}

void stdin_copy_fini(struct stdin_copy *copy) {
    if (copy->fd >= 0)
        (void)close(copy->fd);
    copy->fd = -1;
}

void stdin_copy_rename(char *message, size_t size, const char *path, const char *name) {
    char *at = strstr(message, path);
    char tail[sizeof((struct err *)0)->message];

    if (at == NULL)
        return;
    (void)snprintf(tail, sizeof tail, "%s", at + strlen(path));
    (void)snprintf(at, size - (size_t)(at - message), "%s%s", name, tail);
}
