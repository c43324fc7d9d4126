/* reconcile_ambiguous.c - why a row is about no one record, in words. */
#include "flow/reconcile_files.h"

#include "model/json.h"

static void append_ids(struct buf *out, struct slice detail) {
    struct json_member list, id, count;
    struct json_cursor cursor;
    uint64_t shown = 0, all = 0;

    if (!json_find(detail, "candidates", &list) ||
        json_cursor_array(&cursor, list.raw) < 0)
        return;
    while (json_cursor_next(&cursor, &id) == 1) {
        (void)buf_append_text(out, shown++ > 0 ? ", " : "");
        (void)json_unescape(out, id.raw);
    }
    if (json_find(detail, "count", &count))
        for (size_t i = 0; i < count.raw.len; i++)
            all = all * 10 + (uint64_t)(count.raw.data[i] - '0');
    if (all > shown)
        (void)buf_append_format(out, " and %llu more", (unsigned long long)(all - shown));
}

static void append_text(struct buf *out, struct slice raw) {
    (void)buf_append_char(out, '\'');
    if (raw.len > 1 && raw.data[0] == '"')
        (void)json_unescape(out, raw);
    else
        (void)buf_append_slice(out, raw);
    (void)buf_append_char(out, '\'');
}

/* "lastName 'Muller' for 'Müller'" */
static void append_values(struct buf *out, struct slice list) {
    struct json_cursor cursor, parts;
    struct json_member item, name, theirs, ours;
    bool first = true;

    if (json_cursor_array(&cursor, list) < 0)
        return;
    while (json_cursor_next(&cursor, &item) == 1) {
        if (json_cursor_array(&parts, item.raw) < 0 ||
            json_cursor_next(&parts, &name) != 1 ||
            json_cursor_next(&parts, &theirs) != 1 ||
            json_cursor_next(&parts, &ours) != 1 || slice_equal(theirs.raw, ours.raw))
            continue;
        (void)buf_append_text(out, first ? "" : " and ");
        first = false;
        (void)json_unescape(out, name.raw);
        (void)buf_append_char(out, ' ');
        append_text(out, ours.raw);
        (void)buf_append_text(out, " for ");
        append_text(out, theirs.raw);
    }
}

int reconcile_append_ambiguous(struct buf *out, const struct journal_found *found) {
    struct slice detail = found->pair.detail;
    struct json_member list;

    if (found->pair.weak && json_find(detail, "loosely", &list)) {
        (void)buf_append_text(out, "only EspoCRM's database takes ");
        append_values(out, list.raw);
        (void)buf_append_text(out, ": ");
    } else {
        (void)buf_append_text(out, "several records match: ");
    }
    append_ids(out, detail);
    return out->failed;
}
