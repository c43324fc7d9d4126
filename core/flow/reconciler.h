/* reconciler.h - compares a file with what EspoCRM holds, row by row and field by
 * field.
 *
 * The records come into the checkpoint first: all of them by one sweep
 * (flow/exporter.h), or those that the rows ask for, a batch of rows at a time. There
 * they are joined with the rows on disk, so memory is flat. A row is about the record
 * that the mapping's ladder finds, compared as plan/match.h does. Before a row is said
 * to be in the file only, the server is asked for what the records' lists do not show:
 * other e-mail addresses and phone numbers, and records outside of the filter.
 *
 * With the checkpoint of an import, it is the rows that the import has written that are
 * compared, each with the record of its id, in what the import wrote.
 *
 * What was found is in the tables of state/journal_pair.h; flow/reconcile_files.h
 * writes it out.
 */
#ifndef FLOW_RECONCILER_H
#define FLOW_RECONCILER_H

#include "base/err.h"
#include "flow/exporter.h"
#include "flow/job.h"
#include "flow/reconcile_base.h"
#include "flow/reconcile_spec.h"
#include "flow/site.h"
#include "model/table.h"
#include "state/journal.h"
#include "state/journal_pair.h"

struct reconcile_progress {
    bool sweeping;  /* records are read; else rows are compared */
    uint64_t done;  /* records, or rows */
    uint64_t total; /* of them; 0 = not known */
    size_t in_flight, jobs;
    uint64_t retries;
    int64_t pause_ms;
    const struct histogram *latency; /* microseconds */
};

struct reconcile_options {
    struct job *job;         /* compiled, of a mapping to compare by; borrowed */
    struct site *site;       /* borrowed */
    struct journal *journal; /* with the spec bound; borrowed */
    struct table *table;     /* of spec->select; borrowed */
    const struct reconcile_spec *spec; /* borrowed */
    struct reconcile_base *base;       /* borrowed; NULL = two sides only */
    struct journal *run; /* borrowed; of an import, whose rows are compared with the
                            records that they became: NULL = rows are matched */
    void (*progress)(void *context, const struct reconcile_progress *progress);
    void *context;
};

/* Attributes of the records that are needed, parted by commas: what the rows carry and
 * are matched by. Appends. */
int reconciler_select(const struct job *job, struct buf *select);

/* And what the file's own columns show of them, for spec->toward_file. RC_USAGE where a
 * column cannot be written. */
int reconciler_select_columns(const struct job *job, struct buf *select, struct err *err);

/* How many records there are to compare with; 0 where the server does not count. */
int reconciler_total(const struct reconcile_options *options, uint64_t *total,
                     struct err *err);

/* Makes room in the journal and, for a sweep, cuts it; not committed. */
int reconciler_begin(const struct reconcile_options *options, struct err *err);

/* Goes on where it stands until all rows are compared. RC_INTERRUPTED, RC_UNREACHABLE,
 * RC_AUTH, RC_SERVER, RC_INPUT, RC_LOCAL: the next call goes on. */
int reconciler_run(const struct reconcile_options *options, struct pair_counts *counts,
                   struct err *err);

#endif
