/* reconcile_base.h - the last export, from which file and EspoCRM have both gone on:
 * tells who has changed what.
 *
 * A CSV file of `espoload export` with its manifest, either with attributes as columns
 * (--select, with id) or by the mapping (-m). Its rows stay on disk; their keys are in
 * a temporary table.
 */
#ifndef FLOW_RECONCILE_BASE_H
#define FLOW_RECONCILE_BASE_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/site.h"

struct reconcile_base;

/* path: of the CSV file; beside it lies PATH.manifest.json. job: the reconciliation's,
 * compiled; borrowed. sha256: what the file must still be, or "" (then it is filled, 65
 * bytes). RC_INPUT when the file is not the one of the manifest, or cannot be read by
 * the mapping; RC_USAGE when it is of another entity type. */
int reconcile_base_open(struct reconcile_base **out, const char *path,
                        const struct job *job, struct site *site, char *sha256,
                        struct err *err);
void reconcile_base_close(struct reconcile_base *base);

/* The row of a record by its id (or empty), else by the keys of a row (or NULL), else
 * by those of the record (JSON, or empty): 1, 0, < 0. It is current until the next
 * call. */
int reconcile_base_find(struct reconcile_base *base, struct slice id,
                        const struct row *row, struct slice record, struct err *err);

/* Rewrites changes (plan/difference.h) into [["attribute",was,is,who,base],...]: who is
 * "file", "crm", or "both" for a conflict; base is the value in the current row.
 * record: JSON. RC_NOMEM, RC_INPUT. */
int reconcile_base_judge(struct reconcile_base *base, struct slice changes,
                         struct slice record, struct buf *out);

#endif
