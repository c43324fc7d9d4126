/* command.h - what a command is, and what it is run with.
 *
 * One file per command, each exporting one `const struct command`. The command line is
 * parsed here from the tables; commands print, main decides the exit code.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "base/env.h"
#include "base/reason.h"
#include "cmd/exit_codes.h"
#include "cmd/global_options.h"
#include "cmd/option_parser.h"

#include <signal.h>

struct terminal;
struct jsonout;
struct run_state;
struct topic;
struct command_context;

struct command_argument {
    const char *name; /* "FILE"; NULL ends the list */
    const char *help; /* what it is */
    bool optional;    /* may be left out (only the last ones) */
    bool repeated;    /* may be given more than once (only the last one) */
};

struct command_example {
    const char *line; /* "espoload import leads.csv -m lead.json"; NULL ends the list */
    const char *help; /* what it does, one sentence */
};

struct command {
    const char *name;                         /* "import" */
    const char *summary;                      /* one line, lower case, no full stop */
    const char *description;                  /* paragraphs, parted by "\n\n"; or NULL */
    const struct command_argument *arguments; /* or NULL */
    const struct option_def *options;         /* own options, or NULL */
    size_t options_size;                      /* of the struct they fill, bytes */
    const struct command_example *examples;   /* or NULL */
    bool hidden;                              /* not in the list of commands */
    bool is_run;                              /* of --metrics and --notify-command */

    /* RC_OK; EXIT_ROWS (1) when it finished but rows failed or differ; or < 0 with
     * context->err filled. */
    int (*run)(struct command_context *context);
};

struct command_context {
    const struct command *command;       /* that is run */
    const struct global_options *global; /* parsed */
    void *options;                       /* command->options_size bytes, parsed */
    const char *const *arguments;        /* positionals, checked against the command's */
    size_t argument_count;               /* of arguments */
    const struct option_parser *parser;  /* to ask where a value came from */
    char *const *environment;            /* of the process */
    const struct env *env;               /* clocks and chance */
    struct terminal *out;                /* stdout */
    struct terminal *log;                /* stderr */
    struct jsonout *json;                /* stdout as JSON lines; NULL without --json */
    struct run_state *run;               /* what is told to who watches from outside */
    const volatile sig_atomic_t *signal; /* the signal that asks to stop; 0 = none */
    struct err err;                      /* filled when run() returns < 0 */
};

/* A command line taken apart; zero-initialise. */
struct command_line {
    struct option_parser parser;   /* owns all values */
    struct global_options global;  /* parsed */
    const struct command *command; /* NULL when none was named */
    const struct topic *topic;     /* help is asked for on it; else NULL */
    enum reason reason;            /* likewise; else REASON_NONE */
    void *options;                 /* the command's, parsed; in the parser's memory */
    const char *const *arguments;  /* behind the command's name */
    size_t argument_count;         /* of arguments */
};

enum { COMMANDS_MAX = 64 };

/* By its name, or NULL. */
const struct command *command_find(const struct command *const *commands,
                                   const char *name);

/* RC_USAGE with what may have been meant. what: "command", or what else it could be. */
int command_unknown(const struct command *const *commands, const char *what,
                    const char *name, struct err *err);

/* The option tables of all commands, and the one that all have; NULL at the end. */
void command_tables(const struct command *const *commands,
                    const struct option_def *tables[COMMANDS_MAX + 2]);

/* argv[0] is the program. commands: NULL at the end. With --help, --version or `help
 * [COMMAND|TOPIC|CODE]` (global.help is then set) it stops behind the arguments: neither
 * environment nor profile can get in the way. RC_USAGE, RC_NOMEM, RC_LOCAL. */
int command_line_parse(struct command_line *line, const struct command *const *commands,
                       int argc, char *const *argv, char *const *environment,
                       struct err *err);
void command_line_fini(struct command_line *line);

#endif
