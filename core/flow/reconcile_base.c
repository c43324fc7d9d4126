/* reconcile_base.c - reads the base, finds its rows, and compares both sides with them.
 */
#include "flow/reconcile_base.h"

#include "flow/repeats.h"
#include "model/json.h"
#include "model/tree.h"
#include "plan/difference.h"

#include <stdlib.h>

enum { PATH_BYTES = 8192, JSON_BYTES = 1 << 20, VALUES_MAX = 8, DETAIL_MAX = 64 << 20 };

struct reconcile_base {
    const struct job *job;             /* of the reconciliation; borrowed */
    struct job own;                    /* of the base */
    struct keyindex *index;            /* owned */
    const struct schema_attribute *id; /* or NULL */
    struct row row;                    /* the current one */
    struct arena arena;                /* scratch */
};

/* The manifest's word on the file: what is exported, guarded, and that it is whole. */
static int read_manifest(const char *path, const struct job *job, bool *guarded,
                         char *hash, size_t room, struct err *err) {
    struct buf name = {.max = PATH_BYTES};
    json_t *root, *run;
    const char *type, *text;
    int rc = RC_OK;

    (void)buf_append_format(&name, "%s.manifest.json", path);
    root = json_load_file(buf_text(&name), 0, NULL);
    run = json_object_get(root, "espoload");
    type = json_string_value(json_object_get(run, "entityType"));
    text = json_string_value(json_object_get(root, "hash"));
    if (type == NULL || text == NULL || strncmp(text, "sha256:", 7) != 0) {
        rc = err_set(err, RC_INPUT, "--base: %s is not the manifest of an export",
                     buf_text(&name));
        err_advise(err, "the base is a CSV file that espoload export has written, in one "
                        "part, with its manifest beside it");
    } else if (strcmp(type, mapping_entity_type(job->mapping)) != 0) {
        rc = err_set(err, RC_USAGE, "--base: %s is an export of %s, the mapping is of %s",
                     path, type, mapping_entity_type(job->mapping));
    } else {
        *guarded = json_is_true(json_object_get(run, "formulaGuard"));
        (void)snprintf(hash, room, "%s", text + 7);
    }
    json_decref(root);
    buf_fini(&name);
    return rc;
}

static bool has_column(const struct job *own, const char *name) {
    for (size_t i = 0; i < own->column_count; i++)
        if (slice_is(own->columns[i], name))
            return true;
    return false;
}

/* A mapping of the attributes that are compared, by their names; NULL when the file has
 * no such columns, or with *lost set when memory is out. The caller frees it. */
static char *plain_mapping(const struct job *job, const struct job *own, bool guarded,
                           bool *lost) {
    const struct schema_attribute *const *all;
    size_t count = program_attributes(job->program, &all), found = 0;
    json_t *columns, *root;
    char *text = NULL;

    if (!has_column(own, "id"))
        return NULL;
    columns = json_pack("[{s:s,s:s}]", "name", "id", "field", "id");
    for (size_t i = 0; i < count; i++) {
        if (!has_column(own, all[i]->name))
            continue;
        found++;
        tree_append(columns,
                    json_pack("{s:s,s:s}", "name", all[i]->name, "field", all[i]->name),
                    lost);
    }
    root = json_pack("{s:i,s:s,s:s,s:[[s]],s:{s:b},s:o}", "version", 1, "entityType",
                     mapping_entity_type(job->mapping), "operation", "upsert", "match",
                     "id", "source", "formulaGuard", guarded, "columns", columns);
    if (found > 0 && !*lost)
        text = json_dumps(root, JSON_COMPACT);
    *lost = *lost || (found > 0 && text == NULL);
    json_decref(root);
    return text;
}

static int load(struct reconcile_base *base, const char *path, const char *mapping,
                struct site *site, struct err *err) {
    const struct job_options options = {.input_path = path, .mapping_json = mapping};
    int rc;

    job_close(&base->own);
    base->own.read_only = true;
    rc = job_load(&base->own, &options, err);
    if (rc == RC_OK && site == NULL)
        return job_rewind(&base->own, err);
    return rc == RC_OK ? job_compile(&base->own, site, err) : rc;
}

static int add_row(struct reconcile_base *base, const struct row *row, struct err *err) {
    const struct keyindex_row at = {row->number, row->line, row->offset};
    const struct schema_attribute *const *by = &base->id;
    unsigned char key[KEYINDEX_KEY];
    size_t count = 1;
    int rc = RC_OK;

    if (row->record.error_count > 0)
        return RC_OK;
    for (size_t rule = 0; rc == RC_OK && by != NULL; rule++) {
        int has = by[0] == NULL ? 0 : repeats_key_by(row, by, count, key);
        if (has == 1)
            rc = keyindex_add(base->index, key, &at, err);
        else if (has < 0)
            rc = err_nomem(err);
        by = program_match(base->job->program, rule, &count);
    }
    return rc;
}

static int index_rows(struct reconcile_base *base, const struct env *env,
                      struct err *err) {
    int rc = RC_OK;

    for (uint64_t n = 1; rc == RC_OK; n++) {
        int more;
        row_reset(&base->row);
        more = job_read(&base->own, &base->row, err);
        if (more != 1)
            return more;
        rc = add_row(base, &base->row, err);
        if (rc == RC_OK && n % 4096 == 0 && env_interrupts(env) > 0)
            rc = err_set(err, RC_INTERRUPTED, "interrupted");
    }
    return rc;
}

int reconcile_base_open(struct reconcile_base **out, const char *path,
                        const struct job *job, struct site *site, char *sha256,
                        struct err *err) {
    struct reconcile_base *base = calloc(1, sizeof *base);
    char hash[80] = "";
    bool lost = false;
    char *plain = NULL;
    bool guarded = false;
    int rc = base == NULL ? err_nomem(err) : RC_OK;

    *out = NULL;
    if (rc == RC_OK) {
        base->job = job;
        base->id = schema_find(job->schema, "id");
        rc = read_manifest(path, job, &guarded, hash, sizeof hash, err);
    }
    if (rc == RC_OK)
        rc = load(base, path, mapping_json(job->mapping), NULL, err);
    if (rc == RC_OK && (strcmp(hash, base->own.facts.sha256) != 0 ||
                        (sha256[0] != '\0' && strcmp(hash, sha256) != 0))) {
        rc = err_set(err, RC_INPUT,
                     "--base: %s is not the file that the export has written", path);
        err_advise(err, "the base must be as it was exported; what somebody has edited "
                        "is the file to compare");
    }
    if (rc == RC_OK) {
        plain = plain_mapping(job, &base->own, guarded, &lost);
        rc = lost ? err_nomem(err)
                  : load(base, path, plain != NULL ? plain : mapping_json(job->mapping),
                         site, err);
        if (rc != RC_OK)
            err_prefix(err, "--base: %s", path);
    }
    if (rc == RC_OK)
        rc = keyindex_open(&base->index, err);
    if (rc == RC_OK)
        rc = index_rows(base, site_env(site), err);
    free(plain);
    if (rc == RC_OK) {
        (void)snprintf(sha256, 65, "%.64s", hash);
        *out = base;
    } else {
        reconcile_base_close(base);
    }
    return rc;
}

void reconcile_base_close(struct reconcile_base *base) {
    if (base == NULL)
        return;
    job_close(&base->own);
    keyindex_close(base->index);
    arena_fini(&base->row.arena);
    arena_fini(&base->arena);
    free(base);
}

/* --- finding --- */

static int find_key(struct reconcile_base *base, const unsigned char *key,
                    struct err *err) {
    struct keyindex_row at;
    struct input_position position;
    int rc = keyindex_next(base->index, key, 0, &at, err);

    if (rc != 1)
        return rc;
    position = (struct input_position){at.offset, at.line, at.record};
    row_reset(&base->row);
    rc = job_read_at(&base->own, &position, &base->row, err);
    return rc < 0 ? rc : 1;
}

/* The key of a record by a rule: 1, 0, < 0. */
static int record_key(struct slice record, const struct schema_attribute *const *by,
                      size_t count, unsigned char *key) {
    struct buf texts[VALUES_MAX];
    struct slice values[VALUES_MAX];
    int rc = count > VALUES_MAX ? 0 : 1;

    for (size_t k = 0; k < VALUES_MAX; k++)
        texts[k] = (struct buf){.max = JSON_BYTES};
    for (size_t k = 0; rc == 1 && k < count; k++) {
        struct json_member member;
        if (json_find(record, by[k]->name, &member) && member.type == JSON_IS_STRING)
            (void)json_unescape(&texts[k], member.raw);
        else if (member.type == JSON_IS_NUMBER)
            (void)buf_append_slice(&texts[k], member.raw);
        values[k] = slice_trim(buf_slice(&texts[k]));
    }
    if (rc == 1)
        rc = repeats_key_of(values, by, count, key);
    for (size_t k = 0; k < VALUES_MAX; k++)
        buf_fini(&texts[k]);
    return rc;
}

int reconcile_base_find(struct reconcile_base *base, struct slice id,
                        const struct row *row, struct slice record, struct err *err) {
    const struct schema_attribute *const *by;
    unsigned char key[KEYINDEX_KEY];
    size_t count;
    int rc = 0;

    if (id.len > 0 && base->id != NULL) {
        rc = repeats_key_of(&id, &base->id, 1, key);
        if (rc == 1)
            rc = find_key(base, key, err);
    }
    for (size_t rule = 0;
         rc == 0 && (by = program_match(base->job->program, rule, &count)) != NULL;
         rule++) {
        if (row != NULL)
            rc = repeats_key_by(row, by, count, key);
        else if (record.len > 0)
            rc = record_key(record, by, count, key);
        if (rc == 1)
            rc = find_key(base, key, err);
    }
    return rc == RC_NOMEM ? err_nomem(err) : rc;
}

/* --- judging --- */

/* What the base has of an attribute: 1, or 0 when that cannot be told. */
static int base_value(const struct reconcile_base *base, const char *name,
                      struct attribute *out) {
    const struct record *record = &base->row.record;
    const struct schema_attribute *def = schema_find(base->job->schema, name);

    for (size_t i = 0; i < record->count; i++)
        if (record->attributes[i].def == def) {
            *out = record->attributes[i];
            out->add = false;
            return 1;
        }
    for (size_t i = 0; i < record->link_count; i++)
        if (record->links[i].def == def)
            return 0; /* it is named by something else than its id */
    *out = (struct attribute){.def = def, .value = {.kind = VALUE_NULL}};
    return def != NULL;
}

/* Is a value of a record another one than that of the base? < 0. */
static int is_changed(struct reconcile_base *base, const struct attribute *was,
                      struct slice record) {
    const struct difference_request request = {
        .record = record, .attributes = was, .count = 1, .ignore = ""};
    struct buf scratch = {.max = DETAIL_MAX};
    int rc = difference_find(&request, &base->arena, &scratch);

    buf_fini(&scratch);
    return rc;
}

static int judge_one(struct reconcile_base *base, const struct json_member *parts,
                     struct slice record, struct buf *out) {
    struct slice quoted = parts[0].raw;
    struct buf name = {.max = 256}, ours = {.max = DETAIL_MAX};
    struct attribute was;
    int in_file = 1, in_crm = 1, known;

    (void)buf_append(&name, quoted.data + 1, quoted.len - 2);
    known = base_value(base, buf_text(&name), &was);
    (void)buf_append_format(&ours, "{\"%s\":", buf_text(&name));
    (void)buf_append_slice(&ours, parts[2].raw);
    (void)buf_append_char(&ours, '}');
    arena_reset(&base->arena);
    if (known && ours.failed == RC_OK) {
        in_file = is_changed(base, &was, buf_slice(&ours));
        in_crm = is_changed(base, &was, record);
    }
    (void)buf_append_text(out, out->data[out->len - 1] == '[' ? "[" : ",[");
    for (int i = 0; i < 3; i++) {
        (void)buf_append_slice(out, parts[i].raw);
        (void)buf_append_char(out, ',');
    }
    (void)buf_append_text(out, in_file > 0 && in_crm == 0   ? "\"file\","
                               : in_file == 0 && in_crm > 0 ? "\"crm\","
                                                            : "\"both\",");
    if (known)
        (void)json_append_attribute(out, &was);
    else
        (void)buf_append_text(out, "null");
    (void)buf_append_char(out, ']');
    known = in_file < 0 || in_crm < 0 || ours.failed != RC_OK ? RC_NOMEM : out->failed;
    buf_fini(&name);
    buf_fini(&ours);
    return known;
}

int reconcile_base_judge(struct reconcile_base *base, struct slice changes,
                         struct slice record, struct buf *out) {
    struct json_cursor cursor, inner;
    struct json_member change, parts[3];
    int rc = json_cursor_array(&cursor, changes);

    (void)buf_append_char(out, '[');
    while (rc == RC_OK && (rc = json_cursor_next(&cursor, &change)) == 1) {
        rc = json_cursor_array(&inner, change.raw);
        for (int i = 0; rc == RC_OK && i < 3; i++)
            rc = json_cursor_next(&inner, &parts[i]) == 1 ? RC_OK : RC_INPUT;
        if (rc == RC_OK)
            rc = judge_one(base, parts, record, out);
    }
    (void)buf_append_char(out, ']');
    return rc < 0 ? rc : out->failed;
}
