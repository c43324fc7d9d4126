/* input_options.c - from the options about a file to those of a job. */
#include "cmd/input_options.h"

#include <string.h>

int input_choice_apply(const struct input_choice *choice, struct job_options *options,
                       struct err *err) {
    const char *delimiter = choice->delimiter;

    if (choice->mapping == NULL) {
        (void)err_set(err, RC_USAGE, "no mapping is named");
        err_advise(err, "name a mapping file with -m, or say it in short: "
                        "-m 'Lead: E-Mail=emailAddress, *=*'");
        return RC_USAGE;
    }
    options->mapping_text = choice->mapping;
    options->encoding = choice->encoding;
    if (delimiter == NULL)
        return RC_OK;
    if (strcmp(delimiter, "tab") == 0 || strcmp(delimiter, "\\t") == 0)
        options->delimiter = '\t';
    else if (strlen(delimiter) == 1 && strchr("\"\r\n", delimiter[0]) == NULL)
        options->delimiter = delimiter[0];
    else
        return err_set(err, RC_USAGE,
                       "--delimiter takes one character, or \"tab\", not \"%s\"",
                       delimiter);
    return RC_OK;
}
