/* sim_import.c - an import as the program does it, without the command line.
 */
#include "sim/sim_import.h"

#include "cmd/engine_pick.h"
#include "flow/checkpoint.h"
#include "flow/importer.h"
#include "flow/outputs.h"
#include "sim/fake_private.h"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { KEPT_BYTES = 256 << 20, SETTLE_MS = 15000 /* the program's default */ };

void sim_init(struct sim *sim, const struct fake_options *options) {
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    memset(sim, 0, sizeof *sim);
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES); /* runs are many: memory that was had */
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES); /* once is not given back in between */
    sim_disk_init();
    sim->crm = fake_crm_new(options);
    (void)snprintf(sim->dir, sizeof sim->dir, "%s/espoload-sim-XXXXXX", base);
    if (mkdtemp(sim->dir) == NULL)
        fake_fatal("no folder for a simulation");
    (void)snprintf(sim->csv, sizeof sim->csv, "%s/rows.csv", sim->dir);
    (void)snprintf(sim->checkpoint, sizeof sim->checkpoint, "%s/rows.checkpoint",
                   sim->dir);
    (void)snprintf(sim->undo, sizeof sim->undo, "%s/rows.undo.checkpoint", sim->dir);
    (void)snprintf(sim->results, sizeof sim->results, "%s/rows.results.csv", sim->dir);
}

void sim_free(struct sim *sim) {
    DIR *dir = opendir(sim->dir);
    struct dirent *entry;
    char path[512];

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", sim->dir, entry->d_name);
        (void)unlink(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(sim->dir);
    fake_crm_free(sim->crm);
    memset(sim, 0, sizeof *sim);
}

void sim_write_csv(struct sim *sim, const char *text) {
    FILE *file = fopen(sim->csv, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fake_fatal("cannot write %s", sim->csv);
}

static int bind(struct sim *sim, struct journal *journal, struct job *job,
                struct site *site, struct err *err) {
    const struct schema_server *server = schema_server(job->schema);
    struct checkpoint facts = {
        .kind = "import",
        .input_path = sim->csv,
        .input_name = "rows.csv",
        .input_bytes = job->facts.bytes,
        .input_sha256 = job->facts.sha256,
        .mapping_json = mapping_json(job->mapping),
        .encoding = "",
        .records = job->facts.records,
        .url = "https://crm.example.com/",
        .user_id = server->user_id,
        .user_name = server->user_name,
        .entity_type = mapping_entity_type(job->mapping),
        .on_duplicate = (int)sim->on_duplicate,
        .settle_ms = sim->settle_ms != 0 ? sim->settle_ms : SETTLE_MS,
        .engine = sim->bulk ? "bulk" : "rest",
        .started_ms = site_server_ms(site),
        .prefix = sim->dir,
    };

    return checkpoint_bind(journal, &facts, err);
}

static int open_journal(struct sim *sim, struct journal **out, struct job *job,
                        struct site *site, struct err *err) {
    struct checkpoint facts;
    int rc;

    if (!sim_has_begun(sim->checkpoint)) {
        rc = journal_create(out, sim->checkpoint, err);
        return rc == RC_OK ? bind(sim, *out, job, site, err) : rc;
    }
    rc = journal_open(out, sim->checkpoint, err);
    if (rc == RC_INPUT && err != NULL && strstr(err->message, "never began") != NULL) {
        err_clear(err); /* what it advises: import --force */
        sim_disk_remove(sim->checkpoint);
        (void)unlink(sim->checkpoint);
        rc = journal_create(out, sim->checkpoint, err);
        return rc == RC_OK ? bind(sim, *out, job, site, err) : rc;
    }
    if (rc != RC_OK)
        return rc;
    rc = checkpoint_read(*out, &facts, err);
    if (rc != RC_OK)
        return rc;
    if (facts.kind[0] == '\0') /* died before it was bound: nothing was sent */
        return bind(sim, *out, job, site, err);
    return checkpoint_verify_site(&facts, "https://crm.example.com/",
                                  schema_server(job->schema), err);
}

static int import(struct sim *sim, struct job *job, struct site *site,
                  struct journal *journal, struct tally *tally, struct err *err) {
    struct engine *engine = NULL;
    struct checkpoint facts;
    struct import_options options = {
        .job = job,
        .site = site,
        .journal = journal,
        .settle_ms = sim->settle_ms,
        .batch = sim->batch,
        .stop_at_errors = sim->stop_at_errors,
    };
    int rc = checkpoint_read(journal, &facts, err);

    if (rc == RC_OK && sim->by_rest)
        facts.engine = "rest";
    if (rc == RC_OK)
        rc = engine_make(&engine, &facts, job, site, journal, err);
    if (rc != RC_OK)
        goto out;
    options.engine = engine;
    options.user_id = facts.user_id;
    options.on_duplicate = (enum mapping_on_duplicate)facts.on_duplicate;
    options.started_ms = facts.started_ms;
    rc = importer_run(&options, tally, err);
out:
    engine_free(engine);
    return rc;
}

static int outputs(struct sim *sim, struct job *job, struct journal *journal,
                   struct err *err) {
    struct output_options options = {.results = sim->results, .force = true};
    struct output_counts counts;

    return outputs_write(job, journal, &options, &counts, err);
}

static void limit_files(int64_t bytes) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        fake_fatal("no limit on file sizes");
    limit.rlim_cur = bytes > 0 ? (rlim_t)bytes : limit.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        fake_fatal("no limit on file sizes");
}

bool sim_has_begun(const char *checkpoint) {
    return access(checkpoint, F_OK) == 0;
}

/* The file at the checkpoint's place is its lock; what it holds lies on the disk in
 * memory. One that was removed is gone there, too. */
void sim_begin(struct sim *sim, const struct fake_run *run, const char *checkpoint) {
    static const struct fake_run quiet;

    if (!sim_has_begun(checkpoint))
        sim_disk_remove(checkpoint);
    fake_crm_begin(sim->crm, run == NULL ? &quiet : run);
    sim_disk_begin(&sim->disk);
    limit_files(sim->disk.file_bytes);
}

int sim_end(struct sim *sim, const char *checkpoint, int rc) {
    const struct env *env = fake_crm_env(sim->crm);
    FILE *file;

    limit_files(0);
    sim->disk_operations = sim_disk_operations();
    sim->disk = (struct sim_disk_plan){0};
    sim_disk_begin(NULL);
    if (!sim_disk_is_off())
        return rc;
    sim_disk_reboot(sim->cuts_power, env->random, env->context);
    file = fopen(checkpoint, "a"); /* nobody lived to remove it */
    if (file == NULL || fclose(file) != 0)
        fake_fatal("cannot keep %s", checkpoint);
    return SIM_CRASHED;
}

int sim_run(struct sim *sim, const struct fake_run *run, struct tally *tally,
            struct err *err) {
    struct job_options job_options = {.input_path = sim->csv,
                                      .mapping_json = sim->mapping};
    struct site_options site_options = {.url = "https://crm.example.com/",
                                        .jobs = sim->jobs,
                                        .retries = sim->retries,
                                        .env = fake_crm_env(sim->crm)};
    struct job job = {0};
    struct site *site = NULL;
    struct journal *journal = NULL;
    int rc;

    memset(tally, 0, sizeof *tally);
    sim_begin(sim, run, sim->checkpoint);
    rc = job_load(&job, &job_options, err);
    if (rc == RC_OK)
        rc = site_new_over(&site, fake_transport_new(sim->crm), &site_options, err);
    if (rc == RC_OK)
        rc = job_compile(&job, site, err);
    if (rc == RC_OK)
        rc = open_journal(sim, &journal, &job, site, err);
    if (rc == RC_OK) {
        rc = import(sim, &job, site, journal, tally, err);
        (void)checkpoint_note_end(journal, rc, 0, NULL);
    }
    if (rc == RC_OK && !sim_disk_is_off())
        rc = outputs(sim, &job, journal, err);
    journal_close(journal);
    job_close(&job);
    site_free(site);
    return sim_end(sim, sim->checkpoint, rc);
}
