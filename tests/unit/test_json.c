/* test_json.c - writing by appending, the cursor, and what an answer holds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "model/json.h"
#include "model/schema.h"

enum { CAP = 1 << 20 };

static void test_strings(void **state) {
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } cases[] = {
        {"", 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"exactly8", 8, "\"exactly8\""},
        {"a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f", 2, "\"\\u0001\\u001f\""},
        {"a\0b", 3, "\"a\\u0000b\""},
        {"\x7f", 1, "\"\x7f\""},
        {"M\xC3\xBCller \xF0\x9F\x98\x80", 12, "\"M\xC3\xBCller \xF0\x9F\x98\x80\""},
        {"0123456789abcdef\"0123456789abcdef", 33,
         "\"0123456789abcdef\\\"0123456789abcdef\""},
        {"0123456\n", 8, "\"0123456\\n\""},
    };
    struct buf buf = {.max = CAP};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&buf);
        assert_int_equal(json_append_string(&buf, slice_make(cases[i].in, cases[i].len)),
                         RC_OK);
        assert_string_equal(buf_text(&buf), cases[i].out);
    }
    buf_fini(&buf);
}

/* Each byte value at each place of a word must be seen. */
static void test_escapes_everywhere(void **state) {
    struct buf buf = {.max = CAP}, back = {.max = CAP};

    (void)state;
    for (unsigned c = 0; c < 0x80; c++)
        for (size_t at = 0; at < 20; at++) {
            char text[20];
            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            buf_reset(&buf);
            buf_reset(&back);
            assert_int_equal(json_append_string(&buf, slice_make(text, 20)), RC_OK);
            assert_int_equal(json_unescape(&back, buf_slice(&buf)), RC_OK);
            assert_int_equal(back.len, 20);
            assert_memory_equal(back.data, text, 20);
            assert_true(json_string_holds(buf_slice(&buf), slice_make(text, 20)));
            text[at] ^= 1;
            assert_false(json_string_holds(buf_slice(&buf), slice_make(text, 20)));
        }
    buf_fini(&back);
    buf_fini(&buf);
}

static struct schema_attribute def_of(const char *name, enum attribute_type type) {
    struct schema_attribute def = {.name = name, .type = type};

    return def;
}

static void test_record(void **state) {
    struct schema_attribute a = def_of("lastName", ATTRIBUTE_VARCHAR),
                            b = def_of("amount", ATTRIBUTE_CURRENCY),
                            c = def_of("doNotCall", ATTRIBUTE_BOOL),
                            d = def_of("source", ATTRIBUTE_ENUM),
                            e = def_of("tags", ATTRIBUTE_LIST);
    struct slice items[] = {slice_of("x"), slice_of("y\"")};
    struct attribute list[] = {
        {.def = &a,
         .column = 0,
         .value = {.kind = VALUE_STRING, .text = slice_of("O'Ne\nil")}},
        {.def = &b,
         .column = 1,
         .value = {.kind = VALUE_NUMBER, .text = slice_of("12.50")}},
        {.def = &c, .column = 2, .value = {.kind = VALUE_BOOL, .boolean = true}},
        {.def = &d, .column = 3, .value = {.kind = VALUE_NULL}},
        {.def = &e,
         .column = 4,
         .value = {.kind = VALUE_LIST, .items = items, .item_count = 2}},
        {.def = &a,
         .column = 5,
         .value = {.kind = VALUE_STRING, .text = slice_make(NULL, 0)}},
    };
    struct buf buf = {.max = CAP};

    (void)state;
    assert_int_equal(json_append_record(&buf, list, 6), RC_OK);
    assert_string_equal(buf_text(&buf),
                        "{\"lastName\":\"O'Ne\\nil\",\"amount\":12.50,\"doNotCall\":true,"
                        "\"source\":null,\"tags\":[\"x\",\"y\\\"\"],\"lastName\":\"\"}");
    buf_reset(&buf);
    assert_int_equal(json_append_record(&buf, list, 0), RC_OK);
    assert_string_equal(buf_text(&buf), "{}");
    buf_fini(&buf);
}

/* A buffer that is too small fails, whatever the place, and says so. */
static void test_cap(void **state) {
    struct schema_attribute a = def_of("lastName", ATTRIBUTE_VARCHAR);
    struct attribute one = {.def = &a,
                            .column = 0,
                            .value = {.kind = VALUE_STRING, .text = slice_of("a\tb")}};
    size_t whole = strlen("{\"lastName\":\"a\\tb\"}");

    (void)state;
    for (size_t max = 1; max <= whole; max++) {
        struct buf buf = {.max = max};
        int rc = json_append_record(&buf, &one, 1);
        assert_int_equal(rc, max < whole ? RC_LIMIT : RC_OK);
        buf_fini(&buf);
    }
}

static void test_cursor(void **state) {
    static const char text[] =
        " { \"id\" : \"6b\\u0041\" ,\"n\":-1.5e+3,\"t\":true,\"f\":false,\"z\":null,"
        "\"a\":[1,[2,{}],\"]\"],\"o\":{\"x\":{\"y\":\"}\"}}} \n";
    static const struct {
        const char *name, *raw;
        enum json_type type;
    } want[] = {
        {"id", "\"6b\\u0041\"", JSON_IS_STRING},
        {"n", "-1.5e+3", JSON_IS_NUMBER},
        {"t", "true", JSON_IS_BOOL},
        {"f", "false", JSON_IS_BOOL},
        {"z", "null", JSON_IS_NULL},
        {"a", "[1,[2,{}],\"]\"]", JSON_IS_ARRAY},
        {"o", "{\"x\":{\"y\":\"}\"}}", JSON_IS_OBJECT},
    };
    struct json_cursor cursor;
    struct json_member member;

    (void)state;
    assert_int_equal(json_cursor_object(&cursor, slice_of(text)), 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(json_cursor_next(&cursor, &member), 1);
        assert_true(slice_is(member.name, want[i].name));
        assert_true(slice_is(member.raw, want[i].raw));
        assert_int_equal(member.type, want[i].type);
    }
    assert_int_equal(json_cursor_next(&cursor, &member), 0);
    assert_int_equal(json_cursor_end(&cursor), 0);
    assert_int_equal(json_cursor_object(&cursor, slice_of("{} x")), 0);
    assert_int_equal(json_cursor_next(&cursor, &member), 0);
    assert_int_equal(json_cursor_end(&cursor), RC_SERVER);
}

static int scan(struct slice text) {
    struct json_cursor cursor;
    struct json_member member;
    int rc = json_cursor_object(&cursor, text);

    if (rc < 0)
        return rc;
    while ((rc = json_cursor_next(&cursor, &member)) == 1)
        assert_true(member.raw.len > 0);
    return rc < 0 ? rc : json_cursor_end(&cursor);
}

static void test_malformed(void **state) {
    static const char *const bad[] = {
        "",
        " ",
        "[]",
        "nul",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":tru}",
        "{\"a\":\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\",
        "{\"a\":\"\n\"}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":{\"b\"}}",
        "{\"a\":1}}",
        "{\"a\":1} {}",
        "{\"a\":1 \"b\":2}",
        "<html></html>",
        "{\"a\":nullx}",
        "{\"a\":[}",
        "{\"a\":{]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int rc = scan(slice_of(bad[i]));
        if (rc != RC_SERVER)
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(scan(slice_make("{\"a\":\"\0\"}", 9)), RC_SERVER);
}

static void test_depth(void **state) {
    char text[400];

    (void)state;
    for (size_t depth = 1; depth < 100; depth++) {
        size_t n = 0;
        text[n++] = '{';
        text[n++] = '"';
        text[n++] = 'a';
        text[n++] = '"';
        text[n++] = ':';
        memset(text + n, '[', depth);
        memset(text + n + depth, ']', depth);
        n += 2 * depth;
        text[n++] = '}';
        assert_int_equal(scan(slice_make(text, n)), depth < 64 ? 0 : RC_SERVER);
    }
}

/* A text cut off anywhere is malformed, never read beyond its end. */
static void test_cut(void **state) {
    static const char text[] =
        "{\"id\":\"a\\u00e4\\\\\",\"list\":[{\"x\":-1.25e-7},[],null,false],\"t\":true}";
    size_t len = sizeof text - 1;

    (void)state;
    assert_int_equal(scan(slice_make(text, len)), 0);
    for (size_t n = 0; n < len; n++) {
        char *cut = malloc(n + 1); /* so that a sanitizer sees a byte too many */
        assert_non_null(cut);
        memcpy(cut, text, n);
        cut = realloc(cut, n == 0 ? 1 : n);
        assert_int_equal(scan(slice_make(cut, n)), RC_SERVER);
        free(cut);
    }
}

static void test_has_true(void **state) {
    struct slice json = slice_of("{\"a\":true,\"b\":false,\"c\":\"true\",\"d\":1}");

    (void)state;
    assert_true(json_has_true(json, "a"));
    for (const char *name = "bcde"; *name != '\0'; name++)
        assert_false(json_has_true(json, (const char[]){*name, '\0'}));
    assert_false(json_has_true(slice_of("[true]"), "a"));
    assert_false(json_has_true(slice_of(""), "a"));
}

static void test_unescape(void **state) {
    static const struct {
        const char *raw, *text;
    } good[] = {{"\"\"", ""},
                {"\"a\\/b\"", "a/b"},
                {"\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\b\f\n\r\t"},
                {"\"\\u00e4\\u20AC\"", "\xC3\xA4\xE2\x82\xAC"},
                {"\"\\ud83d\\ude00!\"", "\xF0\x9F\x98\x80!"}};
    static const char *const bad[] = {"",
                                      "\"",
                                      "a",
                                      "\"a",
                                      "\"\\ud83d\"",
                                      "\"\\ud83dx\"",
                                      "\"\\ude00\"",
                                      "\"\\ud83d\\u0041\"",
                                      "\"a\"b\"",
                                      "12"};
    struct buf buf = {.max = CAP};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        buf_reset(&buf);
        assert_int_equal(json_unescape(&buf, slice_of(good[i].raw)), RC_OK);
        assert_string_equal(buf_text(&buf), good[i].text);
        assert_true(json_string_holds(slice_of(good[i].raw), slice_of(good[i].text)));
        assert_false(json_string_holds(slice_of(good[i].raw), slice_of("other")));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_reset(&buf);
        assert_int_equal(json_unescape(&buf, slice_of(bad[i])), RC_SERVER);
        assert_false(json_string_holds(slice_of(bad[i]), slice_of("")));
    }
    buf_fini(&buf);
}

static void test_numbers(void **state) {
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"10.1000", "10.1", true},      {"1e3", "1000", true},
        {"1000", "1.0E+3", true},       {"0", "-0.00", true},
        {"0.5", "5e-1", true},          {"-1", "1", false},
        {"1.01", "1.010", true},        {"1.01", "1.1", false},
        {"100", "1000", false},         {"0.1", "0.01", false},
        {"12", "12.0000", true},        {"", "0", false},
        {"1.5x", "1.5", false},         {"9007199254740993", "9007199254740992", false},
        {"1e999999999999", "1", false}, {"00012", "12", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool equal = json_number_equal(slice_of(cases[i].a), slice_of(cases[i].b));
        if (equal != cases[i].equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        assert_int_equal(json_number_equal(slice_of(cases[i].b), slice_of(cases[i].a)),
                         equal);
    }
}

/* raw NULL: the answer has no such member. */
static bool holds(enum attribute_type type, struct value value, const char *raw) {
    struct schema_attribute def = def_of("x", type);
    struct attribute attribute = {.def = &def, .value = value};
    struct json_cursor cursor;
    struct json_member member;
    char text[256];

    if (raw == NULL)
        return json_holds(NULL, &attribute);
    (void)snprintf(text, sizeof text, "{\"x\":%s}", raw);
    assert_int_equal(json_cursor_object(&cursor, slice_of(text)), 0);
    assert_int_equal(json_cursor_next(&cursor, &member), 1);
    return json_holds(&member, &attribute);
}

static void test_holds_scalars(void **state) {
    static const struct {
        enum attribute_type type;
        enum value_kind kind;
        const char *sent, *raw;
        bool same;
    } cases[] = {
        {ATTRIBUTE_VARCHAR, VALUE_STRING, "Ada", "\"Ada\"", true},
        {ATTRIBUTE_VARCHAR, VALUE_STRING, " Ada ", "\"Ada\"", true},
        {ATTRIBUTE_VARCHAR, VALUE_STRING, "Ada", "\"ada\"", false},
        {ATTRIBUTE_VARCHAR, VALUE_STRING, "Ada", "null", false},
        {ATTRIBUTE_VARCHAR, VALUE_STRING, "Ada", NULL, false},
        {ATTRIBUTE_VARCHAR, VALUE_STRING, "12", "12", false},
        {ATTRIBUTE_TEXT, VALUE_STRING, "a\r\nb\rc\n", "\"a\\r\\nb\\rc\\n\"", true},
        {ATTRIBUTE_TEXT, VALUE_STRING, "a\r\nb", "\"a\\nb\"", false},
        {ATTRIBUTE_TEXT, VALUE_STRING, " a", "\"a\"", false},
        {ATTRIBUTE_EMAIL, VALUE_STRING, "Up.Case@Example.COM", "\"up.case@example.com\"",
         true},
        {ATTRIBUTE_EMAIL, VALUE_STRING, "a@b.co", "\"a@b.com\"", false},
        {ATTRIBUTE_PHONE, VALUE_STRING, "+14155550113", "\"+14155550113\"", true},
        {ATTRIBUTE_PHONE, VALUE_STRING, "+14155550113", "\"+14155550114\"", false},
        {ATTRIBUTE_DECIMAL, VALUE_STRING, "10.1", "\"10.1000\"", true},
        {ATTRIBUTE_DECIMAL, VALUE_STRING, "10.1", "10.1", true},
        {ATTRIBUTE_DECIMAL, VALUE_STRING, "10.1", "\"10.2\"", false},
        {ATTRIBUTE_CURRENCY, VALUE_NUMBER, "1234.50", "1234.5", true},
        {ATTRIBUTE_CURRENCY, VALUE_NUMBER, "1234.50", "\"1234.5\"", true},
        {ATTRIBUTE_CURRENCY, VALUE_NUMBER, "5", "null", false},
        {ATTRIBUTE_INT, VALUE_NUMBER, "50", "50", true},
        {ATTRIBUTE_INT, VALUE_NUMBER, "50", "true", false},
        {ATTRIBUTE_FLOAT, VALUE_NUMBER, "0", "0", true},
        {ATTRIBUTE_DATETIME, VALUE_STRING, "2026-12-01 10:00:00",
         "\"2026-12-01 10:00:00\"", true},
        {ATTRIBUTE_DATETIME, VALUE_STRING, "2026-12-01 10:00:00",
         "\"2026-12-01 11:00:00\"", false},
        {ATTRIBUTE_BOOL, VALUE_BOOL, "1", "true", true},
        {ATTRIBUTE_BOOL, VALUE_BOOL, "", "false", true},
        {ATTRIBUTE_BOOL, VALUE_BOOL, "1", "false", false},
        {ATTRIBUTE_BOOL, VALUE_BOOL, "", "null", false},
        {ATTRIBUTE_BOOL, VALUE_BOOL, "1", "1", false},
        {ATTRIBUTE_VARCHAR, VALUE_NULL, "", "null", true},
        {ATTRIBUTE_VARCHAR, VALUE_NULL, "", "\"\"", true},
        {ATTRIBUTE_VARCHAR, VALUE_NULL, "", NULL, true},
        {ATTRIBUTE_LIST, VALUE_NULL, "", "[ ]", true},
        {ATTRIBUTE_LIST, VALUE_NULL, "", "[\"a\"]", false},
        {ATTRIBUTE_VARCHAR, VALUE_NULL, "", "\"x\"", false},
        {ATTRIBUTE_INT, VALUE_NULL, "", "0", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value value = {.kind = cases[i].kind,
                              .boolean = cases[i].sent[0] == '1',
                              .text = slice_of(cases[i].sent)};
        if (holds(cases[i].type, value, cases[i].raw) != cases[i].same)
            fail_msg("case %zu: %s against %s", i, cases[i].sent,
                     cases[i].raw == NULL ? "nothing" : cases[i].raw);
    }
}

static void test_holds_lists(void **state) {
    struct slice items[] = {slice_of("a"), slice_of("b")};
    struct value two = {.kind = VALUE_LIST, .items = items, .item_count = 2};
    struct value none = {.kind = VALUE_LIST};

    (void)state;
    assert_true(holds(ATTRIBUTE_LIST, two, "[\"a\", \"b\"]"));
    assert_false(holds(ATTRIBUTE_LIST, two, "[\"b\",\"a\"]"));
    assert_true(holds(ATTRIBUTE_IDS, two, "[\"b\",\"a\"]"));
    assert_false(holds(ATTRIBUTE_IDS, two, "[\"b\",\"c\"]"));
    assert_false(holds(ATTRIBUTE_IDS, two, "[\"a\"]"));
    assert_false(holds(ATTRIBUTE_IDS, two, "[\"a\",\"b\",\"c\"]"));
    assert_false(holds(ATTRIBUTE_LIST, two, "\"a,b\""));
    assert_false(holds(ATTRIBUTE_LIST, two, NULL));
    assert_true(holds(ATTRIBUTE_LIST, none, "[]"));
    assert_true(holds(ATTRIBUTE_LIST, none, NULL));
    assert_true(holds(ATTRIBUTE_LIST, none, "null"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),     cmocka_unit_test(test_escapes_everywhere),
        cmocka_unit_test(test_record),      cmocka_unit_test(test_cap),
        cmocka_unit_test(test_cursor),      cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_depth),       cmocka_unit_test(test_cut),
        cmocka_unit_test(test_has_true),    cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_holds_scalars),
        cmocka_unit_test(test_holds_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
