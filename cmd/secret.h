/* secret.h - keys and passwords: where they may come from, and that they are cleared.
 *
 * A secret is one line of text without control characters. It is never part of a message.
 */
#ifndef CMD_SECRET_H
#define CMD_SECRET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_MAX = 4096 };

struct secret {
    char text[SECRET_MAX + 1]; /* terminated; "" = none */
    size_t len;                /* bytes of text */
};

/* Each fills *secret or leaves it cleared and returns RC_USAGE, RC_LOCAL, RC_NOMEM. */

/* A regular file or pipe that only its owner (this user or root) can read; the trailing
 * line end is taken off. what: "API key", for messages. */
int secret_from_file(struct secret *secret, const char *path, const char *what,
                     struct err *err);

/* Two secrets in one file: "first:second" in one line, or one in each of two lines. */
int secret_pair_from_file(struct secret *first, struct secret *second, const char *path,
                          const char *what, struct err *err);

/* "first:second" taken apart. */
int secret_pair_from_text(struct secret *first, struct secret *second, const char *text,
                          const char *what, struct err *err);

/* The first line that a shell command prints; its standard input is /dev/null, its
 * standard error the caller's. A command that fails is an error. */
int secret_from_command(struct secret *secret, const char *command,
                        char *const *environment, const char *what, struct err *err);

/* A value of the environment, or any text; it must be one line. */
int secret_from_text(struct secret *secret, const char *text, const char *what,
                     struct err *err);

/* Is there a terminal to ask on? A cron job has none. */
bool secret_may_prompt(void);

/* Asks on /dev/tty with echo off. RC_INTERRUPTED for Ctrl-C or a caught signal, RC_USAGE
 * where there is no terminal. prompt: "API key for https://crm.example.com: ". */
int secret_from_prompt(struct secret *secret, const char *prompt, struct err *err);

void secret_clear(struct secret *secret);

#endif
