/* outputs.c - walks the input and the journal's rows side by side and writes the CSVs.
 */
#include "flow/outputs.h"

#include "base/utf8.h"
#include "flow/unreadable.h"
#include "state/csvout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, CHECK_EVERY = 4096, VALUE_SHOWN = 1000 };

enum output_kind { OUTPUT_RESULTS, OUTPUT_ERRORS, OUTPUT_UNPROCESSED, OUTPUT_COUNT };

/* What an error row says, several errors joined. */
struct error_texts {
    struct buf code, field, value, message, advice; /* owned */
    struct buf raw;                                 /* owned; unreadable.h */
    size_t count;                                   /* errors in them */
};

struct error_file {
    struct job *job;          /* borrowed */
    struct csvout *csv;       /* owned */
    struct error_texts texts; /* owned */
};

struct outputs {
    struct job *job;         /* borrowed */
    struct journal *journal; /* borrowed */
    const struct output_options *options;
    struct csvout *csv[OUTPUT_COUNT]; /* owned; opened with the first row */
    struct error_texts texts;         /* owned */
};

static const char *const result_columns[] = {"_line", "_action",  "_id", "_matchedBy",
                                             "_code", "_message", NULL};
static const char *const error_columns[] = {"_line",    "_code",   "_field", "_value",
                                            "_message", "_advice", NULL};

static void texts_init(struct error_texts *texts) {
    struct buf empty = {.max = TEXT_MAX};

    texts->code = texts->field = texts->value = texts->message = texts->advice = empty;
    texts->raw = empty;
    texts->count = 0;
}

static void texts_reset(struct error_texts *texts) {
    buf_reset(&texts->code);
    buf_reset(&texts->field);
    buf_reset(&texts->value);
    buf_reset(&texts->message);
    buf_reset(&texts->advice);
    buf_reset(&texts->raw);
    texts->count = 0;
}

static void texts_fini(struct error_texts *texts) {
    buf_fini(&texts->code);
    buf_fini(&texts->field);
    buf_fini(&texts->value);
    buf_fini(&texts->message);
    buf_fini(&texts->advice);
    buf_fini(&texts->raw);
}

static void texts_join(struct buf *buf, const char *between, struct slice text) {
    (void)buf_append_text(buf, between);
    (void)buf_append_slice(buf, text);
}

/* The tool's own columns are text whatever the cell holds: else a corrected errors file
 * would fail for what stands in them. */
static void texts_add_value(struct buf *buf, const char *between, struct slice value) {
    bool text = utf8_valid_prefix(value) == value.len &&
                (value.len == 0 || memchr(value.data, '\0', value.len) == NULL);

    if (text) {
        texts_join(buf, between, value);
    } else {
        (void)buf_append_text(buf, between);
        (void)utf8_append_printable(buf, value, VALUE_SHOWN);
    }
}

static void texts_add(struct error_texts *texts, enum reason reason, struct slice column,
                      const char *field, struct slice value, const char *message) {
    bool first = texts->count++ == 0;
    const char *between = first ? "" : "; ";

    texts_join(&texts->code, between, slice_of(reason_code(reason)));
    texts_join(&texts->field, between, field[0] != '\0' ? slice_of(field) : column);
    texts_add_value(&texts->value, between, value);
    (void)buf_append_text(&texts->message, between);
    if (column.len > 0) {
        (void)buf_append_slice(&texts->message, column);
        (void)buf_append_text(&texts->message, ": ");
    }
    (void)buf_append_text(&texts->message, message);
    texts_join(&texts->advice, first ? "" : " ", slice_of(reason_advice(reason)));
}

static bool is_own_column(struct slice name) {
    return name.len > 0 && name.data[0] == '_';
}

static int write_cells(struct csvout *csv, const struct slice *cells, size_t count,
                       const struct job *job, struct err *err) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < job->column_count; i++)
        if (!is_own_column(job->columns[i]))
            rc = csvout_cell(csv, i < count ? cells[i] : slice_make("", 0), err);
    return rc;
}

/* Rows that were not sent have no columns of ours, unless some are unreadable. */
static bool has_raw(const struct job *job, bool own) {
    return own || job->facts.bad_records > 0 || job->raw_column != NO_COLUMN;
}

/* The tool's columns stand first in results, last in the others: an errors file looks
 * like the input with something added. The last of all is `_raw`, where there is one. */
static int write_header(struct csvout *csv, const struct job *job, const char *const *own,
                        bool own_first, struct err *err) {
    int rc = RC_OK;

    if (!own_first)
        rc = write_cells(csv, job->columns, job->column_count, job, err);
    for (size_t i = 0; rc == RC_OK && own != NULL && own[i] != NULL; i++)
        rc = csvout_cell(csv, slice_of(own[i]), err);
    if (rc == RC_OK && own_first)
        rc = write_cells(csv, job->columns, job->column_count, job, err);
    if (rc == RC_OK && has_raw(job, own != NULL))
        rc = csvout_cell(csv, slice_of(unreadable_column), err);
    return rc == RC_OK ? csvout_end(csv, err) : rc;
}

/* Excel takes a file without a byte order mark for one of the user's old encoding; and so
 * do we where it has little else than damaged cells. */
static bool wants_bom(const struct job *job) {
    return job->encoding != NULL || job->facts.bom || job->facts.damaged ||
           strcmp(job->facts.encoding, "UTF-8") != 0;
}

static int open_csv(struct csvout **out, const struct job *job, const char *path,
                    bool force, const char *const *own, bool own_first, struct err *err) {
    struct csvout_options options = {
        .delimiter = job->facts.dialect.delimiter,
        .quote = job->facts.dialect.quote,
        .comment = job->facts.dialect.comment,
        .bom = wants_bom(job),
        .file = {.force = force, .mode = 0600},
    };
    int rc = csvout_open(out, path, &options, err);

    if (rc == RC_OK && !job->facts.dialect.no_header)
        rc = write_header(*out, job, own, own_first, err);
    return rc;
}

static int write_line(struct csvout *csv, uint64_t line, struct err *err) {
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRIu64, line);

    return csvout_cell(csv, slice_make(text, (size_t)n), err);
}

static int write_error(struct csvout *csv, const struct job *job, uint64_t line,
                       const struct slice *cells, size_t count,
                       const struct error_texts *texts, struct err *err) {
    const struct buf *const parts[] = {&texts->code,    &texts->field,  &texts->value,
                                       &texts->message, &texts->advice, &texts->raw};
    int rc = write_cells(csv, cells, count, job, err);

    if (rc == RC_OK)
        rc = write_line(csv, line, err);
    for (size_t i = 0; rc == RC_OK && i < sizeof parts / sizeof parts[0]; i++)
        rc = csvout_cell(csv, buf_slice(parts[i]), err);
    return rc == RC_OK ? csvout_end(csv, err) : rc;
}

/* --- while checking --- */

int error_file_open(struct error_file **out, struct job *job, const char *path,
                    bool force, struct err *err) {
    struct error_file *file = calloc(1, sizeof *file);
    int rc;

    *out = NULL;
    if (file == NULL)
        return err_nomem(err);
    file->job = job;
    texts_init(&file->texts);
    rc = open_csv(&file->csv, job, path, force, error_columns, false, err);
    if (rc != RC_OK) {
        error_file_close(file);
        return rc;
    }
    *out = file;
    return RC_OK;
}

int error_file_add(struct error_file *file, const struct row *row, struct err *err) {
    texts_reset(&file->texts);
    for (size_t i = 0; i < row->record.error_count; i++) {
        const struct row_error *e = &row->record.errors[i];
        texts_add(&file->texts, e->reason, job_column(file->job, e->column), e->field,
                  e->value, e->message);
    }
    if (row->unreadable != REASON_NONE)
        unreadable_append_mark(&file->texts.raw, row->unreadable, row->raw);
    return write_error(file->csv, file->job, row->line, row->fields, row->field_count,
                       &file->texts, err);
}

int error_file_commit(struct error_file *file, struct err *err) {
    return csvout_commit(file->csv, err);
}

void error_file_close(struct error_file *file) {
    if (file == NULL)
        return;
    csvout_close(file->csv);
    texts_fini(&file->texts);
    free(file);
}

/* --- after a run --- */

static const char *option_path(const struct output_options *options,
                               enum output_kind kind) {
    if (kind == OUTPUT_RESULTS)
        return options->results;
    return kind == OUTPUT_ERRORS ? options->errors : options->unprocessed;
}

static const char *output_path(const struct outputs *outputs, enum output_kind kind) {
    return option_path(outputs->options, kind);
}

static int output_open(struct outputs *outputs, enum output_kind kind, struct err *err) {
    static const char *const *const own[OUTPUT_COUNT] = {result_columns, error_columns,
                                                         NULL};

    if (outputs->csv[kind] != NULL)
        return RC_OK;
    return open_csv(&outputs->csv[kind], outputs->job, output_path(outputs, kind),
                    outputs->options->force, own[kind], kind == OUTPUT_RESULTS, err);
}

static int collect_error(void *context, const struct journal_error *error) {
    struct error_texts *texts = context;

    texts_add(texts, error->reason, slice_of(error->column), error->field,
              slice_of(error->value), error->message);
    return RC_OK;
}

static int write_result(struct outputs *outputs, const struct csv_record *record,
                        const struct journal_row *row, struct err *err) {
    struct csvout *csv;
    enum row_state state = row == NULL ? ROW_NEW : row->state;
    const char *const texts[] = {
        row_state_name(state),
        row == NULL || row->id == NULL ? "" : row->id,
        row == NULL || row->matched_by == NULL ? "" : row->matched_by,
        buf_text(&outputs->texts.code),
        buf_text(&outputs->texts.message),
    };
    int rc = output_open(outputs, OUTPUT_RESULTS, err);

    if (rc != RC_OK)
        return rc;
    csv = outputs->csv[OUTPUT_RESULTS];
    rc = write_line(csv, record->line, err);
    for (size_t i = 0; rc == RC_OK && i < sizeof texts / sizeof texts[0]; i++)
        rc = csvout_cell(csv, slice_of(texts[i]), err);
    if (rc == RC_OK)
        rc = write_cells(csv, record->fields, record->count, outputs->job, err);
    if (rc == RC_OK)
        rc = csvout_cell(csv, buf_slice(&outputs->texts.raw), err);
    return rc == RC_OK ? csvout_end(csv, err) : rc;
}

static int write_failed(struct outputs *outputs, const struct csv_record *record,
                        struct err *err) {
    int rc = output_open(outputs, OUTPUT_ERRORS, err);

    if (rc != RC_OK)
        return rc;
    return write_error(outputs->csv[OUTPUT_ERRORS], outputs->job, record->line,
                       record->fields, record->count, &outputs->texts, err);
}

static int write_unprocessed(struct outputs *outputs, const struct csv_record *record,
                             struct err *err) {
    int rc = output_open(outputs, OUTPUT_UNPROCESSED, err);

    if (rc == RC_OK)
        rc = write_cells(outputs->csv[OUTPUT_UNPROCESSED], record->fields, record->count,
                         outputs->job, err);
    if (rc == RC_OK && has_raw(outputs->job, false))
        rc = csvout_cell(outputs->csv[OUTPUT_UNPROCESSED], buf_slice(&outputs->texts.raw),
                         err);
    return rc == RC_OK ? csvout_end(outputs->csv[OUTPUT_UNPROCESSED], err) : rc;
}

static int write_one(struct outputs *outputs, const struct csv_record *record,
                     const struct journal_row *row, struct err *err) {
    bool failed = row != NULL && (row->state == ROW_FAILED || row->state == ROW_UNKNOWN);
    struct unreadable broken;
    int rc = RC_OK;

    texts_reset(&outputs->texts);
    if (unreadable_find(outputs->job, record, &broken))
        unreadable_append_mark(&outputs->texts.raw, broken.reason, broken.raw);
    if (row != NULL)
        rc = journal_errors(outputs->journal, record->number, collect_error,
                            &outputs->texts, err);
    if (rc == RC_OK && outputs->options->results != NULL)
        rc = write_result(outputs, record, row, err);
    if (rc == RC_OK && failed && outputs->options->errors != NULL)
        rc = write_failed(outputs, record, err);
    if (rc == RC_OK && (row == NULL || row->state == ROW_NEW) &&
        outputs->options->unprocessed != NULL)
        rc = write_unprocessed(outputs, record, err);
    return rc;
}

static int outputs_walk(struct outputs *outputs, struct err *err) {
    const struct env *env =
        outputs->options->env != NULL ? outputs->options->env : env_system();
    int before = env_interrupts(env);
    const struct csv_record *record;
    struct journal_cursor *cursor = NULL;
    struct journal_row row = {0};
    int have, rc = journal_rows(outputs->journal, 0, false, &cursor, err);

    have = rc == RC_OK ? journal_rows_next(cursor, &row, err) : 0;
    if (have < 0)
        rc = have;
    while (rc == RC_OK && (rc = input_next(outputs->job->input, &record, err)) == 1) {
        rc = write_one(outputs, record,
                       have == 1 && row.record == record->number ? &row : NULL, err);
        if (rc == RC_OK && have == 1 && row.record == record->number) {
            have = journal_rows_next(cursor, &row, err);
            rc = have < 0 ? have : RC_OK;
        }
        if (rc == RC_OK && record->number % CHECK_EVERY == 0 &&
            env_interrupts(env) > before)
            rc = err_set(err, RC_INTERRUPTED, "stopped while writing the reports");
    }
    journal_rows_close(cursor);
    return rc;
}

/* --- what a person has corrected --- */

/* Facts of the journal: the sums of what the run has written, or was about to write when
 * it was killed, as 16 hexadecimal digits each. */
static const char *const sum_facts[OUTPUT_COUNT] = {
    [OUTPUT_ERRORS] = "sum.errors",
    [OUTPUT_UNPROCESSED] = "sum.unprocessed",
};

static int keep_sum(struct journal *journal, enum output_kind kind, uint64_t sum,
                    struct err *err) {
    char both[40];
    const char *before = journal_text(journal, sum_facts[kind]);
    int rc;

    (void)snprintf(both, sizeof both, "%016" PRIx64 " %.16s", sum, before);
    rc = journal_set_text(journal, sum_facts[kind], both, err);
    return rc == RC_OK ? journal_commit(journal, err) : rc;
}

int outputs_refuse_edited(struct journal *journal, const struct output_options *options,
                          struct err *err) {
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        const char *path = option_path(options, (enum output_kind)i);
        char text[20];
        uint64_t sum;
        int rc =
            sum_facts[i] == NULL || path == NULL ? 0 : outfile_sum_of(path, &sum, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        (void)snprintf(text, sizeof text, "%016" PRIx64, sum);
        if (strstr(journal_text(journal, sum_facts[i]), text) != NULL)
            continue;
        (void)err_set(err, RC_USAGE,
                      "%s has been changed since the run wrote it, and would be replaced",
                      path);
        err_advise(err, "move it away, or allow replacing it with --force");
        return RC_USAGE;
    }
    return RC_OK;
}

int outputs_adopt(struct journal *journal, const struct output_options *options,
                  struct err *err) {
    int rc = RC_OK;

    for (int i = 0; rc == RC_OK && i < OUTPUT_COUNT; i++) {
        const char *path = option_path(options, (enum output_kind)i);
        uint64_t sum;
        int there =
            sum_facts[i] == NULL || path == NULL ? 0 : outfile_sum_of(path, &sum, err);
        if (there == 1)
            rc = keep_sum(journal, (enum output_kind)i, sum, err);
        else
            rc = there;
    }
    return rc;
}

static int commit_one(struct outputs *outputs, enum output_kind kind, struct err *err) {
    uint64_t sum;
    int rc = RC_OK;

    if (sum_facts[kind] != NULL && !outputs->options->reader)
        rc = csvout_sum(outputs->csv[kind], &sum, err);
    if (rc == RC_OK && sum_facts[kind] != NULL && !outputs->options->reader)
        rc = keep_sum(outputs->journal, kind, sum, err);
    return rc == RC_OK ? csvout_commit(outputs->csv[kind], err) : rc;
}

static int outputs_commit(struct outputs *outputs, struct output_counts *counts,
                          struct err *err) {
    uint64_t *const count[OUTPUT_COUNT] = {&counts->results, &counts->errors,
                                           &counts->unprocessed};
    bool header = !outputs->job->facts.dialect.no_header;
    int rc = RC_OK;

    for (int i = 0; rc == RC_OK && i < OUTPUT_COUNT; i++) {
        const char *path = output_path(outputs, (enum output_kind)i);
        if (outputs->csv[i] != NULL) {
            *count[i] = csvout_records(outputs->csv[i]) - header;
            rc = commit_one(outputs, (enum output_kind)i, err);
        } else if (path != NULL && outputs->options->force) {
            (void)unlink(path); /* of an earlier run of this checkpoint: no longer true */
        }
    }
    return rc;
}

int outputs_write(struct job *job, struct journal *journal,
                  const struct output_options *options, struct output_counts *counts,
                  struct err *err) {
    struct outputs outputs = {.job = job, .journal = journal, .options = options};
    int rc = job_rewind(job, err);

    memset(counts, 0, sizeof *counts);
    texts_init(&outputs.texts);
    if (rc == RC_OK)
        rc = outputs_walk(&outputs, err);
    if (rc == RC_OK)
        rc = outputs_commit(&outputs, counts, err);
    for (int i = 0; i < OUTPUT_COUNT; i++)
        csvout_close(outputs.csv[i]);
    texts_fini(&outputs.texts);
    return rc;
}
