/* reconcile_conflicts.c - fields that file and EspoCRM have both changed since the
 * base: one line each.
 */
#include "flow/reconcile_files_private.h"

#include <stdio.h>

static int put_text(struct reconcile_output *out, struct csvout *csv, size_t field,
                    struct slice raw, struct err *err) {
    buf_reset(&out->cell);
    if (reconcile_cell(out, field, raw, &out->cell) < 0)
        return err_nomem(err);
    return csvout_cell(csv, buf_slice(&out->cell), err);
}

static int put_conflict(struct reconcile_output *out, struct csvout *csv,
                        const struct journal_found *found, size_t field,
                        struct err *err) {
    char line[24];
    int rc;

    (void)snprintf(line, sizeof line, "%llu", (unsigned long long)found->pair.line);
    rc = csvout_cell(csv, slice_of(line), err);
    if (rc == RC_OK)
        rc = csvout_cell(csv, found->id, err);
    if (rc == RC_OK)
        rc = csvout_cell(csv, slice_of(out->written->fields[field].def->name), err);
    if (rc == RC_OK)
        rc = put_text(out, csv, field, out->base[field], err);
    if (rc == RC_OK)
        rc = put_text(out, csv, field, out->old[field], err);
    if (rc == RC_OK)
        rc = put_text(out, csv, field, out->new[field], err);
    out->written->conflict_rows++;
    return rc == RC_OK ? csvout_end(csv, err) : rc;
}

int reconcile_write_conflicts(struct reconcile_output *out, struct err *err) {
    static const char *const headers[] = {"line", "id",      "field",
                                          "base", "EspoCRM", "file"};
    struct buf *path = &out->written->conflicts;
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    struct csvout *csv = NULL;
    int rc = reconcile_open_csv(out, ".conflicts.csv", path, &csv, err);

    for (size_t i = 0; rc == RC_OK && i < sizeof headers / sizeof headers[0]; i++)
        rc = csvout_cell(csv, slice_of(headers[i]), err);
    if (rc == RC_OK)
        rc = csvout_end(csv, err);
    if (rc == RC_OK)
        rc = journal_pairs(out->files->journal, SCAN_UNEQUAL, &cursor, err);
    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = RC_OK;
        if (found.pair.class != PAIR_DIFFERENT)
            continue;
        rc = reconcile_take(out, &found, err);
        for (size_t i = 0; rc == RC_OK && i < out->written->field_count; i++)
            if (out->new[i].data != NULL &&
                (out->who[i].data == NULL || slice_is(out->who[i], "\"both\"")))
                rc = put_conflict(out, csv, &found, i, err);
    }
    journal_pairs_close(cursor);
    if (rc == RC_OK && out->written->conflict_rows > 0)
        rc = csvout_commit(csv, err);
    if (rc != RC_OK || out->written->conflict_rows == 0)
        buf_reset(path);
    csvout_close(csv);
    return rc;
}
