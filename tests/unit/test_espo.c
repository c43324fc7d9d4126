/* URLs as people type and paste them, and the escaping of paths. */
#include "wire/espo.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

static void test_urls(void **state) {
    static const struct {
        const char *site, *api;
    } cases[] = {
        {"https://crm.example.org", "https://crm.example.org/api/v1/"},
        {"https://crm.example.org/", "https://crm.example.org/api/v1/"},
        {"https://crm.example.org///", "https://crm.example.org/api/v1/"},
        {"crm.example.org", "https://crm.example.org/api/v1/"},
        {"crm.example.org:8443/espo", "https://crm.example.org:8443/espo/api/v1/"},
        {"localhost:8080", "https://localhost:8080/api/v1/"},
        {"http://127.0.0.1:8088", "http://127.0.0.1:8088/api/v1/"},
        {"http://[::1]:8088/a/b/", "http://[::1]:8088/a/b/api/v1/"},
        {"https://crm.example.org/espo/api/v1", "https://crm.example.org/espo/api/v1/"},
        {"https://crm.example.org/api/v1/", "https://crm.example.org/api/v1/"},
        {"  https://crm.example.org/espo/ \n", "https://crm.example.org/espo/api/v1/"},
        {"https://crm.example.org/#Lead/view/70aa", "https://crm.example.org/api/v1/"},
        {"https://crm.example.org/api/v1x", "https://crm.example.org/api/v1x/api/v1/"},
        {"HTTPS://crm.example.org", "https://crm.example.org/api/v1/"},
        {"ftp.example.org", "https://ftp.example.org/api/v1/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {.max = 4096};
        struct err err = {0};
        if (espo_api_url(cases[i].site, &out, &err) != RC_OK)
            fail_msg("%s: %s", cases[i].site, err.message);
        assert_string_equal(buf_text(&out), cases[i].api);
        buf_fini(&out);
    }
}

static void test_urls_refused(void **state) {
    static const struct {
        const char *site, *message;
    } cases[] = {
        {"", "empty"},
        {" \t ", "empty"},
        {"ftp://crm.example.org", "scheme"},
        {"file:///etc/passwd", "scheme"},
        {"https://", "cannot be used"},
        {"https://ada:s3cret@crm.example.org", "user name or a password"},
        {"ada:s3cret@crm.example.org", "user name or a password"},
        {"https://ada@crm.example.org", "user name or a password"},
        {"https://crm.example.org/?s3cret", "query"},
        {"https://crm example.org", "blank"},
        {"https://crm.example.org/\x01", "control character"},
        {"https://crm.example.org/\r\nX-Evil: 1", "blank"},
        {"https://crm.example.org:99999", "cannot be used"},
        {"https://crm.example.org:port", "cannot be used"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {.max = 4096};
        struct err err = {0};
        if (espo_api_url(cases[i].site, &out, &err) != RC_USAGE)
            fail_msg("%s: accepted as %s", cases[i].site, buf_text(&out));
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].site, err.message);
        assert_null(strstr(err.message, "s3cret"));
        assert_true(err.advice[0] != '\0');
        assert_int_equal(out.len, 0);
        buf_fini(&out);
    }
}

static void test_url_length(void **state) {
    char site[2100];
    struct buf out = {.max = 4096}, small = {.max = 20};
    struct err err = {0};

    (void)state;
    memset(site, 'a', sizeof site - 1);
    site[sizeof site - 1] = '\0';
    assert_int_equal(espo_api_url(site, &out, &err), RC_USAGE);
    assert_non_null(strstr(err.message, "too long"));
    err_clear(&err);
    assert_int_equal(espo_api_url("https://crm.example.org", &small, &err), RC_USAGE);
    buf_fini(&out);
    buf_fini(&small);
}

static void test_escaping(void **state) {
    struct buf buf = {.max = 4096};
    struct slice json =
        slice_of("{\"where\":[{\"type\":\"in\",\"value\":[\"a+b@x.de\"]}]}");
    char all[256];

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    assert_int_equal(espo_append_escaped(&buf, slice_make(all, sizeof all)), RC_OK);
    assert_int_equal(buf.len, 66 + 3 * (256 - 66));
    assert_int_equal(strcspn(buf_text(&buf), " \"#&+/:;<=>?@\\"), buf.len);
    assert_non_null(strstr(buf_text(&buf), "%2B%2C-.%2F0123456789%3A"));
    assert_non_null(strstr(buf_text(&buf), "%7D~%7F%80"));
    assert_non_null(strstr(buf_text(&buf), "%FE%FF"));
    buf_reset(&buf);
    assert_int_equal(espo_append_escaped(&buf, slice_of("Stra\xC3\x9F"
                                                        "e 1")),
                     RC_OK);
    assert_string_equal(buf_text(&buf), "Stra%C3%9Fe%201");
    buf_reset(&buf);
    assert_int_equal(espo_append_list_path(&buf, "Lead", json), RC_OK);
    assert_string_equal(buf_text(&buf),
                        "Lead?searchParams=%7B%22where%22:%5B%7B%22type%22:%22in%22,"
                        "%22value%22:%5B%22a%2Bb@x.de%22%5D%7D%5D%7D");
    buf_reset(&buf);
    /* what a query may hold stays; what means something there, or nothing, does not */
    assert_int_equal(
        espo_append_list_path(&buf, "Lead", slice_make(",:@/?!$'()*&=+#% ;\0", 19)),
        RC_OK);
    assert_string_equal(buf_text(&buf),
                        "Lead?searchParams=,:@/?!$'()*%26%3D%2B%23%25%20%3B%00");
    buf_fini(&buf);
}

static void test_escaping_without_room(void **state) {
    struct buf buf = {.max = 10};

    (void)state;
    assert_int_equal(espo_append_escaped(&buf, slice_of("abcdefgh\xC3\xA4")), RC_LIMIT);
    assert_true(buf.len <= 10);
    buf_fini(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_urls_refused),
        cmocka_unit_test(test_url_length),
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_escaping_without_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
