/* err.h - what went wrong, where, and what to do next, as text for a person.
 *
 * A struct err is owned by the caller, needs no release and may be reused; the first
 * error set is the one that is kept until err_clear().
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/rc.h"

struct err {
    enum rc rc;         /* RC_OK while nothing was set */
    char message[1024]; /* what is wrong and where, one sentence, UTF-8, no newline */
    char advice[512];   /* what to do next; "" when there is nothing to say */
};

/* Sets rc and message unless one is set already; returns rc, so that a function can end
 * with `return err_set(err, RC_INPUT, "...")`. err may be NULL. */
int err_set(struct err *err, enum rc rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the advice of the error that is set; the first advice is kept. */
void err_advise(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " in front of the message. */
void err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* RC_NOMEM with its standard words. */
int err_nomem(struct err *err);

/* RC_LOCAL with strerror(errno): "cannot WHAT PATH: No space left on device". */
int err_errno(struct err *err, const char *what, const char *path);

/* The same for a file that somebody has named: RC_USAGE where the name is wrong (nothing
 * there, a folder, not allowed to read it). */
int err_named_file(struct err *err, const char *what, const char *path);

void err_clear(struct err *err);

#endif
