/* profile.h - what a column of a CSV file holds: likely type, format, distinct values,
 * examples, and what is odd about its cells.
 *
 * Cell by cell, in bounded memory, without metadata of a server: a guess for a person and
 * for a first draft of a mapping, never for sending anything. Nothing here fails a row.
 */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include "base/err.h"
#include "base/slice.h"
#include "model/profile_flaw.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum profile_type {
    PROFILE_EMPTY, /* no cell is filled */
    PROFILE_TEXT,
    PROFILE_ENUM, /* text with few distinct values: profile_values() has all of them */
    PROFILE_BOOL, /* one or two values that mean yes and no */
    PROFILE_INTEGER,
    PROFILE_DECIMAL,
    PROFILE_AMOUNT, /* a number with a currency beside it */
    PROFILE_DATE,
    PROFILE_DATETIME,
    PROFILE_EMAIL,
    PROFILE_PHONE,
    PROFILE_URL,
    PROFILE_ID, /* of an EspoCRM record: 17 hexadecimal digits */
    PROFILE_TYPES
};

enum {
    PROFILE_FORMAT_SIZE = 40, /* bytes of a strptime pattern, with its end */
    PROFILE_EXAMPLE = 60      /* characters that are kept of a long value */
};

struct profile_limits {
    size_t distinct; /* values counted exactly, beyond it estimated; 0 = 49,152 */
    size_t values;   /* of which the text is kept; 0 = 64 */
};

struct column_profile;

/* limits may be NULL. NULL when memory is out; profile_free() it. */
struct column_profile *profile_new(const struct profile_limits *limits);
void profile_free(struct column_profile *profile);

/* One more cell: valid UTF-8 of a record that could be read, borrowed for the call; line:
 * the physical line of its record. RC_OK or RC_NOMEM. */
int profile_add(struct column_profile *profile, struct slice cell, uint64_t line);

/* What all cells together look like. */
struct profile_summary {
    enum profile_type type;
    uint64_t cells;      /* seen */
    uint64_t blanks;     /* of these, empty or nothing but blanks */
    uint64_t fitting;    /* of these, of the type */
    uint64_t distinct;   /* values, the empty one not counted */
    bool distinct_exact; /* else distinct is an estimate (some percent off) */
    size_t longest;      /* characters */
    char format[PROFILE_FORMAT_SIZE];       /* DATE, DATETIME: the pattern that most
                                               cells have, "%d.%m.%Y"; else "" */
    char other_format[PROFILE_FORMAT_SIZE]; /* the same with day and month exchanged,
                                               where no cell tells which; else "" */
    char decimal[2];          /* numbers: "," or "." where cells tell; else "" */
    char group[2];            /* numbers: what parts thousands: "." "," " " "'"; or "" */
    char currency[4];         /* AMOUNT: the code most cells have, "EUR"; else "" */
    bool phone_international; /* PHONE: most begin with + or 00 */
};

/* name: of the column, a hint for what cells alone do not tell ("Mobile" of 4915112345678
 * is a phone); may be empty. May be called at any time. */
void profile_summarize(const struct column_profile *profile, struct slice name,
                       struct profile_summary *out);

/* "date", "yes/no", ... for a person; borrowed for ever. */
const char *profile_type_word(enum profile_type type);

struct profile_value {
    char *text;     /* owned by the profile; cut after PROFILE_EXAMPLE characters */
    uint64_t count; /* how often; a lower bound once distinct is an estimate */
    bool cut;       /* text is not the whole value */
};

/* The first distinct values in the file's order, blanks around them trimmed: all of them
 * when *count equals the summary's distinct. Borrowed until the next profile_add(). */
const struct profile_value *profile_values(const struct column_profile *profile,
                                           size_t *count);

/* Equal for two columns whose cells are equal, row by row. */
uint64_t profile_fingerprint(const struct column_profile *profile);

/* Everything odd about the column, most important first, to out (room for PROFILE_FLAWS);
 * returns how many. Borrowed from profile until the next profile_add(). */
size_t profile_problems(const struct column_profile *profile, struct slice name,
                        const struct profile_summary *summary,
                        struct profile_problem *out);

#endif
