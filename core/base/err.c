/* err.c - fills struct err. Promises never to fail and never to allocate. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum rc rc, const char *format, ...) {
    va_list args;

    if (err == NULL || err->rc != RC_OK)
        return rc;
    err->rc = rc;
    err->advice[0] = '\0';
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return rc;
}

void err_advise(struct err *err, const char *format, ...) {
    va_list args;

    if (err == NULL || err->rc == RC_OK || err->advice[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(err->advice, sizeof err->advice, format, args);
    va_end(args);
}

void err_prefix(struct err *err, const char *format, ...) {
    char old[sizeof err->message];
    va_list args;
    int n;

    if (err == NULL || err->rc == RC_OK)
        return;
    memcpy(old, err->message, sizeof old);
    va_start(args, format);
    n = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->message) {
        size_t room = sizeof err->message - (size_t)n;
        (void)snprintf(err->message + n, room, ": %.*s", (int)room, old);
    }
}

int err_nomem(struct err *err) {
    return err_set(err, RC_NOMEM, "out of memory");
}

int err_errno(struct err *err, const char *what, const char *path) {
    int saved = errno;

    (void)err_set(err, RC_LOCAL, "cannot %s %s: %s", what, path, strerror(saved));
    if (saved == ENOSPC || saved == EDQUOT)
        err_advise(err, "free some space there, then resume");
    return RC_LOCAL;
}

int err_named_file(struct err *err, const char *what, const char *path) {
    int saved = errno;

    if (saved == ENOENT || saved == ENOTDIR || saved == EISDIR || saved == EACCES ||
        saved == ENAMETOOLONG)
        return err_set(err, RC_USAGE, "cannot %s %s: %s", what, path, strerror(saved));
    return err_errno(err, what, path);
}

void err_clear(struct err *err) {
    if (err == NULL)
        return;
    err->rc = RC_OK;
    err->message[0] = '\0';
    err->advice[0] = '\0';
}
