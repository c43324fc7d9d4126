/*
 * Starting and stopping the test server from a test. Promises that testd_stop has waited
 * for the process, so that a sanitizer's complaint at exit is seen as a failure.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay.h"

#define MAX_ARGS 40

static const char *const fixed_args[] = {"--port",
                                         "0",
                                         "--api-key",
                                         REPLAY_API_KEY,
                                         "--weak-key",
                                         REPLAY_WEAK_KEY,
                                         "--hmac-api-key",
                                         REPLAY_HMAC_KEY,
                                         "--hmac-secret",
                                         REPLAY_HMAC_SECRET,
                                         "--user",
                                         "joe",
                                         "--password",
                                         "joe-password",
                                         "--admin",
                                         "admin",
                                         "--admin-password",
                                         "admin-password",
                                         "--data"};

static void exec_server(const char *server, const char *dir, const json_t *more,
                        int out) {
    char *argv[MAX_ARGS];
    int n = 0;
    argv[n++] = mem_dup(server);
    for (size_t i = 0; i < sizeof fixed_args / sizeof *fixed_args; i++)
        argv[n++] = mem_dup(fixed_args[i]);
    argv[n++] = mem_dup(dir);
    size_t i;
    json_t *v;
    json_array_foreach((json_t *)(uintptr_t)more, i, v) if (n < MAX_ARGS - 1) argv[n++] =
        mem_dup(json_string_value(v));
    argv[n] = NULL;
    dup2(out, STDOUT_FILENO);
    execv(server, argv);
    perror(server);
    _exit(127);
}

int testd_start(struct testd *t, const char *server, const char *dir,
                const json_t *args) {
    int pipefd[2];
    char line[128] = "";
    *t = (struct testd){0};
    if (pipe(pipefd))
        return -1;
    t->pid = fork();
    if (t->pid == 0) {
        close(pipefd[0]);
        exec_server(server, dir, args, pipefd[1]);
    }
    close(pipefd[1]);
    FILE *f = fdopen(pipefd[0], "r");
    const char *colon = f && fgets(line, sizeof line, f) ? strrchr(line, ':') : NULL;
    if (f)
        fclose(f);
    if (!colon) {
        fprintf(stderr, "the server did not start\n");
        return -1;
    }
    t->port = (int)strtol(colon + 1, NULL, 10);
    return 0;
}

int testd_stop(struct testd *t) {
    int status = 0;
    if (t->pid <= 0)
        return 0;
    kill(t->pid, SIGTERM);
    waitpid(t->pid, &status, 0);
    t->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

void testd_kill(struct testd *t) {
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    t->pid = 0;
}
