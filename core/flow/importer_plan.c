/* importer_plan.c - what a row's write is, and which rows it must not overlap with.
 */
#include "flow/importer_private.h"

#include "base/digest.h"
#include "base/utf8.h"
#include "flow/unkept.h"
#include "model/json.h"
#include "model/schema.h"
#include "plan/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As a look-up compares it: rows that it could take for one must not overlap. */
static uint64_t lane_fold(struct importer *importer, uint64_t seed, const char *name,
                          struct slice text) {
    const struct schema_attribute *def = schema_find(importer->options.job->schema, name);

    buf_reset(&importer->scratch);
    if (def != NULL)
        (void)match_normalize(&importer->scratch, def, text);
    else
        (void)utf8_append_folded(&importer->scratch, text);
    return digest_fnv(digest_fnv(seed, slice_of(name)), buf_slice(&importer->scratch));
}

/* What the row has for the attribute called name: its value, or what its look-up asks
 * for; empty for nothing. */
static struct slice row_text(const struct row *row, const char *name) {
    const struct record *record = &row->record;

    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->attributes[i].def->name, name) == 0)
            return record->attributes[i].value.text;
    for (size_t i = 0; i < record->key_count; i++)
        if (strcmp(record->keys[i].def->name, name) == 0)
            return record->keys[i].value.text;
    for (size_t i = 0; i < record->link_count; i++)
        if (strcmp(record->links[i].def->name, name) == 0)
            return record->links[i].texts[0];
    return slice_make(NULL, 0);
}

/* One lane for the values of several attributes together; false when the row lacks one.
 */
static bool importer_add_lane(struct importer *importer, struct row *row,
                              const char *const *names) {
    uint64_t key = DIGEST_FNV_SEED;
    bool all = true, any = false;

    for (; *names != NULL; names++) {
        struct slice text = row_text(row, *names);
        all = all && text.len > 0;
        any = any || text.len > 0;
        if (text.len > 0)
            key = lane_fold(importer, key, *names, text);
    }
    if (any)
        lane_add(&row->ticket, key);
    return all;
}

/* Which lanes: the whole body, so that twins never fly together and a look-up can tell
 * them apart; e-mail and phone; the mapping's match keys; and what the server's own check
 * for duplicates looks at, because that check races. */
static void importer_find_lanes(struct importer *importer, struct row *row) {
    static const char *const person[] = {"firstName", "lastName", "name", NULL};
    const char *const *rule;
    bool matched = false;

    row->ticket.tag = row;
    lane_add(&row->ticket, row->print);
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        const char *const names[] = {a->def->name, NULL};
        if (a->value.kind == VALUE_STRING &&
            (a->def->type == ATTRIBUTE_EMAIL || a->def->type == ATTRIBUTE_PHONE))
            (void)importer_add_lane(importer, row, names);
        for (size_t k = 0; a->value.kind == VALUE_ADDRESSES && k < a->value.item_count;
             k++)
            lane_add(&row->ticket, lane_fold(importer, DIGEST_FNV_SEED, a->def->field,
                                             a->value.addresses[k].text));
    }
    for (size_t i = 0; (rule = mapping_match(importer->options.job->mapping, i)) != NULL;
         i++)
        if (importer_add_lane(importer, row, rule))
            matched = true;
    if (!matched && !row->write.skip_duplicate_check)
        (void)importer_add_lane(importer, row, person);
}

int importer_identify(struct importer *importer, struct err *err) {
    static const char key[] = "identity";
    struct journal *journal = importer->options.journal;
    char name[17];
    int rc = RC_OK;

    if (program_identity(importer->options.job->program) == NULL)
        return RC_OK;
    if (journal_text(journal, key)[0] == '\0') {
        (void)snprintf(name, sizeof name, "%016" PRIx64,
                       env_random(site_env(importer->options.site)));
        rc = journal_set_text(journal, key, name, err);
    }
    importer->run = journal_text(journal, key);
    return rc;
}

int importer_seed_ids(struct importer *importer, struct err *err) {
    static const char key[] = "ids";
    struct journal *journal = importer->options.journal;
    char seed[17];
    int rc = RC_OK;

    if (journal_text(journal, key)[0] == '\0') {
        if (importer->options.engine->ops->takes_id == NULL)
            return RC_OK;
        (void)snprintf(seed, sizeof seed, "%016" PRIx64,
                       env_random(site_env(importer->options.site)));
        rc = journal_set_text(journal, key, seed, err);
    }
    importer->ids = strtoull(journal_text(journal, key), NULL, 16);
    return rc;
}

/* 17 hexadecimal digits as EspoCRM's own, or a UUID where it is set to make those (its
 * metadata, app.recordId, are not for API users to read, so its user tells): 44 random
 * bits of the run, then the row, so that neighbours are neighbours in the index. */
static const char *make_id(struct importer *importer, struct row *row) {
    const struct schema_server *server = schema_server(importer->options.job->schema);
    uint64_t run = importer->ids + (row->number >> 24) * UINT64_C(0x9e3779b97f4a7c15);
    unsigned number = (unsigned)(row->number & 0xffffff);

    if (strlen(server->user_id) != 36)
        return arena_format(&row->arena, "%011" PRIx64 "%06x", run >> 20, number);
    return arena_format(&row->arena, "%08x-%04x-4%03x-8%03x-000000%06x",
                        (unsigned)(run >> 32), (unsigned)(run >> 16 & 0xffff),
                        (unsigned)(run >> 4 & 0xfff), (unsigned)(run & 0xf), number);
}

int importer_give_id(struct importer *importer, struct row *row) {
    bool takes;

    if (row->write.kind != WRITE_CREATE)
        return RC_OK;
    takes = engine_takes_id(importer->options.engine, &row->write);
    if (takes && row->made_id == NULL)
        row->made_id = make_id(importer, row);
    row->id = row->write.id = takes ? row->made_id : NULL;
    return takes && row->made_id == NULL ? RC_NOMEM : RC_OK;
}

/* A new record gets run and row, so that it is known again whatever becomes of the
 * answer. Without memory it is told by what it holds. */
static void importer_add_identity(struct importer *importer, struct row *row) {
    size_t count = row->record.count;
    struct attribute *all = arena_alloc(&row->arena, (count + 1) * sizeof *all);
    const char *text =
        arena_format(&row->arena, "%s-%" PRIu64, importer->run, row->number);

    if (all == NULL || text == NULL)
        return;
    row->identity = slice_of(text);
    if (count > 0)
        memcpy(all, row->record.attributes, count * sizeof *all);
    all[count] = (struct attribute){
        .def = program_identity(importer->options.job->program),
        .column = NO_COLUMN,
        .value = {.kind = VALUE_STRING, .text = row->identity},
    };
    row->write.attributes = all;
    row->write.count = count + 1;
}

void importer_plan_write(struct importer *importer, struct row *row) {
    const char *entity_type = importer->options.source != NULL
                                  ? row->write.entity_type
                                  : mapping_entity_type(importer->options.job->mapping);

    row->owner = importer;
    memset(&row->write, 0, sizeof row->write);
    row->write.kind = WRITE_CREATE;
    row->write.entity_type = entity_type;
    row->write.attributes = row->record.attributes;
    row->write.count = row->record.count;
    row->write.skip_duplicate_check =
        importer->options.on_duplicate == ON_DUPLICATE_FORCE ||
        (row->plan != NULL && row->plan->matchable);
    if (importer->run != NULL)
        importer_add_identity(importer, row);
    row->write.done = importer_outcome;
    row->write.tag = row;
}

int importer_plan(struct importer *importer, struct row *row) {
    if (importer->options.source != NULL) { /* which has said what it must not meet */
        row->owner = importer;
        row->ticket.tag = row;
        return RC_OK;
    }
    if (unkept_sort(row, slice_make(NULL, 0)) < 0)
        return RC_NOMEM;
    importer_plan_write(importer, row);
    buf_reset(&importer->scratch);
    if (json_append_record(&importer->scratch, row->record.attributes,
                           row->record.count) < 0)
        return RC_NOMEM;
    row->print = digest_fnv(DIGEST_FNV_SEED, buf_slice(&importer->scratch));
    importer_find_lanes(importer, row);
    return RC_OK;
}
