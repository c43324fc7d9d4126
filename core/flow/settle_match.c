/* settle_match.c - compares rows in doubt with the records that a look-up has found.
 *
 * Promises nothing about who owns a record when several rows could: that is
 * settle_judge.c's.
 */
#include "flow/settle_match.h"

#include "base/env.h"
#include "flow/settle_query.h"
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 64 };

void settle_match_init(struct settle_match *match, const struct mapping *mapping,
                       const struct program *program) {
    memset(match, 0, sizeof *match);
    match->mapping = mapping;
    if (program == NULL) /* nothing will be looked up */
        return;
    match->identity = program_identity(program);
    match->def_count = program_attributes(program, &match->defs);
}

void settle_match_fini(struct settle_match *match) {
    free(match->scratch);
    free(match->values);
    match->scratch = NULL;
    match->values = NULL;
}

/* --- reading --- */

static struct slice unquoted(const struct json_member *member) {
    return slice_make(member->raw.data + 1, member->raw.len - 2);
}

static int candidate_read(const struct settle_match *match, struct slice json,
                          struct candidate *out) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = json_cursor_object(&cursor, json);

    out->id = out->created = out->identity = slice_make("", 0);
    out->taken = out->suspect = false;
    while (rc >= 0 && (rc = json_cursor_next(&cursor, &member)) == 1) {
        if (slice_is(member.name, "id") && member.type == JSON_IS_STRING)
            out->id = unquoted(&member);
        if (slice_is(member.name, "createdAt") && member.type == JSON_IS_STRING)
            out->created = unquoted(&member);
        if (match->identity != NULL && member.type == JSON_IS_STRING &&
            slice_is(member.name, match->identity->name))
            out->identity = unquoted(&member);
        for (size_t i = 0; i < match->def_count; i++)
            if (slice_is(member.name, match->defs[i]->name))
                out->values[i] = member;
    }
    return rc < 0 || out->id.len == 0 || out->id.len >= ID_MAX ? RC_SERVER : RC_OK;
}

static int values_alloc(struct settle_match *match, struct candidate *out, size_t count) {
    free(match->values);
    match->values = calloc(count * match->def_count + 1, sizeof *match->values);
    if (match->values == NULL)
        return RC_NOMEM;
    for (size_t i = 0; i < count; i++)
        out[i].values = match->values + i * match->def_count;
    return RC_OK;
}

static int list_open(struct slice body, struct json_cursor *list) {
    struct json_cursor top;
    struct json_member member;
    int rc = json_cursor_object(&top, body);

    while (rc >= 0 && (rc = json_cursor_next(&top, &member)) == 1)
        if (member.type == JSON_IS_ARRAY && slice_is(member.name, "list"))
            return json_cursor_array(list, member.raw);
    return RC_SERVER;
}

int settle_match_read(struct settle_match *match, struct slice body,
                      struct candidate *out, size_t max) {
    struct json_cursor list;
    struct json_member element;
    size_t n = 0;
    int rc = list_open(body, &list);

    while (rc >= 0 && n < max && (rc = json_cursor_next(&list, &element)) == 1)
        n++;
    if (rc < 0 || values_alloc(match, out, n) != RC_OK)
        return rc < 0 ? rc : RC_NOMEM;
    (void)list_open(body, &list);
    for (size_t i = 0; i < n; i++) {
        if (json_cursor_next(&list, &element) != 1 ||
            candidate_read(match, element.raw, &out[i]) < 0)
            return RC_SERVER;
        for (size_t k = 0; k < i; k++)
            if (slice_equal(out[k].id, out[i].id))
                out[i].taken = true;
    }
    return (int)n;
}

int settle_match_read_one(struct settle_match *match, struct slice json,
                          struct candidate *out) {
    int rc = values_alloc(match, out, 1);

    return rc == RC_OK ? candidate_read(match, json, out) : rc;
}

/* --- comparing --- */

static bool is_blank(const struct json_member *member) {
    return member->raw.data == NULL || member->type == JSON_IS_NULL ||
           slice_is(member->raw, "\"\"") || slice_is(member->raw, "[]");
}

static const struct json_member *value_of(const struct settle_match *match,
                                          const struct candidate *candidate,
                                          const struct schema_attribute *def) {
    for (size_t i = 0; i < match->def_count; i++)
        if (match->defs[i] == def)
            return &candidate->values[i];
    return NULL;
}

static bool holds(const struct settle_match *match, const struct candidate *candidate,
                  const struct attribute *attribute) {
    const struct json_member *member = value_of(match, candidate, attribute->def);

    return json_holds(member == NULL || member->raw.data == NULL ? NULL : member,
                      attribute);
}

/* What the row is told apart by. */
struct key {
    bool strong; /* equal, it tells people apart: the mapping's key, e-mail, phone */
    bool equal;
};

static int compare_key(struct settle_match *match, const struct row *row,
                       const struct candidate *candidate, struct key *key) {
    const struct attribute *probe = settle_query_probe(row);
    size_t n;

    if (row->record.count > match->scratch_size) {
        struct attribute *grown =
            realloc(match->scratch, row->record.count * sizeof *grown);
        if (grown == NULL)
            return RC_NOMEM;
        match->scratch = grown;
        match->scratch_size = row->record.count;
    }
    n = settle_query_keys(match->mapping, row, match->scratch);
    key->strong = n > 0 || settle_query_is_strong(probe);
    key->equal = n > 0 || probe == NULL || holds(match, candidate, probe);
    for (size_t i = 0; i < n; i++)
        key->equal = key->equal && holds(match, candidate, &match->scratch[i]);
    return RC_OK;
}

/* How the record compares with what was sent. */
struct difference {
    size_t compared; /* values sent that a list can show */
    size_t blank;    /* of these: the record holds nothing there */
    size_t other;    /* the record holds something else */
    size_t more;     /* values of the record that were not sent */
    size_t words;    /* of these: texts */
};

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

static bool is_text(const struct schema_attribute *def) {
    return def->type == ATTRIBUTE_VARCHAR || def->type == ATTRIBUTE_TEXT ||
           def->type == ATTRIBUTE_EMAIL || def->type == ATTRIBUTE_PHONE ||
           def->type == ATTRIBUTE_URL;
}

static void compare_values(const struct settle_match *match, const struct row *row,
                           const struct candidate *candidate, struct difference *out) {
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        const struct json_member *member;
        /* what no column fills are marks of addresses, which the planner adds */
        if (!settle_query_lists(a) || value_of(match, candidate, a->def) == NULL)
            continue;
        out->compared++;
        if (holds(match, candidate, a))
            continue;
        member = value_of(match, candidate, a->def);
        *(member == NULL || is_blank(member) ? &out->blank : &out->other) += 1;
    }
    for (size_t i = 0; i < match->def_count; i++) {
        const struct schema_attribute *def = match->defs[i];
        if (is_blank(&candidate->values[i]) || is_filled_by_server(def) ||
            was_sent(row, def))
            continue;
        out->more++;
        out->words += is_text(def);
    }
}

static enum likeness likeness_of(const struct key *key, const struct difference *d) {
    if (d->compared == 0) /* nothing can be compared: any record may be its own */
        return LIKE_PERHAPS;
    if (d->blank + d->other == 0) {
        if (d->more == 0)
            return LIKE_EQUAL;
        return key->strong || d->words == 0 ? LIKE_MORE : LIKE_PERHAPS;
    }
    /* the server drops, without a word, what the role may not write (espocrm-live,
     * "Values"), and a formula may change the rest */
    return key->strong || (d->other == 0 && d->words == 0 && d->blank < d->compared)
               ? LIKE_PERHAPS
               : LIKE_NOT;
}

/* --- when --- */

enum when { WHEN_BEFORE, WHEN_CLOSE, WHEN_SINCE };

/* createdAt has whole seconds, and so has the Date header that our idea of the server's
 * clock is from: it is late rather than early. "2026-11-24 01:09:43" sorts as text. */
static enum when compare_time(const struct row *row, const struct candidate *candidate) {
    char sent[20], surely[20];

    if (row->first_sent_ms == 0)
        return WHEN_SINCE;
    env_format_utc(row->first_sent_ms, sent);
    settle_query_since(row->first_sent_ms, surely);
    if (candidate->created.len != strlen(sent))
        return WHEN_CLOSE;
    if (memcmp(candidate->created.data, surely, strlen(surely)) < 0)
        return WHEN_BEFORE;
    return memcmp(candidate->created.data, sent, strlen(sent)) < 0 ? WHEN_CLOSE
                                                                   : WHEN_SINCE;
}

static bool sends(const struct row *row, const char *name) {
    for (size_t i = 0; i < row->record.count; i++)
        if (strcmp(row->record.attributes[i].def->name, name) == 0)
            return row->record.attributes[i].value.kind == VALUE_STRING;
    return false;
}

/* Would the server answer 409 if the row was sent again? Only where that is known to be
 * checked, by address or name (espocrm-api, section 1.4), and was not turned off. */
static bool is_checked(const struct settle_match *match, const struct row *row,
                       enum likeness like) {
    static const char *const types[] = {"Lead", "Contact", "Account"};
    bool checked = false;

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        checked = checked || strcmp(mapping_entity_type(match->mapping), types[i]) == 0;
    return checked && !row->write.skip_duplicate_check &&
           (sends(row, "emailAddress") ||
            (like == LIKE_EQUAL && (sends(row, "lastName") || sends(row, "name"))));
}

int settle_match_compare(struct settle_match *match, const struct row *row,
                         const struct candidate *candidate) {
    struct key key;
    struct difference difference;
    enum likeness like;
    enum when when;

    if (row->identity.len > 0 && candidate->identity.len > 0)
        return slice_equal(row->identity, candidate->identity) ? LIKE_EQUAL : LIKE_NOT;
    if (compare_key(match, row, candidate, &key) != RC_OK)
        return RC_NOMEM;
    if (!key.equal)
        return LIKE_NOT;
    when = compare_time(row, candidate);
    if (when == WHEN_BEFORE)
        return LIKE_NOT;
    compare_values(match, row, candidate, &difference);
    like = likeness_of(&key, &difference);
    if (candidate->suspect && like > LIKE_PERHAPS)
        like = LIKE_PERHAPS;
    if (when == WHEN_SINCE || like == LIKE_NOT)
        return (int)like;
    return is_checked(match, row, like) ? LIKE_NOT : LIKE_PERHAPS;
}
