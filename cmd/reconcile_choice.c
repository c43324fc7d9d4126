/* reconcile_choice.c - the table of options of `espoload reconcile`. */
#include "cmd/reconcile_choice.h"

#include <stdlib.h>
#include <string.h>

static const char *const strategy_words[] = {"auto", "sweep", "lookup", NULL};
static const char *const toward_words[] = {"crm", "file", NULL};
static const char *const only_words[] = {"all", "file", "crm", "changed", NULL};

static int set_max_deletes(void *options, const char *text, enum option_source source,
                           struct err *err) {
    struct delete_limit *limit = options;
    char *end = NULL;
    long long n = strtoll(text, &end, 10);

    (void)source;
    if (end == text || n < 0 || (end[0] != '\0' && strcmp(end, "%") != 0))
        return err_set(err, RC_USAGE, "is neither a number of records nor a percentage");
    if (end[0] == '%' && n > 100)
        return err_set(err, RC_USAGE, "is more than 100 percent");
    *limit = (struct delete_limit){.records = end[0] == '%' ? -1 : n,
                                   .percent = end[0] == '%' ? n : 0,
                                   .given = true};
    return RC_OK;
}

#define COMPARE_GROUP "What is compared"
#define FILE_GROUP "What is written"
#define AT(member) .offset = offsetof(struct reconcile_choice, member)

const struct option_def reconcile_option_defs[] = {
    INPUT_OPTION_DEFS(struct reconcile_choice, input),
    {.name = "key",
     .type = OPTION_STRING,
     .argument = "FIELD[,FIELD]",
     .group = COMPARE_GROUP,
     AT(key),
     .not_in_profile = true,
     .help = "what tells that a row and a record are the same, in place of the "
             "mapping's match"},
    {.name = "where",
     .type = OPTION_LIST,
     .argument = "CONDITION",
     .group = COMPARE_GROUP,
     AT(where),
     .not_in_profile = true,
     .help = "compare with the records only for which this is true, as for export"},
    {.name = "ignore",
     .type = OPTION_LIST,
     .argument = "FIELD",
     .group = COMPARE_GROUP,
     AT(ignore),
     .not_in_profile = true,
     .help = "do not compare this field"},
    {.name = "base",
     .type = OPTION_PATH,
     .argument = "EXPORT",
     .group = COMPARE_GROUP,
     AT(base),
     .not_in_profile = true,
     .help = "the last export of these records, with its manifest: tells what has been "
             "changed in the file, in EspoCRM, or in both since; the fix has what was "
             "changed in the file only"},
    {.name = "run",
     .type = OPTION_PATH,
     .argument = "CHECKPOINT",
     .group = COMPARE_GROUP,
     AT(run),
     .not_in_profile = true,
     .help = "in place of FILE and mapping: read what this import has written once more, "
             "record by record, and compare it field by field with the file"},
    {.name = "errors",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = COMPARE_GROUP,
     AT(errors),
     .not_in_profile = true,
     .help = "in place of FILE: an errors, results or unprocessed file of an import; "
             "tells which of its rows somebody has entered in EspoCRM since, and writes "
             "FILE.todo.csv with those that are still to be done"},
    {.name = "trim",
     .type = OPTION_FLAG,
     .group = COMPARE_GROUP,
     AT(trim),
     .help = "blanks around texts make no difference"},
    {.name = "fold-case",
     .type = OPTION_FLAG,
     .group = COMPARE_GROUP,
     AT(fold_case),
     .help = "upper and lower case make no difference"},
    {.name = "strategy",
     .type = OPTION_CHOICE,
     .argument = "WORD",
     .group = COMPARE_GROUP,
     AT(strategy),
     .choices = strategy_words,
     .fallback = "auto",
     .help = "sweep reads all records once; lookup asks for those of the file's rows, "
             "and does not tell what only EspoCRM has; auto takes what needs fewer "
             "requests"},
    {.name = "only",
     .type = OPTION_CHOICE,
     .argument = "WHAT",
     .group = FILE_GROUP,
     AT(only),
     .choices = only_words,
     .fallback = "all",
     .not_in_profile = true,
     .help = "write only what is in the file only (file), in EspoCRM only (crm), or "
             "different (changed)"},
    {.name = "toward",
     .type = OPTION_CHOICE,
     .argument = "SIDE",
     .group = FILE_GROUP,
     AT(toward),
     .choices = toward_words,
     .fallback = "crm",
     .not_in_profile = true,
     .help = "crm: FILE.fix.csv, an import that makes EspoCRM equal the file; file: "
             "FILE.corrected.csv, the file with what EspoCRM holds"},
    {.name = "html",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(html),
     .help = "write FILE.diff.html as well: one page with the differences side by side, "
             "to be filtered by class and field"},
    {.name = "propose-deletes",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(propose_deletes),
     .not_in_profile = true,
     .help = "write a file that deletes the records that are in EspoCRM only"},
    {.name = "max-deletes",
     .type = OPTION_STRING,
     .argument = "N|N%",
     .group = FILE_GROUP,
     .set = set_max_deletes,
     .not_in_profile = true,
     .help = "propose no deletions when there were more than this; else 5%"},
    {.name = "checkpoint",
     .type = OPTION_PATH,
     .argument = "FILE",
     .group = FILE_GROUP,
     AT(checkpoint),
     .not_in_profile = true,
     .help = "where to keep what was read until all of it is there (else "
             "FILE.reconcile.checkpoint); the files are written beside it"},
    {.name = "force",
     .type = OPTION_FLAG,
     .group = FILE_GROUP,
     AT(force),
     .not_in_profile = true,
     .help = "replace files that are there"},
    {0},
};
