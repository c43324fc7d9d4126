/* input_options.c - from the options about a file to those of a job. */
#include "cmd/input_options.h"

#include <string.h>

int delimiter_choose(const char *text, char *delimiter, struct err *err) {
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

int input_choice_apply(const struct input_choice *choice, struct job_options *options,
                       struct err *err) {
    if (choice->mapping == NULL) {
        (void)err_set(err, RC_USAGE, "no mapping is named");
        err_advise(err, "name a mapping file with -m, or say it in short: "
                        "-m 'Lead: E-Mail=emailAddress, *=*'");
        return RC_USAGE;
    }
    options->mapping_text = choice->mapping;
    options->encoding = choice->encoding;
    return delimiter_choose(choice->delimiter, &options->delimiter, err);
}
