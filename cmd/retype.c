/* retype.c - quoting for the shell, and the options that were typed. */
#include "cmd/retype.h"

#include "cmd/global_options.h"

#include <string.h>

void retype_append_word(struct buf *buf, const char *word) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789_-./:=@%+,";

    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        (void)buf_append_text(buf, word);
        return;
    }
    (void)buf_append_char(buf, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            (void)buf_append_text(buf, "'\\''");
        else
            (void)buf_append_char(buf, *word);
    }
    (void)buf_append_char(buf, '\'');
}

void retype_append_connection(struct buf *buf, const struct option_parser *parser,
                              bool url) {
    for (const struct option_def *def = global_option_defs; def->name != NULL; def++) {
        const char *given = option_given(parser, def->name);
        if (given == NULL || def->group == NULL ||
            (strcmp(def->group, GLOBAL_GROUP_SERVER) != 0 &&
             strcmp(def->group, GLOBAL_GROUP_PACE) != 0) ||
            (!url && strcmp(def->name, "url") == 0))
            continue;
        if (def->letter != 0)
            (void)buf_append_format(buf, " -%c", def->letter);
        else
            (void)buf_append_format(
                buf, " --%s%s",
                strcmp(given, "no") == 0 && option_is_flag(def) ? "no-" : "", def->name);
        if (option_is_flag(def))
            continue;
        (void)buf_append_char(buf, ' ');
        retype_append_word(buf, given);
    }
}
