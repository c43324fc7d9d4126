/* checkpoint.c - the facts of a run, in the journal's table of facts. */
#include "flow/checkpoint.h"

#include "base/digest.h"

#include <inttypes.h>
#include <string.h>

int checkpoint_bind(struct journal *journal, const struct checkpoint *facts,
                    struct err *err) {
    char delimiter[2] = {facts->delimiter, '\0'};
    char mapping_sha256[DIGEST_HEX_SIZE] = "";
    const struct {
        const char *key;
        const char *value;
    } texts[] = {
        {"kind", facts->kind},
        {"input.path", facts->input_path},
        {"input.name", facts->input_name},
        {"input.sha256", facts->input_sha256},
        {"input.encoding", facts->encoding},
        {"input.delimiter", delimiter},
        {"mapping", facts->mapping_json},
        {"mapping.name", facts->mapping_name},
        {"mapping.sha256", mapping_sha256},
        {"url", facts->url},
        {"user.id", facts->user_id},
        {"user.name", facts->user_name},
        {"entityType", facts->entity_type},
        {"prefix", facts->prefix},
        {"plan", facts->plan},
        {"engine", facts->engine},
    };
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"input.bytes", (int64_t)facts->input_bytes},
        {"input.records", (int64_t)facts->records},
        {"onDuplicate", facts->on_duplicate},
        {"settleMs", facts->settle_ms},
        {"looks", facts->looks},
        {"skip", (int64_t)facts->skip},
        {"keepImportLog", facts->keep_import_log},
        {"silent", facts->silent},
        {"startedMs", facts->started_ms},
    };
    int rc = digest_hex_of(slice_of(facts->mapping_json), mapping_sha256);

    if (rc != RC_OK)
        return err_nomem(err);
    for (size_t i = 0; rc == RC_OK && i < sizeof texts / sizeof texts[0]; i++)
        rc = journal_set_text(journal, texts[i].key, texts[i].value, err);
    for (size_t i = 0; rc == RC_OK && i < sizeof numbers / sizeof numbers[0]; i++)
        rc = journal_set_int(journal, numbers[i].key, numbers[i].value, err);
    return rc == RC_OK ? journal_commit(journal, err) : rc;
}

int checkpoint_read(struct journal *journal, struct checkpoint *facts, struct err *err) {
    memset(facts, 0, sizeof *facts);
    facts->kind = journal_text(journal, "kind");
    facts->input_path = journal_text(journal, "input.path");
    facts->input_name = journal_text(journal, "input.name");
    facts->input_sha256 = journal_text(journal, "input.sha256");
    facts->input_bytes = (uint64_t)journal_int(journal, "input.bytes");
    facts->records = (uint64_t)journal_int(journal, "input.records");
    facts->encoding = journal_text(journal, "input.encoding");
    facts->delimiter = journal_text(journal, "input.delimiter")[0];
    facts->mapping_json = journal_text(journal, "mapping");
    facts->mapping_name = journal_text(journal, "mapping.name");
    facts->url = journal_text(journal, "url");
    facts->user_id = journal_text(journal, "user.id");
    facts->user_name = journal_text(journal, "user.name");
    facts->entity_type = journal_text(journal, "entityType");
    facts->on_duplicate = (int)journal_int(journal, "onDuplicate");
    facts->settle_ms = journal_int(journal, "settleMs");
    facts->looks = journal_int(journal, "looks");
    facts->skip = (uint64_t)journal_int(journal, "skip");
    facts->started_ms = journal_int(journal, "startedMs");
    facts->plan = journal_text(journal, "plan");
    facts->engine = journal_text(journal, "engine");
    facts->keep_import_log = journal_int(journal, "keepImportLog") != 0;
    facts->silent = journal_int(journal, "silent") != 0;
    facts->prefix = journal_text(journal, "prefix");
    return journal_check(journal, err);
}

static int verify_input(const struct checkpoint *facts, uint64_t bytes,
                        const char *sha256, struct err *err) {
    if (bytes != facts->input_bytes)
        (void)err_set(err, RC_INPUT,
                      "%s is not the file of this run: it has %" PRIu64
                      " bytes, it had %" PRIu64,
                      facts->input_path, bytes, facts->input_bytes);
    else if (strcmp(sha256, facts->input_sha256) != 0)
        (void)err_set(err, RC_INPUT,
                      "%s is not the file of this run: same size, other content (SHA-256 "
                      "%.12s..., it was %.12s...)",
                      facts->input_path, sha256, facts->input_sha256);
    else
        return RC_OK;
    err_advise(err,
               "put the original file back to resume, or import the new file as a run "
               "of its own");
    return RC_INPUT;
}

/* A file that cannot be loaded may be another one than before: that is said then. */
static int explain_input(const struct checkpoint *facts, struct err *err) {
    struct err why = {0};
    char sha256[DIGEST_HEX_SIZE];
    uint64_t bytes = 0;
    int rc = input_identify(facts->input_path, &bytes, sha256, &why);

    if (rc == RC_OK)
        rc = verify_input(facts, bytes, sha256, &why);
    else
        err_advise(&why, "put the file back where it was: the checkpoint holds no copy "
                         "of it");
    if (rc != RC_OK)
        *err = why;
    return (int)err->rc;
}

int checkpoint_load_job(const struct checkpoint *facts, struct job *job,
                        struct err *err) {
    const struct job_options options = {
        .input_path = facts->input_path,
        .input_name = facts->input_name,
        .mapping_json = facts->mapping_json,
        .encoding = facts->encoding[0] != '\0' ? facts->encoding : NULL,
        .delimiter = facts->delimiter,
    };
    struct err own = {0};
    int rc = job_load(job, &options, &own);

    if (rc == RC_INPUT || rc == RC_LOCAL)
        rc = explain_input(facts, &own);
    else if (rc == RC_OK)
        rc = verify_input(facts, job->facts.bytes, job->facts.sha256, &own);
    if (rc != RC_OK && err != NULL)
        *err = own;
    return rc;
}

int checkpoint_verify_url(const char *known, const char *url, const char *otherwise,
                          struct err *err) {
    if (strcmp(known, url) == 0)
        return RC_OK;
    (void)err_set(err, RC_USAGE, "this run belongs to %s, not to %s", known, url);
    err_advise(err, "leave out --url: the checkpoint knows the server%s%s",
               otherwise == NULL ? "" : "; ", otherwise == NULL ? "" : otherwise);
    return RC_USAGE;
}

int checkpoint_verify_site(const struct checkpoint *facts, const char *url,
                           const struct schema_server *server, struct err *err) {
    int rc = checkpoint_verify_url(facts->url, url, NULL, err);

    if (rc != RC_OK)
        return rc;
    if (strcmp(facts->user_id, server->user_id) != 0) {
        (void)err_set(err, RC_USAGE,
                      "this run was begun as user %s, the key is of user %s",
                      facts->user_name, server->user_name);
        err_advise(err, "resume with the key of the same user: another one may see other "
                        "records, and lost answers are looked up among that user's");
        return RC_USAGE;
    }
    return RC_OK;
}

int checkpoint_note_end(struct journal *journal, int rc, int64_t ran_ms,
                        struct err *err) {
    int put = journal_set_int(journal, "ended.rc", rc, err);

    if (put == RC_OK)
        put = journal_set_int(journal, "ranMs", journal_int(journal, "ranMs") + ran_ms,
                              err);
    if (put == RC_OK)
        put = journal_set_int(journal, "runs", journal_int(journal, "runs") + 1, err);
    return put == RC_OK ? journal_commit(journal, err) : put;
}

static bool strip(struct slice *path, const char *ending) {
    size_t len = strlen(ending);
    bool has = path->len > len &&
               memcmp(path->data + path->len - len, ending, len) == 0 &&
               path->data[path->len - len - 1] != '/';

    path->len -= has ? len : 0;
    return has;
}

int checkpoint_prefix(const char *checkpoint_path, struct buf *out) {
    struct slice path = slice_of(checkpoint_path);

    bool undo;

    strip(&path, ".checkpoint");
    undo = strip(&path, ".undo");
    strip(&path, ".gz");
    strip(&path, ".csv");
    (void)buf_append_slice(out, path);
    return buf_append_text(out, undo ? ".undo" : "");
}
