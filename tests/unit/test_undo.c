/* test_undo.c - may what a run did to a record be taken back? */
#include "plan/undo.h"

#include "unit/model_fixture.h"

#include "model/json.h"

#include <string.h>

static struct schema *schema;

/* "done | put {...} | edited title emailAddress | v3" */
static void describe(const struct undo_request *request, struct buf *out) {
    struct arena arena = {.blocks = NULL};
    struct undo_change change;

    assert_int_equal(undo_compare(request, &arena, &change), RC_OK);
    if (change.done)
        (void)buf_append_text(out, "done ");
    if (change.count > 0) {
        (void)buf_append_text(out, "put ");
        (void)json_append_record(out, change.restore, change.count);
        (void)buf_append_char(out, ' ');
    }
    for (size_t i = 0; i < change.edit_count && i < UNDO_EDITS_MAX; i++)
        (void)buf_append_format(out, "edited %s ", change.edits[i].field);
    if (change.version != 0)
        (void)buf_append_format(out, "v%d ", (int)change.version);
    arena_fini(&arena);
}

static void check(const struct undo_request *request, const char *want) {
    struct buf out = {.max = 4096};

    describe(request, &out);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static void test_updates(void **state) {
    static const struct {
        const char *image, *wrote, *record, *want;
    } cases[] = {
        {"{\"title\":\"old\"}", "{\"title\":\"new\"}",
         "{\"title\":\"new\",\"versionNumber\":3}", "put {\"title\":\"old\"} v3 "},
        {"{\"title\":null}", "{\"title\":\"new\"}", "{\"title\":\"new\"}",
         "put {\"title\":null} "},
        {"{\"title\":\"old\"}", "{\"title\":\"new\"}", "{\"title\":\"old\"}", "done "},
        {"{\"title\":null}", "{\"title\":\"new\"}", "{\"title\":\"\"}", "done "},
        {"{\"title\":\"old\"}", "{\"title\":\"new\"}", "{\"title\":\"x\"}",
         "put {\"title\":\"old\"} edited title "},
        /* one of two was put back by hand: no edit, and only the other one is left */
        {"{\"title\":\"old\",\"status\":\"New\"}",
         "{\"title\":\"new\",\"status\":\"Dead\"}",
         "{\"title\":\"old\",\"status\":\"Dead\"}", "put {\"status\":\"New\"} "},
        {"{\"title\":\"old\",\"status\":\"New\"}",
         "{\"title\":\"new\",\"status\":\"Dead\"}",
         "{\"title\":\"x\",\"status\":\"Dead\"}",
         "put {\"title\":\"old\",\"status\":\"New\"} edited title "},
        /* values that are equal, and look otherwise */
        {"{\"emailAddress\":\"a@b.c\"}", "{\"emailAddress\":\"D@e.f\"}",
         "{\"emailAddress\":\"d@e.f\"}", "put {\"emailAddress\":\"a@b.c\"} "},
        {"{\"opportunityAmount\":1}", "{\"opportunityAmount\":2.50}",
         "{\"opportunityAmount\":2.5}", "put {\"opportunityAmount\":1} "},
        {"{\"title\":\"a\\u00e9\\n\"}", "{\"title\":\"b\"}", "{\"title\":\"b\"}",
         "put {\"title\":\"a\xC3\xA9\\n\"} "},
        /* a flag that was not recorded is off: null would be refused */
        {"{\"doNotCall\":null}", "{\"doNotCall\":true}", "{\"doNotCall\":true}",
         "put {\"doNotCall\":false} "},
        {"{\"doNotCall\":null}", "{\"doNotCall\":true}", "{\"doNotCall\":false}",
         "done "},
        {"{\"doNotCall\":true}", "{\"doNotCall\":false}", "{\"doNotCall\":null}",
         "put {\"doNotCall\":true} "},
        /* ids that joined a set */
        {"{\"teamsIds\":[\"a\"]}", "{\"teamsIds\":{\"add\":[\"b\",\"a\"]}}",
         "{\"teamsIds\":[\"b\",\"a\"]}", "put {\"teamsIds\":[\"a\"]} "},
        {"{\"teamsIds\":null}", "{\"teamsIds\":{\"add\":[\"b\"]}}",
         "{\"teamsIds\":[\"b\"]}", "put {\"teamsIds\":[]} "},
        {"{\"teamsIds\":[\"a\"]}", "{\"teamsIds\":{\"add\":[\"b\",\"c\"]}}",
         "{\"teamsIds\":[\"a\",\"c\"]}", "put {\"teamsIds\":[\"a\"]} "},
        {"{\"teamsIds\":[\"a\"]}", "{\"teamsIds\":{\"add\":[\"b\",\"c\"]}}",
         "{\"teamsIds\":[\"c\"]}", "put {\"teamsIds\":[\"a\"]} edited teamsIds "},
        {"{\"teamsIds\":[\"a\"]}", "{\"teamsIds\":{\"add\":[\"b\"]}}",
         "{\"teamsIds\":[\"a\",\"b\",\"c\"]}",
         "put {\"teamsIds\":[\"a\"]} edited teamsIds "},
        /* what went along and was not there before is compared, not restored */
        {"{\"title\":\"old\"}", "{\"title\":\"new\",\"emailAddressIsInvalid\":true}",
         "{\"title\":\"new\",\"emailAddressIsInvalid\":true}",
         "put {\"title\":\"old\"} "},
        {"{\"title\":\"old\"}", "{\"title\":\"new\",\"emailAddressIsInvalid\":true}",
         "{\"title\":\"new\",\"emailAddressIsInvalid\":false}",
         "put {\"title\":\"old\"} edited emailAddressIsInvalid "},
        /* a field that is there no more */
        {"{\"cGone\":\"old\",\"title\":\"old\"}", "{\"cGone\":\"new\",\"title\":\"new\"}",
         "{\"title\":\"new\"}", "put {\"title\":\"old\"} "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct undo_request request = {.schema = schema,
                                             .record = slice_of(cases[i].record),
                                             .wrote = slice_of(cases[i].wrote),
                                             .image = slice_of(cases[i].image)};
        check(&request, cases[i].want);
    }
}

static void test_addresses(void **state) {
    static const char image[] =
        "{\"emailAddressData\":[{\"emailAddress\":\"two@b.c\",\"lower\":\"two@b.c\","
        "\"primary\":false,\"optOut\":true,\"invalid\":false},{\"emailAddress\":"
        "\"one@b.c\",\"primary\":true,\"optOut\":false,\"invalid\":true}]}";
    static const char wrote[] = "{\"emailAddressData\":[{\"emailAddress\":\"new@b.c\","
                                "\"primary\":true,\"optOut\":false,\"invalid\":false}]}";
    static const char now[] = "{\"emailAddressData\":[{\"emailAddress\":\"New@b.c\","
                              "\"primary\":true,\"optOut\":%s,\"invalid\":false}]}";
    static const char put[] =
        "put {\"emailAddressData\":[{\"emailAddress\":\"one@b.c\",\"primary\":true,"
        "\"optOut\":false,\"invalid\":true},{\"emailAddress\":\"two@b.c\",\"primary\":"
        "false,\"optOut\":true,\"invalid\":false}]} ";
    char record[256], want[512];
    struct undo_request request = {
        .schema = schema, .wrote = slice_of(wrote), .image = slice_of(image)};

    (void)state;
    (void)snprintf(record, sizeof record, now, "false");
    request.record = slice_of(record);
    check(&request, put);
    (void)snprintf(record, sizeof record, now, "true"); /* opted out since */
    request.record = slice_of(record);
    (void)snprintf(want, sizeof want, "%sedited emailAddressData ", put);
    check(&request, want);
    request.record = slice_of(image);
    check(&request, "done ");
    assert_true(undo_needs_whole(schema, slice_of(wrote)));
    assert_false(undo_needs_whole(schema, slice_of("{\"title\":\"x\"}")));
}

static void test_creations(void **state) {
    static const char wrote[] =
        "{\"title\":\"T\",\"lastName\":\"L\",\"doNotCall\":false}";
    static const char *const dropped[] = {"title"};
    struct undo_request request = {.schema = schema, .wrote = slice_of(wrote)};

    (void)state;
    request.record = slice_of("{\"title\":\"T\",\"lastName\":\"L\",\"status\":\"New\"}");
    check(&request, "");
    request.record = slice_of("{\"title\":\"x\",\"lastName\":null,\"doNotCall\":false}");
    check(&request, "edited title edited lastName ");
    request.unstored = dropped; /* EspoCRM did not take it: nobody has edited it */
    request.unstored_count = 1;
    check(&request, "edited lastName ");
}

static void test_damage(void **state) {
    static const char *const bad[] = {"{\"title\":", "[]", "{\"title\":{\"x\":1}}",
                                      "{\"teamsIds\":{\"add\":[1]}}"};
    struct arena arena = {.blocks = NULL};
    struct undo_change change;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct undo_request request = {
            .schema = schema, .record = slice_of("{}"), .wrote = slice_of(bad[i])};
        assert_int_equal(undo_compare(&request, &arena, &change), RC_SERVER);
    }
    arena_fini(&arena);
}

static void test_stamps(void **state) {
    static const struct {
        const char *record, *modified;
        int64_t version;
        bool touched;
    } cases[] = {
        {"{\"modifiedAt\":\"2026-01-01 10:00:00\"}", "2026-01-01 10:00:00", 0, false},
        {"{\"modifiedAt\":\"2026-01-01 10:00:01\"}", "2026-01-01 10:00:00", 0, true},
        {"{\"modifiedAt\":\"2026-01-01 10:00:00\",\"versionNumber\":2}",
         "2026-01-01 10:00:00", 2, false},
        {"{\"modifiedAt\":\"2026-01-01 10:00:00\",\"versionNumber\":3}",
         "2026-01-01 10:00:00", 2, true}, /* within the same second */
        {"{\"versionNumber\":2}", NULL, 2, false},
        /* not known when it was made */
        {"{\"createdAt\":\"2026-01-01 10:00:00\",\"modifiedAt\":\"2026-01-01 10:00:00\","
         "\"modifiedById\":\"other\"}",
         NULL, 0, true},
        {"{\"createdAt\":\"2026-01-01 10:00:00\",\"modifiedAt\":\"2026-01-01 10:00:00\","
         "\"modifiedById\":null}",
         NULL, 0, false},
        {"{\"modifiedAt\":\"2026-01-01 10:00:00\",\"modifiedById\":\"other\"}",
         "2026-01-01 10:00:00", 0, true},
        {"{\"modifiedAt\":\"2026-01-01 10:00:00\",\"modifiedById\":\"me\"}",
         "2026-01-01 10:00:00", 0, false},
        {"{\"createdAt\":\"2026-01-01 10:00:00\",\"modifiedAt\":\"2026-01-01 10:00:05\","
         "\"modifiedById\":\"other\"}",
         NULL, 0, true},
        {"{\"createdAt\":\"2026-01-01 10:00:00\",\"modifiedAt\":\"2026-01-01 10:00:05\","
         "\"modifiedById\":\"me\"}",
         NULL, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct undo_stamp stamp = {cases[i].modified, cases[i].version, "me"};
        assert_int_equal(undo_is_touched(slice_of(cases[i].record), &stamp),
                         cases[i].touched);
    }
}

static void test_words(void **state) {
    struct arena arena = {.blocks = NULL};
    struct undo_change change;
    const struct undo_request request = {
        .schema = schema,
        .record = slice_of("{\"title\":\"\",\"lastName\":\"by \\\"hand\\\"\"}"),
        .wrote = slice_of("{\"title\":\"T\",\"lastName\":\"L\"}")};

    (void)state;
    assert_int_equal(undo_compare(&request, &arena, &change), RC_OK);
    assert_int_equal(change.edit_count, 2);
    assert_string_equal(change.edits[0].message,
                        "title was edited since: it is empty now, the run wrote 'T'");
    assert_non_null(strstr(change.edits[1].message, "the run wrote 'L'"));
    assert_string_equal(undo_last_edit(slice_of("{\"modifiedAt\":\"2026-01-01 10:00:00\","
                                                "\"modifiedByName\":\"Jane\"}"),
                                       &arena),
                        "Jane at 2026-01-01 10:00:00 UTC");
    arena_fini(&arena);
}

static void test_select(void **state) {
    const char *names[4] = {"id", "title"};
    size_t count =
        undo_select(schema,
                    slice_of("{\"title\":1,\"status\":1,\"cGone\":1,\"lastName\":1,"
                             "\"firstName\":1}"),
                    names, 2, 4);

    (void)state;
    assert_int_equal(count, 4);
    assert_string_equal(names[2], "status");
    assert_string_equal(names[3], "lastName");
}

static int begin(void **state) {
    (void)state;
    schema = fixture_schema("lead", "Lead", NULL, NULL);
    return 0;
}

static int end(void **state) {
    (void)state;
    schema_free(schema);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_updates),   cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_creations), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_stamps),    cmocka_unit_test(test_words),
        cmocka_unit_test(test_select),
    };
    return cmocka_run_group_tests_name("undo", tests, begin, end);
}
