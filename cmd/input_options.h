/* input_options.h - the options about a file and its mapping that several commands have.
 */
#ifndef CMD_INPUT_OPTIONS_H
#define CMD_INPUT_OPTIONS_H

#include "cmd/command.h"
#include "flow/job.h"

#include <stddef.h>

struct input_choice {
    const char *mapping;   /* path or short form */
    const char *encoding;  /* NULL = the mapping's, else found out */
    const char *delimiter; /* one character, or "tab"; NULL = the mapping's */
};

#define INPUT_GROUP "Input and mapping"

/* Entries of an option table for a struct `owner` with a `struct input_choice` member. */
/* clang-format off */
#define INPUT_OPTION_DEFS(owner, member)                                                 \
    {.name = "mapping", .letter = 'm', .type = OPTION_STRING, .argument = "MAPPING",     \
     .group = INPUT_GROUP, .offset = offsetof(owner, member.mapping),                    \
     .not_in_profile = true, .names_file = true,                                         \
     .help = "mapping file, or a short form such as 'Lead: E-Mail=emailAddress, *=*'"},  \
    {.name = "encoding", .type = OPTION_STRING, .argument = "NAME",                      \
     .group = INPUT_GROUP, .offset = offsetof(owner, member.encoding),                   \
     .help = "encoding of the file, such as windows-1252; else UTF-8, or what its byte " \
             "order mark says"},                                                         \
    {.name = "delimiter", .type = OPTION_STRING, .argument = "CHAR",                     \
     .group = INPUT_GROUP, .offset = offsetof(owner, member.delimiter),                  \
     .help = "what parts the cells: one character, or \"tab\"; else it is found out"}

/* What a command that only looks at a file takes, in a struct `owner` with the members
 * delimiter, header and rows. */
#define LOOK_OPTION_DEFS(owner, heading)                                                 \
    {.name = "delimiter", .type = OPTION_STRING, .argument = "CHAR", .group = heading,   \
     .offset = offsetof(owner, delimiter),                                               \
     .help = "what parts the cells: one character, or \"tab\"; else it is found out"},   \
    {.name = "header", .type = OPTION_FLAG, .group = heading,                            \
     .offset = offsetof(owner, header), .negatable = true, .not_in_profile = true,       \
     .fallback = "true", .help = "the first record is data, not names of columns"},      \
    {.name = "rows", .type = OPTION_INT, .argument = "N", .group = heading,              \
     .offset = offsetof(owner, rows), .min = 1, .not_in_profile = true,                  \
     .help = "look at the cells of the first N rows only; else of all"}
/* clang-format on */

/* The delimiter of an option: one character, or "tab"; NULL leaves *delimiter.
 * RC_USAGE. */
int delimiter_choose(const char *text, char *delimiter, struct err *err);

/* Fills job options; RC_USAGE without a mapping, or for a delimiter that is none. */
int input_choice_apply(const struct input_choice *choice, struct job_options *options,
                       struct err *err);

#endif
