/* help_json.h - help for a program: the lists that `espoload help` tells, as JSON lines.
 */
#ifndef CMD_HELP_JSON_H
#define CMD_HELP_JSON_H

#include "cmd/command.h"
#include "cmd/jsonout.h"

/* What that line asks for, one object a line: the commands and topics; of the topic
 * errors (or of one code) `reason` lines, of exit-codes `exitCode` lines; of a command or
 * another topic its page as text. */
int help_print_json(struct jsonout *json, const struct command_line *line,
                    struct err *err);

#endif
