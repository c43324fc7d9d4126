/* Every answer in testdata/espo/verdict must give the verdict that stands beside it, and
 * no answer whatever may break the promises of verdict.c. */
#include "plan/verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

static const char *const actions[] = {
    [VERDICT_DONE] = "DONE",           [VERDICT_RETRY] = "RETRY",
    [VERDICT_DOUBTFUL] = "DOUBTFUL",   [VERDICT_ROW_FAILED] = "ROW_FAILED",
    [VERDICT_DUPLICATE] = "DUPLICATE", [VERDICT_MODIFIED] = "MODIFIED",
    [VERDICT_STOP] = "STOP",
};

static const char *stop_name(enum rc rc) {
    switch ((int)rc) {
    case RC_OK: return "";
    case RC_AUTH: return "RC_AUTH";
    case RC_UNREACHABLE: return "RC_UNREACHABLE";
    case RC_USAGE: return "RC_USAGE";
    case RC_SERVER: return "RC_SERVER";
    default: return "?";
    }
}

static const char *text_of(const json_t *object, const char *name,
                           const char *otherwise) {
    const json_t *value = json_object_get(object, name);
    return value == NULL ? otherwise : json_string_value(value);
}

static int64_t number_of(const json_t *object, const char *name, int64_t otherwise) {
    const json_t *value = json_object_get(object, name);
    return value == NULL ? otherwise : json_integer_value(value);
}

static enum method method_of(const char *name) {
    for (int m = METHOD_GET; m <= METHOD_DELETE; m++)
        if (strcmp(method_name((enum method)m), name) == 0)
            return (enum method)m;
    fail_msg("unknown method %s", name);
    return METHOD_GET;
}

static enum delivery delivery_of(const char *name) {
    if (strcmp(name, "UNSENT") == 0)
        return DELIVERY_UNSENT;
    if (strcmp(name, "LOST") == 0)
        return DELIVERY_LOST;
    return strcmp(name, "CANCELLED") == 0 ? DELIVERY_CANCELLED : DELIVERY_ANSWERED;
}

static void copy(char *out, size_t size, const char *text) {
    assert_true(strlen(text) < size);
    memcpy(out, text, strlen(text) + 1);
}

/* A body that is a text stands for itself, any other value for its JSON; free() it. */
static char *body_of(const json_t *answer) {
    const json_t *body = json_object_get(answer, "body");

    if (body == NULL)
        return strdup("");
    if (json_is_string(body))
        return strdup(json_string_value(body));
    return json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void check_case(const char *file, const json_t *entry) {
    const json_t *given = json_object_get(entry, "answer");
    const json_t *want = json_object_get(entry, "verdict");
    const char *name = text_of(entry, "name", "?");
    struct request request = {.method = method_of(text_of(entry, "method", "?")),
                              .path = text_of(entry, "path", "")};
    struct verdict_policy policy = {
        .retries = (unsigned)number_of(entry, "retries", 3),
        .authenticated = !json_is_false(json_object_get(entry, "authenticated")),
        .seen_401 = json_is_true(json_object_get(entry, "seen401"))};
    struct answer answer = {
        .delivery = delivery_of(text_of(given, "delivery", "ANSWERED")),
        .status = (int)number_of(given, "status", 0),
        .json = strcmp(text_of(given, "contentType", ""), "application/json") == 0,
        .too_large = json_is_true(json_object_get(given, "tooLarge")),
        .has_reason = json_object_get(given, "reason") != NULL,
        .retry_after_ms = number_of(given, "retryAfterMs", -1)};
    struct verdict got;
    char *body = body_of(given);

    copy(answer.reason, sizeof answer.reason, text_of(given, "reason", ""));
    copy(answer.location, sizeof answer.location, text_of(given, "location", ""));
    copy(answer.detail, sizeof answer.detail, text_of(given, "detail", ""));
    answer.body = slice_of(body);
    verdict_of(&request, &answer, (unsigned)number_of(entry, "attempt", 1), &policy,
               &got);

    if (strcmp(actions[got.action], text_of(want, "action", "?")) != 0 ||
        strcmp(reason_code(got.reason), text_of(want, "code", "")) != 0 ||
        strcmp(stop_name(got.stop), text_of(want, "stop", "")) != 0 ||
        strcmp(got.field, text_of(want, "field", "")) != 0 ||
        strstr(got.message, text_of(want, "message", "")) == NULL ||
        got.wait_ms != number_of(want, "waitMs", 0) ||
        got.free_attempt != json_is_true(json_object_get(want, "free")) ||
        got.pause_all != json_is_true(json_object_get(want, "pauseAll")))
        fail_msg("%s: %s: %s %s %s, field '%s', wait %lld, free %d, pause %d, \"%s\"",
                 file, name, actions[got.action], reason_code(got.reason),
                 stop_name(got.stop), got.field, (long long)got.wait_ms, got.free_attempt,
                 got.pause_all, got.message);
    free(body);
}

static void test_table(void **state) {
    glob_t files;
    size_t count = 0;

    (void)state;
    assert_int_equal(glob(TESTDATA "/espo/verdict/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        json_error_t error;
        json_t *cases = json_load_file(files.gl_pathv[i], 0, &error);
        if (!json_is_array(cases))
            fail_msg("%s:%d: %s", files.gl_pathv[i], error.line, error.text);
        for (size_t k = 0; k < json_array_size(cases); k++)
            check_case(files.gl_pathv[i], json_array_get(cases, k));
        count += json_array_size(cases);
        json_decref(cases);
    }
    globfree(&files);
    assert_true(count > 200); /* the table was found and is whole */
}

/* What has to hold of every verdict, whatever was answered. */
static void check_promises(const struct request *request, const struct answer *answer,
                           unsigned attempt, const struct verdict_policy *policy) {
    struct verdict v;
    bool answered = answer->delivery == DELIVERY_ANSWERED;
    int status = answered ? answer->status : 0;

    verdict_of(request, answer, attempt, policy, &v);
    if (request->method == METHOD_POST && v.action == VERDICT_RETRY)
        assert_true(answer->delivery == DELIVERY_UNSENT || status == 429 ||
                    (status == 403 && !answer->has_reason &&
                     answer->body.len == 0) || /* locked out */
                    (status == 503 && strstr(answer->body.data, "maintenance") != NULL));
    /* the outcome of a write that stopped is "not done" */
    if (request->method == METHOD_POST && v.action == VERDICT_STOP)
        assert_true(answer->delivery == DELIVERY_UNSENT ||
                    (status >= 300 && status < 500 && !answer->too_large));
    if (v.action == VERDICT_DONE)
        assert_true(
            (status >= 200 && status < 300 && answer->json && !answer->too_large) ||
            (status == 404 && request->method == METHOD_DELETE));
    if (v.action == VERDICT_RETRY && !v.free_attempt &&
        answer->delivery != DELIVERY_CANCELLED)
        assert_true(attempt <= policy->retries && v.wait_ms >= 500);
    if (v.action == VERDICT_RETRY && v.free_attempt)
        assert_true(v.pause_all && v.wait_ms >= 500);
    assert_true(v.wait_ms >= 0 && v.wait_ms <= 15 * 60 * 1000);
    assert_int_equal(v.action == VERDICT_STOP, v.stop != RC_OK);
    if (v.action == VERDICT_ROW_FAILED || v.action == VERDICT_DOUBTFUL)
        assert_int_not_equal(v.reason, REASON_NONE);
    if (v.action != VERDICT_DONE)
        assert_true(v.message[0] != '\0');
    assert_int_equal(utf8_valid_prefix(slice_of(v.message)), strlen(v.message));
    assert_int_equal(strcspn(v.message, "\r\n\t\x1b"), strlen(v.message));
}

static const char hostile_label[] =
    "{\"messageTranslation\":{\"label\":\"\\u001b[31m\\n\",\"data\":{\"field\":"
    "\"\\ud800\"}}}";

static void test_promises(void **state) {
    static const char *const bodies[] = {"",
                                         "true",
                                         "{\"id\":\"70aa1c2d3e4f50617\"}",
                                         "[{\"id\":\"a\"}]",
                                         "{\"id\":",
                                         "<html>",
                                         "{\"message\":\"in maintenance\"}",
                                         "{\"messageTranslation\":{}}",
                                         hostile_label,
                                         "\xff\xfe{",
                                         "{\"versionNumber\":1}",
                                         "\0"};
    static const char *const paths[] = {"Lead", "Lead/70aa1c2d3e4f50617?x=%0A",
                                        "Metadata?key=a", "Account/a/contacts", ""};
    struct verdict_policy policy = {.retries = 2};

    (void)state;
    for (int status = 100; status < 700; status++)
        for (int method = METHOD_GET; method <= METHOD_DELETE; method++)
            for (size_t b = 0; b < sizeof bodies / sizeof bodies[0]; b++)
                for (unsigned bits = 0; bits < 64; bits++) {
                    struct request request = {.method = (enum method)method,
                                              .path = paths[(bits + b) % 5]};
                    struct answer answer = {.status = status,
                                            .json = bits & 1,
                                            .body = slice_of(bodies[b]),
                                            .retry_after_ms = bits & 2 ? 0 : -1,
                                            .too_large = (bits & 60) == 60};
                    policy.authenticated = bits & 4;
                    policy.seen_401 = bits & 8;
                    copy(answer.reason, sizeof answer.reason,
                         bits & 16 ? "Grund: \xC3\xBC" : "");
                    answer.has_reason = bits & 16;
                    check_promises(&request, &answer, 1 + bits / 16, &policy);
                }
}

/* Too large an answer ends the run, unless the request can do with less. */
static void test_too_large(void **state) {
    struct request request = {.method = METHOD_GET, .path = "Lead"};
    struct answer answer = {.status = 200, .too_large = true, .retry_after_ms = -1};
    struct verdict_policy policy = {.authenticated = true};
    struct verdict v;

    (void)state;
    verdict_of(&request, &answer, 1, &policy, &v);
    assert_int_equal(v.action, VERDICT_STOP);
    request.answer_max = 1000;
    verdict_of(&request, &answer, 1, &policy, &v);
    assert_int_equal(v.action, VERDICT_ROW_FAILED);
    assert_non_null(strstr(v.message, "too large to be read"));
    request.method = METHOD_POST; /* it may have been done */
    verdict_of(&request, &answer, 1, &policy, &v);
    assert_int_equal(v.action, VERDICT_DOUBTFUL);
}

static void test_promises_without_answer(void **state) {
    struct verdict_policy policy = {.retries = 2};

    (void)state;
    for (int delivery = DELIVERY_UNSENT; delivery <= DELIVERY_CANCELLED; delivery++)
        for (int method = METHOD_GET; method <= METHOD_DELETE; method++)
            for (unsigned attempt = 1; attempt < 6; attempt++) {
                struct request request = {.method = (enum method)method, .path = "Lead"};
                struct answer answer = {.delivery = (enum delivery)delivery,
                                        .body = slice_of(""),
                                        .retry_after_ms = -1};
                copy(answer.detail, sizeof answer.detail, "a\r\nb\xff");
                check_promises(&request, &answer, attempt, &policy);
            }
}

/* A certificate that is not trusted now is not trusted a second later. */
static void test_untrusted(void **state) {
    struct request request = {.method = METHOD_POST, .path = "Lead"};
    struct answer answer = {.delivery = DELIVERY_UNSENT,
                            .untrusted = true,
                            .body = slice_of(""),
                            .retry_after_ms = -1};
    struct verdict_policy policy = {.retries = 5};
    struct verdict v;

    (void)state;
    verdict_of(&request, &answer, 1, &policy, &v);
    assert_int_equal(v.action, VERDICT_STOP);
    assert_int_equal(v.stop, RC_UNREACHABLE);
    answer.untrusted = false;
    verdict_of(&request, &answer, 1, &policy, &v);
    assert_int_equal(v.action, VERDICT_RETRY);
}

/* A long foreign text must be cut between characters, not in one. */
static void test_message_cut(void **state) {
    struct request request = {.method = METHOD_POST, .path = "Lead"};
    struct verdict_policy policy = {.retries = 2, .authenticated = true};
    struct answer answer = {.status = 409, .retry_after_ms = -1, .body = slice_of("")};

    (void)state;
    for (size_t len = 0; len < 4; len++) {
        struct verdict v;
        memset(answer.reason, 'x', len);
        for (size_t i = len; i + 3 < sizeof answer.reason; i += 2)
            memcpy(answer.reason + i, "\xC3\xA4", 3);
        verdict_of(&request, &answer, 1, &policy, &v);
        assert_int_equal(v.action, VERDICT_ROW_FAILED);
        assert_int_equal(utf8_valid_prefix(slice_of(v.message)), strlen(v.message));
    }
}

static void test_clean_text(void **state) {
    static const struct {
        const char *in, *out;
        size_t size;
    } cases[] = {
        {"  plain text \n", "plain text", 64},
        {"two\r\n  lines", "two lines", 64},
        {"tab\there\x7f", "tab here", 64},
        {"Stra\xC3\x9F"
         "e",
         "Stra\xC3\x9F"
         "e",
         64},
        {"latin-1 \xFC", "latin-1 \xEF\xBF\xBD", 64},
        {"cut \xC3", "cut \xEF\xBF\xBD", 64},
        {"\xC2\x9B"
         "31m",
         "31m", 64}, /* CSI as a C1 control */
        {"\x1b[31mred", "[31mred", 64},
        {"a \x01 \x02 b", "a b", 64},
        {"ab cd", "ab", 4},
        {"abc\xC3\xA4", "abc", 5},
        {"abc\xC3\xA4", "abc\xC3\xA4", 6},
        {"abcdef", "", 1},
        {"", "", 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        exchange_clean_text(out, cases[i].size, slice_of(cases[i].in));
        assert_string_equal(out, cases[i].out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_promises),
        cmocka_unit_test(test_too_large),  cmocka_unit_test(test_promises_without_answer),
        cmocka_unit_test(test_untrusted),  cmocka_unit_test(test_message_cut),
        cmocka_unit_test(test_clean_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
