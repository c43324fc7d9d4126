/* stdin_copy.h - inputs of commands that look at them more than once: standard input is
 * copied first.
 */
#ifndef CMD_STDIN_COPY_H
#define CMD_STDIN_COPY_H

#include "cmd/command.h"

#include <stddef.h>

struct stdin_copy {
    int fd;        /* owned; -1 = none */
    char path[64]; /* under which it can be opened */
};

/* All of standard input, in a file that is gone when it is closed. RC_INPUT, RC_LOCAL,
 * RC_INTERRUPTED; stdin_copy_fini() in any case. */
int stdin_copy_make(struct stdin_copy *copy, struct command_context *context);
void stdin_copy_fini(struct stdin_copy *copy);

/* Messages name the file as the user knows it: path in message becomes name. */
void stdin_copy_rename(char *message, size_t size, const char *path, const char *name);

#endif
