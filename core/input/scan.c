/* scan.c - reads an input file once, whole, before anything is done with it.
 *
 * Promises that a file which passes can be read to its end by input_next(): the archive
 * is intact, the encoding is what it is taken for, the header can be read. Keeps no
 * record.
 */
#include "input/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "input/charset.h"
#include "input/decode.h"
#include "input/dialect.h"
#include "input/header.h"
#include "input/lines.h"
#include "input/source.h"

enum {
    SCAN_SHOWN = 80,        /* characters of a line in a message */
    SCAN_SHOWN_BEFORE = 50, /* of these at most, in front of the offending byte */
    SCAN_FEW = 10           /* one row in so many with bytes that are not UTF-8 is few */
};

struct scan {
    struct decoder *decoder;      /* owned */
    struct charset_census census; /* of the text, where it is only taken for UTF-8 */
    bool counting;                /* census is kept */
};

static int scan_read(void *context, char *out, size_t cap, size_t *len, struct err *err) {
    struct scan *scan = context;
    int rc = decode_read(scan->decoder, out, cap, len, err);

    if (rc == RC_OK && scan->counting)
        charset_census_add(&scan->census, slice_make(out, *len));
    return rc;
}

/* Does a byte order mark stand behind the line `sep=;`? */
static bool scan_marks_second_line(struct slice text) {
    size_t at = 0;

    while (at < text.len && text.data[at] != '\r' && text.data[at] != '\n')
        at++;
    while (at < text.len && (text.data[at] == '\r' || text.data[at] == '\n'))
        at++;
    return text.len - at >= 3 && memcmp(text.data + at, "\xEF\xBB\xBF", 3) == 0;
}

/* Finds the dialect in the first bytes of the text, and notes the encoding. */
static int scan_detect(const struct input_options *options, struct input_facts *facts,
                       struct err *err) {
    struct decoder *decoder = NULL;
    size_t len = 0, n = 1;
    char *sample = malloc(DIALECT_SAMPLE + DECODE_CAP_MIN);
    bool whole;
    int rc;

    if (sample == NULL)
        return err_nomem(err);
    rc = decode_open(&decoder, options->path, options->encoding, false, err);
    if (rc < 0)
        goto out;
    while (n > 0 && len < DIALECT_SAMPLE) {
        rc = decode_read(decoder, sample + len, DIALECT_SAMPLE + DECODE_CAP_MIN - len, &n,
                         err);
        if (rc < 0)
            goto out;
        len += n;
    }
    whole = n == 0;
    facts->gzip = source_is_gzip(decode_source(decoder));
    facts->bom = decode_charset(decoder)->bom > 0;
    (void)snprintf(facts->encoding, sizeof facts->encoding, "%s",
                   decode_charset(decoder)->name);
    rc = dialect_detect(&facts->dialect, &facts->separator_line, &options->dialect,
                        slice_make(sample, len), whole, err);
    if (rc == RC_OK && facts->separator_line)
        facts->bom = facts->bom || scan_marks_second_line(slice_make(sample, len));
out:
    decode_close(decoder);
    free(sample);
    return rc;
}

static int scan_read_again(void *context, char *out, size_t cap, size_t *len,
                           struct err *err) {
    return decode_read(context, out, cap, len, err);
}

static void scan_say_line(struct err *err, const char *path, uint64_t number,
                          struct slice text, size_t at) {
    struct buf shown = {.max = 4096};
    size_t cut = at > SCAN_SHOWN ? at - SCAN_SHOWN_BEFORE : 0;

    if (cut > 0)
        (void)buf_append_text(&shown, "...");
    (void)charset_append_sample(&shown, slice_make(text.data + cut, text.len - cut),
                                SCAN_SHOWN);
    (void)err_set(err, RC_INPUT, "%s line %llu is not UTF-8: \xC2\xAB%s\xC2\xBB", path,
                  (unsigned long long)number, buf_text(&shown));
    buf_fini(&shown);
}

/* The file is not UTF-8: shows the line around this byte of the text as it would be in
 * the encoding that it most likely has. Reads the file again up to there. */
static int scan_show_line(const char *path, uint64_t offset,
                          const struct input_facts *facts, struct err *err) {
    struct decoder *decoder = NULL;
    struct lines lines = {0};
    struct line line;
    uint64_t number = 1;
    int rc = decode_open(&decoder, path, "UTF-8", false, err);

    if (rc < 0)
        return rc;
    rc = lines_init(&lines, scan_read_again, decoder, DIALECT_SAMPLE, err);
    while (rc >= 0) {
        rc = lines_find(&lines, 0, &line, err);
        if (rc <= 0)
            break;
        if (lines.offset + line.len > offset) {
            scan_say_line(err, path, number, slice_make(lines_text(&lines), line.len),
                          (size_t)(offset - lines.offset));
            break;
        }
        if (rc == LINES_TOO_LONG) {
            /* The line goes on: keep what may stand in front of the byte. */
            lines_consume(&lines, line.len - SCAN_SHOWN);
            continue;
        }
        lines_consume(&lines, line.total);
        number++;
    }
    lines_fini(&lines);
    decode_close(decoder);
    if (rc < 0)
        return rc;
    (void)err_set(err, RC_INPUT, "%s is not UTF-8", path);
    if (facts->damaged > 0 && facts->damaged * SCAN_FEW <= facts->records)
        err_advise(err,
                   "name the file's encoding, for example --encoding windows-1252; if it "
                   "is UTF-8 and only this is damaged, --encoding utf-8 fails the rows "
                   "with such bytes (%llu of %llu)",
                   (unsigned long long)facts->damaged,
                   (unsigned long long)facts->records);
    else
        err_advise(err, "name the file's encoding, for example --encoding windows-1252");
    return RC_INPUT;
}

/* A text that nobody said is UTF-8 must look like it, on the whole. */
static int scan_check_encoding(struct scan *scan, const char *path,
                               const struct input_facts *facts, struct err *err) {
    charset_census_end(&scan->census);
    if (!scan->counting || scan->census.invalid == 0 ||
        scan->census.sequences > scan->census.invalid)
        return RC_OK;
    return scan_show_line(path, scan->census.first_invalid, facts, err);
}

/* Reads all records; *header_err says what is wrong with the header, if anything. */
static int scan_records(struct csv_reader *reader, struct input_facts *facts,
                        const char *path, struct err *header_err, struct err *err) {
    const struct csv_record *record;
    bool header = !facts->dialect.no_header;
    int rc;

    if (facts->separator_line) {
        rc = csv_reader_skip_line(reader, err);
        if (rc < 0)
            return rc;
    }
    while ((rc = csv_reader_next(reader, &record, err)) > 0) {
        if (header && record->number == 0) {
            (void)header_check(record, path, header_err);
            continue;
        }
        facts->records++;
        facts->bad_records += record->reason != REASON_NONE;
        facts->damaged += record->reason != REASON_NONE &&
                          utf8_valid_prefix(record->raw) < record->raw.len;
    }
    return rc;
}

static int scan_whole(struct scan *scan, const struct input_options *options,
                      struct input_facts *facts, struct err *err) {
    struct csv_reader *reader = NULL;
    const struct csv_tally *tally;
    struct err header_err = {0};
    int rc;

    rc = decode_open(&scan->decoder, options->path, options->encoding, true, err);
    if (rc < 0)
        return rc;
    facts->stamp = source_stamp(decode_source(scan->decoder));
    scan->counting = !decode_charset(scan->decoder)->stated;
    rc =
        csv_reader_open(&reader, &facts->dialect, &options->limits, scan_read, scan, err);
    if (rc < 0)
        return rc;
    rc = scan_records(reader, facts, options->path, &header_err, err);
    if (rc < 0)
        goto out;
    facts->bytes = source_bytes(decode_source(scan->decoder));
    rc = source_digest(decode_source(scan->decoder), facts->sha256, err);
    if (rc < 0)
        goto out;
    tally = csv_reader_tally(reader);
    facts->lines = tally->lines;
    facts->padding = csv_reader_padding(reader);
    facts->blank_lines = tally->blank_lines;
    facts->comment_lines = tally->comment_lines;
    /* The encoding first: a header that cannot be read is often only a symptom of it. */
    rc = scan_check_encoding(scan, options->path, facts, err);
    if (rc < 0)
        goto out;
    if (header_err.rc != RC_OK) {
        rc = err_set(err, header_err.rc, "%s", header_err.message);
        err_advise(err, "%s", header_err.advice);
    } else if (!facts->dialect.no_header && csv_reader_number(reader) == 0) {
        rc = header_missing(options->path, facts->lines, err);
    }
out:
    csv_reader_close(reader);
    return rc;
}

int input_scan(const struct input_options *options, struct input_facts *facts,
               struct err *err) {
    struct scan scan = {0};
    int rc;

    memset(facts, 0, sizeof *facts);
    rc = scan_detect(options, facts, err);
    if (rc < 0)
        return rc;
    rc = scan_whole(&scan, options, facts, err);
    decode_close(scan.decoder);
    return rc;
}
