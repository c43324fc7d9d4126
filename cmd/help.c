/* help.c - lays out --help. Does not print, and knows nothing about single options. */
#include "cmd/help.h"

#include <string.h>

enum { WIDTH = 80, TEXT_COLUMN = 28, SPELLING_MAX = 256 };

static void append_blanks(struct buf *buf, size_t count) {
    for (; count > 0; count--)
        (void)buf_append_char(buf, ' ');
}

/* Words of text from column `at` on, wrapped at WIDTH, further lines indented; a line
 * break in text is kept. Ends with a newline. */
static void append_wrapped(struct buf *buf, size_t at, size_t indent, const char *text) {
    size_t column = at;
    bool fresh = true;

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        if (!fresh && column + 1 + len > WIDTH) {
            (void)buf_append_char(buf, '\n');
            append_blanks(buf, indent);
            column = indent;
            fresh = true;
        }
        if (!fresh && len > 0) {
            (void)buf_append_char(buf, ' ');
            column++;
        }
        (void)buf_append(buf, text, len);
        column += len;
        fresh = fresh && len == 0;
        text += len;
        if (*text == '\n') {
            (void)buf_append_char(buf, '\n');
            if (text[1] != '\n' && text[1] != '\0')
                append_blanks(buf, indent);
            column = indent;
            fresh = true;
        }
        text += *text != '\0';
    }
    (void)buf_append_char(buf, '\n');
}

/* "  LABEL       text", the text on its own line where the label is too long. */
static void append_entry(struct buf *buf, const char *label, const char *text) {
    size_t used = strlen(label) + 2;

    (void)buf_append_format(buf, "  %s", label);
    if (*text == '\0') {
        (void)buf_append_char(buf, '\n');
        return;
    }
    if (used + 2 > TEXT_COLUMN) {
        (void)buf_append_char(buf, '\n');
        used = 0;
    }
    append_blanks(buf, TEXT_COLUMN - used);
    append_wrapped(buf, TEXT_COLUMN, TEXT_COLUMN, text);
}

void help_append_spelling(struct buf *buf, const struct option_def *def) {
    if (def->letter != 0)
        (void)buf_append_format(buf, "-%c, ", def->letter);
    else
        (void)buf_append_text(buf, "    ");
    (void)buf_append_format(buf, "--%s%s",
                            option_shown_negated(def) ? "no-"
                            : def->negatable          ? "[no-]"
                                                      : "",
                            def->name);
    if (!option_is_flag(def))
        (void)buf_append_format(buf, " %s",
                                def->argument == NULL ? "VALUE" : def->argument);
}

static void append_option(struct buf *buf, const struct option_def *def) {
    struct buf label = {.max = SPELLING_MAX}, text = {.max = HELP_MAX};

    help_append_spelling(&label, def);
    (void)buf_append_text(&text, def->help == NULL ? "" : def->help);
    if (def->type == OPTION_LIST)
        (void)buf_append_text(&text, "; may be given more than once");
    if (def->fallback != NULL && !option_is_flag(def))
        (void)buf_append_format(&text, " (default: %s)", def->fallback);
    append_entry(buf, buf_text(&label), buf_text(&text));
    buf_fini(&label);
    buf_fini(&text);
}

static const char *group_of(const struct option_def *def) {
    return def->group == NULL ? "Options" : def->group;
}

/* Is def the first shown one of its group? */
static bool opens_group(const struct option_def *defs, const struct option_def *def) {
    for (; defs < def; defs++)
        if (!defs->hidden && strcmp(group_of(defs), group_of(def)) == 0)
            return false;
    return true;
}

static void append_table(struct buf *buf, const struct option_def *defs) {
    if (defs == NULL)
        return;
    for (const struct option_def *head = defs; head->name != NULL; head++) {
        if (head->hidden || !opens_group(defs, head))
            continue;
        (void)buf_append_format(buf, "\n%s:\n", group_of(head));
        for (const struct option_def *def = head; def->name != NULL; def++)
            if (!def->hidden && strcmp(group_of(def), group_of(head)) == 0)
                append_option(buf, def);
    }
}

void help_append_usage(struct buf *buf, const struct command *command) {
    const struct command_argument *argument = command->arguments;

    (void)buf_append_format(buf, "espoload %s [OPTION]...", command->name);
    for (; argument != NULL && argument->name != NULL; argument++)
        (void)buf_append_format(buf, argument->optional ? " [%s]%s" : " %s%s",
                                argument->name, argument->repeated ? "..." : "");
}

static void append_examples(struct buf *buf, const struct command_example *example) {
    if (example == NULL || example->line == NULL)
        return;
    (void)buf_append_text(buf, "\nExamples:\n");
    for (; example->line != NULL; example++) {
        (void)buf_append_format(buf, "  %s\n      ", example->line);
        append_wrapped(buf, 6, 6, example->help);
    }
}

void help_append_command(struct buf *buf, const struct command *command) {
    const struct command_argument *argument = command->arguments;

    (void)buf_append_format(buf, "espoload %s - %s\n", command->name, command->summary);
    append_examples(buf, command->examples);
    (void)buf_append_text(buf, "\nUsage: ");
    help_append_usage(buf, command);
    (void)buf_append_char(buf, '\n');
    if (command->description != NULL) {
        (void)buf_append_char(buf, '\n');
        append_wrapped(buf, 0, 0, command->description);
    }
    if (argument != NULL && argument->name != NULL)
        (void)buf_append_text(buf, "\nArguments:\n");
    for (; argument != NULL && argument->name != NULL; argument++)
        append_entry(buf, argument->name, argument->help);
    append_table(buf, command->options);
    append_table(buf, global_option_defs);
    (void)buf_append_char(buf, '\n');
    append_wrapped(
        buf, 0, 0,
        "Every option can also be set in the environment (--api-key-file as "
        "ESPOLOAD_API_KEY_FILE) and, most of them, in a profile of the config "
        "file (as \"apiKeyFile\"). The command line wins, then the environment, "
        "then the profile.");
}

void help_append_overview(struct buf *buf, const struct command *const *commands) {
    (void)buf_append_text(buf, "espoload - CSV import and export for EspoCRM\n\n"
                               "Usage: espoload COMMAND [OPTION]... [ARGUMENT]...\n\n"
                               "Commands:\n");
    for (; *commands != NULL; commands++)
        if (!(*commands)->hidden)
            append_entry(buf, (*commands)->name, (*commands)->summary);
    (void)buf_append_text(buf,
                          "\n`espoload COMMAND --help` says more about a command.\n");
    append_table(buf, global_option_defs);
}
