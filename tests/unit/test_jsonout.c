/* test_jsonout.c - JSON lines: what jansson reads is what was said; failures are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/jsonout.h"

/* What was written since the last call, from a file. */
static char *written(int fd, size_t *len) {
    static char text[1 << 16];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    assert_true(n >= 0);
    text[n] = '\0';
    *len = (size_t)n;
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return text;
}

static int open_scratch(void) {
    char path[] = "/tmp/test_jsonout.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    return fd;
}

static void test_members(void **state) {
    int fd = open_scratch();
    struct jsonout json;
    size_t len;

    (void)state;
    jsonout_init(&json, fd);
    jsonout_begin(&json, "row");
    jsonout_count(&json, "line", UINT64_MAX);
    jsonout_integer(&json, "low", INT64_MIN);
    jsonout_string(&json, "value", slice_make("a\"b\\\n\0z", 7));
    jsonout_text(&json, "none", NULL);
    jsonout_boolean(&json, "yes", true);
    jsonout_boolean(&json, "no", false);
    jsonout_open_array(&json, "list");
    jsonout_count(&json, NULL, 1);
    jsonout_text(&json, NULL, "x");
    jsonout_open_object(&json, NULL);
    jsonout_close(&json);
    jsonout_close(&json);
    jsonout_open_object(&json, "inner");
    jsonout_raw(&json, "raw", slice_of("[1]"));
    jsonout_null(&json, "n");
    jsonout_close(&json);
    jsonout_text(&json, "last", "");
    assert_int_equal(jsonout_end(&json, NULL), RC_OK);
    assert_string_equal(
        written(fd, &len),
        "{\"type\":\"row\",\"line\":18446744073709551615,\"low\":-9223372036854775808,"
        "\"value\":\"a\\\"b\\\\\\n\\u0000z\",\"none\":null,\"yes\":true,\"no\":false,"
        "\"list\":[1,\"x\",{}],\"inner\":{\"raw\":[1],\"n\":null},\"last\":\"\"}\n");

    /* what was left open is closed; the next line starts afresh */
    jsonout_begin(&json, "summary");
    jsonout_open_array(&json, "a");
    jsonout_open_object(&json, NULL);
    assert_int_equal(jsonout_end(&json, NULL), RC_OK);
    jsonout_begin(&json, "end");
    assert_int_equal(jsonout_end(&json, NULL), RC_OK);
    assert_string_equal(written(fd, &len),
                        "{\"type\":\"summary\",\"a\":[{}]}\n{\"type\":\"end\"}\n");
    jsonout_fini(&json);
    assert_int_equal(close(fd), 0);
}

static void test_milli(void **state) {
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},          {1, "0.001"},    {10, "0.01"},
        {1500, "1.5"},     {-1500, "-1.5"}, {-5, "-0.005"},
        {12345, "12.345"}, {1000, "1"},     {INT64_MIN, "-9223372036854775.808"}};
    int fd = open_scratch();
    struct jsonout json;
    char expected[64];
    size_t len;

    (void)state;
    jsonout_init(&json, fd);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jsonout_begin(&json, "t");
        jsonout_milli(&json, "v", cases[i].value);
        assert_int_equal(jsonout_end(&json, NULL), RC_OK);
        (void)snprintf(expected, sizeof expected, "{\"type\":\"t\",\"v\":%s}\n",
                       cases[i].text);
        assert_string_equal(written(fd, &len), expected);
    }
    jsonout_fini(&json);
    assert_int_equal(close(fd), 0);
}

/* Whatever bytes a cell holds, the line is valid JSON and good text comes back whole. */
static void test_any_bytes(void **state) {
    static const struct {
        const char *bytes;
        size_t len;
        const char *read;
    } cases[] = {
        {"caf\xE9 x", 6, "caf\xEF\xBF\xBD x"},
        {"\xFF\xFE", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x82", 2, "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80"},
        {"", 0, ""},
    };
    int fd = open_scratch();
    struct jsonout json;
    unsigned seed = 7;

    (void)state;
    jsonout_init(&json, fd);
    for (size_t i = 0; i < 500; i++) {
        bool fixed = i < sizeof cases / sizeof *cases;
        char bytes[64];
        size_t size = fixed ? cases[i].len : (size_t)rand_r(&seed) % sizeof bytes, len;
        char *text;
        json_t *root;
        if (fixed)
            memcpy(bytes, cases[i].bytes, size);
        for (size_t j = 0; !fixed && j < size; j++)
            bytes[j] = (char)rand_r(&seed);
        jsonout_begin(&json, "t");
        jsonout_string(&json, "v", slice_make(bytes, size));
        assert_int_equal(jsonout_end(&json, NULL), RC_OK);
        text = written(fd, &len);
        assert_int_equal(strcspn(text, "\n"), len - 1); /* one line */
        root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
        if (root == NULL)
            fail_msg("not JSON: %s", text);
        if (fixed)
            assert_string_equal(json_string_value(json_object_get(root, "v")),
                                cases[i].read);
        json_decref(root);
    }
    jsonout_fini(&json);
    assert_int_equal(close(fd), 0);
}

static void test_write_failures(void **state) {
    struct jsonout json;
    struct err err = {0};
    int ends[2];

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]), 0);
    jsonout_init(&json, ends[1]);
    jsonout_begin(&json, "t");
    assert_int_equal(jsonout_end(&json, &err), RC_LOCAL);
    assert_int_equal(err.rc, RC_LOCAL);
    assert_non_null(strstr(err.message, "standard output"));
    assert_non_null(strstr(err.advice, "has ended"));
    jsonout_fini(&json);
    assert_int_equal(close(ends[1]), 0);

    err_clear(&err);
    jsonout_init(&json, open("/dev/full", O_WRONLY | O_CLOEXEC));
    jsonout_begin(&json, "t");
    assert_int_equal(jsonout_end(&json, &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "No space left"));
    assert_int_equal(close(json.fd), 0);
    jsonout_fini(&json);
}

static void test_limits(void **state) {
    int fd = open_scratch();
    char *big = malloc(JSONOUT_LINE_MAX);
    struct jsonout json;
    struct err err = {0};
    size_t len;

    (void)state;
    assert_non_null(big);
    memset(big, 'x', JSONOUT_LINE_MAX);
    jsonout_init(&json, fd);
    jsonout_begin(&json, "t");
    jsonout_string(&json, "v", slice_make(big, JSONOUT_LINE_MAX));
    assert_int_equal(jsonout_end(&json, &err), RC_LIMIT);
    assert_int_equal(strlen(written(fd, &len)), 0); /* no half line */
    free(big);

    jsonout_begin(&json, "t");
    for (int i = 0; i < JSONOUT_DEPTH_MAX + 5; i++)
        jsonout_open_array(&json, NULL);
    for (int i = 0; i < JSONOUT_DEPTH_MAX + 9; i++)
        jsonout_close(&json);
    assert_int_equal(jsonout_end(&json, NULL), RC_LIMIT);
    assert_int_equal(strlen(written(fd, &len)), 0);

    jsonout_begin(&json, "t"); /* and it can go on */
    assert_int_equal(jsonout_end(&json, NULL), RC_OK);
    assert_string_equal(written(fd, &len), "{\"type\":\"t\"}\n");
    jsonout_fini(&json);
    assert_int_equal(close(fd), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),   cmocka_unit_test(test_milli),
        cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_write_failures),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
