/* run_state.h - what a run is about and has done so far, for who watches it from outside:
 * --metrics, --notify-command.
 *
 * The commands tell it what they know as soon as they know it; main tells how it ended.
 * What a run did not get so far as to know stays empty.
 */
#ifndef CMD_RUN_STATE_H
#define CMD_RUN_STATE_H

#include "base/buf.h"
#include "flow/tally.h"
#include "wire/courier.h"

#include <stddef.h>
#include <stdint.h>

struct command_context;
struct jsonout;

enum { RUN_OUTCOMES = 12 };

struct run_outcome {
    const char *name; /* "created"; static */
    uint64_t rows;    /* that ended so */
};

struct run_state {
    char kind[16];         /* "import", whichever command does it; "" = not known */
    char entity_type[104]; /* cut */
    char url[304];         /* of the site, cut */
    bool pretend;          /* a dry run: nobody is told of it */
    struct run_outcome outcomes[RUN_OUTCOMES];
    size_t outcome_count;
    uint64_t unprocessed;           /* rows that are still to come */
    struct courier_counts requests; /* as last told */
    int64_t started_ms;             /* wall clock */
    int64_t began_us;               /* monotonic */
    int64_t told_us;                /* monotonic: when --metrics was written last */
    struct jsonout *notice;         /* gets the summary, too; NULL = nobody wants it */
};

/* Each may be NULL where it is not known (yet). */
void run_state_name(struct run_state *run, const char *kind, const char *entity_type,
                    const char *url);

/* How many rows have had an outcome so far; name is static. */
void run_state_rows(struct run_state *run, const char *name, uint64_t rows);
void run_state_tally(struct run_state *run, const struct tally *tally);
void run_state_requests(struct run_state *run, const struct courier *courier);

/* "270 created, 30 failed": appends what is not zero, or "nothing". */
void run_state_append(const struct run_state *run, struct buf *out);

/* Now and then while the run goes on: writes --metrics when it is time to. */
void run_state_show(struct command_context *context);

/* The last thing of a run: --metrics once more, then --notify-command. */
void run_state_end(struct command_context *context, int exit_code);

#endif
