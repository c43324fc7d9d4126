/* sim_undo.c - an undo as the program does it (cmd/undo.c), without the command line.
 */
#include "sim/sim_import.h"

#include "cmd/engine_pick.h"
#include "flow/checkpoint.h"
#include "flow/outputs.h"
#include "flow/undo_outputs.h"
#include "flow/undoer.h"
#include "sim/fake_private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SETTLE_MS = 15000 };

/* What a run of the undo holds. */
struct undoing {
    struct sim *sim;
    struct site *site;
    struct job job; /* bare */
    struct journal *run, *undo;
    struct checkpoint facts; /* of the run */
    struct err *err;
};

static int connect(struct undoing *u) {
    const struct site_options options = {.url = "https://crm.example.com/",
                                         .jobs = u->sim->jobs,
                                         .retries = u->sim->retries,
                                         .env = fake_crm_env(u->sim->crm)};
    int rc = site_new_over(&u->site, fake_transport_new(u->sim->crm), &options, u->err);

    if (rc == RC_OK)
        rc = mapping_parse(&u->job.mapping, slice_of(u->facts.mapping_json),
                           "the checkpoint", u->err);
    return rc == RC_OK
               ? site_load_schema(u->site, u->facts.entity_type, &u->job.schema, u->err)
               : rc;
}

/* Rows of the run whose answer was lost are looked up; nothing is sent. */
static int settle_lost(struct undoing *u) {
    const struct job_options job_options = {.input_path = u->sim->csv,
                                            .mapping_json = u->facts.mapping_json};
    struct job job = {0};
    struct engine *engine = NULL;
    struct tally tally = {0};
    struct import_options options = {.job = &job,
                                     .site = u->site,
                                     .journal = u->run,
                                     .user_id = u->facts.user_id,
                                     .on_duplicate =
                                         (enum mapping_on_duplicate)u->facts.on_duplicate,
                                     .started_ms = u->facts.started_ms,
                                     .settle_only = true};
    int rc = job_load(&job, &job_options, u->err);

    if (rc == RC_OK)
        rc = job_compile(&job, u->site, u->err);
    if (rc == RC_OK)
        rc = engine_make(&engine, &u->facts, &job, u->site, u->run, u->err);
    options.engine = engine;
    if (rc == RC_OK)
        rc = importer_run(&options, &tally, u->err);
    engine_free(engine);
    job_close(&job);
    return rc;
}

static int settle(struct undoing *u) {
    uint64_t lost, known;
    int rc = undo_count_doubts(u->run, &lost, &known, u->err);

    if (rc == RC_OK && lost > 0)
        rc = settle_lost(u);
    if (rc == RC_OK && known > 0)
        fake_crm_pass(u->sim->crm, SETTLE_MS);
    return rc;
}

static int begin(struct undoing *u) {
    const struct schema_server *server = schema_server(u->job.schema);
    struct undo_options rights = {
        .run = u->run, .site = u->site, .entity_type = u->facts.entity_type};
    struct checkpoint facts = u->facts;
    uint64_t count = 0;
    bool admin;
    int rc = settle(u);

    if (rc == RC_OK)
        rc = journal_create(&u->undo, u->sim->undo, u->err);
    if (rc != RC_OK)
        return rc;
    rights.undo = u->undo;
    rc = undo_list_steps(u->undo, u->run, u->facts.entity_type,
                         mapping_operation(u->job.mapping) == OPERATION_DELETE, &count,
                         u->err);
    if (rc == RC_OK)
        rc = undo_check_rights(&rights, &admin, u->err);
    if (rc == RC_OK)
        rc = journal_set_text(u->run, "undone", u->sim->undo, u->err);
    if (rc == RC_OK)
        rc = journal_commit(u->run, u->err);
    facts.kind = "undo";
    facts.input_path = u->sim->checkpoint;
    facts.input_sha256 = "";
    facts.records = count;
    facts.user_id = server->user_id;
    facts.user_name = server->user_name;
    facts.started_ms = site_server_ms(u->site);
    return rc == RC_OK ? checkpoint_bind(u->undo, &facts, u->err) : rc;
}

/* Goes on with an undo that has begun; one that died before it did is begun anew. */
static int open_undo(struct undoing *u) {
    struct checkpoint facts;
    int rc;

    if (!sim_has_begun(u->sim->undo))
        return begin(u);
    rc = journal_open(&u->undo, u->sim->undo, u->err);
    if (rc == RC_OK) {
        rc = checkpoint_read(u->undo, &facts, u->err);
        if (rc != RC_OK || strcmp(facts.kind, "undo") == 0)
            return rc;
    } else if (rc != RC_INPUT || strstr(u->err->message, "never began") == NULL) {
        return rc;
    }
    err_clear(u->err);
    journal_close(u->undo);
    u->undo = NULL;
    sim_disk_remove(u->sim->undo);
    (void)unlink(u->sim->undo);
    return begin(u);
}

static int carry(struct undoing *u, struct tally *tally) {
    const struct undo_options undo = {.undo = u->undo,
                                      .run = u->run,
                                      .site = u->site,
                                      .entity_type = u->facts.entity_type,
                                      .user_id = u->facts.user_id};
    struct checkpoint facts;
    struct import_options options = {
        .job = &u->job, .site = u->site, .journal = u->undo, .batch = u->sim->batch};
    int rc = checkpoint_read(u->undo, &facts, u->err);

    u->job.facts.records = facts.records;
    options.user_id = facts.user_id;
    options.started_ms = facts.started_ms;
    return rc == RC_OK ? undo_run(&undo, &options, tally, u->err) : rc;
}

int sim_undo(struct sim *sim, const struct fake_run *run, struct tally *tally,
             struct err *err) {
    struct output_options options = {.results = sim->results, .force = true};
    struct output_counts counts;
    struct undoing u = {.sim = sim, .err = err};
    int rc;

    memset(tally, 0, sizeof *tally);
    sim_begin(sim, run, sim->undo);
    rc = journal_open(&u.run, sim->checkpoint, err);
    if (rc == RC_OK)
        rc = checkpoint_read(u.run, &u.facts, err);
    if (rc == RC_OK)
        rc = connect(&u);
    if (rc == RC_OK)
        rc = open_undo(&u);
    if (rc == RC_OK) {
        rc = carry(&u, tally);
        (void)checkpoint_note_end(u.undo, rc, 0, NULL);
    }
    if (rc == RC_OK && !sim_disk_is_off())
        rc = undo_outputs_write(u.undo, &options, &counts, err);
    journal_close(u.undo);
    journal_close(u.run);
    job_close(&u.job);
    site_free(u.site);
    return sim_end(sim, sim->undo, rc);
}
