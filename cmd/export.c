/* export.c - `espoload export ENTITY -o FILE`: begins an export. */
#include "base/tempfile.h"
#include "cmd/commands.h"
#include "cmd/export_carry.h"
#include "cmd/export_request.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/run_files.h"
#include "cmd/run_state.h"
#include "cmd/terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 8192, PLAN_MAX = 16 * 1024 };

static const char *const header_words[] = {"names", "labels", "both", NULL};

#define SELECT_GROUP "What to export"
#define FILE_GROUP "How to write it"
#define NIGHTLY_GROUP "Only what changed"
#define AT(member) .offset = offsetof(struct export_choice, member)

static const struct option_def options[] = {
    {.name = "select",
     .type = OPTION_STRING,
     .argument = "LIST",
     .group = SELECT_GROUP,
     AT(select),
     .not_in_profile = true,
     .help = "attributes, parted by commas; '*' is all that is stored in the record and "
             "that you may read (the default)"},
    {.name = "expand",
     .type = OPTION_STRING,
     .argument = "LIST",
     .group = SELECT_GROUP,
     AT(expand),
     .not_in_profile = true,
     .help = "emails, phones (all addresses of a record: one more request for each "
             "record that has one), or links of several records such as teams"},
    {.name = "mapping",
     .letter = 'm',
     .type = OPTION_STRING,
     .argument = "MAPPING",
     .group = SELECT_GROUP,
     AT(mapping),
     .not_in_profile = true,
     .names_file = true,
     .help = "an import mapping, read backwards: its column names, formats and value "
             "maps; instead of --select"},
    {.name = "link",
     .type = OPTION_STRING,
     .argument = "LINK",
     .group = SELECT_GROUP,
     AT(link),
     .not_in_profile = true,
     .help = "instead of the records, who belongs to them by this link, such as teams or "
             "contacts: a file of two columns of ids. A request for each record"},
    {.name = "where",
     .type = OPTION_LIST,
     .argument = "CONDITION",
     .group = SELECT_GROUP,
     AT(where),
     .not_in_profile = true,
     .help =
         "only records for which this is true: 'status=New', 'createdAt>=2026-01-01', "
         "'industry in Media,Energy', 'accountId null'; operators = != < <= > >= ~ "
         "(contains) !~ in, not in, null, not null; or EspoCRM's where as JSON. All "
         "of several must be true"},
    {.name = "filter",
     .type = OPTION_STRING,
     .argument = "NAME",
     .group = SELECT_GROUP,
     AT(filter),
     .not_in_profile = true,
     .help = "a primary filter of EspoCRM, such as actual"},
    {.name = "bool-filter",
     .type = OPTION_LIST,
     .argument = "NAME",
     .group = SELECT_GROUP,
     AT(bool_filters),
     .not_in_profile = true,
     .help = "a bool filter of EspoCRM, such as onlyMy"},
    {.name = "text",
     .type = OPTION_STRING,
     .argument = "TEXT",
     .group = SELECT_GROUP,
     AT(text),
     .not_in_profile = true,
     .help = "only records that EspoCRM's search finds by this text"},
    {.name = "order",
     .type = OPTION_STRING,
     .argument = "FIELD[:desc]",
     .group = SELECT_GROUP,
     AT(order),
     .not_in_profile = true,
     .help = "order of the rows; else by id. Texts are ordered by their characters, "
             "ignoring case"},
    {.name = "limit",
     .type = OPTION_INT,
     .argument = "N",
     .group = SELECT_GROUP,
     AT(limit),
     .min = 1,
     .not_in_profile = true,
     .help = "the first N records of that order"},
    {.name = "sample",
     .type = OPTION_INT,
     .argument = "N",
     .group = SELECT_GROUP,
     AT(sample),
     .min = 1,
     .not_in_profile = true,
     .help = "N records drawn by chance"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = FILE_GROUP,
     AT(output),
     .not_in_profile = true,
     .help = "where to write; - is standard output. %Y, %m, %d, %H, %M, %S are today's "
             "date and the time; a name that ends in .gz is packed"},
    {.name = "headers",
     .type = OPTION_CHOICE,
     .argument = "WHAT",
     .group = FILE_GROUP,
     AT(headers),
     .choices = header_words,
     .fallback = "names",
     .help = "the first row: names of attributes, labels in your language, or both"},
    {.name = "delimiter",
     .type = OPTION_STRING,
     .argument = "CHAR",
     .group = FILE_GROUP,
     AT(delimiter),
     .help = "what parts the cells: one character, or \"tab\"; else a comma"},
    {.name = "null",
     .type = OPTION_STRING,
     .argument = "STRING",
     .group = FILE_GROUP,
     AT(null_text),
     .help = "what stands for null; else nothing, while an empty text is \"\""},
    {.name = "crlf",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(crlf),
     .help = "lines end in CR LF"},
    {.name = "bom",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(bom),
     .help = "begin with a byte order mark"},
    {.name = "guard",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(guard),
     .help = "put ' in front of cells that a spreadsheet would take for formulas; an "
             "import whose mapping says \"formulaGuard\": true takes it away"},
    {.name = "excel",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(excel),
     .help = "for Excel: --bom --crlf --guard"},
    {.name = "gzip",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(gzip),
     .help = "pack the file whatever it is called"},
    {.name = "jsonl",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(jsonl),
     .help = "one JSON object a line, with EspoCRM's own values, instead of CSV"},
    {.name = "split-rows",
     .type = OPTION_INT,
     .argument = "N",
     .group = FILE_GROUP,
     AT(split_rows),
     .min = 1,
     .help = "files of N records each: FILE-001.csv, FILE-002.csv, ...; with --force, "
             "later ones that an earlier export left are removed"},
    {.name = "incremental",
     .type = OPTION_PATH,
     .argument = "STATE",
     .group = NIGHTLY_GROUP,
     AT(state),
     .not_in_profile = true,
     .help = "only what changed since the last good run with this state file, by "
             "modifiedAt; the first run takes everything. The state moves on when the "
             "files are in place"},
    {.name = "deletions",
     .type = OPTION_FLAG,
     .group = NIGHTLY_GROUP,
     AT(deletions),
     .not_in_profile = true,
     .help = "with --incremental: read all ids as well, and write those that are gone to "
             "FILE.deleted.csv"},
    {.name = "checkpoint",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = FILE_GROUP,
     AT(checkpoint),
     .not_in_profile = true,
     .help =
         "where to keep what was read until all of it is there (else FILE.checkpoint)"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(force),
     .not_in_profile = true,
     .help = "replace files that are there"},
    {0},
};

/* Everything that a new export holds. */
struct export_state {
    struct connection connection;
    struct export_request request;
    struct journal *journal;
    struct buf checkpoint; /* path, as the user would type it */
    bool temporary;        /* it is of no use once we are gone: standard output */
    bool left;             /* an export that was broken off has left it */
};

/* The checkpoint beside the output; for standard output in the folder for temporary
 * files. */
static int choose_checkpoint(struct export_state *state,
                             const struct export_choice *choice, struct err *err) {
    int rc;

    state->checkpoint.max = PATH_BYTES;
    if (choice->checkpoint != NULL) {
        rc = buf_append_text(&state->checkpoint, choice->checkpoint);
    } else if (state->request.stream) {
        rc = tempfile_place(&state->checkpoint, "export.checkpoint", err);
        state->temporary = rc == RC_OK;
        return rc;
    } else {
        rc = buf_append_format(&state->checkpoint, "%s.checkpoint",
                               buf_text(&state->request.output_name));
    }
    return rc < 0 ? err_nomem(err) : RC_OK;
}

/* One file must not take another's place. */
static int check_names(const struct export_state *state,
                       const struct export_choice *choice, struct err *err) {
    const char *const others[] = {buf_text(&state->checkpoint), choice->state};
    static const char *const what[] = {"the checkpoint", "the state"};
    struct buf paths[2] = {{.max = PATH_BYTES}, {.max = PATH_BYTES}};
    const char *output = state->request.spec.output;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < 2 && others[i] != NULL; i++) {
        rc = run_files_absolute(others[i], &paths[i], err);
        if (rc == RC_OK && strcmp(buf_text(&paths[i]), output) == 0)
            rc = err_set(err, RC_USAGE, "the output and %s are one file: %s", what[i],
                         others[i]);
    }
    if (rc == RC_OK && choice->state != NULL &&
        strcmp(buf_text(&paths[0]), buf_text(&paths[1])) == 0)
        rc = err_set(err, RC_USAGE, "the checkpoint and the state are one file: %s",
                     choice->state);
    buf_fini(&paths[0]);
    buf_fini(&paths[1]);
    return rc;
}

/* Not before all was found fine: a mistyped condition, or a server that is down, must not
 * cost what was read already. */
static void clear_checkpoint(struct command_context *context,
                             const struct export_state *state) {
    const char *path = buf_text(&state->checkpoint);
    struct buf ids = {.max = PATH_BYTES};

    if (state->left && !context->global->quiet)
        (void)terminal_print(context->log,
                             "the export that left %s was broken off: starting anew\n",
                             path);
    if (state->left)
        run_files_remove(path);
    if (buf_append_format(&ids, "%s.ids", path) == RC_OK) /* of --deletions */
        run_files_remove(buf_text(&ids));
    buf_fini(&ids);
}

/* The first of so many records ends where the last of them stands. */
static void print_plan(struct command_context *context, const struct export_state *state,
                       uint64_t total) {
    const struct export_request *request = &state->request;
    const struct export_spec *spec = &request->spec;
    struct buf buf = {.max = PLAN_MAX};

    if (context->global->quiet || context->json != NULL)
        return;
    (void)buf_append_format(&buf, "%s of %s as %s: %zu column%s", spec->entity_type,
                            spec->url, spec->user_name, table_columns(request->table),
                            table_columns(request->table) == 1 ? "" : "s");
    if (total > 0) {
        (void)buf_append_text(&buf, ", ");
        quantity_append_count(&buf, total);
        (void)buf_append_text(&buf, total == 1 ? " record" : " records");
    }
    (void)buf_append_char(&buf, '\n');
    if (request->pruned > 0)
        (void)buf_append_format(&buf,
                                "  %zu attribute%s that lists do not show left out\n",
                                request->pruned, request->pruned == 1 ? "" : "s");
    if (spec->link[0] != '\0')
        (void)buf_append_text(&buf, "  who belongs to them: one more request for each "
                                    "record\n");
    if (table_reads_addresses(request->table))
        (void)buf_append_text(&buf, "  all addresses: one more request for each record "
                                    "that has one\n");
    if (table_shows_links(request->table))
        (void)buf_append_text(&buf,
                              "  links of several records: EspoCRM makes a query of "
                              "its own for each record and link\n");
    if (request->reads_all)
        (void)buf_append_format(&buf,
                                "  all of them are read to find the first %" PRIu64 "\n",
                                spec->limit > 0 ? spec->limit : spec->sample);
    (void)terminal_write_text(context->log, buf_slice(&buf), NULL);
    buf_fini(&buf);
}

static int export_begin(struct command_context *context, struct export_state *state,
                        struct export_carry *carry) {
    struct export_options exporter;
    int rc;

    clear_checkpoint(context, state);
    rc = journal_create(&state->journal, buf_text(&state->checkpoint), &context->err);
    if (rc != RC_OK)
        return rc;
    carry->journal = state->journal;
    export_carry_options(carry, &exporter);
    rc = export_spec_bind(state->journal, carry->spec, &context->err);
    if (rc == RC_OK)
        rc = exporter_begin(&exporter, &context->err);
    if (rc == RC_OK)
        rc = journal_commit(state->journal, &context->err);
    if (rc != RC_OK) { /* nothing is worth a resume yet */
        journal_close(state->journal);
        state->journal = NULL;
        run_files_remove(buf_text(&state->checkpoint));
    }
    return rc;
}

static int export_run(struct command_context *context) {
    const struct export_choice *choice = context->options;
    struct export_state state = {0};
    struct export_carry carry = {.connection = &state.connection};
    int rc = export_request_files(&state.request, choice, context);

    run_state_name(context->run, NULL, context->arguments[0], NULL);
    if (rc == RC_OK)
        rc = choose_checkpoint(&state, choice, &context->err);
    if (rc == RC_OK)
        rc = check_names(&state, choice, &context->err);
    if (rc == RC_OK)
        rc = run_files_left(buf_text(&state.checkpoint), "export", &state.left,
                            &context->err);
    if (rc == RC_OK)
        rc = connect_open(&state.connection, context, NULL);
    if (rc == RC_OK)
        rc = export_request_make(&state.request, choice, &state.connection, context);
    if (rc == RC_OK) {
        carry.spec = &state.request.spec;
        carry.table = state.request.table;
        carry.schema = state.request.schema;
        carry.sort = state.request.sort;
        carry.state = state.request.state;
        carry.checkpoint = buf_text(&state.checkpoint);
        carry.temporary = state.temporary;
        rc = export_begin(context, &state, &carry);
    }
    if (rc == RC_OK) {
        print_plan(context, &state, (uint64_t)journal_int(state.journal, "export.total"));
        rc = export_carry_run(context, &carry);
        journal_close(state.journal);
        if (rc >= RC_OK)
            run_files_remove(buf_text(&state.checkpoint));
    }
    if (state.temporary) {
        run_files_remove(buf_text(&state.checkpoint));
        tempfile_remove(buf_text(&state.checkpoint));
    }
    export_request_fini(&state.request);
    connect_close(&state.connection);
    buf_fini(&state.checkpoint);
    return rc;
}

static const struct command_argument arguments[] = {
    {.name = "ENTITY", .help = "entity type, such as Lead"},
    {0},
};

static const struct command_example examples[] = {
    {"espoload export Lead -o leads.csv.gz", "all leads, packed"},
    {"espoload export Lead --select id,name,emailAddress --where 'status=New' -o -",
     "three attributes of the new ones, to standard output"},
    {"espoload export Contact --expand emails,phones -o contacts.csv",
     "with all addresses of each contact"},
    {"espoload export Account --link contacts -o account-contacts.csv",
     "which contacts belong to which accounts"},
    {"espoload export Lead -m lead.json -o 'leads-%Y-%m-%d.csv' --excel",
     "as the mapping would import them again, for Excel"},
    {0},
};

const struct command command_export = {
    .name = "export",
    .summary = "write records of EspoCRM into a CSV file, each exactly once",
    .description =
        "Records are read in the order of their ids, so that what others insert, change "
        "or delete meanwhile makes none be missed or doubled. Texts come whole, numbers "
        "with the server's digits. The file appears when all of it is there; until then "
        "what was read is kept in FILE.checkpoint, and `espoload resume` goes on with "
        "it. Beside the file a manifest tells rows, sizes, SHA-256, columns and filter.",
    .arguments = arguments,
    .options = options,
    .options_size = sizeof(struct export_choice),
    .examples = examples,
    .is_run = true,
    .run = export_run,
};
