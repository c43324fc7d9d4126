/* config_show.c - `espoload config`: each option, its value, and where that came from.
 *
 * Shows of a secret only that it is there. Needs no server.
 */
#include "cmd/commands.h"
#include "cmd/config.h"
#include "cmd/jsonout.h"
#include "cmd/terminal.h"

#include <string.h>

enum {
    PATH_BYTES = 8192,
    TEXT_MAX = 256 * 1024,
    NAME_WIDTH = 18,
    VALUE_WIDTH = 30,
    LINE_WIDTH = 78
};

/* What is being shown, and to whom. */
struct show {
    struct command_context *context; /* borrowed */
    const char *path;                /* of the config file; "" = none */
    const struct config *config;     /* borrowed; NULL = there is no such file */
    struct buf text;                 /* for a person */
    struct buf unset;                /* names of options without a value, in lines */
    size_t unset_line;               /* where its last line begins */
    struct option_parser parser;     /* of the options of one command, if it is named */
};

static const char *const source_words[] = {
    [OPTION_UNSET] = "unset",          [OPTION_FROM_DEFAULT] = "default",
    [OPTION_FROM_PROFILE] = "profile", [OPTION_FROM_ENVIRONMENT] = "environment",
    [OPTION_FROM_FLAG] = "flag",
};

/* --- the file and its profiles --- */

static int show_file(struct show *show) {
    struct jsonout *json = show->context->json;
    const char *path = show->path[0] == '\0' ? NULL : show->path;

    if (json == NULL) {
        (void)buf_append_format(&show->text, "Config file: %s%s\n",
                                path == NULL ? "none, for HOME is not set" : path,
                                show->config == NULL && path != NULL ? " (not there)"
                                                                     : "");
        return RC_OK;
    }
    jsonout_begin(json, "config");
    jsonout_text(json, "file", path);
    jsonout_boolean(json, "present", show->config != NULL);
    jsonout_text(json, "profile", show->context->global->profile);
    return jsonout_end(json, &show->context->err);
}

static int show_profile(void *data, const struct config_profile *profile) {
    struct show *show = data;
    struct jsonout *json = show->context->json;
    const char *chosen = show->context->global->profile;
    bool in_use = chosen != NULL && strcmp(chosen, profile->name) == 0;
    struct buf shown = {.max = PATH_BYTES};
    const char *url = profile->url == NULL ? NULL : option_shown(profile->url, &shown);
    int rc = RC_OK;

    if (json == NULL) {
        (void)buf_append_format(&show->text, "  %-*s %s%s%s%s\n", NAME_WIDTH,
                                profile->name, url == NULL ? "(no url)" : url,
                                in_use ? "  in use" : "",
                                profile->is_default ? "  default" : "",
                                profile->is_protected ? "  protected" : "");
    } else {
        jsonout_begin(json, "profile");
        jsonout_text(json, "name", profile->name);
        jsonout_boolean(json, "inUse", in_use);
        jsonout_boolean(json, "default", profile->is_default);
        jsonout_boolean(json, "protected", profile->is_protected);
        jsonout_text(json, "url", url);
        rc = jsonout_end(json, &show->context->err);
    }
    buf_fini(&shown);
    return rc;
}

/* --- options --- */

/* "line 4: /profiles/live/jobs" of "/x/config.json:4: /profiles/live/jobs": the file is
 * named above. */
static void append_place(struct show *show, enum option_source source,
                         const char *place) {
    size_t len = strlen(show->path);

    if (source == OPTION_FROM_DEFAULT || place == NULL)
        (void)buf_append_text(&show->text, "default");
    else if (len > 0 && strncmp(place, show->path, len) == 0 && place[len] == ':')
        (void)buf_append_format(&show->text, "line %s", place + len + 1);
    else
        (void)buf_append_text(&show->text, place);
}

static void append_unset(struct show *show, const char *name) {
    struct buf *unset = &show->unset;

    (void)buf_append_text(unset, unset->len > 0 ? "," : "Not set:");
    if (unset->len - show->unset_line + strlen(name) + 2 > LINE_WIDTH) {
        (void)buf_append_text(unset, "\n ");
        show->unset_line = unset->len - 1;
    }
    (void)buf_append_format(unset, " %s", name);
}

static void text_option(struct show *show, const struct option_def *def,
                        enum option_source source, const char *value, const char *place) {
    if (source == OPTION_UNSET) {
        append_unset(show, def->name);
        return;
    }
    (void)buf_append_format(&show->text, "  %-*s ", NAME_WIDTH, def->name);
    if (def->type == OPTION_SECRET)
        (void)buf_append_text(&show->text, "set, from ");
    else
        (void)buf_append_format(&show->text, "%-*s  ", VALUE_WIDTH, value);
    append_place(show, source, place);
    (void)buf_append_char(&show->text, '\n');
}

static int json_option(struct show *show, const struct option_def *def,
                       const char *command, enum option_source source, const char *value,
                       const char *place) {
    struct jsonout *json = show->context->json;

    jsonout_begin(json, "option");
    jsonout_text(json, "name", def->name);
    if (command != NULL)
        jsonout_text(json, "command", command);
    jsonout_text(json, "value", value);
    jsonout_boolean(json, "secret", def->type == OPTION_SECRET);
    jsonout_boolean(json, "set", source != OPTION_UNSET);
    jsonout_text(json, "source", source_words[source]);
    jsonout_text(json, "from", place);
    return jsonout_end(json, &show->context->err);
}

/* command: of which the table is; NULL = of all of them. */
static int show_table(struct show *show, const struct option_table *table,
                      const char *command) {
    struct buf shown = {.max = PATH_BYTES};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < table->count; i++) {
        const struct option_def *def = &table->defs[i];
        const char *value = table->texts[i];
        if (def->arguments_only)
            continue;
        if (def->type == OPTION_SECRET || table->sources[i] == OPTION_UNSET)
            value = NULL;
        else if (value != NULL && strstr(value, "://") != NULL)
            value = option_shown(value, &shown); /* without a password in it */
        if (show->context->json != NULL)
            rc = json_option(show, def, command, table->sources[i], value,
                             table->places[i]);
        else
            text_option(show, def, table->sources[i], value == NULL ? "" : value,
                        table->places[i]);
    }
    buf_fini(&shown);
    return rc;
}

/* The options of one command have their values from everywhere but the command line. */
static int show_command(struct show *show, const char *name) {
    const struct command *const *commands = commands_all();
    struct command_context *context = show->context;
    const struct option_def *known[COMMANDS_MAX + 2];
    struct err *err = &context->err;
    const struct command *command = command_find(commands, name);
    void *options;
    int rc;

    if (command == NULL)
        return command_unknown(commands, "command", name, err);
    if (command->options == NULL)
        return RC_OK;
    command_tables(commands, known);
    options = arena_zalloc(&show->parser.memory, command->options_size + 1);
    if (options == NULL)
        return err_nomem(err);
    rc = option_parser_add(&show->parser, command->options, options, err);
    if (rc == RC_OK)
        rc = option_parse_environment(&show->parser, context->environment, err);
    if (rc == RC_OK && show->config != NULL)
        rc = config_apply(show->config, context->global->profile, &show->parser, known,
                          err);
    if (rc == RC_OK)
        rc = option_parse_defaults(&show->parser, err);
    if (rc == RC_OK)
        (void)buf_append_format(&show->text, "Options of %s\n", name);
    return rc == RC_OK ? show_table(show, &show->parser.tables[0], name) : rc;
}

static int show_all(struct show *show) {
    struct command_context *context = show->context;
    int rc = show_file(show);

    if (rc == RC_OK)
        rc = config_profiles(show->config, show_profile, show);
    (void)buf_append_text(&show->text, "Options of every command\n");
    if (rc == RC_OK)
        rc = show_table(show, &context->parser->tables[0], NULL);
    if (rc == RC_OK && context->argument_count > 0)
        rc = show_command(show, context->arguments[0]);
    if (rc != RC_OK || context->json != NULL)
        return rc;
    (void)buf_append_format(&show->text, "%s\n", buf_text(&show->unset));
    return show->text.failed != RC_OK
               ? err_nomem(&context->err)
               : terminal_write(context->out, buf_text(&show->text), show->text.len,
                                &context->err);
}

static int config_run(struct command_context *context) {
    const char *home = option_environment(context->environment, "HOME");
    struct buf path = {.max = PATH_BYTES};
    struct config *config = NULL;
    struct show show = {
        .context = context, .text = {.max = TEXT_MAX}, .unset = {.max = TEXT_MAX}};
    int rc = config_path(context->environment, &path);

    if (rc < 0)
        rc = err_set(&context->err, (enum rc)rc,
                     "the path of the config file is too long");
    if (rc == RC_OK && path.len > 0)
        rc = config_open(&config, buf_text(&path), home, &context->err);
    show.path = buf_text(&path);
    show.config = config;
    if (rc == RC_OK)
        rc = show_all(&show);
    option_parser_fini(&show.parser);
    config_free(config);
    buf_fini(&show.text);
    buf_fini(&show.unset);
    buf_fini(&path);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "COMMAND",
     .help = "show the options of this command as well, such as import",
     .optional = true},
    {0},
};

static const struct command_example examples[] = {
    {"espoload config", "which server, as whom, and who says so"},
    {"espoload config import --profile test", "as an import with that profile has it"},
    {0},
};

const struct command command_config = {
    .name = "config",
    .summary = "show each option, its value, and where that came from",
    .description = "A value comes from the command line, else from the environment, else "
                   "from the profile in use of the config file, else it is the default. "
                   "Of secrets it shows only that they are set, and where.",
    .arguments = arguments,
    .examples = examples,
    .run = config_run,
};
