/* repeats.c - the last row of a key counts; merged, it has what is filled in any of
 * them.
 */
#include "flow/repeats.h"

#include "base/digest.h"
#include "flow/record_merge.h"
#include "plan/match.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 64 * 1024 };

struct repeats {
    struct keyindex *index; /* owned */
    bool merges;
};

struct slice repeats_value(const struct row *row, const struct schema_attribute *def) {
    const struct record *record = &row->record;
    const struct attribute *found = NULL;

    for (size_t i = 0; i < record->count && found == NULL; i++)
        if (record->attributes[i].def == def)
            found = &record->attributes[i];
    for (size_t i = 0; i < record->key_count && found == NULL; i++)
        if (record->keys[i].def == def)
            found = &record->keys[i];
    if (found == NULL ||
        (found->value.kind != VALUE_STRING && found->value.kind != VALUE_NUMBER))
        return slice_make("", 0);
    return slice_trim(found->value.text);
}

/* Rows are passed over for their keys, so these must not be equal by chance. */
static int put_hash(struct slice text, unsigned char key[KEYINDEX_KEY]) {
    unsigned char whole[DIGEST_SIZE];
    struct digest *digest = digest_new();
    int rc = digest == NULL ? RC_NOMEM : digest_update(digest, text.data, text.len);

    if (rc == RC_OK)
        rc = digest_final(digest, whole);
    digest_free(digest);
    if (rc == RC_OK)
        memcpy(key, whole, KEYINDEX_KEY);
    return rc;
}

/* Adds one value to the text that the key is the hash of: as repeats_key_of(). */
static int add_value(struct buf *text, const struct schema_attribute *def,
                     struct slice value) {
    int rc = value.len > 0;

    (void)buf_append_format(text, "%s\x1f", def->name);
    if (rc == 1 && match_normalize(text, def, value) < 0)
        rc = text->failed == RC_NOMEM ? RC_NOMEM : 0;
    (void)buf_append_char(text, '\x1f');
    return rc;
}

int repeats_key_of(const struct slice *values, const struct schema_attribute *const *by,
                   size_t count, unsigned char key[KEYINDEX_KEY]) {
    struct buf text = {.max = KEY_BYTES};
    int rc = 1;

    for (size_t k = 0; rc == 1 && k < count; k++)
        rc = add_value(&text, by[k], values[k]);
    if (rc == 1 && put_hash(buf_slice(&text), key) < 0)
        rc = RC_NOMEM;
    buf_fini(&text);
    return rc;
}

int repeats_key_by(const struct row *row, const struct schema_attribute *const *by,
                   size_t count, unsigned char key[KEYINDEX_KEY]) {
    struct buf text = {.max = KEY_BYTES};
    int rc = 1;

    for (size_t k = 0; rc == 1 && k < count; k++)
        rc = add_value(&text, by[k], repeats_value(row, by[k]));
    if (rc == 1 && put_hash(buf_slice(&text), key) < 0)
        rc = RC_NOMEM;
    buf_fini(&text);
    return rc;
}

int repeats_key(const struct job *job, const struct row *row, size_t rule,
                unsigned char key[KEYINDEX_KEY]) {
    size_t count;
    const struct schema_attribute *const *by = program_match(job->program, rule, &count);

    return by == NULL ? 0 : repeats_key_by(row, by, count, key);
}

/* By the first rule that applies. */
static int first_key(const struct job *job, const struct row *row,
                     unsigned char key[KEYINDEX_KEY]) {
    size_t count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && program_match(job->program, i, &count) != NULL; i++)
        rc = repeats_key(job, row, i, key);
    return rc;
}

static enum mapping_on_repeat rule_of(const struct job *job) {
    struct mapping_policy policy;

    mapping_policy(job->mapping, mapping_on_duplicate(job->mapping), &policy);
    return policy.on_repeat;
}

bool repeats_are_needed(const struct job *job) {
    enum mapping_on_repeat rule = rule_of(job);

    return rule == ON_REPEAT_LAST || rule == ON_REPEAT_MERGE;
}

static int add_row(struct repeats *repeats, const struct job *job, const struct row *row,
                   struct err *err) {
    const struct keyindex_row at = {row->number, row->line, row->offset};
    unsigned char key[KEYINDEX_KEY];
    int rc;

    if (row->record.error_count > 0)
        return RC_OK;
    rc = first_key(job, row, key);
    if (rc == RC_NOMEM)
        return err_nomem(err);
    return rc == 1 ? keyindex_add(repeats->index, key, &at, err) : RC_OK;
}

int repeats_build(struct repeats **out, struct job *job, struct err *err) {
    struct repeats *repeats = calloc(1, sizeof *repeats);
    struct row_pool pool = {NULL, NULL, 0};
    struct row *row;
    int rc;

    *out = NULL;
    if (repeats == NULL)
        return err_nomem(err);
    repeats->merges = rule_of(job) == ON_REPEAT_MERGE;
    rc = keyindex_open(&repeats->index, err);
    while (rc == RC_OK) {
        row = row_pool_get(&pool);
        rc = row == NULL ? err_nomem(err) : job_read(job, row, err);
        if (rc == 0)
            break;
        if (rc == 1)
            rc = add_row(repeats, job, row, err);
        if (row != NULL)
            row_pool_put(&pool, row);
    }
    row_pool_fini(&pool);
    if (rc == RC_OK)
        *out = repeats;
    else
        repeats_free(repeats);
    return rc;
}

void repeats_free(struct repeats *repeats) {
    if (repeats == NULL)
        return;
    keyindex_close(repeats->index);
    free(repeats);
}

bool repeats_merge(const struct repeats *repeats) {
    return repeats->merges;
}

/* Takes what the record lacks from the rows of the key before it, the nearest first, and
 * keeps none of the others: a key may have any number of rows. */
static int merge_into(struct repeats *repeats, struct job *job, struct row *row,
                      const unsigned char key[KEYINDEX_KEY], struct err *err) {
    struct keyindex_row at = {.record = row->number};
    struct row member = {0}, taken = {0};
    int rc;

    while ((rc = keyindex_previous(repeats->index, key, at.record, &at, err)) == 1) {
        const struct input_position position = {at.offset, at.line, at.record};
        arena_reset(&member.arena);
        rc = job_read_at(job, &position, &member, err);
        if (rc < 0)
            break;
        if (!record_lacks(&row->record, &member.record))
            continue;
        taken.arena = row->arena; /* once more, to stay */
        rc = job_read_at(job, &position, &taken, err);
        row->arena = taken.arena;
        if (rc == RC_OK && record_merge(&row->arena, &row->record, &taken.record) < 0)
            rc = err_nomem(err);
        if (rc < 0)
            break;
    }
    arena_fini(&member.arena);
    return rc;
}

int repeats_apply(struct repeats *repeats, struct job *job, struct row *row,
                  struct err *err) {
    unsigned char key[KEYINDEX_KEY];
    struct keyindex_row last;
    int rc = row->record.error_count > 0 ? 0 : first_key(job, row, key);

    if (rc == RC_NOMEM)
        return err_nomem(err);
    if (rc == 1)
        rc = keyindex_last(repeats->index, key, &last, err);
    if (rc < 0)
        return rc;
    if (rc == 1 && last.record != row->number) {
        row->counted = last.line;
        return RC_OK;
    }
    if (!repeats->merges)
        return RC_OK;
    if (rc == 1)
        rc = merge_into(repeats, job, row, key, err);
    if (rc < 0 || row->unreadable != REASON_NONE)
        return rc < 0 ? rc : RC_OK;
    rc = program_complete(job->program, &row->arena, &row->record);
    return rc < 0 ? err_nomem(err) : RC_OK;
}
