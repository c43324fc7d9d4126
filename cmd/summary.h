/* summary.h - the last lines of a run: the sum of all rows, causes, files, what to type.
 */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "cmd/command.h"
#include "cmd/engine_pick.h"
#include "flow/outputs.h"
#include "flow/tally.h"
#include "flow/undoer.h"
#include "state/journal.h"
#include "wire/courier.h"

enum { CAUSES_SHOWN = 10, CAUSES_ALL = 1000 };

struct summary {
    struct tally tally;
    int rc; /* how the run ended */
    int64_t ran_ms;
    uint64_t rows_before; /* done by earlier runs of the same checkpoint */
    const struct engine_bulk_counts *bulk; /* NULL = none */
    const struct courier *courier;         /* NULL = no requests to speak of */
    struct journal *journal;               /* NULL = no causes to speak of */
    const struct undo_options *undo;       /* what was taken back; NULL = an import */
    const char *checkpoint;                /* path; NULL = there is none */
    const char *mapping;                   /* as the user named it; NULL = not known */
    const char *on_duplicate; /* where the run had another than the mapping's */
    const char *results;      /* path of a file that was written, or NULL; and below */
    const char *errors;
    const char *unprocessed;
    const char *report;
    struct output_counts written; /* rows in each */
};

/* "5,000 rows = 4,940 created + 59 failed + 1 unknown": what is zero is left out. */
void summary_append_tally(struct buf *buf, const struct tally *tally);

/* What an undo did, in its own words: "  taken back: 900 created records deleted, ...".
 * would: in the conditional, of one that only looked. */
int summary_append_undo(struct buf *buf, struct journal *undo, bool would,
                        struct err *err);

/* "; 662 requests, half answered within 21.3 ms, 95 % within 90.1 ms, 3 sent again" */
void summary_append_requests(struct buf *buf, const struct courier *courier);

/* Appends a heading and one line a cause, most frequent first, and how many were left out
 * beyond limit; nothing without causes. */
int summary_append_causes(struct buf *buf, struct journal *journal, size_t limit,
                          struct err *err);

/* To stderr for a person, to stdout as {"type":"summary",...} with --json. */
int summary_print(struct command_context *context, const struct summary *summary);

/* The members of a tally, for JSON lines. */
void summary_json_tally(struct jsonout *json, const struct tally *tally);

/* The path without the current folder in front. Borrowed from path. */
const char *summary_short_path(const char *path);

#endif
