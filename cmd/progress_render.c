/* progress_render.c - the state of a run as text: a block for a terminal, or one line.
 *
 * Promises that no line is wider than the terminal, colours and wide characters included.
 * Pure: no clock, no descriptor.
 */
#include "cmd/progress.h"

#include <inttypes.h>
#include <string.h>

#include "cmd/quantity.h"

enum { PIECE_MAX = 512, GAP = 2 };

/* One line being filled from pieces. */
struct line {
    struct buf *out;      /* the line goes here */
    size_t columns;       /* used */
    size_t width;         /* it may use */
    size_t count;         /* lines begun */
    bool plain;           /* one line without end, items parted by commas */
    struct terminal look; /* for colours only */
};

/* Adds text, cut where the line is full. */
static void add(struct line *line, enum style style, const char *text) {
    struct slice all = slice_of(text);
    size_t room = line->width - line->columns;
    size_t len = terminal_fit(all, room);
    char piece[PIECE_MAX];

    if (len >= sizeof piece)
        len = sizeof piece - 1;
    if (len == 0)
        return;
    memcpy(piece, text, len);
    piece[len] = '\0';
    terminal_append_styled(&line->look, line->out, style, piece);
    line->columns += terminal_columns(slice_make(piece, len));
}

static void end_line(struct line *line) {
    (void)buf_append_char(line->out, '\n');
    line->columns = 0;
    line->count++;
}

/* Adds a piece after a gap, or in a plain line after a comma; one that does not fit
 * begins a new line. Empties the piece. */
static void add_item(struct line *line, enum style style, struct buf *item) {
    size_t need = terminal_columns(buf_slice(item));

    if (line->plain) {
        (void)buf_append_format(line->out, ", %s", buf_text(item));
        buf_reset(item);
        return;
    }
    if (line->columns > 0 && line->columns + GAP + need > line->width)
        end_line(line);
    if (line->columns > 0)
        add(line, STYLE_PLAIN, "  ");
    add(line, style, buf_text(item));
    buf_reset(item);
}

/* "running", "paused 12 s for the server", ... */
static enum style status_text(const struct progress_state *state, struct buf *text) {
    int64_t wait_ms = state->wait_ms > 0 ? state->wait_ms : 0;
    int64_t seconds = wait_ms / 1000 + (wait_ms % 1000 > 0);

    switch (state->status) {
    case PROGRESS_RUNNING: (void)buf_append_text(text, "running"); return STYLE_GREEN;
    case PROGRESS_PAUSED:
        (void)buf_append_format(text, "paused %" PRId64 " s for the server", seconds);
        return STYLE_YELLOW;
    case PROGRESS_RETRYING:
        (void)buf_append_format(text, "waiting %" PRId64 " s: server cannot be reached",
                                seconds);
        return STYLE_YELLOW;
    case PROGRESS_SETTLING:
        (void)buf_append_text(text, "settling ");
        quantity_append_count(text, state->settling);
        (void)buf_append_text(text, state->settling == 1 ? " row" : " rows");
        return STYLE_YELLOW;
    case PROGRESS_STOPPING:
        (void)buf_append_text(text, "stopping: waiting for what is in flight");
        return STYLE_YELLOW;
    case PROGRESS_FINISHING: (void)buf_append_text(text, "finishing"); return STYLE_GREEN;
    }
    return STYLE_PLAIN;
}

/* Never more than 100, and 100 only when all is done. */
static unsigned percent_of(const struct progress_state *state) {
    uint64_t done = state->done < state->total ? state->done : state->total;
    uint64_t percent;

    if (done == state->total)
        return 100;
    percent = state->total > UINT64_MAX / 100 ? done / (state->total / 100)
                                              : done * 100 / state->total;
    return percent > 99 ? 99 : (unsigned)percent;
}

static void append_rows(struct buf *buf, const struct progress_state *state) {
    quantity_append_count(buf, state->done);
    if (state->total > 0) {
        (void)buf_append_text(buf, " of ");
        quantity_append_count(buf, state->total);
    }
    (void)buf_append_text(
        buf,
        state->total == 1 || (state->total == 0 && state->done == 1) ? " row" : " rows");
}

/* " 45 %  [####------]  45,210 of 100,000 rows": the bar takes what the text leaves. */
static void render_bar(struct line *line, const struct progress_state *state) {
    struct buf rows = {.max = PIECE_MAX}, bar = {.max = PIECE_MAX * 4};
    unsigned percent;
    size_t used, cells, full;

    append_rows(&rows, state);
    if (state->total == 0) {
        add_item(line, STYLE_PLAIN, &rows);
        goto out;
    }
    percent = percent_of(state);
    (void)buf_append_format(&bar, "%3u %%", percent);
    used = bar.len + GAP + 2 + GAP + rows.len;
    cells = line->width > used ? line->width - used : 0;
    cells = cells > 40 ? 40 : cells;
    if (cells >= 5) {
        full = percent == 100 ? cells : cells * percent / 100;
        (void)buf_append_text(&bar, "  [");
        for (size_t i = 0; i < cells; i++)
            (void)buf_append_char(&bar, i < full ? '#' : '-');
        (void)buf_append_char(&bar, ']');
    }
    add_item(line, STYLE_PLAIN, &bar);
    add_item(line, STYLE_PLAIN, &rows);
out:
    end_line(line);
    buf_fini(&rows);
    buf_fini(&bar);
}

/* Rate, time left, time gone. */
static void render_pace(struct line *line, const struct progress_state *state,
                        const struct progress_view *view) {
    struct buf item = {.max = PIECE_MAX};

    quantity_append_rate(&item, view->rate_milli);
    (void)buf_append_text(&item, " rows/s");
    add_item(line, STYLE_PLAIN, &item);
    if (view->left_ms >= 0 && state->total > 0 && state->done < state->total) {
        (void)buf_append_text(&item, "ETA ");
        quantity_append_clock(&item, view->left_ms);
        add_item(line, STYLE_PLAIN, &item);
    }
    (void)buf_append_text(&item, "elapsed ");
    quantity_append_clock(&item, view->elapsed_ms);
    add_item(line, STYLE_PLAIN, &item);
    buf_fini(&item);
}

/* The outcomes that occurred; false when none did. */
static bool render_outcomes(struct line *line, const struct progress_state *state) {
    const struct {
        const char *name;
        uint64_t count;
        enum style style;
    } outcomes[] = {
        {"created", state->created, STYLE_GREEN},
        {"updated", state->updated, STYLE_GREEN},
        {"unchanged", state->unchanged, STYLE_PLAIN},
        {"skipped", state->skipped, STYLE_PLAIN},
        {"deleted", state->deleted, STYLE_GREEN},
        {"failed", state->failed, STYLE_RED},
        {"unknown", state->unknown, STYLE_RED},
    };
    struct buf item = {.max = PIECE_MAX};
    bool any = false;

    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (outcomes[i].count == 0)
            continue;
        (void)buf_append_format(&item, "%s ", outcomes[i].name);
        quantity_append_count(&item, outcomes[i].count);
        add_item(line, outcomes[i].style, &item);
        any = true;
    }
    buf_fini(&item);
    return any;
}

static void render_retries(struct line *line, const struct progress_state *state) {
    struct buf item = {.max = PIECE_MAX};

    if (state->retries == 0)
        return;
    quantity_append_count(&item, state->retries);
    (void)buf_append_text(&item, state->retries == 1 ? " retry" : " retries");
    add_item(line, STYLE_YELLOW, &item);
    buf_fini(&item);
}

static void render_requests(struct line *line, const struct progress_state *state) {
    struct buf item = {.max = PIECE_MAX};

    if (state->limit == 0 && state->p50_us == 0)
        return;
    quantity_append_count(&item, state->in_flight);
    (void)buf_append_text(&item, " of ");
    quantity_append_count(&item, state->limit);
    (void)buf_append_text(&item, " requests in flight");
    add_item(line, STYLE_PLAIN, &item);
    if (state->p50_us > 0) {
        (void)buf_append_text(&item, "half in ");
        quantity_append_latency(&item, state->p50_us);
        add_item(line, STYLE_PLAIN, &item);
        (void)buf_append_text(&item, "95 % in ");
        quantity_append_latency(&item, state->p95_us);
        add_item(line, STYLE_PLAIN, &item);
    }
    render_retries(line, state);
    end_line(line);
    buf_fini(&item);
}

size_t progress_render(struct buf *buf, const struct progress_state *state,
                       const struct progress_view *view) {
    struct line line = {
        .out = buf,
        /* the last column stays free: writing there moves some terminals on */
        .width = view->width > 1 ? view->width - 1 : 1,
        .look = {.color = view->color},
    };
    struct buf status = {.max = PIECE_MAX};
    enum style style = status_text(state, &status);
    size_t need = terminal_columns(buf_slice(&status)) + GAP;
    size_t room = line.width > need ? line.width - need : 0;
    char title[PROGRESS_TITLE_MAX];
    size_t len = terminal_fit(slice_of(view->title), room);

    len = len < sizeof title ? len : sizeof title - 1;
    memcpy(title, view->title, len);
    title[len] = '\0';
    add(&line, STYLE_BOLD, title);
    add_item(&line, style, &status);
    end_line(&line);
    render_bar(&line, state);
    render_pace(&line, state, view);
    end_line(&line);
    if (render_outcomes(&line, state))
        end_line(&line);
    render_requests(&line, state);
    buf_fini(&status);
    return line.count;
}

void progress_render_line(struct buf *buf, const struct progress_state *state,
                          const struct progress_view *view) {
    struct line line = {.out = buf, .plain = true};
    struct buf status = {.max = PIECE_MAX};

    (void)buf_append_format(buf, "%s: ", view->title);
    append_rows(buf, state);
    if (state->total > 0)
        (void)buf_append_format(buf, " (%u %%)", percent_of(state));
    render_pace(&line, state, view);
    (void)render_outcomes(&line, state);
    render_retries(&line, state);
    if (state->status != PROGRESS_RUNNING) {
        (void)status_text(state, &status);
        add_item(&line, STYLE_PLAIN, &status);
    }
    buf_fini(&status);
}
