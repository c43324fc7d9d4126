/* drafter.h - a draft of a mapping: from a file, from the server's metadata and labels,
 * and from a mapping of Salesforce's Data Loader, if there is one.
 */
#ifndef FLOW_DRAFTER_H
#define FLOW_DRAFTER_H

#include "base/err.h"
#include "flow/inspector.h"
#include "flow/site.h"
#include "model/guess.h"
#include "model/mapping.h"
#include "model/sdl.h"

#include <stddef.h>

struct draft_options {
    struct inspect_options inspect; /* inspect.input.path NULL = there is no file */
    const char *input_name;         /* as the user knows it */
    const char *encoding;           /* as the user named it, or NULL; likewise below */
    char delimiter;
    const char *sdl_path; /* or NULL */
    const char *entity_type;
};

struct draft {
    struct inspection *inspection; /* owned; NULL without a file */
    struct sdl *sdl;               /* owned; NULL without one */
    struct guess_column *columns;  /* owned; of the file, else of the SDL */
    size_t column_count;
    struct guesses *guesses; /* owned */
    const char *text;        /* the mapping; borrowed from guesses */
    size_t problem_count;    /* of the mapping, against the server; they are notes, too */
    struct arena memory;     /* of names and words */
};

/* RC_USAGE: no such entity type (with the nearest), or no such SDL; RC_AUTH: no right to
 * create its records; RC_INPUT, RC_UNREACHABLE, ... draft_free() in any case. */
int draft_make(struct draft *draft, const struct draft_options *options,
               struct site *site, struct err *err);
void draft_free(struct draft *draft);

#endif
