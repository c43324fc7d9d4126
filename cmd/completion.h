/* completion.h - completions for bash, zsh and fish, from the tables of the commands.
 *
 * They complete commands, topics, options, words of enumerated options, and files where
 * a file is meant. They run nothing: what they offer is written into them.
 */
#ifndef CMD_COMPLETION_H
#define CMD_COMPLETION_H

#include "base/buf.h"
#include "cmd/command.h"

/* Append a whole script; failures stay in the buffer. commands: NULL at the end. */
void completion_bash(struct buf *buf, const struct command *const *commands);
void completion_zsh(struct buf *buf, const struct command *const *commands);
void completion_fish(struct buf *buf, const struct command *const *commands);

/* What stands for a value or an argument. */
enum completion_kind { COMPLETION_NONE, COMPLETION_FILE, COMPLETION_CHECKPOINT };

enum completion_kind completion_of_option(const struct option_def *def);
enum completion_kind completion_of_argument(const struct command_argument *argument);

/* The spellings of an option that are shown: "" for --NAME, "no-" for --no-NAME; NULL
 * behind the last. */
const char *completion_prefix(const struct option_def *def, int number);

/* Appends the first words of a text: up to a semicolon, a colon or a parenthesis. Each of
 * the characters in `escape` gets a backslash in front. */
void completion_brief(struct buf *buf, const char *text, const char *escape);

/* Likewise what an option does, in the spelling with that prefix. */
void completion_meaning(struct buf *buf, const struct option_def *def, const char *prefix,
                        const char *escape);

#endif
