/* reconcile.c - `espoload reconcile FILE -m MAP`: begins a reconciliation. */
#include "cmd/carry.h"
#include "cmd/commands.h"
#include "cmd/quantity.h"
#include "cmd/reconcile_carry.h"
#include "cmd/reconcile_choice.h"
#include "cmd/run_files.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"
#include "flow/reconcile_mapping.h"
#include "flow/value_map_file.h"
#include "model/filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATH_BYTES = 8192,
    JSON_BYTES = 16 << 20,
    TEXT_MAX = 64 * 1024,
    DELETES_PERCENT = 5
};

/* Everything that a new reconciliation holds; texts are owned. */
struct reconcile_state {
    struct connection connection;
    struct job job;
    struct table *table; /* owned */
    struct journal *journal;
    struct checkpoint facts;
    struct reconcile_spec spec;
    struct buf mapping;    /* to compare by, JSON */
    struct buf input;      /* absolute path */
    struct buf checkpoint; /* path, as the user would type it */
    struct buf prefix;     /* of the outputs, absolute */
    struct buf select, where, shown, ignore, base_path, run_path;
    struct journal *run;         /* owned; of --run, or NULL */
    struct reconcile_base *base; /* owned, or NULL */
    char base_sha256[65];
    uint64_t total; /* records, as the server counts them */
};

static int choose_paths(struct reconcile_state *state,
                        const struct reconcile_choice *choice, const char *file,
                        struct err *err) {
    struct buf absolute = {.max = PATH_BYTES};
    int rc = RC_OK;

    state->input.max = state->checkpoint.max = state->prefix.max = PATH_BYTES;
    if (strcmp(file, "-") == 0) {
        rc = err_set(err, RC_USAGE,
                     "reconcile reads its file more than once and cannot read a pipe");
        err_advise(err, "save the data to a file first");
        return rc;
    }
    rc = run_files_absolute(file, &state->input, err);
    if (choice->checkpoint != NULL)
        (void)buf_append_text(&state->checkpoint, choice->checkpoint);
    else
        (void)buf_append_format(&state->checkpoint, "%s.reconcile.checkpoint", file);
    if (rc == RC_OK && choice->checkpoint != NULL)
        rc = run_files_absolute(choice->checkpoint, &absolute, err);
    if (rc == RC_OK)
        rc = checkpoint_prefix(
            buf_text(choice->checkpoint != NULL ? &absolute : &state->input),
            &state->prefix);
    if (rc == RC_OK && !choice->force)
        rc = reconcile_files_refuse(buf_text(&state->prefix), err);
    buf_fini(&absolute);
    return rc < 0 && err->rc == RC_OK ? err_nomem(err) : rc;
}

/* The mapping with nothing in it of how to write. */
static int load_job(struct reconcile_state *state, const struct reconcile_choice *choice,
                    const char *file, struct err *err) {
    struct job_options job_options = {.input_path = file};
    struct mapping *mapping = NULL;
    int rc = input_choice_apply(&choice->input, &job_options, err);

    state->mapping.max = JSON_BYTES;
    if (rc == RC_OK)
        rc = mapping_load(&mapping, job_options.mapping_text, value_map_file_read, err);
    if (rc == RC_OK)
        rc = reconcile_mapping(mapping_json(mapping), choice->key, &state->mapping, err);
    mapping_free(mapping);
    if (rc != RC_OK)
        return rc;
    job_options.mapping_text = NULL;
    job_options.mapping_json = buf_text(&state->mapping);
    job_options.input_path = buf_text(&state->input);
    job_options.input_name = file;
    state->job.read_only = true;
    return job_load(&state->job, &job_options, err);
}

static int take_ignored(struct reconcile_state *state,
                        const struct reconcile_choice *choice, struct err *err) {
    state->ignore.max = TEXT_MAX;
    for (size_t i = 0; i < choice->ignore.count; i++) {
        const char *name = choice->ignore.items[i];
        if (schema_find(state->job.schema, name) == NULL) {
            const struct schema_attribute *near = schema_nearest(state->job.schema, name);
            return err_set(err, RC_USAGE, "--ignore: %s has no attribute '%.100s'%s%s%s",
                           mapping_entity_type(state->job.mapping), name,
                           near == NULL ? "" : "; did you mean '",
                           near == NULL ? "" : near->name, near == NULL ? "" : "'?");
        }
        (void)buf_append_format(&state->ignore, "%s%s,", i == 0 ? "," : "", name);
    }
    return state->ignore.failed != RC_OK ? err_nomem(err) : RC_OK;
}

static int take_filter(struct reconcile_state *state,
                       const struct reconcile_choice *choice, struct err *err) {
    int rc = RC_OK;

    state->where.max = state->shown.max = TEXT_MAX;
    for (size_t i = 0; rc == RC_OK && i < choice->where.count; i++) {
        (void)buf_append_text(&state->where, i > 0 ? "," : "");
        (void)buf_append_format(&state->shown, "%s%s", i > 0 ? " and " : "",
                                choice->where.items[i]);
        rc = filter_append(state->job.schema, choice->where.items[i], &state->where, err);
    }
    return rc == RC_OK && (state->where.failed != RC_OK || state->shown.failed != RC_OK)
               ? err_set(err, RC_USAGE, "the filter is too long")
               : rc;
}

/* What only a sweep can tell; else what asks less of the server: a page has as many
 * records as it lets a list show, a look-up about fifty keys. */
static int choose_strategy(struct reconcile_state *state,
                           const struct reconcile_choice *choice, struct err *err) {
    bool must =
        choice->where.count > 0 || choice->propose_deletes || choice->only == ONLY_CRM;
    uint64_t rules = 0;
    size_t count;

    while (program_match(state->job.program, (size_t)rules, &count) != NULL)
        rules++;
    if (must && choice->strategy == STRATEGY_LOOKUP)
        return err_set(err, RC_USAGE,
                       "--strategy lookup cannot tell what only EspoCRM has, which "
                       "--where, --propose-deletes and --only crm need");
    if (state->run != NULL || choice->errors != NULL)
        return RC_OK;
    state->spec.sweep = must || choice->strategy == STRATEGY_SWEEP ||
                        (choice->strategy == STRATEGY_AUTO &&
                         state->job.facts.records * rules * 4 >= state->total);
    return RC_OK;
}

static void set_facts(struct reconcile_state *state, const char *file,
                      const struct reconcile_choice *choice) {
    const struct schema_server *server = schema_server(state->job.schema);

    state->facts = (struct checkpoint){
        .kind = "reconcile",
        .input_path = buf_text(&state->input),
        .input_name = file,
        .input_bytes = state->job.facts.bytes,
        .input_sha256 = state->job.facts.sha256,
        .mapping_json = mapping_json(state->job.mapping),
        .mapping_name = choice->input.mapping == NULL ? "" : choice->input.mapping,
        .encoding = choice->input.encoding == NULL ? "" : choice->input.encoding,
        .delimiter = state->job.input_options.dialect.delimiter,
        .records = state->job.facts.records,
        .url = buf_text(&state->connection.url),
        .user_id = server->user_id,
        .user_name = server->user_name,
        .entity_type = mapping_entity_type(state->job.mapping),
        .plan = "",
        .engine = "rest",
        .started_ms = site_server_ms(state->connection.site),
        .prefix = buf_text(&state->prefix),
    };
    state->spec.select = buf_text(&state->select);
    state->spec.where = buf_text(&state->where);
    state->spec.shown = buf_text(&state->shown);
    state->spec.ignore = buf_text(&state->ignore);
    state->spec.run = buf_text(&state->run_path);
    state->spec.base = buf_text(&state->base_path);
    state->spec.base_sha256 = state->base_sha256;
    state->spec.errors = choice->errors != NULL;
    state->spec.trim = choice->trim;
    state->spec.fold_case = choice->fold_case;
    state->spec.toward_file = choice->toward == 1;
    state->spec.html = choice->html;
    state->spec.propose_deletes = choice->propose_deletes;
    state->spec.force = choice->force;
    state->spec.only = choice->only;
    state->spec.max_deletes = choice->limit.given ? choice->limit.records : -1;
    state->spec.deletes_percent =
        choice->limit.given ? choice->limit.percent : DELETES_PERCENT;
}

/* The import of --run: its file and its mapping, as they were. */
static int load_run(struct reconcile_state *state, const struct reconcile_choice *choice,
                    struct err *err) {
    struct checkpoint facts;
    int rc;

    if (choice->input.mapping != NULL || choice->key != NULL || choice->where.count > 0 ||
        choice->base != NULL || choice->propose_deletes || choice->toward != 0 ||
        choice->strategy == STRATEGY_SWEEP)
        return err_set(
            err, RC_USAGE,
            "--run takes file, mapping and records from the checkpoint: it does "
            "not go with -m, --key, --where, --base, --strategy sweep, --toward "
            "or --propose-deletes");
    state->run_path.max = PATH_BYTES;
    rc = run_files_absolute(choice->run, &state->run_path, err);
    if (rc == RC_OK)
        rc = journal_open_reader(&state->run, choice->run, err);
    if (rc == RC_OK)
        rc = checkpoint_read(state->run, &facts, err);
    if (rc != RC_OK)
        return rc;
    if (strcmp(facts.kind, "import") != 0)
        return err_set(err, RC_USAGE, "%s is not the checkpoint of an import",
                       choice->run);
    state->input.max = state->checkpoint.max = state->prefix.max = PATH_BYTES;
    (void)buf_append_text(&state->input, facts.input_path);
    (void)buf_append_format(&state->prefix, "%s.verify", facts.prefix);
    if (choice->checkpoint != NULL)
        (void)buf_append_text(&state->checkpoint, choice->checkpoint);
    else
        (void)buf_append_format(&state->checkpoint, "%s.verify.checkpoint", facts.prefix);
    if (state->input.failed != RC_OK || state->prefix.failed != RC_OK ||
        state->checkpoint.failed != RC_OK)
        return err_nomem(err);
    state->job.read_only = true;
    rc = choice->force ? RC_OK : reconcile_files_refuse(buf_text(&state->prefix), err);
    return rc == RC_OK ? checkpoint_load_job(&facts, &state->job, err) : rc;
}

/* The same server, or there is nothing to find. */
static int verify_run(const struct reconcile_state *state, struct err *err) {
    return state->run == NULL
               ? RC_OK
               : checkpoint_verify_url(journal_text(state->run, "url"),
                                       buf_text(&state->connection.url), NULL, err);
}

/* A file that an import has left is asked for row by row, and nothing is fixed by it. */
static int check_errors(const struct reconcile_choice *choice, const char *file,
                        struct err *err) {
    if (choice->errors == NULL)
        return RC_OK;
    if (file != NULL)
        return err_set(err, RC_USAGE, "--errors names the file: name no other one");
    if (choice->run != NULL || choice->where.count > 0 || choice->base != NULL ||
        choice->propose_deletes || choice->toward != 0 || choice->only != ONLY_ALL ||
        choice->strategy == STRATEGY_SWEEP)
        return err_set(err, RC_USAGE,
                       "--errors looks for the records of rows: it does not go with "
                       "--run, --where, --base, --only, --strategy sweep, --toward or "
                       "--propose-deletes");
    return RC_OK;
}

static int load_files(struct reconcile_state *state,
                      const struct reconcile_choice *choice, const char *file,
                      struct err *err) {
    int rc;

    if (choice->run != NULL && file != NULL)
        return err_set(err, RC_USAGE, "--run knows its file: name no other one");
    if (choice->run != NULL)
        return load_run(state, choice, err);
    if (file == NULL)
        return err_set(err, RC_USAGE, "no file is named");
    rc = choose_paths(state, choice, file, err);
    return rc == RC_OK ? load_job(state, choice, file, err) : rc;
}

static int prepare(struct command_context *context, struct reconcile_state *state,
                   const struct reconcile_choice *choice) {
    const char *file = context->argument_count > 0 ? context->arguments[0] : NULL;
    bool named = option_source(context->parser, "url") == OPTION_FROM_FLAG;
    struct err *err = &context->err;
    struct reconcile_options ask = {0};
    int rc = check_errors(choice, file, err);

    if (rc == RC_OK)
        rc = load_files(state, choice, choice->errors != NULL ? choice->errors : file,
                        err);
    if (rc == RC_OK)
        run_state_name(context->run, NULL, mapping_entity_type(state->job.mapping), NULL);
    if (rc == RC_OK)
        rc = reconcile_clear_checkpoint(context, buf_text(&state->checkpoint));
    if (rc == RC_OK)
        rc = connect_open(&state->connection, context,
                          state->run == NULL || named ? NULL
                                                      : journal_text(state->run, "url"));
    if (rc == RC_OK)
        rc = verify_run(state, err);
    if (rc == RC_OK)
        rc = job_compile(&state->job, state->connection.site, err);
    if (rc == RC_USAGE)
        carry_print_problems(context, &state->job);
    if (rc == RC_OK)
        rc = take_ignored(state, choice, err);
    if (rc == RC_OK)
        rc = take_filter(state, choice, err);
    state->select.max = TEXT_MAX;
    if (rc == RC_OK && reconciler_select(&state->job, &state->select) < 0)
        rc = err_nomem(err);
    if (rc == RC_OK && choice->toward == 1)
        rc = reconciler_select_columns(&state->job, &state->select, err);
    if (rc == RC_OK)
        rc = table_select(&state->table, state->job.schema, buf_text(&state->select),
                          NULL, err);
    state->base_path.max = PATH_BYTES;
    if (rc == RC_OK && choice->base != NULL)
        rc = run_files_absolute(choice->base, &state->base_path, err);
    if (rc == RC_OK && choice->base != NULL)
        rc = reconcile_base_open(&state->base, buf_text(&state->base_path), &state->job,
                                 state->connection.site, state->base_sha256, err);
    if (rc != RC_OK)
        return rc;
    set_facts(state, state->job.input_name, choice);
    ask.site = state->connection.site;
    ask.job = &state->job;
    ask.table = state->table;
    ask.spec = &state->spec;
    rc = reconciler_total(&ask, &state->total, err);
    return rc == RC_OK ? choose_strategy(state, choice, err) : rc;
}

static int begin(struct command_context *context, struct reconcile_state *state,
                 struct reconcile_carry *carry) {
    struct reconcile_options begin;
    struct err *err = &context->err;
    int rc = journal_create(&state->journal, buf_text(&state->checkpoint), err);

    if (rc != RC_OK)
        return rc;
    carry->journal = state->journal;
    reconcile_carry_options(carry, &begin);
    rc = reconcile_spec_bind(state->journal, &state->spec, err);
    if (rc == RC_OK)
        rc = reconciler_begin(&begin, err);
    if (rc == RC_OK)
        rc = checkpoint_bind(state->journal, &state->facts, err); /* commits */
    if (rc != RC_OK) { /* nothing is worth a resume yet */
        journal_close(state->journal);
        state->journal = NULL;
        run_files_remove(buf_text(&state->checkpoint));
    }
    return rc;
}

static int reconcile_run(struct command_context *context) {
    const struct reconcile_choice *choice = context->options;
    struct reconcile_state *state = calloc(1, sizeof *state);
    struct reconcile_carry carry;
    int rc;

    if (state == NULL)
        return err_nomem(&context->err);
    carry = (struct reconcile_carry){.connection = &state->connection,
                                     .facts = &state->facts,
                                     .spec = &state->spec,
                                     .job = &state->job};
    rc = prepare(context, state, choice);
    carry.table = state->table;
    carry.base = state->base;
    carry.run = state->run;
    carry.checkpoint = buf_text(&state->checkpoint);
    if (rc == RC_OK)
        reconcile_print_plan(context, &carry, state->total);
    if (rc == RC_OK)
        rc = begin(context, state, &carry);
    if (rc == RC_OK) {
        rc = reconcile_carry_run(context, &carry);
        journal_close(state->journal);
        if (rc >= RC_OK)
            run_files_remove(buf_text(&state->checkpoint));
    }
    reconcile_base_close(state->base);
    table_free(state->table);
    job_close(&state->job);
    connect_close(&state->connection);
    buf_fini(&state->mapping);
    buf_fini(&state->input);
    buf_fini(&state->checkpoint);
    buf_fini(&state->prefix);
    buf_fini(&state->select);
    buf_fini(&state->where);
    buf_fini(&state->shown);
    buf_fini(&state->ignore);
    buf_fini(&state->base_path);
    buf_fini(&state->run_path);
    journal_close(state->run);
    free(state);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "FILE", .help = "CSV file, gzipped or not", .optional = true},
    {0},
};

static const struct command_example examples[] = {
    {"espoload reconcile leads.csv -m lead.json",
     "says what is only in the file, only in EspoCRM, or different"},
    {"espoload reconcile leads.csv -m 'Lead: id=id, *=*' --key id --ignore source",
     "by ids, without one field"},
    {"espoload reconcile new.csv -m lead.json --where 'source=Fair' --only changed",
     "writes what is different only, against some of the records"},
    {"espoload reconcile --run leads.csv.checkpoint",
     "reads what an import has written once more, and confirms it"},
    {"espoload reconcile --errors leads.errors.csv -m lead.json",
     "says which failed rows have been entered by hand since, and which not"},
    {"espoload import leads.fix.csv -m leads.fix.json",
     "then makes EspoCRM equal the file"},
    {0},
};

const struct command command_reconcile = {
    .name = "reconcile",
    .summary = "say how a file and EspoCRM differ, and write what settles it",
    .description =
        "Compares every row with its record, field by field, by the rules that an import "
        "goes by: numbers by value, times by instant, lists as sets, e-mail addresses "
        "ignoring case. Nothing is written to EspoCRM. The differences go to "
        "FILE.diff.csv, in the form of daff; what makes EspoCRM equal the file goes to "
        "FILE.fix.csv with its mapping FILE.fix.json, for import. Exit code 0: equal; 1: "
        "not.",
    .arguments = arguments,
    .options = reconcile_option_defs,
    .options_size = sizeof(struct reconcile_choice),
    .examples = examples,
    .is_run = true,
    .run = reconcile_run,
};
