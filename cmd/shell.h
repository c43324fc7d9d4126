/* shell.h - starts a command of the user's, as `sh -c` would.
 *
 * Only where the user has named one (--password-command, --notify-command): nothing of
 * the input or of the server ever becomes part of it.
 */
#ifndef CMD_SHELL_H
#define CMD_SHELL_H

#include <stdbool.h>
#include <sys/types.h>

struct shell_options {
    const char *command;      /* for /bin/sh -c */
    char *const *environment; /* of the command, NULL at the end */
    int in;                   /* its standard input; < 0 = /dev/null */
    int out;                  /* its standard output */
    bool group;               /* it leads a process group of its own, to be ended whole */
};

/* 0, or a number of errno. Signals that this program ignores or blocks are the command's
 * own again. The caller waits for *pid. */
int shell_spawn(const struct shell_options *options, pid_t *pid);

#endif
