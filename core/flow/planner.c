/* planner.c - batches of rows, step by step, as many at a time as keeps the wire busy.
 *
 * Promises that every row that was taken is handed back once, in the order of its batch,
 * and that no two rows that are about one record are with the owner at the same time.
 */
#include "flow/planner.h"

#include "base/digest.h"
#include "flow/planner_private.h"

#include <stdlib.h>
#include <string.h>

bool planner_is_needed(const struct job *job) {
    size_t count;

    return program_match(job->program, 0, &count) != NULL ||
           program_lookup(job->program, 0) != NULL;
}

void planner_fail(struct planner *planner, int rc, const struct err *err) {
    if (planner->rc != RC_OK)
        return;
    planner->rc = rc;
    planner->err = *err;
}

static void select_add(const char **select, size_t *n, const char *name) {
    for (size_t i = 0; i < *n; i++)
        if (strcmp(select[i], name) == 0)
            return;
    select[(*n)++] = name;
}

/* What a match lists: all that rows may carry, what they are matched by, and what tells
 * one version of a record from the next. */
static int build_select(struct planner *planner, struct err *err) {
    static const char *const marks[] = {"emailAddressIsOptedOut", "emailAddressIsInvalid",
                                        "phoneNumberIsOptedOut", "phoneNumberIsInvalid"};
    const struct job *job = planner->options.job;
    const struct schema_attribute *const *attributes;
    size_t count = program_attributes(job->program, &attributes), rules = 0, n = 0;
    size_t most = 3 * count + 12, by_count;
    size_t all = planner->options.currencies ? schema_count(job->schema) : 0;

    while (program_match(job->program, rules, &by_count) != NULL) {
        most += by_count;
        rules++;
    }
    most += 2 * all;
    planner->select = calloc(most + 1, sizeof *planner->select);
    if (planner->select == NULL)
        return err_nomem(err);
    select_add(planner->select, &n, "id");
    select_add(planner->select, &n, "createdAt");
    select_add(planner->select, &n, "modifiedAt");
    if (schema_find(job->schema, "name") != NULL)
        select_add(planner->select, &n, "name");
    if (schema_find(job->schema, "versionNumber") != NULL)
        select_add(planner->select, &n, "versionNumber");
    if (schema_find(job->schema, "lastName") != NULL) {
        select_add(planner->select, &n, "firstName"); /* else `name` may be an address */
        select_add(planner->select, &n, "lastName");
    }
    for (size_t i = 0; planner->keeps_flags && i < 4; i++)
        if (schema_find(job->schema, marks[i]) != NULL)
            select_add(planner->select, &n, marks[i]);
    for (size_t i = 0; i < count; i++) {
        const struct schema_attribute *currency =
            schema_currency(job->schema, attributes[i]);
        select_add(planner->select, &n, attributes[i]->name);
        if (attributes[i]->kept_with != NULL)
            select_add(planner->select, &n, attributes[i]->kept_with);
        if (currency != NULL)
            select_add(planner->select, &n, currency->name);
    }
    for (size_t i = 0; i < all; i++) {
        const struct schema_attribute *currency =
            schema_currency(job->schema, schema_at(job->schema, i));
        if (currency == NULL)
            continue;
        select_add(planner->select, &n, schema_at(job->schema, i)->name);
        select_add(planner->select, &n, currency->name);
    }
    for (size_t r = 0; r < rules; r++) {
        const struct schema_attribute *const *by =
            program_match(job->program, r, &by_count);
        for (size_t k = 0; k < by_count; k++)
            select_add(planner->select, &n, by[k]->name);
    }
    return RC_OK;
}

int planner_new(struct planner **out, const struct planner_options *options,
                struct err *err) {
    struct planner *planner = calloc(1, sizeof *planner);
    int rc;

    *out = NULL;
    if (planner == NULL)
        return err_nomem(err);
    planner->options = *options;
    mapping_policy(options->job->mapping, options->on_duplicate, &planner->policy);
    planner->id = schema_find(options->job->schema, "id");
    planner->keeps_flags = options->journal != NULL && planner_keeps_flags(options->job);
    if (planner->keeps_flags)
        planner_find_flags(planner);
    planner->began_ms = env_wall_ms(site_env(options->site));
    for (size_t i = 0; i < BATCHES; i++)
        planner->batches[i].planner = planner;
    planner->ids = lanes_new();
    planner->cache = link_cache_new();
    rc = planner->ids == NULL || planner->cache == NULL ? err_nomem(err) : RC_OK;
    if (rc == RC_OK)
        rc = build_select(planner, err);
    if (rc == RC_OK)
        rc = finder_new(&planner->finder, options->site,
                        schema_server(options->job->schema)->list_max_size, err);
    if (rc == RC_OK)
        *out = planner;
    else
        planner_free(planner);
    return rc;
}

void planner_free(struct planner *planner) {
    if (planner == NULL)
        return;
    for (size_t i = 0; i < BATCHES; i++)
        arena_fini(&planner->batches[i].arena);
    finder_free(planner->finder);
    link_cache_free(planner->cache);
    lanes_free(planner->ids);
    free(planner->select);
    arena_fini(&planner->memory);
    free(planner);
}

size_t planner_count(const struct planner *planner) {
    return planner->waiting.count + planner->inside + planner->blocked;
}

uint64_t planner_requests(const struct planner *planner) {
    return finder_requests(planner->finder);
}

void planner_add(struct planner *planner, struct row *row, bool settle) {
    row->planning = true;
    row->settles = settle;
    row_queue_push(&planner->waiting, row);
}

void planner_add_known(struct planner *planner, struct row *row, const char *id,
                       const struct schema_attribute *key) {
    row->known_id = id;
    row->known_by = key;
    planner_add(planner, row, false);
}

/* To be read, and neither matched nor looked for by anything else. */
static int item_know(struct item *item) {
    struct found *found;

    if (item->row->known_id == NULL)
        return RC_OK;
    found = arena_zalloc(&item->row->arena, sizeof *found);
    if (found == NULL)
        return RC_NOMEM;
    found->id = slice_of(item->row->known_id);
    found->record = slice_make("", 0);
    item->found = (struct found_list){.first = found, .count = 1};
    return RC_OK;
}

/* Rows of the next batch: a few less than one URL had keys for, rather than a few more,
 * which doubles the requests. Where it holds but few, it takes several in any case. */
static size_t batch_rows(const struct planner *planner) {
    size_t held = finder_held(planner->finder);
    size_t fit = held - held / 16; /* values are not all of one length */

    return held > BATCH_ROWS / 2 && fit < BATCH_ROWS ? fit : BATCH_ROWS;
}

static void batch_start(struct planner *planner, struct batch *batch) {
    size_t rows = batch_rows(planner);
    struct row *row;
    int rc = RC_OK;

    batch->stage = BATCH_OWN;
    batch->own_asked = false;
    batch->count = 0;
    batch->rule = NO_RULE; /* the first is the next */
    batch->flag_step = 0;
    batch->pending = 0;
    batch->slots = NULL;
    batch->to_read = NULL;
    batch->asked_again = true; /* nothing has been asked yet */
    batch->wait_ms = 0;
    key_table_reset(&batch->dirty);
    while (batch->count < rows && (row = row_queue_pop(&planner->waiting)) != NULL) {
        struct item *item = &batch->items[batch->count++];
        *item = (struct item){.row = row, .rule = NO_RULE, .settle = row->settles};
        row->plan = NULL;
        if (item_know(item) < 0)
            rc = RC_NOMEM;
    }
    planner->inside += batch->count;
    if (rc == RC_NOMEM) {
        struct err err = {0};
        planner_fail(planner, err_nomem(&err), &err);
    }
}

/* A row whose record was free again: it is planned anew, for the record has changed. */
static void planner_ready(void *context, struct lane_ticket *ticket) {
    struct planner *planner = context;
    struct row *row = ticket->tag;

    if (!row->about_waits)
        return;
    row->about_waits = false;
    planner->blocked--;
    row_queue_push(&planner->waiting, row);
}

static void leave_record(struct planner *planner, struct row *row) {
    if (!row->about_inside)
        return;
    row->about_inside = false;
    lane_leave(planner->ids, &row->about, planner_ready, planner);
    row->about.count = 0;
}

/* The row's record is its own until it ends: 1; 0 when another row goes first. */
static int enter_record(struct planner *planner, struct row *row) {
    uint64_t key = digest_fnv(DIGEST_FNV_SEED, slice_of(row->plan->id));
    int rc;

    if (row->about_inside && row->about.keys[0] == key)
        return 1;
    leave_record(planner, row);
    row->about.tag = row;
    lane_add(&row->about, key);
    rc = lane_enter(planner->ids, &row->about);
    row->about_inside = rc >= 0;
    return rc;
}

static void batch_hand_back(struct batch *batch, struct item *item) {
    struct planner *planner = batch->planner;
    struct row *row = item->row;
    struct err err = {0};
    int rc = 1;

    planner->inside--;
    if (row->plan->id != NULL && row->plan->action != PLAN_FAIL) {
        rc = enter_record(planner, row);
        if (rc == 1 && key_table_find(&batch->dirty, slice_of(row->plan->id), NULL)) {
            row_queue_push(&planner->waiting, row);
            return;
        }
    }
    if (rc < 0) {
        planner_fail(planner, err_nomem(&err), &err);
        return;
    }
    if (rc == 0) {
        row->about_waits = true;
        planner->blocked++;
        return;
    }
    row->planning = false;
    planner->options.planned(planner->options.context, row);
}

static int batch_decide(struct batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        if (item_decide(batch, &batch->items[i]) < 0)
            return RC_NOMEM;
    for (size_t i = 0; i < batch->count; i++)
        batch_hand_back(batch, &batch->items[i]);
    batch->stage = BATCH_FREE;
    batch->count = 0;
    arena_reset(&batch->arena);
    return RC_OK;
}

/* One step; 1 = on to the next stage, 0 = something is under way, < 0. */
static int batch_step(struct batch *batch, struct err *err) {
    struct planner *planner = batch->planner;
    int rc = 1;

    switch (batch->stage) {
    case BATCH_FREE: return 0;
    case BATCH_OWN:
        rc = batch_ask_own(batch, err);
        return rc == 1 && batch_collect_links(batch) < 0 ? err_nomem(err) : rc;
    case BATCH_LINKS:
        if (batch->slots == NULL)
            return 1;
        if (planner->linking != NULL && planner->linking != batch)
            return 0;
        planner->linking = batch;
        rc = batch_ask_links(batch, err);
        if (rc == 1 && batch_fill_links(batch) < 0)
            rc = err_nomem(err);
        if (rc == 1)
            planner->linking = NULL;
        return rc;
    case BATCH_MATCH: return batch_ask_matches(batch, err);
    case BATCH_READ: return batch_read_records(batch, err);
    case BATCH_FLAGS: return batch_ask_flags(batch, err);
    case BATCH_DECIDE: return batch_decide(batch) < 0 ? err_nomem(err) : 0;
    }
    return rc;
}

void batch_advance(struct batch *batch) {
    struct planner *planner = batch->planner;
    struct err err = {0};

    while (planner->rc == RC_OK && batch->pending == 0 && batch->stage != BATCH_FREE) {
        int rc = batch_step(batch, &err);
        if (rc < 0)
            planner_fail(planner, rc, &err);
        if (rc != 1)
            return;
        batch->stage = (enum batch_stage)(batch->stage + 1);
    }
}

void batch_settle(struct batch *batch, int rc, const struct err *err) {
    batch->pending--;
    if (rc != RC_OK)
        planner_fail(batch->planner, rc, err);
    batch_advance(batch);
}

int planner_poll(struct planner *planner, bool flush, struct err *err) {
    struct batch *idle = NULL;
    bool enough;

    for (size_t i = 0; i < BATCHES; i++) {
        struct batch *batch = &planner->batches[i];
        batch_advance(batch); /* one may have waited for its turn */
        if (batch->stage == BATCH_FREE)
            idle = batch;
    }
    enough = planner->waiting.count >= batch_rows(planner) ||
             (flush && planner->waiting.count > 0 && planner->inside == 0);
    if (planner->rc == RC_OK && idle != NULL && enough) {
        batch_start(planner, idle);
        batch_advance(idle);
    }
    if (planner->rc != RC_OK && err != NULL)
        *err = planner->err;
    return planner->rc;
}

void planner_ended(struct planner *planner, struct row *row) {
    struct slice id = row->id == NULL ? slice_make(NULL, 0) : slice_of(row->id);

    for (size_t i = 0; id.len > 0 && i < BATCHES; i++) {
        struct batch *batch = &planner->batches[i];
        if (batch->stage == BATCH_FREE)
            continue;
        if (key_table_add(&batch->dirty, &batch->arena, id, NULL) < 0) {
            struct err err = {0};
            planner_fail(planner, err_nomem(&err), &err);
        }
    }
    leave_record(planner, row);
}
