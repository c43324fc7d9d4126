/* progress.h - how far a run is: a block on a terminal, else a line every 30 seconds.
 *
 * The block is redrawn at most 4 times a second and never wraps. While it is shown, all
 * other text on stderr goes through progress_message(). The caller fills a struct
 * progress_state with numbers; rate and remaining time are worked out here.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "base/buf.h"
#include "base/env.h"
#include "cmd/terminal.h"

#include <stdint.h>

enum progress_status {
    PROGRESS_RUNNING,
    PROGRESS_PAUSED,   /* nothing is sent for wait_ms */
    PROGRESS_RETRYING, /* the server cannot be reached: wait_ms until the next try */
    PROGRESS_SETTLING, /* looking up doubtful rows: settling */
    PROGRESS_STOPPING, /* a signal came: what is in flight is waited for */
    PROGRESS_FINISHING /* all rows are done: reports are written */
};

struct progress_state {
    uint64_t total; /* rows there are; 0 = not known */
    uint64_t done;  /* rows with an outcome, those of earlier runs included */
    uint64_t created, updated, unchanged, skipped, deleted, failed, unknown; /* of done */
    uint64_t in_flight;          /* requests */
    uint64_t limit;              /* requests that may be in flight now; 0 = none sent */
    uint64_t retries;            /* requests sent again */
    uint64_t settling;           /* rows whose outcome is looked up */
    int64_t p50_us;              /* latency; 0 = nothing measured */
    int64_t p95_us;              /* latency */
    int64_t wait_ms;             /* with PAUSED, RETRYING */
    enum progress_status status; /* what the run is doing */
};

/* What is shown beside the state. */
struct progress_view {
    const char *title;   /* "importing leads.csv" */
    int64_t elapsed_ms;  /* since the start of this run */
    uint64_t rate_milli; /* rows in 1000 seconds, over the last 30 s */
    int64_t left_ms;     /* estimate; < 0 = not known */
    size_t width;        /* columns */
    bool color;
};

/* Appends the block's lines, each ending in '\n' and at most width - 1 columns wide;
 * returns how many. Pure. */
size_t progress_render(struct buf *buf, const struct progress_state *state,
                       const struct progress_view *view);

/* Appends the same as one line without end, cut nowhere. Pure. */
void progress_render_line(struct buf *buf, const struct progress_state *state,
                          const struct progress_view *view);

enum { PROGRESS_SAMPLES = 31, PROGRESS_TITLE_MAX = 400 };

struct progress {
    const struct terminal *terminal; /* stderr; borrowed */
    const struct env *env;           /* clock; borrowed */
    bool block;                      /* a block, not lines */
    bool quiet;                      /* messages only */
    bool running;                    /* between start and finish */
    char title[PROGRESS_TITLE_MAX];  /* printable */
    int64_t started_us;              /* monotonic */
    int64_t drawn_us;                /* when it was shown last */
    struct {
        int64_t at_us;           /* monotonic */
        uint64_t done;           /* then */
    } samples[PROGRESS_SAMPLES]; /* one a second, a ring */
    size_t sample_count;         /* taken; the newest is at (count - 1) % SAMPLES */
    size_t lines;                /* of the block on the screen now */
    struct buf text;             /* that block */
};

/* quiet: -q or --no-progress. Shows the start (done rows of earlier runs do not count as
 * speed). */
void progress_start(struct progress *progress, const struct terminal *terminal,
                    const struct env *env, const char *title, bool quiet,
                    const struct progress_state *state);

/* Is it time to show again? Cheap: ask as often as you like. */
bool progress_due(const struct progress *progress);

/* Shows the state when it is due. */
void progress_show(struct progress *progress, const struct progress_state *state);

/* A line above the block; shown with quiet, too, and after progress_finish(). */
void progress_message(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the block away, or prints a last line; releases what it holds. */
void progress_finish(struct progress *progress, const struct progress_state *state);

#endif
