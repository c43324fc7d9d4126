/* main.c - the program: signals, help and version, and a command's way to the exit code.
 */
#include "cmd/advice.h"
#include "cmd/commands.h"
#include "cmd/help.h"
#include "cmd/help_json.h"
#include "cmd/jsonout.h"
#include "cmd/metrics.h"
#include "cmd/process.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"
#include "cmd/topics.h"
#include "cmd/version.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

/* The signal that asked to stop, plus 256 for every one that came: the only mutable
 * global of the program. */
static volatile sig_atomic_t stop_signals;

static void on_stop(int signal_number) {
    stop_signals = (stop_signals & ~255) + 256 + signal_number;
}

static int stop_count(void *context) {
    (void)context;
    return stop_signals / 256;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

/* A script may start us with standard output closed (`>&-`). The next file or connection
 * that is opened would take its place, and be written into: so each of the three is
 * there, and those that were not refuse what is written. */
static void fill_standard_files(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int exit_code(int rc) {
    return exit_code_of(rc, (int)(stop_signals % 256));
}

/* The first line of --json says what the others are. */
static int print_first_line(struct jsonout *json, const char *command,
                            const char *profile, struct err *err) {
    jsonout_begin(json, "run");
    jsonout_count(json, "schema", JSONOUT_SCHEMA);
    jsonout_text(json, "program", ESPOLOAD_VERSION);
    jsonout_text(json, "command", command);
    jsonout_text(json, "profile", profile);
    return jsonout_end(json, err);
}

static int print_help_lines(const struct command_line *line, struct err *err) {
    struct jsonout json;
    int rc;

    jsonout_init(&json, STDOUT_FILENO);
    rc = print_first_line(&json, "help", line->global.profile, err);
    if (rc == RC_OK)
        rc = help_print_json(&json, line, err);
    jsonout_fini(&json);
    return rc;
}

static int print_help(const struct command_line *line, const struct terminal *out,
                      struct err *err) {
    struct buf text = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_TEXT};
    int rc;

    if (line->global.json)
        return print_help_lines(line, err);
    if (line->command != NULL)
        help_command(&page, line->command);
    else if (line->topic != NULL)
        topic_page(&page, line->topic);
    else if (line->reason != REASON_NONE)
        topic_reason(&page, line->reason);
    else
        help_overview(&page, commands_all());
    rc = text.failed != RC_OK ? err_nomem(err)
                              : terminal_write(out, text.data, text.len, err);
    buf_fini(&text);
    return rc;
}

static int print_version(const struct command_line *line, const struct terminal *out,
                         struct err *err) {
    struct jsonout json;
    int rc;

    jsonout_init(&json, STDOUT_FILENO);
    rc = version_print(out, line->global.json ? &json : NULL, err);
    jsonout_fini(&json);
    return rc;
}

/* The last one, where a summary would be. */
static void print_failure(struct command_context *context, int rc) {
    struct jsonout *json = context->json;

    if (json == NULL || rc >= RC_OK || json->summed)
        return;
    jsonout_begin(json, "failure");
    jsonout_integer(json, "exit", exit_code(rc));
    jsonout_error(json, "error", &context->err);
    (void)jsonout_end(json, NULL);
}

static int run_watched(struct command_context *context) {
    bool watched = context->command->is_run;
    int rc = watched && context->global->metrics != NULL
                 ? metrics_verify(context, &context->err)
                 : RC_OK;

    if (rc != RC_OK)
        return rc;
    rc = context->command->run(context);
    if (watched)
        run_state_end(context, exit_code(rc));
    return rc;
}

static int run_command(struct command_line *line, struct terminal *out,
                       struct terminal *log, struct err *err) {
    struct env env = *env_system();
    struct jsonout json, notice;
    struct run_state run = {.started_ms = env_wall_ms(&env),
                            .began_us = env_monotonic_us(&env)};
    struct command_context context = {
        .command = line->command,
        .global = &line->global,
        .options = line->options,
        .arguments = line->arguments,
        .argument_count = line->argument_count,
        .parser = &line->parser,
        .environment = environ,
        .env = &env,
        .out = out,
        .log = log,
        .run = &run,
        .signal = &stop_signals,
    };
    int rc = RC_OK;

    env.interrupts = stop_count;
    jsonout_init(&json, STDOUT_FILENO);
    if (line->global.json)
        context.json = &json;
    jsonout_init(&notice, -1);
    if (line->global.notify_command != NULL)
        run.notice = &notice;
    if (line->global.json)
        rc = print_first_line(&json, line->command->name, line->global.profile,
                              &context.err);
    if (rc == RC_OK)
        rc = run_watched(&context);
    if (rc < 0)
        advice_complete(&context.err, context.command);
    print_failure(&context, rc);
    *err = context.err;
    jsonout_fini(&json);
    jsonout_fini(&notice);
    return rc;
}

int main(int argc, char **argv) {
    struct command_line line = {0};
    struct terminal out, log;
    struct err err = {0};
    int rc;

    process_prepare();
    fill_standard_files();
    catch_signals();
    rc = command_line_parse(&line, commands_all(), argc, argv, environ, &err);
    terminal_init(&out, STDOUT_FILENO, (enum color_choice)line.global.color, environ);
    terminal_init(&log, STDERR_FILENO, (enum color_choice)line.global.color, environ);
    if (rc == RC_OK && line.global.version)
        rc = print_version(&line, &out, &err);
    else if (rc == RC_OK && (line.global.help || line.command == NULL))
        rc = print_help(&line, &out, &err);
    else if (rc == RC_OK)
        rc = run_command(&line, &out, &log, &err);
    if (rc < 0) {
        advice_complete(&err, line.command);
        terminal_print_error(&log, &err);
    }
    command_line_fini(&line);
    return exit_code(rc);
}
