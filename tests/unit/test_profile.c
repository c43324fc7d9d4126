/* What the cells of a column look like: type, format, marks, distinct values, flaws. */
#include "model_fixture.h"

#include "model/profile.h"
#include "model/profile_cell.h"

#include <string.h>

/* A profile of "a|b|c", each cell as often as times. */
static struct column_profile *profile_of(const char *cells, size_t times) {
    struct slice list[FIXTURE_CELLS];
    size_t count = fixture_cells(cells, list);
    struct column_profile *profile = profile_new(NULL);
    uint64_t line = 2;

    assert_non_null(profile);
    for (size_t t = 0; t < times; t++)
        for (size_t i = 0; i < count; i++)
            assert_int_equal(profile_add(profile, list[i], line++), RC_OK);
    return profile;
}

struct type_case {
    const char *name, *cells;
    enum profile_type type;
    uint64_t fitting;
};

static void test_types(void **state) {
    static const struct type_case cases[] = {
        {"x", "", PROFILE_EMPTY, 0},
        {"x", " |\t|", PROFILE_EMPTY, 0},
        {"x", "red|green|blue", PROFILE_TEXT, 3},
        {"x", "red|red|red|green|red|green|green", PROFILE_ENUM, 7},
        {"x", "yes|no|yes", PROFILE_BOOL, 3},
        {"x", "ja|nein", PROFILE_BOOL, 2},
        {"x", "x||x", PROFILE_BOOL, 2},
        {"x", "1|0", PROFILE_BOOL, 2},
        {"x", "1|1|1", PROFILE_INTEGER, 3},
        {"x", "12|-7|3000", PROFILE_INTEGER, 3},
        {"x", "1.5|2|3.25", PROFILE_DECIMAL, 3},
        {"x", "1.234,50|12", PROFILE_DECIMAL, 2},
        {"x", "EUR 12.50|EUR 3|USD 1", PROFILE_AMOUNT, 3},
        {"x", "2024-02-29|2024-12-31", PROFILE_DATE, 2},
        {"x", "2024-02-30|no|no way", PROFILE_TEXT, 3},
        {"x", "31.12.2024|1.2.2024", PROFILE_DATE, 2},
        {"x", "2024-02-29 10:00|2024-02-29 23:59", PROFILE_DATETIME, 2},
        {"x", "a@b.example|c.d@e.example", PROFILE_EMAIL, 2},
        {"x", "a@b.example|c.d@e.example|no", PROFILE_TEXT, 3},
        {"x", "+49 30 901820|+1 202 555 0143", PROFILE_PHONE, 2},
        {"x", "493012345678|493012345679", PROFILE_INTEGER, 2},
        {"Mobile", "493012345678|493012345679", PROFILE_PHONE, 2},
        {"x", "https://a.example/|www.b.example", PROFILE_URL, 2},
        {"PLZ", "01067|50667", PROFILE_TEXT, 2},
        {"x", "5e00000000000ad01|5e00000000000b001", PROFILE_ID, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column_profile *profile = profile_of(cases[i].cells, 1);
        struct profile_summary s;
        profile_summarize(profile, slice_of(cases[i].name), &s);
        if (s.type != cases[i].type || s.fitting != cases[i].fitting)
            fail_msg("'%s' of '%s' is %s, %d fit", cases[i].cells, cases[i].name,
                     profile_type_word(s.type), (int)s.fitting);
        profile_free(profile);
    }
}

/* One cell in ten may be something else. */
static void test_most_cells(void **state) {
    struct column_profile *profile = profile_of("1|2|3|4|5|6|7|8|9", 1);
    struct profile_summary s;

    (void)state;
    assert_int_equal(profile_add(profile, slice_of("many"), 20), RC_OK);
    profile_summarize(profile, slice_of("x"), &s);
    assert_int_equal(s.type, PROFILE_INTEGER);
    assert_int_equal(s.fitting, 9);
    assert_int_equal(profile_add(profile, slice_of("few"), 21), RC_OK);
    profile_summarize(profile, slice_of("x"), &s);
    assert_int_equal(s.type, PROFILE_TEXT);
    profile_free(profile);
}

static void test_counts(void **state) {
    struct column_profile *profile = profile_of("a| b |||a|\xC3\xA4\xC3\xB6\xC3\xBC", 2);
    struct profile_summary s;
    size_t count;
    const struct profile_value *values = profile_values(profile, &count);

    (void)state;
    profile_summarize(profile, slice_of("x"), &s);
    assert_int_equal(s.cells, 12);
    assert_int_equal(s.blanks, 4);
    assert_int_equal(s.distinct, 3);
    assert_true(s.distinct_exact);
    assert_int_equal(s.longest, 3); /* characters, the blanks around included */
    assert_int_equal(count, 3);
    assert_string_equal(values[0].text, "a");
    assert_int_equal(values[0].count, 4);
    assert_string_equal(values[1].text, "b");
    assert_int_equal(values[1].count, 2);
    profile_free(profile);
}

struct date_case {
    const char *cells, *format, *other;
};

static void test_dates(void **state) {
    static const struct date_case cases[] = {
        {"2024-02-01|2024-03-01", "%Y-%m-%d", ""},
        {"01.02.2024|02.03.2024", "%d.%m.%Y", ""}, /* points: the day first */
        {"01/02/2024|31/12/2024", "%d/%m/%Y", ""},
        {"01/02/2024|12/31/2024", "%m/%d/%Y", ""},
        {"01/02/2024|03/04/2024", "%d/%m/%Y", "%m/%d/%Y"}, /* nothing tells */
        {"2024-02-01 10:00", "%Y-%m-%d %H:%M", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column_profile *profile = profile_of(cases[i].cells, 1);
        struct profile_summary s;
        profile_summarize(profile, slice_of("x"), &s);
        if (strcmp(s.format, cases[i].format) != 0 ||
            strcmp(s.other_format, cases[i].other) != 0)
            fail_msg("'%s' is '%s' or '%s'", cases[i].cells, s.format, s.other_format);
        profile_free(profile);
    }
}

static void test_marks(void **state) {
    static const struct {
        const char *cells, *decimal, *group, *currency;
    } cases[] = {
        {"1.5|2.25", ".", "", ""},          {"1,5|2,25", ",", "", ""},
        {"1.234,50|3", ",", ".", ""},       {"1,234.50|3", ".", ",", ""},
        {"1 234,50", ",", " ", ""},         {"1.234.567|1", ",", ".", ""},
        {"EUR 1,50|EUR 2", ",", "", "EUR"}, {"12|13", "", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column_profile *profile = profile_of(cases[i].cells, 1);
        struct profile_summary s;
        profile_summarize(profile, slice_of("x"), &s);
        if (strcmp(s.decimal, cases[i].decimal) != 0 ||
            strcmp(s.group, cases[i].group) != 0 ||
            strcmp(s.currency, cases[i].currency) != 0)
            fail_msg("'%s': decimal '%s' group '%s' currency '%s'", cases[i].cells,
                     s.decimal, s.group, s.currency);
        profile_free(profile);
    }
}

/* Beyond the limits numbers are estimates, and memory stays where it is. */
static void test_limits(void **state) {
    const struct profile_limits limits = {.distinct = 256, .values = 4};
    struct column_profile *profile = profile_new(&limits);
    struct profile_summary s;
    size_t count;
    char cell[32];

    (void)state;
    assert_non_null(profile);
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(cell, sizeof cell, "value %d", i);
        assert_int_equal(profile_add(profile, slice_of(cell), (uint64_t)i + 2), RC_OK);
    }
    profile_summarize(profile, slice_of("x"), &s);
    assert_false(s.distinct_exact);
    assert_in_range(s.distinct, 7500, 12500);
    (void)profile_values(profile, &count);
    assert_int_equal(count, 4);
    profile_free(profile);
}

static void test_long_values(void **state) {
    struct column_profile *profile = profile_new(NULL);
    const struct profile_value *values;
    struct profile_summary s;
    char text[1000];
    size_t count;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(profile_add(profile, slice_make(text, sizeof text), 2), RC_OK);
    values = profile_values(profile, &count);
    assert_int_equal(count, 1);
    assert_true(values[0].cut);
    assert_int_equal(strlen(values[0].text), PROFILE_EXAMPLE);
    profile_summarize(profile, slice_of("x"), &s);
    assert_int_equal(s.longest, sizeof text);
    profile_free(profile);
}

static void test_problems(void **state) {
    static const struct {
        const char *cells;
        enum profile_flaw flaw;
        uint64_t count, line;
    } cases[] = {
        {"a|M\xC3\x83\xC2\xBCller|b", FLAW_MOJIBAKE, 1, 3},
        {"x\xEF\xBF\xBD|b|c", FLAW_REPLACEMENT, 1, 2},
        {"4.41E+11|4.5E+12", FLAW_SCIENTIFIC, 2, 2},
        {"a|#REF!", FLAW_SHEET_ERROR, 1, 3},
        {"=A1+B1|x", FLAW_FORMULA, 1, 2},
        {"'0301|x", FLAW_APOSTROPHE, 1, 2},
        {"Z\xE2\x80\x8Bo|x", FLAW_INVISIBLE, 1, 2},
        {"a\xC2\xA0z|x", FLAW_NBSP, 1, 2},
        {"x| y", FLAW_BLANKS, 1, 3},
        {"x|n/a|-|z", FLAW_PLACEHOLDER, 2, 3},
        {"01/02/2024|03/04/2024", FLAW_AMBIGUOUS_DATES, 2, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column_profile *profile = profile_of(cases[i].cells, 1);
        struct profile_problem problems[PROFILE_FLAWS];
        struct profile_summary s;
        size_t count, k = 0;
        profile_summarize(profile, slice_of("x"), &s);
        count = profile_problems(profile, slice_of("x"), &s, problems);
        while (k < count && problems[k].flaw != cases[i].flaw)
            k++;
        if (k == count || problems[k].count != cases[i].count ||
            problems[k].line != cases[i].line)
            fail_msg("'%s': %s %s, %d cells, line %d", cases[i].cells,
                     profile_flaw_code(cases[i].flaw), k == count ? "not told" : "told",
                     k == count ? 0 : (int)problems[k].count,
                     k == count ? 0 : (int)problems[k].line);
        assert_true(strlen(profile_flaw_words(cases[i].flaw)) > 0);
        assert_true(strlen(profile_flaw_advice(cases[i].flaw)) > 0);
        profile_free(profile);
    }
}

static bool is_serial(const char *name, const char *cells) {
    struct column_profile *profile = profile_of(cells, 1);
    struct profile_problem problems[PROFILE_FLAWS];
    struct profile_summary s;
    size_t count, k = 0;

    profile_summarize(profile, slice_of(name), &s);
    count = profile_problems(profile, slice_of(name), &s, problems);
    while (k < count && problems[k].flaw != FLAW_SERIAL_DATES)
        k++;
    profile_free(profile);
    return k < count;
}

/* Numbers are days only in a column that is called so. */
static void test_serials(void **state) {
    (void)state;
    assert_true(is_serial("Close Date", "45291|45300|45309"));
    assert_true(is_serial("Geburtsdatum", "28123|"));
    assert_true(is_serial("Created", "45291.5|45300.25"));
    assert_false(is_serial("Amount", "45291|45300|45309"));
    assert_false(is_serial("Date", "91234|95300|99309"));
    assert_false(is_serial("Date", "2024|2025|45291"));
    assert_false(is_serial("Date", "2024-01-02"));
}

/* Equal columns have equal fingerprints; order counts. */
static void test_fingerprints(void **state) {
    struct column_profile *a = profile_of("1|2|3", 1), *b = profile_of("1|2|3", 1);
    struct column_profile *c = profile_of("1|3|2", 1);

    (void)state;
    assert_true(profile_fingerprint(a) == profile_fingerprint(b));
    assert_true(profile_fingerprint(a) != profile_fingerprint(c));
    profile_free(a);
    profile_free(b);
    profile_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),        cmocka_unit_test(test_most_cells),
        cmocka_unit_test(test_counts),       cmocka_unit_test(test_dates),
        cmocka_unit_test(test_marks),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_values),  cmocka_unit_test(test_problems),
        cmocka_unit_test(test_fingerprints), cmocka_unit_test(test_serials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
