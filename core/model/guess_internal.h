/* guess_internal.h - what guess*.c share: where a column could go, and where it goes. */
#ifndef MODEL_GUESS_INTERNAL_H
#define MODEL_GUESS_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/guess.h"
#include "model/guess_words.h"
#include "model/option_names.h"
#include "model/tree.h"

#include <stdint.h>

enum {
    GUESS_PLACES = 8, /* where one column could go */
    GUESS_LANGUAGES = 2,
    GUESS_NOTES = 64
};

/* How sure, in percent. */
enum guess_score {
    SCORE_TOLD = 100,
    SCORE_NAME = 99,   /* it is the attribute's name */
    SCORE_LABEL = 95,  /* EspoCRM calls the field so */
    SCORE_WORD = 85,   /* a usual word for it */
    SCORE_BESIDE = 75, /* what the columns beside say */
    SCORE_NEAR = 65,   /* one letter differs */
    SCORE_CELLS = 50   /* what its cells hold */
};

enum guess_kind {
    KIND_PLAIN,
    KIND_COMPANY,   /* the name of an account, linked or kept as text */
    KIND_FULL_NAME, /* first and last name in one cell */
    KIND_EMAIL,
    KIND_PHONE,
    KIND_LABEL,   /* says the type of the phone number with the same number */
    KIND_ADDRESS, /* one part of one address */
    KIND_HOUSE    /* the number that goes behind the street */
};

struct guess_place {
    enum guess_kind kind;
    unsigned score;
    const struct schema_attribute *def; /* NULL where the kind says enough */
    const char *why;                    /* a clause; borrowed for ever or the arena's */
    unsigned number;                    /* of "E-mail 2", "Street 2"; 0 = none */
    enum phone_type type;               /* PHONE; LABEL: of phones when not NONE */
    enum guess_group group;             /* ADDRESS */
    enum guess_part part;               /* ADDRESS */
    bool by_name;                       /* of a link: cells name records, no ids */
};

/* What is thought of one column. */
struct guess_mind {
    const struct guess_column *in;
    struct slice key; /* of the name, for comparing; empty = cannot be compared */
    bool filled;      /* has cells that say something, or nothing is known of them */
    struct guess_place places[GUESS_PLACES]; /* the best first */
    size_t place_count;
    const struct guess_place *taken; /* one of places; NULL = none yet */
    bool done;                       /* out of the race, with or without a place */
    struct guess result;
    json_t *entry;      /* of the mapping; owned; NULL where there is none of its own */
    const char *target; /* entity type that is looked up, or NULL */
    const char *currency_field, *currency; /* of the amount, where cells tell; or NULL */
};

/* One word of the server for one attribute. */
struct guess_label {
    const char *key;                    /* folded; the arena's */
    const struct schema_attribute *def; /* whose label it is */
    bool by_name;                       /* of a link's name, not of its id */
};

struct guesses {
    struct guess_input in;
    struct arena arena;
    json_t *languages[GUESS_LANGUAGES]; /* owned */
    size_t language_count;
    struct guess_label *labels; /* the arena's */
    size_t label_count;
    struct guess_mind *minds; /* the arena's */
    const char *notes[GUESS_NOTES];
    size_t note_count;
    char phone_country[3];
    char decimal[2], group[2]; /* of most numbers; "" = none tells */
    char *draft;               /* owned */
    bool failed;               /* memory is out */
};

/* --- guess_text.c */

const char *guess_print(struct guesses *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void guess_say(struct guesses *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- guess_place.c, guess_labels.c: where a column could go */

/* Fills labels. */
void guess_load_labels(struct guesses *g);

/* Fills places of a mind, the best first. */
void guess_find_places(struct guesses *g, struct guess_mind *mind);

/* Only where it may be written, and is not one of EspoCRM's own doings. */
bool guess_is_writable(const struct schema_attribute *def);
const struct schema_attribute *guess_field(const struct guesses *g, const char *name);

void guess_add_place(struct guess_mind *mind, const struct guess_place *place);

/* --- guess_fit.c: do the cells fit? */

/* NULL, or what is against it: a clause behind "but". */
const char *guess_misfit(struct guesses *g, const struct guess_mind *mind,
                         const struct guess_place *place);

/* Cells that say something. */
uint64_t guess_filled(const struct guess_mind *mind);

/* Are the cells ids of Salesforce (15 or 18 characters)? */
bool guess_has_foreign_ids(const struct guess_mind *mind);
bool guess_has_own_ids(const struct guess_mind *mind);

/* What parts the e-mail addresses where cells hold several; NULL where none does. */
const char *guess_mail_delimiter(const struct guess_mind *mind);

/* How many of the cells whose text is known hold() says something of, in percent. */
unsigned guess_share(const struct guess_mind *mind,
                     bool (*holds)(void *context, struct slice value), void *context);

/* --- guess_choose.c: one field for one column */

void guess_choose(struct guesses *g);

/* --- guess_group.c: addresses, e-mail addresses, phone numbers */

void guess_choose_emails(struct guesses *g);
void guess_choose_phones(struct guesses *g);
void guess_choose_addresses(struct guesses *g);

/* The column's field is settled. The entry is made: {"name": ..., "field": ...}. */
void guess_take(struct guesses *g, struct guess_mind *mind,
                const struct guess_place *place, const char *field);
void guess_refuse(struct guesses *g, struct guess_mind *mind, const char *reason);
void guess_give_up(struct guesses *g, struct guess_mind *mind, const char *reason);
void guess_remark(struct guesses *g, struct guess_mind *mind, const char *remark);
const char *guess_shown(struct guesses *g, const struct guess_mind *mind);

/* Does a constant fill the field? */
bool guess_is_constant(const struct guesses *g, const char *field);

/* The mind that a field was given to, or NULL. */
const struct guess_mind *guess_holder(const struct guesses *g, const char *field);

/* --- guess_cells.c: how the cells of a column that goes to def are written */

void guess_write_cells(struct guesses *g, struct guess_mind *mind,
                       const struct schema_attribute *def);
void guess_write_split(struct guesses *g, struct guess_mind *mind);

/* Options of def that values name; NULL where memory is out. (guess_values.c) */
bool guess_is_missing(const char *text); /* "n/a", "(No value)" */
enum option_fit { OPTION_KNOWN, OPTION_MAPPED, OPTION_NONE, OPTION_UNKNOWN };
enum option_fit guess_option(const struct schema_attribute *def,
                             const struct option_names *names, const char *text,
                             const char **option);
const struct option_names *guess_option_names(struct guesses *g,
                                              const struct schema_attribute *def);
void guess_write_options(struct guesses *g, struct guess_mind *mind,
                         const struct schema_attribute *def);
void guess_write_bools(struct guesses *g, struct guess_mind *mind);

/* --- guess_phone.c: the country of numbers without a country code */

void guess_phone_country(struct guesses *g);

/* --- guess_draft.c */

void guess_settle_numbers(struct guesses *g);

#endif
