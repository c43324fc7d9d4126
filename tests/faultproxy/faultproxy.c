/* faultproxy.c - stands between an HTTP client and a server and lets things go wrong, to
 * the byte and on command, counting what passed.
 *
 * One process, one poll loop, bounded buffers. Listens on the loopback interface only.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "net.h"
#include "relay.h"
#include "stats.h"

enum { FAULTS_MAX = 64, RELAYS_MAX = 512 };
#define STATS_EVERY_US INT64_C(200000)

struct proxy {
    struct relay_world world;
    struct fault faults[FAULTS_MAX];
    struct relay *relays[RELAYS_MAX];
    size_t relay_count;
    const char *port_file;  /* NULL = none */
    const char *stats_file; /* NULL = none */
    struct stats written;   /* as the stats file has them */
    int64_t stats_due;      /* when to write them again */
    uint64_t seed;
    uint16_t port;
    int reserved; /* holds the port while the listener is closed */
    int listener; /* -1 = connections are refused */
    int signals;  /* signalfd */
    bool dead;    /* SIGUSR1: refuse and reset everything */
    bool stop;
};

static const char usage[] =
    "Usage: faultproxy --to HOST:PORT [OPTION]... [--fault SPEC]...\n"
    "Passes HTTP/1.1 on to a server and lets things go wrong on command.\n"
    "\n"
    "  --listen PORT      on 127.0.0.1; 0 (default) = any free one, printed\n"
    "  --port-file FILE   write the port there once connections are taken\n"
    "  --seed N           for probability=\n"
    "  --stats-file FILE  counts as JSON, replaced whole at least once a second\n"
    "  --fault SPEC       KIND[,KEY=VALUE]...\n"
    "\n"
    "Kinds, with their own keys (the default comes first):\n"
    "  cut, reset    close (reset) after a part of the message:\n"
    "                at=middle|before|head|after or after-bytes=N, where=answer|request\n"
    "  delay         ms=N, where=answer|request\n"
    "  slice         pieces of bytes=N with a pause of ms=N (0), where=answer|request\n"
    "  swallow       the server works, the answer is dropped: then=close|reset|silence\n"
    "  black-hole    the server gets nothing: then=silence|close|reset\n"
    "  close-idle    a kept connection dies under a request: then=close|reset\n"
    "  refuse        this request passes, then no connection for ms=N (1000)\n"
    "  answer        status=N, retry-after=SECONDS, forward=no|yes\n"
    "  html          200 with a page, forward=no|yes (yes: the server works first)\n"
    "Keys of every kind, all of which are to hold:\n"
    "  method=POST  path=PART  between=A-B (numbers of requests, from 1)\n"
    "  and of those that are left: nth=N  every=N  probability=P  count=N (at most)\n"
    "delay and slice come on top; of the others, the first that fires takes a request.\n"
    "\n"
    "SIGUSR1 kills the server (refuse and reset everything) and revives it. SIGTERM\n"
    "ends; the counts then go to standard output too. requests = passed + made + lost\n"
    "+ in_flight, at any time.\n";

static int parse_port(const char *text, uint16_t *port, struct err *err) {
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > 65535)
        return err_set(err, RC_USAGE, "--listen %s is no port", text);
    *port = (uint16_t)number;
    return RC_OK;
}

static int add_fault(struct proxy *proxy, const char *spec, struct err *err) {
    if (proxy->world.fault_count == FAULTS_MAX)
        return err_set(err, RC_USAGE, "more than %d faults", FAULTS_MAX);
    uint64_t number = proxy->world.fault_count++;
    /* any odd factor: each fault is to have a sequence of its own */
    uint64_t seed = proxy->seed + number * UINT64_C(0xd1342543de82ef95);
    return fault_parse(&proxy->faults[number], spec, seed, err);
}

/* 1 when help was asked for. */
static int parse_options(struct proxy *proxy, int argc, char **argv, struct err *err) {
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"to", required_argument, NULL, 't'},
                                            {"port-file", required_argument, NULL, 'p'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"fault", required_argument, NULL, 'f'},
                                            {"stats-file", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *specs[FAULTS_MAX];
    size_t spec_count = 0;
    const char *to = NULL;
    int rc = RC_OK;
    int option;
    while (rc == RC_OK && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'l': rc = parse_port(optarg, &proxy->port, err); break;
        case 't': to = optarg; break;
        case 'p': proxy->port_file = optarg; break;
        case 's': proxy->seed = strtoull(optarg, NULL, 10); break;
        case 'o': proxy->stats_file = optarg; break;
        case 'h': return 1;
        case 'f':
            if (spec_count < FAULTS_MAX)
                specs[spec_count++] = optarg;
            else
                rc = err_set(err, RC_USAGE, "more than %d faults", FAULTS_MAX);
            break;
        default: return err_set(err, RC_USAGE, "see --help");
        }
    }
    if (rc == RC_OK && optind < argc)
        rc = err_set(err, RC_USAGE, "\"%s\" is no option; see --help", argv[optind]);
    if (rc == RC_OK && to == NULL)
        rc = err_set(err, RC_USAGE, "--to is missing; see --help");
    if (rc == RC_OK)
        rc = net_resolve(to, &proxy->world.server, err);
    /* after all options, as --seed may come last */
    for (size_t i = 0; rc == RC_OK && i < spec_count; i++)
        rc = add_fault(proxy, specs[i], err);
    return rc;
}

static int open_signals(struct proxy *proxy, struct err *err) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    proxy->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return proxy->signals < 0 ? err_errno(err, "watch", "signals") : RC_OK;
}

static void accept_all(struct proxy *proxy) {
    while (proxy->relay_count < RELAYS_MAX) {
        int fd = net_accept(proxy->listener);
        struct relay *relay = fd < 0 ? NULL : relay_new(&proxy->world, fd);
        if (relay == NULL)
            return;
        proxy->relays[proxy->relay_count++] = relay;
    }
}

/* Opens or closes the door, as the time and the faults have it. */
static int keep_listener(struct proxy *proxy, int64_t now, struct err *err) {
    bool open = !proxy->dead && now >= proxy->world.refuse_until;
    if (open && proxy->listener < 0) {
        proxy->listener = net_listen(proxy->port, err);
        return proxy->listener < 0 ? proxy->listener : RC_OK;
    }
    if (open || proxy->listener < 0)
        return RC_OK;
    /* who has been let in by the kernel already is closed like the others, not reset */
    if (!proxy->dead)
        accept_all(proxy);
    close(proxy->listener);
    proxy->listener = -1;
    for (size_t i = 0; i < proxy->relay_count; i++)
        if (!proxy->dead)
            relay_retire(proxy->relays[i]);
    return RC_OK;
}

static void heed_signals(struct proxy *proxy) {
    struct signalfd_siginfo info;
    while (read(proxy->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGUSR1) {
            proxy->stop = true;
            continue;
        }
        proxy->dead = !proxy->dead;
        for (size_t i = 0; proxy->dead && i < proxy->relay_count; i++)
            relay_kill(proxy->relays[i]);
    }
}

static void reap(struct proxy *proxy) {
    size_t kept = 0;
    for (size_t i = 0; i < proxy->relay_count; i++) {
        if (relay_is_over(proxy->relays[i]))
            relay_free(proxy->relays[i]);
        else
            proxy->relays[kept++] = proxy->relays[i];
    }
    proxy->relay_count = kept;
}

static int write_stats(struct proxy *proxy, bool print, struct err *err) {
    char *text = stats_json(&proxy->world.stats);
    if (text == NULL)
        return err_nomem(err);
    int rc = RC_OK;
    if (proxy->stats_file != NULL)
        rc = stats_replace_file(proxy->stats_file, text, err);
    if (print) {
        fputs(text, stdout);
        fflush(stdout);
    }
    proxy->written = proxy->world.stats;
    free(text);
    return rc;
}

static int keep_stats(struct proxy *proxy, int64_t now, struct err *err) {
    if (proxy->stats_file == NULL || now < proxy->stats_due)
        return RC_OK;
    proxy->stats_due = now + STATS_EVERY_US;
    if (memcmp(&proxy->written, &proxy->world.stats, sizeof proxy->written) == 0)
        return RC_OK;
    return write_stats(proxy, false, err);
}

/* Milliseconds until something is to be done unasked, rounded up. */
static int patience(const struct proxy *proxy, int64_t now) {
    int64_t wake = now + STATS_EVERY_US;
    if (!proxy->dead && proxy->listener < 0 && proxy->world.refuse_until < wake)
        wake = proxy->world.refuse_until;
    for (size_t i = 0; i < proxy->relay_count; i++) {
        int64_t relay = relay_wake(proxy->relays[i]);
        wake = relay < wake ? relay : wake;
    }
    return wake <= now ? 0 : (int)((wake - now + 999) / 1000);
}

static int run(struct proxy *proxy, struct err *err) {
    struct pollfd watched[2 + 2 * RELAYS_MAX];
    while (!proxy->stop) {
        int64_t now = env_monotonic_us(proxy->world.env);
        int rc = keep_listener(proxy, now, err);
        if (rc == RC_OK)
            rc = keep_stats(proxy, now, err);
        if (rc != RC_OK)
            return rc;
        bool full = proxy->relay_count == RELAYS_MAX;
        size_t count = proxy->relay_count;
        watched[0] = (struct pollfd){.fd = proxy->signals, .events = POLLIN};
        watched[1] = (struct pollfd){.fd = full ? -1 : proxy->listener, .events = POLLIN};
        for (size_t i = 0; i < count; i++)
            relay_watch(proxy->relays[i], &watched[2 + 2 * i]);
        if (poll(watched, (nfds_t)(2 + 2 * count), patience(proxy, now)) < 0)
            continue;
        if (watched[0].revents != 0)
            heed_signals(proxy);
        for (size_t i = 0; i < count; i++)
            relay_run(proxy->relays[i], &watched[2 + 2 * i]);
        reap(proxy);
        if (watched[1].revents != 0 && !proxy->dead)
            accept_all(proxy);
    }
    return RC_OK;
}

static int start(struct proxy *proxy, struct err *err) {
    int rc = open_signals(proxy, err);
    if (rc != RC_OK)
        return rc;
    proxy->reserved = net_reserve(&proxy->port, err);
    if (proxy->reserved < 0)
        return proxy->reserved;
    rc = keep_listener(proxy, env_monotonic_us(proxy->world.env), err);
    if (rc != RC_OK)
        return rc;
    char text[8];
    snprintf(text, sizeof text, "%u\n", (unsigned)proxy->port);
    if (proxy->port_file != NULL)
        rc = stats_replace_file(proxy->port_file, text, err);
    if (rc == RC_OK)
        rc = write_stats(proxy, false, err);
    if (rc == RC_OK) {
        printf("listening on 127.0.0.1:%u\n", (unsigned)proxy->port);
        fflush(stdout);
    }
    return rc;
}

static void close_all(struct proxy *proxy) {
    for (size_t i = 0; i < proxy->relay_count; i++)
        relay_free(proxy->relays[i]);
    proxy->relay_count = 0;
    int *fds[] = {&proxy->reserved, &proxy->listener, &proxy->signals};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

int main(int argc, char **argv) {
    struct err err = {0};
    struct proxy *proxy = calloc(1, sizeof *proxy);
    int rc = proxy == NULL ? err_nomem(&err) : RC_OK;
    if (rc != RC_OK)
        goto out;
    proxy->reserved = proxy->listener = proxy->signals = -1;
    proxy->world.faults = proxy->faults;
    proxy->world.env = env_system();
    rc = parse_options(proxy, argc, argv, &err);
    if (rc == 1) {
        fputs(usage, stdout);
        rc = RC_OK;
        goto out;
    }
    if (rc == RC_OK)
        rc = start(proxy, &err);
    if (rc == RC_OK) {
        rc = run(proxy, &err);
        close_all(proxy);
        int last = write_stats(proxy, true, &err);
        rc = rc == RC_OK ? last : rc;
    }
out:
    if (proxy != NULL)
        close_all(proxy);
    free(proxy);
    if (rc != RC_OK)
        fprintf(stderr, "faultproxy: %s\n", err.message);
    return rc == RC_OK ? 0 : rc == RC_USAGE ? 2 : 1;
}
