/* reconcile_todo.c - what an import has left undone and nobody has done since: the rows
 * as they were, for the next import once they are corrected.
 *
 * A row whose record differs only in cells that cannot be read is not among them: all
 * that it says is there, and in place of these cells EspoCRM has something that is valid.
 */
#include "flow/reconcile_files_private.h"

static bool is_todo(const struct journal_found *found) {
    switch (found->pair.class) {
    case PAIR_EQUAL: return false;
    case PAIR_DIFFERENT: return !found->pair.weak;
    case PAIR_ONLY_FILE:
    case PAIR_AMBIGUOUS:
    case PAIR_FAILED:
    case PAIR_CLASS_COUNT: break;
    }
    return true;
}

/* The file's next row of that number. */
static int read_row(struct job *job, uint64_t number, struct row *row, struct err *err) {
    int rc;

    do {
        row_reset(row);
        rc = job_read(job, row, err);
    } while (rc == 1 && row->number < number);
    if (rc == 1 && row->number == number)
        return RC_OK;
    return rc < 0 ? rc : input_changed(job->input_name, err);
}

int reconcile_write_todo(struct reconcile_output *out, struct err *err) {
    struct job *job = out->files->job;
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    struct csvout *csv = NULL;
    struct row row = {0};
    int rc = job_rewind(job, err);

    if (rc == RC_OK)
        rc = reconcile_open_like(out, ".todo.csv", &out->written->todo, &csv, err);
    if (rc == RC_OK)
        rc = journal_pairs(out->files->journal, SCAN_UNEQUAL, &cursor, err);
    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = RC_OK;
        if (!is_todo(&found))
            continue;
        rc = read_row(job, found.pair.number, &row, err);
        if (rc == RC_OK)
            rc = csvout_record(csv, row.fields, row.field_count, err);
        out->written->todo_rows++;
    }
    journal_pairs_close(cursor);
    if (rc == RC_OK && out->written->todo_rows > 0)
        rc = csvout_commit(csv, err);
    if (rc != RC_OK || out->written->todo_rows == 0)
        buf_reset(&out->written->todo);
    csvout_close(csv);
    arena_fini(&row.arena);
    return rc;
}
