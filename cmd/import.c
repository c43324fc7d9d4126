/* import.c - `espoload import FILE -m MAP`: begins a run. */
#include "cmd/canary.h"
#include "cmd/carry.h"
#include "cmd/commands.h"
#include "cmd/connect.h"
#include "cmd/guard.h"
#include "cmd/input_options.h"
#include "cmd/look_options.h"
#include "cmd/plan.h"
#include "cmd/rehearse.h"
#include "cmd/run_files.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"
#include "flow/plan_file.h"
#include "flow/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 8192 };

struct import_choice {
    struct error_limit limit; /* first: carry_set_max_errors */
    struct input_choice input;
    const char *checkpoint; /* path, or NULL = beside the input */
    const char *plan;       /* file of the plan to be carried out, or NULL */
    bool force;
    bool dry_run;
    int on_duplicate;  /* enum mapping_on_duplicate + 1; 0 = the mapping's */
    int64_t settle_ms; /* how long a doubtful row must be absent */
    int64_t looks;     /* in that time */
    int64_t skip;      /* rows at the begin */
    int64_t take;      /* rows to be taken up; 0 = all */
    int64_t canary;    /* rows to be shown before the others follow; 0 = none */
    bool keep_import_log;
    bool silent;
};

static const char *const duplicate_words[] = {"mapping", "fail",  "skip",
                                              "update",  "force", NULL};

#define RUN_GROUP "Run"
#define AT(member) .offset = offsetof(struct import_choice, member)

static const struct option_def options[] = {
    INPUT_OPTION_DEFS(struct import_choice, input),
    {.name = "dry-run",
     .letter = 'n',
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(dry_run),
     .not_in_profile = true,
     .help = "do everything but send: the same as check"},
    {.name = "plan",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = RUN_GROUP,
     AT(plan),
     .not_in_profile = true,
     .help = "carry out this plan of check --plan and nothing else: rows of which "
             "something differs now fail, rows without a line are skipped"},
    {.name = "on-duplicate",
     .type = OPTION_CHOICE,
     .argument = "WHAT",
     .group = RUN_GROUP,
     AT(on_duplicate),
     .choices = duplicate_words,
     .fallback = "mapping",
     .help =
         "what to do with a row that EspoCRM calls a duplicate: fail, skip, update (only "
         "where a key is equal, never by name alone), force (create it all the same), or "
         "what the mapping says"},
    {.name = "max-errors",
     .type = OPTION_STRING,
     .argument = "N|N%",
     .group = RUN_GROUP,
     .set = carry_set_max_errors,
     .help = "stop when more rows than this failed; else go on to the end"},
    {.name = "limit",
     .type = OPTION_INT,
     .argument = "N",
     .group = RUN_GROUP,
     .offset = offsetof(struct import_choice, take),
     .min = 1,
     .not_in_profile = true,
     .help = "take up N rows now; resume goes on behind them"},
    {.name = "canary",
     .type = OPTION_INT,
     .argument = "N",
     .group = RUN_GROUP,
     AT(canary),
     .min = 1,
     .max = CANARY_MAX,
     .not_in_profile = true,
     .help = "load N rows first, chosen so that they show all actions and values, show "
             "them as they stand in EspoCRM, and ask before the others follow"},
    {.name = "skip",
     .type = OPTION_INT,
     .argument = "N",
     .group = RUN_GROUP,
     AT(skip),
     .min = 1,
     .not_in_profile = true,
     .help = "pass over the first N rows of the file: they count as skipped"},
    {.name = "checkpoint",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = RUN_GROUP,
     AT(checkpoint),
     .not_in_profile = true,
     .help = "where to keep the state of the run (else FILE.checkpoint); the reports are "
             "written beside it"},
    {.name = "settle",
     .type = OPTION_DURATION,
     .argument = "SECONDS",
     .group = RUN_GROUP,
     AT(settle_ms),
     .min = 1,
     .max = INT64_C(3600000),
     .fallback = "15",
     .help =
         "how long a row whose answer was lost must be absent from EspoCRM before it is "
         "sent again"},
    LOOKS_OPTION_DEF(struct import_choice, RUN_GROUP, "", .fallback = LOOKS_FALLBACK),
    {.name = "keep-import-log",
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(keep_import_log),
     .help = "leave the Import records that the bulk engine makes on the server, with "
             "the list of what each has written; else they are removed"},
    {.name = "silent",
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(silent),
     .help = "with the bulk engine: EspoCRM skips workflows and most hooks"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(force),
     .not_in_profile = true,
     .help = "start over although a checkpoint is there, and replace output files"},
    {0},
};

/* Everything that an import holds. */
struct import_state {
    struct connection connection;
    struct job job;
    struct journal *journal;
    struct buf input;      /* path of the file that is read, absolute */
    struct buf checkpoint; /* path, as the user would type it */
    struct buf prefix;     /* of the outputs, absolute */
    bool spooled;          /* input is our copy of standard input */
    bool keep_spool;       /* a checkpoint refers to it now */
    bool starts_over;      /* the checkpoint that is there is to go, once all is fine */
};

static int import_paths(struct import_state *state, const struct import_choice *choice,
                        const char *file, struct err *err) {
    bool is_stdin = strcmp(file, "-") == 0;
    struct buf absolute = {.max = PATH_BYTES};
    int rc;

    state->input.max = state->checkpoint.max = state->prefix.max = PATH_BYTES;
    if (choice->checkpoint != NULL)
        rc = buf_append_text(&state->checkpoint, choice->checkpoint);
    else
        rc = buf_append_format(&state->checkpoint, "%s.checkpoint",
                               is_stdin ? "stdin" : file);
    if (rc == RC_OK)
        rc = run_files_absolute(buf_text(&state->checkpoint), &absolute, err);
    if (rc == RC_OK)
        rc = checkpoint_prefix(buf_text(&absolute), &state->prefix);
    if (rc == RC_OK && is_stdin)
        rc = buf_append_format(&state->input, "%s.input", buf_text(&absolute));
    else if (rc == RC_OK)
        rc = run_files_absolute(file, &state->input, err);
    buf_fini(&absolute);
    return rc < 0 && err->rc == RC_OK ? err_nomem(err) : rc;
}

/* --force over a checkpoint forgets what its run did: with rows in the CRM that is a way
 * to duplicates, so it asks. */
static int start_over(struct command_context *context, struct import_state *state) {
    const char *path = buf_text(&state->checkpoint);
    struct journal *journal = NULL;
    struct tally tally = {0};
    struct buf question = {.max = 1024};
    bool asked = true;
    uint64_t done;
    int rc = journal_refuse(path, NULL) != RC_OK
                 ? journal_open(&journal, path, &context->err)
                 : 1;

    if (rc == 1)
        return RC_OK;
    if (rc == RC_INPUT) { /* no checkpoint of ours: not ours to remove */
        err_advise(&context->err, "name another one with --checkpoint");
        return rc;
    }
    if (rc == RC_OK)
        rc = tally_load(&tally, journal, 0, &context->err);
    journal_close(journal);
    done = tally.created + tally.updated + tally.unknown;
    if (rc == RC_OK && done > 0 && !context->global->yes) {
        (void)buf_append_format(
            &question,
            "The run of %s has put %" PRIu64
            " rows into EspoCRM already. Starting over sends them again. "
            "Start over?",
            path, done);
        if (!terminal_confirm(context->log, buf_text(&question), &asked)) {
            rc = err_set(&context->err, RC_USAGE,
                         "not started over: %" PRIu64 " rows of %s are "
                         "in EspoCRM already",
                         done, path);
            err_advise(&context->err, "go on with it: espoload resume %s%s", path,
                       asked ? "" : "; or answer with --yes");
        }
    }
    state->starts_over = rc == RC_OK;
    buf_fini(&question);
    return rc;
}

/* What can be refused is refused before anything is read or sent. */
static int import_prepare(struct command_context *context, struct import_state *state,
                          const struct import_choice *choice) {
    const char *file = context->arguments[0];
    struct job_options job_options = {
        .input_name = strcmp(file, "-") == 0 ? "standard input" : file};
    int rc = input_choice_apply(&choice->input, &job_options, &context->err);

    context->run->pretend = choice->dry_run;
    if (rc == RC_OK && choice->canary > 0 && (choice->dry_run || choice->take > 0)) {
        rc = err_set(&context->err, RC_USAGE, "--canary does not go with --%s",
                     choice->dry_run ? "dry-run" : "limit");
        err_advise(&context->err, "leave out one of the two");
    }
    if (rc == RC_OK && choice->dry_run && choice->plan != NULL) {
        rc = err_set(&context->err, RC_USAGE,
                     "--dry-run looks at what is to be done anew, and reads no --plan");
        err_advise(&context->err, "leave out one of the two; check --plan writes a plan");
    }
    if (rc == RC_OK)
        rc = import_paths(state, choice, file, &context->err);
    if (rc == RC_OK && !choice->dry_run && !choice->force) {
        rc = journal_refuse(buf_text(&state->checkpoint), &context->err);
        if (rc == RC_OK)
            rc = run_files_refuse(buf_text(&state->prefix), &context->err);
    } else if (rc == RC_OK && !choice->dry_run) {
        rc = start_over(context, state);
    }
    if (rc == RC_OK && strcmp(file, "-") == 0) {
        if (choice->force)
            (void)unlink(buf_text(&state->input));
        rc = input_spool(STDIN_FILENO, buf_text(&state->input), &context->err);
        state->spooled = rc == RC_OK;
    }
    job_options.input_path = buf_text(&state->input);
    if (rc == RC_OK)
        rc = job_load(&state->job, &job_options, &context->err);
    if (rc == RC_OK)
        run_state_name(context->run, NULL, mapping_entity_type(state->job.mapping), NULL);
    if (rc == RC_OK)
        rc = connect_open(&state->connection, context, NULL);
    if (rc == RC_OK)
        rc = job_compile(&state->job, state->connection.site, &context->err);
    if (rc == RC_USAGE)
        carry_print_problems(context, &state->job);
    return rc;
}

static void import_facts(const struct import_state *state,
                         const struct import_choice *choice, struct checkpoint *facts) {
    const struct schema_server *server = schema_server(state->job.schema);

    memset(facts, 0, sizeof *facts);
    facts->kind = "import";
    facts->input_path = buf_text(&state->input);
    facts->input_name = state->job.input_name;
    facts->input_bytes = state->job.facts.bytes;
    facts->input_sha256 = state->job.facts.sha256;
    facts->mapping_json = mapping_json(state->job.mapping);
    facts->mapping_name = choice->input.mapping;
    facts->encoding = choice->input.encoding == NULL ? "" : choice->input.encoding;
    facts->delimiter = state->job.facts.dialect.delimiter;
    facts->records = state->job.facts.records;
    facts->url = buf_text(&state->connection.url);
    facts->user_id = server->user_id;
    facts->user_name = server->user_name;
    facts->entity_type = mapping_entity_type(state->job.mapping);
    facts->on_duplicate = choice->on_duplicate > 0
                              ? choice->on_duplicate - 1
                              : (int)mapping_on_duplicate(state->job.mapping);
    facts->settle_ms = choice->settle_ms;
    facts->looks = choice->looks;
    facts->skip = (uint64_t)choice->skip;
    facts->keep_import_log = choice->keep_import_log;
    facts->silent = choice->silent;
    facts->started_ms = site_server_ms(state->connection.site);
    facts->prefix = buf_text(&state->prefix);
    facts->plan = choice->plan == NULL ? "" : choice->plan;
}

static int import_rehearse(struct command_context *context, struct import_state *state,
                           const struct checkpoint *facts,
                           const struct side_effects *effects) {
    const struct rehearse_options rehearse = {
        .effects = effects,
        .site = state->connection.site,
        .job = &state->job,
        .on_duplicate = (enum mapping_on_duplicate)facts->on_duplicate,
    };

    return rehearse_run(context, &rehearse);
}

static int import_verify_plan(struct command_context *context,
                              const struct import_state *state,
                              const struct checkpoint *facts) {
    const struct plan_scope scope = {
        .job = &state->job,
        .mapping_name = facts->mapping_name,
        .url = site_url(state->connection.site),
        .on_duplicate = (enum mapping_on_duplicate)facts->on_duplicate,
    };

    return facts->plan[0] == '\0' ? RC_OK
                                  : plan_file_verify(facts->plan, &scope, &context->err);
}

/* Not before all was found fine: a refusal must not cost what can be undone. RC_LOCKED
 * when somebody has gone on with that run meanwhile. */
static int remove_old(const char *path, struct err *err) {
    struct journal *old = NULL;
    int rc = journal_open(&old, path, err);

    journal_close(old);
    if (rc == RC_OK)
        run_files_remove(path);
    return rc;
}

/* The checkpoint with all that a resume needs; a plan that cannot be taken over, or
 * a canary that cannot be chosen, leaves none. */
static int import_bind(struct command_context *context, struct import_state *state,
                       const struct checkpoint *facts, size_t canary) {
    const char *path = buf_text(&state->checkpoint);
    int rc;

    rc = state->starts_over ? remove_old(path, &context->err) : RC_OK;
    if (rc == RC_OK)
        rc = journal_create(&state->journal, path, &context->err);
    if (rc != RC_OK)
        return rc;
    if (facts->plan[0] != '\0')
        rc = plan_file_load(facts->plan, state->journal, &context->err);
    if (rc == RC_OK && canary > 0)
        rc = canary_begin(context, &state->connection, &state->job, state->journal, facts,
                          canary);
    if (rc != RC_OK) {
        journal_close(state->journal);
        state->journal = NULL;
        run_files_remove(path);
        return rc;
    }
    return checkpoint_bind(state->journal, facts, &context->err);
}

static int import_begin(struct command_context *context, struct import_state *state,
                        const struct import_choice *choice) {
    struct checkpoint facts;
    struct side_effects effects;
    struct engine_pick pick = {0};
    struct engine_bulk_counts bulk = {0};
    struct carry carry = {
        .connection = &state->connection,
        .job = &state->job,
        .checkpoint_path = buf_text(&state->checkpoint),
        .facts = &facts,
        .limit = &choice->limit,
        .bulk = &bulk,
        .take = (uint64_t)choice->take,
    };
    int rc;

    import_facts(state, choice, &facts);
    rc = side_effects_load(&effects, &state->job, state->connection.site, &context->err);
    if (rc == RC_OK)
        rc = engine_pick(context, &state->job,
                         (enum mapping_on_duplicate)facts.on_duplicate, &effects, &pick);
    if (rc == RC_OK)
        rc = plan_print(context, &state->job, facts.url,
                        (enum mapping_on_duplicate)facts.on_duplicate, &effects, &pick,
                        choice->dry_run);
    facts.engine = pick.bulk ? "bulk" : "rest";
    if (rc != RC_OK || choice->dry_run)
        return rc == RC_OK ? import_rehearse(context, state, &facts, &effects) : rc;
    rc = import_verify_plan(context, state, &facts);
    if (rc == RC_OK)
        rc = guard_write(context, facts.url);
    if (rc == RC_OK)
        rc = import_bind(context, state, &facts, (size_t)choice->canary);
    if (rc == RC_OK && choice->force)
        rc = carry_adopt_outputs(context, state->journal, &facts);
    if (rc != RC_OK)
        return rc;
    state->keep_spool = true;
    carry.journal = state->journal;
    return carry_run(context, &carry);
}

static int import_run(struct command_context *context) {
    const struct import_choice *choice = context->options;
    struct import_state state = {0};
    int rc = import_prepare(context, &state, choice);

    if (rc == RC_OK)
        rc = import_begin(context, &state, choice);
    if (state.spooled && !state.keep_spool)
        (void)unlink(buf_text(&state.input));
    journal_close(state.journal);
    job_close(&state.job);
    connect_close(&state.connection);
    buf_fini(&state.input);
    buf_fini(&state.checkpoint);
    buf_fini(&state.prefix);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "FILE", .help = "CSV file, gzipped or not; - is standard input"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload import leads.csv -m lead.json", "creates a lead for every row"},
    {"espoload import leads.csv -m lead.json -n", "shows what would be refused"},
    {"espoload import leads.csv -m lead.json --plan plan.csv",
     "does what check --plan has written, and nothing else"},
    {"espoload import leads.csv -m lead.json --canary 20",
     "loads 20 rows, shows them, and asks before it goes on"},
    {"zcat old.csv.gz | espoload import - -m 'Lead: *=*'", "reads a pipe"},
    {0},
};

const struct command command_import = {
    .name = "import",
    .summary = "put every row of a file into EspoCRM, or say why not",
    .description =
        "Every row ends as a record in EspoCRM or as a line in FILE.errors.csv that says "
        "why. "
        "The state of the run is kept in FILE.checkpoint: after a crash, a lost "
        "connection or "
        "Ctrl-C, `espoload resume` goes on where it stopped, and no row is sent twice.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct import_choice),
    .examples = examples,
    .is_run = true,
    .run = import_run,
};
