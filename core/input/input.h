/* input.h - an input file as records: source, decoding, dialect and CSV behind one door.
 *
 * Two passes: input_scan() reads the whole file once before anything is sent (is it
 * readable to its end, in which encoding and dialect, how many records, which SHA-256);
 * input_open() then streams its records with what the scan found out.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include "base/buf.h"
#include "input/csv.h"

#include <stdint.h>

struct input_options {
    const char *path;           /* a regular file, gzipped or not (told by its magic) */
    const char *encoding;       /* iconv's name; NULL or "auto" = BOM, else UTF-8 */
    struct csv_dialect dialect; /* zero members are found out */
    struct csv_limits limits;
};

struct input_facts {
    uint64_t bytes;             /* size of the file as it lies there */
    char sha256[65];            /* of those bytes */
    uint64_t stamp;             /* source_stamp() before the scan; 0 = not looked at */
    bool gzip;                  /* it is gzipped */
    char encoding[32];          /* that it is read as, e.g. "UTF-8", "windows-1252" */
    bool bom;                   /* it begins with a byte order mark, if after `sep=` */
    bool separator_line;        /* it begins with `sep=;` */
    struct csv_dialect dialect; /* complete */
    uint64_t records;           /* data records, good and bad */
    uint64_t bad_records;       /* of these, with a reason */
    uint64_t damaged;           /* of these, not text of the encoding throughout */
    size_t padding;             /* empty cells too many that each of them may have */
    uint64_t blank_lines;       /* skipped */
    uint64_t comment_lines;     /* skipped */
    uint64_t lines;             /* physical lines */
};

/* Reads the whole file. RC_INPUT when it cannot be read to its end or is not in the
 * encoding (the message shows the offending line as windows-1252, the advice names
 * --encoding), has no header where one is expected, or a header that cannot be read;
 * RC_USAGE for an encoding or a dialect that cannot be; RC_NOMEM. A few bad bytes in a
 * file that is UTF-8 otherwise do not fail here: they fail their rows. */
int input_scan(const struct input_options *options, struct input_facts *facts,
               struct err *err);

/* Size and SHA-256 only: is this still the file of the checkpoint? */
int input_identify(const char *path, uint64_t *bytes, char sha256[65], struct err *err);

/* Copies standard input (or any descriptor) into a new file of mode 0600, synced; after a
 * failure there is none. RC_INPUT when fd cannot be read, RC_USAGE when the file is there
 * already, RC_LOCAL, RC_NOMEM. */
int input_spool(int fd, const char *path, struct err *err);

/* Writes the text of an input that cannot be sought (gzipped, or not UTF-8) to a new file
 * of mode 0600, and turns facts into that file's: its records keep their offsets.
 * RC_INPUT, RC_LOCAL, RC_NOMEM; after a failure there is none. */
int input_unpack(const struct input_options *options, struct input_facts *facts,
                 const char *path, struct err *err);

struct input; /* an open input */

/* Where reading may go on: in front of a record. */
struct input_position {
    uint64_t offset; /* as csv_record.offset */
    uint64_t line;   /* physical line there, from 1 */
    uint64_t number; /* of the record that comes next */
};

/* facts: from input_scan() with the same options. The header, if any, has been read.
 * RC_INPUT when the file is not as it was then. */
int input_open(struct input **out, const struct input_options *options,
               const struct input_facts *facts, struct err *err);

/* Names of the columns; without a header "column1".."columnN". Borrowed from input. A
 * header cell that is empty is named by its place, as "column3". */
const struct slice *input_columns(const struct input *input, size_t *count);

/* 1 with *record set (borrowed until the next call), 0 at the end, or < 0; RC_INPUT also
 * when the file has been written to meanwhile and has another content now, or when the
 * end comes after another number of records than the facts say. */
int input_next(struct input *input, const struct csv_record **record, struct err *err);

/* Goes on at a position that an earlier run noted; one whose number is 0 is no position
 * and changes nothing. Seeks where the file allows it (plain UTF-8), else reads again
 * from the beginning to there. RC_INPUT when the text is shorter than that. */
int input_seek(struct input *input, const struct input_position *position,
               struct err *err);

/* RC_INPUT: the file at path is not what it was when this run first read it. */
int input_changed(const char *path, struct err *err);

void input_close(struct input *input);

#endif
