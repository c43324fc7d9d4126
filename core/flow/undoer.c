/* undoer.c - where the rows of an undo come from, and the look-ups that plan them.
 *
 * 200 records are read with one list; single ones are read once more where a list shows
 * less than was written. The importer does the rest.
 */
#include "flow/undoer.h"

#include "base/digest.h"
#include "flow/undoer_private.h"
#include "model/json.h"
#include "model/json_attribute.h"
#include "plan/undo.h"
#include "wire/engine_rest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_MAX = 64 * 1024 * 1024 };

/* --- rows --- */

/* Only the rows, or only the records of links: these are asked for when nothing of the
 * run refers to them any more. */
static int undoer_next(struct undoer *undoer, struct journal_row *was,
                       struct journal_cursor **cursor, struct err *err) {
    int rc = journal_rows(undoer->options.undo, undoer->next, true, cursor, err);

    return rc == RC_OK ? journal_rows_next(*cursor, was, err) : rc;
}

static int undoer_fill(struct undoer *undoer, struct row *row,
                       const struct journal_row *was, struct err *err) {
    uint64_t key;

    row->number = was->record;
    row->line = was->line;
    row->offset = was->offset;
    row->state = was->state;
    row->attempts = was->attempts;
    row->was_doubtful = was->state == ROW_DOUBTFUL;
    row->doubtful_ms = was->since;
    row->first_sent_ms = was->sent;
    row->version = was->version;
    if (was->id != NULL)
        row->id = arena_copy(&row->arena, was->id, strlen(was->id));
    if (was->modified != NULL)
        row->modified = arena_copy(&row->arena, was->modified, strlen(was->modified));
    if ((was->id != NULL && row->id == NULL) ||
        (was->modified != NULL && row->modified == NULL))
        return err_nomem(err);
    key = digest_fnv(DIGEST_FNV_SEED, slice_of(row->id == NULL ? "" : row->id));
    if (row->id == NULL)
        key += row->number;
    lane_add(&row->ticket, key);
    undoer->next = was->record + 1;
    return 1;
}

static int undoer_read(struct import_source *source, struct row *row, struct err *err) {
    struct undoer *undoer = (struct undoer *)source;
    struct journal_cursor *cursor = NULL;
    struct journal_row was;
    struct journal_step step;
    int rc = undoer_next(undoer, &was, &cursor, err);

    if (rc == 1)
        rc = journal_get_step(undoer->options.undo, was.record, &row->arena, &step, err);
    if (rc == 1 && (step.kind == STEP_UNMAKE) != undoer->links)
        rc = 0; /* they come last, and in a turn of their own */
    if (rc == 1) {
        rc = undoer_fill(undoer, row, &was, err);
        row->write.entity_type = step.entity_type;
    }
    journal_rows_close(cursor);
    return rc;
}

static void undoer_add(struct import_source *source, struct row *row) {
    struct undoer *undoer = (struct undoer *)source;

    row->planning = true;
    row_queue_push(&undoer->waiting, row);
}

static size_t undoer_count(const struct import_source *source) {
    const struct undoer *undoer = (const struct undoer *)source;

    return undoer->waiting.count + undoer->inside;
}

/* --- a batch --- */

/* No more can be planned: the first reason is kept. */
static void stop(struct undoer *undoer, int rc, const struct err *err) {
    if (undoer->rc != RC_OK)
        return;
    undoer->rc = rc;
    undoer->err = *err;
}

static int load_text(struct row *row, struct buf *buf, struct slice *out) {
    *out = slice_make(arena_copy(&row->arena, buf_text(buf), buf->len), buf->len);
    buf_fini(buf);
    return out->data == NULL ? RC_NOMEM : RC_OK;
}

static int item_load(struct undoer *undoer, struct undo_item *item, struct row *row,
                     struct err *err) {
    struct buf wrote = {.max = JSON_MAX}, image = {.max = JSON_MAX};
    int rc;

    *item = (struct undo_item){.row = row};
    rc = journal_get_step(undoer->options.undo, row->number, &row->arena, &item->step,
                          err);
    if (rc == 0)
        rc = journal_damaged(undoer->options.undo, err, "step %" PRIu64 " is missing",
                             row->number);
    if (rc == 1 && item->step.record != 0)
        rc = journal_get_wrote(undoer->options.run, item->step.record, &wrote, err);
    if (rc >= 0 && item->step.kind == STEP_RESTORE)
        rc = journal_get_image(undoer->options.run, item->step.record, &image, err);
    if (rc >= 0 && (load_text(row, &wrote, &item->wrote) < 0 ||
                    load_text(row, &image, &item->image) < 0))
        rc = err_nomem(err);
    return rc < 0 ? rc : RC_OK;
}

/* Does the record have to be asked for? */
static bool is_asked(const struct undo_item *item) {
    return item->row->id != NULL && item->step.kind != STEP_UNKNOWN;
}

static size_t select_add(struct undo_batch *batch, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(batch->select[i], name) == 0)
            return count;
    if (count < UNDO_SELECT)
        batch->select[count++] = name;
    return count;
}

static int batch_fill(struct undo_batch *batch, struct err *err) {
    static const char *const always[] = {
        "id",           "createdAt",      "modifiedAt",
        "modifiedById", "modifiedByName", "versionNumber",
        "name",         "firstName",      "lastName"};
    struct undoer *undoer = batch->undoer;
    const char *type = undoer->waiting.first->write.entity_type;
    size_t selected = 0;

    batch->schema = site_schema(undoer->options.site, type);
    batch->link = batch->mark_step = batch->lost_step = batch->to_read_count = 0;
    batch->count = 0;
    key_table_reset(&batch->ids);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (i < 2 || schema_find(batch->schema, always[i]) != NULL)
            batch->select[selected++] = always[i];
    while (batch->count < UNDO_BATCH && undoer->waiting.first != NULL &&
           strcmp(undoer->waiting.first->write.entity_type, type) == 0) {
        struct row *row = row_queue_pop(&undoer->waiting);
        struct undo_item *item = &batch->items[batch->count++];
        int rc = item_load(undoer, item, row, err);
        undoer->inside++;
        if (rc != RC_OK)
            return rc;
        selected =
            undo_select(batch->schema, item->wrote, batch->select, selected, UNDO_SELECT);
        if (item->step.kind == STEP_UNMAKE)
            selected = select_add(batch, selected, item->step.field);
    }
    batch->select[selected] = NULL;
    return RC_OK;
}

static struct slice id_of(struct slice record) {
    struct json_member id;

    return json_find(record, "id", &id) && id.type == JSON_IS_STRING && id.raw.len > 2
               ? slice_make(id.raw.data + 1, id.raw.len - 2)
               : slice_make("", 0);
}

static void take_record(void *context, struct slice record) {
    struct undo_batch *batch = context;
    struct key_entry *entry = NULL;
    struct err err = {0};

    while ((entry = key_table_find(&batch->ids, id_of(record), entry)) != NULL) {
        struct undo_item *item = entry->owner;
        item->record = slice_make(arena_copy(&item->row->arena, record.data, record.len),
                                  record.len);
        if (item->record.data == NULL)
            stop(batch->undoer, err_nomem(&err), &err);
    }
}

static void batch_advance(struct undo_batch *batch);

void undo_find_done(void *context, int rc, const struct err *err) {
    struct undo_batch *batch = context;

    batch->pending--;
    if (rc != RC_OK)
        stop(batch->undoer, rc, err);
    batch_advance(batch);
}

/* One list of the records. */
static int batch_list(struct undo_batch *batch, struct err *err) {
    const struct schema_attribute *id = schema_find(batch->schema, "id");
    struct find find = {
        .entity_type = schema_entity_type(batch->schema),
        .by = &batch->by,
        .by_count = 1,
        .values = batch->values,
        .select = batch->select,
        .record = take_record,
        .done = undo_find_done,
        .context = batch,
    };

    if (id == NULL)
        return err_set(err, RC_SERVER, "%s records have no id", find.entity_type);
    batch->by = id;
    for (size_t i = 0; i < batch->count; i++) {
        struct undo_item *item = &batch->items[i];
        if (!is_asked(item))
            continue;
        batch->values[find.count++] = slice_of(item->row->id);
        if (key_table_add(&batch->ids, &batch->arena, slice_of(item->row->id), item) < 0)
            return err_nomem(err);
    }
    if (find.count == 0)
        return 1;
    batch->pending++;
    if (finder_start(batch->undoer->finder, &find, err) == RC_OK)
        return 0;
    batch->pending--;
    return (int)err->rc;
}

/* Those of which a list shows too little. */
static int batch_read(struct undo_batch *batch, struct err *err) {
    struct undoer *undoer = batch->undoer;
    const struct find find = {
        .record = take_record, .done = undo_find_done, .context = batch};
    const char *type = schema_entity_type(batch->schema);
    int rc = 1;

    for (size_t i = 0; rc >= 0 && i < batch->count; i++) {
        struct undo_item *item = &batch->items[i];
        if (item->record.len == 0 || item->whole ||
            (!undo_needs_whole(batch->schema, item->wrote) &&
             !undo_needs_whole(batch->schema, item->image)))
            continue;
        item->whole = true;
        item->record = slice_make("", 0); /* it may be gone in between */
        batch->pending++;
        rc = finder_read(undoer->finder, type, slice_of(item->row->id), &find, err);
        if (rc < 0)
            batch->pending--;
    }
    if (rc < 0)
        return rc;
    return batch->pending > 0 ? 0 : 1;
}

static int note_found(void *context, uint64_t record) {
    (void)record;
    *(bool *)context = true;
    return RC_OK;
}

/* A record that would have been taken back in earnest does not count. */
static bool is_taken_back(const struct undoer *undoer, struct slice id) {
    struct arena arena = {0};
    const char *text = arena_copy(&arena, id.data, id.len);
    bool found = false;
    bool owned = undoer->options.pretend && text != NULL &&
                 journal_same_id(undoer->options.undo, text, UINT64_MAX >> 1, ROW_DELETED,
                                 note_found, &found, NULL) == RC_OK &&
                 journal_same_id(undoer->options.undo, text, UINT64_MAX >> 1, ROW_UPDATED,
                                 note_found, &found, NULL) == RC_OK &&
                 found;

    arena_fini(&arena);
    return owned;
}

static void take_user(void *context, struct slice record) {
    struct undo_batch *batch = context;
    struct slice user = id_of(record);
    struct json_member link;

    if (user.len == 0 || is_taken_back(batch->undoer, user) ||
        !json_find(record, batch->by->name, &link) || link.type != JSON_IS_STRING)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        struct undo_item *item = &batch->items[i];
        if (item->row->id != NULL && item->user == NULL &&
            json_string_holds(link.raw, slice_of(item->row->id)))
            item->user = arena_copy(&item->row->arena, user.data, user.len);
    }
}

/* Records of the run's entity type that refer to those of links, by one attribute after
 * the other. */
static int batch_users(struct undo_batch *batch, struct err *err) {
    const struct schema *schema = batch->undoer->schema;
    struct find find = {
        .entity_type = schema_entity_type(schema),
        .by = &batch->by,
        .by_count = 1,
        .values = batch->values,
        .select = batch->select,
        .record = take_user,
        .done = undo_find_done,
        .context = batch,
    };

    if (!batch->undoer->links)
        return 1;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->items[i].record.len > 0)
            batch->values[find.count++] = slice_of(batch->items[i].row->id);
    while (find.count > 0 && batch->link < schema_count(schema)) {
        const struct schema_attribute *def = schema_at(schema, batch->link++);
        if (def->type != ATTRIBUTE_ID || def->foreign == NULL ||
            def->lock == LOCK_FOREIGN || def->lock == LOCK_NOT_STORED ||
            strcmp(def->foreign, schema_entity_type(batch->schema)) != 0)
            continue;
        batch->by = def;
        batch->select[0] = "id";
        batch->select[1] = def->name;
        batch->select[2] = NULL;
        batch->pending++;
        if (finder_start(batch->undoer->finder, &find, err) == RC_OK)
            return 0;
        batch->pending--;
        return (int)err->rc;
    }
    return 1;
}

static int batch_decide(struct undo_batch *batch, struct err *err) {
    struct undoer *undoer = batch->undoer;
    size_t count = batch->count;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < count; i++)
        rc = undo_decide(undoer, batch, &batch->items[i], err);
    if (rc != RC_OK)
        return rc;
    batch->stage = UNDO_FREE;
    batch->count = 0;
    arena_reset(&batch->arena);
    for (size_t i = 0; i < count; i++) {
        struct row *row = batch->items[i].row;
        undoer->inside--;
        row->planning = false;
        undoer->source.planned(undoer->source.context, row);
    }
    return 0;
}

static void batch_advance(struct undo_batch *batch) {
    struct undoer *undoer = batch->undoer;
    struct err err = {0};

    while (undoer->rc == RC_OK && batch->pending == 0 && batch->stage != UNDO_FREE) {
        int rc = 1;
        switch (batch->stage) {
        case UNDO_LOST: rc = undo_ask_lost(batch, &err); break;
        case UNDO_LIST: rc = batch_list(batch, &err); break;
        case UNDO_READ: rc = batch_read(batch, &err); break;
        case UNDO_MARKS: rc = undo_ask_marks(batch, &err); break;
        case UNDO_USERS: rc = batch_users(batch, &err); break;
        case UNDO_DECIDE: rc = batch_decide(batch, &err); break;
        case UNDO_FREE: break;
        }
        if (rc < 0)
            stop(undoer, rc, &err);
        if (batch->stage == UNDO_FREE)
            return;
        if (rc == 1 || batch->stage == UNDO_LIST)
            batch->stage = (enum undo_stage)(batch->stage + 1);
        if (rc != 1)
            return;
    }
}

static int undoer_poll(struct import_source *source, struct err *err) {
    struct undoer *undoer = (struct undoer *)source;
    struct undo_batch *idle = NULL;
    struct err own = {0};

    for (size_t i = 0; i < UNDO_BATCHES; i++)
        if (undoer->batches[i].stage == UNDO_FREE)
            idle = &undoer->batches[i];
    if (undoer->rc == RC_OK && idle != NULL && undoer->waiting.count > 0 &&
        (undoer->waiting.count >= UNDO_BATCH || undoer->inside == 0)) {
        int rc = batch_fill(idle, &own);
        idle->stage = UNDO_LOST;
        if (rc != RC_OK)
            stop(undoer, rc, &own);
        batch_advance(idle);
    }
    if (undoer->rc != RC_OK && err != NULL)
        *err = undoer->err;
    return undoer->rc;
}

/* --- the run --- */

static int undoer_new(struct undoer **out, const struct undo_options *options, bool links,
                      bool admin, struct err *err) {
    static const struct import_source_ops ops = {.read = undoer_read,
                                                 .add = undoer_add,
                                                 .poll = undoer_poll,
                                                 .count = undoer_count};
    struct undoer *undoer = calloc(1, sizeof *undoer);
    int rc;

    *out = undoer;
    if (undoer == NULL)
        return err_nomem(err);
    undoer->source.ops = &ops;
    undoer->options = *options;
    undoer->links = links;
    undoer->admin = admin;
    undoer->next = 1;
    undoer->schema = site_schema(options->site, options->entity_type);
    for (size_t i = 0; i < UNDO_BATCHES; i++)
        undoer->batches[i].undoer = undoer;
    rc = finder_new(&undoer->finder, options->site,
                    schema_server(undoer->schema)->list_max_size, err);
    if (rc == RC_OK && links) /* they stand behind the rows */
        undoer->next = (uint64_t)journal_int(options->undo, "undo.rows") + 1;
    return rc;
}

static void undoer_free(struct undoer *undoer) {
    if (undoer == NULL)
        return;
    for (size_t i = 0; i < UNDO_BATCHES; i++)
        arena_fini(&undoer->batches[i].arena);
    finder_free(undoer->finder);
    free(undoer);
}

/* Says that all was done, and sends nothing. */
static int pretend_carry(struct engine *engine, struct write *const *writes, size_t count,
                         struct err *err) {
    const struct outcome outcome = {.kind = OUTCOME_STORED, .field = "", .message = ""};

    (void)engine;
    (void)err;
    for (size_t i = 0; i < count; i++)
        writes[i]->done(writes[i], &outcome);
    return RC_OK;
}

static void pretend_free(struct engine *engine) {
    free(engine);
}

static int pretend_new(struct engine **out, struct err *err) {
    static const struct engine_ops ops = {
        .name = "none", .carry = pretend_carry, .free = pretend_free};

    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return err_nomem(err);
    (*out)->ops = &ops;
    return RC_OK;
}

static int undo_part(const struct undo_options *undo, const struct import_options *base,
                     bool links, bool admin, struct tally *tally, struct err *err) {
    struct import_options options = *base;
    struct engine *engine = NULL;
    struct undoer *undoer = NULL;
    int rc = undo->pretend ? pretend_new(&engine, err)
                           : engine_rest_new(&engine, site_courier(undo->site), err);

    if (rc == RC_OK)
        rc = undoer_new(&undoer, undo, links, admin, err);
    options.journal = undo->undo;
    options.site = undo->site;
    options.engine = engine;
    options.source = undoer == NULL ? NULL : &undoer->source;
    if (rc == RC_OK)
        rc = importer_run(&options, tally, err);
    undoer_free(undoer);
    engine_free(engine);
    return rc;
}

int undo_run(const struct undo_options *undo, const struct import_options *options,
             struct tally *tally, struct err *err) {
    bool admin = false;
    int rc = undo_check_rights(undo, &admin, err);

    if (rc == RC_OK)
        rc = undo_part(undo, options, false, admin, tally, err);
    if (rc == RC_OK && tally->unprocessed + tally->unknown > 0 && options->limit == 0)
        rc = undo_part(undo, options, true, admin, tally, err);
    return rc;
}
