/* charset.h - in which encoding a text is: byte order marks, names, and guessing.
 *
 * Pure functions over bytes; nothing is read or converted here (decode.h does that).
 */
#ifndef INPUT_CHARSET_H
#define INPUT_CHARSET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHARSET_NAME_SIZE = 32, /* bytes of an encoding's name, with its end */
    CHARSET_HEAD = 1024     /* bytes of a file that the guesses want to see */
};

struct charset {
    char name[CHARSET_NAME_SIZE]; /* for iconv, e.g. "UTF-8", "windows-1252" */
    bool utf8;                    /* nothing to convert */
    bool stated;                  /* named by the user or by a byte order mark */
    size_t bom;                   /* bytes of the byte order mark; 0 = none */
    size_t unit;                  /* bytes of its smallest piece: 1, 2 or 4 */
};

/* Decides from the first bytes of the file and from what the user asked for (NULL, "" or
 * "auto" = find out). RC_USAGE for a name that cannot be one, RC_INPUT for a byte order
 * mark of UTF-16/32 that contradicts the name, for UTF-16/32 without mark or name, and
 * for what is no text at all: a workbook, an archive. path is for the messages. */
int charset_decide(struct charset *charset, const char *path, struct slice head,
                   const char *asked, struct err *err);

/* Counts what a text that should be UTF-8 is made of, chunk by chunk; zero-initialise. */
struct charset_census {
    uint64_t offset;        /* bytes seen */
    uint64_t sequences;     /* valid sequences of several bytes */
    uint64_t invalid;       /* bytes that belong to none */
    uint64_t first_invalid; /* offset of the first of them */
    char carry[4];          /* a sequence cut by the end of a chunk */
    size_t carry_len;       /* bytes of carry */
};

void charset_census_add(struct charset_census *census, struct slice chunk);

/* To be called at the end of the text: a cut sequence is invalid. */
void charset_census_end(struct charset_census *census);

/* Appends bytes as a user of windows-1252 would see them: control characters and the
 * five unused bytes as \xNN, at most max characters. */
int charset_append_sample(struct buf *buf, struct slice bytes, size_t max);

#endif
