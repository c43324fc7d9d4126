/* exporter.h - reads all records that a filter lets through, each once, into the
 * checkpoint; flow/export_files.h then writes them out.
 *
 * Records are read in the order of their ids, a page at a time from behind the last id
 * (keyset paging): what is inserted, changed or deleted meanwhile moves no other record
 * from one page to another, so one that was there all the time is read exactly once. The
 * ids are cut into ranges, which are read at the same time.
 */
#ifndef FLOW_EXPORTER_H
#define FLOW_EXPORTER_H

#include "base/err.h"
#include "base/histogram.h"
#include "flow/site.h"
#include "model/table.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stdint.h>

struct export_progress {
    uint64_t records; /* read so far, those of earlier runs included */
    uint64_t total;   /* as the server counted when the export began; 0 = not known */
    uint64_t retries;
    size_t in_flight, jobs;
    int64_t pause_ms;                /* the server asks to wait */
    const struct histogram *latency; /* microseconds */
    bool stopping;
};

struct export_options {
    struct site *site;       /* borrowed */
    struct journal *journal; /* begun with exporter_begin() */
    struct table *table;     /* borrowed */
    const char *entity_type;
    const char *where;  /* items, parted by commas; "" = all records */
    const char *params; /* more search parameters, each with a comma in front, or "" */
    const char *link;   /* whose members are read for each record: pairs of ids are put
                         instead of the records; NULL = none */
    const struct schema_attribute *sort; /* what the rows will be ordered by; NULL = id */
    size_t page;                         /* records a page; the server's limit */
    bool json;                           /* rows as JSON objects */
    void (*progress)(void *context, const struct export_progress *progress);
    void *context;
};

struct export_counts {
    uint64_t records;    /* in the checkpoint */
    uint64_t total;      /* as counted when the export began; 0 = not known */
    uint64_t repeated;   /* listed more than once, and taken once */
    uint64_t vanished;   /* deleted between its page and the reading by id */
    uint64_t reads;      /* records read by id as well */
    uint64_t unfaithful; /* cells that an import would not read back as they are */
};

/* Asks how many there are and where to cut, and notes it in the journal (not committed
 * yet). */
int exporter_begin(const struct export_options *options, struct err *err);

/* Reads what is missing. RC_OK when all is there; RC_INTERRUPTED, RC_UNREACHABLE,
 * RC_AUTH, RC_SERVER, RC_USAGE (the server refuses the filter), RC_LOCAL: what was read
 * is kept, and the next call goes on. counts is filled in any case. */
int exporter_run(const struct export_options *options, struct export_counts *counts,
                 struct err *err);

/* {"type":..}: the JSON of a list request behind `after` (NULL: none), up to `until`
 * ("": no end). For other sweeps over ids. RC_NOMEM, RC_LIMIT. */
int exporter_append_search(struct buf *json, const struct export_options *options,
                           const char *after, const char *until, size_t page);

#endif
