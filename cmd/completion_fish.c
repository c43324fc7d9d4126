/* completion_fish.c - the completion for fish 3. */
#include "cmd/completion.h"

#include "cmd/topics.h"

static const char head[] =
    "# fish completion for espoload. Written by its build from the option tables.\n"
    "complete -c espoload -f\n";

static const char escape[] = "\\'"; /* in fish's single quotes */

static void append_value(struct buf *buf, const struct option_def *def) {
    if (option_is_flag(def))
        return;
    if (def->choices == NULL) {
        bool file = completion_of_option(def) == COMPLETION_FILE;
        (void)buf_append_text(buf, file ? " -r -F" : " -x");
        return;
    }
    (void)buf_append_text(buf, " -x -a '");
    for (int i = 0; def->choices[i] != NULL; i++)
        (void)buf_append_format(buf, "%s%s", i > 0 ? " " : "", def->choices[i]);
    (void)buf_append_char(buf, '\'');
}

/* Begins a line: of a command, or with NULL of all. */
static void append_condition(struct buf *buf, const char *command) {
    (void)buf_append_text(buf, "complete -c espoload");
    if (command != NULL)
        (void)buf_append_format(buf, " -n '__fish_seen_subcommand_from %s'", command);
}

static void append_table(struct buf *buf, const char *command,
                         const struct option_def *defs) {
    const char *prefix;

    for (; defs != NULL && defs->name != NULL; defs++) {
        if (defs->hidden)
            continue;
        for (int i = 0; (prefix = completion_prefix(defs, i)) != NULL; i++) {
            append_condition(buf, command);
            (void)buf_append_format(buf, " -l %s%s", prefix, defs->name);
            if (defs->letter != 0 && i == 0)
                (void)buf_append_format(buf, " -s %c", defs->letter);
            append_value(buf, defs);
            (void)buf_append_text(buf, " -d '");
            completion_meaning(buf, defs, prefix, escape);
            (void)buf_append_text(buf, "'\n");
        }
    }
}

/* A word that stands for itself: a command, or what `help` takes. */
static void append_word(struct buf *buf, const char *condition, const char *word,
                        const char *summary) {
    (void)buf_append_format(buf, "complete -c espoload -n '%s' -a %s -d '", condition,
                            word);
    completion_brief(buf, summary, escape);
    (void)buf_append_text(buf, "'\n");
}

static void append_arguments(struct buf *buf, const struct command *command) {
    const struct command_argument *argument = command->arguments;

    for (; argument != NULL && argument->name != NULL; argument++) {
        enum completion_kind kind = completion_of_argument(argument);
        if (kind == COMPLETION_NONE)
            continue;
        append_condition(buf, command->name);
        (void)buf_append_text(buf,
                              kind == COMPLETION_FILE
                                  ? " -F\n"
                                  : " -k -a '(__fish_complete_suffix .checkpoint)'\n");
    }
}

void completion_fish(struct buf *buf, const struct command *const *commands) {
    static const char begin[] = "__fish_use_subcommand";
    static const char help[] = "__fish_seen_subcommand_from help";

    (void)buf_append_text(buf, head);
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->hidden)
            continue;
        append_word(buf, begin, commands[i]->name, commands[i]->summary);
        append_word(buf, help, commands[i]->name, commands[i]->summary);
    }
    append_word(buf, begin, "help", "explain a command, a topic or an error code");
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++)
        append_word(buf, help, topic->name, topic->summary);
    append_table(buf, NULL, global_option_defs);
    for (; *commands != NULL; commands++) {
        if ((*commands)->hidden)
            continue;
        append_table(buf, (*commands)->name, (*commands)->options);
        append_arguments(buf, *commands);
    }
}
