/* settle_match.c - compares rows in doubt with the records that a look-up has found.
 *
 * Promises nothing about who owns a record when several rows could: that is settle.c's.
 */
#include "flow/settle_match.h"

#include "flow/settle_query.h"
#include "model/json.h"
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 64 };

int settle_match_init(struct settle_match *match, const struct mapping *mapping,
                      const struct program *program) {
    match->mapping = mapping;
    match->def_count = program_attributes(program, &match->defs);
    match->scratch = calloc(match->def_count + 1, sizeof *match->scratch);
    return match->scratch == NULL ? RC_NOMEM : RC_OK;
}

void settle_match_fini(struct settle_match *match) {
    free(match->scratch);
    match->scratch = NULL;
}

/* The row's attributes that a list shows as they were sent, into scratch. */
static size_t listed(const struct settle_match *match, const struct row *row) {
    size_t n = 0;

    for (size_t i = 0; i < row->record.count && n < match->def_count; i++)
        if (settle_query_lists(&row->record.attributes[i]))
            match->scratch[n++] = row->record.attributes[i];
    return n;
}

static bool holds(const struct candidate *candidate, const struct attribute *attributes,
                  size_t count) {
    size_t missing[1];

    return count > 0 &&
           write_compare(attributes, count, candidate->json, missing, 1) == 0;
}

static bool is_empty(const struct json_member *member) {
    return member->type == JSON_IS_NULL || slice_is(member->raw, "\"\"") ||
           slice_is(member->raw, "[]");
}

/* Has the candidate a value of its own there? */
static bool has_value(const struct candidate *candidate, const char *name) {
    struct json_cursor cursor;
    struct json_member member;

    if (json_cursor_object(&cursor, candidate->json) < 0)
        return false;
    while (json_cursor_next(&cursor, &member) == 1)
        if (slice_is(member.name, name))
            return !is_empty(&member);
    return false;
}

static bool was_sent(const struct row *row, const struct schema_attribute *def) {
    for (size_t i = 0; i < row->record.count; i++)
        if (row->record.attributes[i].def == def)
            return true;
    return false;
}

/* The server fills these by itself when they are not sent. */
static bool is_filled_by_server(const struct schema_attribute *def) {
    return def->has_default || def->type == ATTRIBUTE_BOOL ||
           def->type == ATTRIBUTE_ENUM || def->type == ATTRIBUTE_IDS;
}

static bool has_more(const struct settle_match *match, const struct row *row,
                     const struct candidate *candidate) {
    for (size_t i = 0; i < match->def_count; i++) {
        const struct schema_attribute *def = match->defs[i];
        if (!is_filled_by_server(def) && !was_sent(row, def) &&
            has_value(candidate, def->name))
            return true;
    }
    return false;
}

bool settle_match_equals(const struct settle_match *match, const struct row *row,
                         const struct candidate *candidate) {
    return holds(candidate, match->scratch, listed(match, row)) &&
           !has_more(match, row, candidate);
}

/* strong: what it has in common tells people apart. */
static bool has_key(const struct settle_match *match, const struct row *row,
                    const struct candidate *candidate, bool *strong) {
    const struct attribute *probe = settle_query_probe(row);
    size_t n = settle_query_keys(match->mapping, row, match->scratch);

    *strong = n > 0 || settle_query_is_strong(probe);
    if (n > 0)
        return holds(candidate, match->scratch, n);
    return probe != NULL && holds(candidate, probe, 1);
}

bool settle_match_agrees(const struct settle_match *match, const struct row *row,
                         const struct candidate *candidate) {
    bool strong;
    size_t n;

    if (!has_key(match, row, candidate, &strong))
        return false;
    n = listed(match, row);
    for (size_t i = 0; i < n; i++)
        if (!holds(candidate, &match->scratch[i], 1) &&
            has_value(candidate, match->scratch[i].def->name))
            return false;
    return !has_more(match, row, candidate);
}

bool settle_match_resembles(const struct settle_match *match, const struct row *row,
                            const struct candidate *candidate) {
    bool strong;

    return has_key(match, row, candidate, &strong) &&
           (strong || holds(candidate, match->scratch, listed(match, row)));
}

const char *settle_match_key(const struct settle_match *match, const struct row *row) {
    const struct attribute *probe = settle_query_probe(row);

    if (settle_query_keys(match->mapping, row, match->scratch) > 0)
        return match->scratch[0].def->name;
    return probe == NULL ? "" : probe->def->name;
}

static int candidate_read(struct slice json, struct candidate *out) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = json_cursor_object(&cursor, json);

    *out = (struct candidate){.json = json};
    while (rc >= 0 && (rc = json_cursor_next(&cursor, &member)) == 1)
        if (slice_is(member.name, "id") && member.type == JSON_IS_STRING)
            out->id = slice_make(member.raw.data + 1, member.raw.len - 2);
    return rc < 0 || out->id.len == 0 || out->id.len >= ID_MAX ? RC_SERVER : RC_OK;
}

int candidates_read(struct slice body, struct candidate *out, size_t max) {
    struct json_cursor top, list;
    struct json_member member, element;
    size_t n = 0;
    int rc = json_cursor_object(&top, body);

    while (rc >= 0 && (rc = json_cursor_next(&top, &member)) == 1)
        if (member.type == JSON_IS_ARRAY && slice_is(member.name, "list"))
            break;
    if (rc != 1 || json_cursor_array(&list, member.raw) < 0)
        return RC_SERVER;
    while (n < max && (rc = json_cursor_next(&list, &element)) == 1) {
        if (candidate_read(element.raw, &out[n]) < 0)
            return RC_SERVER;
        for (size_t i = 0; i < n; i++)
            if (slice_equal(out[i].id, out[n].id))
                out[n].taken = true;
        n++;
    }
    return rc < 0 ? rc : (int)n;
}
