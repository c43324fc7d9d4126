/* unreadable.c - writes the mark of an unreadable row, and finds it again. */
#include "flow/unreadable.h"

#include "base/utf8.h"

#include <string.h>

const char unreadable_column[] = "_raw";

static const char still_broken[] =
    "the row is marked as unreadable in the column _raw: correct its cells, then empty "
    "its _raw";
static const char still_broken_bare[] =
    "the row's last cell marks it as unreadable: correct its cells, then empty that one";

/* The reason that a mark names, which is taken off *text. */
static enum reason mark_reason(struct slice *text) {
    for (int i = REASON_ROW_RAGGED; i <= REASON_ROW_TOO_LARGE; i++) {
        const char *code = reason_code((enum reason)i);
        size_t len = strlen(code);
        if (text->len < len + 2 || memcmp(text->data, code, len) != 0 ||
            memcmp(text->data + len, ": ", 2) != 0)
            continue;
        *text = slice_make(text->data + len + 2, text->len - len - 2);
        return (enum reason)i;
    }
    return REASON_NONE;
}

/* The mark is a cell of its own, or the last one where the file has no header. */
static bool find_mark(const struct job *job, const struct csv_record *record,
                      struct unreadable *out) {
    bool bare = job->facts.dialect.no_header;
    size_t column = bare ? job->column_count - 1 : job->raw_column;

    if (column >= record->count || record->count != job->column_count)
        return false;
    out->raw = slice_trim(record->fields[column]);
    out->reason = mark_reason(&out->raw);
    if (out->reason == REASON_NONE && (bare || out->raw.len == 0))
        return false;
    if (out->reason == REASON_NONE)
        out->reason = REASON_ROW_RAGGED; /* somebody has changed what was in it */
    out->column = NO_COLUMN;
    out->detail = bare ? still_broken_bare : still_broken;
    return true;
}

bool unreadable_find(const struct job *job, const struct csv_record *record,
                     struct unreadable *out) {
    bool one_cell;

    if (find_mark(job, record, out))
        return true;
    if (record->reason == REASON_NONE)
        return false;
    one_cell = record->reason != REASON_ROW_RAGGED && record->column < job->column_count;
    *out = (struct unreadable){
        .reason = record->reason,
        .column = one_cell ? record->column : NO_COLUMN,
        .raw = record->raw,
        .detail = record->detail,
    };
    return true;
}

/* Bytes that are no text would make the mark itself unreadable. */
static void append_text(struct buf *buf, struct slice text) {
    while (text.len > 0) {
        size_t good = utf8_valid_prefix(text);
        const char *nul = good == 0 ? NULL : memchr(text.data, '\0', good);
        if (nul != NULL)
            good = (size_t)(nul - text.data);
        (void)buf_append(buf, text.data, good);
        text = slice_make(text.data + good, text.len - good);
        if (text.len == 0)
            break;
        (void)buf_append_format(buf, "\\x%02X", (unsigned)(unsigned char)text.data[0]);
        text = slice_make(text.data + 1, text.len - 1);
    }
}

void unreadable_append_mark(struct buf *buf, enum reason reason, struct slice raw) {
    bool cut = raw.len > UNREADABLE_RAW;

    if (cut)
        raw.len = UNREADABLE_RAW;
    while (cut && raw.len > 0 && ((unsigned char)raw.data[raw.len] & 0xC0) == 0x80)
        raw.len--; /* no character is cut */
    (void)buf_append_format(buf, "%s: ", reason_code(reason));
    append_text(buf, raw);
    if (cut)
        (void)buf_append_text(buf, "...");
}
