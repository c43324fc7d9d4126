/* export_files.c - from the checkpoint to files. */
#include "flow/export_files.h"

#include "base/pack.h"
#include "base/digest.h"
#include "flow/export_changes.h"
#include "flow/export_manifest.h"
#include "model/formula_guard.h"
#include "state/csvout.h"
#include "state/export_state.h"
#include "state/journal_record.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 8192, CELL_BYTES = 256 << 20 };

/* The file that is being written. */
struct output {
    const struct export_spec *spec; /* borrowed */
    const struct env *env;
    struct export_state *state;     /* borrowed, or NULL */
    char again[20];                 /* changed since then: may be listed next time, too */
    struct journal *journal;        /* borrowed */
    json_t *headers;                /* owned */
    struct csvout *csv;             /* owned; or */
    struct outfile *lines;          /* owned */
    struct buf path;                /* of it */
    struct buf cell;                /* scratch */
    uint64_t records;               /* in it */
    size_t number;                  /* of it, from 1 */
    struct export_written *written; /* borrowed */
    struct manifest *manifest;      /* owned, or NULL */
};

int export_files_part(const char *output, size_t number, struct buf *out) {
    static const char *const endings[] = {".csv.gz", ".jsonl.gz", ".csv",
                                          ".jsonl",  ".tsv",      ".gz"};
    size_t len = strlen(output), stem = len;

    for (size_t i = 0; i < sizeof endings / sizeof endings[0] && stem == len; i++) {
        size_t tail = strlen(endings[i]);
        if (len > tail && strcmp(output + len - tail, endings[i]) == 0)
            stem = len - tail;
    }
    return buf_append_format(out, "%.*s-%03zu%s", (int)stem, output, number,
                             output + stem);
}

static int write_headers(struct output *output, struct err *err) {
    json_t *header;
    size_t i;
    int rc = RC_OK;

    json_array_foreach(output->headers, i, header) if (rc == RC_OK) rc = csvout_cell(
        output->csv, slice_make(json_string_value(header), json_string_length(header)),
        err);
    return rc == RC_OK ? csvout_end(output->csv, err) : rc;
}

static int open_part(struct output *output, struct err *err) {
    const struct export_spec *spec = output->spec;
    struct csvout_options options = {
        .delimiter = spec->delimiter,
        .crlf = spec->crlf,
        .bom = spec->bom,
        .quote_empty = spec->null_text[0] == '\0',
        .file = {.force = spec->force,
                 .keep_same = true,
                 .gzip = spec->gzip,
                 .env = output->env},
    };
    int rc;

    buf_reset(&output->path);
    output->number++;
    output->records = 0;
    if (spec->split_rows > 0)
        rc = export_files_part(spec->output, output->number, &output->path);
    else
        rc = buf_append_text(&output->path, spec->output);
    if (rc < 0)
        return err_nomem(err);
    if (spec->jsonl)
        return outfile_open(&output->lines, buf_text(&output->path), &options.file, err);
    rc = csvout_open(&output->csv, buf_text(&output->path), &options, err);
    return rc == RC_OK ? write_headers(output, err) : rc;
}

static int close_part(struct output *output, struct err *err) {
    struct export_written *written = output->written;
    int rc = RC_OK;

    if (output->csv != NULL)
        rc = csvout_commit(output->csv, err);
    else if (output->lines != NULL)
        rc = outfile_commit(output->lines, err);
    csvout_close(output->csv);
    outfile_close(output->lines);
    output->csv = NULL;
    output->lines = NULL;
    if (rc != RC_OK)
        return rc;
    written->files++;
    written->records += output->records;
    buf_reset(&written->last);
    (void)buf_append_slice(&written->last, buf_slice(&output->path));
    if (written->files == 1)
        (void)buf_append_slice(&written->first, buf_slice(&output->path));
    if (output->manifest == NULL)
        return RC_OK;
    return manifest_add(output->manifest, buf_text(&output->path), output->records,
                        &written->bytes, err);
}

static int write_cell(struct output *output, struct slice cell, struct err *err) {
    const char *null_text = output->spec->null_text;

    if (cell.data == NULL && null_text[0] == '\0')
        return csvout_null(output->csv, err);
    if (cell.data == NULL)
        return csvout_cell(output->csv, slice_of(null_text), err);
    if (!output->spec->guard || !formula_guard_needed(cell))
        return csvout_cell(output->csv, cell, err);
    buf_reset(&output->cell);
    (void)buf_append_char(&output->cell, '\'');
    if (buf_append_slice(&output->cell, cell) < 0)
        return err_nomem(err);
    return csvout_cell(output->csv, buf_slice(&output->cell), err);
}

static int write_record(struct output *output, struct slice cells, struct err *err) {
    struct slice cell;
    int rc;

    output->records++;
    if (output->lines != NULL) {
        rc = outfile_write(output->lines, cells, err);
        return rc == RC_OK ? outfile_write(output->lines, slice_of("\n"), err) : rc;
    }
    while ((rc = pack_next(&cells, &cell)) == 1) {
        rc = write_cell(output, cell, err);
        if (rc != RC_OK)
            return rc;
    }
    if (rc < 0)
        return journal_damaged(output->journal, err, "record %" PRIu64 " cannot be read",
                               output->records);
    return csvout_end(output->csv, err);
}

/* 1: it is to be written; 0: the last run did so. What was changed lately is remembered
 * for the next one, which reads it again. */
static int is_news(struct output *output, const struct journal_record *record,
                   struct err *err) {
    uint64_t hash = digest_fnv(DIGEST_FNV_SEED, record->cells);
    int rc = RC_OK;

    if (output->state == NULL)
        return 1;
    if (record->text.len < sizeof output->again - 1 ||
        memcmp(record->text.data, output->again, sizeof output->again - 1) >= 0)
        rc = export_state_put_written(output->state, record->id, hash, err);
    if (rc != RC_OK)
        return rc;
    return !export_state_has_written(output->state, record->id, hash);
}

static int write_records(struct output *output, struct err *err) {
    const struct export_spec *spec = output->spec;
    enum journal_order order = spec->sample > 0         ? ORDER_RANDOM
                               : spec->order[0] == '\0' ? ORDER_ID
                               : spec->descending       ? ORDER_SORT_DESCENDING
                                                        : ORDER_SORT;
    struct journal_cursor *cursor = NULL;
    struct journal_record record;
    int rc = journal_records(output->journal, order,
                             spec->sample > 0 ? spec->sample : spec->limit, &cursor, err);

    while (rc == RC_OK && (rc = journal_records_next(cursor, &record, err)) == 1) {
        if (env_interrupts(output->env) > 1) {
            rc = err_set(err, RC_INTERRUPTED, "interrupted");
            break;
        }
        rc = is_news(output, &record, err);
        if (rc < 0)
            break;
        output->written->unchanged += rc == 0;
        if (rc == 0)
            continue;
        rc = RC_OK;
        if (spec->split_rows > 0 && output->records == spec->split_rows) {
            rc = close_part(output, err);
            if (rc == RC_OK)
                rc = open_part(output, err);
        }
        if (rc == RC_OK)
            rc = write_record(output, record.cells, err);
    }
    journal_records_close(cursor);
    return rc;
}

/* Parts of an earlier export that was longer are none of this one: whoever reads all
 * FILE-*.csv would take them for such. */
static void remove_later_parts(struct output *output) {
    do {
        buf_reset(&output->path);
        output->number++;
    } while (export_files_part(output->spec->output, output->number, &output->path) ==
                 RC_OK &&
             unlink(buf_text(&output->path)) == 0);
}

int export_files_write(struct journal *journal, const struct export_spec *spec,
                       struct export_state *state, const char *version,
                       const struct env *env, struct export_written *written,
                       struct err *err) {
    struct output output = {.spec = spec,
                            .state = state,
                            .env = env,
                            .journal = journal,
                            .path.max = PATH_BYTES,
                            .cell.max = CELL_BYTES,
                            .written = written};
    int rc = RC_OK;

    export_changes_next_since(spec, output.again);
    written->first.max = written->last.max = written->manifest.max = PATH_BYTES;
    output.headers = json_loads(spec->headers, 0, NULL);
    if (output.headers == NULL)
        return journal_damaged(journal, err, "it has no header");
    if (!outfile_is_stream(spec->output))
        rc = manifest_new(&output.manifest, spec, version, err);
    if (rc == RC_OK)
        rc = open_part(&output, err);
    if (rc == RC_OK)
        rc = write_records(&output, err);
    if (rc == RC_OK)
        rc = close_part(&output, err);
    if (rc == RC_OK && spec->split_rows > 0 && spec->force)
        remove_later_parts(&output);
    if (rc == RC_OK && output.manifest != NULL)
        rc = manifest_write(output.manifest, env, &written->manifest, err);
    csvout_close(output.csv);
    outfile_close(output.lines);
    manifest_free(output.manifest);
    json_decref(output.headers);
    buf_fini(&output.path);
    buf_fini(&output.cell);
    return rc;
}

void export_written_fini(struct export_written *written) {
    buf_fini(&written->first);
    buf_fini(&written->last);
    buf_fini(&written->manifest);
}
