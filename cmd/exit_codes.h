/* exit_codes.h - what the process ends with: a contract with scripts, and never changed.
 */
#ifndef CMD_EXIT_CODES_H
#define CMD_EXIT_CODES_H

enum { EXIT_ROWS = 1 }; /* what a command's run() returns when rows failed or differ */

struct exit_meaning {
    int code;
    const char *name;    /* "rows-failed", for programs; NULL ends the list */
    const char *meaning; /* one line, no full stop */
};

/* All of them, in their order; borrowed for ever. */
const struct exit_meaning *exit_meanings(void);

/* The exit code of what a command returned: RC_OK, EXIT_ROWS or a negative enum rc.
 * signal_number: the one that asked to stop, 0 for none. */
int exit_code_of(int rc, int signal_number);

#endif
