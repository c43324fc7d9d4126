/* test_json_attribute.c - from JSON to attributes and back, and nothing is lost. */
#include "model/json_attribute.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void check(const struct schema_attribute *def, const char *json,
                  const char *want) {
    struct arena arena = {.blocks = NULL};
    struct json_member member;
    struct attribute attribute;
    struct buf text = {.max = 1000}, out = {.max = 1000};
    int rc;

    (void)buf_append_format(&text, "{\"x\":%s}", json);
    assert_true(json_find(buf_slice(&text), "x", &member));
    rc = json_read_attribute(def, &member, &arena, &attribute);
    if (want == NULL) {
        assert_int_equal(rc, RC_SERVER);
    } else {
        assert_int_equal(rc, RC_OK);
        assert_int_equal(json_append_attribute(&out, &attribute), RC_OK);
        assert_string_equal(buf_text(&out), want);
        assert_true(json_holds(&member, &attribute));
    }
    buf_fini(&text);
    buf_fini(&out);
    arena_fini(&arena);
}

static void test_values(void **state) {
    static const struct schema_attribute any = {.name = "x", .field = "x"};
    static const struct schema_attribute mails = {
        .name = "x", .field = "emailAddress", .type = ATTRIBUTE_ADDRESSES};

    (void)state;
    check(&any, "null", "null");
    check(&any, "true", "true");
    check(&any, "false", "false");
    check(&any, "-12.50", "-12.50");
    check(&any, "1e3", "1e3");
    check(&any, "\"\"", "\"\"");
    check(&any, "\"a\\u00e9\\\"\\n\\ud83d\\ude00\"",
          "\"a\xC3\xA9\\\"\\n\xF0\x9F\x98\x80\"");
    check(&any, "[]", "[]");
    check(&any, "[\"b\",\"a\\/\"]", "[\"b\",\"a/\"]");
    check(&any, "[1]", NULL);
    check(&any, "{\"a\":1}", NULL);
    check(&any, "\"\\ud83d\"", NULL);
    check(&mails,
          "[{\"emailAddress\":\"b@x.y\",\"lower\":\"b@x.y\",\"primary\":false,"
          "\"optOut\":true,\"invalid\":false},{\"emailAddress\":\"a@x.y\",\"primary\":"
          "true,\"optOut\":false,\"invalid\":true}]",
          "[{\"emailAddress\":\"a@x.y\",\"primary\":true,\"optOut\":false,\"invalid\":"
          "true},{\"emailAddress\":\"b@x.y\",\"primary\":false,\"optOut\":true,"
          "\"invalid\":false}]");
}

static void merged(const char *first, const char *second, const char *want) {
    struct buf out = {.max = 1000};

    assert_int_equal(json_append_merged(&out, slice_of(first), slice_of(second)), RC_OK);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static void test_merged(void **state) {
    (void)state;
    merged("", "", "{}");
    merged("{\"a\":1}", "", "{\"a\":1}");
    merged("", "{\"a\":null}", "{\"a\":null}");
    merged("{\"a\":null,\"b\":[1]}", "{\"b\":2,\"c\":{\"b\":3}}",
           "{\"a\":null,\"b\":[1],\"c\":{\"b\":3}}");
    merged("{}", "{\"a\":1}", "{\"a\":1}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_merged),
    };
    return cmocka_run_group_tests_name("json attribute", tests, NULL, NULL);
}
