/* metrics.h - --metrics FILE: a run in numbers, for the textfile collector of the
 * Prometheus node exporter.
 *
 * The file is replaced whole, during a run and at its end, also at that of one that
 * failed. What concerns earlier runs (the last exit code, the last good end) is taken
 * over from the file that is there, so one file belongs to one job. Holds no value of a
 * row and no secret.
 */
#ifndef CMD_METRICS_H
#define CMD_METRICS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct command_context;

enum { METRICS_RUNNING = -1 };

/* What is known of earlier runs. */
struct metrics_past {
    int64_t exit_code;  /* of the last run that ended; -1 = not known */
    int64_t success_s;  /* when one ended with 0, seconds since 1970; 0 = never */
    int64_t complete_s; /* when one ended with 0 or 1 */
};

/* Appends the text of the file. exit_code: METRICS_RUNNING while it goes on. Pure but for
 * the clock. */
void metrics_append(struct buf *out, const struct command_context *context,
                    const struct metrics_past *past, int exit_code);

/* What an earlier text says of the past; unreadable is unknown. */
void metrics_read(struct slice text, struct metrics_past *past);

/* Reads the past, writes the file. RC_LOCAL, RC_USAGE, RC_NOMEM. */
int metrics_write(const struct command_context *context, int exit_code, struct err *err);

/* Can the file be written? Found out before a run, and leaves it as it is. */
int metrics_verify(const struct command_context *context, struct err *err);

#endif
