/* connect.c - credentials, the way to the server, and the log of requests. */
#include "cmd/connect.h"

#include "cmd/credentials.h"
#include "cmd/progress.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"
#include "wire/espo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_TOLD_MS = 1000, PAUSE_AGAIN_MS = 5 * 60 * 1000 };

static void connect_trace(void *context, const char *line) {
    struct connection *connection = context;
    char stamp[20];
    struct buf text = {.max = 8192};

    env_format_utc(env_wall_ms(connection->env), stamp);
    if (connection->log_fd >= 0 &&
        buf_append_format(&text, "%s %s\n", stamp, line) == RC_OK) {
        ssize_t written = write(connection->log_fd, text.data, text.len);
        (void)written; /* a log that cannot be written must not stop a run */
    }
    buf_fini(&text);
    if (!connection->trace_shown)
        return;
    if (connection->progress != NULL)
        progress_message(connection->progress, "%s", line);
    else
        (void)terminal_print(connection->terminal, "%s\n", line);
}

/* A program that waits without a word looks like one that hangs. The same words are not
 * said again while they are still true. */
static void connect_paused(void *context, const char *why, int64_t wait_ms) {
    struct connection *connection = context;
    int64_t now_ms = env_monotonic_us(connection->env) / 1000;
    char line[512];

    if (wait_ms < PAUSE_TOLD_MS ||
        (now_ms < connection->silent_until_ms && strcmp(why, connection->paused_by) == 0))
        return;
    connection->silent_until_ms = now_ms + wait_ms + PAUSE_AGAIN_MS;
    (void)snprintf(connection->paused_by, sizeof connection->paused_by, "%s", why);
    (void)snprintf(line, sizeof line, "waiting %lld s: %s",
                   (long long)(wait_ms + 999) / 1000, why);
    if (connection->progress != NULL)
        progress_message(connection->progress, "%s", line);
    else
        (void)terminal_print(connection->terminal, "%s\n", line);
}

static int connect_open_log(struct connection *connection, const char *path,
                            struct err *err) {
    connection->log_fd = -1;
    if (path == NULL)
        return RC_OK;
    connection->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return connection->log_fd < 0 ? err_errno(err, "open the log file", path) : RC_OK;
}

/* The site's own address, without api/v1: what messages show and the checkpoint keeps. */
static int connect_url(struct connection *connection, const char *typed,
                       struct err *err) {
    static const char api[] = "/api/v1/";
    int rc;

    connection->url.max = 4096;
    if (typed == NULL || typed[0] == '\0') {
        (void)err_set(err, RC_USAGE, "no server is named");
        err_advise(
            err, "name it: --url https://crm.example.com, or ESPOLOAD_URL, or a profile");
        return RC_USAGE;
    }
    rc = espo_api_url(typed, &connection->url, err);
    if (rc == RC_OK && connection->url.len >= sizeof api - 1) {
        connection->url.len -= sizeof api - 1;
        connection->url.data[connection->url.len] = '\0';
    }
    return rc;
}

int connect_open(struct connection *connection, struct command_context *context,
                 const char *url) {
    const struct global_options *global = context->global;
    struct err *err = &context->err;
    struct site_options options = {
        .ca_file = global->cacert,
        .insecure = global->insecure,
        .proxy = global->proxy,
        .user_agent = "espoload/" ESPOLOAD_VERSION,
        .jobs = (size_t)global->jobs,
        .rate_milli = global->rate_milli,
        .retries = (unsigned)global->retries,
        .timeout_ms = (long)global->timeout_ms,
        .env = context->env,
    };
    int rc = connect_open_log(connection, global->log_file, err);

    if (global->insecure)
        (void)terminal_print(context->log,
                             "warning: --insecure: the server's certificate is not "
                             "checked; whoever is in between can read the key and "
                             "change the data\n");
    connection->env = context->env;
    connection->terminal = context->log;
    connection->run = context->run;
    connection->trace_shown = global->verbose >= 2;
    if (rc == RC_OK)
        rc = connect_url(connection, url != NULL ? url : global->url, err);
    if (rc == RC_OK)
        rc = credentials_open(&connection->auth, global, context->parser,
                              context->environment, true, err);
    if (rc != RC_OK)
        return rc;
    run_state_name(context->run, NULL, NULL, buf_text(&connection->url));
    options.url = buf_text(&connection->url);
    options.auth = connection->auth;
    if (!global->quiet) {
        options.paused = connect_paused;
        options.paused_context = connection;
    }
    if (connection->log_fd >= 0 || connection->trace_shown) {
        options.trace = connect_trace;
        options.trace_context = connection;
    }
    return site_new(&connection->site, &options, err);
}

void connect_close(struct connection *connection) {
    if (connection->site != NULL)
        run_state_requests(connection->run, site_courier(connection->site));
    site_free(connection->site);
    auth_free(connection->auth);
    buf_fini(&connection->url);
    if (connection->log_fd > 0)
        (void)close(connection->log_fd);
    memset(connection, 0, sizeof *connection);
}

void connect_show(struct connection *connection, const struct command_context *context,
                  struct progress *progress, const struct progress_state *state,
                  const char *format, ...) {
    bool quiet = context->global->quiet || !context->global->progress;
    char title[PROGRESS_TITLE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(title, sizeof title, format, args);
    va_end(args);
    progress_start(progress, context->log, context->env, title, quiet, state);
    connection->progress = progress;
}

void connect_hide(struct connection *connection, const struct progress_state *state) {
    progress_finish(connection->progress, state);
    connection->progress = NULL;
}
