/* option_names.h - what people call a field's options: their labels in the server's
 * languages, and either in any case.
 *
 * A cell is the option itself before it is a label, and a label as it stands before it
 * is one in other case or with other blanks. What could be two options is none.
 */
#ifndef MODEL_OPTION_NAMES_H
#define MODEL_OPTION_NAMES_H

#include "base/arena.h"
#include "model/schema.h"
#include "model/word_set.h"

#include <jansson.h>
#include <stddef.h>

struct option_names {
    const char *const *options; /* borrowed from the schema */
    struct word_set labels;     /* as they stand */
    struct word_set folded;     /* labels and options, folded */
    const size_t *of_label;     /* index of the option, for each word */
    const size_t *of_folded;
};

/* What a cell names. */
struct option_found {
    const char *option; /* NULL = none */
    const char *other;  /* not NULL: another one that it could name; then it names none */
};

/* languages: bodies of GET I18n, parsed; entity_type: of the field. Lives in arena.
 * RC_NOMEM. */
int option_names_init(struct option_names *names, const struct schema_attribute *def,
                      const char *entity_type, json_t *const *languages, size_t count,
                      struct arena *arena);

struct option_found option_names_find(const struct option_names *names,
                                      struct slice cell);

#endif
