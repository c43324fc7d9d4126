/* resume.c - `espoload resume CHECKPOINT`: goes on where a run stopped. */
#include "cmd/carry.h"
#include "cmd/commands.h"
#include "cmd/connect.h"
#include "cmd/export_carry.h"
#include "cmd/guard.h"
#include "cmd/look_options.h"
#include "cmd/reconcile_carry.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"
#include "cmd/undo.h"

#include <inttypes.h>
#include <string.h>

struct resume_choice {
    struct error_limit limit; /* first: carry_set_max_errors */
    int64_t settle_ms;        /* over the run's; 0 = the run's */
    int64_t looks;            /* likewise */
    int64_t take;             /* rows to be taken up; 0 = all */
    bool force;               /* replace reports that were changed */
};

static const struct option_def options[] = {
    {.name = "max-errors",
     .type = OPTION_STRING,
     .argument = "N|N%",
     .group = "Run",
     .set = carry_set_max_errors,
     .help = "stop when more rows than this failed; else go on to the end"},
    {.name = "settle",
     .type = OPTION_DURATION,
     .argument = "SECONDS",
     .group = "Run",
     .offset = offsetof(struct resume_choice, settle_ms),
     .min = 1,
     .max = INT64_C(3600000),
     .help =
         "how long a row whose answer was lost must be absent before it is sent again; "
         "else as the run was begun"},
    LOOKS_OPTION_DEF(struct resume_choice, "Run", "; else as the run was begun",
                     .fallback = NULL),
    {.name = "limit",
     .type = OPTION_INT,
     .argument = "N",
     .group = "Run",
     .offset = offsetof(struct resume_choice, take),
     .min = 1,
     .not_in_profile = true,
     .help = "take up N rows now; resume goes on behind them"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = "Run",
     .offset = offsetof(struct resume_choice, force),
     .not_in_profile = true,
     .help = "replace report files although somebody has changed them"},
    {0},
};

static int resume_connect(struct command_context *context, struct connection *connection,
                          struct job *job, const struct checkpoint *facts) {
    bool named = option_source(context->parser, "url") == OPTION_FROM_FLAG;
    int rc = connect_open(connection, context, named ? NULL : facts->url);

    if (rc == RC_OK)
        rc = job_compile(job, connection->site, &context->err);
    if (rc == RC_USAGE)
        carry_print_problems(context, job);
    if (rc == RC_OK)
        rc = checkpoint_verify_site(facts, buf_text(&connection->url),
                                    schema_server(job->schema), &context->err);
    return rc;
}

static int resume_run(struct command_context *context) {
    const struct resume_choice *choice = context->options;
    struct connection connection = {0};
    struct job job = {0};
    struct journal *journal = NULL;
    struct checkpoint facts;
    struct engine_bulk_counts bulk = {0};
    struct carry carry = {.connection = &connection,
                          .job = &job,
                          .facts = &facts,
                          .limit = &choice->limit,
                          .bulk = &bulk,
                          .take = (uint64_t)choice->take,
                          .checkpoint_path = context->arguments[0]};
    int rc = journal_open(&journal, carry.checkpoint_path, &context->err);

    if (rc == RC_OK)
        rc = checkpoint_read(journal, &facts, &context->err);
    if (rc != RC_OK)
        goto out;
    run_state_name(context->run, facts.kind, facts.entity_type, facts.url);
    if (strcmp(facts.kind, "export") == 0)
        return export_resume(context, journal, carry.checkpoint_path);
    if (strcmp(facts.kind, "reconcile") == 0)
        return reconcile_resume(context, journal, carry.checkpoint_path);
    carry.journal = journal;
    if (choice->settle_ms > 0)
        facts.settle_ms = choice->settle_ms;
    if (choice->looks > 0)
        facts.looks = choice->looks;
    if (strcmp(facts.kind, "undo") == 0) {
        rc = undo_resume(context, journal, &facts, &choice->limit, carry.take,
                         carry.checkpoint_path);
        goto out;
    }
    if (journal_text(journal, "undone")[0] != '\0') {
        rc =
            err_set(&context->err, RC_USAGE, "this run was taken back, by the undo of %s",
                    journal_text(journal, "undone"));
        err_advise(&context->err,
                   "go on with the undo: espoload resume %s; to have the "
                   "rows after all, import the file anew with --force",
                   journal_text(journal, "undone"));
        goto out;
    }
    if (strcmp(facts.kind, "import") != 0) {
        rc = err_set(&context->err, RC_INPUT, "the run of %s never began",
                     carry.checkpoint_path);
        err_advise(&context->err, "nothing was sent: begin it anew with --force");
        goto out;
    }
    if (option_source(context->parser, "engine") == OPTION_FROM_FLAG &&
        context->global->engine != ENGINE_AUTO)
        facts.engine = context->global->engine == ENGINE_BULK ? "bulk" : "rest";
    rc = choice->force ? RC_OK : carry_refuse_edited(context, journal, &facts);
    if (rc == RC_OK)
        rc = checkpoint_load_job(&facts, &job, &context->err);
    if (rc == RC_OK)
        rc = resume_connect(context, &connection, &job, &facts);
    if (rc == RC_OK)
        rc = guard_write(context, facts.url);
    if (rc == RC_OK)
        rc = carry_run(context, &carry);
out:
    journal_close(journal);
    job_close(&job);
    connect_close(&connection);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "CHECKPOINT",
     .help = "the file that the run left, such as leads.csv.checkpoint"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload resume leads.csv.checkpoint", "goes on where the run stopped"},
    {0},
};

const struct command command_resume = {
    .name = "resume",
    .summary = "go on where a run stopped",
    .description = "Needs nothing but the checkpoint (and the key): file, mapping and "
                   "server are in it. "
                   "Rows that were under way when the run stopped are looked up first, "
                   "so that none is "
                   "sent twice. A run that is complete is left as it is.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct resume_choice),
    .examples = examples,
    .is_run = true,
    .run = resume_run,
};
