/* checkpoint.h - what a run is bound to: input, mapping, server, user; and what it is
 * called. Written once when the run begins, checked whenever it is resumed.
 */
#ifndef FLOW_CHECKPOINT_H
#define FLOW_CHECKPOINT_H

#include "base/err.h"
#include "flow/job.h"
#include "flow/site.h"
#include "state/journal.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed: from the caller when bound, from the journal when read. Of an undo
 * the input is the checkpoint of the run that it takes back. */
struct checkpoint {
    const char *kind;       /* "import", "undo" */
    const char *input_path; /* absolute */
    const char *input_name; /* as the user named it */
    uint64_t input_bytes;
    const char *input_sha256; /* of these bytes */
    const char *mapping_json; /* the mapping itself */
    const char *mapping_name; /* as the user named it: path or short form */
    const char *encoding;     /* as asked for, or "" */
    char delimiter;           /* as asked for, or 0 */
    uint64_t records;         /* in the input */
    const char *url;
    const char *user_id;
    const char *user_name;
    const char *entity_type;
    int on_duplicate; /* enum mapping_on_duplicate */
    int64_t settle_ms;
    int64_t looks;        /* 0 = the default: of a run of an earlier version */
    const char *plan;     /* file of the plan that is carried out, as named; "" = none */
    uint64_t skip;        /* rows at the begin that are passed over */
    const char *engine;   /* "rest" or "bulk" */
    bool keep_import_log; /* bulk: Import records stay on the server */
    bool silent;          /* bulk: workflows and most hooks do not run */
    int64_t started_ms;   /* server's clock, ms since 1970 */
    const char *prefix;   /* of the output files, absolute: "/data/leads" */
};

int checkpoint_bind(struct journal *journal, const struct checkpoint *facts,
                    struct err *err);

/* RC_LOCAL, ... when it cannot be read. A run that never began has kind "". */
int checkpoint_read(struct journal *journal, struct checkpoint *facts, struct err *err);

/* Loads the input and the mapping of the checkpoint. RC_INPUT with what changed when the
 * input is not that file any more; as job_load() else. */
int checkpoint_load_job(const struct checkpoint *facts, struct job *job, struct err *err);

/* Is url the server that a checkpoint knows? RC_USAGE. otherwise: what else is advised
 * than to leave --url out; NULL = nothing. */
int checkpoint_verify_url(const char *known, const char *url, const char *otherwise,
                          struct err *err);

/* Are these the server and the user of the checkpoint? RC_USAGE. */
int checkpoint_verify_site(const struct checkpoint *facts, const char *url,
                           const struct schema_server *server, struct err *err);

/* Notes when and how the run came to rest, for status. */
int checkpoint_note_end(struct journal *journal, int rc, int64_t ran_ms, struct err *err);

/* "/data/leads.csv.gz.checkpoint" -> "/data/leads", "/data/leads.csv.undo.checkpoint" ->
 * "/data/leads.undo". Appends. */
int checkpoint_prefix(const char *checkpoint_path, struct buf *out);

#endif
