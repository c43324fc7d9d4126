/* terminal.h - one output stream: is it a terminal, how wide, may it be coloured.
 *
 * Writes straight to the descriptor, without stdio, so that nothing lingers in a buffer
 * when the process is ended. What cannot be written to stderr is dropped silently.
 */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include "base/buf.h"
#include "cmd/global_options.h"

#include <stdbool.h>

struct terminal {
    int fd;      /* borrowed */
    bool is_tty; /* somebody may be looking */
    bool moves;  /* the cursor can be moved: a terminal that is not TERM=dumb */
    bool color;  /* --color, NO_COLOR and TERM taken together */
    int columns; /* from COLUMNS in the environment; 0 = not set */
};

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW };

void terminal_init(struct terminal *terminal, int fd, enum color_choice color,
                   char *const *environment);

/* Columns there are now: asks the terminal each time; 80 where nobody knows. */
size_t terminal_width(const struct terminal *terminal);

/* Writes all of it; RC_LOCAL with err filled (may be NULL) when that fails. */
int terminal_write(const struct terminal *terminal, const void *data, size_t len,
                   struct err *err);
int terminal_print(const struct terminal *terminal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for words: on a terminal, lines that are too long are broken between words,
 * indented below their begin. A line that holds a command to be typed is left whole, so
 * that it can be copied. Off a terminal nothing is broken. terminal_print() does so. */
int terminal_write_text(const struct terminal *terminal, struct slice text,
                        struct err *err);

/* Appends text as it is to stand in so many columns. Pure. */
void terminal_append_wrapped(struct buf *out, struct slice text, size_t width);

/* Appends text in a style, or plain where there is no colour. */
void terminal_append_styled(const struct terminal *terminal, struct buf *buf,
                            enum style style, const char *text);

/* "espoload: MESSAGE" and "advice" below it, control characters shown. */
void terminal_print_error(const struct terminal *terminal, const struct err *err);

/* Asks a yes-no question on /dev/tty: true only for a clear yes. Without a terminal it is
 * a refusal, and *asked is false. */
bool terminal_confirm(const struct terminal *terminal, const char *question, bool *asked);

/* Asks on /dev/tty for a line, "" when nothing is typed; false: there is no terminal. */
bool terminal_ask(const struct terminal *terminal, const char *question, char *answer,
                  size_t size);

/* Display columns of UTF-8 text: 2 for wide characters, 0 for combining ones; a byte that
 * is not UTF-8 and a control character count 1. */
size_t terminal_columns(struct slice text);

/* Bytes of text that fit into so many columns; no character is cut in two. */
size_t terminal_fit(struct slice text, size_t columns);

#endif
