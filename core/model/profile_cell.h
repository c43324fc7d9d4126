/* profile_cell.h - what one cell looks like: the types it fits, its flaws, its parts. */
#ifndef MODEL_PROFILE_CELL_H
#define MODEL_PROFILE_CELL_H

#include "base/slice.h"
#include "model/profile.h"
#include "model/profile_date.h"
#include "model/profile_number.h"

#include <stdbool.h>
#include <stdint.h>

/* What bytes a cell is made of, as bits. */
enum cell_bytes {
    CELL_DIGIT = 1,
    CELL_ALPHA = 2,
    CELL_BLANK = 4,      /* the blank itself */
    CELL_POINT = 8,      /* . */
    CELL_COMMA = 16,     /* , */
    CELL_SIGN = 32,      /* + - */
    CELL_SLASH = 64,     /* / */
    CELL_COLON = 128,    /* : */
    CELL_AT = 256,       /* @ */
    CELL_PAREN = 512,    /* ( ) */
    CELL_QUOTE = 1024,   /* ' */
    CELL_HIGH = 2048,    /* not ASCII */
    CELL_CONTROL = 4096, /* control characters other than tab, CR, LF */
    CELL_BREAK = 8192,   /* tab, CR, LF */
    CELL_OTHER = 16384
};

struct profile_cell {
    struct slice text; /* without blanks around; borrows from the cell */
    uint32_t seen;     /* of enum cell_bytes */
    size_t digits;     /* of text */
    size_t chars;      /* of the cell as it stands */
    uint32_t fits;     /* 1 << enum profile_type, each that the cell could be */
    uint32_t flaws;    /* 1 << enum profile_flaw, those of one cell */
    bool whole;        /* nothing but digits */
    bool phone_world;  /* begins with + or 00 as phone numbers do */
    bool phone_sure;   /* no other type explains it as well */
    struct profile_number number; /* where it fits DECIMAL or AMOUNT */
    struct profile_date date;     /* where it fits DATE or DATETIME */
};

/* cell: valid UTF-8. A cell of nothing but blanks has empty text and fits nothing. */
void profile_cell_read(struct slice cell, struct profile_cell *out);

/* The flaws of a cell whose text and seen are known. (profile_cell_flaws.c) */
uint32_t profile_cell_flaws(struct slice cell, const struct profile_cell *known);

#endif
