/* bulk_chunk.c - builds the requests of a chunk and reads the short answers.
 */
#include "wire/bulk_chunk.h"

#include "model/json.h"
#include "wire/espo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_BYTES = 7000,
    JSON_BYTES = 64 * 1024,
    FILE_BYTES = 900 * 1000,        /* nginx takes 1 MB where nobody has said more */
    ALONE_BYTES = 64 * 1024 * 1024, /* a single row: let the server judge */
    RUN_COST = 20 /* what an Import takes whatever is in it, in rows (espocrm-live) */
};

static void chunk_request(struct chunk *chunk, enum method method) {
    struct request *request = &chunk->parcel.request;

    memset(request, 0, sizeof *request);
    request->method = method;
    request->path = buf_text(&chunk->path);
    request->body = buf_slice(&chunk->body);
    request->no_total = method == METHOD_GET;
    chunk->parcel.urgent = method == METHOD_GET;
}

int chunk_build_upload(struct chunk *chunk, const struct schema *schema) {
    buf_reset(&chunk->path);
    buf_reset(&chunk->body);
    chunk->body.max = chunk->count > 1 ? FILE_BYTES : ALONE_BYTES;
    chunk->columns.count = 0;
    for (size_t i = 0; i < chunk->count; i++)
        if (!bulk_columns_add(&chunk->columns, schema, chunk->slots[i].write))
            return RC_LIMIT;
    for (size_t i = 0; i < chunk->count; i++)
        (void)bulk_append_row(&chunk->body, &chunk->columns, chunk->slots[i].write);
    (void)buf_append_text(&chunk->path, "Import/file");
    if (chunk->path.failed != RC_OK || chunk->body.failed != RC_OK)
        return chunk->path.failed != RC_OK ? chunk->path.failed : chunk->body.failed;
    chunk_request(chunk, METHOD_POST);
    chunk->parcel.request.content_type = "text/csv";
    return RC_OK;
}

static void append_member(struct buf *json, const char *name, const char *text) {
    (void)buf_append_char(json, json->data[json->len - 1] == '{' ? ' ' : ',');
    (void)json_append_string(json, slice_of(name));
    (void)buf_append_char(json, ':');
    (void)json_append_string(json, slice_of(text));
}

int chunk_build_run(struct chunk *chunk, const struct schema *schema, bool silent) {
    struct buf *json = &chunk->body;

    buf_reset(&chunk->path);
    buf_reset(json);
    (void)buf_append_text(&chunk->path, "Import");
    if (buf_append_char(json, '{') < 0)
        return RC_NOMEM;
    append_member(json, "entityType", chunk->entity_type);
    append_member(json, "attachmentId", chunk->file);
    append_member(json, "action", chunk->kind == WRITE_CREATE ? "create" : "update");
    append_member(json, "delimiter", ",");
    append_member(json, "textQualifier", "\"");
    append_member(json, "dateFormat", "YYYY-MM-DD");
    append_member(json, "timeFormat", "HH:mm:ss");
    append_member(json, "timezone", "UTC");
    append_member(json, "decimalMark", ".");
    append_member(json, "personNameFormat", "f l");
    append_member(json, "currency", schema_server(schema)->default_currency);
    (void)buf_append_format(json,
                            ",\"headerRow\":false,\"skipDuplicateChecking\":true,"
                            "\"silentMode\":%s,\"updateBy\":[",
                            silent ? "true" : "false");
    if (chunk->kind == WRITE_UPDATE)
        (void)buf_append_format(json, "%zu", chunk->columns.count);
    (void)buf_append_text(json, "],\"attributeList\":[");
    for (size_t i = 0; i < chunk->columns.count; i++) {
        (void)json_append_string(json, slice_of(chunk->columns.list[i]->name));
        (void)buf_append_char(json, ',');
    }
    (void)buf_append_text(json, "\"id\"]}");
    if (chunk->path.failed != RC_OK || json->failed != RC_OK)
        return RC_NOMEM;
    chunk_request(chunk, METHOD_POST);
    chunk->parcel.request.cost = (uint32_t)(chunk->count + RUN_COST);
    return RC_OK;
}

int chunk_build_status(struct chunk *chunk) {
    struct buf json = {.max = JSON_BYTES};
    int rc;

    buf_reset(&chunk->path);
    buf_reset(&chunk->body);
    (void)buf_append_text(&json, "{\"where\":[{\"type\":\"equals\",\"attribute\":"
                                 "\"fileId\",\"value\":");
    (void)json_append_string(&json, slice_of(chunk->file));
    rc = buf_append_text(&json, "}],\"select\":[\"id\",\"status\",\"lastIndex\"],"
                                "\"maxSize\":2,\"orderBy\":\"createdAt\"}");
    if (rc == RC_OK)
        rc = espo_append_list_path(&chunk->path, "Import", buf_slice(&json));
    buf_fini(&json);
    chunk_request(chunk, METHOD_GET);
    return rc;
}

static bool is_shown(const struct schema_attribute *def) {
    return def->type != ATTRIBUTE_ADDRESSES && def->type != ATTRIBUTE_IDS;
}

/* What a list can show of the columns; of addresses the primary one and its marks. */
static void append_select(struct buf *json, const struct bulk_columns *columns) {
    (void)buf_append_text(json, "\"select\":[\"id\",\"modifiedAt\",\"versionNumber\"");
    for (size_t i = 0; i < columns->count; i++) {
        const struct schema_attribute *def = columns->list[i];
        static const char *const ends[] = {"", "IsOptedOut", "IsInvalid"};
        if (is_shown(def)) {
            (void)buf_append_char(json, ',');
            (void)json_append_string(json, slice_of(def->name));
        }
        for (size_t k = 0; def->type == ATTRIBUTE_ADDRESSES && k < 3; k++)
            (void)buf_append_format(json, ",\"%s%s\"", def->field, ends[k]);
    }
    (void)buf_append_char(json, ']');
}

static int build_observe(struct chunk *chunk, struct buf *json) {
    bool first = true;

    buf_reset(json);
    buf_reset(&chunk->path);
    (void)buf_append_text(json, "{\"where\":[{\"type\":\"in\",\"attribute\":\"id\","
                                "\"value\":[");
    for (size_t i = chunk->from; i < chunk->to; i++) {
        if (chunk->slots[i].write == NULL)
            continue;
        if (!first)
            (void)buf_append_char(json, ',');
        first = false;
        (void)json_append_string(json, slice_of(chunk->slots[i].write->id));
    }
    (void)buf_append_text(json, "]}],");
    append_select(json, &chunk->columns);
    (void)buf_append_format(json, ",\"maxSize\":%zu,\"orderBy\":\"id\"}",
                            chunk->to - chunk->from);
    if (json->failed != RC_OK)
        return json->failed;
    return espo_append_list_path(&chunk->path, chunk->entity_type, buf_slice(json));
}

int chunk_build_observe(struct chunk *chunk, size_t page) {
    struct buf json = {.max = JSON_BYTES};
    size_t most = chunk->count - chunk->from < page ? chunk->count - chunk->from : page;
    int rc;

    buf_reset(&chunk->body);
    do {
        chunk->to = chunk->from + most;
        rc = build_observe(chunk, &json);
        if (rc == RC_OK && chunk->path.len <= PATH_BYTES)
            break;
        if (chunk->path.len > PATH_BYTES && most * PATH_BYTES / chunk->path.len < most)
            most = most * PATH_BYTES / chunk->path.len;
        else
            most--;
    } while (rc != RC_NOMEM && most > 0);
    buf_fini(&json);
    chunk_request(chunk, METHOD_GET);
    return most == 0 ? RC_LIMIT : rc;
}

int chunk_build_errors(struct chunk *chunk, size_t page) {
    buf_reset(&chunk->path);
    buf_reset(&chunk->body);
    (void)buf_append_format(&chunk->path, "Import/%s/errors?maxSize=%zu&offset=%zu",
                            chunk->import, page, chunk->offset);
    chunk_request(chunk, METHOD_GET);
    return chunk->path.failed;
}

int chunk_build_clean(struct chunk *chunk) {
    buf_reset(&chunk->path);
    buf_reset(&chunk->body);
    (void)buf_append_format(&chunk->path, "Import/%s", chunk->import);
    chunk_request(chunk, METHOD_DELETE);
    return chunk->path.failed;
}

bool chunk_take_text(struct slice body, const char *name, char *out, size_t size) {
    struct json_member member;

    if (!json_find(body, name, &member) || member.type != JSON_IS_STRING ||
        member.raw.len < 3 || member.raw.len - 2 >= size)
        return false;
    memcpy(out, member.raw.data + 1, member.raw.len - 2);
    out[member.raw.len - 2] = '\0';
    return true;
}

enum chunk_status chunk_take_status(struct chunk *chunk, struct slice body) {
    struct json_member list, record, member;
    struct json_cursor cursor;
    char status[32] = "";

    if (!json_find(body, "list", &list) || json_cursor_array(&cursor, list.raw) < 0 ||
        json_cursor_next(&cursor, &record) != 1)
        return STATUS_NONE;
    (void)chunk_take_text(record.raw, "id", chunk->import, sizeof chunk->import);
    (void)chunk_take_text(record.raw, "status", status, sizeof status);
    if (json_find(record.raw, "lastIndex", &member) && member.type == JSON_IS_NUMBER)
        chunk->last_index = strtoll(member.raw.data, NULL, 10);
    chunk->whole = strcmp(status, "Complete") == 0;
    return chunk->whole || strcmp(status, "Failed") == 0 ? STATUS_OVER : STATUS_RUNNING;
}

struct chunk_slot *chunk_find(const struct chunk *chunk, struct slice id) {
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->slots[i].write != NULL && slice_is(id, chunk->slots[i].write->id))
            return &chunk->slots[i];
    return NULL;
}
