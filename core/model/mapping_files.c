/* mapping_files.c - "valueMap": "status.csv" becomes the object that it stands for.
 *
 * So the mapping is whole in itself from then on: a checkpoint keeps what the file said
 * when the run began.
 */
#include "model/mapping_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 4096 };

/* One file on its way into an object. */
struct taking {
    const char *path;
    json_t *object;
};

static int take_pair(void *context, struct slice from, struct slice to, uint64_t line,
                     struct err *err) {
    struct taking *taking = context;
    json_t *value = to.len == 0 ? json_null() : json_stringn(to.data, to.len);
    char *key = strndup(from.data, from.len);
    int rc = RC_OK;

    if (value == NULL || key == NULL) {
        rc = err_nomem(err);
    } else if (json_object_get(taking->object, key) != NULL) {
        rc = err_set(err, RC_USAGE, "%s, line %" PRIu64 ": '%.60s' stands there twice",
                     taking->path, line, key);
        err_advise(err, "keep one of the two lines; nothing was sent");
    } else if (json_object_set(taking->object, key, value) < 0) {
        rc = err_nomem(err);
    }
    json_decref(value);
    free(key);
    return rc;
}

/* Beside the mapping, unless the name says where. */
static bool file_path(char out[PATH_MAX_BYTES], const char *mapping, const char *name) {
    const char *slash = strrchr(mapping, '/');
    int folder = slash == NULL || name[0] == '/' ? 0 : (int)(slash - mapping + 1);
    int n = snprintf(out, PATH_MAX_BYTES, "%.*s%s", folder, mapping, name);

    return n > 0 && n < PATH_MAX_BYTES;
}

static int take_file(json_t *owner, const char *mapping, mapping_pairs_fn *pairs,
                     struct err *err) {
    json_t *name = json_object_get(owner, "valueMap");
    char path[PATH_MAX_BYTES];
    struct taking taking = {.path = path};
    int rc;

    if (!json_is_string(name) || pairs == NULL)
        return RC_OK;
    if (!file_path(path, mapping, json_string_value(name)))
        return err_set(err, RC_USAGE, "%s: the name of a valueMap's file is too long",
                       mapping);
    taking.object = json_object();
    rc = taking.object == NULL ? err_nomem(err) : pairs(path, take_pair, &taking, err);
    if (rc == RC_OK && json_object_set(owner, "valueMap", taking.object) < 0)
        rc = err_nomem(err);
    json_decref(taking.object);
    return rc;
}

int mapping_take_files(json_t *root, const char *path, mapping_pairs_fn *pairs,
                       struct err *err) {
    static const char *const parts[] = {"type", "optedOut", "invalid"};
    json_t *columns = json_object_get(root, "columns"), *column;
    size_t i;
    int rc = RC_OK;

    json_array_foreach(columns, i, column) {
        rc = take_file(column, path, pairs, err);
        for (size_t k = 0; rc == RC_OK && k < sizeof parts / sizeof *parts; k++)
            rc = take_file(json_object_get(column, parts[k]), path, pairs, err);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}
