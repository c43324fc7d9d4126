/* completion_zsh.c - the completion for zsh: a file _espoload for its $fpath. */
#include "cmd/completion.h"

#include "cmd/topics.h"

enum { TEXT_MAX = 2048 };

/* text for inside of single quotes, where a quote cannot be escaped; text is freed. */
static void append_quoted(struct buf *buf, struct buf *text) {
    for (const char *c = buf_text(text); *c != '\0'; c++)
        if (*c == '\'')
            (void)buf_append_text(buf, "'\\''");
        else
            (void)buf_append_char(buf, *c);
    if (text->failed != RC_OK)
        buf->failed = text->failed;
    buf_fini(text);
}

static void append_action(struct buf *buf, enum completion_kind kind) {
    (void)buf_append_text(buf, kind == COMPLETION_FILE ? "_files"
                               : kind == COMPLETION_CHECKPOINT
                                   ? "_files -g \"*.checkpoint\""
                                   : " ");
}

/* '[what it does]:VALUE:action' behind the name of an option. */
static void append_meaning(struct buf *buf, const struct option_def *def,
                           const char *prefix) {
    struct buf text = {.max = TEXT_MAX};

    (void)buf_append_char(&text, '[');
    completion_meaning(&text, def, prefix, "[]");
    (void)buf_append_char(&text, ']');
    if (!option_is_flag(def)) {
        (void)buf_append_char(&text, ':');
        completion_brief(&text, def->argument == NULL ? "VALUE" : def->argument, ":[]");
        (void)buf_append_char(&text, ':');
    }
    append_quoted(buf, &text);
    if (option_is_flag(def))
        return;
    if (def->choices == NULL) {
        append_action(buf, completion_of_option(def));
        return;
    }
    for (int i = 0; def->choices[i] != NULL; i++)
        (void)buf_append_format(buf, "%s%s", i == 0 ? "(" : " ", def->choices[i]);
    (void)buf_append_char(buf, ')');
}

/* One for _arguments: '--limit=[what it does]:N: '. */
static void append_option(struct buf *buf, const struct option_def *def,
                          const char *dashes, const char *prefix, const char *name) {
    bool again = def->type == OPTION_LIST || def->type == OPTION_COUNT;
    const char *tie = dashes[1] == '-' ? "=" : "+"; /* the value may follow at once */

    (void)buf_append_format(buf, "        '%s%s%s%s%s", again ? "*" : "", dashes, prefix,
                            name, option_is_flag(def) ? "" : tie);
    append_meaning(buf, def, prefix);
    (void)buf_append_text(buf, "'\n");
}

static void append_table(struct buf *buf, const struct option_def *defs) {
    const char *prefix;

    for (; defs != NULL && defs->name != NULL; defs++) {
        if (defs->hidden)
            continue;
        for (int i = 0; (prefix = completion_prefix(defs, i)) != NULL; i++)
            append_option(buf, defs, "--", prefix, defs->name);
        if (defs->letter != 0)
            append_option(buf, defs, "-", "", (char[]){defs->letter, '\0'});
    }
}

static void append_pair(struct buf *buf, const char *name, const char *summary) {
    struct buf text = {.max = TEXT_MAX};

    (void)buf_append_format(buf, "        '%s:", name);
    completion_brief(&text, summary, ":");
    append_quoted(buf, &text);
    (void)buf_append_text(buf, "'\n");
}

static void append_command(struct buf *buf, const struct command *command) {
    const struct command_argument *argument = command->arguments;

    (void)buf_append_format(buf, "    %s)\n        own=(\n", command->name);
    append_table(buf, command->options);
    for (int i = 1; argument != NULL && argument->name != NULL; argument++, i++) {
        if (argument->repeated)
            (void)buf_append_format(buf, "        '*:%s:", argument->name);
        else
            (void)buf_append_format(buf, "        '%d:%s:", i, argument->name);
        append_action(buf, completion_of_argument(argument));
        (void)buf_append_text(buf, "'\n");
    }
    (void)buf_append_text(buf, "        )\n        _arguments -S $all $own && ret=0\n"
                               "        ;;\n");
}

void completion_zsh(struct buf *buf, const struct command *const *commands) {
    (void)buf_append_text(
        buf,
        "#compdef espoload\n"
        "# zsh completion for espoload. Written by its build from the option tables.\n"
        "\n"
        "_espoload() {\n"
        "    local curcontext=\"$curcontext\" state line ret=1\n"
        "    local -a all own commands topics\n"
        "    all=(\n");
    append_table(buf, global_option_defs);
    (void)buf_append_text(buf, "    )\n    commands=(\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            append_pair(buf, commands[i]->name, commands[i]->summary);
    append_pair(buf, "help", "explain a command, a topic or an error code");
    (void)buf_append_text(buf, "    )\n    topics=(\n");
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++)
        append_pair(buf, topic->name, topic->summary);
    (void)buf_append_text(
        buf,
        "    )\n"
        "    _arguments -C -S $all '1:command:->command' '*::argument:->argument' && "
        "ret=0\n"
        "    if [[ $state == command ]]; then\n"
        "        _describe command commands && ret=0\n"
        "        return ret\n"
        "    fi\n"
        "    [[ $state == argument ]] || return ret\n"
        "    curcontext=\"${curcontext%:*:*}:espoload-$words[1]:\"\n"
        "    case $words[1] in\n"
        "    help)\n"
        "        _describe command commands && ret=0\n"
        "        _describe topic topics && ret=0\n"
        "        ;;\n");
    for (; *commands != NULL; commands++)
        if (!(*commands)->hidden)
            append_command(buf, *commands);
    (void)buf_append_text(buf, "    esac\n    return ret\n}\n\n_espoload \"$@\"\n");
}
