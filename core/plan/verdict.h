/* verdict.h - what an answer means for the row and for the run: one pure function.
 *
 * GET, PUT and DELETE may be sent again; POST never, except when nothing can have reached
 * the server. Tested as a table over every recorded answer (testdata/espo/verdict).
 */
#ifndef PLAN_VERDICT_H
#define PLAN_VERDICT_H

#include "base/rc.h"
#include "base/reason.h"
#include "plan/exchange.h"

enum verdict_action {
    VERDICT_DONE,       /* the server did what was asked; the body has the record */
    VERDICT_RETRY,      /* send the same again after wait_ms */
    VERDICT_DOUBTFUL,   /* it may have been done: look before sending again */
    VERDICT_ROW_FAILED, /* this row cannot be done; the run goes on */
    VERDICT_DUPLICATE,  /* 409 duplicate: the body lists full records */
    VERDICT_MODIFIED,   /* 409 modified: plan again */
    VERDICT_STOP        /* the run must stop, with `stop`; a POST was not done */
};

struct verdict_policy {
    unsigned retries;   /* how many times one request is sent again; counts network
                              failures and 5xx, not 429/503 */
    bool authenticated; /* a request of this run was done (VERDICT_DONE): a later bare
                              403 then means a lock-out or rights, see .c */
    bool seen_401;      /* a 401 came in this run */
};

struct verdict {
    enum verdict_action action;
    enum reason reason; /* ROW_FAILED, DUPLICATE, MODIFIED, DOUBTFUL: why */
    enum rc stop;       /* STOP: RC_AUTH, RC_UNREACHABLE, RC_USAGE, RC_SERVER */
    int64_t wait_ms;    /* RETRY, pause_all: before sending again; 0 = at once; without
                              jitter (pace.h adds it) */
    bool pause_all;     /* 429, 503: nobody sends before wait_ms is over, and fewer after;
                          also with DOUBTFUL: a 503 that may have done a POST */
    bool free_attempt;  /* RETRY: does not count as an attempt (429, 503) */
    char field[64];     /* of the body's messageTranslation.data.field, or "" */
    char message[300];  /* what the server said, in plain words; one line of UTF-8 */
};

/* attempt counts from 1. Pure: the same arguments, the same verdict. What counts as done
 * is a 200 of JSON: for a POST of a record and a PUT an object with an "id", for a DELETE
 * `true`, for other POSTs any value but `false`, for a GET any value (Metadata: also
 * nothing at all, which is how the server says "no such key, or no access"). The whole
 * body is scanned, so that a cut one is never taken for an answer. */
void verdict_of(const struct request *request, const struct answer *answer,
                unsigned attempt, const struct verdict_policy *policy,
                struct verdict *out);

#endif
