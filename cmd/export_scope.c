/* export_scope.c - asks the server where the scope of an export ends: which columns lists
 * show, where the first N records end, which records a sample has.
 */
#include "cmd/export_scope.h"

#include "model/json.h"
#include "wire/espo.h"

#include <stdlib.h>
#include <string.h>

enum {
    JSON_BYTES = 64 * 1024,
    SAMPLE_PROBES = 50, /* more are drawn from all records that were read */
    ANSWER_BYTES = 16 << 20
};

/* One list request of the export's filter: {"select":[..],...,"maxSize":1}. */
static int list_one(struct export_request *request, struct site *site, bool all_columns,
                    uint64_t offset, struct buf *answer, struct err *err) {
    const struct export_spec *spec = &request->spec;
    const char *const *list = table_list(request->table);
    const char *order = spec->order[0] == '\0' ? "id" : spec->order;
    struct buf json = {.max = JSON_BYTES}, path = {.max = 4 * JSON_BYTES};
    int rc;

    (void)buf_append_text(&json, "{\"select\":[\"id\"");
    for (size_t i = 1; all_columns && list[i] != NULL; i++)
        (void)buf_append_format(&json, ",\"%s\"", list[i]);
    if (!all_columns)
        (void)buf_append_format(&json, ",\"%s\"", order);
    (void)buf_append_format(&json,
                            "],\"where\":[%s],\"maxSize\":1,\"offset\":%llu,"
                            "\"orderBy\":\"%s\",\"order\":\"%s\"%s}",
                            buf_text(&request->where), (unsigned long long)offset, order,
                            spec->descending ? "desc" : "asc",
                            buf_text(&request->params));
    (void)espo_append_list_path(&path, spec->entity_type, buf_slice(&json));
    rc = json.failed != RC_OK || path.failed != RC_OK
             ? err_nomem(err)
             : site_ask(site, buf_text(&path), answer, err);
    if (rc == RC_USAGE && err->advice[0] == '\0')
        err_advise(err, "check --where, --filter, --bool-filter, --text and --order");
    buf_fini(&json);
    buf_fini(&path);
    return rc;
}

static bool first_record(const struct buf *answer, struct slice *record) {
    struct json_member list, element;
    struct json_cursor cursor;

    if (!json_find(buf_slice(answer), "list", &list) ||
        json_cursor_array(&cursor, list.raw) < 0 ||
        json_cursor_next(&cursor, &element) != 1)
        return false;
    *record = element.raw;
    return true;
}

/* "*" may name attributes that no list shows: one record tells. */
int export_scope_prune(struct export_request *request, struct site *site,
                       struct err *err) {
    struct buf answer = {.max = ANSWER_BYTES};
    struct slice record;
    int rc = list_one(request, site, true, 0, &answer, err);

    if (rc == RC_OK && first_record(&answer, &record))
        request->pruned = table_prune(request->table, record);
    if (request->pruned > 0) { /* for a resume, which must not look again */
        const char *const *list = table_list(request->table);
        request->listed.max = JSON_BYTES;
        for (size_t i = 0; list[i] != NULL; i++)
            (void)buf_append_format(&request->listed, "%c\"%s\":0", i == 0 ? '{' : ',',
                                    list[i]);
        (void)buf_append_char(&request->listed, '}');
        if (request->listed.failed != RC_OK)
            rc = err_nomem(err);
    }
    buf_fini(&answer);
    return rc;
}

/* Can the server's order of the attribute be told from ours? Of texts it is that of a
 * collation, of amounts in several currencies that of what they are worth. */
static bool is_ordered_alike(const struct schema *schema,
                             const struct schema_attribute *def) {
    const struct schema_attribute *currency =
        def == NULL ? NULL : schema_currency(schema, def);

    if (currency != NULL && currency->option_count != 1)
        return false;
    return def == NULL || def->type == ATTRIBUTE_INT || def->type == ATTRIBUTE_FLOAT ||
           def->type == ATTRIBUTE_CURRENCY || def->type == ATTRIBUTE_DECIMAL ||
           def->type == ATTRIBUTE_DATE || def->type == ATTRIBUTE_DATETIME;
}

/* The first N records end where the Nth stands: nothing behind it need be read. */
int export_scope_limit(struct export_request *request, struct site *site,
                       struct err *err) {
    const struct export_spec *spec = &request->spec;
    const char *name = spec->order[0] == '\0' ? "id" : spec->order;
    struct buf answer = {.max = ANSWER_BYTES};
    struct json_member value;
    struct slice record;
    int rc = RC_OK;

    request->reads_all = true;
    if (!is_ordered_alike(request->schema, request->sort))
        return RC_OK;
    rc = list_one(request, site, false, spec->limit - 1, &answer, err);
    if (rc == RC_OK && first_record(&answer, &record) &&
        json_find(record, name, &value) && value.type != JSON_IS_NULL) {
        struct buf *where = &request->where;
        if (where->len > 0)
            (void)buf_append_char(where, ',');
        if (spec->descending)
            (void)buf_append_format(
                where, "{\"type\":\"greaterThanOrEquals\",\"attribute\":\"%s\",", name);
        else
            (void)buf_append_format(
                where,
                "{\"type\":\"or\",\"value\":[{\"type\":\"isNull\",\"attribute\":\"%s\"},"
                "{\"type\":\"lessThanOrEquals\",\"attribute\":\"%s\",",
                name, name);
        (void)buf_append_text(where, "\"value\":");
        (void)buf_append_slice(where, value.raw);
        (void)buf_append_text(where, spec->descending ? "}" : "}]}");
        request->reads_all = false;
        rc = where->failed != RC_OK ? err_nomem(err) : RC_OK;
    } else if (rc == RC_OK && !first_record(&answer, &record)) {
        request->reads_all = false; /* there are no more than that */
    }
    buf_fini(&answer);
    return rc;
}

static int compare_places(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* A few records drawn by chance: the ids that stand at random places. More of them are
 * drawn from all, once these were read. */
int export_scope_sample(struct export_request *request, struct site *site,
                        const struct env *env, struct err *err) {
    uint64_t places[SAMPLE_PROBES], count = request->spec.sample, total = 0;
    struct buf answer = {.max = ANSWER_BYTES}, items = {.max = JSON_BYTES};
    struct json_member member;
    struct slice record;
    int rc = list_one(request, site, false, 0, &answer, err);

    if (rc == RC_OK && json_find(buf_slice(&answer), "total", &member) &&
        member.type == JSON_IS_NUMBER)
        total = strtoull(member.raw.data, NULL, 10);
    request->reads_all = total > count;
    if (rc != RC_OK || count > SAMPLE_PROBES || total < 20 * count || total > INT64_MAX) {
        buf_fini(&answer);
        return rc;
    }
    for (uint64_t i = 0; i < count; i++) {
        bool again = true;
        while (again) {
            places[i] = env_random(env) % total;
            again = false;
            for (uint64_t k = 0; k < i; k++)
                again = again || places[k] == places[i];
        }
    }
    qsort(places, (size_t)count, sizeof places[0], compare_places);
    for (uint64_t i = 0; rc == RC_OK && i < count; i++) {
        buf_reset(&answer);
        rc = list_one(request, site, false, places[i], &answer, err);
        if (rc == RC_OK && first_record(&answer, &record) &&
            json_find(record, "id", &member)) {
            (void)buf_append_text(&items, items.len > 0 ? "," : "");
            (void)buf_append_slice(&items, member.raw);
        }
    }
    if (rc == RC_OK && items.len > 0) {
        (void)buf_append_format(&request->where,
                                "%s{\"type\":\"in\",\"attribute\":\"id\",\"value\":[%s]}",
                                request->where.len > 0 ? "," : "", buf_text(&items));
        request->reads_all = false;
    }
    buf_fini(&items);
    buf_fini(&answer);
    return rc;
}
