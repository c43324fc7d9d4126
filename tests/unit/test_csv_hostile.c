/* Texts that want memory or time, a source that fails, and libcsv as the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <csv.h>
#include <malloc.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "csv_text.h"
#include "input/csv.h"

static const struct csv_dialect comma = {.delimiter = ',', .quote = '"'};
static const struct csv_limits defaults = {0};

/* What libcsv itself makes of a text, without lines, limits or a fast path. */
struct reference {
    struct buf shown;
    bool open; /* in a record */
};

static void reference_field(void *data, size_t len, void *context) {
    struct reference *reference = context;

    (void)buf_append_text(&reference->shown, reference->open ? "|" : "[");
    show_cell(&reference->shown, slice_make(data, len));
    reference->open = true;
}

static void reference_row(int c, void *context) {
    struct reference *reference = context;

    (void)c;
    (void)buf_append_text(&reference->shown, "]");
    reference->open = false;
}

static int reference_space(unsigned char c) {
    (void)c;
    return 0;
}

/* Random texts of whole cells, so that libcsv can read them at one go: both agree. */
static void test_agrees_with_libcsv(void **state) {
    static const char *const cells[] = {"",         "a",        "b c",      " ",
                                        "\"\"",     "\"a,b\"",  "\"\n\"",   "\"x\"\"y\"",
                                        "\"\r\n\"", "\"\"\"\"", "\xC3\xA4", "\t;|"};
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    static const struct csv_dialect bare = {
        .delimiter = ',', .quote = '"', .no_header = true}; /* no padding is cut off */
    uint32_t x = 12345;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct reference reference = {.shown = {.max = 1 << 20}};
        struct buf text = {.max = 1 << 20}, out = {.max = 1 << 20};
        struct csv_parser parser;
        struct text source;
        const struct csv_record *record;
        struct csv_reader *reader;
        struct err err = {0};
        for (int line = 0; line < 6; line++) {
            int count = 2 + (int)(x % 3);
            for (int i = 0; i < count; i++) {
                x = x * 1664525u + 1013904223u;
                (void)buf_append_text(&text, i > 0 ? "," : "");
                (void)buf_append_text(&text, cells[(x >> 16) % 12]);
            }
            (void)buf_append_text(&text, ends[(x >> 8) % 3]);
        }
        (void)csv_init(&parser, CSV_STRICT);
        csv_set_space_func(&parser, reference_space);
        assert_int_equal(csv_parse(&parser, text.data, text.len, reference_field,
                                   reference_row, &reference),
                         text.len);
        (void)csv_fini(&parser, reference_field, reference_row, &reference);
        csv_free(&parser);
        source.left = buf_slice(&text);
        source.step = 1 + x % 40;
        assert_int_equal(
            csv_reader_open(&reader, &bare, &defaults, text_read, &source, &err), RC_OK);
        while (csv_reader_next(reader, &record, &err) > 0) {
            for (size_t i = 0; i < record->count; i++) {
                (void)buf_append_text(&out, i > 0 ? "|" : "[");
                show_cell(&out, record->fields[i]);
            }
            (void)buf_append_text(&out, "]");
        }
        csv_reader_close(reader);
        assert_string_equal(buf_text(&out), buf_text(&reference.shown));
        buf_fini(&out);
        buf_fini(&text);
        buf_fini(&reference.shown);
    }
}

/* A text that is never held: `line` bytes of x, or of the pattern, then a good record. */
struct flood {
    uint64_t left;
    const char *pattern;
    size_t at;        /* in pattern */
    const char *tail; /* what comes at last */
};

static int flood_read(void *context, char *out, size_t cap, size_t *len,
                      struct err *err) {
    struct flood *flood = context;
    size_t n = flood->left < cap ? (size_t)flood->left : cap;

    (void)err;
    if (n == 0) {
        *len = strlen(flood->tail);
        memcpy(out, flood->tail, *len);
        flood->tail = "";
        return RC_OK;
    }
    if (flood->pattern[1] == '\0')
        memset(out, flood->pattern[0], n);
    else
        for (size_t i = 0; i < n; i++) {
            out[i] = flood->pattern[flood->at];
            flood->at = flood->pattern[flood->at + 1] == '\0' ? 0 : flood->at + 1;
        }
    flood->left -= n;
    *len = n;
    return RC_OK;
}

/* Texts that want to be held in memory as a whole, or looked at again and again. */
static void test_flat_memory(void **state) {
    static const struct {
        const char *pattern;
        uint64_t size;
    } floods[] = {
        {"x", 300u << 20},        /* one line */
        {"\"", 64u << 20},        /* one line of quotes */
        {",", 64u << 20},         /* one record of many cells */
        {"\r", 16u << 20},        /* blank lines */
        {"\"x\n", 3u << 20},      /* a quote that opens on each line */
        {"\",\n", 3u << 20},      /* one that opens, one that closes */
        {"a,\"\"\"\n", 3u << 20}, /* odd and doubled */
        {"\"\"\n\"\n", 3u << 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++) {
        struct flood flood = {floods[i].size, floods[i].pattern, 0, "\n\"1\",2\n"};
        const struct csv_record *record;
        struct csv_reader *reader;
        uint64_t records = 0, bytes = 0;
        struct err err = {0};
        struct mallinfo2 heap;
        int rc;
        assert_int_equal(
            csv_reader_open(&reader, &comma, &defaults, flood_read, &flood, &err), RC_OK);
        while ((rc = csv_reader_next(reader, &record, &err)) > 0) {
            assert_true(record->raw.len <= 8u << 20);
            assert_int_equal(record->number, records);
            records++;
            bytes = record->offset + record->raw.len + 1;
        }
        assert_int_equal(rc, 0);
        assert_int_equal(bytes, floods[i].size + 7); /* up to the last record */
        /* The reader gives nothing back before it is closed: this is the most it had. A
         * memory checker's malloc() counts nothing here. */
        heap = mallinfo2();
        assert_true(heap.uordblks + heap.hblkhd < 28u << 20);
        csv_reader_close(reader);
    }
}

/* Quotes that are not closed must not cost a look through the cap for each of them: 20 MB
 * with 100,000 of them, where the next one is always near, are looked at twice. */
static void test_unclosed_quotes_take_linear_time(void **state) {
    enum { LINES = 2000000 };
    struct buf text = {.max = 32 << 20};
    const struct csv_record *record;
    struct csv_reader *reader;
    struct err err = {0};
    struct text source;
    clock_t began;

    (void)state;
    assert_non_null(buf_reserve(&text, 11 * LINES));
    for (int i = 0; i < LINES; i++)
        (void)buf_append_text(&text, i % 20 == 0 ? "1,\"x\n" : "123456,890\n");
    source.left = buf_slice(&text);
    source.step = 1 << 20;
    assert_int_equal(
        csv_reader_open(&reader, &comma, &defaults, text_read, &source, &err), RC_OK);
    began = clock();
    while (csv_reader_next(reader, &record, &err) > 0)
        assert_true(record->reason == REASON_NONE || record->reason == REASON_ROW_QUOTE);
    assert_true(clock() - began < 20 * CLOCKS_PER_SEC); /* quadratic: minutes */
    assert_int_equal(csv_reader_tally(reader)->lines, LINES);
    csv_reader_close(reader);
    buf_fini(&text);
}

static int failing_read(void *context, char *out, size_t cap, size_t *len,
                        struct err *err) {
    int *calls = context;

    (void)cap;
    if (++*calls == 3)
        return err_set(err, RC_INPUT, "the disk is gone");
    *len = 2;
    memcpy(out, *calls == 1 ? "\"1" : "2\n", *len);
    return RC_OK;
}

static void test_read_error_is_no_end(void **state) {
    const struct csv_record *record;
    struct csv_reader *reader;
    struct err err = {0};
    int calls = 0;

    (void)state;
    assert_int_equal(
        csv_reader_open(&reader, &comma, &defaults, failing_read, &calls, &err), RC_OK);
    assert_int_equal(csv_reader_next(reader, &record, &err), RC_INPUT);
    assert_null(record);
    assert_string_equal(err.message, "the disk is gone");
    csv_reader_close(reader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_libcsv),
        cmocka_unit_test(test_flat_memory),
        cmocka_unit_test(test_unclosed_quotes_take_linear_time),
        cmocka_unit_test(test_read_error_is_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
