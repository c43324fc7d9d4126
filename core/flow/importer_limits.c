/* importer_limits.c - when too many rows fail for a run to go on. */
#include "flow/importer_private.h"

#include <inttypes.h>

enum {
    PERCENT_FROM = 100, /* rows, before a percentage of errors means anything */
    FIRST_ROWS = 50     /* that fail for one cause, before the rest is spared it */
};

void importer_judge_first(struct importer *importer, const struct row *row,
                          enum row_state state) {
    struct err err = {0};

    if (importer->first.over || (state == ROW_FAILED && row->number > FIRST_ROWS))
        return;
    if (state != ROW_FAILED ||
        (importer->first.rows > 0 && (row->cause != importer->first.reason ||
                                      row->cause_column != importer->first.column))) {
        importer->first.over = true;
        return;
    }
    importer->first.reason = row->cause;
    importer->first.column = row->cause_column;
    if (++importer->first.rows < FIRST_ROWS ||
        importer->options.job->facts.records == FIRST_ROWS)
        return;
    importer->first.over = true;
    (void)err_set(
        &err, RC_TOO_MANY,
        "the first %d rows have all failed for one cause, %s, so the mapping is "
        "wrong or the file: %s",
        FIRST_ROWS, reason_code(row->cause), row->cause_message);
    err_advise(&err, "correct it, then begin anew with --force; or go on all the same "
                     "with resume");
    importer_stop(importer, RC_TOO_MANY, &err);
}

void importer_check_limits(struct importer *importer) {
    const struct import_options *o = &importer->options;
    uint64_t failed = importer->tally.failed;
    /* rows that were put back count: so do the bad ones between them */
    uint64_t done = o->canary_only ? importer->taken : importer->reached;
    struct err err = {0};

    if (importer->stop != RC_OK)
        return;
    if (o->stop_at_errors != 0 && failed >= o->stop_at_errors)
        (void)err_set(&err, RC_TOO_MANY,
                      "%" PRIu64 " row%s failed, more than --max-errors %" PRIu64, failed,
                      failed == 1 ? "" : "s", o->stop_at_errors - 1);
    else if (o->max_percent != 0 && done >= PERCENT_FROM &&
             failed * 100 > done * o->max_percent)
        (void)err_set(&err, RC_TOO_MANY,
                      "%" PRIu64 " of %" PRIu64
                      " rows failed, more than --max-errors %u%%",
                      failed, done, o->max_percent);
    if (err.rc != RC_OK) {
        err_advise(&err, "correct the causes below, then resume");
        importer_stop(importer, RC_TOO_MANY, &err);
    }
}
