/* csvout.h - writes CSV (RFC 4180) so that any reader gets every cell back as it was.
 *
 * Quotes only where needed. Cells hold any bytes; a quote inside is doubled. Written
 * through base/outfile.h: the file is there whole or not at all. A failure sticks.
 */
#ifndef STATE_CSVOUT_H
#define STATE_CSVOUT_H

#include "base/outfile.h"

struct csvout_options {
    char delimiter;   /* 0 = ',' */
    char quote;       /* 0 = '"' */
    char comment;     /* a record must not look like a comment that begins with this; 0 =
                         readers know no comments */
    bool crlf;        /* line ends CRLF, else LF */
    bool bom;         /* begin with a byte order mark (for Excel) */
    bool quote_all;   /* quote every cell that is not null */
    bool quote_empty; /* write "" for an empty text, so that it differs from null */
    struct outfile_options file;
};

struct csvout;

/* RC_USAGE also for delimiter, quote or comment that contradict each other. */
int csvout_open(struct csvout **out, const char *path,
                const struct csvout_options *options, struct err *err);

/* One cell of the current record. */
int csvout_cell(struct csvout *csv, struct slice cell, struct err *err);
int csvout_null(struct csvout *csv, struct err *err);

/* Ends the record. One whose only cell is empty is written as "", because readers take a
 * blank line for none. */
int csvout_end(struct csvout *csv, struct err *err);

/* A whole record. */
int csvout_record(struct csvout *csv, const struct slice *cells, size_t count,
                  struct err *err);

/* Records ended so far. */
uint64_t csvout_records(const struct csvout *csv);

/* Hands what is buffered to the system (for pipes). */
int csvout_flush(struct csvout *csv, struct err *err);

/* As outfile_sum(). */
int csvout_sum(struct csvout *csv, uint64_t *sum, struct err *err);

/* Puts the file in place; afterwards only csvout_close(), which without a commit before
 * removes what was written. RC_USAGE when a record was not ended. */
int csvout_commit(struct csvout *csv, struct err *err);
void csvout_close(struct csvout *csv);

#endif
