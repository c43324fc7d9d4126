/*
 * The calls around the built-in Import: upload, run, results, revert. Promises that an
 * import in idle mode is Pending when first read and done from then on. The reply to a
 * run counts created and updated records only, as in the original.
 */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"
#include "crud.h"
#include "import_run.h"
#include "list.h"
#include "search.h"

static void html(struct ctx *c) {
    c->rp->content_type = TYPE_HTML;
}

static void upload(struct ctx *c) {
    char id[ID_SIZE];
    idgen_next(&c->app->store.ids, id);
    sqlite3_stmt *q =
        store_prepare(&c->app->store, "INSERT INTO file(id,content) VALUES(?,?)");
    if (!q)
        return;
    store_begin(&c->app->store);
    bind_text(q, 1, id);
    bind_blob(q, 2, c->rq->body.p ? c->rq->body.p : "", c->rq->body.len);
    sqlite3_step(q);
    store_done(&c->app->store, q);
    store_commit(&c->app->store);
    buf_printf(&c->rp->body, "{\"attachmentId\":\"%s\"}", id);
}

/* Content of an uploaded file, NULL when there is none. */
static bool load_file(struct app *app, const char *id, struct buf *out) {
    sqlite3_stmt *q = store_prepare(&app->store, "SELECT content FROM file WHERE id=?");
    bool found = false;
    if (q)
        bind_text(q, 1, id);
    if (q && sqlite3_step(q) == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(q, 0);
        buf_add(out, data ? data : "", (size_t)sqlite3_column_bytes(q, 0));
        found = true;
    }
    store_done(&app->store, q);
    return found;
}

static void copy_param(json_t *to, const json_t *from, const char *key, json_t *dflt) {
    json_t *v = json_object_get(from, key);
    json_object_set(to, key, v ? v : dflt);
    json_decref(dflt);
}

/* The params of the record as the original shows them. */
static json_t *shown_params(const json_t *body) {
    json_t *p = json_object();
    copy_param(p, body, "action", json_string("create"));
    copy_param(p, body, "currency", json_null());
    copy_param(p, body, "dateFormat", json_null());
    copy_param(p, body, "decimalMark", json_null());
    copy_param(p, body, "defaultValues", json_object());
    copy_param(p, body, "delimiter", json_null());
    copy_param(p, body, "headerRow", json_false());
    copy_param(p, body, "idleMode", json_false());
    copy_param(p, body, "manualMode", json_false());
    copy_param(p, body, "personNameFormat", json_null());
    copy_param(p, body, "silentMode", json_false());
    copy_param(p, body, "skipDuplicateChecking", json_false());
    copy_param(p, body, "startFromLastIndex", json_false());
    copy_param(p, body, "textQualifier", json_null());
    copy_param(p, body, "phoneNumberCountry", json_null());
    copy_param(p, body, "timeFormat", json_null());
    copy_param(p, body, "timezone", json_null());
    copy_param(p, body, "updateBy", json_array());
    return p;
}

static void save_record(struct app *app, const char *id, const json_t *record) {
    struct buf b = {0};
    buf_json(&b, record);
    store_run(&app->store, NULL,
              "INSERT OR REPLACE INTO import(id,body,deleted) VALUES(?,?,0)", id, b.p,
              NULL);
    buf_free(&b);
}

static void set_counts(json_t *record, const struct import_result *r,
                       const char *status) {
    json_object_set_new(record, "status", json_string(status));
    json_object_set_new(record, "importedCount", json_integer(r->created));
    json_object_set_new(record, "duplicateCount", json_integer(r->duplicates));
    json_object_set_new(record, "updatedCount", json_integer(r->updated));
    json_object_set_new(record, "lastIndex",
                        r->last_index < 0 ? json_null() : json_integer(r->last_index));
}

static void start(struct ctx *c, const struct entity *e, const json_t *body,
                  const struct buf *csv) {
    char id[ID_SIZE], stamp[STAMP_SIZE];
    bool idle = json_is_true(json_object_get(body, "idleMode"));
    struct import_result result = {.last_index = -1};
    idgen_next(&c->app->store.ids, id);
    clock_stamp(stamp);
    json_t *record = json_pack(
        "{s:s,s:b,s:s,s:s,s:o,s:O,s:s,s:O,s:s,s:s,s:s}", "id", id, "deleted", 0,
        "entityType", e->name, "status", "Pending", "params", shown_params(body),
        "attributeList", json_object_get(body, "attributeList"), "createdAt", stamp,
        "fileId", json_object_get(body, "attachmentId"), "fileName", "import-file.csv",
        "createdById", c->user->id, "createdByName", c->user->name);
    store_begin(&c->app->store);
    if (!idle)
        import_run(c, e, id, body, csv->p, csv->len, &result);
    set_counts(record, &result,
               idle          ? "Pending"
               : result.died ? "In Process"
                             : "Complete");
    save_record(c->app, id, record);
    store_commit(&c->app->store);
    json_decref(record);
    if (result.died) {
        fail(c, 500, NULL);
        return;
    }
    buf_printf(
        &c->rp->body,
        "{\"id\":\"%s\",\"countCreated\":%ld,\"countUpdated\":%ld,\"manualMode\":false}",
        id, result.created, result.updated);
}

static void run(struct ctx *c) {
    json_t *body = crud_body(c);
    if (!body)
        return;
    const char *type = json_string_value(json_object_get(body, "entityType"));
    const char *file = json_string_value(json_object_get(body, "attachmentId"));
    struct buf csv = {0};
    const struct entity *e = type ? schema_entity(&c->app->schema, type, false) : NULL;
    if (!json_is_array(json_object_get(body, "attributeList")))
        fail(c, 400, "No `attributeList`.");
    else if (!file || !*file)
        fail(c, 400, "No `attachmentId`.");
    else if (!type || !*type)
        fail(c, 400, "No `entityType`.");
    else if (!e)
        fail(c, 500, NULL);
    else if (acl_level(c->user, e->name, "create") == LEVEL_NO)
        fail(c, 403, "Import: Create is forbidden for %s.", e->name);
    else if (!load_file(c->app, file, &csv))
        fail(c, 500, "Import: Attachment not found.");
    else if (!csv.len)
        fail(c, 500, "Import: Empty contents.");
    else
        start(c, e, body, &csv);
    if (c->rp->status != 200)
        html(c);
    buf_free(&csv);
    json_decref(body);
}

static json_t *load_record(struct app *app, const char *id) {
    json_t *out = NULL;
    sqlite3_stmt *q =
        store_prepare(&app->store, "SELECT body FROM import WHERE id=? AND deleted=0");
    if (q)
        bind_text(q, 1, id);
    if (q && sqlite3_step(q) == SQLITE_ROW)
        out = json_loads((const char *)sqlite3_column_text(q, 0), 0, NULL);
    store_done(&app->store, q);
    return out;
}

/* What cron would do with an import in idle mode. */
static void run_idle(struct ctx *c, json_t *record) {
    const char *type = json_string_value(json_object_get(record, "entityType"));
    const char *id = json_string_value(json_object_get(record, "id"));
    const struct entity *e = schema_entity(&c->app->schema, type, false);
    struct buf csv = {0};
    json_t *params = json_copy(json_object_get(record, "params"));
    json_object_set(params, "attributeList", json_object_get(record, "attributeList"));
    struct import_result result;
    if (e &&
        load_file(c->app, json_string_value(json_object_get(record, "fileId")), &csv)) {
        store_begin(&c->app->store);
        import_run(c, e, id, params, csv.p, csv.len, &result);
        set_counts(record, &result, "Complete");
        save_record(c->app, id, record);
        store_commit(&c->app->store);
    }
    buf_free(&csv);
    json_decref(params);
}

static void read_one(struct ctx *c, json_t *record) {
    buf_json(&c->rp->body, record);
    if (!strcmp(json_string_value(json_object_get(record, "status")), "Pending"))
        run_idle(c, record);
}

static void results(struct ctx *c, const json_t *record, const char *what) {
    const char *type = json_string_value(json_object_get(record, "entityType"));
    const struct entity *e = schema_entity(&c->app->schema, type, false);
    const char *ids[] = {json_string_value(json_object_get(record, "id")), NULL};
    const char *column = !strcmp(what, "imported")  ? "imported"
                         : !strcmp(what, "updated") ? "updated"
                                                    : "duplicate";
    char cond[128];
    snprintf(cond, sizeof cond,
             "t.id IN (SELECT eid FROM import_row WHERE import=? AND %s=1)", column);
    if (e)
        list_where(c, e, cond, ids, NULL, NULL);
}

/* The files whose imports are asked for, a JSON array to be freed, or NULL: the one
 * condition that is known. */
static char *asked_files(const struct search *s) {
    const json_t *item;
    size_t i;
    json_array_foreach(s->where, i, item) {
        const char *name = json_string_value(json_object_get(item, "attribute"));
        const char *type = json_string_value(json_object_get(item, "type"));
        if (!name || !type || strcmp(name, "fileId") != 0)
            continue;
        json_t *value = json_object_get(item, "value");
        json_t *list = !strcmp(type, "in")       ? json_incref(value)
                       : !strcmp(type, "equals") ? json_pack("[O]", value)
                                                 : NULL;
        char *out = list ? json_dumps(list, 0) : NULL;
        json_decref(list);
        return out;
    }
    return NULL;
}

/* Rows of a table of JSON texts, paged; id NULL takes all. */
static void list_texts(struct ctx *c, const char *table, const char *id) {
    struct search s;
    char sql[200];
    int64_t n = 0;
    if (search_parse(c, &s) == 0) {
        char *files = strcmp(table, "import") ? NULL : asked_files(&s);
        const char *cond = id ? " WHERE import=?1"
                           : files
                               ? " WHERE deleted=0 AND json_extract(body,'$.fileId') IN "
                                 "(SELECT value FROM json_each(?1))"
                           : !strcmp(table, "import") ? " WHERE deleted=0"
                                                      : "";
        id = id ? id : files;
        snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s%s", table, cond);
        store_run(&c->app->store, &n, sql, id, NULL);
        snprintf(sql, sizeof sql,
                 "SELECT body FROM %s%s ORDER BY rowid%s LIMIT %ld OFFSET %ld", table,
                 cond, strcmp(table, "import") ? "" : " DESC", s.max_size, s.offset);
        sqlite3_stmt *q = store_prepare(&c->app->store, sql);
        if (q && id)
            bind_text(q, 1, id);
        buf_printf(&c->rp->body, "{\"total\":%lld,\"list\":[", (long long)n);
        while (q && sqlite3_step(q) == SQLITE_ROW) {
            buf_comma(&c->rp->body);
            buf_str(&c->rp->body, (const char *)sqlite3_column_text(q, 0));
        }
        buf_str(&c->rp->body, "]}");
        store_done(&c->app->store, q);
        free(files);
    }
    search_fini(&s);
}

static void forget(struct ctx *c, const char *id) {
    store_begin(&c->app->store);
    store_run(&c->app->store, NULL,
              "DELETE FROM file WHERE id IN (SELECT json_extract(body,'$.fileId') FROM "
              "import WHERE id=?)",
              id, NULL);
    store_run(&c->app->store, NULL, "UPDATE import SET deleted=1 WHERE id=?", id, NULL);
    store_commit(&c->app->store);
    reply_json(c, "true");
}

/* Removes the records that the import made, or only those it marked as duplicates. */
static void take_back(struct ctx *c, const json_t *record, bool duplicates) {
    const char *type = json_string_value(json_object_get(record, "entityType"));
    const char *id = json_string_value(json_object_get(record, "id"));
    char sql[256];
    store_begin(&c->app->store);
    snprintf(sql, sizeof sql,
             "DELETE FROM e_%s WHERE id IN (SELECT eid FROM import_row WHERE import=? "
             "AND %s=1)",
             type, duplicates ? "duplicate" : "imported");
    store_run(&c->app->store, NULL, sql, id, NULL);
    store_commit(&c->app->store);
    if (duplicates)
        reply_json(c, "true");
    else
        forget(c, id);
}

static void export_errors(struct ctx *c) {
    buf_clear(&c->rq->body);
    upload(c);
}

static void with_id(struct ctx *c, const char *id, const char *what) {
    json_t *record = load_record(c->app, id);
    bool get = !strcmp(c->rq->method, "GET"), post = !strcmp(c->rq->method, "POST");
    if (!record)
        fail(c, 404,
             get || !post ? "Record %s does not exist." : "Import '%s' not found.", id);
    else if (get && !*what)
        read_one(c, record);
    else if (!strcmp(c->rq->method, "DELETE") && !*what)
        forget(c, id);
    else if (get && !strcmp(what, "errors"))
        list_texts(c, "import_error", id);
    else if (get && (!strcmp(what, "imported") || !strcmp(what, "updated") ||
                     !strcmp(what, "duplicates")))
        results(c, record, what);
    else if (post && !strcmp(what, "revert"))
        take_back(c, record, false);
    else if (post && !strcmp(what, "removeDuplicates"))
        take_back(c, record, true);
    else if (post && !strcmp(what, "exportErrors"))
        export_errors(c);
    else
        fail(c, get ? 404 : 403, "%s", "");
    json_decref(record);
}

static void forget_file(struct ctx *c, const char *id) {
    struct buf csv = {0};
    if (strcmp(c->rq->method, "DELETE") != 0 || !load_file(c->app, id, &csv)) {
        fail(c, 404, "Record %s does not exist.", id);
    } else {
        store_begin(&c->app->store);
        store_run(&c->app->store, NULL, "DELETE FROM file WHERE id=?", id, NULL);
        store_commit(&c->app->store);
        reply_json(c, "true");
    }
    buf_free(&csv);
}

void import_handle(struct ctx *c, const char *controller, const char *id,
                   const char *what) {
    bool post = !strcmp(c->rq->method, "POST");
    if (!strcmp(controller, "Attachment")) {
        forget_file(c, id);
    } else if (acl_level(c->user, "Import", "read") == LEVEL_NO) {
        fail_blank(c, 403);
        html(c);
    } else if (!strcmp(controller, "ImportError")) {
        list_texts(c, "import_error", NULL);
    } else if (post && !strcmp(id, "file")) {
        upload(c);
    } else if (post && !*id) {
        run(c);
    } else if (*id) {
        with_id(c, id, what);
    } else {
        list_texts(c, "import", NULL);
    }
}
