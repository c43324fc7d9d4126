/* reconciler_candidates.c - rows that may be about several records, or about one that
 * only the database takes for equal: of none of these is it said that no row is about it.
 */
#include "flow/reconciler_private.h"

#include "flow/exporter_private.h"
#include "flow/repeats.h"
#include "model/json.h"

#include <stdio.h>
#include <string.h>

/* The least ids of those that match, so that it does not matter how they came. */
struct least_ids {
    char ids[RECONCILE_CANDIDATES][EXPORT_ID_BYTES];
    size_t count;
};

static void note_least(struct least_ids *least, const char *id) {
    size_t at = least->count;

    for (; at > 0 && strcmp(least->ids[at - 1], id) > 0; at--)
        if (at < RECONCILE_CANDIDATES)
            memcpy(least->ids[at], least->ids[at - 1], EXPORT_ID_BYTES);
    if (at == RECONCILE_CANDIDATES)
        return;
    (void)snprintf(least->ids[at], EXPORT_ID_BYTES, "%s", id);
    least->count += least->count < RECONCILE_CANDIDATES;
}

/* What a record has that only the database takes for what the row has, attribute by
 * attribute. */
static int append_loose(struct reconciler *r, const struct reconcile_item *item) {
    const struct schema_attribute *const *by;
    struct json_member member;
    size_t count;

    by = program_match(r->options->job->program, item->rule, &count);
    (void)buf_append_text(&r->detail, ",\"loosely\":[");
    for (size_t k = 0; k < count; k++) {
        (void)buf_append_text(&r->detail, k > 0 ? ",[" : "[");
        (void)json_append_string(&r->detail, slice_of(by[k]->name));
        (void)buf_append_char(&r->detail, ',');
        (void)buf_append_slice(&r->detail,
                               json_find(buf_slice(&r->pack), by[k]->name, &member)
                                   ? member.raw
                                   : slice_of("null"));
        (void)buf_append_char(&r->detail, ',');
        (void)json_append_string(&r->detail, repeats_value(item->row, by[k]));
        (void)buf_append_char(&r->detail, ']');
    }
    return buf_append_char(&r->detail, ']');
}

int reconciler_put_candidates(struct reconciler *r, const struct reconcile_item *item,
                              struct err *err) {
    size_t count = item->found > 0 ? item->found : item->loose;
    struct least_ids least = {.count = 0};
    int64_t place = 0;
    bool outside;
    int rc = RC_OK;

    for (size_t i = 0; rc >= 0 && i < count; i++) {
        buf_reset(&r->id);
        buf_reset(&r->pack);
        rc = journal_get_record(r->options->journal, item->places[i], &r->id, &r->pack,
                                &outside, err);
        note_least(&least, buf_text(&r->id));
        if (rc >= 0)
            rc = journal_put_candidate(r->options->journal, item->places[i],
                                       item->row->number, err);
    }
    (void)buf_append_text(&r->detail, "{\"candidates\":[");
    for (size_t i = 0; i < least.count; i++) {
        (void)buf_append_text(&r->detail, i > 0 ? "," : "");
        (void)json_append_string(&r->detail, slice_of(least.ids[i]));
    }
    (void)buf_append_format(&r->detail, "],\"count\":%zu", count);
    if (rc >= 0 && item->found == 0) {
        rc =
            journal_find_record(r->options->journal, slice_of(least.ids[0]), &place, err);
        buf_reset(&r->pack);
        if (rc >= 0)
            rc = journal_get_record(r->options->journal, place, &r->id, &r->pack,
                                    &outside, err);
        (void)append_loose(r, item);
    }
    (void)buf_append_char(&r->detail, '}');
    return rc < 0 ? rc : RC_OK;
}
