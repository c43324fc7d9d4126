/* shell.c - posix_spawn of /bin/sh. */
#include "cmd/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>

static int set_attributes(posix_spawnattr_t *attributes, bool group) {
    sigset_t none, defaults;
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int error;

    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (error == 0 && group) {
        flags |= POSIX_SPAWN_SETPGROUP;
        error = posix_spawnattr_setpgroup(attributes, 0);
    }
    if (error == 0)
        error = posix_spawnattr_setflags(attributes, (short)flags);
    return error;
}

static int set_files(posix_spawn_file_actions_t *actions, int in, int out) {
    int error =
        in < 0 ? posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)
               : posix_spawn_file_actions_adddup2(actions, in, 0);

    return error != 0 ? error : posix_spawn_file_actions_adddup2(actions, out, 1);
}

int shell_spawn(const struct shell_options *options, pid_t *pid) {
    char shell[] = "sh", option[] = "-c";
    char *argv[4] = {shell, option, NULL, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error;

    argv[2] = strdup(options->command); /* argv wants it writable */
    if (argv[2] == NULL)
        return ENOMEM;
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        goto free_command;
    error = posix_spawnattr_init(&attributes);
    if (error != 0)
        goto free_actions;
    error = set_files(&actions, options->in, options->out);
    if (error == 0)
        error = set_attributes(&attributes, options->group);
    if (error == 0)
        error = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv,
                            options->environment);
    (void)posix_spawnattr_destroy(&attributes);
free_actions:
    (void)posix_spawn_file_actions_destroy(&actions);
free_command:
    free(argv[2]);
    return error;
}
