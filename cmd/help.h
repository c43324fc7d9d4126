/* help.h - the pages about the commands, from their tables: --help, and the man pages.
 *
 * Examples first, options in groups. A man page has more behind that: environment, files,
 * exit codes, other pages.
 */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "cmd/command.h"
#include "cmd/page.h"

/* `espoload COMMAND --help`, or espoload-COMMAND(1). */
void help_command(const struct page *page, const struct command *command);

/* `espoload --help`, or espoload(1): what it is, its commands, topics, the options of
 * all. commands: NULL at the end. */
void help_overview(const struct page *page, const struct command *const *commands);

/* The line after "Usage: ": "espoload import [OPTION]... FILE". */
void help_append_usage(struct buf *buf, const struct command *command);

#endif
