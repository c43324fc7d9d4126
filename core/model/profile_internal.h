/* profile_internal.h - what a column profile keeps: profile*.c share it. */
#ifndef MODEL_PROFILE_INTERNAL_H
#define MODEL_PROFILE_INTERNAL_H

#include "model/profile.h"
#include "model/profile_cell.h"
#include "model/profile_distinct.h"

enum {
    PROFILE_LAYOUTS = 6,    /* date formats that are told apart in one column */
    PROFILE_CURRENCIES = 4, /* likewise */
    PROFILE_LENGTHS = 17    /* lengths of runs of digits, the last one for longer ones */
};

/* Cells of one kind: how many, and the first of them. */
struct tally_first {
    uint64_t count; /* cells */
    uint64_t line;  /* of the first */
    char *text;     /* owned; the first, cut; NULL when there is none */
};

/* Marks that numbers were seen with. */
enum number_mark {
    MARK_DECIMAL_POINT,
    MARK_DECIMAL_COMMA,
    MARK_OPEN_POINT, /* 1.234 */
    MARK_OPEN_COMMA, /* 1,234 */
    MARKS
};

struct date_layout {
    char format[PROFILE_FORMAT_SIZE]; /* the day first where there are two ways */
    char other[PROFILE_FORMAT_SIZE];  /* the month first; "" = there is one way */
    bool has_time;
    struct tally_first by_order[DATE_OPEN + 1]; /* by enum date_order */
};

struct date_profile {
    struct date_layout layouts[PROFILE_LAYOUTS];
    size_t count;              /* of layouts */
    struct tally_first beyond; /* dates in still other formats */
};

struct column_profile {
    struct profile_limits limits; /* complete */
    uint64_t cells;
    uint64_t blanks;
    uint64_t junk;        /* filled with what is no value: placeholders, sheet errors */
    uint64_t whole;       /* nothing but digits */
    uint64_t zero_led;    /* of these, with a zero in front and more behind */
    uint64_t phone_world; /* begin with + or 00 */
    uint64_t phone_sure;  /* look like phone numbers and like nothing else */
    uint64_t fingerprint;
    size_t longest;                            /* characters */
    struct tally_first cut_255;                /* cells of exactly 255 characters */
    struct tally_first cut_32767;              /* and of 32,767: Excel's cap */
    uint64_t fits[PROFILE_TYPES];              /* cells by type that they could be */
    struct tally_first misfits[PROFILE_TYPES]; /* first that could not; count unused */
    struct tally_first flaws[FLAW_CELL_FLAWS];
    struct tally_first bare;         /* digits as in phones without + or 0 */
    struct tally_first marks[MARKS]; /* by enum number_mark */
    uint64_t groups[4];              /* numbers with '.' ',' ' ' '\'' in thousands */
    struct tally_first lengths[PROFILE_LENGTHS]; /* of cells that are whole */
    char currencies[PROFILE_CURRENCIES][4];
    struct tally_first by_currency[PROFILE_CURRENCIES];
    struct tally_first signs;   /* amounts whose currency is not written as its code */
    struct date_profile *dates; /* owned; NULL before the first date */
    struct distinct distinct;
    struct tally_first repeat;    /* first value that came again; count unused */
    struct profile_value *values; /* owned; the first distinct ones */
    size_t value_count;           /* of values */
    size_t value_room;            /* of values */
};

/* Cells with a value that says something. */
static inline uint64_t profile_filled(const struct column_profile *profile) {
    return profile->cells - profile->blanks - profile->junk;
}

static inline uint64_t layout_total(const struct date_layout *layout) {
    uint64_t total = 0;

    for (int order = DATE_FIXED; order <= DATE_OPEN; order++)
        total += layout->by_order[order].count;
    return total;
}

/* Which of two orders most cells of a layout have; DATE_OPEN when none tells. */
enum date_order profile_layout_order(const struct date_layout *layout);

/* The layout that most cells with, or without, a time have; NULL when there is none. */
const struct date_layout *profile_layout(const struct column_profile *profile,
                                         bool has_time);

/* Does the word mean yes or no? (profile_summary.c) */
bool profile_is_bool(const char *text);
bool profile_name_is_postal(struct slice name);
bool profile_name_is_date(struct slice name);

#endif
