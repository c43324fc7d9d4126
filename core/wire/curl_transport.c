/* curl_transport.c - a pool of transfers on one libcurl multi handle.
 *
 * Promises that each request submitted is delivered exactly once, and that `done` may
 * submit again at once. Does not queue: the caller bounds what is in flight.
 */
#include "wire/curl_transport.h"

#include <stdlib.h>

#include "wire/curl_transfer.h"

/* More connections than any server of this kind bears. */
enum { CONNECTIONS_MAX = 1024 };

struct curl_transport {
    struct transport base;       /* first, so that one can be cast to the other */
    struct transfer_setup setup; /* what the transfers share */
    CURLM *multi;                /* owned */
    struct transfer *transfers;  /* owned; one more than connections: the one whose
                                    answer is being delivered is not used for what
                                    `done` submits */
    size_t count;                /* of transfers */
    size_t in_flight;            /* submitted and not delivered */
    struct transfer *idle;       /* the ones that may be used, last used first */
    bool stirred;                /* something was submitted since libcurl last ran */
};

static struct curl_transport *of_base(struct transport *t) {
    return (struct curl_transport *)(void *)t;
}

static int multi_failed(CURLMcode code, struct err *err) {
    if (code == CURLM_OUT_OF_MEMORY)
        return err_nomem(err);
    return err_set(err, RC_LOCAL, "the network library (libcurl) failed: %s",
                   curl_multi_strerror(code));
}

static int transport_do_submit(struct transport *base, struct request *request,
                               struct err *err) {
    struct curl_transport *t = of_base(base);
    struct transfer *transfer = t->idle;
    CURLMcode code;
    int rc;

    if (transfer == NULL || t->in_flight >= t->setup.options.connections)
        return err_set(err, RC_LIMIT, "more than %zu requests at once",
                       t->setup.options.connections);
    rc = transfer_prepare(transfer, request, err);
    if (rc != RC_OK)
        return rc;
    code = curl_multi_add_handle(t->multi, transfer->easy);
    if (code != CURLM_OK) {
        transfer->request = NULL;
        return multi_failed(code, err);
    }
    t->idle = transfer->next_idle;
    t->in_flight++;
    t->stirred = true;
    return RC_OK;
}

/* The transfer becomes idle only after `done`, which reads the answer out of it. */
static void deliver(struct curl_transport *t, struct transfer *transfer,
                    transport_done *done, void *context) {
    struct request *request = transfer->request;

    t->in_flight--;
    done(context, request, &transfer->answer);
    transfer_release(transfer);
    transfer->next_idle = t->idle;
    t->idle = transfer;
}

static int deliver_finished(struct curl_transport *t, transport_done *done,
                            void *context) {
    int delivered = 0, left;
    CURLMsg *message;

    while ((message = curl_multi_info_read(t->multi, &left)) != NULL) {
        CURLcode code = message->data.result; /* gone with curl_multi_remove_handle() */
        CURL *easy = message->easy_handle;
        char *private = NULL;
        struct transfer *transfer;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        transfer = (struct transfer *)(void *)private;
        (void)curl_multi_remove_handle(t->multi, easy);
        transfer_finish(transfer, code);
        deliver(t, transfer, done, context);
        delivered++;
    }
    return delivered;
}

static int run(struct curl_transport *t, struct err *err) {
    int running;
    CURLMcode code = curl_multi_perform(t->multi, &running);

    t->stirred = false;
    return code == CURLM_OK ? RC_OK : multi_failed(code, err);
}

static int transport_do_poll(struct transport *base, int timeout_ms, transport_done *done,
                             void *context, struct err *err) {
    struct curl_transport *t = of_base(base);
    CURLMcode code;
    int n, rc;

    if (t->stirred) {
        rc = run(t, err);
        if (rc != RC_OK)
            return rc;
        n = deliver_finished(t, done, context);
        if (n > 0)
            return n;
    }
    if (timeout_ms > 0) { /* a signal makes it return early, as if nothing had happened */
        int64_t began_us = env_monotonic_us(t->setup.options.env);
        code = curl_multi_poll(t->multi, NULL, 0, timeout_ms, NULL);
        base->slept_us += env_monotonic_us(t->setup.options.env) - began_us;
        if (code != CURLM_OK)
            return multi_failed(code, err);
    }
    rc = run(t, err);
    return rc == RC_OK ? deliver_finished(t, done, context) : rc;
}

static void transport_do_cancel(struct transport *base, transport_done *done,
                                void *context) {
    struct curl_transport *t = of_base(base);

    for (size_t i = 0; i < t->count; i++) {
        struct transfer *transfer = &t->transfers[i];
        if (transfer->request == NULL)
            continue;
        (void)curl_multi_remove_handle(t->multi, transfer->easy);
        transfer_cancel(transfer);
        deliver(t, transfer, done, context);
    }
}

static size_t transport_do_in_flight(const struct transport *base) {
    return ((const struct curl_transport *)(const void *)base)->in_flight;
}

static void transport_do_free(struct transport *base) {
    struct curl_transport *t = of_base(base);

    for (size_t i = 0; i < t->count; i++) {
        if (t->transfers[i].request != NULL)
            (void)curl_multi_remove_handle(t->multi, t->transfers[i].easy);
        transfer_fini(&t->transfers[i]);
    }
    if (t->multi != NULL)
        (void)curl_multi_cleanup(t->multi);
    free(t->transfers);
    transfer_setup_fini(&t->setup);
    free(t);
    curl_global_cleanup();
}

static const struct transport_ops curl_ops = {
    .submit = transport_do_submit,
    .poll = transport_do_poll,
    .cancel = transport_do_cancel,
    .in_flight = transport_do_in_flight,
    .free = transport_do_free,
};

static int transport_init(struct curl_transport *t,
                          const struct curl_transport_options *options, struct err *err) {
    size_t wanted;
    int rc = transfer_setup_init(&t->setup, options, err);

    if (rc != RC_OK)
        return rc;
    wanted = t->setup.options.connections;
    if (wanted > CONNECTIONS_MAX)
        return err_set(err, RC_USAGE, "%zu connections are too many; %d is the most",
                       wanted, CONNECTIONS_MAX);
    t->multi = curl_multi_init();
    t->transfers = calloc(wanted + 1, sizeof *t->transfers);
    if (t->multi == NULL || t->transfers == NULL)
        return err_nomem(err);
    for (t->count = 0; t->count < wanted + 1; t->count++) {
        struct transfer *transfer = &t->transfers[t->count];
        transfer_init(transfer, &t->setup);
        transfer->next_idle = t->idle;
        t->idle = transfer;
    }
    if (curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)wanted) != CURLM_OK)
        return err_nomem(err);
    return RC_OK;
}

int curl_transport_new(struct transport **out,
                       const struct curl_transport_options *options, struct err *err) {
    struct curl_transport *t;
    int rc;

    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, RC_LOCAL, "the network library cannot be initialised");
    t = calloc(1, sizeof *t);
    if (t == NULL) {
        curl_global_cleanup();
        return err_nomem(err);
    }
    t->base.ops = &curl_ops;
    rc = transport_init(t, options, err);
    if (rc != RC_OK) {
        transport_do_free(&t->base);
        return rc;
    }
    *out = &t->base;
    return RC_OK;
}
