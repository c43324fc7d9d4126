/* notify.c - the words for the command, and waiting for it. */
#include "cmd/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/jsonout.h"
#include "cmd/run_state.h"
#include "cmd/shell.h"

enum { LIMIT_S = 60, LOOK_MS = 20, GRACE_MS = 1000, VARIABLES = 5, VALUE_MAX = 2048 };

/* Not for the command: secrets, and what would make an espoload in it tell in turn. */
static const char *const withheld[] = {
    "ESPOLOAD_API_KEY",        "ESPOLOAD_HMAC_KEY", "ESPOLOAD_PASSWORD",
    "ESPOLOAD_NOTIFY_COMMAND", "ESPOLOAD_METRICS",  "ESPOLOAD_PROXY",
    "ESPOLOAD_EXIT",           "ESPOLOAD_COMMAND",  "ESPOLOAD_ENTITY",
    "ESPOLOAD_SERVER",         "ESPOLOAD_MESSAGE",
};

static bool is_withheld(const char *variable) {
    size_t len = strcspn(variable, "=");

    for (size_t i = 0; i < sizeof withheld / sizeof *withheld; i++)
        if (strlen(withheld[i]) == len && strncmp(variable, withheld[i], len) == 0)
            return true;
    return false;
}

/* The words of an environment of our own. */
struct surroundings {
    struct buf texts[VARIABLES]; /* owned */
    char **list;                 /* owned; what it points to is not */
};

static void surroundings_fini(struct surroundings *own) {
    for (size_t i = 0; i < VARIABLES; i++)
        buf_fini(&own->texts[i]);
    free(own->list);
}

/* In one sentence: why it stopped, or what became of the rows. */
static void append_message(const struct command_context *context, struct buf *out) {
    if (context->err.rc != RC_OK)
        (void)buf_append_text(out, context->err.message);
    else
        run_state_append(context->run, out);
}

static const char *command_name(const struct command_context *context) {
    return context->run->kind[0] != '\0' ? context->run->kind : context->command->name;
}

static int surroundings_make(struct surroundings *own,
                             const struct command_context *context, int exit_code) {
    struct buf *texts = own->texts;
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < VARIABLES; i++)
        texts[i].max = VALUE_MAX;
    (void)buf_append_format(&texts[0], "ESPOLOAD_EXIT=%d", exit_code);
    (void)buf_append_format(&texts[1], "ESPOLOAD_COMMAND=%s", command_name(context));
    (void)buf_append_format(&texts[2], "ESPOLOAD_ENTITY=%s", context->run->entity_type);
    (void)buf_append_format(&texts[3], "ESPOLOAD_SERVER=%s", context->run->url);
    (void)buf_append_text(&texts[4], "ESPOLOAD_MESSAGE=");
    append_message(context, &texts[4]);
    while (context->environment[count] != NULL)
        count++;
    own->list = calloc(count + VARIABLES + 1, sizeof *own->list);
    if (own->list == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < count; i++)
        if (!is_withheld(context->environment[i]))
            own->list[kept++] = context->environment[i];
    for (size_t i = 0; i < VARIABLES; i++) {
        if (texts[i].failed != RC_OK)
            return RC_NOMEM;
        own->list[kept++] = texts[i].data;
    }
    return RC_OK;
}

/* {"type":"notice",...,"summary":{...}} into json->line. */
static int make_notice(const struct command_context *context, int exit_code,
                       struct jsonout *json, struct err *err) {
    const struct run_state *run = context->run;
    struct buf message = {.max = VALUE_MAX};
    struct slice summary = buf_slice(&run->notice->line);
    int rc;

    append_message(context, &message);
    jsonout_begin(json, "notice");
    jsonout_count(json, "schema", JSONOUT_SCHEMA);
    jsonout_text(json, "program", ESPOLOAD_VERSION);
    jsonout_text(json, "command", command_name(context));
    jsonout_integer(json, "exit", exit_code);
    jsonout_text(json, "entityType", run->entity_type[0] ? run->entity_type : NULL);
    jsonout_text(json, "url", run->url[0] ? run->url : NULL);
    jsonout_text(json, "profile", context->global->profile);
    jsonout_integer(json, "startedMs", run->started_ms);
    jsonout_milli(json, "seconds",
                  (env_monotonic_us(context->env) - run->began_us) / 1000);
    jsonout_text(json, "message", buf_text(&message));
    jsonout_error(json, "error", &context->err);
    if (run->notice->summed && summary.len > 1)
        jsonout_raw(json, "summary", slice_make(summary.data, summary.len - 1));
    else
        jsonout_null(json, "summary");
    rc = jsonout_end(json, err);
    buf_fini(&message);
    return rc;
}

/* What the command reads of it is its own affair. */
static void feed(int fd, struct slice *text) {
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    ssize_t n;

    if (text->len == 0 || poll(&room, 1, LOOK_MS) <= 0)
        return;
    n = write(fd, text->data, text->len);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0)
        n = (ssize_t)text->len; /* it does not listen */
    *text = slice_make(text->data + n, text->len - (size_t)n);
}

static void wait_ms(int ms) {
    (void)poll(NULL, 0, ms);
}

/* Ends the command with all that it has started. */
static void end_group(pid_t pid, int *status) {
    (void)kill(-pid, SIGTERM);
    for (int ms = 0; ms < GRACE_MS; ms += LOOK_MS) {
        if (waitpid(pid, status, WNOHANG) == pid) {
            (void)kill(-pid, SIGKILL);
            return;
        }
        wait_ms(LOOK_MS);
    }
    (void)kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
}

/* Until the command has ended, its time is up, or somebody asks to stop once more. */
static int attend(const struct command_context *context, pid_t pid, int *in,
                  struct slice text, struct err *err) {
    int64_t end_us = env_monotonic_us(context->env) + INT64_C(1000000) * LIMIT_S;
    int signals = env_interrupts(context->env);
    int status = 0;

    for (;;) {
        feed(*in, &text);
        if (text.len == 0 && *in >= 0) {
            (void)close(*in); /* it reads to the end */
            *in = -1;
        }
        if (waitpid(pid, &status, WNOHANG) == pid)
            break;
        if (env_interrupts(context->env) > signals) {
            end_group(pid, &status);
            return err_set(err, RC_LOCAL,
                           "the command of --notify-command was stopped by a signal");
        }
        if (env_monotonic_us(context->env) > end_us) {
            end_group(pid, &status);
            return err_set(err, RC_LOCAL,
                           "the command of --notify-command was ended: it had not come "
                           "to an end within %d s",
                           LIMIT_S);
        }
        if (*in < 0)
            wait_ms(LOOK_MS);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return RC_OK;
    (void)err_set(err, RC_LOCAL, "the command of --notify-command failed with %s %d",
                  WIFEXITED(status) ? "exit code" : "signal",
                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    err_advise(err, "the run itself ended as it says: the exit code is that of the run");
    return RC_LOCAL;
}

static int start(const struct command_context *context, char *const *environment,
                 struct slice text, struct err *err) {
    struct shell_options shell = {.command = context->global->notify_command,
                                  .environment = environment,
                                  .out = STDERR_FILENO,
                                  .group = true};
    int ends[2] = {-1, -1};
    pid_t pid = -1;
    int rc, error;

    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0)
        return err_errno(err, "run", "the command of --notify-command");
    shell.in = ends[0];
    error = shell_spawn(&shell, &pid);
    (void)close(ends[0]);
    errno = error;
    rc = error != 0 ? err_errno(err, "run", "the command of --notify-command")
                    : attend(context, pid, &ends[1], text, err);
    if (ends[1] >= 0)
        (void)close(ends[1]);
    return rc;
}

int notify_run(struct command_context *context, int exit_code, struct err *err) {
    struct surroundings own = {.list = NULL};
    struct jsonout json;
    int rc;

    jsonout_init(&json, -1);
    rc = make_notice(context, exit_code, &json, err);
    if (rc == RC_OK && surroundings_make(&own, context, exit_code) != RC_OK)
        rc = err_nomem(err);
    if (rc == RC_OK)
        rc = start(context, own.list, buf_slice(&json.line), err);
    surroundings_fini(&own);
    jsonout_fini(&json);
    return rc;
}
