/* test_difference.c - in what a row and a record differ, and the mapping that they are
 * compared by. */
#include "plan/difference.h"

#include "flow/reconcile_mapping.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const struct schema_attribute mail_def = {
    .name = "emailAddress", .field = "emailAddress", .type = ATTRIBUTE_EMAIL};
static const struct schema_attribute title_def = {
    .name = "title", .field = "title", .type = ATTRIBUTE_VARCHAR};
static const struct schema_attribute amount_def = {
    .name = "amount", .field = "amount", .type = ATTRIBUTE_DECIMAL};
static const struct schema_attribute kinds_def = {
    .name = "kinds", .field = "kinds", .type = ATTRIBUTE_LIST};
static const struct schema_attribute teams_def = {
    .name = "teamsIds", .field = "teams", .type = ATTRIBUTE_IDS};

static struct attribute text(const struct schema_attribute *def, const char *value) {
    return (struct attribute){.def = def,
                              .on_conflict = CONFLICT_KEEP, /* must not count */
                              .value = {.kind = value == NULL ? VALUE_NULL : VALUE_STRING,
                                        .text = slice_of(value == NULL ? "" : value)}};
}

static void expect(struct difference_request *request, const char *record, int count,
                   const char *json) {
    struct arena arena = {.blocks = NULL};
    struct buf out = {.max = 4096};

    request->record = slice_of(record);
    if (request->ignore == NULL)
        request->ignore = "";
    assert_int_equal(difference_find(request, &arena, &out), count);
    assert_string_equal(buf_text(&out), json);
    buf_fini(&out);
    arena_fini(&arena);
}

static void test_values(void **state) {
    struct attribute row[] = {text(&title_def, "Boss"), text(&amount_def, "12.5")};
    struct difference_request request = {.attributes = row, .count = 2};

    (void)state;
    expect(&request, "{\"title\":\"Boss\",\"amount\":\"12.5000\"}", 0, "[]");
    expect(&request, "{\"title\":\"boss\",\"amount\":\"12.51\"}", 2,
           "[[\"title\",\"boss\",\"Boss\"],[\"amount\",\"12.51\",\"12.5\"]]");
    expect(&request, "{\"amount\":\"12.5\"}", 1, "[[\"title\",null,\"Boss\"]]");
    row[0] = text(&title_def, NULL);
    expect(&request, "{\"title\":\"x\",\"amount\":\"12.5\"}", 1,
           "[[\"title\",\"x\",null]]");
    expect(&request, "{\"title\":\"\",\"amount\":\"12.5\"}", 0, "[]");
}

static void test_looser(void **state) {
    struct attribute row[] = {text(&title_def, "  BOSS ")};
    struct difference_request request = {.attributes = row, .count = 1};
    static const char record[] = "{\"title\":\"Boss\"}";

    (void)state;
    request.trim = true;
    expect(&request, record, 1, "[[\"title\",\"Boss\",\"  BOSS \"]]");
    request.fold_case = true;
    expect(&request, record, 0, "[]");
    request.trim = false; /* the server trims a varchar, too, but not its case */
    expect(&request, record, 1, "[[\"title\",\"Boss\",\"  BOSS \"]]");
    request.ignore = ",name,title,";
    expect(&request, record, 0, "[]");
    assert_false(difference_ignores(",titles,subtitle,", "title"));
    assert_false(difference_ignores("", "title"));
}

static void test_sets(void **state) {
    static const struct slice items[] = {{"a", 1}, {"b", 1}};
    struct attribute row[] = {
        {.def = &kinds_def,
         .value = {.kind = VALUE_LIST, .items = items, .item_count = 2}}};
    struct difference_request request = {.attributes = row, .count = 1};

    (void)state;
    expect(&request, "{\"kinds\":[\"b\",\"a\"]}", 0, "[]");
    expect(&request, "{\"kinds\":[\"b\",\"c\"]}", 1,
           "[[\"kinds\",[\"b\",\"c\"],[\"a\",\"b\"]]]");
    expect(&request, "{\"kinds\":[\"b\",\"a\",\"c\"]}", 1,
           "[[\"kinds\",[\"b\",\"a\",\"c\"],[\"a\",\"b\"]]]");
    row[0].def = &teams_def; /* what joins is compared by what is missing */
    row[0].add = true;
    expect(&request, "{\"teamsIds\":[\"b\",\"a\",\"c\"]}", 0, "[]");
    expect(&request, "{\"teamsIds\":[\"b\",\"c\"]}", 1,
           "[[\"teamsIds\",[\"b\",\"c\"],[\"b\",\"c\",\"a\"]]]");
}

/* A record may be told by an address that is not its primary one; a name by which it was
 * told may differ in case. */
static void test_keys(void **state) {
    static const struct schema_attribute *const keys[] = {&mail_def, &title_def};
    struct attribute row[] = {text(&mail_def, "a@b.example"), text(&title_def, "ANN")};
    struct difference_request request = {
        .attributes = row, .count = 2, .keys = keys, .key_count = 2};

    (void)state;
    expect(&request, "{\"emailAddress\":\"z@b.example\",\"title\":\"Ann\"}", 1,
           "[[\"title\",\"Ann\",\"ANN\"]]");
    request.key_count = 0;
    expect(&request, "{\"emailAddress\":\"A@B.example\",\"title\":\"ANN\"}", 0, "[]");
}

static void test_mapping(void **state) {
    static const char json[] =
        "{\"version\":1,\"entityType\":\"Lead\",\"operation\":\"create\",\"identity\":"
        "\"x\","
        "\"onMatch\":\"skip\",\"columns\":[{\"name\":\"A\",\"field\":\"a\","
        "\"onConflict\":"
        "\"keep\"},{\"name\":\"B\",\"field\":\"bId\",\"lookup\":{\"onNone\":\"create\","
        "\"onMany\":\"first\"}}]}";
    struct buf out = {.max = 4096};
    struct err err = {0};

    (void)state;
    assert_int_equal(reconcile_mapping(json, NULL, &out, &err), RC_USAGE);
    assert_non_null(strstr(err.advice, "--key"));
    assert_int_equal(reconcile_mapping(json, "a,", &out, &err), RC_OK);
    buf_reset(&out);
    assert_int_equal(reconcile_mapping(json, ",a", &out, &err), RC_USAGE);
    buf_reset(&out);
    assert_int_equal(reconcile_mapping(json, "a, bId", &out, &err), RC_OK);
    assert_string_equal(
        buf_text(&out),
        "{\"version\":1,\"entityType\":\"Lead\",\"operation\":\"upsert\",\"columns\":[{"
        "\"name\":\"A\",\"field\":\"a\"},{\"name\":\"B\",\"field\":\"bId\",\"lookup\":{"
        "\"onMany\":\"first\"}}],\"match\":[[\"a\",\"bId\"]]}");
    buf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),  cmocka_unit_test(test_looser),
        cmocka_unit_test(test_sets),    cmocka_unit_test(test_keys),
        cmocka_unit_test(test_mapping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
