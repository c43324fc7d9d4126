/* reconcile_corrected.c - the file once more, with what EspoCRM holds: the other way to
 * settle.
 *
 * Only the cells of fields that differ are written anew, as the mapping reads them; all
 * else stays as it was. Rows that are ambiguous, or cannot be read, stay, too: nothing
 * is known of them.
 */
#include "flow/reconcile_files_private.h"

#include "base/pack.h"
#include "model/formula_guard.h"
#include "model/table.h"

#include <jansson.h>

struct correcting {
    struct reconcile_output *out;
    struct csvout *csv;
    struct table *table; /* owned; the file's columns */
    struct buf pack;     /* scratch: cells of a record */
    bool guarded;        /* cells have a ' in front that look like formulas */
};

static bool is_guarded(const struct mapping *mapping) {
    json_t *root = json_loads(mapping_json(mapping), 0, NULL);
    bool guarded =
        json_is_true(json_object_get(json_object_get(root, "source"), "formulaGuard"));

    json_decref(root);
    return guarded;
}

static int put_text(struct correcting *to, struct slice text, struct err *err) {
    struct buf *cell = &to->out->cell;

    if (!to->guarded || !formula_guard_needed(text))
        return csvout_cell(to->csv, text, err);
    buf_reset(cell);
    (void)buf_append_char(cell, '\'');
    if (buf_append_slice(cell, text) < 0)
        return err_nomem(err);
    return csvout_cell(to->csv, buf_slice(cell), err);
}

/* Does a column show a field that differs? */
static bool is_changed(const struct correcting *to, size_t column) {
    const struct reconcile_written *written = to->out->written;

    for (size_t i = 0; i < written->field_count; i++)
        if (to->out->new[i].data != NULL &&
            table_shows_field(to->table, column, written->fields[i].def->field))
            return true;
    return false;
}

/* row: NULL for a record that the file lacks. */
static int put_record(struct correcting *to, const struct row *row,
                      const struct journal_found *found, struct err *err) {
    size_t unfaithful = 0;
    struct slice rest, text;
    int rc;

    buf_reset(&to->pack);
    rc = table_append_cells(to->table, found->record, &to->pack, &unfaithful, err);
    rest = buf_slice(&to->pack);
    for (size_t i = 0; rc == RC_OK && i < table_columns(to->table); i++) {
        if (pack_next(&rest, &text) != 1)
            return journal_damaged(to->out->files->journal, err, "a record lacks a cell");
        if (row != NULL && !is_changed(to, i))
            rc = csvout_cell(
                to->csv, i < row->field_count ? row->fields[i] : slice_make("", 0), err);
        else if (text.data == NULL)
            rc = csvout_null(to->csv, err);
        else
            rc = put_text(to, text, err);
    }
    return rc == RC_OK ? csvout_end(to->csv, err) : rc;
}

static int put_row(struct correcting *to, const struct row *row,
                   const struct journal_found *found, struct err *err) {
    int rc = reconcile_take(to->out, found, err);

    bool based = to->out->files->spec->base[0] != '\0';

    if (rc != RC_OK)
        return rc;
    if (found->pair.class == PAIR_ONLY_FILE && !found->outside &&
        reconcile_knows_missing(to->out->files->job) && (!based || found->pair.based))
        return RC_OK;
    if (found->pair.class == PAIR_DIFFERENT)
        (void)reconcile_keep(to->out, found, false);
    to->out->written->corrected_rows++;
    if (found->pair.class == PAIR_DIFFERENT)
        return put_record(to, row, found, err);
    return csvout_record(to->csv, row->fields, row->field_count, err);
}

/* Rows and what was found of them go side by side. */
static int put_rows(struct correcting *to, struct err *err) {
    struct job *job = to->out->files->job;
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    struct row row = {0};
    int rc = job_rewind(job, err);

    if (rc == RC_OK)
        rc = journal_pairs(to->out->files->journal, SCAN_ROWS, &cursor, err);
    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        row_reset(&row);
        rc = job_read(job, &row, err);
        if (rc == 1 && row.number == found.pair.number)
            rc = put_row(to, &row, &found, err);
        else if (rc >= 0)
            rc = input_changed(job->input_name, err);
    }
    journal_pairs_close(cursor);
    arena_fini(&row.arena);
    return rc;
}

static int put_missing(struct correcting *to, struct err *err) {
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(to->out->files->journal, SCAN_ONLY_CRM, &cursor, err);

    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        rc = RC_OK;
        if (found.pair.based)
            continue; /* the file has deleted it */
        rc = put_record(to, NULL, &found, err);
        to->out->written->corrected_rows++;
    }
    journal_pairs_close(cursor);
    return rc;
}

int reconcile_write_corrected(struct reconcile_output *out, struct err *err) {
    const struct reconcile_files *files = out->files;
    const struct job *job = files->job;
    struct correcting to = {.out = out,
                            .pack = {.max = RECONCILE_CELL_MAX},
                            .guarded = is_guarded(job->mapping)};
    int rc = table_reverse_file(&to.table, job->schema, job->mapping, job->columns,
                                job->column_count, err);

    if (rc == RC_OK)
        rc = reconcile_open_like(out, ".corrected.csv", &out->written->corrected, &to.csv,
                                 err);
    if (rc == RC_OK)
        rc = put_rows(&to, err);
    if (rc == RC_OK && files->spec->sweep)
        rc = put_missing(&to, err);
    if (rc == RC_OK)
        rc = csvout_commit(to.csv, err);
    csvout_close(to.csv);
    table_free(to.table);
    buf_fini(&to.pack);
    return rc;
}
