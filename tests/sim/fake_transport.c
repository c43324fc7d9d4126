/* fake_transport.c - the way to the fake server: faults, latency, any order of answers.
 */
#include "sim/fake_private.h"
#include "sim/sim_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCY_MIN_US = 1000, LATENCY_SPREAD_US = 80000, IMPORT_ROW_US = 100000 };

struct flight {
    struct request *request; /* borrowed; NULL = free */
    enum fake_fault fault;
    bool revoked; /* it gets a 401 */
    int64_t sent_us;
    int64_t answer_us;      /* when its answer comes */
    struct fake_work *work; /* or NULL */
};

struct fake_transport {
    struct transport base; /* first */
    struct fake_crm *crm;  /* borrowed */
    struct flight flights[FLIGHTS_MAX];
    size_t in_flight;
    struct buf body; /* owned; of the answer that is being delivered */
};

static bool fault_arrives(enum fake_fault fault) {
    switch (fault) {
    case FAULT_NONE:
    case FAULT_LOST_AFTER:
    case FAULT_LOST_LATER:
    case FAULT_500_AFTER:
    case FAULT_504:
    case FAULT_503_AFTER:
    case FAULT_HTML_AFTER:
    case FAULT_CUT: return true;
    case FAULT_LOST_BEFORE:
    case FAULT_500_BEFORE:
    case FAULT_502:
    case FAULT_429:
    case FAULT_MAINTENANCE:
    case FAULT_HTML:
    case FAULT_UNSENT:
    case FAULT_COUNT: break;
    }
    return false;
}

static enum fake_fault choose(struct fake_crm *crm, const struct request *request) {
    static const enum fake_fault of_imports[] = {FAULT_LOST_LATER, FAULT_504,
                                                 FAULT_500_AFTER};
    struct fake_state *state = crm->state;

    if (crm->options.choose != NULL)
        return crm->options.choose(crm->options.choose_context, state->requests_ever,
                                   request);
    if (fake_random(crm, 1000) >= state->fault_permille)
        return FAULT_NONE;
    if (strcmp(request->path, "Import") == 0 && fake_random(crm, 2) == 0)
        return of_imports[fake_random(crm, 3)];
    return (enum fake_fault)(1 + fake_random(crm, FAULT_COUNT - 1));
}

static enum work_kind work_kind(const struct request *request) {
    if (request->method == METHOD_PUT)
        return WORK_PUT;
    if (request->method == METHOD_DELETE && strncmp(request->path, "Import/", 7) == 0)
        return WORK_FORGET_IMPORT;
    if (request->method == METHOD_DELETE &&
        strncmp(request->path, "Attachment/", 11) == 0)
        return WORK_FORGET_FILE;
    if (request->method == METHOD_DELETE)
        return WORK_DELETE;
    if (strcmp(request->path, "Import/file") == 0)
        return WORK_FILE;
    if (strcmp(request->path, "Import") == 0)
        return WORK_IMPORT;
    if (strcmp(request->path, "Lead/action/restoreDeleted") == 0)
        return WORK_UNDELETE;
    return strchr(request->path, '/') != NULL ? WORK_RELATE : WORK_POST;
}

static int64_t later_us(struct fake_crm *crm) {
    return (int64_t)fake_random(crm, (uint64_t)crm->options.later_max_ms * 1000);
}

static struct fake_work *start_work(struct fake_crm *crm, const struct request *request,
                                    int64_t begin_us, int64_t end_us) {
    struct fake_state *state = crm->state;
    struct fake_work *work = NULL;
    const char *slash = strchr(request->path, '/');

    for (size_t i = 0; i < state->work_count && work == NULL; i++)
        if (state->work[i].state == WORK_FREE ||
            (state->work[i].state == WORK_DONE && !state->work[i].wanted))
            work = &state->work[i];
    if (work == NULL && state->work_count < WORK_MAX)
        work = &state->work[state->work_count++];
    if (work != NULL)
        work->kind = work_kind(request);
    if (work != NULL)
        work->type = fake_type_of(request->path);
    if (work == NULL ||
        (work->kind != WORK_FILE && request->body.len >= sizeof work->body))
        fake_fatal("too much work for the fake server");
    work->state = WORK_COMING;
    work->begin_us = (uint64_t)begin_us;
    work->end_us = (uint64_t)end_us;
    work->duplicate = false;
    work->id[0] = '\0';
    work->skip_check = request->skip_duplicate_check;
    work->version = request->version_number;
    work->wanted = true;
    work->file = NULL;
    work->import = NULL;
    work->body[0] = '\0';
    if (work->kind == WORK_FILE) {
        work->file = fake_file_take(crm, request->body);
        return work;
    }
    if (slash != NULL && work->kind != WORK_UNDELETE)
        (void)snprintf(work->id, sizeof work->id, "%.*s", (int)strcspn(slash + 1, "/"),
                       slash + 1);
    if (work->kind == WORK_RELATE && strcmp(strrchr(slash, '/'), "/teams") != 0)
        fake_fatal("the fake server knows no link of %s", request->path);
    if (request->body.len > 0)
        memcpy(work->body, request->body.data, request->body.len);
    work->body[request->body.len] = '\0';
    return work;
}

static int fake_submit(struct transport *base, struct request *request, struct err *err) {
    struct fake_transport *t = (struct fake_transport *)(void *)base;
    struct fake_crm *crm = t->crm;
    struct fake_state *state = crm->state;
    struct flight *flight = t->flights;
    int64_t latency_us = LATENCY_MIN_US + (int64_t)fake_random(crm, LATENCY_SPREAD_US);

    if (work_kind(request) == WORK_IMPORT)
        latency_us += IMPORT_ROW_US * (int64_t)request->cost; /* a slow server */
    fake_step(crm);
    if (sim_disk_is_off())
        return err_set(err, RC_LOCAL, "the power is off");
    while (flight->request != NULL)
        flight++;
    if (t->in_flight + 1 >= FLIGHTS_MAX)
        return err_set(err, RC_LIMIT, "too many requests in flight");
    state->spins = 0;
    state->requests_ever++;
    state->counts.requests++;
    state->counts.by_method[request->method]++;
    state->counts.after_401 += state->revoked;
    memset(flight, 0, sizeof *flight);
    flight->request = request;
    flight->sent_us = state->now_us;
    flight->answer_us = state->now_us + latency_us;
    flight->fault = choose(crm, request);
    flight->revoked = state->run.revoke_at_request != 0 &&
                      state->counts.requests >= state->run.revoke_at_request;
    state->counts.faults[flight->fault]++;
    state->counts.account_faults += request->method == METHOD_POST &&
                                    flight->fault != FAULT_NONE &&
                                    strcmp(request->path, "Account") == 0;
    t->in_flight++;
    if (request->method != METHOD_GET && !flight->revoked &&
        fault_arrives(flight->fault)) {
        int64_t begin_us = state->now_us + latency_us / 4, end_us = flight->answer_us;
        int64_t late_us = 0;
        bool import = work_kind(request) == WORK_IMPORT;
        if (request->method == METHOD_POST &&
            (flight->fault == FAULT_LOST_LATER || flight->fault == FAULT_504))
            late_us = later_us(crm);
        if (import && flight->fault == FAULT_LOST_LATER) { /* it arrives late */
            begin_us += late_us;
            end_us += late_us;
            late_us = 0;
        }
        flight->work = start_work(crm, request, begin_us, end_us + late_us);
        flight->work->late_us = (uint64_t)late_us;
    }
    return RC_OK;
}

/* --- answers --- */

static void answer_page(struct fake_transport *t, struct answer *answer, int status) {
    answer->status = status;
    (void)buf_append_text(&t->body,
                          "<html><body>an answer of something else</body></html>");
}

static void answer_server(struct fake_transport *t, const struct flight *flight,
                          struct answer *answer) {
    const struct fake_work *work = flight->work;

    answer->json = true;
    if (flight->request->method == METHOD_GET) {
        answer->status = fake_get(t->crm, flight->request->path, &t->body);
        if (answer->status != 200)
            (void)snprintf(answer->reason, sizeof answer->reason, "refused");
        return;
    }
    if (work == NULL || work->state != WORK_DONE)
        fake_fatal("an answer before its time");
    answer->status = work->status;
    (void)snprintf(answer->reason, sizeof answer->reason, "%s", work->reason);
    (void)buf_append_text(&t->body, work->answer);
}

static void answer_fault(struct fake_transport *t, const struct flight *flight,
                         struct answer *answer) {
    switch (flight->fault) {
    case FAULT_NONE:
    case FAULT_COUNT: answer_server(t, flight, answer); break;
    case FAULT_LOST_BEFORE:
    case FAULT_LOST_AFTER:
    case FAULT_LOST_LATER:
        answer->delivery = DELIVERY_LOST;
        (void)snprintf(answer->detail, sizeof answer->detail, "connection reset by peer");
        break;
    case FAULT_500_BEFORE:
    case FAULT_500_AFTER: answer->status = 500; break;
    case FAULT_502: answer_page(t, answer, 502); break;
    case FAULT_504: answer_page(t, answer, 504); break;
    case FAULT_429:
        answer_page(t, answer, 429);
        answer->retry_after_ms = 1000 * (int64_t)fake_random(t->crm, 4);
        break;
    case FAULT_MAINTENANCE:
        answer->status = 503;
        (void)snprintf(answer->reason, sizeof answer->reason,
                       "The site is in maintenance mode.");
        (void)buf_append_text(&t->body,
                              "{\"message\":\"The site is in maintenance mode.\"}");
        break;
    case FAULT_503_AFTER: answer_page(t, answer, 503); break;
    case FAULT_HTML:
    case FAULT_HTML_AFTER: answer_page(t, answer, 200); break;
    case FAULT_CUT:
        answer_server(t, flight, answer);
        t->body.len /= 2;
        break;
    case FAULT_UNSENT:
        answer->delivery = DELIVERY_UNSENT;
        (void)snprintf(answer->detail, sizeof answer->detail, "connection refused");
        break;
    }
}

static void deliver(struct fake_transport *t, struct flight *flight, bool cancelled,
                    transport_done *done, void *context) {
    struct fake_state *state = t->crm->state;
    struct answer answer = {.delivery = DELIVERY_ANSWERED, .retry_after_ms = -1};
    struct request *request = flight->request;

    fake_step(t->crm);
    buf_reset(&t->body);
    if (cancelled) {
        answer.delivery = DELIVERY_CANCELLED;
    } else if (flight->revoked) {
        answer.status = 401;
        state->revoked = 1;
    } else {
        answer_fault(t, flight, &answer);
    }
    answer.body = buf_slice(&t->body);
    answer.latency_us = state->now_us - flight->sent_us;
    if (answer.delivery == DELIVERY_ANSWERED)
        answer.server_ms = fake_server_ms(t->crm) / 1000 * 1000;
    if (flight->work != NULL && flight->work->state == WORK_DONE)
        flight->work->state = WORK_FREE;
    else if (flight->work != NULL)
        flight->work->wanted = false;
    flight->request = NULL;
    flight->work = NULL;
    t->in_flight--;
    done(context, request, &answer);
    fake_step(t->crm);
}

static struct flight *next_flight(struct fake_transport *t) {
    struct flight *next = NULL;

    for (size_t i = 0; i < FLIGHTS_MAX; i++)
        if (t->flights[i].request != NULL &&
            (next == NULL || t->flights[i].answer_us < next->answer_us))
            next = &t->flights[i];
    return next;
}

static void watch_spins(struct fake_crm *crm) {
    struct fake_state *state = crm->state;

    if (++state->spins > state->counts.spins)
        state->counts.spins = state->spins;
    if (state->spins > SPINS_MAX)
        fake_fatal("the client polls without end and without waiting");
}

static int fake_poll(struct transport *base, int timeout_ms, transport_done *done,
                     void *context, struct err *err) {
    struct fake_transport *t = (struct fake_transport *)(void *)base;
    struct fake_state *state = t->crm->state;
    int64_t until_us = state->now_us + (int64_t)timeout_ms * 1000;
    struct flight *next = next_flight(t);
    int delivered = 0;

    fake_step(t->crm);
    if (sim_disk_is_off()) {
        watch_spins(t->crm);
        return err_set(err, RC_LOCAL, "the power is off");
    }
    if (++state->polls > POLLS_MAX)
        fake_fatal("the client does not come to an end");
    if (state->run.poll_error_at_step != 0 &&
        state->counts.steps >= state->run.poll_error_at_step) {
        watch_spins(t->crm);
        return err_set(err, RC_LOCAL, "the network library failed");
    }
    if (timeout_ms == 0)
        until_us = state->now_us + 1; /* no call takes no time */
    if (next != NULL && next->answer_us < until_us)
        until_us = next->answer_us;
    fake_advance(t->crm, until_us);
    while ((next = next_flight(t)) != NULL && next->answer_us <= state->now_us) {
        deliver(t, next, false, done, context);
        delivered++;
    }
    if (timeout_ms == 0 && delivered == 0)
        watch_spins(t->crm);
    else
        state->spins = 0;
    return delivered;
}

static void fake_cancel(struct transport *base, transport_done *done, void *context) {
    struct fake_transport *t = (struct fake_transport *)(void *)base;

    for (size_t i = 0; i < FLIGHTS_MAX; i++)
        if (t->flights[i].request != NULL)
            deliver(t, &t->flights[i], true, done, context);
}

static size_t fake_in_flight(const struct transport *base) {
    return ((const struct fake_transport *)(const void *)base)->in_flight;
}

static void fake_free(struct transport *base) {
    struct fake_transport *t = (struct fake_transport *)(void *)base;

    t->crm->open = false;
    buf_fini(&t->body);
    free(t);
}

struct transport *fake_transport_new(struct fake_crm *crm) {
    static const struct transport_ops ops = {.submit = fake_submit,
                                             .poll = fake_poll,
                                             .cancel = fake_cancel,
                                             .in_flight = fake_in_flight,
                                             .free = fake_free};
    struct fake_transport *t = calloc(1, sizeof *t);

    if (t == NULL || crm->open)
        fake_fatal("the fake server has one client");
    crm->open = true;
    t->base.ops = &ops;
    t->crm = crm;
    t->body.max = 1 << 20;
    return &t->base;
}
