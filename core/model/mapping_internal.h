/* mapping_internal.h - a mapping as it was read: what mapping*.c and program*.c share. */
#ifndef MODEL_MAPPING_INTERNAL_H
#define MODEL_MAPPING_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/convert.h"
#include "model/mapping.h"
#include "model/problems.h"
#include "model/transform.h"

#include <jansson.h>

struct text_list {
    const char *const *items; /* borrowed from the JSON; the list is the arena's */
    size_t count;
};

enum empty_rule { EMPTY_UNSET, EMPTY_KEEP, EMPTY_NULL, EMPTY_ERROR };

enum split_kind {
    SPLIT_NONE,
    SPLIT_FIRST_LAST,        /* "first last" */
    SPLIT_LAST_COMMA_FIRST,  /* "last, first" */
    SPLIT_LAST_FIRST,        /* "last first" */
    SPLIT_FIRST_MIDDLE_LAST, /* "first middle last" */
    SPLIT_DELIMITER          /* at each occurrence of the text */
};

/* What is said of an address beside its text: a constant, or a column of its own. */
struct mapping_part {
    json_t *json;       /* as written, or NULL */
    const char *column; /* of the header, or NULL: json is the constant */
    json_t *value_map;  /* object of texts and nulls, or NULL */
    enum unknown_rule on_unknown;
};

/* What becomes of the addresses that the record has already. */
enum address_mode { ADDRESS_UNSET, ADDRESS_PRIMARY, ADDRESS_APPEND, ADDRESS_REPLACE };

struct mapping_column {
    char pointer[32];              /* "/columns/3" */
    const char *name;              /* of the header, or NULL */
    struct text_list names;        /* of several columns that are joined */
    struct text_list titles;       /* other spellings of name */
    const char *field;             /* attribute, or NULL */
    struct text_list fields;       /* of a split */
    json_t *constant;              /* or NULL */
    const char *split;             /* the pattern as written, or NULL */
    enum split_kind split_as;      /* what it is */
    const char *join;              /* text between joined cells, or NULL */
    json_t *transforms_json;       /* as written, or NULL */
    struct transforms *transforms; /* owned by the mapping; NULL = none */
    struct text_list formats;      /* of dates */
    json_t *value_map;             /* object of texts and nulls, or NULL */
    enum unknown_rule on_unknown;
    enum empty_rule empty;
    struct text_list missing; /* missingValues of this column */
    json_t *has_missing;      /* set when it has some of its own */
    const char *delimiter;    /* of lists, or NULL */
    const char *timezone;     /* or NULL, likewise below */
    const char *phone_country;
    const char *decimal;
    const char *group;
    bool required;        /* an empty cell fails its row */
    bool ignore;          /* known, and not imported */
    bool optional;        /* the header may lack it */
    int on_conflict;      /* enum conflict_rule */
    json_t *has_lookup;   /* or NULL */
    struct lookup lookup; /* by and entity_type may be missing: program.c fills them */
    struct text_list by;
    int on_none, on_many;
    const char *lookup_entity;
    int link_mode;                                /* 0 replace, 1 add */
    int address_mode;                             /* enum address_mode */
    struct mapping_part type, opted_out, invalid; /* of an address */
};

struct mapping_rule {
    struct text_list fields;
    const char *const *names; /* the same, ends with NULL */
};

struct mapping {
    struct arena arena;
    json_t *root; /* owned; texts are borrowed from it */
    char *json;   /* owned; root as one line */
    json_t *version;
    const char *title;
    const char *entity_type;
    const char *encoding; /* NULL = auto */
    char delimiter, quote, comment;
    bool no_header, has_header; /* from source.dialect.header */
    bool guarded; /* source.formulaGuard: cells may have a ' in front (formula_guard.h) */
    struct text_list missing; /* of source; NULL items = only the empty text */
    enum mapping_operation operation;
    int on_match, on_many, on_repeat;
    enum mapping_on_duplicate on_duplicate;
    const char *identity;
    json_t *match_json;
    struct mapping_rule *rules; /* of match; in the arena */
    size_t rule_count;
    enum empty_rule empty;
    const char *timezone, *phone_country, *decimal, *group;
    struct text_list true_words, false_words;
    const char *date_format, *datetime_format;
    json_t *columns_json;
    struct mapping_column *columns; /* in the arena */
    size_t column_count;
};

/* Fills mapping from mapping->root (mapping_read.c); mistakes go to problems. */
void mapping_read(struct mapping *mapping, struct problems *problems);

/* The short form as the JSON it stands for (mapping_short.c): RC_OK with *out owned by
 * the caller, RC_USAGE, RC_NOMEM. */
bool mapping_is_short(const char *text);
int mapping_short(json_t **out, const char *text, struct err *err);

#endif
