/* csv.c - one record after the other out of physical lines.
 *
 * A line without a quote is nothing but its cells with delimiters between them and is
 * split where it lies; all others go through libcsv, line by line, so that line numbers
 * and offsets are known and a record that goes wrong costs no more lines than
 * csv_damage.h says. Promises
 * that every byte of the text belongs to a record, a blank line or a comment, and that
 * memory stays within the limits whatever the text.
 */
#include "input/csv.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "input/csv_damage.h"

enum {
    CSV_FIELD_LIMIT = 4 << 20,  /* struct csv_limits, where it says 0 */
    CSV_RECORD_LIMIT = 5 << 20, /* likewise: text and libcsv's copy fit in 32 MB */
    CSV_FIELDS_LIMIT = 10000,   /* likewise */
    CSV_FIELDS_FIRST = 64,      /* cells that there is room for at first */
    CSV_ENTRY_BLOCK = 64 << 10, /* bytes by which libcsv's buffer grows */
    CSV_ENTRY_KEPT = 1 << 20,   /* larger buffers are given back after their record */
    CSV_SPLIT_MAX = 1 << 20     /* bytes of a line that is too long that are split */
};

struct csv_reader {
    struct csv_dialect dialect;
    struct csv_limits limits; /* complete */
    struct lines lines;
    struct csv_parser parser; /* libcsv */
    struct csv_record record; /* the one that is lent out */
    struct csv_tally tally;
    struct slice *fields;   /* owned; of record */
    size_t fields_cap;      /* room in fields */
    struct buf cells;       /* the unquoted cells that libcsv made, one after another */
    size_t pending;         /* bytes of the lent record that are to be consumed */
    uint64_t pending_lines; /* physical lines these are */
    uint64_t line;          /* physical line of the first unconsumed byte */
    uint64_t number;        /* of the next record */
    size_t expected;        /* cells a record must have; 0 = not known yet */
    size_t padding;         /* empty cells that it may have beyond these */
    bool row_done;          /* libcsv has seen the record's end */
    bool too_many;          /* more cells than the limit */
    bool nomem;             /* a callback of libcsv ran out of memory */
};

static int csv_never_space(unsigned char c) {
    (void)c;
    return 0;
}

int csv_dialect_check(const struct csv_dialect *dialect, struct err *err) {
    const char marks[3] = {dialect->delimiter, dialect->quote, dialect->comment};
    static const char *const names[3] = {"delimiter", "quote", "comment character"};

    for (size_t i = 0; i < 3; i++) {
        unsigned char c = (unsigned char)marks[i];
        if (c == '\r' || c == '\n' || c >= 0x80)
            return err_set(err, RC_USAGE,
                           "the %s must be one ASCII character and no line end",
                           names[i]);
        for (size_t j = 0; j < i; j++)
            if (c != 0 && marks[i] == marks[j])
                return err_set(err, RC_USAGE, "the %s and the %s cannot both be %c",
                               names[j], names[i], marks[i]);
    }
    return RC_OK;
}

int csv_reader_open(struct csv_reader **out, const struct csv_dialect *dialect,
                    const struct csv_limits *limits, lines_read_fn *read, void *context,
                    struct err *err) {
    struct csv_reader *reader;
    int rc;

    *out = NULL;
    rc = csv_dialect_check(dialect, err);
    if (rc < 0)
        return rc;
    reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return err_nomem(err);
    reader->dialect = *dialect;
    reader->limits = *limits;
    if (reader->limits.field == 0)
        reader->limits.field = CSV_FIELD_LIMIT;
    if (reader->limits.record == 0)
        reader->limits.record = CSV_RECORD_LIMIT;
    if (reader->limits.fields == 0)
        reader->limits.fields = CSV_FIELDS_LIMIT;
    reader->line = 1;
    reader->number = dialect->no_header ? 1 : 0;
    (void)csv_init(&reader->parser, CSV_STRICT);
    csv_set_delim(&reader->parser, (unsigned char)dialect->delimiter);
    csv_set_quote(&reader->parser, (unsigned char)dialect->quote);
    csv_set_space_func(&reader->parser, csv_never_space);
    csv_set_blk_size(&reader->parser, CSV_ENTRY_BLOCK);
    reader->fields_cap = CSV_FIELDS_FIRST;
    reader->fields = malloc(reader->fields_cap * sizeof *reader->fields);
    rc = reader->fields == NULL
             ? err_nomem(err)
             : lines_init(&reader->lines, read, context, reader->limits.record + 2, err);
    /* A cell is never longer than the text it is made of. */
    reader->cells.max = reader->lines.max;
    if (rc < 0)
        csv_reader_close(reader);
    else
        *out = reader;
    return rc;
}

static bool csv_add_field(struct csv_reader *reader, const char *data, size_t len) {
    struct csv_record *record = &reader->record;

    if (record->count == reader->limits.fields) {
        reader->too_many = true;
        return true;
    }
    if (record->count == reader->fields_cap) {
        size_t cap = reader->fields_cap * 2;
        struct slice *fields = realloc(reader->fields, cap * sizeof *fields);
        if (fields == NULL)
            return false;
        reader->fields = fields;
        reader->fields_cap = cap;
    }
    reader->fields[record->count++] = slice_make(data, len);
    return true;
}

/* libcsv: a cell is complete. Where it lies is not settled before the record's end. */
static void csv_on_field(void *data, size_t len, void *context) {
    struct csv_reader *reader = context;

    if (buf_append(&reader->cells, data, len) < 0 || !csv_add_field(reader, NULL, len))
        reader->nomem = true;
}

static void csv_on_row(int c, void *context) {
    struct csv_reader *reader = context;

    (void)c;
    reader->row_done = true;
}

/* The cells that libcsv made lie one after another in reader->cells. */
static void csv_settle_fields(struct csv_reader *reader, size_t count) {
    const char *at = buf_text(&reader->cells);

    reader->record.count = count;
    for (size_t i = 0; i < count; i++) {
        reader->fields[i].data = at;
        at += reader->fields[i].len;
    }
}

static bool csv_split_plain(struct csv_reader *reader, const char *text, size_t len) {
    const char *end = text + len;

    for (;;) {
        const char *cut = memchr(text, reader->dialect.delimiter, (size_t)(end - text));
        size_t n = (size_t)((cut == NULL ? end : cut) - text);
        if (!csv_add_field(reader, text, n))
            return false;
        if (cut == NULL || reader->too_many)
            return true;
        text = cut + 1;
    }
}

static void csv_fail(struct csv_reader *reader, enum reason reason, size_t column) {
    reader->record.reason = reason;
    reader->record.column = column;
}

#define CSV_DETAIL(reader, ...)                                                          \
    (void)snprintf((reader)->record.detail, sizeof(reader)->record.detail, __VA_ARGS__)

/* libcsv stopped in strict mode at `at` of its line. */
static void csv_fail_quote(struct csv_reader *reader, size_t cell, uint64_t lines_on,
                           const char *text, size_t at) {
    csv_fail(reader, REASON_ROW_QUOTE, cell);
    if (lines_on > 0)
        CSV_DETAIL(reader,
                   "the quote that opens cell %zu is not closed properly: on line %llu, "
                   "byte %zu, a quote is neither doubled nor at the end of a cell",
                   cell + 1, (unsigned long long)(reader->line + lines_on), at + 1);
    else if (text[at] == reader->dialect.quote)
        CSV_DETAIL(reader,
                   "cell %zu holds a quote (byte %zu of the line) but does not begin "
                   "with one",
                   cell + 1, at + 1);
    else
        CSV_DETAIL(reader,
                   "cell %zu goes on after its closing quote (byte %zu of the line)",
                   cell + 1, at + 1);
}

/* Gives one line to libcsv; 1 when the record is complete, 0 when it goes on, RC_INPUT
 * with *at when libcsv finds a stray quote, RC_NOMEM. */
static int csv_feed(struct csv_reader *reader, const char *text, const struct line *line,
                    size_t *at, struct err *err) {
    size_t n =
        csv_parse(&reader->parser, text, line->total, csv_on_field, csv_on_row, reader);

    if (n == line->total && line->total == line->len)
        n += csv_parse(&reader->parser, "\n", 1, csv_on_field, csv_on_row, reader) - 1;
    if (reader->nomem || csv_error(&reader->parser) == CSV_ENOMEM)
        return err_nomem(err);
    if (n != line->total) {
        *at = n;
        return RC_INPUT;
    }
    return reader->row_done;
}

/* A record with a stray quote takes the lines with it that are the rest of its cell. The
 * header does not: without it there are no records. */
static int csv_take_damage(struct csv_reader *reader, const struct line *first,
                           struct err *err) {
    struct csv_record *record = &reader->record;
    size_t said = strlen(record->detail);
    struct csv_damage damage;
    int rc;

    if (record->number == 0 || (reader->expected == 0 && record->number > 1))
        return RC_OK;
    rc = csv_damage_find(&damage, &reader->lines, &reader->dialect, first,
                         reader->expected, reader->limits.record, err);
    if (rc < 0 || damage.lines == 1)
        return rc;
    record->raw.len = damage.len;
    reader->pending = damage.total;
    reader->pending_lines = damage.lines;
    (void)snprintf(record->detail + said, sizeof record->detail - said,
                   "; lines %llu to %llu may be one cell and fail together",
                   (unsigned long long)reader->line,
                   (unsigned long long)(reader->line + damage.lines - 1));
    return RC_OK;
}

/* A record whose first line holds a quote. On return raw and pending say how far it
 * goes: to its end, or to that of the damage when it is bad. */
static int csv_read_quoted(struct csv_reader *reader, const struct line *first,
                           struct err *err) {
    struct csv_record *record = &reader->record;
    struct line line = *first;
    size_t from = 0, at = 0, count_first = 0;
    uint64_t lines = 0;
    int rc;

    (void)csv_fini(&reader->parser, NULL, NULL, NULL); /* back to a record's beginning */
    buf_reset(&reader->cells);
    reader->row_done = false;
    for (;;) {
        rc = csv_feed(reader, lines_text(&reader->lines) + from, &line, &at, err);
        if (rc == RC_NOMEM)
            return rc;
        if (lines == 0)
            count_first = record->count;
        if (rc != 0)
            break;
        from += line.total;
        lines++;
        rc = lines_find(&reader->lines, from, &line, err);
        if (rc < 0)
            return rc;
        if (rc != LINES_LINE || from + line.len > reader->limits.record) {
            csv_fail(reader, REASON_ROW_QUOTE, count_first);
            if (rc == LINES_END)
                CSV_DETAIL(reader, "the quote that opens cell %zu is never closed",
                           count_first + 1);
            else
                CSV_DETAIL(reader,
                           "the quote that opens cell %zu is not closed within %zu bytes",
                           count_first + 1, reader->limits.record);
            break;
        }
    }
    if (rc == RC_INPUT)
        csv_fail_quote(reader, count_first, lines, lines_text(&reader->lines) + from, at);
    if (record->reason != REASON_NONE) {
        csv_settle_fields(reader, count_first);
        return csv_take_damage(reader, first, err);
    }
    csv_settle_fields(reader, record->count);
    record->raw.len = from + line.len;
    reader->pending = from + line.total;
    reader->pending_lines = lines + 1;
    return RC_OK;
}

/* A line that does not fit: its begin is split for the report, what does not fit is read
 * over without being kept. */
static int csv_read_too_long(struct csv_reader *reader, size_t len, struct err *err) {
    struct csv_record *record = &reader->record;
    const char *text = lines_text(&reader->lines);

    (void)csv_fini(&reader->parser, NULL, NULL, NULL);
    buf_reset(&reader->cells);
    reader->row_done = false;
    len = len < reader->limits.record ? len : reader->limits.record;
    (void)csv_parse(&reader->parser, text, len < CSV_SPLIT_MAX ? len : CSV_SPLIT_MAX,
                    csv_on_field, csv_on_row, reader);
    if (reader->nomem || csv_error(&reader->parser) == CSV_ENOMEM)
        return err_nomem(err);
    csv_settle_fields(reader, record->count);
    csv_fail(reader, REASON_ROW_TOO_LARGE, record->count);
    CSV_DETAIL(reader, "the line is longer than %zu bytes, in or after cell %zu",
               reader->limits.record, record->count + 1);
    record->raw.len = len;
    reader->pending = SIZE_MAX; /* the whole line, wherever it ends */
    reader->pending_lines = 1;
    return RC_OK;
}

static void csv_check_encoding(struct csv_reader *reader) {
    struct csv_record *record = &reader->record;
    size_t at = utf8_valid_prefix(record->raw);
    size_t cell = 0;
    char shown[8] = "";

    if (at == record->raw.len)
        return;
    if ((unsigned char)record->raw.data[at] != 0xFF) /* decode.h: else the mark of one */
        (void)snprintf(shown, sizeof shown, "0x%02X, ",
                       (unsigned)(unsigned char)record->raw.data[at]);
    while (cell < record->count &&
           utf8_valid_prefix(record->fields[cell]) == record->fields[cell].len)
        cell++;
    csv_fail(reader, REASON_ROW_ENCODING, cell);
    CSV_DETAIL(reader,
               "cell %zu holds a byte that is not of the file's encoding (%sbyte %llu of "
               "the text)",
               cell + 1, shown, (unsigned long long)(record->offset + at));
}

static void csv_check_nul(struct csv_reader *reader) {
    struct csv_record *record = &reader->record;
    const char *at = memchr(record->raw.data, '\0', record->raw.len);
    size_t cell = 0;

    if (at == NULL)
        return;
    while (cell < record->count &&
           (record->fields[cell].len == 0 ||
            memchr(record->fields[cell].data, '\0', record->fields[cell].len) == NULL))
        cell++;
    csv_fail(reader, REASON_ROW_NUL, cell);
    CSV_DETAIL(reader, "cell %zu holds a NUL byte (byte %llu of the text)", cell + 1,
               (unsigned long long)(record->offset + (uint64_t)(at - record->raw.data)));
}

static void csv_check_size(struct csv_reader *reader) {
    struct csv_record *record = &reader->record;

    if (reader->too_many) {
        csv_fail(reader, REASON_ROW_TOO_LARGE, record->count);
        CSV_DETAIL(reader, "the row has more than %zu cells", reader->limits.fields);
        return;
    }
    if (record->raw.len <= reader->limits.field)
        return;
    for (size_t i = 0; i < record->count; i++)
        if (record->fields[i].len > reader->limits.field) {
            csv_fail(reader, REASON_ROW_TOO_LARGE, i);
            CSV_DETAIL(reader, "cell %zu has %zu bytes, more than %zu", i + 1,
                       record->fields[i].len, reader->limits.field);
            return;
        }
}

/* Some programs end each line but the header with delimiters. Then the first record does
 * so, and the others have the very same number of empty cells too many. Any other number
 * is more likely a delimiter that should have been quoted, in front of empty cells. */
static void csv_drop_padding(struct csv_reader *reader) {
    struct csv_record *record = &reader->record;
    size_t filled = record->count;

    while (filled > reader->expected && record->fields[filled - 1].len == 0)
        filled--;
    if (filled > reader->expected)
        return;
    if (record->number == 1)
        reader->padding = record->count - filled;
    if (record->count - filled == reader->padding)
        record->count = filled;
}

static void csv_check_count(struct csv_reader *reader) {
    struct csv_record *record = &reader->record;
    const char *plural = record->count == 1 ? "" : "s";
    unsigned long long last = reader->line + reader->pending_lines - 1;

    if (reader->expected == 0)
        reader->expected = record->expected = record->count;
    csv_drop_padding(reader);
    if (record->count == reader->expected)
        return;
    csv_fail(reader, REASON_ROW_RAGGED,
             record->count < reader->expected ? record->count : reader->expected);
    if (reader->pending_lines > 1)
        CSV_DETAIL(
            reader,
            "%zu cell%s where there should be %zu, on lines %llu to %llu: perhaps a "
            "quote is missing or one too many",
            record->count, plural, reader->expected, (unsigned long long)reader->line,
            last);
    else
        CSV_DETAIL(reader, "%zu cell%s where there should be %zu", record->count, plural,
                   reader->expected);
}

/* Reads the record that begins with this line. */
static int csv_read_record(struct csv_reader *reader, const struct line *line, bool whole,
                           struct err *err) {
    struct csv_record *record = &reader->record;
    const char *text = lines_text(&reader->lines);
    int rc = RC_OK;

    record->number = reader->number;
    record->line = reader->line;
    record->offset = reader->lines.offset;
    record->count = record->column = 0;
    record->expected = reader->expected;
    record->raw.len = line->len;
    record->reason = REASON_NONE;
    record->detail[0] = '\0';
    reader->too_many = false;
    reader->pending = line->total;
    reader->pending_lines = 1;
    if (!whole || line->len > reader->limits.record)
        rc = csv_read_too_long(reader, line->len, err);
    else if (memchr(text, reader->dialect.quote, line->len) != NULL)
        rc = csv_read_quoted(reader, line, err);
    else if (!csv_split_plain(reader, text, line->len))
        rc = err_nomem(err);
    if (rc < 0)
        return rc;
    record->fields = reader->fields;
    record->raw.data = lines_text(&reader->lines); /* reading on may have moved it */
    reader->number++;
    if (record->reason == REASON_NONE)
        csv_check_size(reader);
    if (record->reason == REASON_NONE)
        csv_check_nul(reader);
    if (record->reason == REASON_NONE)
        csv_check_encoding(reader);
    if (record->reason == REASON_NONE)
        csv_check_count(reader);
    return 1;
}

/* Lets go of the record that was lent out, or of a line that is none. */
static int csv_advance(struct csv_reader *reader, struct err *err) {
    int rc = RC_OK;

    if (reader->pending == SIZE_MAX)
        rc = lines_skip(&reader->lines, err);
    else
        lines_consume(&reader->lines, reader->pending);
    reader->line += reader->pending_lines;
    reader->tally.lines += reader->pending_lines;
    reader->pending = 0;
    reader->pending_lines = 0;
    if (csv_get_buffer_size(&reader->parser) > CSV_ENTRY_KEPT) {
        (void)csv_fini(&reader->parser, NULL, NULL, NULL);
        csv_free(&reader->parser);
        buf_fini(&reader->cells);
    }
    return rc;
}

int csv_reader_next(struct csv_reader *reader, const struct csv_record **record,
                    struct err *err) {
    struct line line;
    int rc;

    *record = NULL;
    for (;;) {
        rc = csv_advance(reader, err);
        if (rc < 0)
            return rc;
        rc = lines_find(&reader->lines, 0, &line, err);
        if (rc <= 0)
            return rc;
        reader->pending = rc == LINES_LINE ? line.total : SIZE_MAX;
        reader->pending_lines = 1;
        if (line.len == 0) {
            reader->tally.blank_lines++;
            continue;
        }
        if (reader->dialect.comment != 0 &&
            *lines_text(&reader->lines) == reader->dialect.comment) {
            reader->tally.comment_lines++;
            continue;
        }
        break;
    }
    rc = csv_read_record(reader, &line, rc == LINES_LINE, err);
    if (rc > 0)
        *record = &reader->record;
    return rc;
}

int csv_reader_skip_line(struct csv_reader *reader, struct err *err) {
    struct line line;
    int rc = csv_advance(reader, err);

    if (rc < 0)
        return rc;
    reader->pending = SIZE_MAX;
    reader->pending_lines = 1;
    rc = csv_advance(reader, err);
    if (rc == RC_OK)
        rc = lines_find(&reader->lines, 0, &line, err);
    if (rc > 0 && line.len >= 3 &&
        memcmp(lines_text(&reader->lines), "\xEF\xBB\xBF", 3) == 0)
        lines_consume(&reader->lines, 3);
    return rc < 0 ? rc : RC_OK;
}

void csv_reader_restart(struct csv_reader *reader, uint64_t offset, uint64_t line,
                        uint64_t number) {
    lines_restart(&reader->lines, offset);
    reader->pending = 0;
    reader->pending_lines = 0;
    reader->line = line;
    reader->number = number;
}

void csv_reader_set_padding(struct csv_reader *reader, size_t cells) {
    reader->padding = cells;
}

size_t csv_reader_padding(const struct csv_reader *reader) {
    return reader->padding;
}

uint64_t csv_reader_number(const struct csv_reader *reader) {
    return reader->number;
}

const struct csv_tally *csv_reader_tally(const struct csv_reader *reader) {
    return &reader->tally;
}

void csv_reader_close(struct csv_reader *reader) {
    if (reader == NULL)
        return;
    csv_free(&reader->parser);
    lines_fini(&reader->lines);
    buf_fini(&reader->cells);
    free(reader->fields);
    free(reader);
}
