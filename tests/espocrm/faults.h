/* Faults that tests ask for: what goes wrong with which requests. */
#ifndef ESPOCRM_FAULTS_H
#define ESPOCRM_FAULTS_H

#include "app.h"

enum fault_action {
    FAULT_NONE,
    FAULT_STATUS,
    FAULT_CLOSE,
    FAULT_DELAY_COMMIT,
    FAULT_HTML,
    FAULT_NO_ID,
    FAULT_TRUNCATE,
    FAULT_CORRUPT,
    FAULT_SLOW,
    FAULT_REDIRECT,
    FAULT_DROP,
    FAULT_HANG
};

/* What is to happen with one request. Strings are borrowed from the fault. */
struct hit {
    enum fault_action action;
    bool commit; /* the request is carried out all the same */
    int status, retry_after, delay_ms;
    const char *reason, *body, *content_type, *attribute, *location;
};

/* Adds a fault; NULL, or what is wrong with it. */
const char *fault_add(struct app *app, const json_t *spec);
void fault_clear(struct app *app);
/* Counts the request against all faults; the first that fires. */
struct hit fault_match(struct app *app, const struct request *rq);
/* Changes a finished answer as the fault says. */
void fault_apply(const struct hit *hit, struct ctx *c);

#endif
