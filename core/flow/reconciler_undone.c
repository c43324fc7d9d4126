/* reconciler_undone.c - rows that an earlier import has not done: which they are, and
 * what their records have in place of the cells that could not be read.
 */
#include "flow/reconciler_private.h"

#include "model/json.h"
#include "plan/difference.h"

#include <string.h>

bool reconciler_is_undone(const struct job *job, const struct row *row) {
    static const enum row_state done[] = {ROW_CREATED, ROW_UPDATED, ROW_UNCHANGED,
                                          ROW_SKIPPED, ROW_DELETED};

    for (size_t i = 0; i < job->column_count && i < row->field_count; i++) {
        if (!slice_is(job->columns[i], "_action"))
            continue;
        for (size_t k = 0; k < sizeof done / sizeof *done; k++)
            if (slice_is(row->fields[i], row_state_name(done[k])))
                return false;
    }
    return true;
}

static bool is_told(const struct row *row, size_t error) {
    for (size_t i = 0; i < error; i++)
        if (strcmp(row->record.errors[i].field, row->record.errors[error].field) == 0)
            return true;
    return false;
}

const char *reconciler_unread_fields(const struct reconciler *r, struct row *row) {
    const struct record *record = &row->record;
    struct buf list = {.max = 64 * 1024};
    const char *own = NULL;

    (void)buf_append_text(&list, r->options->spec->ignore);
    (void)buf_append_char(&list, ',');
    for (size_t i = 0; i < record->error_count; i++)
        (void)buf_append_format(&list, "%s,", record->errors[i].field);
    if (list.failed == RC_OK)
        own = arena_copy(&row->arena, buf_text(&list), list.len);
    buf_fini(&list);
    return own;
}

static void append_cell(struct reconciler *r, const char *name, struct slice cell) {
    struct buf *out = &r->detail;
    struct json_member member;

    if (difference_ignores(r->options->spec->ignore, name))
        return;
    (void)buf_append_text(out, out->data[out->len - 1] == '[' ? "[" : ",[");
    (void)json_append_string(out, slice_of(name));
    (void)buf_append_char(out, ',');
    (void)buf_append_slice(out, json_find(buf_slice(&r->pack), name, &member)
                                    ? member.raw
                                    : slice_of("null"));
    (void)buf_append_char(out, ',');
    (void)json_append_string(out, cell);
    (void)buf_append_char(out, ']');
}

int reconciler_append_unread(struct reconciler *r, const struct row *row) {
    const struct record *record = &row->record;

    r->detail.len--; /* the list is open again */
    for (size_t i = 0; i < record->error_count; i++)
        if (record->errors[i].field[0] != '\0' && !is_told(row, i))
            append_cell(r, record->errors[i].field, record->errors[i].value);
    for (size_t i = 0; i < record->link_count; i++)
        append_cell(r, record->links[i].def->name,
                    record->links[i].count > 0 ? record->links[i].texts[0]
                                               : slice_make("", 0));
    return buf_append_char(&r->detail, ']');
}
