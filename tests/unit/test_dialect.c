/* The delimiter of files as people have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "input/dialect.h"

static const struct {
    const char *text;
    char delimiter;
    bool separator_line;
} texts[] = {
    {"", ',', false},
    {"Name\nMiller\nSmith\n", ',', false},
    {"a,b\n1,2\n", ',', false},
    {"a;b\n1;2\n", ';', false},
    {"a\tb\n1\t2\n", '\t', false},
    {"a|b\n1|2\n", '|', false},
    {"a;b\r1;2\r", ';', false},
    {"a;b", ';', false}, /* a header only */
    /* decimal commas, commas in names and in text */
    {"Name;Umsatz\nMeier;1,50\nSchmidt;2,75\n", ';', false},
    {"Name;Ort\nMeier, Hans;Berlin\nSchmidt, Eva;Bonn\n", ';', false},
    {"Name, Vorname;Umsatz;Ort\nMeier, Hans;1,50;Bonn\nSchmidt, Eva;2,00;Ulm\n", ';',
     false},
    {"id;note\n1;a, b, c, d\n2;no\n3;e, f\n", ';', false},
    {"a,b,c\n1;2,x,y\n3;4,x,y\n", ',', false},
    {"mail\tname\na@example.org\tMeier, Hans; Dr.\n", '\t', false},
    /* inside quotes nothing counts */
    {"\"a,b,c,d\";\"e\"\n\"1,2,3,4\";\"5\"\n", ';', false},
    {"\"a;b;c;d\",\"e\"\n\"1;2\n;3;4\",\"5\"\n", ',', false},
    {"a;b\n\"x, \"\"y\"\", z\";1\n\"x\";2\n", ';', false},
    /* a few ragged rows and stray quotes do not sway it */
    {"a;b;c\n1;2;3\n1;2\n5\";6;7\n1;2;3\n4,5;6;7\n", ';', false},
    /* one column with commas in it: the header says one column */
    {"Notiz\nHallo, wie geht es?\nGut, danke\n", ',', false},
    {"a;b\n", ';', false},
    /* two that do equally well: the first of , ; TAB | */
    {"a,b;c\n1,2;3\n", ',', false},
    /* a line that says so */
    {"sep=;\na,b\n1,2\n", ';', true},
    {"SEP=|\r\na,b\n", '|', true},
    {"sep=\t\na\tb\n", '\t', true},
    {"\"sep=,\"\na;b\n1;2\n", ',', true},
    {"sep=;", ';', true},
    {"sep=;x\na;b\n", ';', false},
    {"sep=\na;b\n", ',', false},
    {"sep\na\n", ',', false},
};

static void test_delimiters(void **state) {
    const struct csv_dialect given = {0};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct csv_dialect dialect;
        struct err err = {0};
        bool separator_line;
        assert_int_equal(dialect_detect(&dialect, &separator_line, &given,
                                        slice_of(texts[i].text), true, &err),
                         RC_OK);
        if (dialect.delimiter != texts[i].delimiter)
            fail_msg("case %zu: '%c'", i, dialect.delimiter);
        assert_int_equal(separator_line, texts[i].separator_line);
        assert_int_equal(dialect.quote, '"');
        assert_int_equal(dialect.comment, 0);
    }
}

/* What was given is kept, and used for finding the rest. */
static void test_given(void **state) {
    static const struct {
        struct csv_dialect given;
        const char *text;
        char delimiter;
    } cases[] = {
        {{.delimiter = '|'}, "a;b\n1;2\n", '|'},
        {{.delimiter = '|'}, "sep=;\na;b\n1;2\n", '|'},
        {{.delimiter = ':'}, "a;b\n1;2\n", ':'},
        {{.quote = '\''}, "'a,b,c';d\n'1,2,3';4\n", ';'},
        {{.comment = '#'}, "# a, b, c, d\n#,\na;b\n1;2\n", ';'},
        {{.no_header = true}, "1;2\n3;4\n", ';'},
        {{.quote = ';'}, "a|b\n;1,2;|2\n", '|'},
        {{.comment = ','}, "a|b\n,x\n1|2\n", '|'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct csv_dialect dialect;
        struct err err = {0};
        bool separator_line;
        assert_int_equal(dialect_detect(&dialect, &separator_line, &cases[i].given,
                                        slice_of(cases[i].text), true, &err),
                         RC_OK);
        if (dialect.delimiter != cases[i].delimiter)
            fail_msg("case %zu: '%c'", i, dialect.delimiter);
        assert_int_equal(dialect.quote,
                         cases[i].given.quote == 0 ? '"' : cases[i].given.quote);
        assert_int_equal(dialect.comment, cases[i].given.comment);
        assert_int_equal(dialect.no_header, cases[i].given.no_header);
    }
}

static void test_impossible(void **state) {
    const struct csv_dialect given = {.delimiter = '"'};
    struct csv_dialect dialect;
    struct err err = {0};
    bool separator_line;

    (void)state;
    assert_int_equal(
        dialect_detect(&dialect, &separator_line, &given, slice_of("a"), true, &err),
        RC_USAGE);
    assert_non_null(strstr(err.message, "delimiter"));
}

/* The record that the end of the sample cuts does not count. */
static void test_cut_sample(void **state) {
    const struct csv_dialect given = {0};
    const char *text = "a;b;c,d\n1;2;3,4\n1;2;3,4";

    (void)state;
    for (size_t len = 16; len <= strlen(text); len++) {
        struct csv_dialect dialect;
        struct err err = {0};
        bool separator_line;
        assert_int_equal(dialect_detect(&dialect, &separator_line, &given,
                                        slice_make(text, len), false, &err),
                         RC_OK);
        assert_int_equal(dialect.delimiter, ';');
    }
}

/* A full sample of hostile bytes is looked at in no time, and gives some delimiter. */
static void test_hostile_samples(void **state) {
    static const char *const patterns[] = {"\"", "\"\n", ",;\t|", "x", "\"x\n,", "\r\n"};
    const struct csv_dialect given = {0};

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct buf sample = {.max = DIALECT_SAMPLE};
        struct csv_dialect dialect;
        struct err err = {0};
        bool separator_line;
        while (buf_append_text(&sample, patterns[i]) == RC_OK)
            ;
        assert_int_equal(dialect_detect(&dialect, &separator_line, &given,
                                        buf_slice(&sample), false, &err),
                         RC_OK);
        assert_non_null(strchr(",;\t|", dialect.delimiter));
        buf_fini(&sample);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimiters),      cmocka_unit_test(test_given),
        cmocka_unit_test(test_impossible),      cmocka_unit_test(test_cut_sample),
        cmocka_unit_test(test_hostile_samples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
