/* net.c - sockets of Linux: loopback listener, non-blocking connections, RST on demand.
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void set_option(int fd, int level, int name) {
    int on = 1;
    (void)setsockopt(fd, level, name, &on, sizeof on);
}

int net_resolve(const char *text, struct net_address *out, struct err *err) {
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    const char *start = text;
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        start++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof host)
        return err_set(err, RC_USAGE, "--to %s: HOST:PORT is needed", text);
    memcpy(host, start, len);
    host[len] = '\0';

    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(host, colon + 1, &hints, &found);
    if (failure != 0)
        return err_set(err, RC_USAGE, "--to %s: %s", text, gai_strerror(failure));
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    out->size = found->ai_addrlen;
    freeaddrinfo(found);
    return RC_OK;
}

/* A socket bound to the port of the loopback interface, or < 0. */
static int bind_loopback(uint16_t port, struct err *err) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char name[32];
    snprintf(name, sizeof name, "127.0.0.1:%u", (unsigned)port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(err, "make a socket for", name);
    /* lets the reserved socket, the listener and old connections share the port */
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int rc = err_errno(err, "take", name);
    close(fd);
    return rc;
}

int net_reserve(uint16_t *port, struct err *err) {
    int fd = bind_loopback(*port, err);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        *port = ntohs(address.sin_port);
    return fd;
}

int net_listen(uint16_t port, struct err *err) {
    int fd = bind_loopback(port, err);
    if (fd < 0 || listen(fd, SOMAXCONN) == 0)
        return fd;
    int rc = err_errno(err, "listen on", "the loopback interface");
    close(fd);
    return rc;
}

int net_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    return fd;
}

int net_connect(const struct net_address *address) {
    int fd =
        socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    if (connect(fd, (const struct sockaddr *)&address->storage, address->size) == 0 ||
        errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

int net_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool net_is_flushed(int fd) {
    int waiting = 0;
    return ioctl(fd, SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

void net_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}
