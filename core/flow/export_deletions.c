/* export_deletions.c - which records are not there any more, and why.
 *
 * A record that is missing from a sweep is no proof: it may have left the filter, or have
 * been given to a team whose records the user does not see. So each is looked for again,
 * without the filter, and by its id.
 */
#include "flow/export_changes.h"

#include "base/digest.h"
#include "model/json.h"
#include "state/csvout.h"
#include "state/journal_record.h"
#include "wire/espo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_BYTES = 8192,
    BATCH = 150, /* ids of one look-up */
    ID_BYTES = 160,
    JSON_BYTES = 64 * 1024,
    ANSWER_BYTES = 16 << 20,
    RECORD_BYTES = 256 << 20,
    TEXT_BYTES = 1 << 20
};

/* Ids that vanished, looked for a batch at a time. */
struct search {
    const struct export_options *options;
    const struct export_spec *spec;
    struct export_deletions *out;
    struct export_state *state; /* borrowed */
    struct csvout *csv;         /* owned; NULL until the first one */
    char ids[BATCH][ID_BYTES];
    size_t count;
    struct err *err;
};

/* All ids into a checkpoint of their own. */
static int sweep(const struct export_options *base, const char *path,
                 struct journal **journal, struct err *err) {
    struct export_options options = *base;
    struct export_counts counts;
    struct table *table = NULL;
    bool begun = false;
    int rc = journal_refuse(path, NULL) != RC_OK ? journal_open(journal, path, err)
                                                 : journal_create(journal, path, err);

    if (rc == RC_OK) { /* the file may be all that an earlier run came to */
        begun = strcmp(journal_text(*journal, "kind"), "export") == 0;
        rc = table_select(&table, site_schema(base->site, base->entity_type), "id", NULL,
                          err);
    }
    options.journal = *journal;
    options.table = table;
    options.sort = NULL;
    options.json = false;
    options.link = NULL;
    if (rc == RC_OK && !begun)
        rc = exporter_begin(&options, err);
    if (rc == RC_OK && !begun)
        rc = journal_set_text(*journal, "kind", "export", err);
    if (rc == RC_OK && !begun)
        rc = journal_commit(*journal, err);
    if (rc == RC_OK)
        rc = exporter_run(&options, &counts, err);
    table_free(table);
    return rc;
}

static int put_ids(struct journal *journal, struct export_state *state, struct err *err) {
    struct journal_cursor *cursor = NULL;
    struct journal_record record;
    int rc = journal_records(journal, ORDER_ID, 0, &cursor, err);

    while (rc == RC_OK && (rc = journal_records_next(cursor, &record, err)) == 1)
        rc = export_state_put_id(state, record.id, err);
    journal_records_close(cursor);
    return rc;
}

/* Which of the batch a list without the filter shows; they are crossed out. */
static int find_batch(struct search *search, bool found[BATCH]) {
    struct buf json = {.max = JSON_BYTES}, path = {.max = 4 * JSON_BYTES};
    struct buf answer = {.max = ANSWER_BYTES};
    struct json_member list, element, id;
    struct json_cursor cursor;
    int rc;

    (void)buf_append_text(&json, "{\"select\":[\"id\"],\"where\":[{\"type\":\"in\","
                                 "\"attribute\":\"id\",\"value\":[");
    for (size_t i = 0; i < search->count; i++) {
        (void)buf_append_text(&json, i > 0 ? "," : "");
        (void)json_append_string(&json, slice_of(search->ids[i]));
    }
    (void)buf_append_format(&json, "]}],\"maxSize\":%d,\"orderBy\":\"id\"}", BATCH);
    (void)espo_append_list_path(&path, search->options->entity_type, buf_slice(&json));
    rc = json.failed != RC_OK || path.failed != RC_OK
             ? err_nomem(search->err)
             : site_get(search->options->site, buf_text(&path), &answer, search->err);
    if (rc == RC_OK && (!json_find(buf_slice(&answer), "list", &list) ||
                        json_cursor_array(&cursor, list.raw) < 0))
        rc = err_set(search->err, RC_SERVER, "the answer is not a list of records");
    while (rc == RC_OK && json_cursor_next(&cursor, &element) == 1)
        for (size_t i = 0; json_find(element.raw, "id", &id) && i < search->count; i++)
            found[i] = found[i] || json_string_holds(id.raw, slice_of(search->ids[i]));
    buf_fini(&json);
    buf_fini(&path);
    buf_fini(&answer);
    return rc;
}

static int open_csv(struct search *search) {
    const struct csvout_options options = {.file.force = true};
    const struct slice headers[] = {{"id", 2}, {"reason", 6}};
    int rc;

    if (search->csv != NULL)
        return RC_OK;
    rc = csvout_open(&search->csv, buf_text(&search->out->path), &options, search->err);
    return rc == RC_OK ? csvout_record(search->csv, headers, 2, search->err) : rc;
}

static int note(struct search *search, const char *id, const char *reason,
                uint64_t *counter) {
    const struct slice cells[] = {slice_of(id), slice_of(reason)};
    int rc = open_csv(search);

    ++*counter;
    return rc == RC_OK ? csvout_record(search->csv, cells, 2, search->err) : rc;
}

/* One that neither sweep nor list has shown. */
static int settle_missing(struct search *search, const char *id) {
    struct buf path = {.max = 1024}, body = {.max = RECORD_BYTES};
    int status = 0, rc;

    (void)buf_append_format(&path, "%s/", search->options->entity_type);
    (void)espo_append_escaped(&path, slice_of(id));
    rc = path.failed != RC_OK ? err_nomem(search->err)
                              : site_look(search->options->site, buf_text(&path), &status,
                                          &body, search->err);
    /* an administrator is shown a deleted record, too (espocrm-api, 2.8) */
    if (rc == RC_OK &&
        (status == 404 || (status == 200 && json_has_true(buf_slice(&body), "deleted"))))
        rc = note(search, id, "deleted", &search->out->deleted);
    else if (rc == RC_OK && status == 200) /* it is there after all */
        rc = export_state_put_id(search->state, slice_of(id), search->err);
    else if (rc == RC_OK)
        rc = note(search, id, "hidden", &search->out->hidden);
    buf_fini(&path);
    buf_fini(&body);
    return rc;
}

static int settle_batch(struct search *search) {
    bool found[BATCH] = {false};
    int rc = search->count == 0 ? RC_OK : find_batch(search, found);

    for (size_t i = 0; rc == RC_OK && i < search->count; i++)
        rc = found[i] ? note(search, search->ids[i], "filtered", &search->out->filtered)
                      : settle_missing(search, search->ids[i]);
    search->count = 0;
    return rc;
}

static int add_vanished(void *context, struct slice id) {
    struct search *search = context;

    if (id.len >= ID_BYTES)
        return err_set(search->err, RC_INPUT, "the state holds an id that is too long");
    memcpy(search->ids[search->count], id.data, id.len);
    search->ids[search->count++][id.len] = '\0';
    return search->count == BATCH ? settle_batch(search) : RC_OK;
}

/* Which records the user sees must be the same as when the ids were read. */
static int same_rights(const struct export_options *options, struct export_state *state,
                       bool *same, struct err *err) {
    struct buf text = {.max = TEXT_BYTES};
    char hex[DIGEST_HEX_SIZE];
    int rc = site_append_rights(options->site, options->entity_type, &text);

    if (rc == RC_OK)
        rc = digest_hex_of(buf_slice(&text), hex);
    buf_fini(&text);
    *same = rc == RC_OK && strcmp(export_state_text(state, "rights"), hex) == 0;
    return rc == RC_OK ? RC_OK : err_nomem(err);
}

static int find_vanished(const struct export_options *options,
                         const struct export_spec *spec, struct export_state *state,
                         struct export_deletions *out, struct err *err) {
    struct search *search = calloc(1, sizeof *search);
    int rc;

    if (search == NULL)
        return err_nomem(err);
    search->options = options;
    search->spec = spec;
    search->state = state;
    search->out = out;
    search->err = err;
    out->path.max = PATH_BYTES;
    (void)buf_append_format(&out->path, "%s.deleted.csv", spec->output);
    rc = out->path.failed != RC_OK ? err_nomem(err) : open_csv(search);
    if (rc == RC_OK)
        rc = export_state_vanished(state, add_vanished, search, err);
    if (rc == RC_OK)
        rc = settle_batch(search);
    if (rc == RC_OK)
        rc = csvout_commit(search->csv, err);
    csvout_close(search->csv);
    free(search);
    return rc;
}

static int remove_earlier(const struct export_spec *spec, struct err *err) {
    struct buf path = {.max = PATH_BYTES};
    int rc = buf_append_format(&path, "%s.deleted.csv", spec->output);

    if (rc == RC_OK && unlink(buf_text(&path)) != 0 && errno != ENOENT)
        rc = err_errno(err, "remove", buf_text(&path));
    else if (rc != RC_OK)
        rc = err_nomem(err);
    buf_fini(&path);
    return rc;
}

int export_deletions_run(const struct export_options *options,
                         const struct export_spec *spec, const char *ids,
                         struct export_state *state, struct export_deletions *out,
                         struct err *err) {
    struct journal *journal = NULL;
    bool same = false;
    int rc = sweep(options, ids, &journal, err);

    if (rc == RC_OK)
        rc = put_ids(journal, state, err);
    journal_close(journal);
    if (rc == RC_OK)
        rc = same_rights(options, state, &same, err);
    out->first = !export_state_knows_ids(state);
    out->rights = !out->first && !same;
    if (rc == RC_OK && !out->first && same)
        return find_vanished(options, spec, state, out, err);
    if (rc == RC_OK) /* what an earlier run has told is not told by this one */
        rc = remove_earlier(spec, err);
    return rc;
}

void export_deletions_fini(struct export_deletions *deletions) {
    buf_fini(&deletions->path);
}
