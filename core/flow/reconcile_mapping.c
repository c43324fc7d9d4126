/* reconcile_mapping.c - takes the writing out of a mapping. */
#include "flow/reconcile_mapping.h"

#include "base/slice.h"
#include "model/tree.h"

#include <stdlib.h>

/* Rows are "upserted": each is matched by the ladder, and may have no record. */
static int drop_writing(json_t *root) {
    static const char *const members[] = {"onMatch",     "onManyMatches", "onRepeat",
                                          "onDuplicate", "identity",      "$schema"};
    json_t *columns = json_object_get(root, "columns"), *column;
    size_t i;

    for (size_t k = 0; k < sizeof members / sizeof members[0]; k++)
        (void)json_object_del(root, members[k]);
    json_array_foreach(columns, i, column) {
        json_t *lookup = json_object_get(column, "lookup");
        const char *none = json_string_value(json_object_get(lookup, "onNone"));
        (void)json_object_del(column, "onConflict");
        if (none != NULL && (strcmp(none, "create") == 0 || strcmp(none, "skip") == 0))
            (void)json_object_del(lookup, "onNone");
    }
    return json_object_set_new(root, "operation", json_string("upsert"));
}

/* "field,field" as the one rule. */
static int set_key(json_t *root, const char *key, struct err *err) {
    json_t *rule = json_array();
    bool lost = false;
    int rc = RC_OK;

    while (*key != '\0') {
        size_t len = strcspn(key, ",");
        struct slice name = slice_trim(slice_make(key, len));
        if (name.len == 0)
            rc = err_set(err, RC_USAGE, "--key names no field beside a comma");
        tree_append(rule, json_stringn(name.data, name.len), &lost);
        key += len + (key[len] == ',');
    }
    tree_set(root, "match", json_pack("[o]", rule), &lost);
    return rc == RC_OK && lost ? err_nomem(err) : rc;
}

int reconcile_mapping(const char *json, const char *key, struct buf *out,
                      struct err *err) {
    json_t *root = json_loads(json, 0, NULL);
    char *text = NULL;
    int rc = root == NULL || drop_writing(root) < 0 ? err_nomem(err) : RC_OK;

    if (rc == RC_OK && key != NULL)
        rc = set_key(root, key, err);
    if (rc == RC_OK && json_array_size(json_object_get(root, "match")) == 0) {
        rc = err_set(err, RC_USAGE,
                     "the mapping does not say by what rows and records "
                     "are told to be the same");
        err_advise(err, "name the fields: --key emailAddress, or --key id; or give the "
                        "mapping \"match\"");
    }
    if (rc == RC_OK) {
        text = json_dumps(root, JSON_COMPACT);
        if (text == NULL || buf_append_text(out, text) < 0)
            rc = err_nomem(err);
    }
    free(text);
    json_decref(root);
    return rc;
}
