/* reconcile_files.h - writes what a reconciliation has found: the differences as daff
 * reads them, and what settles them.
 *
 * The tabular diff (FILE.diff.csv) has the CRM as the old side and the file as the new
 * one, with the columns that `espoload export ENTITY --select id,...` writes. The fix
 * (FILE.fix.csv, FILE.fix.json) is an import that makes the CRM equal the file: a row
 * with an id changes what is filled in it, a row without one is a new record, unless it
 * is there by then. Toward the file it is the other way round: FILE.corrected.csv has
 * the file's own columns with what EspoCRM holds, without the rows that it lacks. Each
 * file is there whole or not at all, and one that would be empty is not written.
 */
#ifndef FLOW_RECONCILE_FILES_H
#define FLOW_RECONCILE_FILES_H

#include "base/buf.h"
#include "base/err.h"
#include "flow/job.h"
#include "flow/reconcile_spec.h"
#include "model/schema.h"
#include "state/journal_pair.h"

enum { RECONCILE_EXAMPLES = 3, RECONCILE_EXAMPLE_BYTES = 200 };

/* An attribute that is compared, and where it differs. */
struct reconcile_field {
    const struct schema_attribute *def;
    uint64_t count; /* rows */
    struct {
        uint64_t line;
        char was[RECONCILE_EXAMPLE_BYTES]; /* in the CRM, printable, cut */
        char is[RECONCILE_EXAMPLE_BYTES];  /* in the file */
    } examples[RECONCILE_EXAMPLES];
    size_t example_count;
};

struct reconcile_written {
    struct reconcile_field *fields; /* owned */
    size_t field_count;
    /* paths, or empty */
    struct buf diff, fix, fix_mapping, deletes, deletes_mapping, corrected, html,
        conflicts, report, todo;
    uint64_t diff_rows, fix_rows, delete_rows, corrected_rows, todo_rows; /* in them */
    uint64_t by_file, by_crm, by_both; /* with a base: rows, by who has changed them */
    uint64_t conflict_rows;            /* fields that both have changed */
    bool deletes_stopped;              /* more than are allowed: none is proposed */
    bool deletes_unsafe;               /* rows could not be read: none is proposed */
};

/* A user who does not see all records knows of none that it is missing: a row without
 * one may be another user's record. */
bool reconcile_knows_missing(const struct job *job);

struct reconcile_files {
    struct job *job; /* compiled */
    struct journal *journal;
    const struct reconcile_spec *spec;
    const struct pair_counts *counts;
    const char *prefix; /* of the names: "/data/leads" */
    const struct env *env;
    /* Each that is not equal, in the file's order, then those that are only in the CRM;
     * what spec->only leaves out is not shown. May be NULL. < 0 ends it. */
    int (*entry)(void *context, const struct journal_found *found);
    void *context;
};

/* RC_LOCAL, RC_INPUT, RC_NOMEM, RC_INTERRUPTED, and what entry returned. */
int reconcile_files_write(const struct reconcile_files *files,
                          struct reconcile_written *written, struct err *err);
void reconcile_written_fini(struct reconcile_written *written);

/* Appends why a row without a twin is ambiguous, as words. */
int reconcile_append_ambiguous(struct buf *out, const struct journal_found *found);

/* RC_USAGE, naming it, when a file that would be written is there and may not be
 * replaced.
 */
int reconcile_files_refuse(const char *prefix, struct err *err);

#endif
