/* origin.c - a small HTTP server with threads, for tests only. */
#include "origin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "frame.h"
#include "net.h"

#include <fcntl.h>

enum { BODY_MAX = 8 << 20 };

struct origin {
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* a connection has ended */
    struct origin_counts counts;
    pthread_t acceptor;
    int listener;
    unsigned running; /* connections */
    int fds[256];     /* of these; 0 = free place */
};

struct connection {
    struct origin *origin;
    int fd;
    struct buf in; /* read and not used */
};

char origin_byte(size_t i) {
    return (char)('a' + (i * 7 + i / 26) % 26);
}

static bool send_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool read_more(struct connection *c) {
    char *at = buf_reserve(&c->in, 1 << 16);
    ssize_t got = at == NULL ? -1 : recv(c->fd, at, 1 << 16, 0);
    if (got > 0)
        buf_commit(&c->in, (size_t)got);
    return got > 0;
}

/* Reads a whole request: true with its frame, and its bytes at the front of in. */
static bool read_request(struct connection *c, struct frame *frame, size_t *size) {
    *frame = (struct frame){0};
    *size = 0;
    int rc = 0;
    while ((rc = c->in.len == 0 ? 0 : frame_head(frame, buf_slice(&c->in))) == 0)
        if (!read_more(c))
            return false;
    *size = frame->head_size;
    while (rc > 0) {
        struct slice rest = slice_make(c->in.data + *size, c->in.len - *size);
        *size += frame_body(frame, rest);
        if (frame->done || strcmp(frame->target, "/early") == 0)
            return true;
        if (frame->broken || !read_more(c))
            return false;
    }
    return false;
}

/* Appends the head and as much of the framing as the target asks for. */
static void append_body(struct buf *out, const char *target, size_t len) {
    bool chunked = strncmp(target, "/chunked/", 9) == 0;
    bool close = strncmp(target, "/until-close/", 13) == 0;
    buf_append_text(out, "HTTP/1.1 200 OK\r\n");
    if (chunked)
        buf_append_text(out, "Transfer-Encoding: chunked\r\n\r\n");
    else if (close)
        buf_append_text(out, "Connection: close\r\n\r\n");
    else
        buf_append_format(out, "Content-Length: %zu\r\n\r\n", len);
    (void)buf_reserve(out, len + len / 16 + 64); /* one allocation instead of many */
    for (size_t i = 0; i < len; i++) {
        size_t piece = len - i < 1000 ? len - i : 1000;
        if (chunked && i % 1000 == 0)
            buf_append_format(out, "%s%zx;name=\"v\"\r\n", i == 0 ? "" : "\r\n", piece);
        buf_append_char(out, origin_byte(i));
    }
    if (chunked)
        buf_append_format(out, "%s0\r\nX-Trailer: yes\r\n\r\n", len == 0 ? "" : "\r\n");
}

static bool answer(struct connection *c, const struct frame *frame, size_t size) {
    struct buf out = {.max = BODY_MAX + 4096};
    const char *target = frame->target;
    const char *slash = strrchr(target, '/');
    size_t number = slash == NULL ? 0 : strtoul(slash + 1, NULL, 10);
    bool keep = frame->keep_alive;
    if (strcmp(target, "/early") == 0) {
        buf_append_text(&out, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n"
                              "Connection: close\r\n\r\nbig");
        keep = false;
    } else if (strcmp(target, "/drop") == 0) {
        keep = false;
    } else if (strcmp(target, "/echo") == 0) {
        size_t len = size - frame->head_size;
        buf_append_format(&out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
        buf_append(&out, c->in.data + frame->head_size, len);
    } else {
        if (strncmp(target, "/wait/", 6) == 0) {
            struct timespec pause = {.tv_sec = (time_t)(number / 1000),
                                     .tv_nsec = (long)(number % 1000) * 1000000};
            nanosleep(&pause, NULL);
        }
        if (strncmp(target, "/interim/", 9) == 0)
            buf_append_text(&out, "HTTP/1.1 100 Continue\r\n\r\n");
        append_body(&out, target, number);
        keep = keep && strncmp(target, "/until-close/", 13) != 0;
    }
    bool sent = out.len == 0 || send_all(c->fd, out.data, out.len);
    buf_fini(&out);
    return sent && keep;
}

static void count_request(struct connection *c, const struct frame *frame, size_t size) {
    struct origin *origin = c->origin;
    struct slice body =
        slice_make(c->in.data + frame->head_size, size - frame->head_size);
    pthread_mutex_lock(&origin->lock);
    origin->counts.requests++;
    origin->counts.posts += strcmp(frame->method, "POST") == 0;
    origin->counts.last_digest = digest_fnv(DIGEST_FNV_SEED, body);
    pthread_mutex_unlock(&origin->lock);
}

static void *serve(void *context) {
    struct connection *c = context;
    struct origin *origin = c->origin;
    struct frame frame;
    size_t size;
    bool keep = true;
    while (keep && read_request(c, &frame, &size)) {
        count_request(c, &frame, size);
        keep = answer(c, &frame, size);
        buf_consume(&c->in, size);
    }
    pthread_mutex_lock(&origin->lock);
    if (keep && c->in.len > 0) {
        origin->counts.partial++;
        origin->counts.last_bytes = c->in.len;
    }
    for (size_t i = 0; i < 256; i++)
        if (origin->fds[i] == c->fd)
            origin->fds[i] = 0;
    close(c->fd);
    buf_fini(&c->in);
    free(c);
    origin->running--;
    pthread_cond_signal(&origin->quiet);
    pthread_mutex_unlock(&origin->lock);
    return NULL;
}

static void start_connection(struct origin *origin, int fd) {
    struct connection *c = calloc(1, sizeof *c);
    pthread_t thread;
    if (c == NULL)
        abort();
    *c = (struct connection){
        .origin = origin, .fd = fd, .in = {.max = BODY_MAX + (1 << 17)}};
    pthread_mutex_lock(&origin->lock);
    origin->counts.connections++;
    origin->running++;
    size_t place = 0;
    while (place < 255 && origin->fds[place] != 0)
        place++;
    origin->fds[place] = fd;
    pthread_mutex_unlock(&origin->lock);
    if (pthread_create(&thread, NULL, serve, c) != 0)
        abort();
    pthread_detach(thread);
}

static void *accept_connections(void *context) {
    struct origin *origin = context;
    int fd;
    while ((fd = accept4(origin->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        start_connection(origin, fd);
    return NULL;
}

struct origin *origin_start(uint16_t *port) {
    struct err err = {0};
    struct origin *origin = calloc(1, sizeof *origin);
    *port = 0;
    int reserved = net_reserve(port, &err);
    int listener = reserved < 0 ? -1 : net_listen(*port, &err);
    if (reserved >= 0)
        close(reserved);
    if (origin == NULL || listener < 0) {
        free(origin);
        return NULL;
    }
    /* threads may block */
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) & ~O_NONBLOCK);
    origin->listener = listener;
    pthread_mutex_init(&origin->lock, NULL);
    pthread_cond_init(&origin->quiet, NULL);
    if (pthread_create(&origin->acceptor, NULL, accept_connections, origin) != 0)
        abort();
    return origin;
}

void origin_stop(struct origin *origin) {
    shutdown(origin->listener, SHUT_RDWR);
    pthread_join(origin->acceptor, NULL);
    close(origin->listener);
    pthread_mutex_lock(&origin->lock);
    for (size_t i = 0; i < 256; i++)
        if (origin->fds[i] != 0)
            shutdown(origin->fds[i], SHUT_RDWR);
    while (origin->running > 0)
        pthread_cond_wait(&origin->quiet, &origin->lock);
    pthread_mutex_unlock(&origin->lock);
    pthread_mutex_destroy(&origin->lock);
    pthread_cond_destroy(&origin->quiet);
    free(origin);
}

struct origin_counts origin_counts(struct origin *origin) {
    pthread_mutex_lock(&origin->lock);
    struct origin_counts counts = origin->counts;
    pthread_mutex_unlock(&origin->lock);
    return counts;
}
