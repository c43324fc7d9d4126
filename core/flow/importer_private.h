/* importer_private.h - what the parts of the importer share. */
#ifndef FLOW_IMPORTER_PRIVATE_H
#define FLOW_IMPORTER_PRIVATE_H

#include "base/buf.h"
#include "flow/finder.h"
#include "flow/importer.h"
#include "flow/planner.h"
#include "flow/settle.h"

struct importer {
    struct import_options options;
    struct row_pool pool;      /* owned */
    struct row_queue planned;  /* read; to be intended, in the file's order */
    struct row_queue again;    /* to be intended again: known absent, or re-planned */
    struct row_queue later;    /* doubtful, to be looked up again (importer_own.c) */
    struct row_queue runnable; /* intended, lanes free: to be carried */
    struct lanes *lanes;       /* owned */
    struct settler *settler;   /* owned */
    struct planner *planner;   /* owned; NULL: rows are planned by what they hold */
    struct finder *finder;     /* owned; of records that are read alone */
    struct tally tally;
    struct buf scratch;       /* owned; bodies for hashing, texts for errors */
    size_t open;              /* rows intended and without an outcome */
    size_t uncommitted;       /* outcomes put since the last commit */
    int64_t committed_us;     /* when that was, monotonic */
    int64_t progressed_us;    /* when progress was last told, monotonic */
    uint64_t ended;           /* rows that ended in this call, for the pace of intents */
    size_t canary_at;         /* the next of the canary rows to be read */
    uint64_t taken;           /* rows that were read in this call, and not skipped */
    uint64_t reached;         /* number of the last row put, in this call or before */
    int64_t began_us;         /* monotonic */
    int64_t settle_ms;        /* how long what was sent may still be at work */
    unsigned doubts_in_a_row; /* POSTs without an answer, none answered in between */
    unsigned nonsense_in_a_row; /* 200s that make no sense */
    bool reading;               /* a batch of rows is being read, to be planned */
    struct {
        enum reason reason; /* why the first rows fail: the same for all so far */
        size_t column;
        uint64_t rows; /* of the first ones, how many did */
        bool over;     /* not all of them fail for one cause */
    } first;
    const char *run; /* its name in identities; borrowed from the journal; NULL = none */
    uint64_t ids;    /* what the ids of new records are made from */
    bool eof;        /* every record was read */
    bool journal_broken; /* nothing more can be put */
    int stop;            /* RC_OK, or why the run is stopping */
    struct err stop_err; /* in words */
};

/* Are rows planned by what the CRM holds? */
bool importer_asks(const struct importer *importer);

/* Has the row planned, or planned anew, by that. */
void importer_ask(struct importer *importer, struct row *row);

/* Rows that are being planned. */
size_t importer_asking(const struct importer *importer);

/* Starts the look-ups that are due. */
int importer_poll_plans(struct importer *importer, struct err *err);

/* Stops the run in good order: nothing new leaves; the first reason is kept. */
void importer_stop(struct importer *importer, int rc, const struct err *err);

/* What the records of this run are told by, where the mapping wants that: found in the
 * checkpoint, or put there. */
int importer_identify(struct importer *importer, struct err *err);

/* Finds out, or makes up, what ids of new records are made from. */
int importer_seed_ids(struct importer *importer, struct err *err);

/* Gives the record that is to be created an id, where the engine takes one; the same
 * one for the same row, whoever resumes. RC_NOMEM. */
int importer_give_id(struct importer *importer, struct row *row);

/* The record that an earlier sending has made for the row, as it stands (JSON)
 * (importer_own.c, as all of these). */
void importer_own(struct importer *importer, struct row *row, struct slice record);

/* Takes the outcome of a write that has completed such a record; false when it is none,
 * or to be tried again. */
bool importer_mended(struct importer *importer, struct row *row,
                     const struct outcome *outcome);

/* A doubtful row that is to be created without the id it had: it waits, as long as what
 * was sent may still come. True when it does. */
bool importer_waits_to_create(struct importer *importer, struct row *row);

/* May what was sent for the row still be at work on the server? */
bool importer_may_come(const struct importer *importer, const struct row *row);

/* Takes the outcome of a change at which the server has failed, and which it may have
 * made all the same: the record is read, and tells (importer_look.c). False when it is
 * none. */
bool importer_looks(struct importer *importer, struct row *row,
                    const struct outcome *outcome);

/* Reads the record of such a row, once more. */
void importer_look(struct importer *importer, struct row *row);

/* The row is to be looked at once more, in its time. */
void importer_look_again(struct importer *importer, struct row *row);

/* Has rows looked up again whose time has come. */
void importer_wake(struct importer *importer);

/* Says which attributes of the row's write the server has not stored as they were sent:
 * the row is done all the same. */
void importer_warn_missing(struct importer *importer, struct row *row,
                           const size_t *missing, size_t count);

/* Plans the row's write and what it must not overlap with. RC_NOMEM. */
int importer_plan(struct importer *importer, struct row *row);

/* Plans the row's write only: a POST, whatever it was before. */
void importer_plan_write(struct importer *importer, struct row *row);

/* The row waits for its lanes, or goes to be planned by what the CRM holds. */
void importer_plan_later(struct importer *importer, struct row *row);

/* The planner's word on a row (importer_planned.c). */
void importer_planned(void *context, struct row *row);

/* Is there nothing to wait for any more? While stopping, only what is in flight; at the
 * end of the rows, what the engine cleans up behind them. */
bool importer_is_done(const struct importer *importer);

/* Has the engine something left to tidy up? */
bool importer_tidies(const struct importer *importer);

/* May the engine still wait for more? */
enum engine_turn importer_engine_turn(const struct importer *importer);

/* What the row is about to write, durable with its intent: what an undo compares with. */
void importer_keep_wrote(struct importer *importer, struct row *row);

/* Plans the next set of ids that a stored row still has to be related to: false when
 * there is none. */
bool importer_plan_relation(struct importer *importer, struct row *row);

/* Is it one of a set of ids? */
bool importer_has_item(const struct value *list, struct slice item);

/* Is the set of ids under way all that has been changed of the record? */
bool importer_relates_only(const struct row *row);

/* Copies text to the row's arena; "" without memory. */
const char *row_keep(struct row *row, struct slice text);

/* Puts the reason of a row and ends it as `state`. */
void importer_fail(struct importer *importer, struct row *row, enum row_state state,
                   enum reason reason, const char *field, const char *message);

/* Puts the row into the journal as `state`. After a failure the run stops. */
void importer_put(struct importer *importer, struct row *row, enum row_state state);

/* Puts one error or warning of a row. column: index or NO_COLUMN. */
void importer_put_error(struct importer *importer, struct row *row, enum reason reason,
                        size_t column, const char *field, struct slice value,
                        const char *message);

/* Has the plan that is carried out no line for the row? Sets row->omitted. */
bool importer_omits(struct importer *importer, struct row *row);

/* Ends such a row. */
void importer_omit(struct importer *importer, struct row *row);

/* Is what would be done with the row what the plan says? Else it has an error more, the
 * first (importer_follow.c). True where no plan is carried out. */
bool importer_follows(struct importer *importer, struct row *row);

/* A wrong mapping makes every row fail: that shows in the first ones
 * (importer_limits.c). */
void importer_judge_first(struct importer *importer, const struct row *row,
                          enum row_state state);

/* Stops the run when more rows have failed than it may. */
void importer_check_limits(struct importer *importer);

/* Ends a row that another one of the file counts for (repeats.h). */
void importer_pass_over(struct importer *importer, struct row *row);

/* The row ended: journal, lanes, pool. */
void importer_end(struct importer *importer, struct row *row, enum row_state state);

/* The engine's word on a row (write.done), what follows from it, and the settler's. */
void importer_outcome(struct write *write, const struct outcome *outcome);
void importer_conclude(struct importer *importer, struct row *row,
                       const struct outcome *outcome);
void importer_settled(void *context, struct row *row, const struct settle_result *result);

/* The next row that is this call's to take up, as job_read(). */
int importer_read_row(struct importer *importer, struct row *row, struct err *err);

/* Takes up the rows that an earlier run left open, and goes on reading behind the last.
 */
int importer_take_up(struct importer *importer, struct err *err);

#endif
