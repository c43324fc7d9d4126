/* table_internal.h - what table*.c share. */
#ifndef MODEL_TABLE_INTERNAL_H
#define MODEL_TABLE_INTERNAL_H

#include "model/mapping_internal.h"
#include "model/program_internal.h"
#include "model/json.h"
#include "model/table.h"

enum column_kind {
    COLUMN_VALUE,     /* one attribute */
    COLUMN_NAMES,     /* the names of a link of several records */
    COLUMN_ADDRESSES, /* all addresses; the primary one first */
    COLUMN_OTHERS,    /* those that are not the primary one, joined */
    COLUMN_OTHER,     /* one of those: the nth */
    COLUMN_MARK,      /* what is said of that one: type, optOut, invalid */
    COLUMN_WHOLE,     /* several attributes in one cell: a person's name */
    COLUMN_PART,      /* the nth part of a text */
    COLUMN_EMPTY      /* nothing that EspoCRM has */
};

struct table_column {
    const char *header;
    enum column_kind kind;
    size_t attributes[3]; /* indexes of the table's; of COLUMN_WHOLE in their order */
    size_t count;         /* of attributes */
    const struct converter *converters; /* one for each */
    const struct step *step; /* of a mapping: what reads the cell again, or NULL */
    size_t nth;              /* COLUMN_PART, _OTHER, _MARK: from 0 */
    size_t parts;            /* COLUMN_PART: how many there are */
    struct slice text;       /* COLUMN_PART, _WHOLE: what stands between */
    struct slice type;       /* COLUMN_OTHER(S): of the address; empty = any */
    const char *member;      /* COLUMN_MARK */
    bool by_star;            /* came with "*" */
};

struct table_attribute {
    const struct schema_attribute *def;
    bool by_id; /* lists do not show it */
};

enum { TABLE_MEMBERS = 512 };

struct table {
    struct arena arena;
    const struct schema *schema; /* borrowed */
    struct program *program;     /* owned; of a mapping, else NULL */
    struct table_column *columns;
    size_t column_count, column_cap;
    struct table_attribute *attributes;
    size_t attribute_count, attribute_cap;
    const char **list;           /* in the arena; what lists show, ends with NULL */
    size_t guess[TABLE_MEMBERS]; /* attribute of the nth member of the last record */
    struct json_member *values;  /* of the record under way, by attribute */
    int failed;                  /* RC_NOMEM */
};

/* A cleared one, or NULL. */
struct table *table_alloc(const struct schema *schema);

/* The index of an attribute, added if it is new. */
size_t table_add_attribute(struct table *table, const struct schema_attribute *def,
                           bool by_id);

/* A cleared column, or NULL (table->failed). */
struct table_column *table_add_column(struct table *table, const char *header,
                                      enum column_kind kind);

/* What EspoCRM needs beside, the list, room for values: after the last column. */
int table_finish(struct table *table, struct err *err);

/* Names of the attributes that "*" stands for, one after the other; NULL at the end. */
const struct schema_attribute *table_star(const struct schema *schema, size_t *at);

#endif
