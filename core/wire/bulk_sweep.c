/* bulk_sweep.c - removes the logs of Imports that nobody has removed: of runs that were
 * killed, and of Imports whose answer was lost and that came late.
 *
 * Each is known by the file that was uploaded for it: ids of files are kept, here and by
 * the engine's owner, from when the file is there until its Import's log is not. At the
 * end of the run the Imports of those that are left are listed and deleted, and then the
 * files, for nobody else removes one that no Import came of. Where that fails nothing
 * else does: it is only a log.
 */
#include "model/json.h"
#include "wire/engine_bulk_private.h"
#include "wire/espo.h"

#include <stdlib.h>
#include <string.h>

enum {
    FILES_BYTES = 64 * 1024,
    IDS_BYTES = 64 * 1024,
    GROUP = 100 /* files that are asked for at once, at most */
};

struct sweep {
    struct parcel parcel; /* first: the courier's part */
    struct engine_bulk *bulk;
    struct buf path, body; /* owned */
    struct buf imports;    /* owned; ids of those to be deleted, a blank behind each */
    size_t at;             /* in there: the next */
    size_t file_at;        /* in bulk->files: the next to be deleted */
    size_t asked;          /* bytes of bulk->files that are being asked for */
};

/* Where they cannot be kept, outcomes that were to be kept with them may be gone, too. */
static void tell(struct engine_bulk *bulk, bool more) {
    const struct engine_bulk_options *options = &bulk->options;
    struct err err = {0};
    int rc = RC_OK;

    if (options->files != NULL)
        rc = options->files(options->context, buf_text(&bulk->files), more, &err);
    if (rc != RC_OK)
        bulk_fail(bulk, rc, &err);
}

void bulk_files_take(struct engine_bulk *bulk, const char *left) {
    bulk->files.max = FILES_BYTES;
    (void)buf_append_text(&bulk->files, left == NULL ? "" : left);
}

void bulk_file_add(struct engine_bulk *bulk, const char *file) {
    if (bulk->options.keep_log || bulk->files.len + CHUNK_ID_MAX > FILES_BYTES)
        return;
    (void)buf_append_format(&bulk->files, "%s ", file);
    tell(bulk, true);
}

void bulk_file_drop(struct engine_bulk *bulk, const char *file) {
    size_t len = strlen(file);
    char *at = bulk->files.len > 0 ? bulk->files.data : NULL;

    while (at != NULL && len > 0 && (at = strstr(at, file)) != NULL && at[len] != ' ')
        at += len;
    if (at == NULL || len == 0)
        return;
    memmove(at, at + len + 1, strlen(at + len + 1) + 1);
    bulk->files.len -= len + 1;
    tell(bulk, false);
}

static void sweep_end(struct sweep *sweep) {
    sweep->bulk->sweep = NULL;
    bulk_sweep_free(sweep);
}

void bulk_sweep_free(struct sweep *sweep) {
    if (sweep == NULL)
        return;
    buf_fini(&sweep->path);
    buf_fini(&sweep->body);
    buf_fini(&sweep->imports);
    free(sweep);
}

static void sweep_send(struct sweep *sweep, enum method method) {
    struct request *request = &sweep->parcel.request;

    if (sweep->path.failed != RC_OK) {
        sweep_end(sweep);
        return;
    }
    memset(request, 0, sizeof *request);
    request->method = method;
    request->path = buf_text(&sweep->path);
    request->no_total = method == METHOD_GET;
    courier_send(sweep->bulk->options.courier, &sweep->parcel);
}

/* How many files are asked for at once, so that one list shows all their Imports: one
 * each, or two where a gateway has sent a POST again by itself. */
static size_t sweep_group(size_t page) {
    size_t group = page / 2;

    return group > GROUP ? GROUP : group > 0 ? group : 1;
}

/* Asks for the Imports of the first files. */
static void sweep_list(struct sweep *sweep) {
    const char *files = buf_text(&sweep->bulk->files), *at = files;
    size_t page = schema_server(sweep->bulk->options.schema)->list_max_size;
    size_t group = sweep_group(page);

    if (sweep->bulk->files.len == 0) {
        sweep_end(sweep);
        return;
    }
    buf_reset(&sweep->path);
    buf_reset(&sweep->body);
    (void)buf_append_text(&sweep->body, "{\"where\":[{\"type\":\"in\",\"attribute\":"
                                        "\"fileId\",\"value\":[");
    for (size_t i = 0; i < group && *at != '\0'; i++) {
        size_t len = strcspn(at, " ");
        (void)buf_append_text(&sweep->body, i == 0 ? "" : ",");
        (void)json_append_string(&sweep->body, slice_make(at, len));
        at += len + (at[len] == ' ');
    }
    sweep->asked = (size_t)(at - files);
    (void)buf_append_format(&sweep->body,
                            "]}],\"select\":[\"id\"],\"maxSize\":%zu,\"orderBy\":"
                            "\"createdAt\"}",
                            page);
    (void)espo_append_list_path(&sweep->path, "Import", buf_slice(&sweep->body));
    sweep_send(sweep, METHOD_GET);
}

/* Those files are done with. */
static void sweep_go_on(struct sweep *sweep) {
    struct buf *files = &sweep->bulk->files;

    memmove(files->data, files->data + sweep->asked, files->len - sweep->asked + 1);
    files->len -= sweep->asked;
    tell(sweep->bulk, false);
    sweep_list(sweep);
}

/* The next Import; behind the last one the next file. */
static void sweep_delete(struct sweep *sweep) {
    bool file = sweep->at >= sweep->imports.len;
    const char *at = file ? buf_text(&sweep->bulk->files) + sweep->file_at
                          : buf_text(&sweep->imports) + sweep->at;
    size_t len = strcspn(at, " ");

    if (file && sweep->file_at >= sweep->asked) {
        sweep_go_on(sweep);
        return;
    }
    *(file ? &sweep->file_at : &sweep->at) += len + 1;
    buf_reset(&sweep->path);
    (void)buf_append_format(&sweep->path, "%s/%.*s", file ? "Attachment" : "Import",
                            (int)len, at);
    sweep_send(sweep, METHOD_DELETE);
}

static void sweep_done(struct parcel *parcel, const struct verdict *verdict,
                       const struct answer *answer) {
    struct sweep *sweep = (struct sweep *)parcel; /* its first member */
    struct json_member list, record;
    struct json_cursor cursor;
    char id[CHUNK_ID_MAX];
    bool listed = parcel->request.method == METHOD_GET;

    if (verdict->action == VERDICT_STOP || (listed && verdict->action != VERDICT_DONE)) {
        sweep_end(sweep);
        return;
    }
    if (listed) {
        sweep->at = sweep->file_at = 0;
        buf_reset(&sweep->imports);
        if (json_find(answer->body, "list", &list) &&
            json_cursor_array(&cursor, list.raw) >= 0)
            while (json_cursor_next(&cursor, &record) == 1)
                if (chunk_take_text(record.raw, "id", id, sizeof id))
                    (void)buf_append_format(&sweep->imports, "%s ", id);
    }
    sweep_delete(sweep);
}

bool bulk_sweep(struct engine_bulk *bulk) {
    if (bulk->sweep != NULL)
        return true;
    if (bulk->swept || bulk->options.keep_log || bulk->rc != RC_OK ||
        bulk->files.len == 0)
        return false;
    bulk->swept = true;
    bulk->sweep = calloc(1, sizeof *bulk->sweep);
    if (bulk->sweep == NULL)
        return false;
    bulk->sweep->bulk = bulk;
    bulk->sweep->parcel.done = sweep_done;
    bulk->sweep->path.max = bulk->sweep->body.max = bulk->sweep->imports.max = IDS_BYTES;
    sweep_list(bulk->sweep);
    return bulk->sweep != NULL;
}
