/* planner_decide.c - what is to be done with a row, once it is known what the CRM holds.
 */
#include "flow/planner_private.h"

#include "model/convert.h"
#include "plan/change.h"

#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 64 * 1024 * 1024 };

int row_add_error(struct row *row, enum reason reason, size_t column, const char *field,
                  struct slice value, const char *message) {
    size_t count = row->record.error_count;
    struct row_error *all = arena_alloc(&row->arena, (count + 1) * sizeof *all);

    if (all == NULL || message == NULL)
        return RC_NOMEM;
    if (count > 0)
        memcpy(all, row->record.errors, count * sizeof *all);
    all[count] = (struct row_error){.reason = reason,
                                    .column = column,
                                    .field = field,
                                    .value = value,
                                    .message = message};
    row->record.errors = all;
    row->record.error_count = count + 1;
    return RC_OK;
}

static const struct mapping *item_mapping(const struct batch *batch) {
    return batch->planner->options.job->mapping;
}

/* The first cell that the row was matched by: where to look in the file. */
static const struct attribute *match_cell(const struct batch *batch,
                                          const struct item *item) {
    const struct record *record = &item->row->record;
    size_t count = 0;
    const struct schema_attribute *const *by =
        program_match(batch->planner->options.job->program,
                      item->rule == NO_RULE ? 0 : item->rule, &count);

    for (size_t k = 0; by != NULL && k < count; k++) {
        for (size_t i = 0; i < record->count; i++)
            if (record->attributes[i].def == by[k])
                return &record->attributes[i];
        for (size_t i = 0; i < record->key_count; i++)
            if (record->keys[i].def == by[k])
                return &record->keys[i];
    }
    return NULL;
}

static int item_fail(const struct batch *batch, struct item *item, enum reason reason,
                     const char *message) {
    const struct attribute *cell = match_cell(batch, item);
    struct slice value = cell == NULL ? slice_make("", 0) : cell->value.text;

    item->row->plan->action = PLAN_FAIL;
    return row_add_error(item->row, reason, cell == NULL ? NO_COLUMN : cell->column,
                         cell == NULL ? "" : cell->def->name, value, message);
}

/* "emailAddress", "firstName + lastName". */
static const char *rule_name(const struct batch *batch, size_t rule,
                             struct arena *arena) {
    char room[256];
    struct buf name = {.data = room, .cap = sizeof room, .max = sizeof room - 1};
    size_t count;
    const struct schema_attribute *const *by =
        program_match(batch->planner->options.job->program, rule, &count);

    room[0] = '\0';
    for (size_t k = 0; k < count; k++)
        (void)buf_append_format(&name, "%s%s", k > 0 ? " + " : "", by[k]->name);
    return arena_copy(arena, room, strlen(room));
}

static int item_none(struct batch *batch, struct item *item) {
    const struct mapping *mapping = item_mapping(batch);
    struct row *row = item->row;
    const char *message;
    int rc;

    if (mapping_operation(mapping) == OPERATION_DELETE &&
        batch->planner->options.journal != NULL &&
        journal_has_image(batch->planner->options.journal, row->number)) {
        row->plan->action = PLAN_GONE; /* it was deleted by this run */
        return RC_OK;
    }
    if (mapping_operation(mapping) == OPERATION_CREATE ||
        (mapping_operation(mapping) == OPERATION_UPSERT && !item->by_id)) {
        row->plan->action = PLAN_CREATE;
        if (mapping_operation(mapping) == OPERATION_CREATE)
            return RC_OK;
        rc = program_require(batch->planner->options.job->program, &row->arena,
                             &row->record);
        if (row->record.error_count > 0)
            row->plan->action = PLAN_FAIL;
        return rc;
    }
    if (item->by_id)
        message = arena_format(&row->arena,
                               "no %s has this id: it was deleted, or this user may not "
                               "see it; empty the cell if it is to be created",
                               mapping_entity_type(mapping));
    else if (item->applied)
        message = arena_format(&row->arena, "no %s in EspoCRM matches the row",
                               mapping_entity_type(mapping));
    else
        message = "all cells that the row could be matched by are empty";
    return item_fail(batch, item, REASON_MATCH_NONE, message);
}

static int item_many(struct batch *batch, struct item *item) {
    struct row *row = item->row;
    struct buf words = {.max = 1000};
    const char *message;

    (void)buf_append_format(&words, "%zu records match by %s: ", item->found.count,
                            rule_name(batch, item->rule, &row->arena));
    found_append(&item->found, &words);
    message = arena_copy(&row->arena, buf_text(&words), words.len);
    buf_fini(&words);
    if (message == NULL)
        return RC_NOMEM;
    if (batch->planner->policy.on_many == ON_MANY_ERROR)
        return item_fail(batch, item, REASON_MATCH_MANY, message);
    row->plan->action = PLAN_SKIP;
    row->plan->reason = REASON_MATCH_MANY;
    row->plan->message = message;
    return RC_OK;
}

/* "EspoCRM holds this record already: 64f.. (Ada Lovelace), matched by emailAddress" */
static const char *describe(const struct item *item) {
    struct buf words = {.max = 1000};
    const char *message;

    (void)buf_append_text(&words, "EspoCRM holds this record already: ");
    found_append(&item->found, &words);
    (void)buf_append_format(&words, ", matched by %s", item->row->plan->matched_by);
    message = arena_copy(&item->row->arena, buf_text(&words), words.len);
    buf_fini(&words);
    return message;
}

static int item_loose(struct batch *batch, struct item *item) {
    struct buf words = {.max = 1000};
    const char *message;

    (void)buf_append_text(&words, "matched by collation only, which takes letters with "
                                  "and without accents for equal: ");
    found_append(&item->found, &words);
    message = arena_copy(&item->row->arena, buf_text(&words), words.len);
    buf_fini(&words);
    return message == NULL ? RC_NOMEM
                           : item_fail(batch, item, REASON_MATCH_LOOSE, message);
}

/* Is the row newer than the record, by the column that is mapped to modifiedAt? */
static bool is_newer(const struct row *row, struct slice record) {
    struct json_member modified;

    if (!json_find(record, "modifiedAt", &modified) || modified.raw.len < 2)
        return false;
    for (size_t i = 0; i < row->record.key_count; i++) {
        const struct attribute *key = &row->record.keys[i];
        struct slice text = key->value.text;
        size_t len = modified.raw.len - 2;
        if (strcmp(key->def->name, "modifiedAt") != 0)
            continue;
        if (text.len < len)
            len = text.len;
        return memcmp(text.data, modified.raw.data + 1, len) > 0;
    }
    return false;
}

static int item_conflict(struct item *item, const struct change *change,
                         struct slice record) {
    struct row *row = item->row;
    const struct attribute *a = change->conflict;
    struct json_member member = {.raw = {NULL, 0}};
    const char *message;

    (void)json_find(record, a->def->name, &member);
    message = arena_format(&row->arena, "the record holds %s already, not %s",
                           convert_show(member.raw, &row->arena),
                           convert_show(a->value.text, &row->arena));
    row->plan->action = PLAN_FAIL;
    return row_add_error(row, REASON_CONFLICT, a->column, a->def->name, a->value.text,
                         message);
}

static int item_update(struct batch *batch, struct item *item) {
    struct row *row = item->row;
    struct plan *plan = row->plan;
    struct buf image = {.max = IMAGE_MAX};
    size_t keys = 0;
    struct change_request request = {
        .record = item->found.first->record,
        .attributes = row->record.attributes,
        .count = row->record.count,
        .newer = is_newer(row, item->found.first->record),
    };
    struct change change = {
        .changed =
            arena_alloc(&row->arena, (row->record.count + 1) * sizeof *change.changed),
        .added = arena_alloc(&row->arena, (row->record.count + 1) * sizeof *change.added),
    };
    int rc = RC_NOMEM;

    request.keys = program_match(batch->planner->options.job->program, item->rule, &keys);
    request.key_count = keys;
    if (change.changed != NULL && change.added != NULL)
        rc = change_find(&request, &row->arena, &change, &image);
    if (rc == RC_OK && change.conflict != NULL) {
        rc = item_conflict(item, &change, request.record);
    } else if (rc == RC_OK) {
        plan->action =
            change.count + change.added_count > 0 ? PLAN_UPDATE : PLAN_UNCHANGED;
        plan->changed = change.changed;
        plan->changed_count = change.count;
        plan->added = change.added;
        plan->added_count = change.added_count;
        plan->version = change.version;
        plan->image =
            slice_make(arena_copy(&row->arena, image.data, image.len), image.len);
        rc = plan->image.data == NULL ? RC_NOMEM : RC_OK;
    }
    buf_fini(&image);
    return rc;
}

/* An earlier row of this file was about the same record. */
static int item_repeated(struct batch *batch, struct item *item) {
    enum mapping_on_repeat rule = batch->planner->policy.on_repeat;
    struct plan *plan = item->row->plan;
    char *message = arena_format(&item->row->arena,
                                 "line %llu of the file is about the same record %s",
                                 (unsigned long long)plan->repeats, plan->id);

    if (message == NULL)
        return RC_NOMEM;
    if (rule == ON_REPEAT_ERROR)
        return item_fail(batch, item, REASON_REPEATED, message);
    if (rule != ON_REPEAT_FIRST)
        return 1;
    plan->action = PLAN_SKIP;
    plan->reason = REASON_REPEATED;
    plan->message = message;
    return RC_OK;
}

static int item_one(struct batch *batch, struct item *item) {
    const struct mapping *mapping = item_mapping(batch);
    struct journal *journal = batch->planner->options.journal;
    struct row *row = item->row;
    const struct found *found = found_oldest(&item->found);
    struct plan *plan = row->plan;

    item->found.first = arena_alloc(&row->arena, sizeof *item->found.first);
    if (item->found.first == NULL)
        return RC_NOMEM;
    *item->found.first = *found;
    item->found.first->next = NULL;
    plan->id = arena_copy(&row->arena, found->id.data, found->id.len);
    plan->loosely = found->loosely;
    plan->matched_by = rule_name(batch, item->rule, &row->arena);
    if (found->loosely && plan->matched_by != NULL)
        plan->matched_by =
            arena_format(&row->arena, "%s (collation only)", plan->matched_by);
    if (plan->id == NULL || plan->matched_by == NULL)
        return RC_NOMEM;
    if (journal != NULL)
        plan->repeats = journal_other_owner(journal, plan->id, row->number);
    if (plan->repeats != 0) {
        int rc = item_repeated(batch, item);
        if (rc != 1)
            return rc;
    }
    if (mapping_operation(mapping) != OPERATION_DELETE) {
        if (batch->planner->policy.on_match == ON_MATCH_ERROR)
            return item_fail(batch, item, REASON_DUPLICATE, describe(item));
        if (batch->planner->policy.on_match == ON_MATCH_SKIP) {
            plan->action = PLAN_SKIP;
            return RC_OK;
        }
    }
    if (found->loosely)
        return item_loose(batch, item);
    if (mapping_operation(mapping) != OPERATION_DELETE)
        return item_update(batch, item);
    plan->action = PLAN_DELETE;
    plan->image = found->record;
    return RC_OK;
}

int item_decide(struct batch *batch, struct item *item) {
    struct row *row = item->row;
    size_t found = item->found.count > 0 ? item->found.count : item->found.loose;

    if (row->record.error_count > 0 || row->plan == NULL) {
        row->plan = arena_zalloc(&row->arena, sizeof *row->plan);
        if (row->plan == NULL)
            return RC_NOMEM;
    } else {
        return RC_OK; /* the look-up of a link says skip */
    }
    row->plan->matchable = item->applied;
    if (row->record.error_count > 0) {
        row->plan->action = PLAN_FAIL;
        return RC_OK;
    }
    if (item->settle) {
        row->plan->action = PLAN_SETTLE;
        return RC_OK;
    }
    if (item->rule == NO_RULE || found == 0)
        return item_none(batch, item);
    if (found > 1 && batch->planner->policy.on_many != ON_MANY_FIRST)
        return item_many(batch, item);
    return item_one(batch, item);
}
