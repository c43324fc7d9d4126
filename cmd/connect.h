/* connect.h - from the options of a command to a server that can be asked. */
#ifndef CMD_CONNECT_H
#define CMD_CONNECT_H

#include "cmd/command.h"
#include "flow/site.h"

struct progress;
struct progress_state;
struct run_state;

struct connection {
    struct site *site;               /* owned */
    struct auth *auth;               /* owned */
    struct buf url;                  /* owned; of the site, as the run knows it */
    int log_fd;                      /* of --log-file; -1 = none */
    bool trace_shown;                /* -vv: requests go to stderr, too */
    const struct env *env;           /* borrowed */
    struct run_state *run;           /* borrowed; told of the requests at the end */
    const struct terminal *terminal; /* stderr; borrowed */
    struct progress *progress; /* borrowed; a block that may be on the screen, or NULL */
    char paused_by[400];       /* why nothing was sent, as it was said last */
    int64_t silent_until_ms;   /* monotonic; not said again before */
};

/* url: NULL = the option's. RC_USAGE, RC_LOCAL, ...; zero-initialise, and close in any
 * case. */
int connect_open(struct connection *connection, struct command_context *context,
                 const char *url);
void connect_close(struct connection *connection);

/* Starts a progress block, called as format says; what is told of the requests goes above
 * it until connect_hide(). progress: borrowed until then. */
void connect_show(struct connection *connection, const struct command_context *context,
                  struct progress *progress, const struct progress_state *state,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void connect_hide(struct connection *connection, const struct progress_state *state);

#endif
