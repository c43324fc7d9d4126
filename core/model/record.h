/* record.h - one row on its way: typed attributes, or the reasons why there are none.
 *
 * Everything lives in the row's arena.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include "base/reason.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct schema_attribute; /* model/schema.h */

struct lookup; /* model/lookup.h */

#define NO_COLUMN ((size_t)-1)

/* What happens to a value that the record in the CRM has already. */
enum conflict_rule {
    CONFLICT_OVERWRITE,
    CONFLICT_FILL_BLANK, /* only where the record holds nothing */
    CONFLICT_KEEP,       /* never touched by an update */
    CONFLICT_NEWEST,     /* only where the row is newer than the record */
    CONFLICT_ERROR       /* the row fails */
};

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_ADDRESSES
};

/* One e-mail address or phone number, of several that a record has. */
struct address {
    struct slice text;
    struct slice type; /* of a phone number: "Mobile"; empty = not said */
    bool primary;      /* it is to be the one that lists show */
    bool opted_out;    /* to be recorded; what is recorded is never cleared */
    bool invalid;      /* likewise */
    enum conflict_rule on_conflict; /* with what the record has */
    size_t column;                  /* index of the column it came from, or NO_COLUMN */
};

/* A value as the server is to hold it. */
struct value {
    enum value_kind kind;
    bool boolean;              /* VALUE_BOOL */
    struct slice text;         /* VALUE_NUMBER: JSON's own digits; VALUE_STRING: UTF-8 */
    const struct slice *items; /* VALUE_LIST: strings */
    const struct address *addresses; /* VALUE_ADDRESSES: the first one is the primary */
    size_t item_count;               /* of items, or addresses */
};

struct attribute {
    const struct schema_attribute *def; /* borrowed from the schema */
    size_t column; /* index of the column it came from, or NO_COLUMN */
    struct value value;
    enum conflict_rule on_conflict; /* of an update */
    bool add;   /* ids, addresses: they join what is there, instead of taking its place */
    bool known; /* ids: a look-up has found the records */
};

/* A cell that names records at the other end of a link, by something else than their
 * ids: a look-up turns it into an attribute. */
struct record_link {
    const struct schema_attribute *def; /* to be filled: accountId, teamsIds */
    size_t column;                      /* index of the column, or NO_COLUMN */
    const struct lookup *lookup;        /* borrowed from the program */
    const struct slice *texts;          /* what to look for, as in the cell, trimmed */
    size_t count;                       /* of texts; 1 unless def holds several ids */
    enum conflict_rule on_conflict;
    bool add;
};

struct row_error {
    enum reason reason;
    size_t column;      /* index of the column, or NO_COLUMN */
    const char *field;  /* attribute of the server, or "" */
    struct slice value; /* the cell (or part of it) that is wrong; may be empty */
    const char
        *message; /* one sentence, with the nearest valid option where there is one */
};

struct record {
    const struct attribute *attributes; /* in the mapping's order, no name twice */
    size_t count;
    const struct record_link *links; /* still to be looked up */
    size_t link_count;
    const struct attribute *keys; /* for matching only, never sent: id, numbers, names */
    size_t key_count;
    const struct row_error *errors; /* when there is one, the row is not sent */
    size_t error_count;
};

#endif
