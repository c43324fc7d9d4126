/* net.h - sockets as the proxy needs them: non-blocking, unbuffered, and closed in the
 * way that a fault asks for.
 */
#ifndef FAULTPROXY_NET_H
#define FAULTPROXY_NET_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct net_address {
    struct sockaddr_storage storage;
    socklen_t size; /* bytes of storage in use */
};

/* Resolves "HOST:PORT" or "[V6]:PORT". RC_USAGE. */
int net_resolve(const char *text, struct net_address *out, struct err *err);

/* Keeps a port of the loopback interface for us, without listening on it, so that it can
 * refuse connections and nobody else takes it meanwhile. *port 0 = any, set to the one
 * taken. Returns the socket or < 0. */
int net_reserve(uint16_t *port, struct err *err);

/* Listens on the reserved port: the socket or < 0. Closing it makes the port refuse. */
int net_listen(uint16_t port, struct err *err);

/* The next waiting connection, or -1. */
int net_accept(int listener);

/* Begins to connect: the socket, or -1. Writable (or failed) once it is done. */
int net_connect(const struct net_address *address);

/* The error that waits on the socket, 0 for none. */
int net_error(int fd);

/* Has everything written been taken by the other end's kernel? */
bool net_is_flushed(int fd);

/* Closes with a RST instead of a FIN. */
void net_reset(int fd);

#endif
