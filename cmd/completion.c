/* completion.c - what the completions of all shells have in common. */
#include "cmd/completion.h"

#include <string.h>

enum completion_kind completion_of_option(const struct option_def *def) {
    return def->type == OPTION_PATH || def->names_file ? COMPLETION_FILE
                                                       : COMPLETION_NONE;
}

enum completion_kind completion_of_argument(const struct command_argument *argument) {
    if (strcmp(argument->name, "CHECKPOINT") == 0)
        return COMPLETION_CHECKPOINT;
    return strcmp(argument->name, "FILE") == 0 ? COMPLETION_FILE : COMPLETION_NONE;
}

const char *completion_prefix(const struct option_def *def, int number) {
    bool plain = !option_shown_negated(def);

    if (number == 0 && plain)
        return "";
    return def->negatable && number == (plain ? 1 : 0) ? "no-" : NULL;
}

void completion_brief(struct buf *buf, const char *text, const char *escape) {
    for (; *text != '\0' && *text != ';'; text++) {
        if (strncmp(text, ": ", 2) == 0 || strncmp(text, " (", 2) == 0)
            break;
        if (strchr(escape, *text) != NULL)
            (void)buf_append_char(buf, '\\');
        (void)buf_append_char(buf, *text);
    }
}

void completion_meaning(struct buf *buf, const struct option_def *def, const char *prefix,
                        const char *escape) {
    if (*prefix != '\0' && !option_shown_negated(def))
        (void)buf_append_format(buf, "the opposite of --%s", def->name);
    else
        completion_brief(buf, def->help == NULL ? "" : def->help, escape);
}
