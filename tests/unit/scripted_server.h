/* scripted_server.h - a TCP server that does to a client what a script says.
 *
 * The n-th request that arrives whole (over all connections) is treated as step n says;
 * the last step holds for all that follow. It runs in a thread of its own, with signals
 * blocked, and counts what arrives. For tests only: failures end the program.
 */
#ifndef TESTS_SCRIPTED_SERVER_H
#define TESTS_SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum then { KEEP, CLOSE, RESET };

struct step {
    const char *answer; /* bytes to send, or NULL = none */
    enum then then;     /* with the connection, afterwards */
    bool drip;          /* the answer goes byte by byte */
};

enum { SERVER_PEERS = 128, SERVER_REQUEST_MAX = 256 * 1024 };

struct peer {
    int fd;     /* -1 = free */
    char *data; /* what has come of a request, terminated */
    size_t len;
};

struct scripted_server {
    const struct step *steps; /* borrowed */
    size_t step_count;
    int listener;
    int port;
    int stop_pipe[2];
    pthread_t thread;
    struct peer peers[SERVER_PEERS];
    pthread_mutex_t lock; /* over what follows */
    size_t requests;      /* that arrived whole */
    size_t posts;         /* of them */
    size_t connections;   /* accepted */
    char *last;           /* the last request, terminated */
};

#define OK_JSON(body)                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "           \
    "chunked\r\n\r\n" body

static inline void server_require(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    abort();
}

/* Bytes of the first whole request in data, or 0. */
static inline size_t server_request_len(const char *data, size_t len) {
    const char *end = strstr(data, "\r\n\r\n");
    size_t body = 0;

    if (end == NULL)
        return 0;
    for (const char *line = data; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    body += (size_t)(end + 4 - data);
    return body <= len ? body : 0;
}

static inline void server_drop(struct peer *peer, enum then then) {
    struct linger hard = {1, 0};

    if (then == RESET)
        (void)setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    (void)close(peer->fd);
    peer->fd = -1;
    peer->len = 0;
}

static inline void server_send(int fd, const char *data, bool drip) {
    size_t len = strlen(data);

    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, data + at, drip ? 1 : len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += (size_t)n;
        if (drip)
            (void)usleep(200);
    }
}

static inline void server_serve(struct scripted_server *server, struct peer *peer) {
    const struct step *step;
    size_t len = server_request_len(peer->data, peer->len), index;

    if (len == 0)
        return;
    (void)pthread_mutex_lock(&server->lock);
    index = server->requests++;
    server->posts += strncmp(peer->data, "POST ", 5) == 0;
    memcpy(server->last, peer->data, len);
    server->last[len] = '\0';
    (void)pthread_mutex_unlock(&server->lock);
    peer->len -= len;
    memmove(peer->data, peer->data + len, peer->len + 1);
    step = &server->steps[index < server->step_count ? index : server->step_count - 1];
    if (step->answer != NULL)
        server_send(peer->fd, step->answer, step->drip);
    if (step->then != KEEP)
        server_drop(peer, step->then);
}

static inline void server_read(struct scripted_server *server, struct peer *peer) {
    ssize_t n = recv(peer->fd, peer->data + peer->len, SERVER_REQUEST_MAX - peer->len, 0);

    if (n <= 0) {
        server_drop(peer, CLOSE);
        return;
    }
    peer->len += (size_t)n;
    peer->data[peer->len] = '\0';
    server_serve(server, peer);
}

static inline void server_accept(struct scripted_server *server) {
    int fd = accept(server->listener, NULL, NULL);

    for (size_t i = 0; fd >= 0 && i < SERVER_PEERS; i++) {
        if (server->peers[i].fd >= 0)
            continue;
        server->peers[i].fd = fd;
        (void)pthread_mutex_lock(&server->lock);
        server->connections++;
        (void)pthread_mutex_unlock(&server->lock);
        return;
    }
    server_require(false, "more connections than a test has");
}

static inline void *server_run(void *context) {
    struct scripted_server *server = context;

    for (;;) {
        struct pollfd fds[SERVER_PEERS + 2];
        fds[0] = (struct pollfd){.fd = server->stop_pipe[0], .events = POLLIN};
        fds[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        for (size_t i = 0; i < SERVER_PEERS; i++) /* poll() skips what is negative */
            fds[i + 2] = (struct pollfd){.fd = server->peers[i].fd, .events = POLLIN};
        if (poll(fds, SERVER_PEERS + 2, -1) < 0)
            continue;
        if (fds[0].revents != 0)
            return NULL;
        for (size_t i = 0; i < SERVER_PEERS; i++)
            if (server->peers[i].fd >= 0 && fds[i + 2].revents != 0)
                server_read(server, &server->peers[i]);
        if (fds[1].revents != 0)
            server_accept(server);
    }
}

/* A port of the loopback on which nobody listens: bound, so that nobody takes it. */
static inline int server_listen(int *port, bool listening) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server_require(fd >= 0, "socket");
    server_require(bind(fd, (struct sockaddr *)&address, len) == 0, "bind");
    server_require(!listening || listen(fd, SERVER_PEERS) == 0, "listen");
    server_require(getsockname(fd, (struct sockaddr *)&address, &len) == 0,
                   "getsockname");
    *port = ntohs(address.sin_port);
    return fd;
}

static inline void server_start(struct scripted_server *server, const struct step *steps,
                                size_t step_count) {
    sigset_t all, before;

    memset(server, 0, sizeof *server);
    server->steps = steps;
    server->step_count = step_count;
    for (size_t i = 0; i < SERVER_PEERS; i++) {
        server->peers[i].fd = -1;
        server->peers[i].data = malloc(SERVER_REQUEST_MAX + 1);
        server_require(server->peers[i].data != NULL, "malloc");
    }
    server->last = calloc(1, SERVER_REQUEST_MAX + 1);
    server_require(server->last != NULL, "calloc");
    server->listener = server_listen(&server->port, true);
    server_require(pipe(server->stop_pipe) == 0, "pipe");
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    server_require(pthread_create(&server->thread, NULL, server_run, server) == 0,
                   "pthread_create");
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static inline void server_stop(struct scripted_server *server) {
    server_require(write(server->stop_pipe[1], "x", 1) == 1, "write");
    (void)pthread_join(server->thread, NULL);
    for (size_t i = 0; i < SERVER_PEERS; i++) {
        if (server->peers[i].fd >= 0)
            (void)close(server->peers[i].fd);
        free(server->peers[i].data);
    }
    (void)close(server->listener);
    (void)close(server->stop_pipe[0]);
    (void)close(server->stop_pipe[1]);
    (void)pthread_mutex_destroy(&server->lock);
    free(server->last);
}

static inline size_t server_count(struct scripted_server *server, const size_t *counter) {
    size_t count;

    (void)pthread_mutex_lock(&server->lock);
    count = *counter;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

#endif
