/* settle_query.c - builds the list request of a look-up.
 *
 * The request line must stay below 8,190 bytes (espocrm-live: 414 beyond), so a look
 * holds as many rows as their probes' values allow.
 */
#include "flow/settle_query.h"

#include "base/utf8.h"
#include "model/json.h"
#include "model/schema.h"
#include "wire/espo.h"

#include <string.h>

enum {
    PROBE_BYTES =
        1500,          /* of probe values in one look: times three when percent-encoded */
    PROBE_COST = 8,    /* of a value's quotes and comma */
    PATH_BYTES = 7500, /* of a path that the server surely takes */
    JSON_BYTES = 256 * 1024,
    LIST_TEXT_MAX = 9000,
    CLOCK_SLACK_MS = 5000
};

bool settle_query_lists(const struct attribute *attribute) {
    if (attribute->def->type == ATTRIBUTE_IDS || attribute->value.kind == VALUE_ADDRESSES)
        return false;
    return attribute->value.kind != VALUE_STRING ||
           attribute->value.text.len <= LIST_TEXT_MAX;
}

static const struct attribute *filled(const struct row *row, const char *name) {
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        if (strcmp(a->def->name, name) == 0)
            return a->value.kind == VALUE_NULL || !settle_query_lists(a) ? NULL : a;
    }
    return NULL;
}

size_t settle_query_keys(const struct mapping *mapping, const struct row *row,
                         struct attribute *keys) {
    const char *const *rule;

    for (size_t i = 0; (rule = mapping_match(mapping, i)) != NULL; i++) {
        size_t n = 0;
        for (; *rule != NULL && n < row->record.count; rule++) {
            const struct attribute *key = filled(row, *rule);
            if (key == NULL)
                break;
            keys[n++] = *key;
        }
        if (*rule == NULL && n > 0)
            return n;
    }
    return 0;
}

enum { RANK_TEXT = 1, RANK_NAME, RANK_LAST_NAME, RANK_PHONE, RANK_EMAIL };

static int probe_rank(const struct attribute *attribute) {
    const char *name = attribute->def->name;

    if (attribute->value.kind != VALUE_STRING || attribute->value.text.len == 0 ||
        attribute->value.text.len > 200)
        return 0;
    if (attribute->def->type == ATTRIBUTE_EMAIL)
        return RANK_EMAIL;
    if (attribute->def->type == ATTRIBUTE_PHONE)
        return RANK_PHONE;
    if (attribute->def->type != ATTRIBUTE_VARCHAR)
        return 0;
    if (strcmp(name, "name") == 0 || strcmp(name, "lastName") == 0)
        return RANK_LAST_NAME;
    return strcmp(name, "firstName") == 0 ? RANK_NAME : RANK_TEXT;
}

const struct attribute *settle_query_probe(const struct row *row) {
    const struct attribute *best = NULL;
    int best_rank = 0;

    for (size_t i = 0; i < row->record.count; i++) {
        int rank = probe_rank(&row->record.attributes[i]);
        if (rank > best_rank) {
            best = &row->record.attributes[i];
            best_rank = rank;
        }
    }
    return best;
}

bool settle_query_is_strong(const struct attribute *probe) {
    return probe != NULL && probe_rank(probe) >= RANK_PHONE;
}

bool settle_query_fits(struct row *const *rows, size_t count, const struct row *row) {
    const struct attribute *probe = settle_query_probe(row);
    size_t bytes = 0;

    if (count == 0)
        return true;
    if (probe == NULL || settle_query_probe(rows[0]) == NULL)
        return false; /* a row without a probe is looked up alone */
    for (size_t i = 0; i < count; i++) {
        const struct attribute *other = settle_query_probe(rows[i]);
        bytes += PROBE_COST + (other == NULL ? 0 : other->value.text.len);
    }
    return bytes + PROBE_COST + probe->value.text.len <= PROBE_BYTES;
}

/* The server compares e-mail addresses with the value as it is given, so it must be in
 * lower case (espocrm-api, section 2.4). */
static void append_probe_value(struct buf *json, const struct attribute *probe) {
    struct buf folded = {.max = 1024};

    if (probe->def->type == ATTRIBUTE_EMAIL &&
        utf8_append_folded(&folded, probe->value.text) == 0)
        (void)json_append_string(json, buf_slice(&folded));
    else
        (void)json_append_string(json, probe->value.text);
    buf_fini(&folded);
}

/* {"type":"in","attribute":"emailAddress","value":[...]} for every row whose probe is
 * def's. */
static void append_in(struct buf *json, struct row *const *rows, size_t count,
                      const struct schema_attribute *def) {
    bool first = true;

    (void)buf_append_text(json, "{\"type\":\"in\",\"attribute\":");
    (void)json_append_string(json, slice_of(def->name));
    (void)buf_append_text(json, ",\"value\":[");
    for (size_t i = 0; i < count; i++) {
        const struct attribute *probe = settle_query_probe(rows[i]);
        if (probe == NULL || probe->def != def)
            continue;
        if (!first)
            (void)buf_append_char(json, ',');
        first = false;
        append_probe_value(json, probe);
    }
    (void)buf_append_text(json, "]}");
}

static bool probed_before(struct row *const *rows, size_t i) {
    const struct attribute *probe = settle_query_probe(rows[i]);

    for (size_t j = 0; j < i; j++) {
        const struct attribute *other = settle_query_probe(rows[j]);
        if (probe == NULL || other == NULL || other->def == probe->def)
            return true;
    }
    return false;
}

static void append_probes(struct buf *json, struct row *const *rows, size_t count) {
    bool first = true;

    if (settle_query_probe(rows[0]) == NULL)
        return;
    (void)buf_append_text(json, ",{\"type\":\"or\",\"value\":[");
    for (size_t i = 0; i < count; i++) {
        const struct attribute *probe = settle_query_probe(rows[i]);
        if (probe == NULL || probed_before(rows, i))
            continue;
        if (!first)
            (void)buf_append_char(json, ',');
        first = false;
        append_in(json, rows, count, probe->def);
    }
    (void)buf_append_text(json, "]}");
}

static void append_select(struct buf *json, const struct program *program) {
    const struct schema_attribute *const *attributes;
    size_t count = program_attributes(program, &attributes);

    (void)buf_append_text(json, "\"select\":[\"id\",\"createdAt\"");
    if (program_identity(program) != NULL) {
        (void)buf_append_char(json, ',');
        (void)json_append_string(json, slice_of(program_identity(program)->name));
    }
    for (size_t i = 0; i < count; i++) {
        if (attributes[i]->type == ATTRIBUTE_IDS)
            continue;
        (void)buf_append_char(json, ',');
        (void)json_append_string(json, slice_of(attributes[i]->name));
    }
    (void)buf_append_text(json, "],");
}

void settle_query_since(int64_t started_ms, char out[20]) {
    env_format_utc(started_ms - CLOCK_SLACK_MS, out);
}

/* The condition that def is a value, which follows, and its closing brace. */
static void append_equals(struct buf *json, const struct schema_attribute *def) {
    (void)buf_append_text(json, ",{\"type\":\"equals\",\"attribute\":");
    (void)json_append_string(json, slice_of(def->name));
    (void)buf_append_text(json, ",\"value\":");
}

static void append_identity(struct buf *json, const struct settler_options *options,
                            const struct row *row) {
    append_equals(json, program_identity(options->program));
    (void)json_append_string(json, row->identity);
    (void)buf_append_char(json, '}');
}

/* Address, number and name of a row, for when too many have its probe. No other texts:
 * what the server has left out of the record must not hide it. */
static void append_all(struct buf *json, const struct row *row) {
    for (size_t i = 0; i < row->record.count; i++) {
        const struct attribute *a = &row->record.attributes[i];
        if (probe_rank(a) < RANK_NAME)
            continue;
        append_equals(json, a->def);
        append_probe_value(json, a);
        (void)buf_append_char(json, '}');
    }
}

/* Records of this user since the run began; leaves `where` open. */
static void append_own(struct buf *json, const struct settler_options *options) {
    char since[20];

    settle_query_since(options->started_ms, since);
    (void)buf_append_text(json, "{\"where\":[{\"type\":\"equals\",\"attribute\":"
                                "\"createdById\",\"value\":");
    (void)json_append_string(json, slice_of(options->user_id));
    (void)buf_append_text(json, "},{\"type\":\"greaterThanOrEquals\",\"attribute\":"
                                "\"createdAt\",\"value\":");
    (void)json_append_string(json, slice_of(since));
    (void)buf_append_char(json, '}');
}

static void append_search(const struct settler_options *options, struct row *const *rows,
                          size_t count, enum closeness closeness, bool select,
                          struct buf *json) {
    append_own(json, options);
    if (closeness == LOOK_IDENTITY && count == 1)
        append_identity(json, options, rows[0]);
    else if (closeness != LOOK_WIDE && count == 1)
        append_all(json, rows[0]);
    else
        append_probes(json, rows, count);
    (void)buf_append_text(json, "],");
    if (select)
        append_select(json, options->program);
    (void)buf_append_format(json,
                            "\"maxSize\":%zu,\"orderBy\":\"createdAt\","
                            "\"order\":\"desc\"}",
                            options->page == 0 ? (size_t)200 : options->page);
}

int settle_query_begin(const struct settler_options *options, size_t offset,
                       struct buf *path) {
    struct buf json = {.max = JSON_BYTES};
    int rc;

    append_own(&json, options);
    (void)buf_append_format(&json,
                            "],\"select\":[\"id\",\"createdAt\"],\"maxSize\":%zu,"
                            "\"offset\":%zu,\"orderBy\":\"createdAt\","
                            "\"order\":\"desc\"}",
                            options->page, offset);
    rc = json.failed;
    if (rc == RC_OK)
        rc = espo_append_list_path(path, mapping_entity_type(options->mapping),
                                   buf_slice(&json));
    buf_fini(&json);
    return rc;
}

int settle_query_build(const struct settler_options *options, struct row *const *rows,
                       size_t count, enum closeness closeness, struct buf *path) {
    struct buf json = {.max = JSON_BYTES};
    int rc = RC_LIMIT;

    /* without `select` the server lists every attribute: more than asked for, no less */
    for (int select = 1; rc == RC_LIMIT && select >= 0; select--) {
        buf_reset(&json);
        buf_reset(path);
        append_search(options, rows, count, closeness, select == 1, &json);
        rc = json.failed;
        if (rc == RC_OK)
            rc = espo_append_list_path(path, mapping_entity_type(options->mapping),
                                       buf_slice(&json));
        if (rc == RC_OK && path->len > PATH_BYTES)
            rc = RC_LIMIT;
    }
    buf_fini(&json);
    return rc;
}
