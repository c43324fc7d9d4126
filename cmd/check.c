/* check.c - `espoload check FILE -m MAP`: every row through the whole path up to the
 * socket; all errors of a row, nothing sent.
 */
#include "cmd/carry.h"
#include "cmd/commands.h"
#include "cmd/connect.h"
#include "cmd/input_options.h"
#include "cmd/plan.h"
#include "cmd/rehearse.h"

#include <string.h>

struct check_options {
    struct input_choice input;
    const char *errors; /* path of the errors file, or NULL */
    const char *plan;   /* path of the plan, or NULL */
    bool force;
};

static const struct option_def options[] = {
    INPUT_OPTION_DEFS(struct check_options, input),
    {.name = "errors",
     .letter = 'o',
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = INPUT_GROUP,
     .offset = offsetof(struct check_options, errors),
     .not_in_profile = true,
     .help = "write the rows with errors, and why, to this CSV file"},
    {.name = "plan",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = INPUT_GROUP,
     .offset = offsetof(struct check_options, plan),
     .not_in_profile = true,
     .help = "write what would become of each row to this CSV file, which import --plan "
             "carries out"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = INPUT_GROUP,
     .offset = offsetof(struct check_options, force),
     .not_in_profile = true,
     .help = "replace these files if they are there"},
    {0},
};

static int check_run(struct command_context *context) {
    const struct check_options *chosen = context->options;
    struct job_options job_options = {.input_path = context->arguments[0]};
    struct connection connection = {0};
    struct job job = {0};
    struct side_effects effects;
    struct engine_pick pick;
    struct rehearse_options rehearse = {.job = &job,
                                        .errors = chosen->errors,
                                        .plan = chosen->plan,
                                        .mapping = chosen->input.mapping,
                                        .effects = &effects,
                                        .force = chosen->force};
    int rc = input_choice_apply(&chosen->input, &job_options, &context->err);

    if (rc == RC_OK && strcmp(job_options.input_path, "-") == 0) {
        rc = err_set(&context->err, RC_USAGE,
                     "check reads its file twice and cannot read a pipe");
        err_advise(&context->err,
                   "save the data to a file first; import does take a pipe");
    }
    if (rc == RC_OK)
        rc = job_load(&job, &job_options, &context->err);
    if (rc == RC_OK)
        rc = connect_open(&connection, context, NULL);
    if (rc == RC_OK)
        rc = job_compile(&job, connection.site, &context->err);
    if (rc == RC_USAGE)
        carry_print_problems(context, &job);
    if (rc == RC_OK)
        rc = side_effects_load(&effects, &job, connection.site, &context->err);
    if (rc == RC_OK)
        rc = engine_pick(context, &job, mapping_on_duplicate(job.mapping), &effects,
                         &pick);
    if (rc == RC_OK)
        rc = plan_print(context, &job, buf_text(&connection.url),
                        mapping_on_duplicate(job.mapping), &effects, &pick, true);
    if (rc == RC_OK) {
        rehearse.site = connection.site;
        rehearse.on_duplicate = mapping_on_duplicate(job.mapping);
        rc = rehearse_run(context, &rehearse);
    }
    job_close(&job);
    connect_close(&connection);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "FILE", .help = "CSV file, gzipped or not"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload check leads.csv -m lead.json",
     "says what an import would refuse, and why"},
    {"espoload check leads.csv -m lead.json -o todo.csv",
     "also writes the rows to correct to todo.csv"},
    {"espoload check leads.csv -m lead.json --plan plan.csv",
     "also writes what would become of each row, to be looked at and carried out"},
    {0},
};

const struct command command_check = {
    .name = "check",
    .summary = "find every error of a file before anything is sent",
    .description = "Reads the file, converts every row with the mapping and the server's "
                   "metadata, and reports all errors of each row. Nothing is written to "
                   "EspoCRM. Exit code 0: all rows are fine; 1: some are not.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct check_options),
    .examples = examples,
    .run = check_run,
};
