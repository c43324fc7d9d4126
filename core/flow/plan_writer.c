/* plan_writer.c - from planned rows to lines of a plan's file. */
#include "flow/plan_file.h"

#include "base/digest.h"
#include "model/json.h"
#include "state/csvout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHANGES_MAX = 64 * 1024 * 1024 };

struct plan_writer {
    struct csvout *csv;         /* owned */
    struct buf changes, fields; /* owned; of one row */
};

/* --- a row's line --- */

static void append_name(struct buf *out, const char *name) {
    if (out->len > 1)
        (void)buf_append_char(out, ',');
    (void)json_append_string(out, slice_of(name));
    (void)buf_append_text(out, ":[");
}

static void append_old(struct buf *out, struct slice image, const char *name) {
    struct json_member member;

    if (image.len > 0 && json_find(image, name, &member))
        (void)plan_line_append_value(out, member.raw);
    else
        (void)buf_append_text(out, "null");
}

static void append_pairs(struct buf *out, const struct row *row,
                         const struct attribute *attributes, size_t count, bool adds) {
    struct slice image = row->plan == NULL ? slice_make(NULL, 0) : row->plan->image;

    for (size_t i = 0; i < count; i++) {
        append_name(out, attributes[i].def->name);
        append_old(out, image, attributes[i].def->name);
        (void)buf_append_text(out, adds ? ",{\"add\":" : ",");
        (void)json_append_attribute(out, &attributes[i]);
        (void)buf_append_text(out, adds ? "}]" : "]");
    }
}

/* Of a record that is deleted: what it is called, and when it was last changed. */
static void append_deleted(struct buf *out, const struct row *row) {
    static const char *const names[] = {"name", "modifiedAt"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        append_name(out, names[i]);
        append_old(out, row->plan->image, names[i]);
        (void)buf_append_text(out, ",null]");
    }
}

static const char *action_word(const struct row *row) {
    if (row->record.error_count > 0)
        return "fail";
    if (row->counted != 0)
        return "skip";
    if (row->plan == NULL)
        return "create";
    switch (row->plan->action) {
    case PLAN_UPDATE: return "update";
    case PLAN_UNCHANGED:
    case PLAN_GONE: return "unchanged";
    case PLAN_DELETE: return "delete";
    case PLAN_SKIP: return "skip";
    case PLAN_FAIL: return "fail";
    case PLAN_CREATE:
    case PLAN_UNDELETE:
    case PLAN_OWN:
    case PLAN_SETTLE: break;
    }
    return "create";
}

static const char *text_or_empty(const char *text) {
    return text == NULL ? "" : text;
}

int plan_line_make(const struct row *row, struct buf *changes, struct plan_line *line) {
    const struct plan *plan = row->plan;
    const struct record *record = &row->record;

    *line = (struct plan_line){action_word(row), "", "", "", "", ""};
    buf_reset(changes);
    (void)buf_append_char(changes, '{');
    if (record->error_count > 0) {
        line->code = reason_code(record->errors[0].reason);
        line->message = record->errors[0].message;
    } else if (row->counted != 0) {
        line->code = reason_code(REASON_REPEATED);
        line->message = "another row of the file counts, which is about the same record";
    } else if (plan == NULL || plan->action == PLAN_CREATE) {
        append_pairs(changes, row, record->attributes, record->count, false);
    } else {
        line->id = text_or_empty(plan->id);
        line->matched_by = text_or_empty(plan->matched_by);
        line->code = reason_code(plan->reason);
        line->message = text_or_empty(plan->message);
    }
    if (record->error_count == 0 && plan != NULL && plan->action == PLAN_UPDATE) {
        append_pairs(changes, row, plan->changed, plan->changed_count, false);
        append_pairs(changes, row, plan->added, plan->added_count, true);
    } else if (record->error_count == 0 && plan != NULL && plan->action == PLAN_DELETE) {
        append_deleted(changes, row);
    }
    (void)buf_append_char(changes, '}');
    line->changes = changes->len > 2 ? buf_text(changes) : "";
    return changes->failed;
}

/* --- the file --- */

static const char *const columns[] = {"_line", "_action",  "_id",     "_matchedBy",
                                      "_code", "_message", "_fields", "_changes"};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static int write_record(struct plan_writer *writer, const char *const *texts,
                        struct err *err) {
    struct slice cells[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = slice_of(texts[i]);
    return csvout_record(writer->csv, cells, COLUMNS, err);
}

static void append_member(struct buf *out, const char *name, const char *value) {
    if (out->len > 1)
        (void)buf_append_char(out, ',');
    (void)json_append_string(out, slice_of(name));
    (void)buf_append_char(out, ':');
    (void)json_append_string(out, slice_of(value));
}

static int write_scope(struct plan_writer *writer, const struct plan_scope *scope,
                       struct err *err) {
    const struct job *job = scope->job;
    struct buf *json = &writer->changes;
    char sha256[DIGEST_HEX_SIZE], number[24];
    const char *cells[COLUMNS] = {
        "0", "plan", "", "", "", "what the plan is of: this line must stay", "", ""};

    if (digest_hex_of(slice_of(mapping_json(job->mapping)), sha256) != RC_OK)
        return err_nomem(err);
    (void)snprintf(number, sizeof number, "%" PRIu64, job->facts.bytes);
    (void)buf_append_char(json, '{');
    append_member(json, "format", "1");
    append_member(json, "input", job->input_name);
    append_member(json, "inputBytes", number);
    append_member(json, "inputSha256", job->facts.sha256);
    append_member(json, "mapping", scope->mapping_name);
    append_member(json, "mappingSha256", sha256);
    append_member(json, "url", scope->url);
    append_member(json, "entityType", mapping_entity_type(job->mapping));
    (void)snprintf(number, sizeof number, "%d", (int)scope->on_duplicate);
    append_member(json, "onDuplicate", number);
    if (buf_append_char(json, '}') < 0)
        return err_nomem(err);
    cells[COLUMNS - 1] = buf_text(json);
    return write_record(writer, cells, err);
}

int plan_writer_open(struct plan_writer **out, const char *path, bool force,
                     const struct plan_scope *scope, struct err *err) {
    const struct input_facts *facts = &scope->job->facts;
    struct csvout_options options = {
        .delimiter = facts->dialect.delimiter,
        .bom = facts->bom,
        .file = {.force = force, .mode = 0600},
    };
    struct plan_writer *writer = calloc(1, sizeof *writer);
    int rc;

    *out = NULL;
    if (writer == NULL)
        return err_nomem(err);
    writer->changes.max = writer->fields.max = CHANGES_MAX;
    if (options.delimiter == '"')
        options.delimiter = ',';
    rc = csvout_open(&writer->csv, path, &options, err);
    if (rc == RC_OK)
        rc = write_record(writer, columns, err);
    if (rc == RC_OK)
        rc = write_scope(writer, scope, err);
    if (rc == RC_OK)
        *out = writer;
    else
        plan_writer_close(writer);
    return rc;
}

/* "title, status" */
static void append_fields(struct buf *out, const char *changes) {
    struct json_cursor cursor;
    struct json_member member;

    buf_reset(out);
    if (json_cursor_object(&cursor, slice_of(changes)) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1) {
        if (out->len > 0)
            (void)buf_append_text(out, ", ");
        (void)buf_append_slice(out, member.name);
    }
}

int plan_writer_add(struct plan_writer *writer, const struct row *row, struct err *err) {
    struct plan_line line;
    char number[24];

    if (plan_line_make(row, &writer->changes, &line) < 0)
        return err_nomem(err);
    (void)snprintf(number, sizeof number, "%" PRIu64, row->line);
    append_fields(&writer->fields, line.changes);
    return write_record(writer,
                        (const char *const[]){number, line.action, line.id,
                                              line.matched_by, line.code, line.message,
                                              buf_text(&writer->fields), line.changes},
                        err);
}

int plan_writer_commit(struct plan_writer *writer, struct err *err) {
    return csvout_commit(writer->csv, err);
}

void plan_writer_close(struct plan_writer *writer) {
    if (writer == NULL)
        return;
    csvout_close(writer->csv);
    buf_fini(&writer->changes);
    buf_fini(&writer->fields);
    free(writer);
}
