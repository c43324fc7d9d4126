/* exit_codes.c - the only place that knows the numbers and what they mean. */
#include "cmd/exit_codes.h"

#include <signal.h>
#include <stddef.h>

#include "base/rc.h"

const struct exit_meaning *exit_meanings(void) {
    static const struct exit_meaning all[] = {
        {0, "ok", "all rows fine"},
        {1, "rows",
         "finished; some rows failed, are unknown, or were stored with a value missing; "
         "`undo`: or were kept; `reconcile`: there are differences"},
        {2, "usage",
         "usage, mapping or configuration wrong, or a question answered with no; "
         "nothing was sent"},
        {3, "too-many-errors",
         "stopped: more errors than `--max-errors` allows, or the first 50 rows have "
         "all failed for one cause"},
        {4, "refused",
         "the server refused the key, or the user's rights do not allow the run"},
        {5, "server", "server unreachable or failing after all retries; resume later"},
        {6, "input",
         "input unreadable, malformed beyond a row, or not the file of the checkpoint"},
        {7, "local", "local failure: disk full, no permission, out of memory"},
        {8, "locked", "another run holds this checkpoint"},
        {128 + SIGHUP, "hung-up",
         "stopped when its terminal was closed (SIGHUP); resume"},
        {128 + SIGINT, "interrupted",
         "stopped by Ctrl-C (SIGINT), or behind a canary; resume"},
        {128 + SIGTERM, "terminated", "stopped by SIGTERM; resume"},
        {0, NULL, NULL},
    };

    return all;
}

int exit_code_of(int rc, int signal_number) {
    switch (rc) {
    case RC_OK:
    case EXIT_ROWS: return rc;
    case RC_USAGE: return 2;
    case RC_TOO_MANY: return 3;
    case RC_AUTH: return 4;
    case RC_UNREACHABLE:
    case RC_SERVER: return 5;
    case RC_INPUT: return 6;
    case RC_LOCKED: return 8;
    case RC_INTERRUPTED: return 128 + (signal_number != 0 ? signal_number : SIGINT);
    default: return 7;
    }
}
