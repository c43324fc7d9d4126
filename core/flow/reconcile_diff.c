/* reconcile_diff.c - the tabular diff: "@@" header, "+++", "---" and "->" rows.
 *
 * The form is daff's "highlighter" output: a changed cell is old, arrow, new; an arrow
 * that is in the row's data gets more dashes; a text that is NULL behind any number of
 * underscores gets one more, because NULL alone is null.
 */
#include "flow/reconcile_files_private.h"

static bool needs_underscore(struct slice text) {
    size_t at = 0;

    while (at < text.len && text.data[at] == '_')
        at++;
    return slice_is(slice_make(text.data + at, text.len - at), "NULL");
}

static int append_shown(struct reconcile_output *out, size_t field, struct slice raw) {
    int rc;

    buf_reset(&out->value);
    rc = reconcile_cell(out, field, raw, &out->value);
    if (rc == RC_OK && needs_underscore(buf_slice(&out->value)))
        (void)buf_append_char(&out->cell, '_');
    return rc == RC_OK ? buf_append_slice(&out->cell, buf_slice(&out->value)) : rc;
}

/* Longer than any arrow that is in the cells. */
static int choose_arrow(struct reconcile_output *out, char *arrow, size_t room) {
    size_t dashes = 1, count = out->written->field_count;

    for (size_t i = 0; i < 2 * count; i++) {
        struct slice text;
        buf_reset(&out->value);
        if (reconcile_cell(out, i / 2, i % 2 == 0 ? out->old[i / 2] : out->new[i / 2],
                           &out->value) < 0)
            return RC_NOMEM;
        text = buf_slice(&out->value);
        for (size_t k = 0, run = 0; k < text.len; k++) {
            if (text.data[k] == '-')
                run++;
            else if (text.data[k] == '>' && run >= dashes)
                dashes = run + 1;
            if (text.data[k] != '-')
                run = 0;
        }
    }
    if (dashes + 2 > room)
        dashes = room - 2;
    memset(arrow, '-', dashes);
    arrow[dashes] = '>';
    arrow[dashes + 1] = '\0';
    return RC_OK;
}

static int put_row(struct reconcile_output *out, struct csvout *csv,
                   const struct journal_found *found, struct err *err) {
    bool gone = found->pair.number == 0;
    bool changed = !gone && found->pair.class == PAIR_DIFFERENT;
    char arrow[64] = "";
    int rc = changed ? choose_arrow(out, arrow, sizeof arrow) : RC_OK;

    if (rc == RC_OK)
        rc = csvout_cell(csv, slice_of(changed ? arrow : gone ? "---" : "+++"), err);
    if (rc == RC_OK)
        rc = csvout_cell(csv, gone || changed ? found->id : slice_make("", 0), err);
    for (size_t i = 0; rc == RC_OK && i < out->written->field_count; i++) {
        buf_reset(&out->cell);
        rc = changed || gone ? append_shown(out, i, out->old[i])
                             : append_shown(out, i, out->new[i]);
        if (rc == RC_OK && changed && out->new[i].data != NULL) {
            (void)buf_append_text(&out->cell, arrow);
            rc = append_shown(out, i, out->new[i]);
        }
        rc = rc < 0 ? err_nomem(err) : csvout_cell(csv, buf_slice(&out->cell), err);
    }
    if (rc == RC_OK)
        rc = csvout_end(csv, err);
    out->written->diff_rows++;
    return rc;
}

static int put_scan(struct reconcile_output *out, struct csvout *csv,
                    enum pair_scan which, struct err *err) {
    const struct reconcile_spec *spec = out->files->spec;
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(out->files->journal, which, &cursor, err);

    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1) {
        bool gone = found.pair.number == 0;
        rc = RC_OK;
        if (!gone && found.pair.class != PAIR_DIFFERENT &&
            found.pair.class != PAIR_ONLY_FILE)
            continue; /* no diff can say it */
        if (!reconcile_shows(spec, found.pair.class, gone))
            continue;
        rc = reconcile_take(out, &found, err);
        if (rc == RC_OK)
            rc = put_row(out, csv, &found, err);
    }
    journal_pairs_close(cursor);
    return rc;
}

int reconcile_write_diff(struct reconcile_output *out, struct err *err) {
    struct csvout *csv = NULL;
    int rc = reconcile_open_csv(out, ".diff.csv", &out->written->diff, &csv, err);

    if (rc == RC_OK)
        rc = csvout_cell(csv, slice_of("@@"), err);
    if (rc == RC_OK)
        rc = csvout_cell(csv, slice_of("id"), err);
    for (size_t i = 0; rc == RC_OK && i < out->written->field_count; i++)
        rc = csvout_cell(csv, slice_of(out->written->fields[i].def->name), err);
    if (rc == RC_OK)
        rc = csvout_end(csv, err);
    if (rc == RC_OK)
        rc = put_scan(out, csv, SCAN_UNEQUAL, err);
    if (rc == RC_OK && out->files->spec->sweep)
        rc = put_scan(out, csv, SCAN_ONLY_CRM, err);
    if (rc == RC_OK && out->written->diff_rows > 0)
        rc = csvout_commit(csv, err);
    if (rc != RC_OK || out->written->diff_rows == 0)
        buf_reset(&out->written->diff);
    csvout_close(csv);
    return rc;
}
