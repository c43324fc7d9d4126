/* inspect.c - `espoload inspect FILE`: what a file is and what may go wrong with it,
 * before there is a mapping or a server.
 */
#include "cmd/commands.h"
#include "cmd/inspect_report.h"
#include "cmd/jsonout.h"
#include "cmd/option.h"
#include "cmd/input_options.h"
#include "cmd/stdin_copy.h"
#include "cmd/terminal.h"

#include <stdio.h>
#include <string.h>

struct inspect_choice {
    const char *encoding;  /* NULL = find out */
    const char *delimiter; /* NULL = find out */
    bool header;           /* the first record names the columns */
    int64_t rows;          /* to look at; 0 = all */
};

#define INSPECT_GROUP "Input"
#define AT(member) .offset = offsetof(struct inspect_choice, member)

static const struct option_def options[] = {
    {.name = "encoding",
     .type = OPTION_STRING,
     .argument = "NAME",
     .group = INSPECT_GROUP,
     AT(encoding),
     .help = "encoding of the file, such as windows-1252; else it is found out"},
    LOOK_OPTION_DEFS(struct inspect_choice, INSPECT_GROUP),
    {0},
};

static int inspect_path(struct command_context *context, const char *path,
                        const char *name) {
    const struct inspect_choice *chosen = context->options;
    struct inspect_options wanted = {
        .input = {.path = path, .encoding = chosen->encoding},
        .rows = (uint64_t)chosen->rows,
        .env = context->env,
    };
    struct inspection *in = NULL;
    int rc = delimiter_choose(chosen->delimiter, &wanted.input.dialect.delimiter,
                              &context->err);

    wanted.input.dialect.no_header = !chosen->header;
    if (rc == RC_OK)
        rc = inspect_file(&in, &wanted, &context->err);
    if (rc == RC_OK)
        stdin_copy_rename(in->not_utf8, sizeof in->not_utf8, path, name);
    else
        stdin_copy_rename(context->err.message, sizeof context->err.message, path, name);
    if (rc == RC_OK && context->json != NULL)
        rc = inspect_print_json(context, in, name);
    else if (rc == RC_OK)
        rc = inspect_print_text(context, in, name);
    inspect_free(in);
    return rc;
}

static int inspect_run(struct command_context *context) {
    const char *file = context->arguments[0];
    struct stdin_copy copy;
    int rc;

    if (strcmp(file, "-") != 0)
        return inspect_path(context, file, file);
    rc = stdin_copy_make(&copy, context);
    if (rc == RC_OK)
        rc = inspect_path(context, copy.path, "standard input");
    stdin_copy_fini(&copy);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "FILE", .help = "CSV file, gzipped or not; - for standard input"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload inspect leads.csv",
     "encoding, delimiter, likely types of the columns, and what looks wrong"},
    {"espoload inspect leads.csv --json", "the same for a program, one object a line"},
    {"zcat leads.csv.gz | espoload inspect - --rows 10000",
     "looks at the first 10,000 rows of a pipe"},
    {0},
};

const struct command command_inspect = {
    .name = "inspect",
    .summary = "say what a file holds and what looks wrong in it",
    .description =
        "Needs neither a mapping nor a server. Finds out encoding, delimiter, quoting "
        "and "
        "line ends; for each column its likely type, its format, how many cells are "
        "blank, how many values are different; and everything that tends to go wrong "
        "later, with the word of the mapping or the option that settles it. A file that "
        "is not UTF-8 is read as windows-1252, and the report says so. Exit code 0: the "
        "file can be read, whatever was found; 6: it cannot.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct inspect_choice),
    .examples = examples,
    .run = inspect_run,
};
