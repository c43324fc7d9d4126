/* planner_decide.c - what is to be done with a row, once it is known what the CRM holds.
 */
#include "flow/planner_private.h"

#include "flow/hidden.h"
#include "flow/unkept.h"

#include <string.h>

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

/* Was the record deleted by this run, whose answer was lost? 1 with its id, which an undo
 * needs, 0, or < 0. */
static int item_gone(const struct batch *batch, struct item *item) {
    struct journal *journal = batch->planner->options.journal;
    struct plan *plan = item->row->plan;
    struct buf id = {.max = 1024};
    struct err err = {0};
    int rc = 0;

    if (journal != NULL && mapping_operation(item_mapping(batch)) == OPERATION_DELETE)
        rc = journal_get_image_id(journal, item->row->number, &id, &err);
    if (rc < 0)
        planner_fail(batch->planner, rc, &err); /* the reason that is told */
    if (rc == 1) {
        plan->action = PLAN_GONE;
        plan->id = arena_copy(&item->row->arena, buf_text(&id), id.len);
        rc = plan->id == NULL ? RC_NOMEM : 1;
    }
    buf_fini(&id);
    return rc;
}

/* A record that this run has made, or may have, and that the role does not show: 1 where
 * the row is about the same one by one of the first `rules` rules, 0, or < 0. */
static int item_hidden(struct batch *batch, struct item *item, size_t rules) {
    struct planner *planner = batch->planner;
    struct row *row = item->row;
    struct journal_row earlier;
    struct err err = {0};
    const char *message;
    size_t rule;
    int rc = 0;

    if (planner->options.journal != NULL && !planner->policy.blind)
        rc = hidden_find(planner->options.journal, planner->options.job, row, rules,
                         &rule, &earlier, &err);
    if (rc < 0)
        planner_fail(planner, rc, &err); /* the reason that is told */
    if (rc != 1)
        return rc;
    message = arena_format(
        &row->arena,
        "line %llu of the file is about the same record%s%s, which your role %s",
        (unsigned long long)earlier.line, earlier.id == NULL ? "" : " ",
        earlier.id == NULL ? "" : earlier.id,
        earlier.state == ROW_CREATED ? "does not show" : "would not show");
    row->plan->repeats = earlier.line;
    item->rule = rule;
    if (message == NULL)
        return RC_NOMEM;
    if (planner->policy.on_repeat != ON_REPEAT_FIRST) {
        rc = item_fail(batch, item, REASON_REPEATED, message);
        return rc == RC_OK ? 1 : rc;
    }
    row->plan->action = PLAN_SKIP;
    row->plan->reason = REASON_REPEATED;
    row->plan->message = message;
    return 1;
}

static int item_none(struct batch *batch, struct item *item) {
    const struct mapping *mapping = item_mapping(batch);
    struct row *row = item->row;
    const char *message;
    int rc = item_gone(batch, item);

    if (rc != 0)
        return rc < 0 ? rc : RC_OK;
    if (mapping_operation(mapping) == OPERATION_CREATE ||
        (mapping_operation(mapping) == OPERATION_UPSERT && !item->by_id)) {
        rc = item_hidden(batch, item, NO_RULE);
        if (rc != 0)
            return rc < 0 ? rc : RC_OK;
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
        message = "of each match rule a cell is empty in the row";
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

    (void)buf_append_text(&words, "only EspoCRM's database takes these for equal (it "
                                  "ignores accents, for example): ");
    found_append(&item->found, &words);
    message = arena_copy(&item->row->arena, buf_text(&words), words.len);
    buf_fini(&words);
    return message == NULL ? RC_NOMEM
                           : item_fail(batch, item, REASON_MATCH_LOOSE, message);
}

static int item_update(struct batch *batch, struct item *item) {
    const struct job *job = batch->planner->options.job;
    size_t count = 0;
    const struct schema_attribute *const *keys =
        program_match(job->program, item->rule, &count);

    return planner_change(item->row, job->schema, item->found.first->record, keys, count);
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
            arena_format(&row->arena, "%s (for the database only)", plan->matched_by);
    if (plan->id == NULL || plan->matched_by == NULL)
        return RC_NOMEM;
    if (row->was_doubtful && row->made_id != NULL &&
        strcmp(plan->id, row->made_id) == 0) {
        plan->action = PLAN_OWN; /* it came in the meantime */
        plan->image = found->record;
        plan->id = NULL;
        return RC_OK;
    }
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

/* The record that EspoCRM has named, as it is now. */
static int item_known(struct batch *batch, struct item *item) {
    struct row *row = item->row;
    const struct schema_attribute *key = row->known_by;

    row->plan->id = row->known_id;
    row->plan->matched_by = key->name;
    row->known_id = NULL;
    return planner_change(row, batch->planner->options.job->schema,
                          item->found.first->record, &key, 1);
}

/* The record is there, whatever has become of what its links name. */
static int item_take_own(struct item *item) {
    struct row *row = item->row;

    row->record.error_count = 0;
    row->plan->action = PLAN_OWN;
    row->plan->image = item->found.first->record;
    return unkept_sort(row, slice_make(NULL, 0));
}

static int item_choose(struct batch *batch, struct item *item) {
    struct row *row = item->row;
    size_t found = item->found.count > 0 ? item->found.count : item->found.loose;
    int rc;

    if (!item->own && row->record.error_count == 0 && row->plan != NULL)
        return RC_OK; /* the look-up of a link says skip */
    row->plan = arena_zalloc(&row->arena, sizeof *row->plan);
    if (row->plan == NULL)
        return RC_NOMEM;
    row->plan->matchable = item->applied;
    if (item->own)
        return item_take_own(item);
    if (row->record.error_count > 0) {
        row->plan->action = PLAN_FAIL;
        return RC_OK;
    }
    if (unkept_sort(row, slice_make(NULL, 0)) < 0)
        return RC_NOMEM;
    if (item->settle) {
        row->plan->action = PLAN_SETTLE;
        return RC_OK;
    }
    if (row->known_id != NULL && found > 0)
        return item_known(batch, item);
    row->known_id = NULL;
    if (item->rule == NO_RULE || found == 0)
        return item_none(batch, item);
    rc = item_hidden(batch, item, item->rule); /* which would have come first */
    if (rc != 0)
        return rc < 0 ? rc : RC_OK;
    if (found > 1 && batch->planner->policy.on_many != ON_MANY_FIRST)
        return item_many(batch, item);
    return item_one(batch, item);
}

int item_decide(struct batch *batch, struct item *item) {
    int rc = item_choose(batch, item);

    return rc == RC_OK ? item_keep_flags(batch, item) : rc;
}
