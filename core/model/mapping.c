/* mapping.c - a mapping from a file, from JSON, or from the short form; questions to
 * it. */
#include "model/mapping.h"

#include "model/mapping_files.h"
#include "model/mapping_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 << 20 };

/* root as one line, its keys in order; NULL when memory is out. jansson 2.14 leaves out a
 * key, and says nothing, when memory is out just there: so it is read back. */
static char *canonical(json_t *root) {
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    json_t *again = text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);

    if (again == NULL || json_equal(root, again) == 0) {
        free(text);
        text = NULL;
    }
    json_decref(again);
    return text;
}

/* Takes root over, also when it fails. */
static int mapping_make(struct mapping **out, json_t *root, const char *name,
                        struct err *err) {
    struct mapping *mapping = calloc(1, sizeof *mapping);
    struct problems problems = {.list = NULL};
    int rc = RC_OK;

    *out = NULL;
    if (mapping == NULL) {
        json_decref(root);
        return err_nomem(err);
    }
    mapping->root = root;
    mapping->has_header = true;
    mapping_read(mapping, &problems);
    rc = problems_to_err(&problems, name, err);
    problems_fini(&problems);
    if (rc == RC_OK) {
        mapping->json = canonical(root);
        if (mapping->json == NULL)
            rc = err_nomem(err);
    }
    if (rc < 0) {
        mapping_free(mapping);
        return rc;
    }
    *out = mapping;
    return RC_OK;
}

static int parse_root(json_t **out, struct slice json, const char *name,
                      struct err *err) {
    json_error_t error;
    json_t *root;

    /* editors of Windows put marks in front */
    if (json.len >= 3 && memcmp(json.data, "\xEF\xBB\xBF", 3) == 0)
        json = slice_make(json.data + 3, json.len - 3);
    if (json.len >= 2 && (memcmp(json.data, "\xFF\xFE", 2) == 0 ||
                          memcmp(json.data, "\xFE\xFF", 2) == 0)) {
        (void)err_set(err, RC_USAGE, "%s is UTF-16, and a mapping must be UTF-8", name);
        err_advise(err, "save it as UTF-8");
        return RC_USAGE;
    }
    root = json_loadb(json.len == 0 ? "" : json.data, json.len, JSON_REJECT_DUPLICATES,
                      &error);
    if (root == NULL) {
        (void)err_set(err, RC_USAGE, "%s: line %d, column %d: %s", name, error.line,
                      error.column, error.text);
        err_advise(err,
                   "the mapping must be JSON; look for a comma, a bracket or a quote "
                   "that is missing or too many there");
        return RC_USAGE;
    }
    *out = root;
    return RC_OK;
}

int mapping_parse(struct mapping **out, struct slice json, const char *name,
                  struct err *err) {
    json_t *root = NULL;
    int rc = parse_root(&root, json, name, err);

    *out = NULL;
    return rc == RC_OK ? mapping_make(out, root, name, err) : rc;
}

static int read_file(const char *path, struct buf *text, struct err *err) {
    FILE *file = fopen(path, "rbe");
    int rc = RC_OK;

    if (file == NULL) {
        rc = err_named_file(err, "read", path);
        err_advise(err, "give -m a mapping file, or the short form, such as 'Lead: "
                        "E-Mail=emailAddress, *=*'");
        return rc;
    }
    for (;;) {
        char room[16384];
        size_t n = fread(room, 1, sizeof room, file);
        if (n == 0)
            break;
        if (buf_append(text, room, n) < 0) {
            rc = text->failed == RC_NOMEM
                     ? err_nomem(err)
                     : err_set(err, RC_USAGE,
                               "%s has more than 4 MiB and is not a mapping", path);
            break;
        }
    }
    if (rc == RC_OK && ferror(file))
        rc = err_named_file(err, "read", path);
    (void)fclose(file);
    return rc;
}

int mapping_load(struct mapping **out, const char *text, mapping_pairs_fn *pairs,
                 struct err *err) {
    struct buf file = {.max = FILE_MAX};
    json_t *root = NULL;
    int rc;

    *out = NULL;
    if (mapping_is_short(text)) {
        rc = mapping_short(&root, text, err);
        return rc < 0 ? rc : mapping_make(out, root, "the mapping", err);
    }
    rc = read_file(text, &file, err);
    if (rc == RC_OK)
        rc = parse_root(&root, buf_slice(&file), text, err);
    buf_fini(&file);
    if (rc == RC_OK)
        rc = mapping_take_files(root, text, pairs, err);
    if (rc == RC_OK)
        return mapping_make(out, root, text, err);
    json_decref(root);
    return rc;
}

void mapping_free(struct mapping *mapping) {
    if (mapping == NULL)
        return;
    for (size_t i = 0; i < mapping->column_count; i++)
        transforms_free(mapping->columns[i].transforms);
    free(mapping->json);
    json_decref(mapping->root);
    arena_fini(&mapping->arena);
    free(mapping);
}

const char *mapping_json(const struct mapping *mapping) {
    return mapping->json;
}

const char *mapping_entity_type(const struct mapping *mapping) {
    return mapping->entity_type;
}

enum mapping_operation mapping_operation(const struct mapping *mapping) {
    return mapping->operation;
}

enum mapping_on_duplicate mapping_on_duplicate(const struct mapping *mapping) {
    return mapping->on_duplicate;
}

static bool says(const struct mapping *mapping, const char *word) {
    return json_object_get(mapping->root, word) != NULL;
}

void mapping_policy(const struct mapping *mapping, enum mapping_on_duplicate on_duplicate,
                    struct mapping_policy *out) {
    static const enum mapping_on_match matches[] = {
        [ON_DUPLICATE_FAIL] = ON_MATCH_ERROR,
        [ON_DUPLICATE_SKIP] = ON_MATCH_SKIP,
        [ON_DUPLICATE_UPDATE] = ON_MATCH_UPDATE,
        [ON_DUPLICATE_FORCE] = ON_MATCH_ERROR,
    };
    static const enum mapping_on_repeat repeats[] = {
        [ON_DUPLICATE_FAIL] = ON_REPEAT_ERROR,
        [ON_DUPLICATE_SKIP] = ON_REPEAT_FIRST,
        [ON_DUPLICATE_UPDATE] = ON_REPEAT_IN_ORDER,
        [ON_DUPLICATE_FORCE] = ON_REPEAT_ERROR,
    };
    bool creates = mapping->operation == OPERATION_CREATE;

    out->on_match = (enum mapping_on_match)mapping->on_match;
    out->on_many = (enum mapping_on_many)mapping->on_many;
    out->on_repeat = (enum mapping_on_repeat)mapping->on_repeat;
    if (creates && !says(mapping, "onMatch"))
        out->on_match = matches[on_duplicate];
    if (creates && !says(mapping, "onManyMatches") && on_duplicate == ON_DUPLICATE_SKIP)
        out->on_many = ON_MANY_SKIP;
    if (creates && !says(mapping, "onRepeat"))
        out->on_repeat = repeats[on_duplicate];
    out->blind = creates && !says(mapping, "onMatch") && !says(mapping, "onRepeat") &&
                 on_duplicate == ON_DUPLICATE_FORCE;
}

const char *mapping_encoding(const struct mapping *mapping) {
    return mapping->encoding;
}

char mapping_delimiter(const struct mapping *mapping) {
    return mapping->delimiter;
}

char mapping_quote(const struct mapping *mapping) {
    return mapping->quote;
}

char mapping_comment(const struct mapping *mapping) {
    return mapping->comment;
}

bool mapping_header(const struct mapping *mapping) {
    return !mapping->no_header;
}

const char *const *mapping_match(const struct mapping *mapping, size_t i) {
    return i < mapping->rule_count ? mapping->rules[i].names : NULL;
}
