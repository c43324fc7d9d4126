/* map.c - `espoload map FILE ENTITY`: a draft of a mapping, each guess with its
 * reason.
 */
#include "cmd/commands.h"
#include "cmd/connect.h"
#include "cmd/map_report.h"
#include "cmd/option.h"
#include "cmd/input_options.h"
#include "cmd/stdin_copy.h"
#include "cmd/terminal.h"

#include "base/outfile.h"

#include <string.h>

struct map_choice {
    const char *output;    /* NULL = standard output */
    const char *from;      /* a mapping of Data Loader, or NULL */
    const char *encoding;  /* NULL = find out */
    const char *delimiter; /* NULL = find out */
    bool header;           /* the first record names the columns */
    int64_t rows;          /* to look at; 0 = all */
    bool force;
};

#define MAP_GROUP "Input and mapping"
#define AT(member) .offset = offsetof(struct map_choice, member)

static const struct option_def options[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = MAP_GROUP,
     AT(output),
     .not_in_profile = true,
     .help = "write the mapping to this file; else to standard output"},
    {.name = "from",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = MAP_GROUP,
     AT(from),
     .not_in_profile = true,
     .help = "take the fields from this mapping of Salesforce's Data Loader (.sdl)"},
    {.name = "encoding",
     .type = OPTION_STRING,
     .argument = "NAME",
     .group = MAP_GROUP,
     AT(encoding),
     .help = "encoding of the file, such as windows-1252; else it is found out"},
    LOOK_OPTION_DEFS(struct map_choice, MAP_GROUP),
    {.name = "force",
     .type = OPTION_FLAG,
     .group = MAP_GROUP,
     AT(force),
     .not_in_profile = true,
     .help = "replace the output if it is there"},
    {0},
};

/* What is drafted from what. */
struct map_task {
    const char *input;    /* as named, or NULL */
    const char *path;     /* where it can be opened, or NULL */
    struct outfile *file; /* owned; NULL = standard output */
};

static int write_draft(struct command_context *context, struct map_task *task,
                       const char *text) {
    int rc;

    if (task->file == NULL)
        return context->json != NULL
                   ? RC_OK
                   : terminal_write(context->out, text, strlen(text), &context->err);
    rc = outfile_write(task->file, slice_of(text), &context->err);
    return rc == RC_OK ? outfile_commit(task->file, &context->err) : rc;
}

static int map_draft(struct command_context *context, struct map_task *task) {
    const struct map_choice *chosen = context->options;
    struct connection connection = {0};
    struct draft draft = {0};
    struct draft_options wanted = {
        .inspect = {.input = {.path = task->path, .encoding = chosen->encoding},
                    .rows = (uint64_t)chosen->rows,
                    .env = context->env},
        .input_name = task->input != NULL ? task->input : chosen->from,
        .encoding = chosen->encoding,
        .sdl_path = chosen->from,
        .entity_type = context->arguments[context->argument_count - 1],
    };
    struct map_report report = {
        .draft = &draft,
        .input = task->input,
        .entity_type = wanted.entity_type,
        .output = task->file == NULL ? NULL : chosen->output,
    };
    int rc = delimiter_choose(chosen->delimiter, &wanted.delimiter, &context->err);

    wanted.inspect.input.dialect.delimiter = wanted.delimiter;
    wanted.inspect.input.dialect.no_header = !chosen->header;
    if (rc == RC_OK)
        rc = connect_open(&connection, context, NULL);
    if (rc == RC_OK)
        rc = draft_make(&draft, &wanted, connection.site, &context->err);
    if (rc != RC_OK && task->path != NULL)
        stdin_copy_rename(context->err.message, sizeof context->err.message, task->path,
                          task->input);
    if (rc == RC_OK)
        rc = write_draft(context, task, draft.text);
    report.url = buf_text(&connection.url);
    if (rc == RC_OK)
        rc = context->json != NULL    ? map_print_json(context, &report)
             : context->global->quiet ? RC_OK
                                      : map_print_text(context, &report);
    draft_free(&draft);
    connect_close(&connection);
    return rc;
}

static int map_run(struct command_context *context) {
    const struct map_choice *chosen = context->options;
    struct map_task task = {.input = context->arguments[0]};
    struct outfile_options output = {.force = chosen->force, .env = context->env};
    struct stdin_copy copy = {.fd = -1};
    int rc = RC_OK;

    if (context->argument_count < 2) {
        task.input = NULL;
        if (chosen->from == NULL) {
            (void)err_set(&context->err, RC_USAGE,
                          "map needs FILE and ENTITY, the entity type in EspoCRM");
            err_advise(&context->err, "espoload map leads.csv Lead -o lead.json");
            return RC_USAGE;
        }
    }
    task.path = task.input;
    if (chosen->output != NULL && strcmp(chosen->output, "-") != 0)
        rc = outfile_open(&task.file, chosen->output, &output, &context->err);
    if (rc == RC_OK && task.input != NULL && strcmp(task.input, "-") == 0) {
        rc = stdin_copy_make(&copy, context);
        task.input = "standard input";
        task.path = copy.path;
    }
    if (rc == RC_OK)
        rc = map_draft(context, &task);
    stdin_copy_fini(&copy);
    outfile_close(task.file);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "FILE",
     .help = "CSV file, gzipped or not; - for standard input; may be left out with "
             "--from"},
    {.name = "ENTITY",
     .help = "entity type in EspoCRM, such as Lead or CMyEntity",
     .optional = true},
    {0},
};

static const struct command_example examples[] = {
    {"espoload map leads.csv Lead -o lead.json",
     "drafts a mapping, and says of each column why it goes where"},
    {"espoload map leads.csv Lead > lead.json", "the same; the words go to stderr"},
    {"espoload map --from leads.sdl Lead -o lead.json",
     "turns a mapping of Salesforce's Data Loader into one of espoload"},
    {"espoload map leads.csv Lead --from leads.sdl -o lead.json",
     "the same, with what the cells of the file tell"},
    {0},
};

const struct command command_map = {
    .name = "map",
    .summary = "draft a mapping from a file and the server's metadata",
    .description =
        "Looks at the header and at all cells, asks the server for the fields of the "
        "entity type and what they are called in the user's and the server's language, "
        "and knows usual names in English, German, French and Spanish. Writes a mapping "
        "and says of each column which field it is guessed to be and why; no two columns "
        "go to one field. Columns that are not guessed are in the draft, ignored, with "
        "the reason. Formats of dates and numbers, options, look-ups, several addresses "
        "and the country of phone numbers are filled in as far as the file tells "
        "them.\n\n"
        "It is a draft: look through it, then run check. Nothing is written to EspoCRM. "
        "Exit code 0: the draft is written; 2: there is no such entity type; 4: the user "
        "may not create its records; 6: the file cannot be read.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct map_choice),
    .examples = examples,
    .run = map_run,
};
