/* fuzz_csv.c - any bytes as CSV: what csv.h promises holds for every text.
 *
 * The first four bytes choose dialect, limits and how the text is cut into reads; the
 * rest is the text. Checked: numbers, lines and offsets against a count of our own; raw
 * against the text; a good record is free of NUL, valid UTF-8 and of the right size;
 * every byte between two records is a blank line or a comment; the cut does not matter;
 * a strict reader of RFC 4180, written for this, takes the same records and cells;
 * written again with every cell quoted a good record reads the same; reading on at a
 * record gives that record.
 */
#include "input/csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

struct text {
    struct slice whole;
    size_t at;   /* first byte not given yet */
    size_t step; /* bytes it gives at a time */
};

struct setup {
    struct csv_dialect dialect;
    struct csv_limits limits;
    struct slice text;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int text_read(void *context, char *out, size_t cap, size_t *len, struct err *err) {
    struct text *text = context;
    size_t n = text->whole.len - text->at;

    (void)err;
    n = n < text->step ? n : text->step;
    n = n < cap ? n : cap;
    if (n > 0)
        memcpy(out, text->whole.data + text->at, n);
    text->at += n;
    *len = n;
    return RC_OK;
}

static struct csv_reader *open_reader(const struct setup *setup, struct text *text) {
    struct csv_reader *reader;
    struct err err = {0};

    CHECK(csv_reader_open(&reader, &setup->dialect, &setup->limits, text_read, text,
                          &err) == RC_OK);
    return reader;
}

/* Line ends in a piece of text; a CR in front of an LF is half of one. */
static uint64_t count_lines(struct slice text, uint64_t from, uint64_t to) {
    uint64_t lines = 0;

    for (uint64_t i = from; i < to; i++)
        lines +=
            text.data[i] == '\n' ||
            (text.data[i] == '\r' && (i + 1 == text.len || text.data[i + 1] != '\n'));
    return lines;
}

/* Between two records there are whole blank lines and comments only. */
static void check_gap(const struct setup *setup, uint64_t from, uint64_t to) {
    bool fresh = true, comment = false;

    for (uint64_t i = from; i < to; i++) {
        char c = setup->text.data[i];
        bool end = c == '\n' || c == '\r';
        if (fresh && !end) {
            CHECK(setup->dialect.comment != 0 && c == setup->dialect.comment);
            comment = true;
        }
        CHECK(end || comment);
        fresh = end;
        comment = comment && !end;
    }
}

/* The record written anew, alone, reads as the same cells. */
static void check_rewritten(const struct setup *setup, const struct csv_record *record) {
    char quote = setup->dialect.quote;
    struct buf out = {.max = 1 << 20};
    struct setup again = *setup;
    struct text text = {.step = 1 << 20};
    const struct csv_record *read;
    struct csv_reader *reader;
    struct err err = {0};

    for (size_t i = 0; i < record->count; i++) {
        struct slice cell = record->fields[i];
        size_t need = csv_write2(NULL, 0, cell.data, cell.len, (unsigned char)quote);
        char *to;
        if (i > 0)
            CHECK(buf_append_char(&out, setup->dialect.delimiter) == RC_OK);
        if (need == 0) { /* csv_write2() knows no cell without an address */
            CHECK(buf_append_char(&out, quote) == RC_OK);
            CHECK(buf_append_char(&out, quote) == RC_OK);
            continue;
        }
        to = buf_reserve(&out, need);
        CHECK(to != NULL);
        buf_commit(&out, csv_write2(to, need, cell.data, cell.len, (unsigned char)quote));
    }
    again.limits = (struct csv_limits){0};
    text.whole = again.text = buf_slice(&out);
    reader = open_reader(&again, &text);
    CHECK(csv_reader_next(reader, &read, &err) == 1);
    CHECK(read->reason == REASON_NONE && read->count == record->count);
    for (size_t i = 0; i < record->count; i++)
        CHECK(slice_equal(read->fields[i], record->fields[i]));
    CHECK(csv_reader_next(reader, &read, &err) == 0);
    csv_reader_close(reader);
    buf_fini(&out);
}

static void check_record(const struct setup *setup, const struct csv_record *record) {
    CHECK(record->raw.len <= setup->limits.record);
    CHECK(record->count <= setup->limits.fields);
    CHECK(record->column <= record->count);
    CHECK((record->reason != REASON_NONE) == (record->detail[0] != '\0'));
    CHECK(memchr(record->detail, '\0', sizeof record->detail) != NULL);
    if (record->reason != REASON_NONE)
        return;
    CHECK(record->count == record->expected);
    for (size_t i = 0; i < record->count; i++) {
        struct slice cell = record->fields[i];
        CHECK(cell.len <= setup->limits.field);
        CHECK(cell.len == 0 || memchr(cell.data, '\0', cell.len) == NULL);
        CHECK(utf8_valid_prefix(cell) == cell.len);
    }
}

static uint64_t hash_number(uint64_t seed, uint64_t number) {
    return digest_fnv(seed, slice_make((const char *)&number, sizeof number));
}

/* Bytes of the line end at this place of the text. */
static uint64_t line_end(struct slice text, uint64_t at) {
    if (at < text.len && text.data[at] == '\r')
        return at + 1 < text.len && text.data[at + 1] == '\n' ? 2 : 1;
    return at < text.len && text.data[at] == '\n';
}

/* The record that begins at `at`, character by character and by the letter of RFC 4180
 * (any line end, any delimiter): false when a quote stands where none can or is never
 * closed. cells: one after another, each behind its length; end: of its text. */
static bool read_strictly(const struct setup *setup, uint64_t at, struct buf *cells,
                          size_t *count, uint64_t *end) {
    char quote = setup->dialect.quote, delimiter = setup->dialect.delimiter;
    struct slice text = setup->text;
    struct buf cell = {.max = 1 << 20};
    bool good = true, more = true;

    for (*count = 0; good && more; (*count)++) {
        buf_reset(&cell);
        if (at < text.len && text.data[at] == quote) {
            for (at++; at < text.len; at++) {
                if (text.data[at] == quote &&
                    (at + 1 == text.len || text.data[at + 1] != quote))
                    break;
                CHECK(buf_append_char(&cell, text.data[at]) == RC_OK);
                at += text.data[at] == quote;
            }
            good = at++ < text.len;
        } else {
            for (; at < text.len && text.data[at] != delimiter && line_end(text, at) == 0;
                 at++) {
                good = good && text.data[at] != quote;
                CHECK(buf_append_char(&cell, text.data[at]) == RC_OK);
            }
        }
        CHECK(buf_append(cells, &cell.len, sizeof cell.len) == RC_OK);
        CHECK(buf_append_slice(cells, buf_slice(&cell)) == RC_OK);
        more = at < text.len && text.data[at] == delimiter;
        good = good && (more || at >= text.len || line_end(text, at) > 0);
        *end = at++;
    }
    buf_fini(&cell);
    return good;
}

/* What csv.h says of a record against the strict reader. */
static void check_strictly(const struct setup *setup, const struct csv_record *record) {
    struct buf cells = {.max = 1 << 21};
    const char *at;
    uint64_t end;
    size_t count;
    bool good = read_strictly(setup, record->offset, &cells, &count, &end);

    if (record->reason == REASON_ROW_QUOTE)
        CHECK(!good || end - record->offset > setup->limits.record);
    else if (record->reason != REASON_ROW_TOO_LARGE)
        CHECK(good && end == record->offset + record->raw.len);
    if (record->reason == REASON_ROW_RAGGED)
        CHECK(count != record->expected);
    at = buf_text(&cells);
    for (size_t i = 0; record->reason == REASON_NONE && i < count; i++) {
        size_t len;
        memcpy(&len, at, sizeof len);
        if (i < record->count) /* what is beyond is padding */
            CHECK(slice_equal(record->fields[i], slice_make(at + sizeof len, len)));
        else
            CHECK(len == 0);
        at += sizeof len + len;
    }
    buf_fini(&cells);
}

/* What a record is, as a number; where it lies included. */
static uint64_t hash_record(uint64_t seed, const struct csv_record *record) {
    seed = hash_number(seed, record->number);
    seed = hash_number(seed, record->line);
    seed = hash_number(seed, record->offset);
    seed = hash_number(seed, (uint64_t)record->reason);
    seed = hash_number(seed, record->column);
    seed = digest_fnv(seed, record->raw);
    for (size_t i = 0; i < record->count; i++)
        seed = digest_fnv(hash_number(seed, record->fields[i].len), record->fields[i]);
    return seed;
}

/* Where a record is over: raw is cut in a line that is too long. */
static uint64_t record_end(const struct setup *setup, const struct csv_record *record) {
    uint64_t at = record->offset + record->raw.len;

    if (record->reason == REASON_ROW_TOO_LARGE)
        while (at < setup->text.len && line_end(setup->text, at) == 0)
            at++;
    CHECK(at == setup->text.len || line_end(setup->text, at) > 0);
    return at + line_end(setup->text, at);
}

/* Reads all of it; `chosen` gets the hash of the record of that number. */
static uint64_t read_all(const struct setup *setup, size_t step, uint64_t *chosen,
                         uint64_t number, struct csv_record *where) {
    struct text text = {setup->text, 0, step};
    struct csv_reader *reader = open_reader(setup, &text);
    uint64_t seed = DIGEST_FNV_SEED, records = 0, end = 0, lines = 0;
    const struct csv_record *record;
    struct err err = {0};
    int rc;

    while ((rc = csv_reader_next(reader, &record, &err)) > 0) {
        CHECK(record->offset >= end);
        lines += count_lines(setup->text, end, record->offset);
        CHECK(record->number == records + (setup->dialect.no_header ? 1 : 0));
        CHECK(record->line == lines + 1);
        check_gap(setup, end, record->offset);
        CHECK(record->raw.len > 0 && record->offset + record->raw.len <= setup->text.len);
        CHECK(memcmp(record->raw.data, setup->text.data + record->offset,
                     record->raw.len) == 0);
        check_record(setup, record);
        if (step > 64)
            check_strictly(setup, record);
        if (record->reason == REASON_NONE && step > 64)
            check_rewritten(setup, record);
        if (record->number == number) {
            *chosen = hash_record(DIGEST_FNV_SEED, record);
            *where = *record;
        }
        seed = hash_record(seed, record);
        end = record_end(setup, record);
        lines += count_lines(setup->text, record->offset, end);
        records++;
    }
    CHECK(rc == 0);
    check_gap(setup, end, setup->text.len);
    lines += count_lines(setup->text, end, setup->text.len);
    if (setup->text.len > 0 && line_end(setup->text, setup->text.len - 1) == 0)
        lines++;
    CHECK(csv_reader_tally(reader)->lines == lines);
    csv_reader_close(reader);
    return seed;
}

/* Reading on in front of a record gives it again; the record before told how many cells
 * there must be, so this reader has to read the first good one too. */
static void check_restart(const struct setup *setup, uint64_t number, uint64_t hash,
                          const struct csv_record *where) {
    struct text text = {setup->text, 0, 7};
    struct csv_reader *reader = open_reader(setup, &text);
    const struct csv_record *record;
    struct err err = {0};

    while (csv_reader_next(reader, &record, &err) > 0 && record->number < number)
        ;
    text.at = (size_t)where->offset;
    csv_reader_restart(reader, where->offset, where->line, number);
    CHECK(csv_reader_next(reader, &record, &err) == 1);
    CHECK(hash_record(DIGEST_FNV_SEED, record) == hash);
    csv_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char delimiters[] = {',', ';', '\t', '|', ' ', 'a', '1', '\\'};
    struct csv_record where = {0};
    struct setup setup = {{0}, {0}, {NULL, 0}};
    uint64_t first, chosen = 0, ignored = 0, number;

    if (size < 4)
        return 0;
    setup.dialect.delimiter = delimiters[data[0] % 8];
    setup.dialect.quote = data[0] & 8 ? '\'' : '"';
    setup.dialect.comment = data[0] & 16 ? '#' : 0;
    setup.dialect.no_header = (data[0] & 32) != 0;
    setup.limits.field = data[0] & 64 ? 8 : 1 << 16;
    setup.limits.record = data[0] & 128 ? 16 : 1 << 16;
    setup.limits.fields = data[1] % 16 == 0 ? 3 : 1 << 12;
    setup.text = slice_make((const char *)data + 4, size - 4);
    number = data[3];
    first = read_all(&setup, 1 << 20, &chosen, number, &where);
    CHECK(read_all(&setup, 1 + data[2] % 40u, &ignored, number, &where) == first);
    if (chosen != 0)
        check_restart(&setup, number, chosen, &where);
    return 0;
}
