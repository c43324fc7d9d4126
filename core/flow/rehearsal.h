/* rehearsal.h - every row of a file through the whole path up to the socket: converted,
 * its links looked up, matched against what the CRM holds. Nothing is written.
 */
#ifndef FLOW_REHEARSAL_H
#define FLOW_REHEARSAL_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/planner.h"
#include "flow/site.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPEATS_SHOWN = 5,
    REPEATS_COMPARED = 256 * 1024 /* keys, of 12 bytes each: memory stays flat */
};

/* Rows of which an earlier row of the file has a key: that of any match rule, or where
 * the mapping has none the e-mail address, by which EspoCRM itself tells duplicates. */
struct rehearsal_repeats {
    uint64_t rows;  /* each once */
    const char *by; /* "match key", "emailAddress"; NULL = there is none to compare */
    struct {
        uint64_t line, earlier; /* physical lines of the first ones */
    } shown[REPEATS_SHOWN];
    size_t shown_count;
    uint64_t compared; /* keys that were: REPEATS_COMPARED at most */
};

struct rehearsal_options {
    struct job *job;   /* compiled; borrowed */
    struct site *site; /* borrowed */
    enum mapping_on_duplicate on_duplicate;
    const struct env *env; /* asked for interrupts */
    /* Each row once, in the file's order: row->record.errors says why it would fail,
     * row->counted that another row counts, row->plan (NULL where the mapping asks the
     * CRM nothing) what would be done with it. < 0 ends the rehearsal. */
    int (*row)(void *context, struct row *row);
    void *context;
};

/* RC_INPUT, RC_UNREACHABLE, RC_AUTH, RC_SERVER, RC_INTERRUPTED, RC_NOMEM, or what
 * options->row returned. */
int rehearsal_run(const struct rehearsal_options *options, struct rehearsal_repeats *out,
                  struct err *err);

#endif
