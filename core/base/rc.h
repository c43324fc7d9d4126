/* rc.h - the result codes of every function that can fail.
 *
 * A function returns 0 or a negative enum rc and, where it takes one, fills a struct err
 * (err.h). A row that fails is not an error: it is data and flows on.
 */
#ifndef BASE_RC_H
#define BASE_RC_H

enum rc {
    RC_OK = 0,
    RC_NOMEM = -1,       /* an allocation failed */
    RC_USAGE = -2,       /* command line, mapping or configuration is wrong */
    RC_AUTH = -3,        /* the server refused the key, or rights do not allow the run */
    RC_UNREACHABLE = -4, /* the server cannot be reached, or fails after all retries */
    RC_INPUT = -5,       /* input unreadable, malformed beyond a row, or another file */
    RC_LOCAL = -6,       /* disk full, no permission, a local file that is broken */
    RC_LOCKED = -7,      /* another run holds this checkpoint */
    RC_TOO_MANY = -8,    /* more failed rows than --max-errors allows */
    RC_INTERRUPTED = -9, /* a signal asked the run to stop */
    RC_LIMIT = -10,      /* a named cap was reached (buf.h) */
    RC_SERVER = -11 /* the server answered what a client of it cannot make sense of */
};

#endif
