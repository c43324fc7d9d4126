/* csv.h - records of a CSV text, RFC 4180, on top of libcsv.
 *
 * Exact: no trimming, quotes doubled inside quotes, LF, CRLF, CR or a mix as line ends. A
 * record that cannot be read is delivered as one with a reason; the reader then goes on
 * at the next line, or behind the lines that a stray quote has made doubtful
 * (csv_damage.h). Blank lines are skipped and counted.
 */
#ifndef INPUT_CSV_H
#define INPUT_CSV_H

#include "base/err.h"
#include "base/reason.h"
#include "base/slice.h"
#include "input/lines.h"

#include <stdbool.h>
#include <stdint.h>

struct csv_dialect {
    char delimiter; /* 0 = find out */
    char quote;     /* 0 = '"' */
    char comment;   /* lines that begin with it are skipped; 0 = none */
    bool no_header; /* the first record is data */
};

struct csv_limits {
    size_t field;  /* bytes of one cell; 0 = 4 MiB */
    size_t record; /* bytes of one record; 0 = 5 MiB */
    size_t fields; /* cells of one record; 0 = 10,000 */
};

struct csv_record {
    uint64_t number;            /* of the data record, from 1; the header is 0 */
    uint64_t line;              /* physical line of its first byte, from 1 */
    uint64_t offset;            /* of its first byte in the decoded text (UTF-8), bytes */
    const struct slice *fields; /* cells, unquoted; borrowed until the next record */
    size_t count;               /* of fields; also set, as far as read, with a reason.
                                   Padding is not counted (csv_reader_padding()) */
    size_t expected;            /* cells a record must have; 0 while not known */
    struct slice raw;           /* the record as it stands, without its line end; cut at
                                   the record cap; borrowed until the next record */
    enum reason reason;         /* REASON_NONE, or REASON_ROW_*; then the cells may hold
                                   anything, also NUL and bytes that are not UTF-8 */
    size_t column;    /* with a reason: index of the cell it is about, or count */
    char detail[200]; /* with a reason: what is wrong, one sentence */
};

struct csv_tally {
    uint64_t lines;         /* physical lines consumed */
    uint64_t blank_lines;   /* of these, skipped as blank */
    uint64_t comment_lines; /* of these, skipped as comments */
};

struct csv_reader;

/* dialect must be complete (delimiter and quote set) and is copied, as are the limits;
 * RC_USAGE when its characters exclude each other. csv_reader_close() it. */
int csv_reader_open(struct csv_reader **out, const struct csv_dialect *dialect,
                    const struct csv_limits *limits, lines_read_fn *read, void *context,
                    struct err *err);

/* 1 with *record set (borrowed until the next call), 0 at the end, or < 0. The first good
 * record decides how many cells a record must have. */
int csv_reader_next(struct csv_reader *reader, const struct csv_record **record,
                    struct err *err);

/* Skips one physical line that is no record, as `sep=;`, and a byte order mark behind it:
 * so it stands where somebody put that line in front of a whole file. */
int csv_reader_skip_line(struct csv_reader *reader, struct err *err);

/* Forgets what was read ahead: what `read` gives next begins at this offset and line,
 * with this record. How many cells a record must have stays known. */
void csv_reader_restart(struct csv_reader *reader, uint64_t offset, uint64_t line,
                        uint64_t number);

/* Empty cells that a record may have beyond those it must have: as many as the first one
 * has. To be set when reading does not begin with that one. */
void csv_reader_set_padding(struct csv_reader *reader, size_t cells);
size_t csv_reader_padding(const struct csv_reader *reader);

/* Of the record that comes next. */
uint64_t csv_reader_number(const struct csv_reader *reader);

/* Borrowed until csv_reader_close(). */
const struct csv_tally *csv_reader_tally(const struct csv_reader *reader);

/* The characters of a dialect fit together; a delimiter or quote of 0 is fine here. */
int csv_dialect_check(const struct csv_dialect *dialect, struct err *err);

void csv_reader_close(struct csv_reader *reader);

#endif
