/* exporter_link.c - the members of a link: which records belong to a record, page by
 * page, each pair once.
 */
#include "flow/exporter_private.h"

#include "base/pack.h"
#include "model/json.h"
#include "wire/espo.h"

#include <stdio.h>

int exporter_link_ask(struct export_read *read) {
    const struct export_options *options = read->range->exporter->options;
    struct buf json = {.max = EXPORT_JSON_BYTES}, place = {.max = 4096};

    (void)buf_append_format(&place, "%s/", options->entity_type);
    (void)espo_append_escaped(&place, slice_of(read->id));
    (void)buf_append_format(&place, "/%s", options->link);
    (void)buf_append_text(&json, "{\"select\":[\"id\"]");
    if (read->after[0] != '\0') {
        (void)buf_append_text(
            &json, ",\"where\":[{\"type\":\"greaterThan\",\"attribute\":\"id\","
                   "\"value\":");
        (void)json_append_string(&json, slice_of(read->after));
        (void)buf_append_text(&json, "}]");
    }
    (void)buf_append_format(&json,
                            ",\"maxSize\":%zu,\"orderBy\":\"id\",\"order\":\"asc\"}",
                            read->range->page);
    buf_reset(&read->path);
    if (json.failed == RC_OK && place.failed == RC_OK)
        (void)espo_append_list_path(&read->path, buf_text(&place), buf_slice(&json));
    buf_fini(&json);
    buf_fini(&place);
    if (read->path.len == 0 || read->path.failed != RC_OK)
        return RC_NOMEM;
    read->parcel.request.path = buf_text(&read->path);
    read->parcel.request.no_total = true;
    return RC_OK;
}

int exporter_link_take(struct export_read *read, struct slice body) {
    struct json_member list, element;
    struct json_cursor cursor;
    char before[EXPORT_ID_BYTES];
    int rc;

    (void)snprintf(before, sizeof before, "%s", read->after);
    if (!json_find(body, "list", &list) || json_cursor_array(&cursor, list.raw) < 0)
        return RC_SERVER;
    while ((rc = json_cursor_next(&cursor, &element)) == 1) {
        if (!exporter_take_id(element.raw, read->after))
            return RC_SERVER;
        if (pack_append(&read->body, slice_of(read->after)) < 0)
            return RC_SERVER;
    }
    if (rc < 0)
        return RC_SERVER;
    if (exporter_is_last_page(read->range->page, body))
        return 0;
    return strcmp(before, read->after) == 0 ? RC_SERVER : 1; /* does it get on? */
}

int exporter_link_put(struct export_range *range, const struct export_read *read,
                      struct err *err) {
    struct exporter *exporter = range->exporter;
    struct slice rest = buf_slice(&read->body), member;
    char key[2 * EXPORT_ID_BYTES + 2];
    int rc;

    while ((rc = pack_next(&rest, &member)) == 1) {
        struct journal_record row = {.sort = SORT_NULL};
        (void)snprintf(key, sizeof key, "%s %.*s", read->id, (int)member.len,
                       member.data);
        row.id = slice_of(key);
        buf_reset(&exporter->pack);
        if (exporter->options->json) {
            (void)buf_append_text(&exporter->pack, "[");
            (void)json_append_string(&exporter->pack, slice_of(read->id));
            (void)buf_append_char(&exporter->pack, ',');
            (void)json_append_string(&exporter->pack, member);
            (void)buf_append_char(&exporter->pack, ']');
        } else {
            (void)pack_append(&exporter->pack, slice_of(read->id));
            (void)pack_append(&exporter->pack, member);
        }
        if (exporter->pack.failed != RC_OK)
            return err_nomem(err);
        row.cells = buf_slice(&exporter->pack);
        rc = journal_put_record(exporter->options->journal, &row, err);
        if (rc < 0)
            return rc;
        exporter->counts->records += rc == 1;
        exporter->counts->repeated += rc == 0;
        exporter->uncommitted++;
    }
    return rc < 0 ? err_nomem(err) : RC_OK;
}
