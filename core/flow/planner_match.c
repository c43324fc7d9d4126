/* planner_match.c - the ladder: which record each row is about.
 *
 * Rule by rule: the rows that no rule above has placed, and whose cells of this rule are
 * all filled, are asked for together.
 */
#include "flow/planner_private.h"

#include <string.h>

enum { LIST_TEXT_MAX = 9000 }; /* a list cuts texts at 10,000 characters */

static const struct attribute *row_value(const struct row *row,
                                         const struct schema_attribute *def) {
    const struct record *record = &row->record;

    for (size_t i = 0; i < record->count; i++)
        if (record->attributes[i].def == def)
            return &record->attributes[i];
    for (size_t i = 0; i < record->key_count; i++)
        if (record->keys[i].def == def)
            return &record->keys[i];
    return NULL;
}

/* The values of a rule's cells; false when one is empty. */
static bool rule_values(const struct batch *batch, const struct row *row,
                        struct slice *values) {
    for (size_t k = 0; k < batch->by_count; k++) {
        const struct attribute *a = row_value(row, batch->by[k]);
        if (a == NULL || (a->value.kind != VALUE_STRING && a->value.kind != VALUE_NUMBER))
            return false;
        values[k] = slice_trim(a->value.text);
        if (values[k].len == 0)
            return false;
    }
    return true;
}

static void match_claim(struct batch *batch, void *owner, struct slice record,
                        bool loosely) {
    struct item *item = owner;
    struct err err = {0};

    item->rule = batch->rule;
    if (found_add(&item->found, &item->row->arena, record, loosely) < 0)
        planner_fail(batch->planner, err_nomem(&err), &err);
}

static int ask_rule(struct batch *batch, struct err *err) {
    struct job *job = batch->planner->options.job;
    size_t count;
    const struct schema_attribute *const *by =
        program_match(job->program, batch->rule, &count);
    struct slice *values = arena_alloc(&batch->arena, (count + 1) * sizeof *values);

    find_begin(batch, mapping_entity_type(job->mapping), by, count,
               batch->planner->select);
    batch->claim = match_claim;
    for (size_t i = 0; values != NULL && i < batch->count; i++) {
        struct item *item = &batch->items[i];
        if (item->settle || item->own || item->row->record.error_count > 0 ||
            item->rule != NO_RULE || item->row->known_id != NULL ||
            !rule_values(batch, item->row, values))
            continue;
        item->applied = true;
        if (count == 1 && strcmp(by[0]->name, "id") == 0)
            item->by_id = true;
        if (find_key(batch, values, item) < 0)
            return err_nomem(err);
    }
    if (values == NULL)
        return err_nomem(err);
    return batch->value_count == 0 ? 1 : find_start(batch, err);
}

int batch_ask_matches(struct batch *batch, struct err *err) {
    const struct program *program = batch->planner->options.job->program;
    size_t count;
    int rc = find_read_addresses(batch, err);

    if (batch->planner->policy.blind)
        return rc;
    while (rc == 1 && ++batch->rule != NO_RULE &&
           program_match(program, batch->rule, &count) != NULL)
        rc = ask_rule(batch, err);
    return rc;
}

static void read_record(void *context, struct slice record) {
    struct item *item = context;
    struct found_list whole = {0};

    if (found_add(&whole, &item->row->arena, record, false) == RC_OK &&
        whole.first != NULL) {
        whole.first->loosely = item->found.first->loosely;
        item->found.first = whole.first;
        item->whole = true;
    }
}

static bool holds_long_text(struct slice record) {
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_object(&cursor, record) < 0)
        return false;
    while (json_cursor_next(&cursor, &member) == 1)
        if (member.type == JSON_IS_STRING && member.raw.len > LIST_TEXT_MAX)
            return true;
    return false;
}

/* May the addresses of a row change something? No list shows all of a record's. */
static bool writes_addresses(const struct batch *batch, const struct item *item) {
    const struct record *record = &item->row->record;

    if (batch->planner->policy.on_match != ON_MATCH_UPDATE)
        return false;
    for (size_t i = 0; i < record->count; i++)
        if (record->attributes[i].value.kind == VALUE_ADDRESSES)
            return true;
    return false;
}

/* A record that is deleted is kept whole, to be given back; a long text is cut in a
 * list. */
static bool needs_whole(const struct batch *batch, const struct item *item) {
    if (item->own || item->whole || item->found.count != 1)
        return false;
    if (item->row->known_id != NULL ||
        mapping_operation(batch->planner->options.job->mapping) == OPERATION_DELETE)
        return true;
    return writes_addresses(batch, item) || holds_long_text(item->found.first->record);
}

/* One read of a row, with the batch that waits for it. */
struct reading {
    struct batch *batch;
    struct item *item;
};

static void reading_record(void *context, struct slice record) {
    read_record(((struct reading *)context)->item, record);
}

static void reading_done(void *context, int rc, const struct err *err) {
    struct reading *reading = context;

    if (rc == RC_OK && !reading->item->whole) { /* it has just been deleted */
        reading->item->found.count = 0;
        reading->item->rule = NO_RULE;
    }
    batch_settle(reading->batch, rc, err);
}

static void keep_oldest(struct item *item) {
    struct found *oldest = found_oldest(&item->found);

    if (oldest == NULL)
        return;
    oldest->next = NULL;
    item->found = (struct found_list){
        .first = oldest, .count = !oldest->loosely, .loose = oldest->loosely};
}

int batch_read_records(struct batch *batch, struct err *err) {
    const char *entity_type = mapping_entity_type(batch->planner->options.job->mapping);
    bool any = false;
    int rc = RC_OK;

    if (batch->planner->policy.on_many == ON_MANY_FIRST)
        for (size_t i = 0; i < batch->count; i++)
            keep_oldest(&batch->items[i]);
    batch->pending++; /* until all of them have been started */
    for (size_t i = 0; rc == RC_OK && i < batch->count; i++) {
        struct item *item = &batch->items[i];
        struct reading *reading;
        struct find find = {.record = reading_record, .done = reading_done};
        if (!needs_whole(batch, item))
            continue;
        any = true;
        reading = arena_alloc(&batch->arena, sizeof *reading);
        if (reading == NULL) {
            rc = err_nomem(err);
            break;
        }
        *reading = (struct reading){batch, item};
        find.context = reading;
        batch->pending++;
        rc = finder_read(batch->planner->finder, entity_type, item->found.first->id,
                         &find, err);
        if (rc != RC_OK)
            batch->pending--;
    }
    batch->pending--;
    return rc < 0 ? rc : any ? 0 : 1;
}
