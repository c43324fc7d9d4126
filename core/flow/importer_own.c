/* importer_own.c - rows whose record was given its id here, and whose answer was lost.
 *
 * The Import writes a record first, and its addresses and relations after it. So a record
 * that is there and lacks something may be in the middle of that, or the server may have
 * died there. It is looked at again until the settle time is over; what it then still
 * lacks is written once more, unless somebody has changed the record since.
 */
#include "flow/importer_private.h"

#include "flow/look_times.h"
#include "model/json.h"

#include <string.h>

static int64_t now_ms(const struct importer *importer) {
    return env_monotonic_us(site_env(importer->options.site)) / 1000;
}

bool importer_may_come(const struct importer *importer, const struct row *row) {
    return env_wall_ms(site_env(importer->options.site)) - row->doubtful_ms <
           importer->settle_ms;
}

void importer_look_again(struct importer *importer, struct row *row) {
    int64_t now = env_wall_ms(site_env(importer->options.site));

    row->look_at_ms =
        now_ms(importer) - now +
        look_next_ms(row->doubtful_ms, importer->settle_ms, importer->options.looks, now);
    row_queue_push(&importer->later, row);
}

void importer_wake(struct importer *importer) {
    struct row_queue rest = {0};
    int64_t now = now_ms(importer);
    struct row *row;

    while ((row = row_queue_pop(&importer->later)) != NULL) {
        if (row->look_at_ms <= now && row->look != NULL)
            importer_look(importer, row);
        else if (row->look_at_ms <= now)
            importer_ask(importer, row);
        else
            row_queue_push(&rest, row);
    }
    importer->later = rest;
}

bool importer_waits_to_create(struct importer *importer, struct row *row) {
    if (!row->was_doubtful || row->made_id == NULL || !importer_may_come(importer, row) ||
        engine_takes_id(importer->options.engine, &row->write))
        return false;
    importer_look_again(importer, row);
    return true;
}

/* Nobody has changed it since it was made. */
static bool is_untouched(struct slice record) {
    struct json_member created, modified;

    return json_find(record, "createdAt", &created) &&
           json_find(record, "modifiedAt", &modified) &&
           slice_equal(created.raw, modified.raw);
}

static bool holds_nothing(struct slice record, const struct schema_attribute *def) {
    const char *name = def->type == ATTRIBUTE_ADDRESSES ? def->field : def->name;
    struct json_member member;

    return !json_find(record, name, &member) || json_is_blank(&member) ||
           slice_is(member.raw, "false");
}

/* Writes what the record lacks: false where that is not sure to be right. */
static bool mend(struct importer *importer, struct row *row, struct slice record,
                 const size_t *missing, size_t count) {
    struct attribute *lost = arena_alloc(&row->arena, count * sizeof *lost);

    if (lost == NULL || row->mends || !is_untouched(record))
        return false;
    for (size_t i = 0; i < count; i++) {
        lost[i] = row->write.attributes[missing[i]];
        if (!holds_nothing(record, lost[i].def))
            return false;
    }
    row->mends = true;
    row->write.kind = WRITE_UPDATE;
    row->write.id = row->id;
    row->write.attributes = lost;
    row->write.count = count;
    row_queue_push(&importer->planned, row);
    return true;
}

/* When the record was changed last, for an undo. */
static void keep_stamp(struct row *row, struct outcome *stamp, struct slice record) {
    outcome_read_stamp(stamp, record);
    if (stamp->modified.len > 0)
        row->modified = row_keep(row, stamp->modified);
    row->version = stamp->version;
}

void importer_own(struct importer *importer, struct row *row, struct slice record) {
    struct outcome stamp = {.kind = OUTCOME_STORED};
    size_t missing[OUTCOME_MISSING_MAX];
    int n;

    keep_stamp(row, &stamp, record);
    row->id = row->made_id;
    row->matched_by = "id";
    row->settled = true;
    importer_plan_write(importer, row);
    n = write_compare_shown(row->write.attributes, row->write.count, record, missing,
                            OUTCOME_MISSING_MAX);
    if (n > 0 && importer_may_come(importer, row)) {
        importer_look_again(importer, row);
        return;
    }
    if (n > 0 && mend(importer, row, record, missing, (size_t)n))
        return;
    if (n > 0)
        importer_warn_missing(importer, row, missing, (size_t)n);
    importer_end(importer, row, ROW_CREATED);
}

bool importer_mended(struct importer *importer, struct row *row,
                     const struct outcome *outcome) {
    size_t missing[OUTCOME_MISSING_MAX];
    size_t count = outcome->missing_count;

    if (!row->mends || outcome->kind == OUTCOME_DOUBTFUL ||
        outcome->kind == OUTCOME_UNSENT)
        return false;
    if (outcome->modified.len > 0)
        row->modified = row_keep(row, outcome->modified);
    if (outcome->version != 0)
        row->version = outcome->version;
    memcpy(missing, outcome->missing, count * sizeof missing[0]);
    for (size_t i = 0; outcome->kind != OUTCOME_STORED && i < row->write.count &&
                       i < OUTCOME_MISSING_MAX;
         i++)
        missing[count++] = i; /* refused: it lacks them all */
    importer_warn_missing(importer, row, missing, count);
    importer_end(importer, row, ROW_CREATED);
    return true;
}
