/* planner_links.c - from the names in cells to the ids of records at the other end.
 *
 * All texts of a batch that ask one entity type by one attribute go into one look-up;
 * what was found before is taken from the cache. One batch at a time asks, so that a
 * record that is missing is made once.
 */
#include "flow/planner_private.h"

#include "base/utf8.h"
#include "model/convert.h"
#include "model/json.h"

#include <string.h>

static const char *by_name(const struct slot *slot) {
    return slot->lookup->by[slot->by];
}

int batch_collect_links(struct batch *batch) {
    struct slot **end = &batch->slots;

    for (size_t i = 0; i < batch->count; i++) {
        const struct record *record = &batch->items[i].row->record;
        for (size_t k = 0; k < record->link_count; k++) {
            const struct record_link *link = &record->links[k];
            for (size_t t = 0; t < link->count; t++) {
                struct slot *slot = arena_zalloc(&batch->arena, sizeof *slot);
                if (slot == NULL)
                    return RC_NOMEM;
                slot->item = &batch->items[i];
                slot->link = k;
                slot->lookup = link->lookup;
                slot->value = link->texts[t];
                *end = slot;
                end = &slot->next;
            }
        }
    }
    return RC_OK;
}

static void slot_key(const struct slot *slot, const struct schema_attribute *def,
                     struct buf *key) {
    buf_reset(key);
    (void)match_normalize(key, def, slot->value);
}

static void slot_found(struct batch *batch, struct slot *slot, const char *id,
                       const struct schema_attribute *def) {
    struct buf key = {.max = 4096};

    slot->id = id;
    slot->done = true;
    slot_key(slot, def, &key);
    if (key.failed == RC_OK)
        link_cache_put(batch->planner->cache, slot->lookup->entity_type, def->name,
                       buf_slice(&key), id);
    buf_fini(&key);
}

static bool slot_from_cache(struct batch *batch, struct slot *slot,
                            const struct schema_attribute *def) {
    struct buf key = {.max = 4096};
    const char *id = NULL;

    slot_key(slot, def, &key);
    if (key.failed == RC_OK)
        id = link_cache_get(batch->planner->cache, slot->lookup->entity_type, def->name,
                            buf_slice(&key));
    if (id != NULL) {
        slot->id = arena_copy(&batch->arena, id, strlen(id));
        slot->done = slot->id != NULL;
    }
    buf_fini(&key);
    return slot->done;
}

/* What the look-up that has just ended means for a slot that was in it. */
static void slot_judge(struct batch *batch, struct slot *slot) {
    const struct schema_attribute *def = batch->by[0];
    const struct found *found;

    slot->asked = false;
    if (slot->found.count == 1 ||
        (slot->found.count > 1 && slot->lookup->on_many == LOOKUP_MANY_FIRST)) {
        found = found_oldest(&slot->found);
        slot_found(batch, slot, arena_copy(&batch->arena, found->id.data, found->id.len),
                   def);
    } else if (slot->found.count > 1 || slot->found.loose > 0) {
        slot->done = true; /* not to be told apart: an error */
    } else if (++slot->by == slot->lookup->by_count) {
        slot->done = true;
        slot->makes = slot->lookup->on_none == LOOKUP_NONE_CREATE;
    }
}

/* Of users: who cannot log in any more is remembered. */
static int note_inactive(struct planner *planner, struct slice record) {
    struct json_member active, id;

    if (!json_find(record, "isActive", &active) || !slice_is(active.raw, "false") ||
        !json_find(record, "id", &id) || id.raw.len < 3 ||
        planner->inactive_count == INACTIVE_MAX)
        return RC_OK;
    id.raw = slice_make(id.raw.data + 1, id.raw.len - 2);
    if (key_table_find(&planner->inactive, id.raw, NULL) != NULL)
        return RC_OK;
    planner->inactive_count++;
    return key_table_add(&planner->inactive, &planner->memory, id.raw, NULL);
}

static void link_claim(struct batch *batch, void *owner, struct slice record,
                       bool loosely) {
    struct slot *slot = owner;
    struct err err = {0};

    if (found_add(&slot->found, &batch->arena, record, loosely) < 0 ||
        note_inactive(batch->planner, record) < 0)
        planner_fail(batch->planner, err_nomem(&err), &err);
}

/* The attributes that a look-up of links lists. */
static const char *const *link_select(struct batch *batch,
                                      const struct schema_attribute *def,
                                      const struct schema *schema) {
    const char **select = arena_zalloc(&batch->arena, 8 * sizeof *select);
    size_t n = 0;

    if (select == NULL)
        return NULL;
    select[n++] = "id";
    select[n++] = "createdAt";
    if (strcmp(def->name, "id") != 0)
        select[n++] = def->name;
    if (strcmp(def->name, "name") != 0 && schema_find(schema, "name") != NULL)
        select[n++] = "name";
    if (schema_find(schema, "lastName") != NULL) { /* else `name` may be the address */
        if (strcmp(def->name, "firstName") != 0)
            select[n++] = "firstName";
        if (strcmp(def->name, "lastName") != 0)
            select[n++] = "lastName";
    }
    if (strcmp(schema_entity_type(schema), "User") == 0 &&
        schema_find(schema, "isActive") != NULL)
        select[n++] = "isActive";
    return select;
}

/* All slots that ask as `first` does. */
static int ask_like(struct batch *batch, struct slot *first, struct err *err) {
    const char *entity_type = first->lookup->entity_type, *name = by_name(first);
    const struct schema *schema = site_schema(batch->planner->options.site, entity_type);
    const struct schema_attribute **by = arena_zalloc(&batch->arena, sizeof *by);
    const char *const *select;

    if (by == NULL)
        return err_nomem(err);
    by[0] = schema == NULL ? NULL : schema_find(schema, name);
    if (by[0] == NULL)
        return err_set(err, RC_SERVER, "%s has no field %s", entity_type, name);
    select = link_select(batch, by[0], schema);
    if (select == NULL)
        return err_nomem(err);
    find_begin(batch, entity_type, by, 1, select);
    batch->claim = link_claim;
    for (struct slot *slot = first; slot != NULL; slot = slot->next) {
        if (slot->done || strcmp(slot->lookup->entity_type, entity_type) != 0 ||
            strcmp(by_name(slot), name) != 0 || slot_from_cache(batch, slot, by[0]))
            continue;
        slot->asked = true;
        if (find_key(batch, &slot->value, slot) < 0)
            return err_nomem(err);
    }
    return batch->value_count == 0 ? 1 : find_start(batch, err);
}

int batch_ask_links(struct batch *batch, struct err *err) {
    int64_t now = env_monotonic_us(site_env(batch->planner->options.site)) / 1000;
    int rc;

    if (batch->wait_ms > now)
        return 0;
    batch->wait_ms = 0;
    rc = find_read_addresses(batch, err);
    if (rc != 1)
        return rc;
    for (struct slot *slot = batch->slots; slot != NULL; slot = slot->next)
        if (slot->asked)
            slot_judge(batch, slot);
    for (;;) {
        struct slot *open = batch->slots;
        while (open != NULL && open->done)
            open = open->next;
        if (open == NULL)
            return batch_make_links(batch, err);
        rc = ask_like(batch, open, err);
        if (rc != 1)
            return rc;
    }
}

/* Why a text names no record. */
static int slot_refuse(const struct planner *planner, const struct slot *slot,
                       const struct record_link *link) {
    struct row *row = slot->item->row;
    struct buf words = {.max = 2000};
    enum reason reason = REASON_LOOKUP_NONE;
    const char *message, *shown = convert_show(slot->value, &row->arena);
    int rc;

    if (slot->refusal != NULL) {
        (void)buf_append_format(&words,
                                "no %s %s was found, and it cannot be created: %s",
                                slot->lookup->entity_type, shown, slot->refusal);
    } else if (slot->found.count > 1) {
        reason = REASON_LOOKUP_MANY;
        (void)buf_append_format(&words, "%zu %s records are %s: ", slot->found.count,
                                slot->lookup->entity_type, shown);
        found_append(&slot->found, &words);
    } else if (slot->found.loose > 0) {
        (void)buf_append_format(
            &words, "no %s is %s; only EspoCRM's database takes these for equal: ",
            slot->lookup->entity_type, shown);
        found_append(&slot->found, &words);
    } else {
        (void)buf_append_format(&words, "no %s has the %s", slot->lookup->entity_type,
                                slot->lookup->by[0]);
        for (size_t i = 1; i < slot->lookup->by_count; i++)
            (void)buf_append_format(&words, " or %s", slot->lookup->by[i]);
        (void)buf_append_format(&words, " %s", shown);
        if (strcmp(slot->lookup->entity_type, "User") == 0 &&
            strcmp(schema_server(planner->options.job->schema)->user_type, "admin") != 0)
            (void)buf_append_text(&words, ", or it is not active: EspoCRM shows such "
                                          "users to administrators only");
    }
    message = arena_copy(&row->arena, buf_text(&words), words.len);
    rc = words.failed == RC_NOMEM || message == NULL ? RC_NOMEM : RC_OK;
    buf_fini(&words);
    return rc < 0 ? rc
                  : row_add_error(row, reason, link->column, link->def->name, slot->value,
                                  message);
}

/* May the slot be passed over, as the mapping's onNone says? Sets a skip. */
static bool slot_excused(const struct slot *slot) {
    return slot->id == NULL && slot->refusal == NULL && slot->found.count == 0 &&
           slot->found.loose == 0 &&
           (slot->lookup->on_none == LOOKUP_NONE_NULL ||
            slot->lookup->on_none == LOOKUP_NONE_SKIP);
}

/* The attribute that a link's slots make. */
static int fill_link(struct planner *planner, struct slot *slot, size_t k,
                     struct attribute *out) {
    struct row *row = slot->item->row;
    const struct record_link *link = &row->record.links[k];
    struct slice *ids = arena_alloc(&row->arena, (link->count + 1) * sizeof *ids);
    size_t n = 0;

    if (ids == NULL)
        return RC_NOMEM;
    for (; slot != NULL && slot->item->row == row && slot->link == k; slot = slot->next) {
        char *id;
        if (slot_excused(slot) && slot->lookup->on_none == LOOKUP_NONE_SKIP &&
            row->plan == NULL) {
            row->plan = arena_zalloc(&row->arena, sizeof *row->plan);
            if (row->plan == NULL)
                return RC_NOMEM;
            row->plan->action = PLAN_SKIP;
            row->plan->reason = REASON_LOOKUP_NONE;
            row->plan->message = arena_format(
                &row->arena, "no %s is %s, and the mapping says skip",
                slot->lookup->entity_type, convert_show(slot->value, &row->arena));
        }
        if (slot_excused(slot))
            continue;
        if (slot->id == NULL) {
            if (slot_refuse(planner, slot, link) < 0)
                return RC_NOMEM;
            continue;
        }
        id = arena_copy(&row->arena, slot->id, strlen(slot->id));
        if (id == NULL)
            return RC_NOMEM;
        if (key_table_find(&planner->inactive, slice_of(id), NULL)) {
            row->inactive = slot->value;
            row->inactive_column = link->column;
        }
        ids[n++] = slice_of(id);
    }
    *out = (struct attribute){
        .def = link->def,
        .column = link->column,
        .on_conflict = link->on_conflict,
        .add = link->add,
        .known = true,
        .value = {.kind = VALUE_NULL},
    };
    if (link->def->type == ATTRIBUTE_IDS)
        out->value = (struct value){.kind = VALUE_LIST, .items = ids, .item_count = n};
    else if (n > 0)
        out->value = (struct value){.kind = VALUE_STRING, .text = ids[0]};
    return RC_OK;
}

int batch_fill_links(struct batch *batch) {
    struct slot *slot = batch->slots;

    while (slot != NULL) {
        struct row *row = slot->item->row;
        size_t count = row->record.count, links = row->record.link_count;
        struct attribute *all =
            arena_alloc(&row->arena, (count + links + 1) * sizeof *all);
        if (all == NULL)
            return RC_NOMEM;
        if (count > 0)
            memcpy(all, row->record.attributes, count * sizeof *all);
        while (slot != NULL && slot->item->row == row) {
            size_t k = slot->link;
            if (fill_link(batch->planner, slot, k, &all[count++]) < 0)
                return RC_NOMEM;
            while (slot != NULL && slot->item->row == row && slot->link == k)
                slot = slot->next;
        }
        row->record.attributes = all;
        row->record.count = count;
        row->record.link_count = 0; /* they are attributes now */
    }
    return RC_OK;
}
