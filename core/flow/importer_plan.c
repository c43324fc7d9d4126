/* importer_plan.c - what a row's write is, and which rows it must not overlap with.
 */
#include "flow/importer_private.h"

#include "base/digest.h"
#include "base/utf8.h"
#include "model/json.h"
#include "model/schema.h"

#include <string.h>

static uint64_t lane_fold(struct importer *importer, uint64_t seed, struct slice text) {
    buf_reset(&importer->scratch);
    (void)utf8_append_folded(&importer->scratch, text);
    return digest_fnv(seed, buf_slice(&importer->scratch));
}

static const struct attribute *row_attribute(const struct row *row, const char *name) {
    for (size_t i = 0; i < row->record.count; i++)
        if (strcmp(row->record.attributes[i].def->name, name) == 0)
            return &row->record.attributes[i];
    return NULL;
}

/* One lane for the values of several attributes together; none when the row has none. */
static void importer_add_lane(struct importer *importer, struct row *row,
                              const char *const *names) {
    uint64_t key = DIGEST_FNV_SEED;
    bool any = false;

    for (; *names != NULL; names++) {
        const struct attribute *a = row_attribute(row, *names);
        if (a == NULL || a->value.text.len == 0)
            continue;
        key = lane_fold(importer, digest_fnv(key, slice_of(*names)), a->value.text);
        any = true;
    }
    if (any)
        lane_add(&row->ticket, key);
}

/* Which lanes: the whole body, so that twins never fly together and a look-up can tell
 * them apart; e-mail and phone; the mapping's match keys; and what the server's own check
 * for duplicates looks at, because that check races. */
static void importer_find_lanes(struct importer *importer, struct row *row) {
    static const char *const person[] = {"firstName", "lastName", "name", NULL};
    const char *const *rule;

    row->ticket.tag = row;
    lane_add(&row->ticket, row->print);
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        const char *const names[] = {a->def->name, NULL};
        if (a->value.kind == VALUE_STRING &&
            (a->def->type == ATTRIBUTE_EMAIL || a->def->type == ATTRIBUTE_PHONE))
            importer_add_lane(importer, row, names);
    }
    if (!row->write.skip_duplicate_check)
        importer_add_lane(importer, row, person);
    for (size_t i = 0; (rule = mapping_match(importer->options.job->mapping, i)) != NULL;
         i++)
        importer_add_lane(importer, row, rule);
}

void importer_plan_write(struct importer *importer, struct row *row) {
    row->owner = importer;
    memset(&row->write, 0, sizeof row->write);
    row->write.kind = WRITE_CREATE;
    row->write.entity_type = mapping_entity_type(importer->options.job->mapping);
    row->write.attributes = row->record.attributes;
    row->write.count = row->record.count;
    row->write.skip_duplicate_check =
        importer->options.on_duplicate == ON_DUPLICATE_FORCE;
    row->write.done = importer_outcome;
    row->write.tag = row;
}

int importer_plan(struct importer *importer, struct row *row) {
    importer_plan_write(importer, row);
    buf_reset(&importer->scratch);
    if (json_append_record(&importer->scratch, row->record.attributes,
                           row->record.count) < 0)
        return RC_NOMEM;
    row->print = digest_fnv(DIGEST_FNV_SEED, buf_slice(&importer->scratch));
    importer_find_lanes(importer, row);
    return RC_OK;
}
