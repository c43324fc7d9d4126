/* reconcile_deletes.c - the records that the file lacks, as a file that deletes them:
 * only what a whole sweep has told, and never more than was allowed.
 */
#include "flow/reconcile_files_private.h"

#include <jansson.h>

enum { PERCENT = 100 };

static bool too_many(const struct reconcile_files *files, uint64_t count) {
    const struct reconcile_spec *spec = files->spec;

    if (spec->max_deletes >= 0)
        return count > (uint64_t)spec->max_deletes;
    return count * PERCENT > files->counts->records * (uint64_t)spec->deletes_percent;
}

/* With a base: what the file lacks may be new in EspoCRM. */
static bool is_proposed(const struct reconcile_output *out,
                        const struct journal_found *found) {
    return out->files->spec->base[0] == '\0' || found->pair.based;
}

static int count_deletes(const struct reconcile_output *out, uint64_t *count,
                         struct err *err) {
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(out->files->journal, SCAN_ONLY_CRM, &cursor, err);

    *count = 0;
    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        *count += is_proposed(out, &found);
        rc = RC_OK;
    }
    journal_pairs_close(cursor);
    return rc;
}

int reconcile_write_deletes(struct reconcile_output *out, struct err *err) {
    struct reconcile_written *written = out->written;
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    struct csvout *csv = NULL;
    uint64_t count = 0;
    int rc = out->files->spec->sweep ? count_deletes(out, &count, err) : RC_OK;

    if (rc != RC_OK || count == 0)
        return rc;
    written->deletes_unsafe =
        out->files->counts->by_class[PAIR_FAILED] > out->files->counts->weak[PAIR_FAILED];
    written->deletes_stopped = too_many(out->files, count);
    if (written->deletes_unsafe || written->deletes_stopped)
        return RC_OK;
    rc = reconcile_open_csv(out, ".delete.csv", &written->deletes, &csv, err);
    if (rc == RC_OK)
        rc = csvout_cell(csv, slice_of("id"), err);
    for (size_t i = 0; rc == RC_OK && i < written->field_count; i++)
        rc = csvout_cell(csv, slice_of(written->fields[i].def->name), err);
    if (rc == RC_OK)
        rc = csvout_end(csv, err);
    if (rc == RC_OK)
        rc = journal_pairs(out->files->journal, SCAN_ONLY_CRM, &cursor, err);
    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = RC_OK;
        if (!is_proposed(out, &found))
            continue;
        rc = reconcile_take(out, &found, err);
        if (rc == RC_OK)
            rc = csvout_cell(csv, found.id, err);
        for (size_t i = 0; rc == RC_OK && i < written->field_count; i++) {
            buf_reset(&out->cell);
            rc = reconcile_cell(out, i, out->old[i], &out->cell) < 0
                     ? err_nomem(err)
                     : csvout_cell(csv, buf_slice(&out->cell), err);
        }
        if (rc == RC_OK)
            rc = csvout_end(csv, err);
        written->delete_rows++;
    }
    journal_pairs_close(cursor);
    if (rc == RC_OK)
        rc = csvout_commit(csv, err);
    csvout_close(csv);
    if (rc == RC_OK)
        rc = reconcile_put_mapping(
            out,
            json_pack("{s:i,s:s,s:s,s:s,s:[[s]],s:[{s:s,s:s}]}", "version", 1, "title",
                      "Deletes what the file lacks that EspoCRM was reconciled with",
                      "entityType", mapping_entity_type(out->files->job->mapping),
                      "operation", "delete", "match", "id", "columns", "name", "id",
                      "field", "id"),
            ".delete.json", &written->deletes_mapping, err);
    return rc;
}
