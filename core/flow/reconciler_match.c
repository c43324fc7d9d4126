/* reconciler_match.c - the keys of records, and the look-ups of those that are not
 * there.
 */
#include "flow/reconciler_private.h"

#include "flow/exporter_private.h"
#include "flow/repeats.h"
#include "model/json.h"
#include "state/journal_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

static const struct schema_attribute *const *rule_of(const struct reconciler *r,
                                                     size_t rule, size_t *count) {
    return program_match(r->options->job->program, rule, count);
}

/* --- keys of records --- */

/* The text of a member, or nothing. */
static struct slice member_text(struct slice record, const char *name, struct buf *out) {
    struct json_member member;

    buf_reset(out);
    if (json_find(record, name, &member)) {
        if (member.type == JSON_IS_STRING)
            (void)json_unescape(out, member.raw);
        else if (member.type == JSON_IS_NUMBER)
            (void)buf_append_slice(out, member.raw);
    }
    return slice_trim(buf_slice(out));
}

/* Of one that is by another address than that which lists show, so that a record whose
 * list shows it goes first, whichever came first. The first of equal rows is that of the
 * least line. */
enum { LINE_SHOWN = 0, LINE_OTHER = 1 };

static int put_key(struct reconciler *r, int64_t place, const struct slice *values,
                   const struct schema_attribute *const *by, size_t count, bool other,
                   struct err *err) {
    const struct keyindex_row at = {.record = (uint64_t)place,
                                    .line = other ? LINE_OTHER : LINE_SHOWN};
    unsigned char key[KEYINDEX_KEY];
    int rc = repeats_key_of(values, by, count, key);

    if (rc == 1)
        return keyindex_add(r->index, key, &at, err);
    return rc < 0 ? err_nomem(err) : RC_OK;
}

/* The same key once more for every other address of the record. */
static int add_addresses(struct reconciler *r, int64_t place, struct slice record,
                         const struct schema_attribute *const *by, size_t count, size_t k,
                         struct slice *values, struct err *err) {
    struct buf text = {.max = TEXT_MAX};
    struct json_member list, element, address;
    struct json_cursor cursor;
    struct slice primary = values[k];
    char name[128];
    int rc = RC_OK;

    (void)snprintf(name, sizeof name, "%.100sData", by[k]->name);
    if (json_find(record, name, &list) && list.type == JSON_IS_ARRAY &&
        json_cursor_array(&cursor, list.raw) == RC_OK) {
        while (rc == RC_OK && json_cursor_next(&cursor, &element) == 1) {
            buf_reset(&text);
            if (!json_find(element.raw, by[k]->name, &address) ||
                address.type != JSON_IS_STRING || json_unescape(&text, address.raw) < 0 ||
                slice_equal(buf_slice(&text), primary))
                continue;
            values[k] = buf_slice(&text);
            rc = put_key(r, place, values, by, count, true, err);
        }
        values[k] = primary;
    }
    buf_fini(&text);
    return rc;
}

/* The server's own search takes a person's name either way round. */
static int add_reversed(struct reconciler *r, int64_t place, struct slice record,
                        const struct schema_attribute *const *by, size_t count, size_t k,
                        struct slice *values, struct err *err) {
    struct buf name = {.max = TEXT_MAX}, first = {.max = TEXT_MAX};
    struct slice plain = values[k];
    int rc = RC_OK;

    (void)member_text(record, "lastName", &name);
    (void)member_text(record, "firstName", &first);
    if (name.len > 0 && first.len > 0) {
        (void)buf_append_char(&name, ' ');
        (void)buf_append_slice(&name, buf_slice(&first));
        values[k] = buf_slice(&name);
        rc = put_key(r, place, values, by, count, false, err);
        values[k] = plain;
    }
    buf_fini(&name);
    buf_fini(&first);
    return rc;
}

int reconciler_add_keys(struct reconciler *r, int64_t place, struct slice record,
                        struct err *err) {
    struct buf texts[RECONCILE_VALUES];
    struct slice values[RECONCILE_VALUES];
    const struct schema_attribute *const *by;
    size_t count;
    int rc = RC_OK;

    for (size_t k = 0; k < RECONCILE_VALUES; k++)
        texts[k] = (struct buf){.max = TEXT_MAX};
    for (size_t rule = 0; rc == RC_OK && (by = rule_of(r, rule, &count)) != NULL;
         rule++) {
        for (size_t k = 0; k < count; k++)
            values[k] = member_text(record, by[k]->name, &texts[k]);
        rc = put_key(r, place, values, by, count, false, err);
        for (size_t k = 0; rc == RC_OK && k < count; k++) {
            if (by[k]->type == ATTRIBUTE_EMAIL || by[k]->type == ATTRIBUTE_PHONE)
                rc = add_addresses(r, place, record, by, count, k, values, err);
            else if (by[k]->person_name)
                rc = add_reversed(r, place, record, by, count, k, values, err);
        }
    }
    for (size_t k = 0; k < RECONCILE_VALUES; k++)
        buf_fini(&texts[k]);
    return rc;
}

static int note_came(struct reconcile_came *came, int64_t place) {
    if (came->count == came->cap) {
        size_t cap = came->cap == 0 ? 256 : 2 * came->cap;
        int64_t *more = realloc(came->places, cap * sizeof *more);
        if (more == NULL)
            return RC_NOMEM;
        came->places = more;
        came->cap = cap;
    }
    came->places[came->count++] = place;
    return RC_OK;
}

/* Keeps a record that a look-up found, with its keys. */
static int keep_record(struct reconciler *r, struct slice record, struct err *err) {
    struct journal *journal = r->options->journal;
    struct journal_record row = {.sort = SORT_NULL};
    char id[EXPORT_ID_BYTES];
    int64_t place = 0;
    int rc;

    if (!exporter_take_id(record, id))
        return err_set(err, RC_SERVER, "a record of the answer has no usable id");
    row.id = slice_of(id);
    if (r->options->spec->sweep && r->options->spec->where[0] != '\0') {
        row.sort = SORT_NUMBER; /* the sweep has not listed it */
        row.number = 1;
    }
    buf_reset(&r->pack);
    rc = table_append_json(r->options->table, record, &r->pack, err);
    row.cells = buf_slice(&r->pack);
    if (rc == RC_OK)
        rc = journal_put_record(journal, &row, err);
    if (rc >= 0)
        rc = journal_find_record(journal, row.id, &place, err);
    if (rc >= 0)
        rc = note_came(&r->came, place) < 0 ? err_nomem(err) : RC_OK;
    return rc < 0 ? rc : reconciler_add_keys(r, place, record, err);
}

/* --- look-ups --- */

/* A question under way. */
struct asking {
    struct reconciler *r;
    bool whole;        /* what comes is only an id to be read */
    size_t pending;    /* finds */
    struct slice *ids; /* to be read; in the batch's arena */
    size_t id_count, id_cap;
    int rc; /* of the first failure */
    struct err err;
};

static void asking_fail(struct asking *asking, int rc, const struct err *err) {
    if (asking->rc != RC_OK)
        return;
    asking->rc = rc;
    asking->err = *err;
}

static int note_id(struct asking *asking, struct slice record) {
    struct arena *arena = &asking->r->arena;
    char id[EXPORT_ID_BYTES];
    struct slice own;

    if (!exporter_take_id(record, id))
        return RC_OK;
    own = slice_of(id);
    for (size_t i = 0; i < asking->id_count; i++)
        if (slice_equal(asking->ids[i], own))
            return RC_OK;
    if (asking->id_count == asking->id_cap) {
        size_t cap = asking->id_cap == 0 ? 64 : 2 * asking->id_cap;
        struct slice *more = arena_alloc(arena, cap * sizeof *more);
        if (more == NULL)
            return RC_NOMEM;
        if (asking->id_count > 0)
            memcpy(more, asking->ids, asking->id_count * sizeof *more);
        asking->ids = more;
        asking->id_cap = cap;
    }
    own.data = arena_copy(arena, own.data, own.len);
    asking->ids[asking->id_count++] = own;
    return own.data == NULL ? RC_NOMEM : RC_OK;
}

static void asking_record(void *context, struct slice record) {
    struct asking *asking = context;
    struct err err = {0};
    int rc = RC_OK;

    if (asking->rc != RC_OK)
        return;
    if (asking->whole || table_must_read(asking->r->options->table, record))
        rc = note_id(asking, record) < 0 ? err_nomem(&err) : RC_OK;
    else
        rc = keep_record(asking->r, record, &err);
    if (rc < 0)
        asking_fail(asking, rc, &err);
}

static void asking_read(void *context, struct slice record) {
    struct asking *asking = context;
    struct err err = {0};
    int rc = asking->rc == RC_OK ? keep_record(asking->r, record, &err) : RC_OK;

    if (rc < 0)
        asking_fail(asking, rc, &err);
}

static void asking_done(void *context, int rc, const struct err *err) {
    struct asking *asking = context;

    asking->pending--;
    if (rc != RC_OK)
        asking_fail(asking, rc, err);
}

/* Until every answer is there: none may come for an `asking` that is gone. */
static int wait_for(struct asking *asking, struct err *err) {
    const struct reconcile_options *options = asking->r->options;
    struct courier *courier = site_courier(options->site);
    struct err own = {0};

    while (asking->pending > 0) {
        int rc;
        if (env_interrupts(site_env(options->site)) > 0) {
            if (asking->rc == RC_OK)
                asking->rc = err_set(&asking->err, RC_INTERRUPTED, "interrupted");
            courier_cancel(courier);
        }
        rc = courier_poll(courier, RECONCILE_POLL_MS, &own);
        if (rc < 0) {
            asking_fail(asking, rc, &own);
            courier_cancel(courier);
        }
    }
    if (asking->rc != RC_OK && err != NULL)
        *err = asking->err;
    return asking->rc;
}

static int read_noted(struct asking *asking, struct err *err) {
    const char *entity_type = mapping_entity_type(asking->r->options->job->mapping);
    const struct find find = {
        .record = asking_read, .done = asking_done, .context = asking};
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < asking->id_count; i++) {
        asking->pending++;
        rc = finder_read(asking->r->finder, entity_type, asking->ids[i], &find, err);
        if (rc != RC_OK)
            asking->pending--;
    }
    if (rc != RC_OK)
        asking_fail(asking, rc, err);
    return wait_for(asking, err);
}

bool reconciler_wants(const struct reconciler *r, const struct reconcile_item *item,
                      size_t rule) {
    size_t count;
    const struct schema_attribute *const *by = rule_of(r, rule, &count);

    if (item->found > 0 || (item->loose > 0 && item->rule != rule) ||
        item->row->unreadable != REASON_NONE)
        return false;
    if (item->row->record.error_count > 0 && !r->options->spec->errors)
        return false;
    for (size_t k = 0; k < count; k++)
        if (repeats_value(item->row, by[k]).len == 0)
            return false;
    return true;
}

/* Sends a find, and waits for what it brings. */
static int ask(struct reconciler *r, struct find *find, bool whole, struct err *err) {
    struct asking asking = {.r = r, .whole = whole, .pending = 1};
    int rc;

    r->came.count = 0;
    if (find->count == 0)
        return RC_OK;
    find->entity_type = mapping_entity_type(r->options->job->mapping);
    find->select = table_list(r->options->table);
    find->record = asking_record;
    find->done = asking_done;
    find->context = &asking;
    rc = finder_start(r->finder, find, err);
    if (rc != RC_OK)
        return rc;
    rc = wait_for(&asking, err);
    return rc == RC_OK ? read_noted(&asking, err) : rc;
}

int reconciler_ask(struct reconciler *r, const struct reconcile_question *question,
                   struct err *err) {
    struct find find = {0};
    struct slice *values;

    arena_reset(&r->arena);
    find.by = rule_of(r, question->rule, &find.by_count);
    values = arena_alloc(&r->arena, r->count * find.by_count * sizeof *values);
    if (values == NULL)
        return err_nomem(err);
    find.values = values;
    for (size_t i = question->from; i < question->to; i++) {
        const struct reconcile_item *item = &r->items[i];
        if (!reconciler_wants(r, item, question->rule))
            continue;
        for (size_t k = 0; k < find.by_count; k++)
            *values++ = repeats_value(item->row, find.by[k]);
        find.count++;
    }
    return ask(r, &find, question->whole, err);
}

int reconciler_find_written(struct reconciler *r, struct err *err) {
    const struct schema_attribute *id = schema_find(r->options->job->schema, "id");
    struct find find = {.by = &id, .by_count = 1, .count = r->count};
    struct slice *values;
    int rc;

    arena_reset(&r->arena);
    values = arena_alloc(&r->arena, r->count * sizeof *values);
    if (values == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < r->count; i++)
        values[i] = slice_of(r->items[i].id);
    find.values = values;
    rc = ask(r, &find, false, err);
    for (size_t i = 0; rc == RC_OK && i < r->count; i++) {
        struct reconcile_item *item = &r->items[i];
        int64_t place;
        rc = journal_find_record(r->options->journal, slice_of(item->id), &place, err);
        if (rc == 1 && reconciler_add_place(item, place, &item->found) < 0)
            rc = err_nomem(err);
        rc = rc < 0 ? rc : RC_OK;
    }
    return rc;
}

int reconciler_add_place(struct reconcile_item *item, int64_t place, size_t *count) {
    for (size_t i = 0; i < *count; i++)
        if (item->places[i] == place)
            return RC_OK;
    if (*count == item->place_cap) {
        size_t cap = item->place_cap == 0 ? 2 : 2 * item->place_cap;
        int64_t *more = arena_alloc(&item->row->arena, cap * sizeof *more);
        if (more == NULL)
            return RC_NOMEM;
        if (*count > 0)
            memcpy(more, item->places, *count * sizeof *more);
        item->places = more;
        item->place_cap = cap;
    }
    item->places[(*count)++] = place;
    return RC_OK;
}

/* What the index knows of a row by a rule. others: by addresses that no list shows. */
static int look_up(struct reconciler *r, struct reconcile_item *item, size_t rule,
                   bool others, struct err *err) {
    struct keyindex_row at = {0};
    unsigned char key[KEYINDEX_KEY];
    int rc = repeats_key(r->options->job, item->row, rule, key);

    if (rc != 1)
        return rc < 0 ? err_nomem(err) : RC_OK;
    while ((rc = keyindex_next(r->index, key, at.record, &at, err)) == 1) {
        if (at.line == LINE_OTHER && !others)
            continue;
        item->rule = rule;
        if (reconciler_add_place(item, (int64_t)at.record, &item->found) < 0)
            return err_nomem(err);
    }
    return rc < 0 ? rc : RC_OK;
}

static int look_up_all(struct reconciler *r, size_t rule, bool others, size_t *open,
                       struct err *err) {
    int rc = RC_OK;

    *open = 0;
    for (size_t i = 0; rc == RC_OK && i < r->count; i++) {
        if (!reconciler_wants(r, &r->items[i], rule))
            continue;
        rc = look_up(r, &r->items[i], rule, others, err);
        *open += r->items[i].found == 0;
    }
    return rc;
}

static bool is_by_address(const struct reconciler *r, size_t rule) {
    size_t count;
    const struct schema_attribute *const *by = rule_of(r, rule, &count);

    for (size_t k = 0; k < count; k++)
        if (by[k]->type == ATTRIBUTE_EMAIL || by[k]->type == ATTRIBUTE_PHONE)
            return true;
    return false;
}

/* A sweep knows of every record what lists show, look-ups ask for it. What is open then
 * may have a record by an address that lists do not show, one that has come since, one
 * outside of the filter, or one that the database alone takes for equal: each of the two
 * asks the same about it. */
int reconciler_match(struct reconciler *r, size_t rule, struct err *err) {
    struct reconcile_question question = {.rule = rule, .to = r->count};
    size_t open = 0, asked;
    int rc = RC_OK;

    if (!r->options->spec->sweep) {
        rc = reconciler_ask(r, &question, err);
        if (rc != RC_OK || r->came.count == 0)
            return rc;
    }
    rc = look_up_all(r, rule, false, &open, err);
    if (rc != RC_OK || open == 0)
        return rc;
    question.whole = is_by_address(r, rule);
    asked = open;
    rc = reconciler_ask(r, &question, err);
    if (rc != RC_OK || r->came.count == 0)
        return rc;
    rc = look_up_all(r, rule, false, &open, err);
    if (rc == RC_OK && open > 0)
        rc = look_up_all(r, rule, true, &open, err);
    if (rc == RC_OK && open > 0)
        rc = reconciler_match_loosely(r, rule, question.whole, asked, err);
    return rc;
}
