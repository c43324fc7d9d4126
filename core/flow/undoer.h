/* undoer.h - takes a run back: deletes what it created, restores what it updated or
 * deleted, and leaves alone what somebody has edited since.
 *
 * An undo is a run of its own. Its rows are the rows of the other run that have changed
 * something, the last one first, so that several changes of one record are taken back in
 * the reverse order; behind them come the records that were made for links. The importer
 * carries them (importer.h): intents are durable before anything is sent, and what was in
 * doubt is planned anew by what EspoCRM holds.
 */
#ifndef FLOW_UNDOER_H
#define FLOW_UNDOER_H

#include "base/err.h"
#include "flow/importer.h"
#include "state/journal_undo.h"

struct undo_options {
    struct journal *undo;    /* of the undo, open for writing; borrowed */
    struct journal *run;     /* of the run that is taken back; borrowed */
    struct site *site;       /* with the schemas of all entity types loaded; borrowed */
    const char *entity_type; /* of the run; borrowed */
    const char *user_id;     /* whose run it was; borrowed */
    bool pretend;            /* look and plan, send nothing */
};

/* Writes the steps into the checkpoint of the undo, not committed: how many. deletes: the
 * run is one that deletes. */
int undo_list_steps(struct journal *undo, struct journal *run, const char *entity_type,
                    bool deletes, uint64_t *count, struct err *err);

/* Records of the run in doubt: lost ones, of rows, of which nobody knows the id and which
 * must be settled first (import_options.settle_only), and known ones, which will tell by
 * themselves, once what is under way has arrived: rows whose id is known, and records
 * that were made for links and are looked for by their key. */
int undo_count_doubts(struct journal *run, uint64_t *lost, uint64_t *known,
                      struct err *err);

/* Loads the schema of every entity type that is touched, and refuses what the user has no
 * right to: RC_AUTH. *admin: may restore deleted records. */
int undo_check_rights(const struct undo_options *options, bool *admin, struct err *err);

/* Takes the run back, or goes on with it. options: job, site, journal, progress and the
 * like as for an import; source and engine are set here. As importer_run(). */
int undo_run(const struct undo_options *undo, const struct import_options *options,
             struct tally *tally, struct err *err);

struct undo_counts {
    uint64_t deleted;   /* of the records that the run created */
    uint64_t restored;  /* that it changed */
    uint64_t undeleted; /* that it deleted */
    uint64_t links;     /* deleted that it created for links */
    uint64_t kept;      /* edited since, or for another reason that is listed */
    uint64_t gone;      /* not there any more */
    uint64_t as_before; /* as they were before the run */
};

/* What an undo has done so far, by its checkpoint. */
int undo_count(struct journal *undo, struct undo_counts *out, struct err *err);

/* One word for what became of a step: "deleted", "restored", "kept", "gone", ...;
 * borrowed for ever. */
const char *undo_outcome(enum step_kind kind, enum row_state state, const char *note);

/* Notes of rows that were left as they are (matched_by). */
extern const char undo_note_gone[];      /* the record is not there any more */
extern const char undo_note_as_before[]; /* it is as it was before the run */

#endif
