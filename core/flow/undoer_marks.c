/* undoer_marks.c - keeps what is recorded of addresses that records get back.
 *
 * EspoCRM keeps an address once, with its marks, for all records that have it, and a PUT
 * that says nothing of marks writes over them (planner_flags.c). Somebody may have opted
 * out since the run: whoever has the address now is asked.
 */
#include "flow/undoer_private.h"

#include "flow/address_kind.h"
#include "model/address.h"
#include "model/json.h"
#include "model/json_attribute.h"

#include <string.h>

/* --- which --- */

static int add_mark(struct undo_item *item, size_t kind, struct slice text) {
    struct undo_mark *mark = arena_zalloc(&item->row->arena, sizeof *mark);

    if (mark == NULL)
        return RC_NOMEM;
    *mark = (struct undo_mark){.next = item->marks, .kind = kind, .text = text};
    item->marks = mark;
    return RC_OK;
}

/* The addresses that the record had before. */
static int collect(struct undo_batch *batch, struct undo_item *item) {
    struct arena *arena = &item->row->arena;
    int rc = RC_OK;

    for (size_t kind = 0; rc == RC_OK && kind < ADDRESS_KIND_COUNT; kind++) {
        const struct schema_attribute *def =
            schema_find(batch->schema, address_kinds[kind].name);
        struct json_member member;
        struct attribute plain;
        struct address *list;
        size_t count = 0;
        if (def == NULL)
            continue;
        if (json_find(item->image, address_kinds[kind].name, &member) &&
            member.type == JSON_IS_STRING) {
            rc = json_read_attribute(def, &member, arena, &plain);
            if (rc == RC_OK && plain.value.text.len > 0)
                rc = add_mark(item, kind, plain.value.text);
        }
        if (rc == RC_OK && json_find(item->image, address_kinds[kind].data, &member) &&
            address_read(member.raw, address_kinds[kind].name, arena, &list, &count) ==
                RC_OK)
            for (size_t i = 0; rc == RC_OK && i < count; i++)
                rc = add_mark(item, kind, list[i].text);
    }
    return rc == RC_NOMEM ? RC_NOMEM : RC_OK;
}

/* --- what is recorded --- */

/* One address of a record; true where somebody gets it back. */
static bool take_one(struct undo_batch *batch, size_t kind, struct slice raw,
                     bool opted_out, bool invalid) {
    struct buf text = {.max = 4096};
    bool found = false;

    for (size_t i = 0; json_unescape(&text, raw) == RC_OK && i < batch->count; i++) {
        for (struct undo_mark *m = batch->items[i].marks; m != NULL; m = m->next) {
            if (m->kind != kind || !address_equal(m->text, buf_slice(&text)))
                continue;
            m->opted_out = m->opted_out || opted_out;
            m->invalid = m->invalid || invalid;
            found = true;
        }
        buf_reset(&text);
    }
    buf_fini(&text);
    return found;
}

static void take_list(struct undo_batch *batch, size_t kind, struct slice list) {
    struct json_cursor cursor;
    struct json_member element, text;

    if (json_cursor_array(&cursor, list) < 0)
        return;
    while (json_cursor_next(&cursor, &element) == 1)
        if (json_find(element.raw, address_kinds[kind].name, &text) &&
            text.type == JSON_IS_STRING)
            (void)take_one(batch, kind, text.raw, json_has_true(element.raw, "optOut"),
                           json_has_true(element.raw, "invalid"));
}

/* A list shows the marks of the one address that it shows; a whole record those of all:
 * one that has the address as a further one is read. */
static void take_record(void *context, struct slice record) {
    struct undo_batch *batch = context;
    size_t kind = (batch->mark_step - 1) % ADDRESS_KIND_COUNT;
    struct json_member list, plain, id;

    if (json_find(record, address_kinds[kind].data, &list)) {
        take_list(batch, kind, list.raw);
        return;
    }
    if (json_find(record, address_kinds[kind].name, &plain) &&
        plain.type == JSON_IS_STRING &&
        take_one(batch, kind, plain.raw,
                 json_has_true(record, address_kinds[kind].opted_out),
                 json_has_true(record, address_kinds[kind].invalid)))
        return;
    if (batch->to_read_count < UNDO_BATCH && json_find(record, "id", &id) &&
        id.raw.len > 2)
        batch->to_read[batch->to_read_count++] = slice_make(
            arena_copy(&batch->arena, id.raw.data + 1, id.raw.len - 2), id.raw.len - 2);
}

static const char *owner_at(const struct undo_batch *batch, size_t step) {
    return address_owner(batch->undoer->options.site, schema_entity_type(batch->schema),
                         step);
}

static int ask_list(struct undo_batch *batch, const char *type, size_t kind,
                    struct err *err) {
    size_t most = 0, count = 0;
    struct slice *values;
    struct find find = {.entity_type = type,
                        .by = &batch->by,
                        .by_count = 1,
                        .select = address_kinds[kind].select,
                        .record = take_record,
                        .done = undo_find_done,
                        .context = batch};

    batch->by = schema_find(batch->schema, address_kinds[kind].name);
    if (batch->by == NULL ||
        schema_find(batch->schema, address_kinds[kind].opted_out) == NULL)
        return 1;
    for (size_t i = 0; i < batch->count; i++)
        for (struct undo_mark *m = batch->items[i].marks; m != NULL; m = m->next)
            most += m->kind == kind;
    if (most == 0)
        return 1;
    values = arena_alloc(&batch->arena, most * sizeof *values);
    if (values == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < batch->count; i++)
        for (struct undo_mark *m = batch->items[i].marks; m != NULL; m = m->next)
            if (m->kind == kind)
                values[count++] = m->text;
    find.values = values;
    find.count = count;
    batch->pending++;
    if (finder_start(batch->undoer->finder, &find, err) == RC_OK)
        return 0;
    batch->pending--;
    return (int)err->rc;
}

static int read_whole(struct undo_batch *batch, struct err *err) {
    const struct find find = {
        .record = take_record, .done = undo_find_done, .context = batch};
    const char *type = owner_at(batch, (batch->mark_step - 1) / ADDRESS_KIND_COUNT);
    int rc = RC_OK;

    while (rc == RC_OK && batch->to_read_count > 0) {
        struct slice id = batch->to_read[--batch->to_read_count];
        if (id.data == NULL)
            return err_nomem(err);
        batch->pending++;
        rc = finder_read(batch->undoer->finder, type, id, &find, err);
        if (rc != RC_OK)
            batch->pending--;
    }
    return rc;
}

int undo_ask_marks(struct undo_batch *batch, struct err *err) {
    int rc = 1;

    if (batch->mark_step == 0)
        for (size_t i = 0; i < batch->count; i++)
            if (batch->items[i].record.len > 0 && collect(batch, &batch->items[i]) < 0)
                return err_nomem(err);
    if (batch->to_read_count > 0)
        return read_whole(batch, err);
    while (rc == 1 && batch->mark_step < ADDRESS_OWNER_STEPS * ADDRESS_KIND_COUNT) {
        size_t step = batch->mark_step++;
        const char *type = owner_at(batch, step / ADDRESS_KIND_COUNT);
        if (type != NULL)
            rc = ask_list(batch, type, step % ADDRESS_KIND_COUNT, err);
    }
    return rc;
}

/* --- what is sent --- */

static const struct undo_mark *mark_of(const struct undo_item *item, size_t kind,
                                       struct slice text) {
    for (const struct undo_mark *m = item->marks; m != NULL; m = m->next)
        if (m->kind == kind && address_equal(m->text, text))
            return m;
    return NULL;
}

static struct attribute *restored(struct undo_change *change, const char *name) {
    for (size_t i = 0; i < change->count; i++)
        if (strcmp(change->restore[i].def->name, name) == 0)
            return &change->restore[i];
    return NULL;
}

static void drop(struct undo_change *change, const char *name) {
    struct attribute *found = restored(change, name);

    if (found != NULL)
        *found = change->restore[--change->count];
}

/* The mark of a plain address goes along in any case. */
static void put_mark(struct undo_batch *batch, const struct undo_item *item,
                     struct undo_change *change, const char *name, bool recorded) {
    const struct schema_attribute *def = schema_find(batch->schema, name);
    struct attribute *mark = restored(change, name);

    if (def == NULL)
        return;
    if (mark == NULL)
        mark = &change->restore[change->count++];
    *mark = (struct attribute){
        .def = def,
        .column = NO_COLUMN,
        .value = {.kind = VALUE_BOOL,
                  .boolean = recorded || json_has_true(item->image, name)}};
}

static int keep_list(const struct undo_item *item, size_t kind, struct attribute *list) {
    struct value *value = &list->value;
    struct address *all =
        arena_alloc(&item->row->arena, (value->item_count + 1) * sizeof *all);

    if (all == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < value->item_count; i++) {
        const struct undo_mark *mark = mark_of(item, kind, value->addresses[i].text);
        all[i] = value->addresses[i];
        all[i].opted_out = all[i].opted_out || (mark != NULL && mark->opted_out);
        all[i].invalid = all[i].invalid || (mark != NULL && mark->invalid);
    }
    value->addresses = all;
    return RC_OK;
}

int undo_keep_marks(struct undo_batch *batch, struct undo_item *item,
                    struct undo_change *change) {
    for (size_t kind = 0; kind < ADDRESS_KIND_COUNT; kind++) {
        struct attribute *plain = restored(change, address_kinds[kind].name);
        struct attribute *list = restored(change, address_kinds[kind].data);
        const struct undo_mark *mark;
        if (list != NULL && list->value.kind == VALUE_ADDRESSES &&
            keep_list(item, kind, list) < 0)
            return RC_NOMEM;
        if (plain == NULL)
            continue;
        if (plain->value.kind == VALUE_NULL || plain->value.text.len == 0) {
            drop(change, address_kinds[kind].opted_out); /* of no address */
            drop(change, address_kinds[kind].invalid);
            continue;
        }
        mark = mark_of(item, kind, plain->value.text);
        put_mark(batch, item, change, address_kinds[kind].opted_out,
                 mark != NULL && mark->opted_out);
        put_mark(batch, item, change, address_kinds[kind].invalid,
                 mark != NULL && mark->invalid);
    }
    return RC_OK;
}
