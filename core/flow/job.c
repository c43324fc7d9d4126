/* job.c - reads, compiles, and turns records into rows. */
#include "flow/job.h"

#include "base/tempfile.h"
#include "flow/repeats.h"
#include "flow/unreadable.h"
#include "flow/value_map_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int job_copy(char **out, const char *text, struct err *err) {
    *out = text == NULL ? NULL : strdup(text);
    return text != NULL && *out == NULL ? err_nomem(err) : RC_OK;
}

int job_load(struct job *job, const struct job_options *options, struct err *err) {
    const char *name =
        options->input_name != NULL ? options->input_name : options->input_path;
    const char *encoding = options->encoding;
    int rc;

    if (options->mapping_text != NULL)
        rc = mapping_load(&job->mapping, options->mapping_text, value_map_file_read, err);
    else
        rc = mapping_parse(&job->mapping, slice_of(options->mapping_json),
                           "the checkpoint", err);
    if (rc != RC_OK)
        return rc;
    if (encoding == NULL)
        encoding = mapping_encoding(job->mapping);
    rc = job_copy(&job->input_path, options->input_path, err);
    if (rc == RC_OK)
        rc = job_copy(&job->input_name, name, err);
    if (rc == RC_OK)
        rc = job_copy(&job->encoding, encoding, err);
    if (rc != RC_OK)
        return rc;
    job->input_options.path = job->input_path;
    job->input_options.encoding = job->encoding;
    job->input_options.dialect.delimiter =
        options->delimiter != 0 ? options->delimiter : mapping_delimiter(job->mapping);
    job->input_options.dialect.quote = mapping_quote(job->mapping);
    job->input_options.dialect.comment = mapping_comment(job->mapping);
    job->input_options.dialect.no_header = !mapping_header(job->mapping);
    return input_scan(&job->input_options, &job->facts, err);
}

int job_rewind(struct job *job, struct err *err) {
    int rc;

    input_close(job->input);
    job->input = NULL;
    rc = input_open(&job->input, &job->input_options, &job->facts, err);
    if (rc != RC_OK)
        return rc;
    job->columns = input_columns(job->input, &job->column_count);
    job->raw_column = NO_COLUMN;
    for (size_t i = 0; i < job->column_count; i++)
        if (slice_is(job->columns[i], unreadable_column))
            job->raw_column = i;
    return RC_OK;
}

/* What the operation needs, before anything is read or sent. */
static int job_check_rights(const struct job *job, struct err *err) {
    const struct schema_server *server = schema_server(job->schema);
    enum mapping_operation operation = mapping_operation(job->mapping);
    bool writes = !job->read_only;
    bool creates = operation == OPERATION_CREATE || operation == OPERATION_UPSERT;
    bool edits = operation == OPERATION_UPDATE || operation == OPERATION_UPSERT;
    const char *right = NULL;

    if (mapping_match(job->mapping, 0) != NULL && !server->may_read)
        right = "read";
    if (writes && operation == OPERATION_DELETE && !server->may_delete)
        right = "delete";
    if (writes && edits && !server->may_edit)
        right = "edit";
    if (writes && creates && !server->may_create)
        right = "create";
    if (right == NULL)
        return RC_OK;
    (void)err_set(err, RC_AUTH, "user %s may not %s %s records", server->user_name, right,
                  mapping_entity_type(job->mapping));
    err_advise(err, "let an administrator give the user a role with that right");
    return RC_AUTH;
}

/* Every entity type that links are looked up in: known, readable, with these fields. */
static int job_check_lookups(struct job *job, struct site *site, struct err *err) {
    const struct lookup *lookup;
    struct buf why = {.max = 1000};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && (lookup = program_lookup(job->program, i)) != NULL;
         i++) {
        const struct schema *target = NULL;
        const char *problem;
        rc = site_load_schema(site, lookup->entity_type, &target, err);
        if (rc != RC_OK) {
            err_prefix(err, "%s", lookup->pointer);
            break;
        }
        buf_reset(&why);
        problem = lookup_problem(lookup, target, &why);
        if (problem != NULL)
            rc = err_set(err, schema_server(target)->may_read ? RC_USAGE : RC_AUTH,
                         "%s: %s", lookup->pointer, problem);
    }
    buf_fini(&why);
    return rc;
}

static int job_name_options(struct job *job, struct site *site, struct err *err) {
    struct buf bodies[PROGRAM_LANGUAGES] = {{0}};
    struct slice languages[PROGRAM_LANGUAGES];
    size_t count = 0;
    int rc;

    if (!program_has_options(job->program))
        return RC_OK;
    rc = site_load_labels(site, bodies, err);
    for (size_t i = 0; i < PROGRAM_LANGUAGES; i++)
        if (bodies[i].len > 0)
            languages[count++] = buf_slice(&bodies[i]);
    if (rc == RC_OK && program_name_options(job->program, languages, count) < 0)
        rc = err_nomem(err);
    for (size_t i = 0; i < PROGRAM_LANGUAGES; i++)
        buf_fini(&bodies[i]);
    return rc;
}

int job_compile(struct job *job, struct site *site, struct err *err) {
    int rc = job_rewind(job, err);

    if (rc != RC_OK)
        return rc;
    rc = site_load_schema(site, mapping_entity_type(job->mapping), &job->schema, err);
    if (rc != RC_OK)
        return rc;
    rc = job_check_rights(job, err);
    if (rc == RC_OK)
        rc = program_new(&job->program, job->mapping, job->schema, job->columns,
                         job->column_count, &job->problems, &job->problem_count, err);
    if (rc == RC_OK)
        rc = job_check_lookups(job, site, err);
    if (rc == RC_OK)
        rc = job_name_options(job, site, err);
    if (rc != RC_OK || !repeats_are_needed(job))
        return rc;
    rc = repeats_build(&job->repeats, job, err);
    return rc == RC_OK ? job_rewind(job, err) : rc;
}

/* The cells move into the row's arena, because the row outlives the reader's buffer. */
static int job_keep_fields(struct row *row, const struct csv_record *record,
                           struct err *err) {
    struct slice *fields;
    size_t total = 0;
    char *at;

    for (size_t i = 0; i < record->count; i++)
        total += record->fields[i].len;
    fields = arena_alloc(&row->arena, record->count * sizeof *fields);
    at = arena_alloc(&row->arena, total);
    if (fields == NULL || at == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < record->count; i++) {
        fields[i] = slice_make(at, record->fields[i].len);
        if (record->fields[i].len > 0)
            memcpy(at, record->fields[i].data, record->fields[i].len);
        at += record->fields[i].len;
    }
    row->fields = fields;
    row->field_count = record->count;
    return RC_OK;
}

enum { RAW_SHOWN = 4096 }; /* bytes of an unreadable row that messages keep */

static int job_keep_broken(struct row *row, const struct unreadable *broken,
                           struct err *err) {
    struct row_error *error = arena_zalloc(&row->arena, sizeof *error);
    size_t len =
        broken->raw.len < UNREADABLE_RAW + 1 ? broken->raw.len : UNREADABLE_RAW + 1;
    char *raw = arena_copy(&row->arena, broken->raw.data, len);
    char *message = arena_copy(&row->arena, broken->detail, strlen(broken->detail));

    if (error == NULL || raw == NULL || message == NULL)
        return err_nomem(err);
    row->unreadable = broken->reason;
    row->raw = slice_make(raw, len);
    error->reason = broken->reason;
    error->column = broken->column;
    error->field = "";
    error->value = slice_make(raw, len < RAW_SHOWN ? len : RAW_SHOWN);
    error->message = message;
    row->record.errors = error;
    row->record.error_count = 1;
    return RC_OK;
}

static int job_read_from(struct job *job, struct input *input, struct row *row,
                         struct err *err) {
    const struct csv_record *record;
    struct unreadable broken;
    int rc = input_next(input, &record, err);

    if (rc != 1) {
        if (rc < 0)
            err_prefix(err, "%s", job->input_name);
        return rc;
    }
    row->number = record->number;
    row->line = record->line;
    row->offset = record->offset;
    rc = job_keep_fields(row, record, err);
    if (rc == RC_OK && unreadable_find(job, record, &broken))
        rc = job_keep_broken(row, &broken, err);
    else if (rc == RC_OK)
        rc = program_run(job->program, row->fields, row->field_count, &row->arena,
                         &row->record);
    if (rc == RC_NOMEM)
        (void)err_nomem(err);
    return rc < 0 ? rc : 1;
}

int job_read(struct job *job, struct row *row, struct err *err) {
    int rc = job_read_from(job, job->input, row, err);

    if (rc == 1 && job->repeats != NULL) {
        int applied = repeats_apply(job->repeats, job, row, err);
        return applied < 0 ? applied : 1;
    }
    return rc;
}

/* The input once more, so that it can be sought. */
static int job_open_side(struct job *job, struct err *err) {
    struct input_facts facts = job->facts;
    struct input_options options = job->input_options;
    struct buf path = {.max = 4096};
    int rc;

    if (!facts.gzip && strcmp(facts.encoding, "UTF-8") == 0)
        return input_open(&job->side, &options, &facts, err);
    rc = tempfile_place(&path, "text", err);
    if (rc != RC_OK)
        goto out;
    options.path = buf_text(&path);
    rc = input_unpack(&job->input_options, &facts, options.path, err);
    if (rc == RC_OK)
        rc = input_open(&job->side, &options, &facts, err);
    tempfile_remove(options.path); /* it lives on while it is open */
out:
    buf_fini(&path);
    return rc;
}

int job_read_at(struct job *job, const struct input_position *at, struct row *row,
                struct err *err) {
    int rc = RC_OK;

    if (job->side == NULL)
        rc = job_open_side(job, err);
    if (rc == RC_OK)
        rc = input_seek(job->side, at, err);
    if (rc == RC_OK)
        rc = job_read_from(job, job->side, row, err);
    if (rc == 0 || (rc == 1 && row->number != at->number))
        return input_changed(job->input_name, err);
    return rc < 0 ? rc : RC_OK;
}

struct slice job_column(const struct job *job, size_t column) {
    return column < job->column_count ? job->columns[column] : slice_make("", 0);
}

void job_close(struct job *job) {
    repeats_free(job->repeats);
    program_free(job->program);
    input_close(job->input);
    input_close(job->side);
    mapping_free(job->mapping);
    free(job->problems);
    free(job->input_path);
    free(job->input_name);
    free(job->encoding);
    memset(job, 0, sizeof *job);
}
