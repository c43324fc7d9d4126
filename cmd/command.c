/* command.c - takes a command line apart: command, options from every source, arguments.
 */
#include "cmd/command.h"

#include <string.h>

#include "base/utf8.h"
#include "cmd/config.h"
#include "cmd/topics.h"

enum { CONFIG_PATH_MAX = 4096 };

const struct command *command_find(const struct command *const *commands,
                                   const char *name) {
    for (; *commands != NULL; commands++)
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

int command_unknown(const struct command *const *commands, const char *what,
                    const char *name, struct err *err) {
    const char *nearest = NULL;
    struct buf shown = {.max = 400};
    size_t best = strlen(name) < 6 ? 3 : strlen(name) / 3 + 1;

    for (; *commands != NULL; commands++) {
        size_t distance =
            utf8_distance(slice_of(name), slice_of((*commands)->name), best);
        if (distance < best && !(*commands)->hidden) {
            best = distance;
            nearest = (*commands)->name;
        }
    }
    (void)utf8_append_printable(&shown, slice_of(name), 60);
    (void)err_set(err, RC_USAGE, "there is no %s \"%s\"%s%s%s", what, buf_text(&shown),
                  nearest != NULL ? "; did you mean " : "",
                  nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    err_advise(err, "espoload --help lists the commands and topics");
    buf_fini(&shown);
    return RC_USAGE;
}

static int unexpected_argument(const char *argument, const char *command,
                               struct err *err) {
    struct buf shown = {.max = 400};

    (void)utf8_append_printable(&shown, slice_of(argument), 60);
    (void)err_set(err, RC_USAGE, "unexpected argument \"%s\"", buf_text(&shown));
    err_advise(err, "espoload %s --help shows how it is used", command);
    buf_fini(&shown);
    return RC_USAGE;
}

/* Too few or too many arguments? */
static int check_arguments(const struct command_line *line, struct err *err) {
    const struct command_argument *argument = line->command->arguments;
    size_t seen = 0;

    for (; argument != NULL && argument->name != NULL; argument++) {
        if (seen >= line->argument_count && !argument->optional) {
            (void)err_set(err, RC_USAGE, "%s is missing: %s", argument->name,
                          argument->help);
            err_advise(err, "espoload %s --help shows how it is used",
                       line->command->name);
            return RC_USAGE;
        }
        seen = argument->repeated ? line->argument_count : seen + 1;
    }
    if (seen >= line->argument_count)
        return RC_OK;
    return unexpected_argument(line->arguments[seen], line->command->name, err);
}

/* `help COMMAND` is another way to say `COMMAND --help`; a topic or an error code has no
 * other. */
static int find_help_topic(struct command_line *line,
                           const struct command *const *commands, int argc,
                           char *const *argv, int *at, struct err *err) {
    int rc = option_parse_arguments(&line->parser, argc, argv, at, false, err);
    const char *name;

    line->global.help = true;
    if (rc < 0 || line->parser.positional_count < 2)
        return rc;
    name = line->parser.positionals[1];
    line->command = command_find(commands, name);
    line->topic = topic_find(name);
    line->reason = reason_of_code(name);
    if (line->parser.positional_count > 2)
        return unexpected_argument(line->parser.positionals[2], "help", err);
    if (line->command == NULL && line->topic == NULL && line->reason == REASON_NONE)
        return command_unknown(commands, "command, topic or error code", name, err);
    return RC_OK;
}

static int parse_command(struct command_line *line, int argc, char *const *argv, int *at,
                         struct err *err) {
    static const struct option_def none[] = {{.name = NULL}};
    const struct command *command = line->command;
    int rc;

    line->options = arena_zalloc(&line->parser.memory, command->options_size + 1);
    if (line->options == NULL)
        return err_nomem(err);
    rc = option_parser_add(&line->parser,
                           command->options != NULL ? command->options : none,
                           line->options, err);
    if (rc == RC_OK)
        rc = option_parse_arguments(&line->parser, argc, argv, at, false, err);
    line->arguments = line->parser.positionals + 1;
    line->argument_count = line->parser.positional_count - 1;
    if (rc == RC_OK && !line->global.help && !line->global.version)
        rc = check_arguments(line, err);
    return rc;
}

void command_tables(const struct command *const *commands,
                    const struct option_def *tables[COMMANDS_MAX + 2]) {
    size_t count = 0;

    tables[count++] = global_option_defs;
    for (; *commands != NULL && count <= COMMANDS_MAX; commands++)
        if ((*commands)->options != NULL)
            tables[count++] = (*commands)->options;
    tables[count] = NULL;
}

/* The profile in use, also where it is the file's default; servers to be careful with. */
static int note_profiles(struct command_line *line, const struct config *config,
                         struct err *err) {
    struct arena *memory = &line->parser.memory;
    const char *name = config_default(config);

    if (line->global.profile == NULL && name != NULL) {
        line->global.profile = arena_copy(memory, name, strlen(name));
        if (line->global.profile == NULL)
            return err_nomem(err);
    }
    return config_list_protected(config, memory, &line->global.guarded, err);
}

static int apply_config(struct command_line *line, const struct command *const *commands,
                        char *const *environment, struct err *err) {
    const struct option_def *known[COMMANDS_MAX + 2];
    struct buf path = {.max = CONFIG_PATH_MAX};
    struct config *config = NULL;
    int rc;

    command_tables(commands, known);
    rc = config_path(environment, &path);
    if (rc < 0) {
        (void)err_set(err, rc, "the path of the config file is too long");
        goto out;
    }
    if (path.len > 0)
        rc = config_open(&config, buf_text(&path),
                         option_environment(environment, "HOME"), err);
    if (rc == RC_OK)
        rc = config_apply(config, line->global.profile, &line->parser, known, err);
    if (rc == RC_OK)
        rc = note_profiles(line, config, err);
out:
    config_free(config);
    buf_fini(&path);
    return rc;
}

int command_line_parse(struct command_line *line, const struct command *const *commands,
                       int argc, char *const *argv, char *const *environment,
                       struct err *err) {
    int at = 1, rc;

    rc = option_parser_add(&line->parser, global_option_defs, &line->global, err);
    if (rc == RC_OK)
        rc = option_parse_arguments(&line->parser, argc, argv, &at, true, err);
    if (rc < 0)
        return rc;
    if (line->parser.positional_count > 0) {
        const char *name = line->parser.positionals[0];
        line->command = command_find(commands, name);
        if (line->command == NULL && strcmp(name, "help") == 0)
            return find_help_topic(line, commands, argc, argv, &at, err);
        if (line->command == NULL)
            return command_unknown(commands, "command", name, err);
        rc = parse_command(line, argc, argv, &at, err);
    }
    if (rc < 0 || line->command == NULL || line->global.help || line->global.version)
        return rc;
    rc = option_parse_environment(&line->parser, environment, err);
    if (rc == RC_OK)
        rc = apply_config(line, commands, environment, err);
    if (rc == RC_OK)
        rc = option_parse_defaults(&line->parser, err);
    return rc;
}

void command_line_fini(struct command_line *line) {
    option_parser_fini(&line->parser);
    memset(line, 0, sizeof *line);
}
