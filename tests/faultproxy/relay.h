/* relay.h - one client's connection and the one to the server that belongs to it.
 *
 * One request after the other: a pipelined request waits until the one before it is
 * settled. A request is settled as passed (the client's kernel was given the whole answer
 * of the server), made (the same, of an answer made here) or lost.
 */
#ifndef FAULTPROXY_RELAY_H
#define FAULTPROXY_RELAY_H

#include "base/env.h"
#include "fault.h"
#include "net.h"
#include "stats.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* What all relays share. */
struct relay_world {
    struct fault *faults; /* owned by the caller */
    size_t fault_count;
    struct net_address server;
    struct stats stats;
    uint64_t requests;    /* numbers given so far */
    int64_t refuse_until; /* no new connection before; microseconds, monotonic */
    const struct env *env;
};

struct relay;

/* Takes client over. NULL: out of memory, client is closed. Free with relay_free(). */
struct relay *relay_new(struct relay_world *world, int client);

/* Closes what is open; a request that is not settled is lost. */
void relay_free(struct relay *relay);

/* What to wait for: out[0] the client, out[1] the server; fd -1 = nothing. */
void relay_watch(const struct relay *relay, struct pollfd out[2]);

/* When to run it even if nothing happens; INT64_MAX = never. */
int64_t relay_wake(const struct relay *relay);

/* Does whatever can be done now. ready: as relay_watch() set it, with revents. */
void relay_run(struct relay *relay, const struct pollfd ready[2]);

/* Nothing is left to do: free it. */
bool relay_is_over(const struct relay *relay);

/* Closes it as soon as no request is in flight. */
void relay_retire(struct relay *relay);

/* Resets both sides at once. */
void relay_kill(struct relay *relay);

#endif
