/* guess.h - which field of EspoCRM a column of a file is meant for, and how its cells are
 * written: a draft of a mapping, from the header, what the cells look like, the server's
 * metadata and what the server calls its fields.
 *
 * No I/O, and nothing is sent by it: each guess has its reason, for a person to judge. No
 * two columns are guessed to be one field; what is not guessed is ignored in the draft,
 * and says why.
 */
#ifndef MODEL_GUESS_H
#define MODEL_GUESS_H

#include "base/err.h"
#include "base/slice.h"
#include "model/profile.h"
#include "model/schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What another program's mapping says of a column. */
struct guess_told {
    const char *by;      /* "leads.sdl maps it to MobilePhone"; NULL = nothing is told */
    const char *field;   /* the attribute; NULL = guess by `as`, if that is there */
    const char *as;      /* a name to guess by, in place of the column's own; or NULL */
    const char *type;    /* of a phone number, "Mobile"; or NULL */
    const char *not_why; /* why it is not to be mapped; or NULL */
};

struct guess_column {
    struct slice name; /* as the header has it; borrowed */
    bool unnamed;      /* its header cell is empty, name is made up ("column3") */
    bool repeated;     /* another column has the same name: a mapping cannot say which */
    const struct column_profile *profile; /* of its cells; NULL = they are not known */
    struct profile_summary summary;       /* of profile */
    struct guess_told told;
};

/* A value for every row. */
struct guess_constant {
    const char *field; /* the attribute */
    const char *value;
    const char *by; /* who says so */
};

struct guess_input {
    const struct schema *schema;
    const struct guess_column *columns;
    size_t column_count;
    const struct guess_constant *constants;
    size_t constant_count;
    const struct slice *languages; /* bodies of GET I18n */
    size_t language_count;
    const char *title;    /* of the draft */
    const char *encoding; /* to be written down; NULL = none */
    char delimiter;       /* likewise; 0 = none */
    bool headless;        /* the file has no header */
};

struct guess {
    const char *field;   /* "emailAddress", "firstName, lastName"; NULL = none */
    unsigned confidence; /* percent; 0 = none */
    const char *reason;  /* why this field, or why none; a clause */
    const char *remark;  /* what to look at all the same; "" = nothing */
    bool sayable;        /* false: no mapping can name the column */
};

struct guesses;

/* Everything borrowed must live as long. RC_NOMEM. */
int guess_new(struct guesses **out, const struct guess_input *input, struct err *err);
void guess_free(struct guesses *guesses);

/* Of a column of the input. */
const struct guess *guess_at(const struct guesses *guesses, size_t column);

/* The entity types that the draft looks records up in, each once; NULL past the last. */
const char *guess_target(const struct guesses *guesses, size_t i);

/* target: the metadata of such an entity type; NULL = the user may not see it. Settles by
 * what its records are looked up and whether they may be made. RC_NOMEM. */
int guess_set_target(struct guesses *guesses, const char *entity_type,
                     const struct schema *target, struct err *err);

/* Makes the draft, once all targets are set: fills *text (a JSON file, owned by guesses,
 * terminated). RC_NOMEM. */
int guess_draft(struct guesses *guesses, const char **text, struct err *err);

/* What to know about the draft as a whole, one sentence each; NULL past the last. */
const char *guess_note(const struct guesses *guesses, size_t i);

/* Adds a note. RC_NOMEM. */
int guess_add_note(struct guesses *guesses, const char *text);

#endif
