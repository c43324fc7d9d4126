/* planner_find.c - a look-up of a batch: keys asked for, records handed to their owners.
 *
 * A record is compared again here, normalised. One that answers to none of the keys may
 * have been found by an address that lists do not show (any address of a record counts,
 * espocrm-api, section 2.4): it is read whole. What is still nobody's was equal for the
 * database's collation only.
 */
#include "flow/planner_private.h"

#include "model/json.h"

#include <string.h>

enum { KEY_BYTES = 64 * 1024 };

/* Between the parts of a key: no cell holds it, it is a control character. */
#define KEY_MARK '\x1f'

void find_begin(struct batch *batch, const char *entity_type,
                const struct schema_attribute *const *by, size_t by_count,
                const char *const *select) {
    batch->entity_type = entity_type;
    batch->by = by;
    batch->by_count = by_count;
    batch->select = select;
    batch->value_count = 0;
    batch->value_cap = 0;
    batch->values = NULL;
    batch->to_read = NULL;
    batch->any_hit = batch->asked_again = false;
    key_table_reset(&batch->keys);
    key_table_reset(&batch->reading);
}

static int grow_values(struct batch *batch) {
    size_t cap = batch->value_cap == 0 ? BATCH_ROWS : 2 * batch->value_cap;
    struct slice *more = arena_alloc(&batch->arena, cap * batch->by_count * sizeof *more);

    if (more == NULL)
        return RC_NOMEM;
    if (batch->value_count > 0)
        memcpy(more, batch->values, batch->value_count * batch->by_count * sizeof *more);
    batch->values = more;
    batch->value_cap = cap;
    return RC_OK;
}

static int values_key(const struct batch *batch, const struct slice *values,
                      struct buf *key) {
    int rc = RC_OK;

    buf_reset(key);
    for (size_t k = 0; rc == RC_OK && k < batch->by_count; k++) {
        if (k > 0)
            (void)buf_append_char(key, KEY_MARK);
        rc = match_normalize(key, batch->by[k], values[k]);
    }
    return rc;
}

int find_key(struct batch *batch, const struct slice *values, void *owner) {
    struct buf key = {.max = KEY_BYTES};
    int rc = values_key(batch, values, &key);

    if (rc == RC_OK && key_table_find(&batch->keys, buf_slice(&key), NULL) == NULL) {
        if (batch->value_count == batch->value_cap)
            rc = grow_values(batch);
        if (rc == RC_OK) {
            memcpy(batch->values + batch->value_count * batch->by_count, values,
                   batch->by_count * sizeof *values);
            batch->value_count++;
        }
    }
    if (rc == RC_OK)
        rc = key_table_add(&batch->keys, &batch->arena, buf_slice(&key), owner);
    buf_fini(&key);
    return rc;
}

/* The record's key, with text in place of what part `alt` holds; an alt that is too high
 * is none. */
static int record_key(const struct batch *batch, struct slice record, size_t alt,
                      struct slice text, bool reversed, struct buf *key) {
    buf_reset(key);
    for (size_t k = 0; k < batch->by_count; k++) {
        if (k > 0)
            (void)buf_append_char(key, KEY_MARK);
        if (k == alt)
            (void)match_normalize(key, batch->by[k], text);
        else
            (void)match_record_key(key, batch->by[k], record, reversed);
    }
    return key->failed;
}

static bool claim_key(struct batch *batch, struct slice record, struct slice key) {
    struct key_entry *entry = NULL;
    bool any = false;

    while ((entry = key_table_find(&batch->keys, key, entry)) != NULL) {
        entry->hit = batch->any_hit = true;
        batch->claim(batch, entry->owner, record, false);
        any = true;
    }
    return any;
}

/* How like a key is: what is not guessed outdoes what is. */
static size_t likeness(const struct key_entry *entry, struct slice key, bool sure) {
    bool guessed;
    size_t like = match_loosely(entry->key, key, &guessed);

    if (like == 0 || (sure && guessed) || slice_equal(entry->key, key))
        return 0;
    return guessed ? like : like + KEY_BYTES;
}

/* For the keys that are most like it: of names in other scripts any two of one length
 * might pass for each other. sure: only those that need no guess. */
static void claim_loosely(struct batch *batch, struct slice record, struct slice key,
                          bool sure) {
    size_t best = 1;

    for (size_t i = 0; i < KEY_BUCKETS; i++)
        for (const struct key_entry *e = batch->keys.buckets[i]; e != NULL; e = e->next)
            if (likeness(e, key, sure) > best)
                best = likeness(e, key, sure);
    for (size_t i = 0; i < KEY_BUCKETS; i++)
        for (const struct key_entry *e = batch->keys.buckets[i]; e != NULL; e = e->next)
            if (likeness(e, key, sure) == best)
                batch->claim(batch, e->owner, record, true);
}

static bool has_addresses(const struct schema_attribute *def) {
    return def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE;
}

static bool asks_addresses(const struct batch *batch) {
    for (size_t k = 0; k < batch->by_count; k++)
        if (has_addresses(batch->by[k]))
            return true;
    return false;
}

static bool has_names(const struct batch *batch) {
    for (size_t k = 0; k < batch->by_count; k++)
        if (batch->by[k]->person_name)
            return true;
    return false;
}

/* To be read whole, because its other addresses may be what was asked for. */
static bool find_postpone(struct batch *batch, struct slice record) {
    struct json_member id;
    struct found *found;

    if (!asks_addresses(batch) || !json_find(record, "id", &id) || id.raw.len < 3)
        return false;
    if (key_table_find(&batch->reading, id.raw, NULL) != NULL)
        return true;
    found = arena_zalloc(&batch->arena, sizeof *found);
    if (found == NULL || key_table_add(&batch->reading, &batch->arena, id.raw, NULL) < 0)
        return false;
    found->id = slice_make(arena_copy(&batch->arena, id.raw.data + 1, id.raw.len - 2),
                           id.raw.len - 2);
    found->next = batch->to_read;
    if (found->id.data != NULL)
        batch->to_read = found;
    return found->id.data != NULL;
}

/* It may be one row's by an equal key, and another row's by one that is only similar. */
static void find_record(void *context, struct slice record) {
    struct batch *batch = context;
    struct buf key = {.max = KEY_BYTES};
    bool claimed = record_key(batch, record, batch->by_count, slice_make(NULL, 0), false,
                              &key) == RC_OK &&
                   claim_key(batch, record, buf_slice(&key));

    if (!claimed && has_names(batch) &&
        record_key(batch, record, batch->by_count, slice_make(NULL, 0), true, &key) ==
            RC_OK)
        claimed = claim_key(batch, record, buf_slice(&key));
    if ((claimed ? !asks_addresses(batch) : !find_postpone(batch, record)) &&
        record_key(batch, record, batch->by_count, slice_make(NULL, 0), false, &key) ==
            RC_OK)
        claim_loosely(batch, record, buf_slice(&key), claimed);
    buf_fini(&key);
}

static void find_done(void *context, int rc, const struct err *err) {
    batch_settle(context, rc, err);
}

int find_start(struct batch *batch, struct err *err) {
    const struct find find = {
        .entity_type = batch->entity_type,
        .by = batch->by,
        .by_count = batch->by_count,
        .values = batch->values,
        .count = batch->value_count,
        .distinct = true,
        .select = batch->select,
        .record = find_record,
        .done = find_done,
        .context = batch,
    };
    int rc;

    batch->pending++;
    rc = finder_start(batch->planner->finder, &find, err);
    if (rc != RC_OK)
        batch->pending--;
    return rc;
}

/* Every address of part k: [{"emailAddress":"a@b.c",...},...] of emailAddressData. */
static bool claim_addresses(struct batch *batch, struct slice record, size_t k,
                            struct buf *key) {
    char name[128];
    struct buf data = {.data = name, .cap = sizeof name, .max = sizeof name - 1};
    struct buf text = {.max = KEY_BYTES};
    struct json_member list, element, address;
    struct json_cursor cursor;
    bool any = false;

    name[0] = '\0';
    (void)buf_append_format(&data, "%sData", batch->by[k]->name);
    if (!json_find(record, name, &list) || json_cursor_array(&cursor, list.raw) < 0)
        return false;
    while (json_cursor_next(&cursor, &element) == 1) {
        buf_reset(&text);
        if (!json_find(element.raw, batch->by[k]->name, &address) ||
            address.type != JSON_IS_STRING || json_unescape(&text, address.raw) < 0)
            continue;
        if (record_key(batch, record, k, buf_slice(&text), false, key) == RC_OK &&
            claim_key(batch, record, buf_slice(key)))
            any = true;
    }
    buf_fini(&text);
    return any;
}

static void find_whole_record(void *context, struct slice record) {
    struct batch *batch = context;
    struct buf key = {.max = KEY_BYTES};
    bool any = false;

    for (size_t k = 0; k < batch->by_count; k++)
        if (has_addresses(batch->by[k]) && claim_addresses(batch, record, k, &key))
            any = true;
    if (!any && record_key(batch, record, batch->by_count, slice_make(NULL, 0), false,
                           &key) == RC_OK)
        claim_loosely(batch, record, buf_slice(&key), false);
    buf_fini(&key);
}

/* Leaves the values and owners of the keys that nothing answered to. */
static int keep_open_keys(struct batch *batch) {
    struct buf key = {.max = KEY_BYTES};
    struct key_table open;
    size_t kept = 0;
    int rc = RC_OK;

    key_table_reset(&open);
    for (size_t i = 0; i < batch->value_count; i++) {
        struct slice *values = batch->values + i * batch->by_count;
        const struct key_entry *entry = NULL;
        rc = values_key(batch, values, &key);
        if (rc < 0)
            break;
        entry = key_table_find(&batch->keys, buf_slice(&key), NULL);
        if (entry == NULL || entry->hit)
            continue;
        memmove(batch->values + kept++ * batch->by_count, values,
                batch->by_count * sizeof *values);
        for (; rc == RC_OK && entry != NULL;
             entry = key_table_find(&batch->keys, buf_slice(&key), entry))
            rc = key_table_add(&open, &batch->arena, entry->key, entry->owner);
    }
    buf_fini(&key);
    batch->value_count = kept;
    batch->keys = open;
    return rc;
}

/* A list shows one address of each record: one that was a row's by that may be another
 * row's by an address that it does not show. So what is left is asked for by itself. */
static int find_again(struct batch *batch, struct err *err) {
    size_t before = batch->value_count;

    if (batch->asked_again || !batch->any_hit || !asks_addresses(batch))
        return 1;
    batch->asked_again = true;
    if (keep_open_keys(batch) < 0)
        return err_nomem(err);
    if (batch->value_count == 0 || batch->value_count == before)
        return 1;
    return find_start(batch, err);
}

int find_read_addresses(struct batch *batch, struct err *err) {
    const struct find find = {
        .record = find_whole_record, .done = find_done, .context = batch};
    struct found *found = batch->to_read;
    int rc = RC_OK;

    if (found == NULL)
        return find_again(batch, err);
    batch->to_read = NULL;
    batch->pending++; /* until all of them have been started */
    for (; rc == RC_OK && found != NULL; found = found->next) {
        batch->pending++;
        rc = finder_read(batch->planner->finder, batch->entity_type, found->id, &find,
                         err);
        if (rc != RC_OK)
            batch->pending--;
    }
    batch->pending--;
    return rc;
}

int found_add(struct found_list *list, struct arena *arena, struct slice record,
              bool loosely) {
    struct found **end = &list->first;
    struct json_member id, created;
    struct found *found;

    if (!json_find(record, "id", &id) || id.type != JSON_IS_STRING || id.raw.len < 3)
        return RC_OK;
    if (loosely && list->count > 0)
        return RC_OK;
    if (!loosely && list->count == 0)
        *list = (struct found_list){0}; /* an equal one outdoes what is only similar */
    for (; *end != NULL; end = &(*end)->next)
        if (slice_equal((*end)->id, slice_make(id.raw.data + 1, id.raw.len - 2)))
            return RC_OK;
    found = arena_zalloc(arena, sizeof *found);
    if (found == NULL)
        return RC_NOMEM;
    found->record = slice_make(arena_copy(arena, record.data, record.len), record.len);
    if (found->record.data == NULL)
        return RC_NOMEM;
    if (json_find(found->record, "id", &id))
        found->id = slice_make(id.raw.data + 1, id.raw.len - 2);
    if (json_find(found->record, "createdAt", &created))
        found->created = created.raw;
    found->loosely = loosely;
    *end = found;
    list->count += !loosely;
    list->loose += loosely;
    return RC_OK;
}

/* createdAt sorts as text; ids tell apart what was made in one second. */
static bool is_older(const struct found *a, const struct found *b) {
    size_t len = a->created.len < b->created.len ? a->created.len : b->created.len;
    int order = len == 0 ? 0 : memcmp(a->created.data, b->created.data, len);

    if (order == 0) {
        len = a->id.len < b->id.len ? a->id.len : b->id.len;
        order = memcmp(a->id.data, b->id.data, len);
    }
    return order < 0;
}

struct found *found_oldest(const struct found_list *list) {
    struct found *oldest = NULL;

    for (struct found *f = list->first; f != NULL; f = f->next)
        if (oldest == NULL || is_older(f, oldest))
            oldest = f;
    return oldest;
}

void found_append(const struct found_list *list, struct buf *out) {
    size_t shown = 0, count = list->count > 0 ? list->count : list->loose;

    for (const struct found *f = list->first; f != NULL; f = f->next) {
        struct json_member name;
        if (shown++ >= SHOWN_CANDIDATES)
            continue;
        (void)buf_append_text(out, shown > 1 ? ", " : "");
        (void)buf_append_slice(out, f->id);
        if (json_find(f->record, "name", &name) && name.type == JSON_IS_STRING) {
            (void)buf_append_text(out, " (");
            (void)json_unescape(out, name.raw);
            (void)buf_append_char(out, ')');
        }
    }
    if (count > SHOWN_CANDIDATES)
        (void)buf_append_format(out, " and %zu more", count - SHOWN_CANDIDATES);
}
