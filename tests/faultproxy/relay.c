/* relay.c - carries requests and answers between one client and the server, and lets
 * happen to them what the faults say.
 *
 * Does not reconnect: a client's connection and the server's live and die together, as if
 * the proxy were not there.
 */
#include "relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay_lane.h"

/* How long a farewell may take: bytes still under way, a client that goes on sending. */
#define FAREWELL_US INT64_C(2000000)

enum stage {
    STAGE_OPEN,
    STAGE_FLUSH,  /* the last bytes are under way to the client; then close or reset */
    STAGE_LINGER, /* closed for writing; what the client still sends is dropped */
    STAGE_SILENT, /* the client is left waiting until it gives up */
    STAGE_OVER
};

struct relay {
    struct relay_world *world; /* borrowed */
    int client, server;        /* -1 = none */
    bool connecting;           /* to the server */
    bool retiring;             /* close once no request is in flight */
    enum stage stage;
    enum fault_then then; /* FLUSH: what follows it */
    int64_t deadline;     /* FLUSH, LINGER: patience ends; microseconds, monotonic */
    struct lane up;       /* client to server */
    struct lane down;     /* server to client */
    uint64_t exchanges;   /* requests begun on this connection */
    /* the request in flight */
    bool active;              /* there is one */
    bool forwarded;           /* its last byte went to the server */
    bool served;              /* the server answered it whole */
    bool made;                /* its answer was made here */
    bool whole;               /* the client was sent the whole answer */
    enum stats_method method; /* of it */
    struct fault_plan plan;   /* what befalls it */
};

static int64_t now_of(const struct relay *relay) {
    return env_monotonic_us(relay->world->env);
}

static enum fault_kind main_kind(const struct relay *relay) {
    return relay->plan.main == NULL ? FAULT_KINDS : relay->plan.main->kind;
}

/* An answer of our own is due, after the server's when `forward` says so. */
static bool makes_answer(const struct relay *relay) {
    return main_kind(relay) == FAULT_ANSWER || main_kind(relay) == FAULT_HTML;
}

static bool is_forwarded(const struct relay *relay) {
    if (makes_answer(relay))
        return relay->plan.main->forward;
    return main_kind(relay) != FAULT_BLACK_HOLE;
}

struct relay *relay_new(struct relay_world *world, int client) {
    struct relay *relay = calloc(1, sizeof *relay);
    if (relay == NULL) {
        close(client);
        return NULL;
    }
    relay->world = world;
    relay->client = client;
    relay->server = -1;
    lane_init(&relay->up, false);
    lane_init(&relay->down, true);
    world->stats.connections++;
    world->stats.open++;
    return relay;
}

/* Ends the request in flight: it counts as passed, made or lost. */
static void settle(struct relay *relay, bool whole) {
    struct stats *stats = &relay->world->stats;
    if (!relay->active)
        return;
    relay->active = false;
    stats->in_flight--;
    if (!whole)
        stats->lost++;
    else if (relay->made)
        stats->made++;
    else
        stats->passed++;
}

static void close_server(struct relay *relay) {
    if (relay->server >= 0)
        close(relay->server);
    relay->server = -1;
    relay->connecting = false;
}

static void finish(struct relay *relay) {
    settle(relay, false);
    close_server(relay);
    if (relay->client >= 0)
        close(relay->client);
    relay->client = -1;
    relay->stage = STAGE_OVER;
}

/* The connection ends in this way once the client has what was written. */
static void end(struct relay *relay, enum fault_then then) {
    if (!relay->whole)
        settle(relay, false);
    close_server(relay);
    relay->then = then;
    relay->deadline = now_of(relay) + FAREWELL_US;
    relay->stage = then == THEN_SILENCE ? STAGE_SILENT : STAGE_FLUSH;
}

static bool connect_server(struct relay *relay) {
    if (relay->server >= 0)
        return true;
    relay->server = net_connect(&relay->world->server);
    relay->connecting = relay->server >= 0;
    if (relay->server < 0) {
        relay->world->stats.server_failures++;
        end(relay, THEN_RESET);
    }
    return relay->server >= 0;
}

/* How many bytes of the message the fault lets pass, its head being known. */
static uint64_t limit_of(const struct fault *fault, const struct frame *frame) {
    switch (fault->at) {
    case AT_BYTES: return fault->bytes;
    case AT_BEFORE: return 0;
    case AT_HEAD: return frame->head_size;
    case AT_MIDDLE:
        /* of a body of unknown length the first byte */
        return frame->head_size + (frame->body_size > 1 ? frame->body_size / 2 : 1);
    case AT_AFTER: break;
    }
    return UINT64_MAX;
}

/* Sets a lane's pace and limit for a message whose head is whole. */
static void apply_plan(struct relay *relay, struct lane *lane, enum fault_where where) {
    const struct fault *slice = relay->plan.slice[where];
    const struct fault *delay = relay->plan.delay[where];
    enum fault_kind kind = main_kind(relay);
    if (slice != NULL) {
        lane->slice = lane->slice_left = slice->bytes;
        lane->slice_pause = (int64_t)slice->ms * 1000;
    }
    if (delay != NULL)
        lane->hold_until = now_of(relay) + (int64_t)delay->ms * 1000;
    if ((kind == FAULT_CUT || kind == FAULT_RESET) && relay->plan.main->where == where)
        lane->limit = limit_of(relay->plan.main, &lane->frame);
}

static void count_faults(struct relay *relay) {
    uint64_t *counts = relay->world->stats.faults;
    if (relay->plan.main != NULL)
        counts[relay->plan.main->kind]++;
    for (int where = 0; where < 2; where++) {
        counts[FAULT_DELAY] += relay->plan.delay[where] != NULL;
        counts[FAULT_SLICE] += relay->plan.slice[where] != NULL;
    }
}

/* The head of a request is whole: number it, choose its faults. */
static void begin(struct relay *relay) {
    struct relay_world *world = relay->world;
    const struct frame *frame = &relay->up.frame;
    struct fault_request request = {.number = ++world->requests,
                                    .method = frame->method,
                                    .target = frame->target,
                                    .reused = relay->exchanges++ > 0};
    relay->active = true;
    relay->forwarded = relay->served = relay->made = relay->whole = false;
    relay->method = stats_method(frame->method);
    world->stats.requests[relay->method]++;
    world->stats.in_flight++;
    fault_plan(world->faults, world->fault_count, &request, &relay->plan);
    count_faults(relay);
    relay->down.frame.to_head = strcmp(frame->method, "HEAD") == 0;
    relay->up.discard = !is_forwarded(relay);
    relay->down.discard = main_kind(relay) == FAULT_SWALLOW || makes_answer(relay);
    apply_plan(relay, &relay->up, WHERE_REQUEST);
    if (main_kind(relay) == FAULT_REFUSE) {
        int64_t until = now_of(relay) + (int64_t)relay->plan.main->ms * 1000;
        if (until > world->refuse_until)
            world->refuse_until = until;
        relay->retiring = true;
    }
    if (main_kind(relay) == FAULT_CLOSE_IDLE)
        end(relay, relay->plan.main->then);
    else if (relay->down.eof) /* the server has closed it: the idle race in earnest */
        end(relay, THEN_CLOSE);
    else if (!relay->up.discard)
        (void)connect_server(relay);
}

static void make_answer(struct relay *relay) {
    static const char page[] =
        "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>"
        "<body><h1>Please sign in</h1></body></html>\n";
    const struct fault *fault = relay->plan.main;
    struct lane *down = &relay->down;
    bool html = fault->kind == FAULT_HTML;
    bool bodiless = fault->status == 204 || fault->status == 304;
    bool keep = relay->up.frame.keep_alive;
    size_t size = html ? sizeof page - 1 : 0;
    /* what the server said is gone already; nothing may follow our own words */
    buf_reset(&down->buf);
    buf_append_format(&down->buf, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\n",
                      (unsigned)fault->status, html ? "OK" : "Made by the proxy",
                      html ? "text/html; charset=utf-8" : "application/json");
    if (fault->retry_after != 0)
        buf_append_format(&down->buf, "Retry-After: %llu\r\n",
                          (unsigned long long)fault->retry_after);
    if (!bodiless)
        buf_append_format(&down->buf, "Content-Length: %zu\r\n", size);
    buf_append_format(&down->buf, "Connection: %s\r\n\r\n",
                      keep ? "keep-alive" : "close");
    if (html && !down->frame.to_head)
        buf_append(&down->buf, page, size);
    relay->made = true;
    if (!keep)
        relay->retiring = true;
    down->discard = false;
    down->begun = down->frame.done = true;
    down->framed = down->buf.len;
    down->passed = down->interim = 0;
    apply_plan(relay, down, WHERE_ANSWER);
}

static bool step_up(struct relay *relay, int64_t now) {
    struct lane *up = &relay->up;
    struct stats *stats = &relay->world->stats;
    if (up->buf.len > up->framed && !(up->begun && up->frame.done)) {
        bool was_opaque = up->opaque;
        if (lane_frame(up)) {
            begin(relay);
            return true;
        }
        if (up->opaque && !was_opaque) {
            stats->opaque++;
            relay->down.opaque = true;
            return connect_server(relay);
        }
    }
    if (relay->connecting || (relay->server < 0 && !up->discard))
        return false;
    bool moved = lane_write(up, relay->server, now, &stats->to_server);
    if (relay->active && !relay->forwarded && !up->discard && !up->sink_failed &&
        lane_is_done(up)) {
        relay->forwarded = true;
        stats->forwarded[relay->method]++;
    }
    return moved;
}

static bool step_down(struct relay *relay, int64_t now) {
    struct lane *down = &relay->down;
    if (!relay->made) {
        /* bytes that no request asked for pass as they are */
        if (!relay->active)
            down->framed = down->buf.len;
        else if (lane_frame(down))
            apply_plan(relay, down, WHERE_ANSWER);
    }
    if (relay->active && down->begun && down->frame.done && !relay->made &&
        !relay->served) {
        relay->served = true;
        relay->world->stats.served++;
    }
    return lane_write(down, relay->client, now, &relay->world->stats.to_client);
}

/* Nothing more will come from the server for this request. */
static bool is_answered(const struct relay *relay) {
    return relay->served || relay->down.eof;
}

/* Does the main fault strike now? true when it did something. */
static bool strike(struct relay *relay) {
    const struct fault *fault = relay->plan.main;
    enum fault_kind kind = main_kind(relay);
    if (!relay->active || fault == NULL)
        return false;
    if (kind == FAULT_CUT || kind == FAULT_RESET) {
        const struct lane *lane =
            fault->where == WHERE_REQUEST ? &relay->up : &relay->down;
        bool done = lane_is_done(lane);
        if (!done && !lane_is_at_limit(lane))
            return false;
        relay->whole = fault->where == WHERE_ANSWER && done;
        end(relay, kind == FAULT_CUT ? THEN_CLOSE : THEN_RESET);
        return true;
    }
    bool due = (kind == FAULT_SWALLOW && is_answered(relay) && relay->down.framed == 0) ||
               (kind == FAULT_BLACK_HOLE && lane_is_done(&relay->up));
    if (due)
        end(relay, fault->then);
    if (makes_answer(relay) && !relay->made) {
        bool ready = fault->forward ? is_answered(relay) && relay->down.framed == 0
                                    : lane_is_done(&relay->up);
        if (ready)
            make_answer(relay);
        return ready;
    }
    return due;
}

/* Both messages are through: settle the request, make ready for the next. */
static bool complete(struct relay *relay) {
    /* a server may answer, and even hang up, before it has read the whole request */
    bool sent = lane_is_done(&relay->up) || relay->up.sink_failed || relay->down.eof;
    if (!relay->active || !sent || !lane_is_done(&relay->down))
        return false;
    relay->whole = true;
    bool last = relay->retiring || relay->up.eof || relay->down.eof;
    if (last) { /* end() makes sure of the client before it counts */
        end(relay, THEN_CLOSE);
        return true;
    }
    settle(relay, true);
    lane_next(&relay->up);
    lane_next(&relay->down);
    relay->plan = (struct fault_plan){0};
    relay->made = false;
    return true;
}

static void pass_on_end(struct lane *lane, int fd) {
    if (lane->eof && lane->framed == 0 && !lane->finished && fd >= 0) {
        shutdown(fd, SHUT_WR);
        lane->finished = true;
    }
}

/* What follows from an end of either side, once nothing else moves. */
static void heed_ends(struct relay *relay) {
    struct lane *up = &relay->up;
    struct lane *down = &relay->down;
    if (up->source_failed || down->sink_failed) {
        finish(relay);
        return;
    }
    if (up->opaque) {
        if (!relay->connecting)
            pass_on_end(up, relay->server);
        pass_on_end(down, relay->client);
        if ((up->finished && down->finished) || down->source_failed)
            finish(relay);
        return;
    }
    if (up->eof && (!relay->active || (up->discard && !lane_is_done(up)))) {
        finish(relay);
        return;
    }
    if (up->eof && !relay->connecting && !up->discard)
        pass_on_end(up, relay->server);
    if (down->eof && down->framed == 0 && !relay->made && !relay->served)
        end(relay, down->source_failed ? THEN_RESET : THEN_CLOSE);
    else if (!relay->active && (down->eof || relay->retiring))
        end(relay, THEN_CLOSE);
}

static void run_open(struct relay *relay, const struct pollfd ready[2]) {
    struct stats *stats = &relay->world->stats;
    if (relay->connecting && ready[1].revents != 0) {
        relay->connecting = false;
        if (net_error(relay->server) != 0) {
            stats->server_failures++;
            end(relay, THEN_RESET);
            return;
        }
    }
    if (ready[0].revents != 0 && lane_wants_read(&relay->up))
        lane_read(&relay->up, relay->client, &stats->from_client);
    if (ready[1].revents != 0 && relay->server >= 0 && !relay->connecting &&
        lane_wants_read(&relay->down))
        lane_read(&relay->down, relay->server, &stats->from_server);
    int64_t now = now_of(relay);
    bool moved = true;
    while (moved && relay->stage == STAGE_OPEN && !relay->down.sink_failed) {
        moved = step_up(relay, now);
        if (relay->stage == STAGE_OPEN)
            moved = step_down(relay, now) || moved;
        if (!relay->down.sink_failed && relay->stage == STAGE_OPEN)
            moved = strike(relay) || complete(relay) || moved;
    }
    if (relay->stage == STAGE_OPEN)
        heed_ends(relay);
}

/* Reads and forgets. false when the client is gone. */
static bool drain(struct relay *relay) {
    char scrap[4096];
    ssize_t got = recv(relay->client, scrap, sizeof scrap, 0);
    if (got > 0)
        relay->world->stats.from_client += (uint64_t)got;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void run_flush(struct relay *relay, int64_t now) {
    bool failed = net_error(relay->client) != 0;
    if (!failed && !net_is_flushed(relay->client) && now < relay->deadline)
        return;
    settle(relay, relay->whole && !failed);
    if (failed) {
        finish(relay);
    } else if (relay->then == THEN_RESET) {
        net_reset(relay->client);
        relay->client = -1;
        finish(relay);
    } else {
        shutdown(relay->client, SHUT_WR);
        relay->stage = STAGE_LINGER;
        relay->deadline = now + FAREWELL_US;
    }
}

void relay_run(struct relay *relay, const struct pollfd ready[2]) {
    if (relay->stage == STAGE_OPEN)
        run_open(relay, ready);
    int64_t now = now_of(relay);
    if (relay->stage == STAGE_FLUSH)
        run_flush(relay, now);
    if ((relay->stage == STAGE_LINGER || relay->stage == STAGE_SILENT) &&
        ready[0].revents != 0 && !drain(relay))
        finish(relay);
    if (relay->stage == STAGE_LINGER && now >= relay->deadline)
        finish(relay);
}

void relay_watch(const struct relay *relay, struct pollfd out[2]) {
    int64_t now = now_of(relay);
    out[0] = (struct pollfd){.fd = relay->client};
    out[1] = (struct pollfd){.fd = relay->server};
    if (relay->stage == STAGE_LINGER || relay->stage == STAGE_SILENT) {
        out[0].events = POLLIN;
    } else if (relay->stage == STAGE_OPEN) {
        if (lane_wants_read(&relay->up))
            out[0].events |= POLLIN;
        if (lane_allowance(&relay->down, now) > 0)
            out[0].events |= POLLOUT;
        if (relay->connecting || lane_allowance(&relay->up, now) > 0)
            out[1].events |= POLLOUT;
        if (!relay->connecting && lane_wants_read(&relay->down))
            out[1].events |= POLLIN;
    }
    /* a hang-up is reported even where nothing is asked: it would wake us for ever */
    for (int i = 0; i < 2; i++)
        if (out[i].events == 0)
            out[i].fd = -1;
}

int64_t relay_wake(const struct relay *relay) {
    int64_t now = now_of(relay);
    if (relay->stage == STAGE_FLUSH)
        return now + 1000; /* nothing tells when the queue is empty */
    if (relay->stage == STAGE_LINGER)
        return relay->deadline;
    if (relay->stage != STAGE_OPEN)
        return INT64_MAX;
    int64_t up = lane_wake(&relay->up, now);
    int64_t down = lane_wake(&relay->down, now);
    return up < down ? up : down;
}

bool relay_is_over(const struct relay *relay) {
    return relay->stage == STAGE_OVER;
}

void relay_retire(struct relay *relay) {
    relay->retiring = true;
    if (relay->stage == STAGE_OPEN && !relay->active)
        end(relay, THEN_CLOSE);
}

void relay_kill(struct relay *relay) {
    if (relay->server >= 0)
        net_reset(relay->server);
    if (relay->client >= 0)
        net_reset(relay->client);
    relay->server = relay->client = -1;
    relay->world->stats.dead_resets++;
    finish(relay);
}

void relay_free(struct relay *relay) {
    if (relay == NULL)
        return;
    finish(relay);
    relay->world->stats.open--;
    lane_fini(&relay->up);
    lane_fini(&relay->down);
    free(relay);
}
