/* test_csvout.c - quoting, line ends, and that libcsv reads back what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "state/csvout.h"

enum { CELLS_MAX = 8, TEXT_MAX = 1 << 20 };

static char folder[64];
static char path[128];

static int setup(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_csvout.XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out.csv", folder);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static size_t read_back(char *text) {
    FILE *file = fopen(path, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, TEXT_MAX - 1, file);
    text[len] = '\0';
    assert_int_equal(fclose(file), 0);
    return len;
}

struct row {
    const char *cells[CELLS_MAX]; /* NULL = null; ends with the count */
    size_t count;
};

static void write_rows(const struct csvout_options *options, const struct row *rows,
                       size_t count) {
    struct csvout_options mine = options != NULL ? *options : (struct csvout_options){0};
    struct csvout *csv = NULL;

    mine.file.force = true;
    assert_int_equal(csvout_open(&csv, path, &mine, NULL), RC_OK);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < rows[i].count; j++) {
            const char *cell = rows[i].cells[j];
            assert_int_equal(cell == NULL ? csvout_null(csv, NULL)
                                          : csvout_cell(csv, slice_of(cell), NULL),
                             RC_OK);
        }
        assert_int_equal(csvout_end(csv, NULL), RC_OK);
    }
    assert_int_equal(csvout_records(csv), count);
    assert_int_equal(csvout_commit(csv, NULL), RC_OK);
    csvout_close(csv);
}

static void test_quoting(void **state) {
    static const struct {
        struct csvout_options options;
        struct row row;
        const char *text;
    } cases[] = {
        {{0}, {{"a", "b", "c"}, 3}, "a,b,c\n"},
        {{0}, {{"a,b", "c;d", "x\"y"}, 3}, "\"a,b\",c;d,\"x\"\"y\"\n"},
        {{.delimiter = ';'}, {{"a,b", "c;d"}, 2}, "a,b;\"c;d\"\n"},
        {{.delimiter = '\t'}, {{"a\tb", "c"}, 2}, "\"a\tb\"\tc\n"},
        {{.quote = '\''}, {{"a\"b", "c'd"}, 2}, "a\"b,'c''d'\n"},
        {{0}, {{"a\nb", "c\rd", "e\r\nf"}, 3}, "\"a\nb\",\"c\rd\",\"e\r\nf\"\n"},
        {{0}, {{" a", "b ", "c d", "\te"}, 4}, "\" a\",\"b \",c d,\"\te\"\n"},
        {{0},
         {{"\"", "\"\"", "a\"\"b\""}, 3},
         "\"\"\"\",\"\"\"\"\"\",\"a\"\"\"\"b\"\"\"\n"},
        {{0}, {{"", NULL, "x"}, 3}, ",,x\n"},
        {{.quote_empty = true}, {{"", NULL, "x", ""}, 4}, "\"\",,x,\"\"\n"},
        {{.quote_all = true}, {{"a", NULL, "", "1"}, 4}, "\"a\",,\"\",\"1\"\n"},
        {{.crlf = true}, {{"a", "b\n"}, 2}, "a,\"b\n\"\r\n"},
        {{.bom = true},
         {{"a"}, 1},
         "\xEF\xBB\xBF"
         "a\n"},
        {{0}, {{"#a", "#b"}, 2}, "#a,#b\n"},
        {{.comment = '#'}, {{"#a", "#b"}, 2}, "\"#a\",#b\n"},
        {{0}, {{"sep=;", "sep="}, 2}, "\"sep=;\",sep=\n"},
        {{0}, {{"\xEF\xBB\xBFx"}, 1}, "\"\xEF\xBB\xBFx\"\n"},
        /* a record that would be a blank line */
        {{0}, {{""}, 1}, "\"\"\n"},
        {{0}, {{NULL}, 1}, "\"\"\n"},
        {{0}, {{NULL}, 0}, "\"\"\n"},
        {{.quote_empty = true}, {{""}, 1}, "\"\"\n"},
        {{.quote_all = true}, {{""}, 1}, "\"\"\n"},
        {{0}, {{"", ""}, 2}, ",\n"},
    };
    static char text[TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)unlink(path);
        write_rows(&cases[i].options, &cases[i].row, 1);
        (void)read_back(text);
        if (strcmp(text, cases[i].text) != 0)
            fail_msg("case %zu: %s", i, text);
    }
}

/* Only the first record can be taken for `sep=` or a byte order mark. */
static void test_later_records(void **state) {
    static const struct row rows[] = {
        {{"name"}, 1}, {{"sep=;"}, 1}, {{"\xEF\xBB\xBFx"}, 1}, {{"#"}, 1}};
    static const struct csvout_options options = {.comment = '#'};
    static char text[TEXT_MAX];

    (void)state;
    write_rows(&options, rows, sizeof rows / sizeof *rows);
    (void)read_back(text);
    assert_string_equal(text, "name\nsep=;\n\xEF\xBB\xBFx\n\"#\"\n");
}

/* What libcsv in strict mode reads is gathered as "cell|cell$". */
static void on_cell(void *cell, size_t len, void *gathered) {
    (void)buf_append_format(gathered, "%zu:", len);
    (void)buf_append(gathered, cell, len);
}

static void on_record(int c, void *gathered) {
    (void)c;
    (void)buf_append_char(gathered, '$');
}

static void test_round_trip(void **state) {
    static const char alphabet[] = "ab,;\"\"\n\r #'\t\0\xC3\xA9";
    static char text[TEXT_MAX];
    struct csvout_options options = {.file = {.force = true}};
    unsigned seed = 42;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct buf expected = {.max = TEXT_MAX}, got = {.max = TEXT_MAX};
        struct csvout *csv = NULL;
        struct csv_parser parser;
        size_t len;
        options.crlf = round % 2 == 1;
        options.quote_all = round % 3 == 1;
        options.delimiter = round % 5 == 1 ? ';' : ',';
        assert_int_equal(csvout_open(&csv, path, &options, NULL), RC_OK);
        for (int record = 0; record < 40; record++) {
            size_t cells = 1 + (size_t)rand_r(&seed) % CELLS_MAX;
            for (size_t i = 0; i < cells; i++) {
                char cell[12];
                size_t size = (size_t)rand_r(&seed) % sizeof cell;
                for (size_t j = 0; j < size; j++)
                    cell[j] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
                assert_int_equal(csvout_cell(csv, slice_make(cell, size), NULL), RC_OK);
                on_cell(cell, size, &expected);
            }
            assert_int_equal(csvout_end(csv, NULL), RC_OK);
            on_record(0, &expected);
        }
        assert_int_equal(csvout_commit(csv, NULL), RC_OK);
        csvout_close(csv);

        len = read_back(text);
        assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
        csv_set_delim(&parser, (unsigned char)options.delimiter);
        csv_set_space_func(&parser, NULL);
        assert_int_equal(csv_parse(&parser, text, len, on_cell, on_record, &got), len);
        assert_int_equal(csv_fini(&parser, on_cell, on_record, &got), 0);
        csv_free(&parser);
        assert_int_equal(got.len, expected.len);
        assert_memory_equal(got.data, expected.data, got.len);
        buf_fini(&expected);
        buf_fini(&got);
    }
}

static void test_bad_dialects(void **state) {
    static const struct csvout_options cases[] = {
        {.delimiter = '"'},    {.quote = ','},
        {.comment = ','},      {.comment = '"'},
        {.delimiter = '\n'},   {.quote = '\r'},
        {.delimiter = '\xA7'}, {.delimiter = ';', .quote = ';'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct csvout *csv = NULL;
        struct err err = {0};
        assert_int_equal(csvout_open(&csv, path, &cases[i], &err), RC_USAGE);
        assert_null(csv);
        assert_int_equal(access(path, F_OK), -1);
    }
}

static void test_failures(void **state) {
    struct csvout *csv = NULL;
    struct err err = {0};
    int rc = RC_OK;

    (void)state;
    assert_int_equal(csvout_open(&csv, path, NULL, NULL), RC_OK);
    assert_int_equal(csvout_cell(csv, slice_of("half"), NULL), RC_OK);
    assert_int_equal(csvout_commit(csv, &err), RC_USAGE); /* record not ended */
    csvout_close(csv);
    assert_int_equal(access(path, F_OK), -1);

    err_clear(&err);
    assert_int_equal(csvout_open(&csv, "/dev/full", NULL, NULL), RC_OK);
    for (int i = 0; i < 100000 && rc == RC_OK; i++) {
        rc = csvout_cell(csv, slice_of("0123456789"), &err);
        if (rc == RC_OK)
            rc = csvout_end(csv, &err);
    }
    assert_int_equal(rc, RC_LOCAL);
    assert_non_null(strstr(err.message, "No space left"));
    assert_int_equal(csvout_commit(csv, NULL) < 0, 1);
    csvout_close(csv);
    csvout_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quoting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_later_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_dialects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
