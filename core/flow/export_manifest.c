/* export_manifest.c - the words are those of the Data Resource and Table Schema
 * specifications; what they have no word for stands under "espoload".
 */
#include "flow/export_manifest.h"

#include "base/digest.h"
#include "base/outfile.h"
#include "model/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct manifest {
    const struct export_spec *spec; /* borrowed */
    const char *version;            /* of the program; borrowed */
    json_t *resources;              /* owned */
    uint64_t records;
    bool lost; /* memory was out for a part of it */
};

int manifest_new(struct manifest **out, const struct export_spec *spec,
                 const char *version, struct err *err) {
    struct manifest *manifest = calloc(1, sizeof *manifest);

    *out = manifest;
    if (manifest == NULL || (manifest->resources = json_array()) == NULL)
        return err_nomem(err);
    manifest->spec = spec;
    manifest->version = version;
    return RC_OK;
}

void manifest_free(struct manifest *manifest) {
    if (manifest == NULL)
        return;
    json_decref(manifest->resources);
    free(manifest);
}

static int hash_file(const char *path, char hex[DIGEST_HEX_SIZE], uint64_t *bytes,
                     struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = RC_OK;
    struct digest *digest = digest_new();
    unsigned char sum[DIGEST_SIZE];
    char room[65536];
    ssize_t n = 0;

    *bytes = 0;
    if (fd < 0)
        rc = err_errno(err, "read", path);
    else if (digest == NULL)
        rc = err_nomem(err);
    while (rc == RC_OK && ((n = read(fd, room, sizeof room)) > 0 || errno == EINTR)) {
        if (n <= 0) {
            errno = 0;
            continue;
        }
        *bytes += (uint64_t)n;
        rc = digest_update(digest, room, (size_t)n);
    }
    if (rc == RC_OK && n < 0)
        rc = err_errno(err, "read", path);
    if (rc == RC_OK && digest_final(digest, sum) == RC_OK)
        digest_hex(sum, hex);
    digest_free(digest);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* What the specification lets a name be: lower case, digits, . _ - */
static void set_name(json_t *resource, const char *path, bool *lost) {
    char name[128];
    size_t n = 0;

    for (const char *p = base_name(path); *p != '\0' && n + 1 < sizeof name; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '_' || c == '-';
        name[n++] = fine ? c : '-';
    }
    name[n] = '\0';
    tree_set(resource, "name", json_string(name), lost);
}

static json_t *describe(const struct export_spec *spec, bool *lost) {
    char delimiter[2] = {spec->delimiter, '\0'};
    json_t *dialect = json_pack("{s:s, s:s, s:b, s:s, s:b}", "delimiter", delimiter,
                                "lineTerminator", spec->crlf ? "\r\n" : "\n",
                                "doubleQuote", 1, "quoteChar", "\"", "header", 1);
    json_t *schema =
        json_pack("{s:o, s:[s]}", "fields", json_loads(spec->columns, 0, NULL),
                  "missingValues", spec->null_text);
    json_t *resource =
        json_pack("{s:s, s:s, s:s, s:s}", "profile", "tabular-data-resource", "format",
                  spec->jsonl ? "jsonl" : "csv", "mediatype",
                  spec->jsonl ? "application/x-ndjson" : "text/csv", "encoding", "utf-8");

    if (spec->jsonl)
        json_decref(dialect);
    else
        tree_set(resource, "dialect", dialect, lost);
    if (spec->gzip)
        tree_set(resource, "compression", json_string("gz"), lost);
    tree_set(resource, "schema", schema, lost);
    return resource;
}

int manifest_add(struct manifest *manifest, const char *path, uint64_t records,
                 uint64_t *bytes, struct err *err) {
    char hex[DIGEST_HEX_SIZE] = "", hash[DIGEST_HEX_SIZE + 8];
    uint64_t size = 0;
    int rc = hash_file(path, hex, &size, err);
    bool *lost = &manifest->lost;
    json_t *resource;

    if (rc != RC_OK)
        return rc;
    *bytes += size;
    manifest->records += records;
    resource = describe(manifest->spec, lost);
    (void)snprintf(hash, sizeof hash, "sha256:%s", hex);
    set_name(resource, path, lost);
    tree_set(resource, "path", json_string(base_name(path)), lost);
    tree_set(resource, "bytes", json_integer((json_int_t)size), lost);
    tree_set(resource, "hash", json_string(hash), lost);
    tree_set(resource, "rows", json_integer((json_int_t)records), lost);
    tree_append(manifest->resources, resource, lost);
    return *lost ? err_nomem(err) : RC_OK;
}

static json_t *run_of(struct manifest *manifest, const struct env *env) {
    const struct export_spec *spec = manifest->spec;
    char started[20], ended[20];
    json_t *filter = json_loads(spec->shown, 0, NULL), *run;

    env_format_utc(spec->started_ms, started);
    env_format_utc(env_wall_ms(env), ended);
    run = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "version", manifest->version,
                    "url", spec->url, "user", spec->user_name, "entityType",
                    spec->entity_type, "rows", (json_int_t)manifest->records,
                    "serverTime", started, "ended", ended);
    if (filter != NULL)
        tree_set(run, "filter", filter, &manifest->lost);
    if (spec->since[0] != '\0')
        tree_set(run, "since", json_string(spec->since), &manifest->lost);
    if (spec->guard)
        tree_set(run, "formulaGuard", json_true(), &manifest->lost);
    return run;
}

int manifest_write(struct manifest *manifest, const struct env *env, struct buf *out,
                   struct err *err) {
    const struct outfile_options options = {.force = true, .env = env};
    json_t *root;
    char *text;
    int rc;

    if (json_array_size(manifest->resources) == 1) {
        root = json_deep_copy(json_array_get(manifest->resources, 0));
    } else {
        root = json_pack("{s:s, s:O}", "profile", "tabular-data-package", "resources",
                         manifest->resources);
        set_name(root, manifest->spec->output, &manifest->lost);
    }
    tree_set(root, "espoload", run_of(manifest, env), &manifest->lost);
    text = manifest->lost ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL ||
        buf_append_format(out, "%s.manifest.json", manifest->spec->output) < 0) {
        free(text);
        return err_nomem(err);
    }
    rc = outfile_put(buf_text(out), text, &options, err);
    free(text);
    return rc;
}
