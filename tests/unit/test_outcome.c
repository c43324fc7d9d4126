/* From a verdict to an outcome, and what of a row the server's echo does not hold. */
#include "plan/write.h"

#include "model/schema.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct schema_attribute name_def = {
    .name = "lastName", .field = "lastName", .type = ATTRIBUTE_VARCHAR};
static const struct schema_attribute mail_def = {
    .name = "emailAddress", .field = "emailAddress", .type = ATTRIBUTE_EMAIL};
static const struct schema_attribute amount_def = {
    .name = "amount", .field = "amount", .type = ATTRIBUTE_DECIMAL};
static const struct schema_attribute topics_def = {
    .name = "cTopics", .field = "cTopics", .type = ATTRIBUTE_LIST};
static const struct schema_attribute note_def = {
    .name = "description", .field = "description", .type = ATTRIBUTE_TEXT};

static const struct slice no_items[1];
static const struct attribute sent[] = {
    {.def = &name_def,
     .column = 0,
     .value = {.kind = VALUE_STRING, .text = {"Byron", 5}}},
    {.def = &mail_def,
     .column = 1,
     .value = {.kind = VALUE_STRING, .text = {"Ada@Example.com", 15}}},
    {.def = &amount_def,
     .column = 2,
     .value = {.kind = VALUE_STRING, .text = {"10.1", 4}}},
    {.def = &topics_def,
     .column = 3,
     .value = {.kind = VALUE_LIST, .items = no_items, .item_count = 0}},
    {.def = &note_def, .column = 4, .value = {.kind = VALUE_NULL}},
};
enum { SENT = sizeof sent / sizeof sent[0] };

struct comparison {
    const char *json;
    int rc;              /* of write_compare() */
    const char *missing; /* "0,2" */
};

static const struct comparison comparisons[] = {
    {"{\"id\":\"a\",\"lastName\":\"Byron\",\"emailAddress\":\"ada@example.com\","
     "\"amount\":\"10.1000\",\"cTopics\":[],\"description\":null}",
     0, ""},
    /* the reply to a POST leaves out null; an empty list may be null or gone */
    {"{\"lastName\":\"Byron\",\"emailAddress\":\"ada@example.com\",\"amount\":\"10.1\"}",
     0, ""},
    {"{\"lastName\":\"Byron\",\"emailAddress\":\"ada@example.com\",\"amount\":\"10.10\","
     "\"cTopics\":null}",
     0, ""},
    {"{\"lastName\":\"byron\",\"emailAddress\":\"ada@example.com\",\"amount\":\"10.1\"}",
     1, "0"},
    {"{\"lastName\":\"Byron\",\"amount\":null}", 2, "1,2"},
    {"{}", 3, "0,1,2"},
    {" { } ", 3, "0,1,2"},
    /* nested objects of the same names do not count */
    {"{\"old\":{\"lastName\":\"Byron\"},\"emailAddress\":\"ada@example.com\","
     "\"amount\":\"10.1\"}",
     1, "0"},
    {"[]", RC_SERVER, ""},
    {"", RC_SERVER, ""},
    {"null", RC_SERVER, ""},
    {"{\"lastName\":\"Byron\"", RC_SERVER, ""},
    {"{\"lastName\":\"Byron\",", RC_SERVER, ""},
    {"{\"lastName\" \"Byron\"}", RC_SERVER, ""},
    {"<html>", RC_SERVER, ""},
};

static void join(const size_t *missing, size_t count, char *out, size_t size) {
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%zu", i > 0 ? "," : "",
                                missing[i]);
}

static void test_compare(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        const struct comparison *c = &comparisons[i];
        size_t missing[8];
        char text[64];
        int rc = write_compare(sent, SENT, slice_of(c->json), missing, 8);
        join(missing, rc > 0 ? (size_t)rc : 0, text, sizeof text);
        if (rc != c->rc || strcmp(text, c->missing) != 0)
            fail_msg("%s: %d (%s), not %d (%s)", c->json, rc, text, c->rc, c->missing);
    }
    assert_int_equal(write_compare(sent, 0, slice_of("{}"), NULL, 0), 0);
}

/* More is missing than there is room for: the count is right, the room is kept. */
static void test_compare_room(void **state) {
    size_t missing[3] = {77, 77, 77};

    (void)state;
    assert_int_equal(write_compare(sent, SENT, slice_of("{}"), missing, 1), 3);
    assert_int_equal(missing[0], 0);
    assert_int_equal(missing[1], 77);
}

static void test_compare_many(void **state) {
    enum { MANY = 1500 };
    static struct attribute many[MANY];
    static struct schema_attribute defs[MANY];
    static char names[MANY][16];
    size_t missing[OUTCOME_MISSING_MAX];
    struct write write = {.attributes = many, .count = MANY};
    struct verdict verdict = {.action = VERDICT_DONE};
    struct answer answer = {.status = 200, .body = slice_of("{\"id\":\"a\"}")};
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof names[i], "c%zu", i);
        defs[i] = (struct schema_attribute){.name = names[i], .type = ATTRIBUTE_VARCHAR};
        many[i] = (struct attribute){.def = &defs[i],
                                     .column = i,
                                     .value = {.kind = VALUE_STRING, .text = {"x", 1}}};
    }
    assert_true(write_compare(many, MANY, slice_of("{\"c1023\":\"x\"}"), missing,
                              OUTCOME_MISSING_MAX) >= 1000);
    outcome_of(&write, &verdict, &answer, &outcome);
    assert_int_equal(outcome.missing_count, OUTCOME_MISSING_MAX);
}

static void test_stored(void **state) {
    static const char body[] =
        "{\"name\":\"Ada\",\"id\":\"6b04e3d7360e09f5f\",\"lastName\":\"Byron\","
        "\"amount\":\"9\",\"emailAddressData\":[{\"id\":\"zzz\"}]}";
    struct write write = {.kind = WRITE_CREATE, .attributes = sent, .count = SENT};
    struct verdict verdict = {.action = VERDICT_DONE};
    struct answer answer = {.status = 200, .server_ms = 5, .body = slice_of(body)};
    struct outcome outcome;

    (void)state;
    outcome_of(&write, &verdict, &answer, &outcome);
    assert_int_equal(outcome.kind, OUTCOME_STORED);
    assert_true(slice_is(outcome.id, "6b04e3d7360e09f5f"));
    assert_int_equal(outcome.missing_count, 2);
    assert_int_equal(outcome.missing[0], 1);
    assert_int_equal(outcome.missing[1], 2);
    assert_int_equal(outcome.server_ms, 5);
    assert_int_equal(outcome.status, 200);
}

static void test_kinds(void **state) {
    static const struct {
        enum verdict_action action;
        enum reason reason;
        enum outcome_kind kind;
        enum reason told;
    } cases[] = {
        {VERDICT_ROW_FAILED, REASON_FORBIDDEN, OUTCOME_FAILED, REASON_FORBIDDEN},
        {VERDICT_DUPLICATE, REASON_DUPLICATE, OUTCOME_DUPLICATE, REASON_DUPLICATE},
        {VERDICT_MODIFIED, REASON_MODIFIED, OUTCOME_MODIFIED, REASON_MODIFIED},
        {VERDICT_DOUBTFUL, REASON_SERVER_ERROR, OUTCOME_DOUBTFUL, REASON_SERVER_ERROR},
        {VERDICT_DOUBTFUL, REASON_NONE, OUTCOME_DOUBTFUL, REASON_OUTCOME_UNKNOWN},
        {VERDICT_RETRY, REASON_NONE, OUTCOME_DOUBTFUL, REASON_OUTCOME_UNKNOWN},
        {VERDICT_STOP, REASON_NONE, OUTCOME_UNSENT, REASON_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct write write = {.attributes = sent, .count = SENT};
        struct verdict verdict = {.action = cases[i].action,
                                  .reason = cases[i].reason,
                                  .field = "f",
                                  .message = "words"};
        struct answer answer = {.delivery = DELIVERY_LOST, .body = slice_of("[1]")};
        struct outcome outcome;
        bool has_body =
            cases[i].kind == OUTCOME_DUPLICATE || cases[i].kind == OUTCOME_MODIFIED;
        memset(&outcome, 0xAA, sizeof outcome);
        outcome_of(&write, &verdict, &answer, &outcome);
        assert_int_equal(outcome.kind, cases[i].kind);
        assert_int_equal(outcome.reason, cases[i].told);
        assert_string_equal(outcome.field, "f");
        assert_string_equal(outcome.message, "words");
        assert_int_equal(outcome.body.len, has_body ? 3 : 0);
        assert_int_equal(outcome.status, 0); /* no whole answer, no status */
        assert_int_equal(outcome.missing_count, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),      cmocka_unit_test(test_compare_room),
        cmocka_unit_test(test_compare_many), cmocka_unit_test(test_stored),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
