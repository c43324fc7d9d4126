/*
 * The HTTP side. One thread serves all connections; a second one wakes requests whose
 * time has come, so that a delay holds up nobody else. With --delay the server behaves
 * like --workers processes that take that long for each request, first come first
 * served. Promises that a request cut off by the client is carried out all the same.
 */
#include "http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "faults.h"
#include "router.h"

#define BODY_MAX (50u << 20) /* nginx: client_max_body_size */
#define LINE_MAX_BYTES 8190u /* nginx: large_client_header_buffers */
#define KEEPALIVE_REQUESTS 1000

enum state { READING, WAITING, RUNNING, HOLDING, DUE, GIVE_UP };

struct job {
    struct http *h;
    struct MHD_Connection *conn; /* NULL: nobody waits for the answer */
    struct request rq;
    struct hit hit;
    struct reply rp; /* the answer, once done */
    enum state state;
    bool begun, too_long, too_large, counted, in_list, done;
    int64_t arrived;
    int64_t due; /* clock_mono_us, when RUNNING or HOLDING */
    struct job *next;
};

struct http {
    struct app *app;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *jobs; /* in order of arrival */
    int busy;         /* jobs in state RUNNING */
    bool stop;
};

/* What a connection has been through. */
struct conn_info {
    long requests;
};

static void job_free(struct job *j) {
    request_free(&j->rq);
    buf_free(&j->rp.body);
    free(j);
}

static void unlist(struct http *h, struct job *j) {
    for (struct job **p = &h->jobs; *p; p = &(*p)->next)
        if (*p == j) {
            *p = j->next;
            break;
        }
    j->in_list = false;
    j->next = NULL;
}

static void enlist(struct http *h, struct job *j) {
    struct job **p = &h->jobs;
    while (*p)
        p = &(*p)->next;
    *p = j;
    j->next = NULL;
    j->in_list = true;
}

/* Runs the request against the application, once. */
static void perform(struct job *j) {
    struct reply *rp = &j->rp;
    if (j->done)
        return;
    j->done = true;
    struct app *app = j->h->app;
    reply_init(rp);
    struct ctx c = {.app = app, .rq = &j->rq, .rp = rp, .drop = NULL};
    c.drop = j->hit.attribute;
    pthread_mutex_lock(&app->lock);
    if (j->hit.action == FAULT_NONE || j->hit.commit)
        route(&c);
    if (j->hit.action != FAULT_NONE)
        fault_apply(&j->hit, &c);
    control_count(app, &j->rq, rp->status);
    pthread_mutex_unlock(&app->lock);
}

/* A job nobody waits for: carried out when its time has come. */
static void perform_alone(struct job *j) {
    perform(j);
    job_free(j);
}

static void wake_job(struct http *h, struct job *j) {
    unlist(h, j);
    if (!j->conn) {
        pthread_mutex_unlock(&h->lock);
        perform_alone(j);
        pthread_mutex_lock(&h->lock);
        return;
    }
    j->state = j->state == HOLDING ? GIVE_UP : DUE;
    MHD_resume_connection(j->conn);
}

/* A worker takes the job at the time given. */
static void start_job(struct http *h, struct job *j, int64_t at) {
    bool slow = j->hit.action == FAULT_SLOW;
    h->busy++;
    j->state = RUNNING;
    j->due = at + 1000LL * (h->app->cfg.delay_ms + (slow ? j->hit.delay_ms : 0));
}

/* A worker has become free at the time given: the job that waits longest takes it. */
static void start_next(struct http *h, int64_t at) {
    for (struct job *j = h->jobs; j && h->busy < h->app->cfg.workers; j = j->next)
        if (j->state == WAITING)
            start_job(h, j, j->arrived > at ? j->arrived : at);
}

/* Wakes what is due; the next time to look, or -1. */
static int64_t tick(struct http *h) {
    int64_t now = clock_mono_us(), next = -1;
    for (struct job *j = h->jobs, *n; j; j = n) {
        n = j->next;
        if (j->state != RUNNING && j->state != HOLDING)
            continue;
        if (j->due <= now) {
            if (j->state == RUNNING) {
                h->busy--;
                start_next(h, j->due);
            }
            wake_job(h, j);
            return now; /* the list may have changed: look again */
        }
        if (next < 0 || j->due < next)
            next = j->due;
    }
    return next;
}

static void *timer_main(void *arg) {
    struct http *h = arg;
    pthread_mutex_lock(&h->lock);
    while (!h->stop) {
        int64_t next = tick(h);
        if (next >= 0 && next <= clock_mono_us())
            continue;
        if (next < 0) {
            pthread_cond_wait(&h->wake, &h->lock);
            continue;
        }
        struct timespec at = {.tv_sec = (time_t)(next / 1000000),
                              .tv_nsec = (long)(next % 1000000) * 1000L};
        pthread_cond_timedwait(&h->wake, &h->lock, &at);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static char *header(struct MHD_Connection *conn, const char *name) {
    const char *v = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
    return v ? mem_dup(v) : NULL;
}

static void take_headers(struct job *j, struct MHD_Connection *conn, const char *method) {
    struct request *rq = &j->rq;
    rq->method = mem_dup(method);
    rq->api_key = header(conn, "X-Api-Key");
    rq->hmac = header(conn, "X-Hmac-Authorization");
    rq->authorization = header(conn, "Authorization");
    rq->espo_authorization = header(conn, "Espo-Authorization");
    rq->by_token = header(conn, "Espo-Authorization-By-Token");
    rq->content_type = header(conn, "Content-Type");
    rq->content_encoding = header(conn, "Content-Encoding");
    rq->requested_with = header(conn, "X-Requested-With");
    rq->skip_duplicate = header(conn, "X-Skip-Duplicate-Check");
    rq->version = header(conn, "X-Version-Number");
    rq->no_total = header(conn, "X-No-Total");
}

static bool last_request(struct MHD_Connection *conn) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct conn_info *k = info ? info->socket_context : NULL;
    return k && ++k->requests >= KEEPALIVE_REQUESTS;
}

struct partial {
    char *data;
    size_t len, stop;
};

static ssize_t partial_read(void *cls, uint64_t pos, char *out, size_t max) {
    struct partial *p = cls;
    if (pos >= p->stop)
        return p->stop < p->len ? MHD_CONTENT_READER_END_WITH_ERROR
                                : MHD_CONTENT_READER_END_OF_STREAM;
    size_t n = p->stop - (size_t)pos;
    if (n > max)
        n = max;
    memcpy(out, p->data + pos, n);
    return (ssize_t)n;
}

static void partial_free(void *cls) {
    struct partial *p = cls;
    free(p->data);
    free(p);
}

/* Takes the body over from the reply. */
static struct MHD_Response *response_of(const struct app *app, struct reply *rp) {
    char *data = rp->body.p;
    size_t len = rp->body.len;
    rp->body = (struct buf){0};
    if (rp->truncate_at < 0 && !(app->cfg.chunked && len))
        return MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
    struct partial *p = mem_alloc(sizeof *p);
    *p =
        (struct partial){data, len, rp->truncate_at >= 0 ? (size_t)rp->truncate_at : len};
    return MHD_create_response_from_callback(app->cfg.chunked ? MHD_SIZE_UNKNOWN : len,
                                             16384, partial_read, p, partial_free);
}

static void add_headers(struct MHD_Response *r, const struct app *app,
                        const struct reply *rp) {
    char number[24];
    if (rp->content_type)
        MHD_add_response_header(r, "Content-Type", rp->content_type);
    if (rp->has_reason) /* empty ones exist: the library wants a blank for them */
        MHD_add_response_header(r, "X-Status-Reason", *rp->reason ? rp->reason : " ");
    if (rp->allow)
        MHD_add_response_header(r, "Allow", rp->allow);
    if (rp->ask_basic)
        MHD_add_response_header(r, "WWW-Authenticate", "Basic realm=\"\"");
    if (rp->disposition)
        MHD_add_response_header(r, "Content-Disposition", rp->disposition);
    if (*rp->location)
        MHD_add_response_header(r, "Location", rp->location);
    if (rp->retry_after) {
        snprintf(number, sizeof number, "%d", rp->retry_after);
        MHD_add_response_header(r, "Retry-After", number);
    }
    if (rp->close)
        MHD_add_response_header(r, "Connection", "close");
    MHD_add_response_header(r, "X-App-Timestamp", app->stamp);
    MHD_add_response_header(r, "Expires", "0");
    MHD_add_response_header(
        r, "Cache-Control",
        "no-store, no-cache, must-revalidate, post-check=0, pre-check=0");
}

static enum MHD_Result send_reply(struct MHD_Connection *conn, const struct app *app,
                                  struct reply *rp) {
    struct MHD_Response *r = response_of(app, rp);
    if (!r)
        return MHD_NO;
    add_headers(r, app, rp);
    enum MHD_Result ok = MHD_queue_response(conn, (unsigned)rp->status, r);
    MHD_destroy_response(r);
    return ok;
}

/* nginx refusing the request itself. */
static enum MHD_Result refuse(struct MHD_Connection *conn, struct job *j, int status,
                              const char *text) {
    struct reply rp;
    reply_init(&rp);
    rp.status = status;
    rp.content_type = "text/html; charset=utf-8";
    rp.close = true;
    buf_printf(
        &rp.body,
        "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s"
        "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
        status, text, status, text);
    pthread_mutex_lock(&j->h->app->lock);
    control_count(j->h->app, &j->rq, status);
    pthread_mutex_unlock(&j->h->app->lock);
    return send_reply(conn, j->h->app, &rp);
}

static enum MHD_Result answer(struct job *j, struct MHD_Connection *conn) {
    perform(j);
    j->rp.close = j->rp.close || last_request(conn);
    if (j->hit.action == FAULT_CLOSE)
        return MHD_NO;
    if (j->hit.action != FAULT_HANG)
        return send_reply(conn, j->h->app, &j->rp);
    pthread_mutex_lock(&j->h->lock);
    j->state = HOLDING;
    j->due = clock_mono_us() + 1000LL * (j->hit.delay_ms ? j->hit.delay_ms : 3600000);
    j->conn = conn;
    enlist(j->h, j);
    MHD_suspend_connection(conn);
    pthread_cond_signal(&j->h->wake);
    pthread_mutex_unlock(&j->h->lock);
    return MHD_YES;
}

/* The connection goes at once, the request is carried out later. */
static enum MHD_Result detach(struct job *j, void **slot) {
    struct http *h = j->h;
    *slot = NULL;
    pthread_mutex_lock(&h->app->lock);
    h->app->in_flight -= j->counted;
    pthread_mutex_unlock(&h->app->lock);
    j->counted = false;
    pthread_mutex_lock(&h->lock);
    j->conn = NULL;
    j->state = HOLDING;
    j->due = clock_mono_us() + 1000LL * j->hit.delay_ms;
    enlist(h, j);
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    return MHD_NO;
}

/* The request is here completely. */
static enum MHD_Result complete(struct job *j, struct MHD_Connection *conn, void **slot) {
    struct http *h = j->h;
    struct app *app = h->app;
    pthread_mutex_lock(&app->lock);
    j->hit = fault_match(app, &j->rq);
    j->counted = true;
    if (++app->in_flight > app->max_in_flight)
        app->max_in_flight = app->in_flight;
    pthread_mutex_unlock(&app->lock);
    if (j->hit.action == FAULT_DELAY_COMMIT)
        return detach(j, slot);
    bool slow = j->hit.action == FAULT_SLOW && j->hit.delay_ms > 0;
    if (!j->rq.api || (app->cfg.delay_ms <= 0 && !slow))
        return answer(j, conn);
    j->arrived = clock_mono_us();
    pthread_mutex_lock(&h->lock);
    bool idle = h->busy < app->cfg.workers;
    pthread_mutex_unlock(&h->lock);
    if (!slow && idle)
        perform(j); /* now, so that a burst of answers is not late by all their work */
    pthread_mutex_lock(&h->lock);
    j->conn = conn;
    j->state = WAITING;
    enlist(h, j);
    if (h->busy < app->cfg.workers || app->cfg.delay_ms <= 0)
        start_job(h, j, j->arrived);
    MHD_suspend_connection(conn);
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *conn, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **slot) {
    struct job *j = *slot;
    (void)cls;
    (void)url;
    (void)version;
    if (!j)
        return MHD_NO;
    if (!j->begun) {
        j->begun = true;
        take_headers(j, conn, method);
        const char *len =
            MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "Content-Length");
        if (j->too_long)
            return refuse(conn, j, 414, "Request-URI Too Large");
        j->too_large = len && strtoull(len, NULL, 10) > BODY_MAX;
        return MHD_YES;
    }
    if (*size) {
        if (!j->too_large)
            buf_add(&j->rq.body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (j->too_large) /* read to its end: a close before would take the answer along */
        return refuse(conn, j, 413, "Request Entity Too Large");
    switch (j->state) {
    case READING: return complete(j, conn, slot);
    case DUE: return answer(j, conn);
    case GIVE_UP: return MHD_NO;
    case WAITING:
    case RUNNING:
    case HOLDING: break;
    }
    return MHD_YES;
}

/* First sight of a request: its line. What is returned becomes *slot. */
static void *see_uri(void *cls, const char *uri, struct MHD_Connection *conn) {
    (void)conn;
    struct job *j = mem_zero(sizeof *j);
    j->h = cls;
    j->rq.uri = mem_dup(uri);
    j->too_long = strlen(uri) + sizeof "GET  HTTP/1.1" > LINE_MAX_BYTES;
    route_parse(&j->rq);
    return j;
}

static void completed(void *cls, struct MHD_Connection *conn, void **slot,
                      enum MHD_RequestTerminationCode why) {
    struct http *h = cls;
    struct job *j = *slot;
    (void)conn;
    (void)why;
    if (!j)
        return;
    if (j->counted) {
        pthread_mutex_lock(&h->app->lock);
        h->app->in_flight--;
        pthread_mutex_unlock(&h->app->lock);
    }
    pthread_mutex_lock(&h->lock);
    if (j->in_list)
        unlist(h, j);
    pthread_mutex_unlock(&h->lock);
    job_free(j);
    *slot = NULL;
}

static void connected(void *cls, struct MHD_Connection *conn, void **context,
                      enum MHD_ConnectionNotificationCode code) {
    struct http *h = cls;
    (void)conn;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = mem_zero(sizeof(struct conn_info));
        pthread_mutex_lock(&h->app->lock);
        h->app->connections++;
        pthread_mutex_unlock(&h->app->lock);
    } else {
        free(*context);
        *context = NULL;
    }
}

struct http *http_start(struct app *app) {
    struct http *h = mem_zero(sizeof *h);
    h->app = app;
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->wake, &attr);
    pthread_condattr_destroy(&attr);
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)app->cfg.port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)app->cfg.port,
        NULL, NULL, handle, h, MHD_OPTION_SOCK_ADDR, &addr, MHD_OPTION_URI_LOG_CALLBACK,
        see_uri, h, MHD_OPTION_NOTIFY_COMPLETED, completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, connected, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)49152, MHD_OPTION_CONNECTION_TIMEOUT, 75u, MHD_OPTION_LISTEN_BACKLOG_SIZE,
        1024u, MHD_OPTION_END);
    if (!h->daemon || pthread_create(&h->thread, NULL, timer_main, h) != 0) {
        if (h->daemon)
            MHD_stop_daemon(h->daemon);
        free(h);
        return NULL;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    app->cfg.port = info ? info->port : app->cfg.port;
    return h;
}

void http_stop(struct http *h) {
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    while (h->jobs) {
        struct job *j = h->jobs;
        unlist(h, j);
        if (j->conn) {
            j->state = GIVE_UP;
            MHD_resume_connection(j->conn);
        } else {
            job_free(j);
        }
    }
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    MHD_stop_daemon(h->daemon);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
