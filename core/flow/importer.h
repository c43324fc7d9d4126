/* importer.h - carries every row of a file into the CRM, once, whatever happens.
 *
 * Rows are read ahead, intended in the journal (durable), sent, and their outcomes made
 * durable with the next batch's intents. A row whose outcome is not known is settled by
 * look-up (settle.h) before it is sent again. importer_run() both begins and resumes: the
 * journal says what is left to do.
 */
#ifndef FLOW_IMPORTER_H
#define FLOW_IMPORTER_H

#include "base/err.h"
#include "flow/canary.h"
#include "flow/job.h"
#include "flow/site.h"
#include "flow/tally.h"
#include "plan/engine.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum import_stage { STAGE_RUNNING, STAGE_SETTLING, STAGE_STOPPING };

/* How the run stands; borrowed for the length of the call. */
struct import_progress {
    struct tally tally; /* tally_so_far(): what is under way is still to come */
    enum import_stage stage;
    size_t in_flight; /* requests */
    size_t jobs;      /* how many may be */
    size_t settling;  /* rows being looked up */
    int64_t pause_ms; /* the server asked to wait this long; 0 = not */
    uint64_t retries;
    const struct histogram *latency; /* microseconds; borrowed */
};

/* Rows that come from somewhere else than a file, and are planned by somebody else than
 * its mapping (undoer.h). All functions are called from inside the calls that drive the
 * wire; < 0 stops the run. */
struct import_source;
struct import_source_ops {
    /* Fills number, line, offset, state, attempts and id of a row from the pool, which is
     * in the journal already, and the keys of its ticket: 1, or 0 at the end. */
    int (*read)(struct import_source *source, struct row *row, struct err *err);
    /* Takes over a row to be planned, or planned anew. */
    void (*add)(struct import_source *source, struct row *row);
    /* Starts the look-ups that are due. */
    int (*poll)(struct import_source *source, struct err *err);
    /* Rows inside. */
    size_t (*count)(const struct import_source *source);
};
struct import_source {
    const struct import_source_ops *ops; /* borrowed for ever */
    /* Each row once, with row->plan and row->write.entity_type set; the importer's. */
    void (*planned)(void *context, struct row *row);
    void *context;
};

struct import_options {
    struct job *job; /* compiled; borrowed. With a source: entity type, schema and
                                how many rows there are, no more */
    struct import_source *source; /* borrowed; NULL = the job's file and mapping */
    struct site *site;            /* borrowed */
    struct engine *engine;        /* borrowed */
    struct journal *journal;      /* open for writing; borrowed */
    const char *user_id;          /* borrowed */
    enum mapping_on_duplicate on_duplicate;
    int64_t started_ms;          /* when the run first began, server's clock */
    int64_t settle_ms;           /* how long a row must be absent; 0 = 15,000 */
    unsigned looks;              /* in that time (look_times.h); 0 = the default */
    size_t batch;                /* rows intended at once, at most; 0 = 200 */
    const struct canary *canary; /* rows that come first; borrowed; NULL = none */
    bool canary_only;            /* these rows now, and no others */
    bool settle_only;            /* rows in doubt whose record is not known are looked up;
                                    nothing is sent, and no further row is read */
    bool by_plan;                /* the journal holds what may be done (journal_plan.h) */
    uint64_t skip;               /* rows at the file's begin that are passed over */
    uint64_t limit;              /* rows to be taken up in this call; 0 = all */
    uint64_t stop_at_errors;     /* stop at so many failed rows; 0 = never */
    unsigned max_percent; /* stop when more than so many percent failed; 0 = no limit */
    void (*progress)(void *context, const struct import_progress *progress);
    void (*row)(void *context, const struct row *row, const struct journal_error *error);
    /* a row that ended, error NULL or why; may be NULL */
    void (*ended)(void *context, const struct row *row); /* each once; may be NULL */
    void *context;
};

/* RC_OK: every row has its outcome (see tally). RC_TOO_MANY, RC_AUTH, RC_UNREACHABLE,
 * RC_INPUT, RC_LOCAL, RC_INTERRUPTED, ...: stopped, the checkpoint is whole, resume goes
 * on. tally is filled either way. */
int importer_run(const struct import_options *options, struct tally *tally,
                 struct err *err);

#endif
