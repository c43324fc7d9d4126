/* write.h - one planned change of one record, and what became of it.
 *
 * The plan says what is to be written; an engine (engine.h) carries it out and gives each
 * write exactly one outcome. Neither knows of files, rows or reports.
 */
#ifndef PLAN_WRITE_H
#define PLAN_WRITE_H

#include "base/rc.h"
#include "base/reason.h"
#include "model/record.h"
#include "plan/exchange.h"
#include "plan/verdict.h"

#include <stdbool.h>
#include <stdint.h>

enum write_kind {
    WRITE_CREATE,
    WRITE_UPDATE,
    WRITE_DELETE,
    WRITE_UNDELETE, /* administrators only */
    WRITE_RELATE    /* attributes[0] is a set of ids that join those of its link */
};

struct outcome;

struct write {
    enum write_kind kind;
    const char *entity_type; /* borrowed until done */
    const char *id; /* of the record; of one that is created only where the engine takes
                       ids that are made here (engine_takes_id); borrowed until done */
    const struct attribute *attributes; /* to be stored; borrowed until done */
    size_t count;
    bool skip_duplicate_check; /* the client has matched, or the user said so */
    int64_t version_number;    /* optimistic concurrency; 0 = not asked for */
    bool lacks_currency;       /* an update of a record with an amount, and no currency */
    void (*done)(struct write *write, const struct outcome *outcome);
    void *tag;          /* the planner's own */
    struct write *next; /* private: the engine's queue */
};

enum outcome_kind {
    OUTCOME_STORED,    /* done; `missing` says what did not arrive */
    OUTCOME_FAILED,    /* it was not done and cannot be: reason, field, message */
    OUTCOME_DUPLICATE, /* not done: body is an array of the records found */
    OUTCOME_MODIFIED,  /* not done: changed by somebody else in the meantime */
    OUTCOME_DOUBTFUL,  /* it may have been done: look before doing it again */
    OUTCOME_UNSENT     /* not done and not tried: the run is being stopped */
};

enum { OUTCOME_MISSING_MAX = 64, OUTCOME_FAULTS_MAX = 16 };

/* One thing that is wrong with a write. */
struct outcome_fault {
    const char *field;   /* of the server, or "" */
    const char *message; /* one sentence */
};

/* Borrowed for the length of the `done` call. */
struct outcome {
    enum outcome_kind kind;
    struct slice id;                  /* STORED: of the record, as the server gave it */
    struct slice modified;            /* STORED: its modifiedAt, or empty */
    int64_t version;                  /* STORED: its versionNumber; 0 = not known */
    enum reason reason;               /* FAILED, DUPLICATE, MODIFIED, DOUBTFUL */
    const char *field;                /* of the server, or "" */
    const char *message;              /* one sentence */
    const struct outcome_fault *more; /* FAILED: what else is wrong, where that is told */
    size_t more_count;
    bool unsure;     /* an earlier sending had no answer, and may still be at work */
    bool maybe_done; /* an earlier sending may have done it: what comes now is of the
                        record as that left it */
    bool shared; /* DOUBTFUL: of a request that another write's outcome tells of, too */
    struct slice body;  /* DUPLICATE, MODIFIED: what the server answered */
    int status;         /* of HTTP; 0 = no whole answer */
    int64_t latency_us; /* of its request alone; 0 = not known, or of several writes */
    int64_t server_ms;  /* the server's clock, ms since 1970; 0 = not known */
    size_t missing[OUTCOME_MISSING_MAX]; /* STORED: indexes of attributes that the
                                            server's answer does not hold */
    size_t missing_count;
};

/* What the verdict on a POST or PUT means for its write. Pure. */
void outcome_of(const struct write *write, const struct verdict *verdict,
                const struct answer *answer, struct outcome *out);

/* Fills id, modified and version of an outcome from a record (a JSON object), as far as
 * it has them; borrowed from json. */
void outcome_read_stamp(struct outcome *out, struct slice json);

/* Compares what was sent with a record as the server gave it (a JSON object): fills
 * missing[] with the indexes of the attributes that it does not hold (at most max) and
 * returns how many there are, or RC_SERVER when json is no object. */
int write_compare(const struct attribute *attributes, size_t count, struct slice json,
                  size_t *missing, size_t max);

/* The same of a record as a list shows it: of several addresses the primary one. Returns
 * how many there are in missing[], at most max. */
int write_compare_shown(const struct attribute *attributes, size_t count,
                        struct slice json, size_t *missing, size_t max);

#endif
