/* What a 409 says: whose record it is, by which key, and what an update would change. */
#include "plan/duplicate.h"

#include "base/rc.h"
#include "model/schema.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#define ME "5e00000000000a001"
#define SINCE "2026-11-24 02:00:00"

static const struct schema_attribute first_def = {
    .name = "firstName", .field = "firstName", .type = ATTRIBUTE_VARCHAR};
static const struct schema_attribute last_def = {
    .name = "lastName", .field = "lastName", .type = ATTRIBUTE_VARCHAR};
static const struct schema_attribute mail_def = {
    .name = "emailAddress", .field = "emailAddress", .type = ATTRIBUTE_EMAIL};
static const struct schema_attribute note_def = {
    .name = "description", .field = "description", .type = ATTRIBUTE_TEXT};

static const struct attribute row[] = {
    {.def = &first_def, .column = 0, .value = {.kind = VALUE_STRING, .text = {"Ada", 3}}},
    {.def = &last_def,
     .column = 1,
     .value = {.kind = VALUE_STRING, .text = {"Byron", 5}}},
    {.def = &mail_def,
     .column = 2,
     .value = {.kind = VALUE_STRING, .text = {"ADA@example.com", 15}}},
    {.def = &note_def, .column = 3, .value = {.kind = VALUE_NULL}},
};
enum { ROW = sizeof row / sizeof row[0] };

#define RECORD(id, first, mail, user, created)                                           \
    "{\"id\":\"" id "\",\"firstName\":\"" first                                          \
    "\",\"lastName\":\"Byron\",\"emailAddress\":\"" mail                                 \
    "\",\"description\":null,\"createdAt\":\"" created "\",\"createdById\":\"" user      \
    "\"}"
#define TWIN RECORD("a1", "Ada", "ada@example.com", ME, "2026-11-24 02:00:07")
#define TWIN_2 RECORD("a2", "Ada", "ada@example.com", ME, "2026-11-24 02:00:00")
#define OLD_TWIN RECORD("a3", "Ada", "ada@example.com", ME, "2026-11-24 01:59:59")
#define FOREIGN_TWIN RECORD("a4", "Ada", "ada@example.com", "x", "2026-11-24 02:00:07")
#define SAME_MAIL RECORD("b1", "Eve", "ada@EXAMPLE.com", ME, "2026-11-24 02:00:07")
#define SAME_NAME RECORD("c1", "Ada", "other@example.com", ME, "2026-11-24 02:00:07")

struct reading {
    const char *body;
    int rc;
    size_t found, by_key;
    const char *key, *id;
    const char *own; /* id, or NULL */
};

static const struct reading readings[] = {
    {"[" TWIN "]", 0, 1, 1, "emailAddress", "a1", "a1"},
    {"[" TWIN_2 "]", 0, 1, 1, "emailAddress", "a2", "a2"}, /* the second it began */
    {"[" OLD_TWIN "]", 0, 1, 1, "emailAddress", "a3", NULL},
    {"[" FOREIGN_TWIN "]", 0, 1, 1, "emailAddress", "a4", NULL},
    {"[" SAME_MAIL "]", 0, 1, 1, "emailAddress", "b1", NULL},
    {"[" SAME_NAME "]", 0, 1, 0, "", "c1", NULL},
    {"[" SAME_NAME "," SAME_MAIL "]", 0, 2, 1, "emailAddress", "b1", NULL},
    /* listed once for each of its addresses (espocrm: dup-lead-twice) */
    {"[" SAME_NAME "," SAME_NAME "," TWIN "]", 0, 2, 1, "emailAddress", "a1", "a1"},
    {"[" TWIN "," TWIN "]", 0, 1, 1, "emailAddress", "a1", "a1"},
    {"[" SAME_MAIL "," OLD_TWIN "]", 0, 2, 2, "emailAddress", "b1", NULL},
    {"[" TWIN "," TWIN_2 "]", 0, 2, 2, "emailAddress", "a1", NULL}, /* which one? */
    {"[" TWIN "," OLD_TWIN "]", 0, 2, 2, "emailAddress", "a1", "a1"},
    {" [ ] ", 0, 0, 0, "", "", NULL},
    {"[{}]", 0, 1, 0, "", "", NULL},
    {"[{\"id\":7,\"emailAddress\":null,\"createdAt\":null}]", 0, 1, 0, "", "", NULL},
    {"{\"values\":{},\"versionNumber\":3}", RC_SERVER, 0, 0, "", "", NULL},
    {"", RC_SERVER, 0, 0, "", "", NULL},
    {"[" TWIN, RC_SERVER, 0, 0, "", "", NULL},
    {"[" TWIN ",", RC_SERVER, 0, 0, "", "", NULL},
    {"[\"a1\"]", RC_SERVER, 0, 0, "", "", NULL},
    {"[[" TWIN "]]", RC_SERVER, 0, 0, "", "", NULL},
    {"<html>", RC_SERVER, 0, 0, "", "", NULL},
};

static void test_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        const struct reading *r = &readings[i];
        struct duplicate d;
        int rc = duplicate_read(slice_of(r->body), row, ROW, NULL, ME, SINCE, &d);
        if (rc != r->rc)
            fail_msg("%s: %d", r->body, rc);
        if (rc != RC_OK)
            continue;
        if (d.found != r->found || d.by_key != r->by_key || strcmp(d.key, r->key) != 0 ||
            !slice_is(d.id, r->id) || d.own != (r->own != NULL) ||
            (r->own != NULL && !slice_is(d.own_id, r->own)))
            fail_msg("%s: found %zu, by key %zu (%s), id %.*s, own %d", r->body, d.found,
                     d.by_key, d.key, (int)d.id.len, d.id.data == NULL ? "" : d.id.data,
                     d.own);
        if (d.found > 0)
            assert_int_equal(d.record.data[0], '{');
    }
}

/* Keys of the mapping: all of them must be there and equal. */
static void test_keys(void **state) {
    static const char *const names[] = {"firstName", "lastName", NULL};
    static const char *const unsent[] = {"lastName", "phoneNumber", NULL};
    static const char *const empty[] = {"lastName", "description", NULL};
    struct duplicate d;

    (void)state;
    assert_int_equal(duplicate_read(slice_of("[" SAME_MAIL "," SAME_NAME "]"), row, ROW,
                                    names, ME, SINCE, &d),
                     RC_OK);
    assert_int_equal(d.by_key, 1);
    assert_string_equal(d.key, "firstName");
    assert_true(slice_is(d.id, "c1"));
    assert_int_equal(
        duplicate_read(slice_of("[" TWIN "]"), row, ROW, unsent, ME, SINCE, &d), RC_OK);
    assert_int_equal(d.by_key, 0);
    assert_int_equal(
        duplicate_read(slice_of("[" TWIN "]"), row, ROW, empty, ME, SINCE, &d), RC_OK);
    assert_int_equal(d.by_key, 0); /* null equals nobody */
    /* a row without an e-mail address is nobody's double by e-mail */
    assert_int_equal(duplicate_read(slice_of("[" TWIN "]"), row, 2, NULL, ME, SINCE, &d),
                     RC_OK);
    assert_int_equal(d.by_key, 0);
}

static void test_describe(void **state) {
    static const struct {
        const char *body, *words;
    } cases[] = {
        {"[" TWIN "]", "EspoCRM holds this record already: a1, with the same "
                       "emailAddress"},
        {"[" SAME_NAME "]", "EspoCRM holds this record already: c1, by name only"},
        {"[" SAME_NAME "," SAME_MAIL "]", "EspoCRM holds 2 records like this one, the "
                                          "first is b1, with the same emailAddress"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct duplicate d;
        struct buf words = {.max = 200};
        assert_int_equal(
            duplicate_read(slice_of(cases[i].body), row, ROW, NULL, ME, SINCE, &d), 0);
        assert_int_equal(duplicate_describe(&d, &words), RC_OK);
        assert_string_equal(buf_text(&words), cases[i].words);
        buf_fini(&words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_describe),
    };
    return cmocka_run_group_tests_name("duplicate", tests, NULL, NULL);
}
