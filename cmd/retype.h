/* retype.h - commands for somebody to type next, as the shell takes them.
 */
#ifndef CMD_RETYPE_H
#define CMD_RETYPE_H

#include "base/buf.h"
#include "cmd/option_parser.h"

#include <stdbool.h>

/* A path or another word: quoted if it must be. */
void retype_append_word(struct buf *buf, const char *word);

/* Of the options that every command has, those that were typed and say which server, who
 * and how fast: " --url https://crm.example.com -j 8". Secrets are in none of them. url:
 * that one, too. */
void retype_append_connection(struct buf *buf, const struct option_parser *parser,
                              bool url);

#endif
