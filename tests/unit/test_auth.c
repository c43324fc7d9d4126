/* The headers that prove who we are, against vectors computed elsewhere; and what is
 * refused as a key, without a word of the key in the message. */
#include "wire/auth.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/digest.h"

static const char *headers_of(const struct auth *auth, enum method method,
                              const char *path, struct buf *buf) {
    buf_reset(buf);
    assert_int_equal(auth_append_headers(auth, method, path, buf), RC_OK);
    return buf_text(buf);
}

static struct auth *auth_make(enum auth_kind kind, const char *first,
                              const char *second) {
    struct auth *auth = NULL;
    struct err err = {0};

    if (auth_new(&auth, kind, first, second, &err) != RC_OK)
        fail_msg("%s", err.message);
    return auth;
}

static void test_api_key(void **state) {
    struct auth *auth = auth_make(AUTH_API_KEY, "0123456789abcdef", NULL);
    struct buf buf = {.max = 4096};

    (void)state;
    assert_string_equal(headers_of(auth, METHOD_GET, "Lead", &buf),
                        "X-Api-Key: 0123456789abcdef\n");
    auth_free(auth);
    buf_fini(&buf);
}

/* "X-Hmac-Authorization: BASE64\n" -> what is behind "key:" in BASE64. */
static size_t hmac_of(const char *line, const char *key, unsigned char *out) {
    static const char name[] = "X-Hmac-Authorization: ";
    size_t len = strlen(line), key_len = strlen(key), text_len, padding = 0;
    unsigned char plain[2048];
    char encoded[4096];
    int n;

    assert_true(len > sizeof name && len < sizeof encoded);
    assert_memory_equal(line, name, sizeof name - 1);
    assert_int_equal(line[len - 1], '\n');
    text_len = len - sizeof name; /* without name and '\n' */
    memcpy(encoded, line + sizeof name - 1, text_len);
    encoded[text_len] = '\0';
    while (encoded[text_len - 1 - padding] == '=')
        padding++;
    n = EVP_DecodeBlock(plain, (const unsigned char *)encoded, (int)text_len);
    assert_true(n > 0);
    text_len = (size_t)n - padding;
    assert_memory_equal(plain, key, key_len);
    assert_int_equal(plain[key_len], ':');
    memcpy(out, plain + key_len + 1, text_len - key_len - 1);
    out[text_len - key_len - 1] = '\0';
    return text_len - key_len - 1;
}

/* HMAC-SHA-256 with the key "secret" over "METHOD /path": by openssl dgst -hmac. */
static const struct {
    enum method method;
    const char *path;
    const char *hex;
} vectors[] = {
    {METHOD_GET, "Lead",
     "5fe6de3c7a4fc1ae52668aabb77e4a6fe27e389475992b31a483d0c11353447b"},
    {METHOD_GET, "Lead?maxSize=1&select=id",
     "5fe6de3c7a4fc1ae52668aabb77e4a6fe27e389475992b31a483d0c11353447b"},
    {METHOD_POST, "Lead",
     "56d691fd26ad8ff5446d99b858d84467e6dd9fc17f05e115aa84bea15d24eb1d"},
    {METHOD_PUT, "Lead/70aa1c2d3e4f50617",
     "8269eb5bbbe0c21adfe6cd7a95d60af6e4660966f55639d9b7652e2cc53d9f8f"},
    {METHOD_DELETE, "Lead/x%27y",
     "6e08ec7b2517543042d65c7e769279755a32ad8e3b9342b96df61c6d905e4814"},
};

static void test_hmac(void **state) {
    struct auth *hex = auth_make(AUTH_HMAC, "apiKey", "secret");
    struct auth *raw = auth_make(AUTH_HMAC_RAW, "apiKey", "secret");
    struct buf buf = {.max = 4096};

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        unsigned char got[2048];
        char of_raw[DIGEST_HEX_SIZE];
        const char *line = headers_of(hex, vectors[i].method, vectors[i].path, &buf);
        assert_int_equal(hmac_of(line, "apiKey", got), 64);
        assert_string_equal((const char *)got, vectors[i].hex);
        line = headers_of(raw, vectors[i].method, vectors[i].path, &buf);
        assert_int_equal(hmac_of(line, "apiKey", got), DIGEST_SIZE);
        digest_hex(got, of_raw);
        assert_string_equal(of_raw, vectors[i].hex);
    }
    auth_free(hex);
    auth_free(raw);
    buf_fini(&buf);
}

static void test_user(void **state) {
    struct auth *auth = auth_make(AUTH_USER, "ada", "p\xC3\xA4ss:w ord");
    struct buf buf = {.max = 4096};

    (void)state;
    assert_string_equal(headers_of(auth, METHOD_GET, "App/user", &buf),
                        "Espo-Authorization: YWRhOnDDpHNzOncgb3Jk\n");
    assert_int_equal(auth_set_token(auth, "t0ken", NULL), RC_OK);
    assert_string_equal(headers_of(auth, METHOD_GET, "Lead", &buf),
                        "Espo-Authorization: YWRhOnQwa2Vu\n"
                        "Espo-Authorization-By-Token: true\n");
    auth_free(auth);
    buf_fini(&buf);
}

static void test_token_refused(void **state) {
    struct auth *key = auth_make(AUTH_API_KEY, "k", NULL);
    struct auth *user = auth_make(AUTH_USER, "ada", "secret");
    struct buf buf = {.max = 4096};

    (void)state;
    assert_int_equal(auth_set_token(key, "t0ken", NULL), RC_USAGE);
    assert_int_equal(auth_set_token(user, "t0k\nX: en", NULL), RC_USAGE);
    assert_int_equal(auth_set_token(user, "", NULL), RC_USAGE);
    assert_int_equal(auth_set_token(user, NULL, NULL), RC_USAGE);
    assert_string_equal(headers_of(user, METHOD_GET, "Lead", &buf), /* as before */
                        "Espo-Authorization: YWRhOnNlY3JldA==\n");
    auth_free(key);
    auth_free(user);
    buf_fini(&buf);
}

static void test_refused(void **state) {
    static const struct {
        enum auth_kind kind;
        const char *first, *second;
        const char *message;
    } cases[] = {
        {AUTH_API_KEY, "", NULL, "API key is empty"},
        {AUTH_API_KEY, NULL, NULL, "API key is empty"},
        {AUTH_API_KEY, "abcsecret\n", NULL, "line break"},
        {AUTH_API_KEY, "abc\r\nX-Evil: secret", NULL, "line break"},
        {AUTH_API_KEY, "abc\tsecret", NULL, "control character"},
        {AUTH_API_KEY, "abc\x7Fsecret", NULL, "control character"},
        {AUTH_API_KEY, "abc secret", NULL, "blank"},
        {AUTH_API_KEY,
         "abcs\xC3\xA4"
         "ecret",
         NULL, "ASCII"},
        {AUTH_HMAC, "abc", "", "HMAC secret key is empty"},
        {AUTH_HMAC, "abc", NULL, "HMAC secret key is empty"},
        {AUTH_HMAC, "abc", "secret\n", "line break"},
        {AUTH_HMAC, "a:bc", "secret", "colon"},
        {AUTH_HMAC_RAW, "a\nbc", "secret", "API key holds a line break"},
        {AUTH_USER, "", "secret", "user name is empty"},
        {AUTH_USER, "ada", "", "password is empty"},
        {AUTH_USER, "ada", NULL, "password is empty"},
        {AUTH_USER, "ada", "secret\n", "password holds a line break"},
        {AUTH_USER, "a:da", "secret", "colon"},
        {AUTH_USER, "ada", "secret\xFF", "UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct auth *auth = NULL;
        struct err err = {0};
        assert_int_equal(
            auth_new(&auth, cases[i].kind, cases[i].first, cases[i].second, &err),
            RC_USAGE);
        assert_null(auth);
        assert_non_null(strstr(err.message, cases[i].message));
        assert_null(strstr(err.message, "ecret\n"));
        assert_null(strstr(err.message, "abc"));
        assert_null(strstr(err.message, "Evil"));
    }
}

static void test_longest(void **state) {
    char key[1002];
    struct auth *auth = NULL;
    struct buf buf = {.max = 8192};
    unsigned char got[2048];

    (void)state;
    memset(key, 'k', sizeof key);
    key[1001] = '\0';
    assert_int_equal(auth_new(&auth, AUTH_HMAC, key, "secret", NULL), RC_USAGE);
    key[1000] = '\0';
    auth = auth_make(AUTH_HMAC, key, key);
    assert_int_equal(hmac_of(headers_of(auth, METHOD_GET, "Lead", &buf), key, got), 64);
    auth_free(auth);
    auth = auth_make(AUTH_USER, key, key);
    assert_int_equal(strlen(headers_of(auth, METHOD_GET, "Lead", &buf)),
                     strlen("Espo-Authorization: \n") + (2001 + 2) / 3 * 4);
    auth_free(auth);
    buf_fini(&buf);
}

static void test_no_room(void **state) {
    struct auth *auth = auth_make(AUTH_HMAC, "apiKey", "secret");
    struct buf buf = {.max = 20};

    (void)state;
    assert_int_equal(auth_append_headers(auth, METHOD_GET, "Lead", &buf), RC_LIMIT);
    auth_free(auth);
    auth_free(NULL);
    buf_fini(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_key), cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_user),    cmocka_unit_test(test_token_refused),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_longest),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
