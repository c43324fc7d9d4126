/* undo.c - `espoload undo CHECKPOINT`: takes a run back. */
#include "cmd/undo.h"

#include "base/tempfile.h"
#include "cmd/commands.h"
#include "cmd/connect.h"
#include "cmd/guard.h"
#include "cmd/look_options.h"
#include "cmd/quantity.h"
#include "cmd/retype.h"
#include "cmd/run_files.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 8192, WAIT_TURN_MS = 100, SETTLE_MS = 15000 };

struct undo_choice {
    struct error_limit limit; /* first: carry_set_max_errors */
    const char *checkpoint;   /* path, or NULL = beside that of the run */
    bool dry_run;
    bool force;
    bool moved;        /* the site of the run is at --url now */
    int64_t settle_ms; /* how long what is in doubt is waited for */
    int64_t looks;     /* in that time */
};

#define RUN_GROUP "Run"
#define AT(member) .offset = offsetof(struct undo_choice, member)

static const struct option_def options[] = {
    {.name = "dry-run",
     .letter = 'n',
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(dry_run),
     .not_in_profile = true,
     .help = "look at every record and say what would be done; nothing is sent"},
    {.name = "max-errors",
     .type = OPTION_STRING,
     .argument = "N|N%",
     .group = RUN_GROUP,
     .set = carry_set_max_errors,
     .help = "stop when more rows than this failed; else go on to the end"},
    {.name = "checkpoint",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = RUN_GROUP,
     AT(checkpoint),
     .not_in_profile = true,
     .help = "where to keep the state of the undo (else leads.csv.undo.checkpoint beside "
             "leads.csv.checkpoint); the reports are written beside it"},
    {.name = "settle",
     .type = OPTION_DURATION,
     .argument = "SECONDS",
     .group = RUN_GROUP,
     AT(settle_ms),
     .min = 1,
     .max = INT64_C(3600000),
     .fallback = "15",
     .help =
         "how long what the run left in doubt is waited for, before it counts as never "
         "arrived"},
    LOOKS_OPTION_DEF(struct undo_choice, RUN_GROUP, "", .fallback = LOOKS_FALLBACK),
    {.name = "moved",
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(moved),
     .not_in_profile = true,
     .help = "the site of the run has got another address since, the one of --url"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = RUN_GROUP,
     AT(force),
     .not_in_profile = true,
     .help = "begin anew although the checkpoint of an undo is there, and replace output "
             "files"},
    {0},
};

/* Everything that an undo holds. */
struct undo_state {
    struct command_context *context;
    struct connection connection;
    struct job job; /* bare: mapping, schema, how many rows */
    struct journal *run, *undo;
    struct checkpoint run_facts; /* of the run */
    struct buf run_path;         /* absolute */
    struct buf path;             /* of the checkpoint of the undo, as one would type it */
    struct buf prefix;           /* of its outputs, absolute */
    bool temporary;              /* path is only for this call */
};

static void state_close(struct undo_state *state) {
    journal_close(state->undo);
    journal_close(state->run);
    job_close(&state->job);
    connect_close(&state->connection);
    if (state->temporary) {
        run_files_remove(buf_text(&state->path));
        tempfile_remove(buf_text(&state->path));
    }
    buf_fini(&state->run_path);
    buf_fini(&state->path);
    buf_fini(&state->prefix);
}

/* --- what is to be taken back --- */

static int open_run(struct undo_state *state, const char *path) {
    struct err *err = &state->context->err;
    int rc = journal_open(&state->run, path, err);

    if (rc == RC_OK)
        rc = checkpoint_read(state->run, &state->run_facts, err);
    if (rc != RC_OK)
        return rc;
    run_state_name(state->context->run, "undo", state->run_facts.entity_type,
                   state->run_facts.url);
    if (strcmp(state->run_facts.kind, "undo") == 0) {
        rc = err_set(err, RC_USAGE, "%s is the checkpoint of an undo itself", path);
        err_advise(err,
                   "go on with it: espoload resume %s; to have the rows back, import "
                   "the file again",
                   path);
    } else if (strcmp(state->run_facts.kind, "export") == 0 ||
               strcmp(state->run_facts.kind, "reconcile") == 0) {
        rc = err_set(err, RC_USAGE,
                     "%s is the checkpoint of %s, which changes nothing in EspoCRM", path,
                     state->run_facts.kind[0] == 'e' ? "an export" : "a reconciliation");
        err_advise(err, "name that of an import");
    } else if (strcmp(state->run_facts.kind, "import") != 0) {
        rc = err_set(err, RC_INPUT, "the run of %s never began", path);
        err_advise(err, "nothing was sent, so there is nothing to be taken back");
    }
    if (rc == RC_OK)
        rc = run_files_absolute(path, &state->run_path, err);
    return rc;
}

/* leads.csv.checkpoint -> leads.csv.undo.checkpoint */
static int undo_paths(struct undo_state *state, const struct undo_choice *choice,
                      const char *run) {
    static const char ending[] = ".checkpoint";
    struct buf absolute = {.max = PATH_BYTES};
    size_t len = strlen(run), end = sizeof ending - 1;
    struct err *err = &state->context->err;
    int rc;

    if (len > end && strcmp(run + len - end, ending) == 0)
        len -= end;
    if (choice->dry_run) {
        rc = tempfile_place(&state->path, "undo.checkpoint", err);
        state->temporary = rc == RC_OK;
        return rc;
    }
    if (choice->checkpoint != NULL)
        rc = buf_append_text(&state->path, choice->checkpoint);
    else
        rc = buf_append_format(&state->path, "%.*s.undo%s", (int)len, run, ending);
    if (rc != RC_OK)
        return err_nomem(err);
    rc = run_files_absolute(buf_text(&state->path), &absolute, err);
    if (rc == RC_OK)
        rc = checkpoint_prefix(buf_text(&absolute), &state->prefix);
    buf_fini(&absolute);
    if (rc == RC_OK && !choice->force)
        rc = journal_refuse(buf_text(&state->path), err);
    if (rc == RC_OK && !choice->force)
        rc = run_files_refuse(buf_text(&state->prefix), err);
    if (rc == RC_OK && choice->force)
        run_files_remove(buf_text(&state->path));
    return rc;
}

/* Is it the same site, and no copy? A run that does nothing need not ask. */
static int confirm_move(struct undo_state *state) {
    struct command_context *context = state->context;
    const struct undo_choice *choice = context->options;
    struct buf question = {.max = 4096};
    bool asked = true, yes = context->global->yes || choice->dry_run;
    int rc = RC_OK;

    (void)buf_append_format(&question,
                            "The run was made at %s. Is %s the same site, and "
                            "not a copy of it?",
                            state->run_facts.url, buf_text(&state->connection.url));
    if (!yes)
        yes = terminal_confirm(context->log, buf_text(&question), &asked);
    if (!yes) {
        rc = err_set(&context->err, RC_USAGE, "not undone: %s",
                     asked ? "nothing was sent" : "there is no terminal to ask");
        err_advise(&context->err, "--yes says that it is");
    }
    buf_fini(&question);
    return rc;
}

/* The server of the run, whoever the user is: an administrator may undo another one's.
 * Where it has moved, records are still told by what the run wrote into them: only those
 * of a copy of the site could be taken for them. */
static int undo_connect(struct undo_state *state, bool moved) {
    struct command_context *context = state->context;
    struct checkpoint *facts = &state->run_facts;
    bool named = option_source(context->parser, "url") == OPTION_FROM_FLAG;
    int rc;

    if (moved && !named) {
        rc = err_set(&context->err, RC_USAGE,
                     "--moved needs --url: the address that the site of the run has now");
        err_advise(&context->err, "it was %s", facts->url);
        return rc;
    }
    rc = connect_open(&state->connection, context, named ? NULL : facts->url);
    if (rc == RC_OK && moved) {
        rc = confirm_move(state);
        facts->url = buf_text(&state->connection.url);
    }
    if (rc == RC_OK)
        rc = checkpoint_verify_url(
            facts->url, buf_text(&state->connection.url),
            state->undo == NULL ? "or add --moved, if the site has moved there" : NULL,
            &context->err);
    if (rc == RC_OK)
        rc = mapping_parse(&state->job.mapping, slice_of(facts->mapping_json),
                           "the checkpoint", &context->err);
    if (rc == RC_OK)
        rc = site_load_schema(state->connection.site, facts->entity_type,
                              &state->job.schema, &context->err);
    return rc;
}

/* --- doubts --- */

/* Rows whose answer was lost are looked up by what their cells say. */
static int settle_lost(struct undo_state *state, uint64_t lost,
                       const struct undo_choice *choice) {
    struct command_context *context = state->context;
    const struct error_limit none = {0};
    struct engine_bulk_counts bulk = {0};
    struct checkpoint facts = state->run_facts;
    struct job job = {0};
    struct carry carry = {.connection = &state->connection,
                          .job = &job,
                          .journal = state->run,
                          .checkpoint_path = context->arguments[0],
                          .facts = &facts,
                          .limit = &none,
                          .bulk = &bulk};
    int rc = checkpoint_load_job(&facts, &job, &context->err);

    facts.settle_ms = choice->settle_ms;
    facts.looks = choice->looks;
    if (rc == RC_OK)
        rc = job_compile(&job, state->connection.site, &context->err);
    if (rc == RC_OK)
        rc = checkpoint_verify_site(&facts, buf_text(&state->connection.url),
                                    schema_server(job.schema), &context->err);
    if (rc == RC_OK)
        rc = carry_settle(context, &carry);
    if (rc != RC_OK) {
        struct err why = context->err;
        err_clear(&context->err);
        (void)err_set(&context->err, (enum rc)rc,
                      "%" PRIu64 " row%s of the run in doubt (sent, and no answer came) "
                      "must be looked up first, and cannot be: %s",
                      lost, lost == 1 ? "" : "s", why.message);
        err_advise(&context->err, "%s", why.advice);
    }
    job_close(&job);
    return rc;
}

/* Changes that may still be under way at the server are waited for. */
static int wait_for_known(struct undo_state *state, int64_t settle_ms) {
    const struct env *env = state->context->env;
    int64_t end_us = env_monotonic_us(env) + settle_ms * 1000;

    while (env_monotonic_us(env) < end_us) {
        if (env_interrupts(env) > 0)
            return err_set(&state->context->err, RC_INTERRUPTED, "stopped by a signal");
        (void)poll(NULL, 0, WAIT_TURN_MS);
    }
    return RC_OK;
}

static int settle_doubts(struct undo_state *state, const struct undo_choice *choice) {
    struct command_context *context = state->context;
    uint64_t lost, known;
    int rc = undo_count_doubts(state->run, &lost, &known, &context->err);

    if (rc != RC_OK || lost + known == 0)
        return rc;
    if (choice->moved && choice->dry_run) { /* what is found is kept for good */
        rc = err_set(&context->err, RC_USAGE,
                     "%" PRIu64
                     " record%s of the run in doubt, and would be looked for at "
                     "another address",
                     lost + known, lost + known == 1 ? " is" : "s are");
        err_advise(&context->err, "leave out --dry-run: the undo asks before it goes on");
        return rc;
    }
    if (!context->global->quiet)
        (void)terminal_print(context->log,
                             "  %" PRIu64
                             " record%s of the run in doubt: sent, and no answer "
                             "came; looking for %s first\n",
                             lost + known, lost + known == 1 ? " is" : "s are",
                             lost + known == 1 ? "it" : "them");
    if (lost > 0)
        rc = settle_lost(state, lost, choice);
    if (rc == RC_OK && known > 0)
        rc = wait_for_known(state, choice->settle_ms);
    return rc;
}

/* --- before anything is sent --- */

static void append_part(struct buf *text, const char *verb, uint64_t count,
                        const char *what, const char *which) {
    if (count == 0)
        return;
    (void)buf_append_format(text, "%s%s ", text->len > 0 ? ", " : "", verb);
    quantity_append_count(text, count);
    (void)buf_append_format(text, " %s%s%s", what, count == 1 ? "" : "s", which);
}

static uint64_t steps_of(uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT],
                         enum step_kind kind) {
    uint64_t sum = 0;

    for (int state = 0; state < ROW_STATE_COUNT; state++)
        sum += counts[kind][state];
    return sum;
}

/* "delete 900 created records, restore 70 updated records" */
static int describe(struct undo_state *state, bool admin, struct buf *text) {
    struct command_context *context = state->context;
    uint64_t counts[STEP_KIND_COUNT][ROW_STATE_COUNT], deleted;
    int rc = journal_count_steps(state->undo, counts, &context->err);

    if (rc != RC_OK)
        return rc;
    deleted = steps_of(counts, STEP_UNDELETE);
    append_part(text, "delete", steps_of(counts, STEP_DELETE), "created record", "");
    append_part(text, "restore", steps_of(counts, STEP_RESTORE), "updated record", "");
    if (admin)
        append_part(text, "restore", deleted, "deleted record", "");
    append_part(text, "delete", steps_of(counts, STEP_UNMAKE), "record",
                " created for links");
    if (text->failed == RC_OK && !context->global->quiet) {
        (void)terminal_print(context->log, "undo of %s into %s at %s: %s\n",
                             state->run_facts.input_name, state->run_facts.entity_type,
                             state->run_facts.url,
                             text->len > 0 ? buf_text(text) : "nothing to do");
        if (!admin && deleted > 0)
            (void)terminal_print(
                context->log,
                "  %" PRIu64 " record%s that the run deleted cannot be restored by this "
                "user: EspoCRM lets only administrators do that; what %s held is in the "
                "checkpoint\n",
                deleted, deleted == 1 ? "" : "s", deleted == 1 ? "it" : "they");
        if (steps_of(counts, STEP_UNMAKE) > 0)
            (void)terminal_print(
                context->log,
                "  records created for links go last, and only those that "
                "nobody has edited and that no %s refers to; other "
                "records that refer to them are not looked for\n",
                state->run_facts.entity_type);
        if (steps_of(counts, STEP_UNKNOWN) > 0)
            (void)terminal_print(context->log,
                                 "  %" PRIu64 " rows whose outcome is not known are left "
                                 "alone\n",
                                 steps_of(counts, STEP_UNKNOWN));
    }
    return text->failed == RC_OK ? RC_OK : err_nomem(&context->err);
}

static int confirm(struct undo_state *state, const struct buf *what) {
    struct command_context *context = state->context;
    struct buf question = {.max = 1024};
    bool asked = true, yes = context->global->yes || what->len == 0;
    int rc = RC_OK;

    (void)buf_append_format(&question, "Go on: %s, where nobody has edited them since?",
                            what->len == 0 ? "" : what->data);
    if (!yes)
        yes = terminal_confirm(context->log, buf_text(&question), &asked);
    if (!yes) {
        rc = err_set(&context->err, RC_USAGE, "not undone: %s%s",
                     asked ? "nothing was sent" : "there is no terminal to ask: ",
                     asked ? "" : what->data);
        err_advise(&context->err, "%s",
                   asked ? "look at it first with --dry-run"
                         : "look at it with --dry-run, then answer with --yes");
    }
    buf_fini(&question);
    return rc;
}

static void undo_facts(const struct undo_state *state, uint64_t count,
                       struct checkpoint *facts) {
    const struct schema_server *server = schema_server(state->job.schema);

    *facts = state->run_facts;
    facts->kind = "undo";
    facts->input_path = buf_text(&state->run_path);
    facts->input_name = state->context->arguments[0];
    facts->input_bytes = 0;
    facts->input_sha256 = "";
    facts->delimiter = 0;
    facts->encoding = "";
    facts->plan = "";
    facts->skip = 0;
    facts->engine = "rest";
    facts->records = count;
    facts->user_id = server->user_id;
    facts->user_name = server->user_name;
    facts->started_ms = site_server_ms(state->connection.site);
    facts->prefix = buf_text(&state->prefix);
}

/* --- the run --- */

static int carry_undo(struct undo_state *state, const struct checkpoint *facts,
                      const struct error_limit *limit, uint64_t take, bool pretend) {
    const struct undo_options undo = {.undo = state->undo,
                                      .run = state->run,
                                      .site = state->connection.site,
                                      .entity_type = facts->entity_type,
                                      .user_id = state->run_facts.user_id,
                                      .pretend = pretend};
    struct engine_bulk_counts bulk = {0};
    const struct carry carry = {.connection = &state->connection,
                                .job = &state->job,
                                .journal = state->undo,
                                .checkpoint_path =
                                    pretend ? NULL : buf_text(&state->path),
                                .facts = facts,
                                .limit = limit,
                                .bulk = &bulk,
                                .take = take,
                                .undo = &undo};

    state->job.facts.records = facts->records;
    return carry_run(state->context, &carry);
}

static bool deletes(const struct undo_state *state) {
    return mapping_operation(state->job.mapping) == OPERATION_DELETE;
}

/* The checkpoint of the undo; one that is not begun after all is removed. */
static int undo_bind(struct undo_state *state, const struct undo_choice *choice,
                     struct checkpoint *facts) {
    struct err *err = &state->context->err;
    struct buf what = {.max = 1024};
    struct undo_options rights = {.run = state->run,
                                  .site = state->connection.site,
                                  .entity_type = state->run_facts.entity_type};
    uint64_t count = 0;
    bool admin = false;
    int rc = journal_create(&state->undo, buf_text(&state->path), err);

    if (rc != RC_OK)
        return rc;
    rights.undo = state->undo;
    rc = undo_list_steps(state->undo, state->run, state->run_facts.entity_type,
                         deletes(state), &count, err);
    if (rc == RC_OK)
        rc = undo_check_rights(&rights, &admin, err);
    if (rc == RC_OK)
        rc = describe(state, admin, &what);
    if (rc == RC_OK && !choice->dry_run)
        rc = confirm(state, &what);
    if (rc == RC_OK && !choice->dry_run)
        rc = guard_write(state->context, state->run_facts.url);
    undo_facts(state, count, facts);
    facts->settle_ms = choice->settle_ms; /* of its own rows in doubt, too */
    facts->looks = choice->looks;
    if (rc == RC_OK && !choice->dry_run)
        rc = journal_set_text(state->run, "undone", buf_text(&state->path), err);
    if (rc == RC_OK && !choice->dry_run)
        rc = journal_commit(state->run, err);
    if (rc == RC_OK)
        rc = journal_set_int(state->undo, "undo.startedMs", state->run_facts.started_ms,
                             err);
    if (rc == RC_OK)
        rc = checkpoint_bind(state->undo, facts, err);
    buf_fini(&what);
    if (rc != RC_OK) {
        journal_close(state->undo);
        state->undo = NULL;
        run_files_remove(buf_text(&state->path));
    }
    return rc;
}

static int undo_begin(struct command_context *context) {
    const struct undo_choice *choice = context->options;
    struct undo_state state = {.context = context};
    struct checkpoint facts;
    int rc;

    state.run_path.max = state.path.max = state.prefix.max = PATH_BYTES;
    context->run->pretend = choice->dry_run;
    rc = open_run(&state, context->arguments[0]);
    if (rc == RC_OK)
        rc = undo_paths(&state, choice, context->arguments[0]);
    if (rc == RC_OK)
        rc = undo_connect(&state, choice->moved);
    if (rc == RC_OK)
        rc = settle_doubts(&state, choice);
    if (rc == RC_OK)
        rc = undo_bind(&state, choice, &facts);
    if (rc == RC_OK)
        rc = carry_undo(&state, &facts, &choice->limit, 0, choice->dry_run);
    state_close(&state);
    return rc;
}

int undo_resume(struct command_context *context, struct journal *undo,
                const struct checkpoint *facts, const struct error_limit *limit,
                uint64_t take, const char *path) {
    struct undo_state state = {.context = context, .undo = undo};
    int64_t began_ms;
    int rc;

    state.run_path.max = state.path.max = state.prefix.max = PATH_BYTES;
    (void)buf_append_text(&state.path, path);
    rc = open_run(&state, facts->input_path);
    state.run_facts.url = facts->url; /* where the site had moved when the undo began */
    began_ms = journal_int(undo, "undo.startedMs");
    if (rc == RC_OK)
        rc = journal_check(undo, &context->err);
    if (rc == RC_OK && began_ms != state.run_facts.started_ms) {
        rc = err_set(&context->err, RC_INPUT,
                     "%s is not the checkpoint of the run that was being undone",
                     facts->input_path);
        err_advise(&context->err, "put it back where it was");
    }
    if (rc == RC_OK)
        rc = undo_connect(&state, false);
    if (rc == RC_OK)
        rc = guard_write(context, state.run_facts.url);
    if (rc == RC_OK)
        rc = carry_undo(&state, facts, limit, take, false);
    state.undo = NULL; /* the caller's */
    state_close(&state);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "CHECKPOINT",
     .help = "the file that the run left, such as leads.csv.checkpoint"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload undo leads.csv.checkpoint -n", "shows what would be done"},
    {"espoload undo leads.csv.checkpoint", "asks, then does it"},
    {"espoload resume leads.csv.undo.checkpoint",
     "goes on with an undo that was stopped"},
    {0},
};

const struct command command_undo = {
    .name = "undo",
    .summary = "take a run back",
    .description = "Deletes what an import created, and restores what it updated or "
                   "deleted, from what "
                   "its checkpoint has kept; the input is not needed. Each record is "
                   "read first: only "
                   "one that still holds what the run wrote is touched. Those that "
                   "somebody has edited "
                   "since stay as they are and are listed, with the fields."
                   "\n\n"
                   "An undo is a run itself, with a checkpoint and reports of its own: "
                   "after a crash or "
                   "Ctrl-C `espoload resume` goes on with it. Records that the run "
                   "deleted come back "
                   "only where the user is an administrator.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct undo_choice),
    .examples = examples,
    .is_run = true,
    .run = undo_begin,
};
