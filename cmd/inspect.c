/* inspect.c - `espoload inspect FILE`: what a file is and what may go wrong with it,
 * before there is a mapping or a server.
 */
#include "cmd/commands.h"
#include "cmd/inspect_report.h"
#include "cmd/jsonout.h"
#include "cmd/option.h"
#include "cmd/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_CHUNK = 64 << 10, PATH_BYTES = 4096 };

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
    {.name = "delimiter",
     .type = OPTION_STRING,
     .argument = "CHAR",
     .group = INSPECT_GROUP,
     AT(delimiter),
     .help = "what parts the cells: one character, or \"tab\"; else it is found out"},
    {.name = "header",
     .type = OPTION_FLAG,
     .group = INSPECT_GROUP,
     AT(header),
     .negatable = true,
     .not_in_profile = true,
     .fallback = "true",
     .help = "the first record is data, not names of columns"},
    {.name = "rows",
     .type = OPTION_INT,
     .argument = "N",
     .group = INSPECT_GROUP,
     AT(rows),
     .min = 1,
     .not_in_profile = true,
     .help = "look at the cells of the first N rows only; else of all"},
    {0},
};

static int choose_delimiter(const char *text, char *delimiter, struct err *err) {
    if (text == NULL)
        return RC_OK;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        *delimiter = '\t';
    else if (strlen(text) == 1 && strchr("\"\r\n", text[0]) == NULL)
        *delimiter = text[0];
    else
        return err_set(err, RC_USAGE,
                       "--delimiter takes one character, or \"tab\", not \"%s\"", text);
    return RC_OK;
}

/* A file without a name, gone when it is closed; -1 with err set. */
static int open_nameless(char *const *environment, struct err *err) {
    const char *folder = option_environment(environment, "TMPDIR");
    char path[PATH_BYTES];
    int fd;

    if (folder == NULL || folder[0] == '\0')
        folder = "/tmp";
    if (snprintf(path, sizeof path, "%s/espoload-XXXXXX", folder) >= (int)sizeof path) {
        (void)err_set(err, RC_LOCAL, "the name of the folder in TMPDIR is too long");
        return -1;
    }
    fd = mkostemp(path, 0);
    if (fd < 0) {
        (void)err_errno(err, "create a temporary file in", folder);
        return -1;
    }
    (void)unlink(path);
    return fd;
}

static int write_all(int fd, const char *data, size_t len, struct err *err) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "write", "a temporary file");
        data += n;
        len -= (size_t)n;
    }
    return RC_OK;
}

/* Standard input is looked at more than once: it is copied first. */
static int copy_stdin(struct command_context *context, int fd) {
    char *chunk = malloc(COPY_CHUNK);
    ssize_t n = 1;
    int rc = chunk == NULL ? err_nomem(&context->err) : RC_OK;

    while (rc == RC_OK && n != 0) {
        n = read(STDIN_FILENO, chunk, COPY_CHUNK);
        if (env_interrupts(context->env) > 0)
            rc = err_set(&context->err, RC_INTERRUPTED, "stopped by a signal");
        else if (n > 0)
            rc = write_all(fd, chunk, (size_t)n, &context->err);
        else if (n < 0 && errno != EINTR)
            rc = err_set(&context->err, RC_INPUT, "cannot read standard input: %s",
                         strerror(errno));
    }
    free(chunk);
    return rc;
}

/* Messages name the file as the user knows it. */
static void rename_in(char *message, size_t size, const char *path, const char *name) {
    char *at = strstr(message, path);
    char tail[sizeof((struct err *)0)->message];

    if (at == NULL)
        return;
    (void)snprintf(tail, sizeof tail, "%s", at + strlen(path));
    (void)snprintf(at, size - (size_t)(at - message), "%s%s", name, tail);
}

static int inspect_path(struct command_context *context, const char *path,
                        const char *name) {
    const struct inspect_choice *chosen = context->options;
    struct inspect_options wanted = {
        .input = {.path = path, .encoding = chosen->encoding},
        .rows = (uint64_t)chosen->rows,
        .env = context->env,
    };
    struct inspection *in = NULL;
    int rc = choose_delimiter(chosen->delimiter, &wanted.input.dialect.delimiter,
                              &context->err);

    wanted.input.dialect.no_header = !chosen->header;
    if (rc == RC_OK)
        rc = inspect_file(&in, &wanted, &context->err);
    if (rc == RC_OK)
        rename_in(in->not_utf8, sizeof in->not_utf8, path, name);
    else
        rename_in(context->err.message, sizeof context->err.message, path, name);
    if (rc == RC_OK && context->json != NULL)
        rc = inspect_print_json(context, in, name);
    else if (rc == RC_OK)
        rc = inspect_print_text(context, in, name);
    inspect_free(in);
    return rc;
}

static int inspect_run(struct command_context *context) {
    const char *file = context->arguments[0];
    char path[64];
    int fd, rc;

    if (strcmp(file, "-") != 0)
        return inspect_path(context, file, file);
    fd = open_nameless(context->environment, &context->err);
    if (fd < 0)
        return context->err.rc;
    rc = copy_stdin(context, fd);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (rc == RC_OK)
        rc = inspect_path(context, path, "standard input");
    (void)close(fd);
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
