/* test_cell_text.c - values as cells, and back: what convert.h makes of them is the
 * value again; moments by patterns; the guard against formulas.
 */
#include "model_fixture.h"

#include <string.h>

#include "model/cell_text.h"
#include "model/datetime.h"
#include "model/formula_guard.h"
#include "model/json.h"

static const struct schema_attribute *attribute(enum attribute_type type) {
    static struct schema_attribute def;

    memset(&def, 0, sizeof def);
    def.name = "field";
    def.type = type;
    def.custom_options = true;
    return &def;
}

static struct json_member member(const char *json) {
    static char room[4096];
    struct json_member found;

    (void)snprintf(room, sizeof room, "{\"m\":%s}", json);
    assert_true(json_find(slice_of(room), "m", &found));
    return found;
}

static void test_texts(void **state) {
    static const struct {
        enum attribute_type type;
        const char *json, *text;
        int result;
    } cases[] = {
        {ATTRIBUTE_VARCHAR, "null", "", CELL_NULL},
        {ATTRIBUTE_VARCHAR, "\"\"", "", CELL_TEXT},
        {ATTRIBUTE_TEXT, "\"a\\nb \\u00e4\\ud83d\\ude00\"", "a\nb \u00e4\U0001F600",
         CELL_TEXT},
        {ATTRIBUTE_INT, "7", "7", CELL_TEXT},
        {ATTRIBUTE_FLOAT, "0.1", "0,1", CELL_TEXT},
        {ATTRIBUTE_FLOAT, "1.0e-7", "1,0e-7", CELL_TEXT},
        {ATTRIBUTE_DECIMAL, "\"12.3400\"", "12,3400", CELL_TEXT},
        {ATTRIBUTE_CURRENCY, "-5", "-5", CELL_TEXT},
        {ATTRIBUTE_BOOL, "true", "true", CELL_TEXT},
        {ATTRIBUTE_BOOL, "false", "false", CELL_TEXT},
        {ATTRIBUTE_LIST, "[]", "", CELL_NULL},
        {ATTRIBUTE_LIST, "[\"a\",\"b c\"]", "a;b c", CELL_TEXT},
        {ATTRIBUTE_LIST, "[\"a;b\",\"c\"]", "[\"a;b\",\"c\"]", CELL_TEXT},
        {ATTRIBUTE_LIST, "[\"[a\"]", "[\"[a\"]", CELL_TEXT},
        {ATTRIBUTE_LIST, "[\" a\"]", "[\" a\"]", CELL_TEXT},
        {ATTRIBUTE_LIST, "[1,\"b\",null]", "1;b;null", CELL_UNFAITHFUL},
        {ATTRIBUTE_DATE, "\"2026-02-03\"", "03.02.2026", CELL_TEXT},
        {ATTRIBUTE_DATE, "\"0000-00-00\"", "0000-00-00", CELL_UNFAITHFUL},
        {ATTRIBUTE_JSON, "{\"a\":[1]}", "{\"a\":[1]}", CELL_TEXT},
        {ATTRIBUTE_INT, "[1]", "", RC_SERVER},
        {ATTRIBUTE_BOOL, "\"x\"", "", RC_SERVER},
        {ATTRIBUTE_DATE, "5", "", RC_SERVER},
    };
    static const char *const formats[] = {"%d.%m.%Y"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct converter converter = {.def = attribute(cases[i].type),
                                      .number = {.decimal = ","},
                                      .delimiter = {";", 1}};
        struct json_member value = member(cases[i].json);
        struct buf out = {.max = 4096};
        int result;
        if (cases[i].type == ATTRIBUTE_DATE) {
            converter.formats = formats;
            converter.format_count = 1;
        }
        result = cell_text_append(&converter, &value, &out);
        if (result != cases[i].result ||
            (result >= 0 && strcmp(buf_text(&out), cases[i].text) != 0))
            fail_msg("%s: %d '%s'", cases[i].json, result, buf_text(&out));
        buf_fini(&out);
    }
}

/* Whatever a list holds, the cell gives it back. */
static void test_lists_come_back(void **state) {
    static const char *const items[] = {"a",    "b c", "x;y", "[q", "\"quoted\"", "1,2",
                                        "\\\\", "'",   "]",   "{}", "\u00e4",     "=1"};
    enum { ITEMS = sizeof items / sizeof items[0], ROUNDS = 2000 };
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct converter converter = {.def = attribute(ATTRIBUTE_LIST),
                                      .delimiter = {";", 1}};
        struct attribute sent = {.def = converter.def};
        struct buf json = {.max = 4096}, cell = {.max = 4096};
        struct arena arena = {NULL, 0};
        struct refusal refusal = {.reason = REASON_NONE};
        struct json_member value;
        unsigned mask;
        seed = seed * 1103515245u + 12345u;
        mask = seed >> 8 & ((1u << ITEMS) - 1);
        (void)buf_append_char(&json, '[');
        for (unsigned i = 0; i < ITEMS; i++)
            if ((mask & 1u << i) != 0) {
                (void)buf_append_text(&json, json.len > 1 ? "," : "");
                (void)json_append_string(&json, slice_of(items[i]));
            }
        (void)buf_append_char(&json, ']');
        value = member(buf_text(&json));
        if (cell_text_append(&converter, &value, &cell) == CELL_TEXT) {
            assert_int_equal(
                convert_cell(&converter, buf_slice(&cell), &arena, &sent.value, &refusal),
                1);
            if (!json_holds(&value, &sent))
                fail_msg("%s gives %s", buf_text(&json), buf_text(&cell));
        } else {
            assert_int_equal(mask, 0);
        }
        arena_fini(&arena);
        buf_fini(&json);
        buf_fini(&cell);
    }
}

static void test_moments(void **state) {
    static const char *const patterns[] = {"%Y-%m-%d %H:%M:%S",    "%d.%m.%Y %H:%M:%S",
                                           "%m/%d/%Y %I:%M:%S %p", "%a, %e %b %Y %T",
                                           "%A %B %d %Y %R:%S",    "%F %T%z",
                                           "%y%m%d is wrong %H%M", "%D %T",
                                           "100%% %F %T"};
    int64_t second = INT64_C(-30610224000); /* 1000-01-01 */

    (void)state;
    for (int i = 0; i < 20000; i++) {
        const char *pattern = patterns[i % 9];
        struct civil civil, back;
        struct buf out = {.max = 200};
        second += INT64_C(14112345) % INT64_C(283996800000);
        civil = datetime_civil(second);
        if (civil.year > 9999)
            break;
        assert_int_equal(datetime_write(&out, pattern, &civil), RC_OK);
        if (datetime_read(pattern, buf_slice(&out), &back) != DATETIME_OK)
            fail_msg("%s: %s", pattern, buf_text(&out));
        if (strstr(pattern, "%y") == NULL && strstr(pattern, "%D") == NULL)
            assert_true(datetime_seconds(&back) == second);
        buf_fini(&out);
    }
}

static void test_guard(void **state) {
    static const struct {
        const char *cell;
        bool guarded;
    } cases[] = {{"=1+1", true},   {"+49 30", true}, {"-x", true},   {"-5", false},
                 {"-5.50", false}, {"-", true},      {"@a", true},   {"\ta", true},
                 {"\ra", true},    {"'=x", true},    {"''-1", true}, {"'a", false},
                 {"a=b", false},   {"", false},      {"'", false},   {"+5", true}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char guarded[32];
        struct slice cell = slice_of(cases[i].cell);
        if (formula_guard_needed(cell) != cases[i].guarded)
            fail_msg("%s", cases[i].cell);
        (void)snprintf(guarded, sizeof guarded, "%s%s", cases[i].guarded ? "'" : "",
                       cases[i].cell);
        if (!slice_equal(formula_guard_removed(slice_of(guarded)), cell))
            fail_msg("%s is not given back", guarded);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_lists_come_back),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_guard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
