/* planner.h - what is to be done with each row, by what the CRM holds now.
 *
 * Rows are planned in batches: links are looked up and, where the mapping says so, made;
 * records are matched by the mapping's ladder; what would change is found. A batch takes
 * one look-up per rule and looked-up entity for up to 200 rows, and the next batch's
 * look-ups run while this one's writes do. Nothing is written to the CRM here but the
 * records of a look-up's "onNone": "create".
 *
 * Rows that share a key must not be inside together (lane.h): the owner sees to that.
 * Rows that turn out to be about one record are kept apart in here: the later one is
 * planned again when the earlier has ended.
 */
#ifndef FLOW_PLANNER_H
#define FLOW_PLANNER_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/row.h"
#include "flow/site.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plan_action {
    PLAN_CREATE,
    PLAN_UPDATE,    /* changed attributes are put, added ids related */
    PLAN_UNCHANGED, /* the record is as the row wants it */
    PLAN_DELETE,
    PLAN_UNDELETE, /* of an undo */
    PLAN_GONE,     /* to be deleted, and not there any more */
    PLAN_SKIP,
    PLAN_FAIL,   /* row->record.errors says why */
    PLAN_SETTLE, /* doubtful: its links are known now, it may be looked up */
    PLAN_OWN     /* the record is there that an earlier sending was to make */
};

/* Lives in the row's arena. */
struct plan {
    enum plan_action action;
    const char *id;         /* of the record, or NULL */
    const char *matched_by; /* "emailAddress", or NULL */
    bool loosely;           /* matched by the collation only */
    bool matchable;         /* a rule of the ladder applied: no other check is needed */
    uint64_t repeats;       /* line of the earlier row about the same record; 0 = none */
    enum reason reason;     /* SKIP: why, or REASON_NONE */
    const char *message;    /* of that reason */
    const struct attribute *changed; /* UPDATE: to be put */
    size_t changed_count;
    const struct attribute *added; /* UPDATE: sets of ids that grow */
    size_t added_count;
    int64_t version; /* the record's versionNumber; 0 = none */
    const struct attribute
        *side; /* UPDATE: what an Import sets along with it: the default
                                     currency of amounts that are empty */
    size_t side_count;
    bool lacks_currency; /* UPDATE: bulk_lacks_currency(), where currencies are known */
    struct slice
        image; /* UPDATE, DELETE: what it held before, JSON; OWN: what it holds */
};

struct planner_options {
    struct site *site;       /* borrowed */
    struct job *job;         /* compiled; borrowed */
    struct journal *journal; /* borrowed; NULL: nothing is made, nothing is owned */
    bool currencies;         /* all amounts and their currencies are to be known */
    bool by_plan; /* only links that the journal's plan makes are made (journal_plan.h) */
    enum mapping_on_duplicate on_duplicate; /* of the run */
    int64_t settle_ms; /* how long a made record whose answer was lost must be absent */
    unsigned looks;    /* in that time (look_times.h) */
    /* Each row once, with row->plan set, from inside the calls that drive the wire. */
    void (*planned)(void *context, struct row *row);
    void *context;
};

struct planner;

/* Does the mapping need the CRM to plan its rows? */
bool planner_is_needed(const struct job *job);

/* Does it write addresses, of which something may be recorded that must be kept? Then an
 * import needs the CRM, too, while a rehearsal does not. */
bool planner_keeps_flags(const struct job *job);

int planner_new(struct planner **out, const struct planner_options *options,
                struct err *err);
void planner_free(struct planner *planner);

/* Takes over a row without errors. settle: its links only, for a doubtful one. */
void planner_add(struct planner *planner, struct row *row, bool settle);

/* A row that EspoCRM has refused as a duplicate of a record that has the same key: what
 * it changes of that is planned. Taken over. */
void planner_add_known(struct planner *planner, struct row *row, const char *id,
                       const struct schema_attribute *key);

/* Starts the next batch if there is one to start. flush: a short one will do. < 0 when a
 * look-up failed for good: the run must stop. */
int planner_poll(struct planner *planner, bool flush, struct err *err);

/* What the row would change of record (JSON), which it was found by `keys`: fills
 * row->plan, which is there, with UPDATE, UNCHANGED or FAIL. RC_NOMEM, RC_LIMIT. */
int planner_change(struct row *row, const struct schema *schema, struct slice record,
                   const struct schema_attribute *const *keys, size_t key_count);

/* Adds an error to a row's record. RC_NOMEM. */
int row_add_error(struct row *row, enum reason reason, size_t column, const char *field,
                  struct slice value, const char *message);

/* The row ended, or is given up: its record is free for the next one. */
void planner_ended(struct planner *planner, struct row *row);

/* Rows inside that are being planned or wait to be. */
size_t planner_count(const struct planner *planner);

/* Look-up requests sent so far. */
uint64_t planner_requests(const struct planner *planner);

#endif
