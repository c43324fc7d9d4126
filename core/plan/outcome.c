/* outcome.c - from the verdict on an answer to the outcome of a write, echo included.
 *
 * The server drops, without an error, what the role may not edit and what it does not
 * know (espocrm-api, section 1.2), so a 200 proves nothing by itself: the stored record
 * that comes back is compared, attribute by attribute, with what was sent.
 */
#include "plan/write.h"

#include "model/address.h"
#include "model/json.h"
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

/* No entity type has as many fields; what lies beyond is not compared. */
enum { COMPARE_MAX = 1024, ADDRESS_BYTES = 16 * 1024 };

static bool attribute_is_named(const struct attribute *attribute, struct slice name) {
    return slice_is(name, attribute->def->name);
}

static struct slice string_of(const struct json_member *member) {
    return member->type == JSON_IS_STRING && member->raw.len > 2
               ? slice_make(member->raw.data + 1, member->raw.len - 2)
               : slice_make(NULL, 0);
}

static void take_stamp(struct outcome *out, const struct json_member *member) {
    if (slice_is(member->name, "id"))
        out->id = string_of(member);
    else if (slice_is(member->name, "modifiedAt"))
        out->modified = string_of(member);
    else if (slice_is(member->name, "versionNumber") && member->type == JSON_IS_NUMBER)
        out->version = strtoll(member->raw.data, NULL, 10);
}

/* write_compare(), and the stamp in the same pass unless that is NULL. */
static int compare(const struct attribute *attributes, size_t count, struct slice json,
                   struct outcome *stamp, size_t *missing, size_t max) {
    uint64_t seen[COMPARE_MAX / 64] = {0}; /* one bit an attribute */
    struct json_cursor cursor;
    struct json_member member;
    size_t found = 0;
    int rc = json_cursor_object(&cursor, json);

    if (rc < 0)
        return rc;
    while ((rc = json_cursor_next(&cursor, &member)) == 1) {
        if (stamp != NULL)
            take_stamp(stamp, &member);
        for (size_t i = 0; i < count && i < COMPARE_MAX; i++) {
            if (!attribute_is_named(&attributes[i], member.name))
                continue;
            if (json_holds(&member, &attributes[i]))
                seen[i / 64] |= UINT64_C(1) << (i % 64);
            break;
        }
    }
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count && i < COMPARE_MAX; i++) {
        bool absent_is_right = attributes[i].value.kind == VALUE_NULL ||
                               (attributes[i].value.kind == VALUE_LIST &&
                                attributes[i].value.item_count == 0);
        if ((seen[i / 64] >> (i % 64) & 1) != 0 || absent_is_right)
            continue;
        if (found < max)
            missing[found] = i;
        found++;
    }
    return (int)found;
}

int write_compare(const struct attribute *attributes, size_t count, struct slice json,
                  size_t *missing, size_t max) {
    return compare(attributes, count, json, NULL, missing, max);
}

static bool shows_primary(struct slice json, const struct attribute *a) {
    struct buf text = {.max = ADDRESS_BYTES};
    struct json_member member;
    bool shows = a->value.kind == VALUE_ADDRESSES && a->value.item_count > 0 &&
                 json_find(json, a->def->field, &member) &&
                 json_unescape(&text, member.raw) == RC_OK &&
                 address_equal(buf_slice(&text), a->value.addresses[0].text);

    buf_fini(&text);
    return shows;
}

int write_compare_shown(const struct attribute *attributes, size_t count,
                        struct slice json, size_t *missing, size_t max) {
    int n = write_compare(attributes, count, json, missing, max);
    size_t kept = 0;

    if (n < 0)
        return n;
    for (size_t i = 0; i < (size_t)n && i < max; i++)
        if (!shows_primary(json, &attributes[missing[i]]))
            missing[kept++] = missing[i];
    return (int)kept;
}

void outcome_read_stamp(struct outcome *out, struct slice json) {
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_object(&cursor, json) < 0)
        return;
    while (json_cursor_next(&cursor, &member) == 1)
        take_stamp(out, &member);
}

static void outcome_stored(const struct write *write, const struct answer *answer,
                           struct outcome *out) {
    int n;

    out->kind = OUTCOME_STORED;
    if (write->kind == WRITE_DELETE || write->kind == WRITE_UNDELETE ||
        write->kind == WRITE_RELATE)
        return; /* the answer is `true` */
    n = compare(write->attributes, write->count, answer->body, out, out->missing,
                OUTCOME_MISSING_MAX);
    out->missing_count = n < 0 ? 0 : (size_t)n;
    if (out->missing_count > OUTCOME_MISSING_MAX)
        out->missing_count = OUTCOME_MISSING_MAX;
}

void outcome_of(const struct write *write, const struct verdict *verdict,
                const struct answer *answer, struct outcome *out) {
    memset(out, 0, sizeof *out);
    out->field = verdict->field;
    out->message = verdict->message;
    out->reason = verdict->reason;
    out->server_ms = answer->server_ms;
    out->latency_us = answer->latency_us;
    out->status = answer->delivery == DELIVERY_ANSWERED ? answer->status : 0;
    switch (verdict->action) {
    case VERDICT_DONE: outcome_stored(write, answer, out); break;
    case VERDICT_ROW_FAILED: out->kind = OUTCOME_FAILED; break;
    case VERDICT_DUPLICATE:
        out->kind = OUTCOME_DUPLICATE;
        out->body = answer->body;
        break;
    case VERDICT_MODIFIED:
        out->kind = OUTCOME_MODIFIED;
        out->body = answer->body;
        break;
    case VERDICT_RETRY:
    case VERDICT_DOUBTFUL:
        out->kind = OUTCOME_DOUBTFUL;
        if (out->reason == REASON_NONE)
            out->reason = REASON_OUTCOME_UNKNOWN;
        break;
    case VERDICT_STOP: out->kind = OUTCOME_UNSENT; break;
    }
}
