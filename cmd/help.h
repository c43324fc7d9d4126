/* help.h - --help from the option tables: 80 columns, examples first, options in groups.
 */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "base/buf.h"
#include "cmd/command.h"

enum { HELP_MAX = 64 << 10 };

/* `espoload COMMAND --help`. Appends; see buf->failed. */
void help_append_command(struct buf *buf, const struct command *command);

/* `espoload --help`: what it is, its commands, the options of all. commands: NULL at the
 * end. */
void help_append_overview(struct buf *buf, const struct command *const *commands);

/* The line after "Usage: ": "espoload import [OPTION]... FILE". */
void help_append_usage(struct buf *buf, const struct command *command);

/* "-j, --jobs N", "    --[no-]json"; the spelling that help and man page show. */
void help_append_spelling(struct buf *buf, const struct option_def *def);

#endif
