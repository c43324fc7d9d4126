/* program_internal.h - a compiled mapping: what program*.c share. */
#ifndef MODEL_PROGRAM_INTERNAL_H
#define MODEL_PROGRAM_INTERNAL_H

#include "model/convert.h"
#include "model/mapping_internal.h"
#include "model/problems.h"
#include "model/program_header.h"
#include "model/zone.h"

enum step_kind { STEP_CELL, STEP_JOIN, STEP_SPLIT, STEP_CONST };

/* What is said of an address beside its text. */
struct address_part {
    bool present;
    size_t cell;                /* column of the file, or NO_COLUMN: a constant */
    struct converter converter; /* of cells */
    struct value constant;
};

/* How a column fills one of several addresses. */
struct address_step {
    size_t list;  /* index in the program's lists */
    bool primary; /* what it fills is to be the one that lists show */
    struct address_part type, opted_out, invalid;
};

/* The addresses of one kind, where records may have several. */
struct address_list {
    const struct schema_attribute *def;   /* emailAddressData */
    const struct schema_attribute *plain; /* emailAddress */
    bool add;                             /* they join what is there */
};

/* One column of the mapping at work. */
struct step {
    enum step_kind kind;
    const size_t *cells; /* columns of the file: one, or those to be joined */
    size_t cell_count;
    struct converter *converters; /* one; of a split one for each part */
    size_t converter_count;
    struct word_set missing; /* cells that count as empty, beside the empty one */
    enum empty_rule empty;   /* never EMPTY_UNSET */
    bool required;
    bool match_only;             /* its values are for matching, and never sent */
    bool add;                    /* ids join those that are there */
    const struct lookup *lookup; /* cells name records by something else than ids */
    const struct address_step *address; /* it fills one of several addresses, or NULL */
    struct slice text;        /* between joined cells, or the delimiter of a split */
    enum split_kind split_as; /* of STEP_SPLIT */
    struct value constant;    /* of STEP_CONST */
    const struct mapping_column *column; /* where it comes from */
};

/* An attribute that the server requires. */
struct requirement {
    const struct schema_attribute *def;
    size_t column; /* of the file, that fills it, or NO_COLUMN */
};

/* An id that means nothing without the entity type beside it: parentId, parentType. */
struct id_pair {
    const struct schema_attribute *id;
    const struct schema_attribute *type;
    size_t type_column; /* of the file, that fills type, or NO_COLUMN */
};

struct program_zone {
    struct program_zone *next;
    const char *name;
    struct zone *zone; /* owned; NULL when it could not be loaded */
};

/* Fields of the types email and phone that an entity type may have. */
enum { ADDRESS_KINDS = 8 };

struct program {
    struct arena arena;            /* everything below */
    const struct mapping *mapping; /* borrowed */
    const struct schema *schema;   /* borrowed */
    struct step *steps;
    size_t step_count, step_cap;
    const struct schema_attribute **attributes; /* one for each converter */
    size_t attribute_count, attribute_cap;
    struct requirement *requirements;
    size_t requirement_count;
    struct id_pair *pairs; /* of attributes that are filled */
    size_t pair_count;
    size_t *unused; /* columns of the file */
    size_t unused_count;
    struct program_zone *zones;
    struct match_rule *rules; /* of match */
    size_t rule_count;
    size_t key_count;  /* converters of steps that are for matching only */
    size_t link_count; /* steps with a look-up */
    const struct schema_attribute *identity; /* NULL = none */
    struct address_list lists[ADDRESS_KINDS];
    size_t list_count;
};

/* One rule of match, set against the schema. */
struct match_rule {
    const struct schema_attribute **attributes;
    size_t count;
};

/* A program while it is being made. */
struct builder {
    struct program *program;
    struct header header;
    struct problems problems;
    const struct schema_attribute **attempted; /* meant by a column that has a problem */
    size_t attempted_count, attempted_cap;
    int failed; /* RC_NOMEM */
};

/* Remembers that a column was meant for def, so that def is not called missing too. */
void builder_attempt(struct builder *builder, const struct schema_attribute *def);

/* Fills converter for def after column's settings, checking them (program_converter.c);
 * mistakes go to builder->problems. */
void converter_build(struct builder *builder, const struct mapping_column *column,
                     const struct schema_attribute *def, struct converter *converter);

/* The column's constant as def's value. False when it is no value for it. */
bool converter_constant(struct builder *builder, const struct mapping_column *column,
                        const struct converter *converter, struct value *out);

/* The words of a list of texts, as a set in the program's memory. */
void builder_words(struct builder *builder, const char *const *words, size_t count,
                   bool folded, struct word_set *out);

/* The attribute called name, if it can be written; else a problem at pointer and NULL
 * (program_check.c). */
const struct schema_attribute *check_field(struct builder *builder, const char *pointer,
                                           const char *name);

/* Is the attribute one that rows are matched by? */
bool match_names(const struct mapping *mapping, const char *name);

/* The look-up of a column as the program has it, or NULL (program_match.c). */
const struct lookup *lookup_build(struct builder *builder,
                                  const struct mapping_column *column,
                                  const struct schema_attribute *def);

/* Rules and policies of matching, and what the operation asks for (program_match.c). */
void check_match(struct builder *builder);

/* Does def, an e-mail address, a phone number or all of them, go into a list of several?
 * Then *out, else NULL; def is then the plain attribute. False with a problem told
 * (program_address.c). */
bool address_build(struct builder *builder, const struct mapping_column *column,
                   const struct schema_attribute **def, const struct address_step **out);

/* What concerns the program as a whole: fields used twice, pairs, required fields, match
 * rules, operation. */
void check_program(struct builder *builder);

#endif
