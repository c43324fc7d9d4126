/* reconcile_files_private.h - what reconcile_*.c share. */
#ifndef FLOW_RECONCILE_FILES_PRIVATE_H
#define FLOW_RECONCILE_FILES_PRIVATE_H

#include "flow/reconcile_files.h"
#include "model/convert.h"
#include "model/json.h"
#include "state/csvout.h"

#include <jansson.h>

enum { RECONCILE_CELL_MAX = 256 << 20 };

struct reconcile_output {
    const struct reconcile_files *files; /* borrowed */
    struct reconcile_written *written;   /* borrowed */
    struct converter *converters;        /* owned; one for each field */
    struct slice *old, *new;             /* owned; raw JSON by field; data NULL = none */
    struct slice *who, *base; /* owned; likewise, with a base: who changed it */
    struct buf cell, value;   /* scratch */
};

/* Takes a found pair apart: old (the record's) and new (the row's) values of the
 * fields. Of a row that differs, new has those that do. RC_INPUT when the checkpoint is
 * damaged.
 */
int reconcile_take(struct reconcile_output *out, const struct journal_found *found,
                   struct err *err);

/* Appends a value as the text of a cell; nothing for null. RC_NOMEM, RC_LIMIT. */
int reconcile_cell(const struct reconcile_output *out, size_t field, struct slice raw,
                   struct buf *cell);

/* Are pairs of this class, or records only in the CRM, to be shown? */
bool reconcile_shows(const struct reconcile_spec *spec, enum pair_class class,
                     bool only_crm);

int reconcile_write_diff(struct reconcile_output *out, struct err *err);
int reconcile_write_fix(struct reconcile_output *out, struct err *err);
/* Leaves of new what the side of the file (or the other one) has changed by itself,
 * where there is a base; is anything left? */
bool reconcile_keep(struct reconcile_output *out, const struct journal_found *found,
                    bool by_file);

int reconcile_write_verified(struct reconcile_output *out, struct err *err);
int reconcile_write_conflicts(struct reconcile_output *out, struct err *err);
int reconcile_write_html(struct reconcile_output *out, struct err *err);
int reconcile_write_todo(struct reconcile_output *out, struct err *err);
int reconcile_write_corrected(struct reconcile_output *out, struct err *err);
int reconcile_write_deletes(struct reconcile_output *out, struct err *err);

/* Writes a mapping to PREFIX + ending, its path appended; takes root over. */
int reconcile_put_mapping(const struct reconcile_output *out, json_t *root,
                          const char *ending, struct buf *path, struct err *err);

/* Opens PREFIX + ending, its path appended. */
int reconcile_open_csv(const struct reconcile_output *out, const char *ending,
                       struct buf *path, struct csvout **csv, struct err *err);

/* The same as the file that is reconciled is written: its columns, delimiter, marks. */
int reconcile_open_like(const struct reconcile_output *out, const char *ending,
                        struct buf *path, struct csvout **csv, struct err *err);

#endif
