/* relay_lane.c - one direction of a connection. */
#include "relay_lane.h"

#include <errno.h>
#include <sys/socket.h>

void lane_init(struct lane *lane, bool answers) {
    /* room beyond LANE_MAX is for an answer that the proxy makes itself */
    *lane = (struct lane){.buf = {.max = LANE_MAX + 4096}};
    lane->frame.answer = answers;
    lane->limit = UINT64_MAX;
}

void lane_fini(struct lane *lane) {
    buf_fini(&lane->buf);
}

void lane_next(struct lane *lane) {
    struct lane fresh = {.buf = lane->buf,
                         .eof = lane->eof,
                         .source_failed = lane->source_failed,
                         .sink_failed = lane->sink_failed,
                         .finished = lane->finished,
                         .limit = UINT64_MAX};
    fresh.frame.answer = lane->frame.answer;
    *lane = fresh;
}

bool lane_wants_read(const struct lane *lane) {
    return !lane->eof && lane->buf.len < LANE_MAX;
}

void lane_read(struct lane *lane, int fd, uint64_t *count) {
    size_t room = LANE_MAX - lane->buf.len;
    char *at = buf_reserve(&lane->buf, room);
    ssize_t got = at == NULL ? -1 : recv(fd, at, room, 0);
    if (got > 0) {
        buf_commit(&lane->buf, (size_t)got);
        *count += (uint64_t)got;
    } else if (at == NULL || got == 0 || (errno != EAGAIN && errno != EINTR)) {
        lane->eof = true;
        lane->source_failed = got < 0;
        frame_end(&lane->frame);
    }
}

/* From the head of a 1xx answer on to the one that follows it. */
static void skip_interim(struct lane *lane) {
    struct frame next = {.answer = true, .to_head = lane->frame.to_head};
    lane->interim += lane->frame.head_size;
    lane->framed += lane->frame.head_size;
    lane->frame = next;
}

static struct slice unframed(const struct lane *lane) {
    return slice_make(lane->buf.len == 0 ? NULL : lane->buf.data + lane->framed,
                      lane->buf.len - lane->framed);
}

static bool frame_the_head(struct lane *lane) {
    for (;;) {
        struct slice rest = unframed(lane);
        int rc = rest.len == 0 ? 0 : frame_head(&lane->frame, rest);
        bool interim = rc > 0 && lane->frame.answer && lane->frame.status < 200;
        if (interim && lane->frame.status != 101) {
            skip_interim(lane);
            continue;
        }
        if (rc > 0 && !interim) {
            lane->framed += lane->frame.head_size;
            lane->begun = true;
            return true;
        }
        /* another protocol, a head that is too long, or one that never ends */
        lane->opaque = rest.len > 0 && (rc != 0 || lane->buf.len >= LANE_MAX ||
                                        (lane->frame.answer && lane->eof));
        return false;
    }
}

bool lane_frame(struct lane *lane) {
    bool head = false;
    if (!lane->begun && !lane->opaque)
        head = frame_the_head(lane);
    if (lane->begun && !lane->frame.broken) {
        lane->framed += frame_body(&lane->frame, unframed(lane));
        if (lane->eof)
            frame_end(&lane->frame);
    }
    if (lane->opaque || lane->frame.broken)
        lane->framed = lane->buf.len;
    return head;
}

size_t lane_allowance(const struct lane *lane, int64_t now) {
    uint64_t allowed = lane->framed;
    if (lane->discard || lane->sink_failed)
        return (size_t)allowed;
    if (now < lane->hold_until)
        return 0;
    if (lane->limit != UINT64_MAX) {
        uint64_t end = lane->interim + lane->limit;
        uint64_t left = end > lane->passed ? end - lane->passed : 0;
        allowed = allowed < left ? allowed : left;
    }
    if (lane->slice != 0 && allowed > lane->slice_left)
        allowed = lane->slice_left;
    return (size_t)allowed;
}

static void forget(struct lane *lane, size_t len) {
    buf_consume(&lane->buf, len);
    lane->framed -= len;
    lane->passed += len;
}

bool lane_write(struct lane *lane, int fd, int64_t now, uint64_t *count) {
    size_t allowed = lane_allowance(lane, now);
    if (allowed == 0)
        return false;
    if (lane->discard || lane->sink_failed) {
        forget(lane, allowed);
        return true;
    }
    ssize_t sent = send(fd, lane->buf.data, allowed, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return false;
        lane->sink_failed = true;
        return true;
    }
    forget(lane, (size_t)sent);
    *count += (uint64_t)sent;
    if (lane->slice != 0) {
        lane->slice_left -= (uint64_t)sent;
        if (lane->slice_left == 0) {
            lane->slice_left = lane->slice;
            lane->hold_until = now + lane->slice_pause;
        }
    }
    return true;
}

bool lane_is_done(const struct lane *lane) {
    return lane->begun && lane->frame.done && lane->framed == 0;
}

bool lane_is_at_limit(const struct lane *lane) {
    return lane->begun && lane->limit != UINT64_MAX &&
           lane->passed >= lane->interim + lane->limit;
}

int64_t lane_wake(const struct lane *lane, int64_t now) {
    return lane->framed > 0 && now < lane->hold_until ? lane->hold_until : INT64_MAX;
}
