/* reconcile_verified.c - the report on an import that was read once more: counts, and
 * the checksums by which a later one can be told to be of the same file and records.
 */
#include "flow/reconcile_files_private.h"

#include "base/digest.h"
#include "model/tree.h"
#include "state/journal_record.h"

/* SHA-256 over all records that were read, in the order of their ids: "id\tJSON\n". */
static int sum_records(struct journal *journal, char out[DIGEST_HEX_SIZE],
                       struct err *err) {
    struct journal_cursor *cursor = NULL;
    struct journal_record record;
    struct digest *digest = digest_new();
    unsigned char sum[DIGEST_SIZE];
    int rc = digest == NULL ? err_nomem(err)
                            : journal_records(journal, ORDER_ID, 0, &cursor, err);

    while (rc == RC_OK && (rc = journal_records_next(cursor, &record, err)) == 1) {
        rc = digest_update(digest, record.id.data, record.id.len);
        if (rc == RC_OK)
            rc = digest_update(digest, "\t", 1);
        if (rc == RC_OK)
            rc = digest_update(digest, record.cells.data, record.cells.len);
        if (rc == RC_OK)
            rc = digest_update(digest, "\n", 1);
    }
    if (rc == RC_OK && digest_final(digest, sum) < 0)
        rc = err_nomem(err);
    if (rc == RC_OK)
        digest_hex(sum, out);
    journal_records_close(cursor);
    digest_free(digest);
    return rc;
}

int reconcile_write_verified(struct reconcile_output *out, struct err *err) {
    const struct reconcile_files *files = out->files;
    const struct pair_counts *counts = files->counts;
    struct journal *journal = files->journal;
    char records[DIGEST_HEX_SIZE] = "";
    int rc = sum_records(journal, records, err);
    json_t *fields = json_object();
    bool lost = false;

    for (size_t i = 0; i < out->written->field_count; i++)
        if (out->written->fields[i].count > 0)
            tree_set(fields, out->written->fields[i].def->name,
                     json_integer((json_int_t)out->written->fields[i].count), &lost);
    if (rc == RC_OK && lost)
        rc = err_nomem(err);
    if (rc != RC_OK) {
        json_decref(fields);
        return rc;
    }
    return reconcile_put_mapping(
        out,
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s,s:o}", "url",
                  journal_text(journal, "url"), "entityType",
                  mapping_entity_type(files->job->mapping), "run", files->spec->run,
                  "input", files->job->input_name, "inputSha256",
                  files->job->facts.sha256, "mappingSha256",
                  journal_text(journal, "mapping.sha256"), "written",
                  (json_int_t)counts->rows, "confirmed",
                  (json_int_t)counts->by_class[PAIR_EQUAL], "different",
                  (json_int_t)counts->by_class[PAIR_DIFFERENT], "gone",
                  (json_int_t)counts->by_class[PAIR_ONLY_FILE], "shared",
                  (json_int_t)counts->by_class[PAIR_AMBIGUOUS], "recordsSha256", records,
                  "fields", fields),
        ".report.json", &out->written->report, err);
}
