/* progress.c - when to show the state of a run, and keeping the block on the screen
 * whole.
 *
 * Each draw is one write, so that a block is never seen half-drawn. Does not fail: a
 * progress that cannot be written is not shown.
 */
#include "cmd/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
    BLOCK_US = 250000,        /* at most 4 draws a second */
    LINE_US = 30000000,       /* off a terminal */
    SAMPLE_US = 1000000,      /* one sample of the speed a second */
    WINDOW_US = 30000000,     /* the speed is that of the last 30 s */
    RATE_SOONEST_US = 500000, /* no speed out of less than that */
    TITLE_SHOWN = 96,         /* characters; each is 4 bytes at most */
    TEXT_MAX = 64 << 10
};

static void take_sample(struct progress *progress, int64_t now, uint64_t done) {
    size_t newest = (progress->sample_count + PROGRESS_SAMPLES - 1) % PROGRESS_SAMPLES;
    size_t next = progress->sample_count % PROGRESS_SAMPLES;

    if (progress->sample_count > 0 && now - progress->samples[newest].at_us < SAMPLE_US)
        return;
    progress->samples[next].at_us = now;
    progress->samples[next].done = done;
    progress->sample_count++;
}

/* Rows in 1000 seconds since the oldest sample that is within the window, or the newest
 * one before it where samples are far apart. */
static uint64_t rate_milli(const struct progress *progress, int64_t now, uint64_t done) {
    size_t count = progress->sample_count < PROGRESS_SAMPLES ? progress->sample_count
                                                             : PROGRESS_SAMPLES;
    int64_t from_us = 0, span;
    uint64_t from_done = 0;
    bool found = false;

    for (size_t i = 1; i <= count; i++) { /* newest first */
        size_t at = (progress->sample_count - i) % PROGRESS_SAMPLES;
        int64_t at_us = progress->samples[at].at_us;
        if (found && now - at_us > WINDOW_US)
            break;
        if (now - at_us < RATE_SOONEST_US)
            continue;
        from_us = at_us;
        from_done = progress->samples[at].done;
        found = true;
    }
    span = now - from_us;
    if (!found || done <= from_done || span <= 0)
        return 0;
    return (uint64_t)((double)(done - from_done) * 1e9 / (double)span + 0.5);
}

static void make_view(const struct progress *progress, const struct progress_state *state,
                      int64_t now, struct progress_view *view) {
    memset(view, 0, sizeof *view);
    view->title = progress->title;
    view->elapsed_ms = (now - progress->started_us) / 1000;
    view->rate_milli = rate_milli(progress, now, state->done);
    view->left_ms = -1;
    view->width = terminal_width(progress->terminal);
    view->color = progress->terminal->color;
    if (view->rate_milli > 0 && state->total > state->done) {
        double left = (double)(state->total - state->done) * 1e6;
        left /= (double)view->rate_milli;
        if (left < 1e15)
            view->left_ms = (int64_t)left;
    }
}

/* Appends what takes the block off the screen and leaves the cursor where it began. */
static void append_erase(const struct progress *progress, struct buf *out) {
    if (progress->lines > 0)
        (void)buf_append_format(out, "\r\033[%zuA\033[J", progress->lines);
}

/* Appends the block line by line over the old one; what the old one had more is cleared.
 */
static void append_redraw(const struct progress *progress, struct buf *out) {
    const char *at = buf_text(&progress->text);

    if (progress->lines > 0)
        (void)buf_append_format(out, "\r\033[%zuA", progress->lines);
    while (*at != '\0') {
        size_t len = strcspn(at, "\n");
        (void)buf_append(out, at, len);
        (void)buf_append_text(out, "\033[K\n");
        at += len + (at[len] == '\n');
    }
    (void)buf_append_text(out, "\033[J");
}

static void draw(struct progress *progress, const struct progress_state *state,
                 int64_t now) {
    struct buf out = {.max = TEXT_MAX};
    struct progress_view view;
    size_t lines;

    make_view(progress, state, now, &view);
    progress->drawn_us = now;
    if (progress->block) {
        buf_reset(&progress->text);
        lines = progress_render(&progress->text, state, &view);
        append_redraw(progress, &out);
        progress->lines = lines;
    } else {
        progress_render_line(&out, state, &view);
        (void)buf_append_char(&out, '\n');
    }
    (void)terminal_write(progress->terminal, buf_text(&out), out.len, NULL);
    buf_fini(&out);
}

void progress_start(struct progress *progress, const struct terminal *terminal,
                    const struct env *env, const char *title, bool quiet,
                    const struct progress_state *state) {
    struct buf printable = {.max = PROGRESS_TITLE_MAX - 1};
    int64_t now = env_monotonic_us(env);

    memset(progress, 0, sizeof *progress);
    progress->terminal = terminal;
    progress->env = env;
    progress->quiet = quiet;
    progress->running = true;
    progress->block = terminal->moves;
    progress->text.max = TEXT_MAX;
    progress->started_us = now;
    progress->drawn_us = now;
    (void)utf8_append_printable(&printable, slice_of(title), TITLE_SHOWN);
    (void)snprintf(progress->title, sizeof progress->title, "%s", buf_text(&printable));
    buf_fini(&printable);
    take_sample(progress, now, state->done);
    if (!quiet)
        draw(progress, state, now);
}

bool progress_due(const struct progress *progress) {
    int64_t now;

    if (progress->quiet || !progress->running)
        return false;
    now = env_monotonic_us(progress->env);
    return now - progress->drawn_us >= (progress->block ? BLOCK_US : LINE_US);
}

void progress_show(struct progress *progress, const struct progress_state *state) {
    int64_t now;

    if (progress->quiet || !progress->running)
        return;
    now = env_monotonic_us(progress->env);
    take_sample(progress, now, state->done);
    if (now - progress->drawn_us >= (progress->block ? BLOCK_US : LINE_US))
        draw(progress, state, now);
}

void progress_message(struct progress *progress, const char *format, ...) {
    struct buf out = {.max = TEXT_MAX}, message = {.max = TEXT_MAX / 2};
    va_list args;
    char *at;
    int n;

    if (progress->terminal == NULL)
        return;
    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = n < 0 ? NULL : buf_reserve(&message, (size_t)n);
    if (at != NULL) {
        va_start(args, format);
        (void)vsnprintf(at, (size_t)n + 1, format, args);
        va_end(args);
        buf_commit(&message, (size_t)n);
    }
    append_erase(progress, &out);
    (void)buf_append_slice(&out, buf_slice(&message));
    (void)buf_append_char(&out, '\n');
    progress->lines = 0; /* it is drawn anew below the message */
    if (progress->block && !progress->quiet && progress->text.len > 0) {
        append_redraw(progress, &out);
        for (const char *c = buf_text(&progress->text); *c != '\0'; c++)
            progress->lines += *c == '\n';
    }
    (void)terminal_write(progress->terminal, buf_text(&out), out.len, NULL);
    buf_fini(&out);
    buf_fini(&message);
}

void progress_finish(struct progress *progress, const struct progress_state *state) {
    struct buf out = {.max = TEXT_MAX};

    if (progress->running && !progress->quiet && progress->block) {
        append_erase(progress, &out);
        (void)terminal_write(progress->terminal, buf_text(&out), out.len, NULL);
    } else if (progress->running && !progress->quiet) {
        draw(progress, state, env_monotonic_us(progress->env));
    }
    progress->running = false;
    progress->lines = 0;
    buf_fini(&out);
    buf_fini(&progress->text);
}
