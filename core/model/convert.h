/* convert.h - one cell to one value of one attribute, strictly.
 *
 * A cell is taken whole or refused with a reason; nothing is cut, guessed or rounded.
 */
#ifndef MODEL_CONVERT_H
#define MODEL_CONVERT_H

#include "base/arena.h"
#include "model/number.h"
#include "model/schema.h"
#include "model/word_set.h"

struct zone;         /* model/zone.h */
struct option_names; /* model/option_names.h */

/* What a valueMap makes of a cell. */
struct value_map {
    struct word_set exact;       /* the keys */
    struct word_set folded;      /* the same in lower case */
    const struct slice *targets; /* by index; data NULL = clears the field */
};

enum unknown_rule { UNKNOWN_ERROR, UNKNOWN_NULL, UNKNOWN_KEEP };

/* How one attribute is filled; made once, by program.c, in the program's memory. */
struct converter {
    const struct schema_attribute *def; /* borrowed */
    struct number_format number;
    struct word_set options;          /* of enums, lists, entity types; count 0 = any */
    const struct option_names *names; /* what else they are called, or NULL */
    struct word_set true_words;       /* lower case */
    struct word_set false_words;      /* lower case */
    const char *const *formats;       /* of dates and times, tried in this order */
    size_t format_count;
    const struct zone *zone;     /* of local times; NULL = UTC */
    const char *zone_name;       /* for messages */
    const char *phone_country;   /* "DE", or NULL */
    bool phone_international;    /* as Settings say */
    bool phone_extensions;       /* likewise */
    const char *currency;        /* code that may stand beside the amount, or NULL */
    struct slice delimiter;      /* of lists */
    const struct value_map *map; /* or NULL */
    enum unknown_rule unknown;   /* for cells that map does not know */
};

/* Why a cell was refused. */
struct refusal {
    enum reason reason;
    struct slice value;  /* the part of the cell that is wrong; borrows from the cell */
    const char *message; /* in the arena */
};

/* 1 with *out set (may borrow from cell), 0 with *refusal set, or RC_NOMEM. cell is not
 * empty. */
int convert_cell(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal);

/* Sets a refusal and returns 0, or RC_NOMEM. */
int convert_refuse(struct refusal *refusal, struct arena *arena, enum reason reason,
                   struct slice value, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* value fit for a message: printable, in quotes, cut. "" when memory is out. */
const char *convert_show(struct slice value, struct arena *arena);

/* One item of a list, or a text: length, pattern, control of the field.
 * (convert_text.c) */
int convert_text(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal);
int convert_enum(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal);
int convert_email(const struct converter *converter, struct slice cell,
                  struct arena *arena, struct value *out, struct refusal *refusal);
int convert_phone(const struct converter *converter, struct slice cell,
                  struct arena *arena, struct value *out, struct refusal *refusal);
int convert_id(const struct converter *converter, struct slice cell, struct arena *arena,
               struct value *out, struct refusal *refusal);

/* Numbers, truth values, dates. (convert_number.c, convert_time.c) */
int convert_number(const struct converter *converter, struct slice cell,
                   struct arena *arena, struct value *out, struct refusal *refusal);
int convert_bool(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal);
int convert_time(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal);

/* Lists of texts or ids. (convert_list.c) */
int convert_list(const struct converter *converter, struct slice cell,
                 struct arena *arena, struct value *out, struct refusal *refusal);

/* The field's options, the first ones of many, as a message lists them; in arena. */
const char *convert_options(const struct converter *converter, struct arena *arena);

/* The option that a trimmed cell names, or NULL; *other: another one that it could name,
 * or NULL. */
const char *convert_option(const struct converter *converter, struct slice cell,
                           const char **other);

/* The cell after the converter's valueMap: 1 with *cell replaced (data NULL: clear the
 * field), 0 refused, RC_NOMEM. */
int convert_map(const struct converter *converter, struct slice *cell,
                struct arena *arena, struct refusal *refusal);

#endif
