/* test_bulk_row.c - what may go through the Import, and how its rows are written. */
#include "plan/bulk_row.h"

#include "unit/model_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

enum { ATTRIBUTES = 8 };

static struct schema *schema;

static int make_schema(void **state) {
    (void)state;
    schema = fixture_schema("lead", "Lead", NULL, NULL);
    return 0;
}

static int free_schema(void **state) {
    (void)state;
    schema_free(schema);
    return 0;
}

static struct attribute make(const char *name, enum value_kind kind, const char *text) {
    struct attribute a = {.def = schema_find(schema, name),
                          .column = NO_COLUMN,
                          .value = {.kind = kind, .text = slice_of(text)}};

    assert_non_null(a.def);
    a.value.boolean = kind == VALUE_BOOL && strcmp(text, "true") == 0;
    return a;
}

static struct write create(const struct attribute *attributes, size_t count) {
    return (struct write){.kind = WRITE_CREATE,
                          .entity_type = "Lead",
                          .id = "f00dfeed000000001",
                          .attributes = attributes,
                          .count = count,
                          .skip_duplicate_check = true};
}

/* The obstacle of a lead that has a name and this. */
static const char *obstacle(enum write_kind kind, struct attribute a) {
    const struct attribute list[] = {make("lastName", VALUE_STRING, "L"), a};
    struct write write = create(list, 2);

    write.kind = kind;
    return bulk_obstacle(schema, &write);
}

static char long_text[300];

static void test_obstacles(void **state) {
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    const struct {
        const char *name;
        enum value_kind kind;
        const char *text;
        bool create, update; /* may go */
    } cases[] = {
        {"title", VALUE_STRING, "plain", true, true},
        {"title", VALUE_STRING, " \"quoted\", \n", true, true},
        {"title", VALUE_STRING, "a\rb", false, false},
        {"description", VALUE_STRING, "a\r\nb", false, false},
        {"accountName", VALUE_STRING, long_text, false, false},
        {"description", VALUE_STRING, long_text, true, true},
        {"website", VALUE_STRING, "https://a.example/b?c=d&e=(f)", true, true},
        {"website", VALUE_STRING, "https://a.example/%20", false, false},
        {"website", VALUE_STRING, "https://a.example/\xc3\xbc", false, false},
        {"opportunityAmount", VALUE_NUMBER, "12.5", true, true},
        {"opportunityAmount", VALUE_NUMBER, "1e3", false, false},
        {"emailAddress", VALUE_STRING, "a@b.example", true, false},
        {"phoneNumber", VALUE_STRING, "+4930123", true, false},
        {"emailAddressIsOptedOut", VALUE_BOOL, "true", true, false},
        {"doNotCall", VALUE_BOOL, "false", true, true},
        {"status", VALUE_NULL, "", false, true}, /* new ones would get the default */
        {"title", VALUE_NULL, "", true, true},
        {"assignedUserId", VALUE_STRING, "1", false, false}, /* nobody has looked it up */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attribute a = make(cases[i].name, cases[i].kind, cases[i].text);
        const char *created = obstacle(WRITE_CREATE, a);
        const char *updated = obstacle(WRITE_UPDATE, a);
        if ((created == NULL) != cases[i].create)
            fail_msg("create %s %s: %s", cases[i].name, cases[i].text, created);
        if ((updated == NULL) != cases[i].update)
            fail_msg("update %s %s: %s", cases[i].name, cases[i].text, updated);
    }
}

static void test_whole_writes(void **state) {
    const struct attribute named[] = {make("lastName", VALUE_STRING, "L")};
    const struct attribute unnamed[] = {make("emailAddress", VALUE_STRING, "a@b.c")};
    struct write write = create(named, 1);

    (void)state;
    assert_null(bulk_obstacle(schema, &write));
    write.skip_duplicate_check = false;
    assert_non_null(bulk_obstacle(schema, &write));
    write.skip_duplicate_check = true;
    write.kind = WRITE_UPDATE;
    assert_null(bulk_obstacle(schema, &write));
    write.version_number = 3;
    assert_non_null(bulk_obstacle(schema, &write));
    write.version_number = 0;
    write.lacks_currency = true;
    assert_non_null(bulk_obstacle(schema, &write));
    write = create(unnamed, 1);
    assert_non_null(bulk_obstacle(schema, &write)); /* the Import wants a name */
    write.kind = WRITE_DELETE;
    assert_non_null(bulk_obstacle(schema, &write));
}

static void check_file(const struct write *writes, size_t count, const char *want) {
    struct bulk_columns columns = {.count = 0};
    struct buf csv = {.max = 4096};

    for (size_t i = 0; i < count; i++)
        assert_true(bulk_columns_add(&columns, schema, &writes[i]));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(bulk_append_row(&csv, &columns, &writes[i]), RC_OK);
    assert_string_equal(buf_text(&csv), want);
    buf_fini(&csv);
}

static void test_rows(void **state) {
    const struct attribute a[] = {make("lastName", VALUE_STRING, " O\"Neil, Jr "),
                                  make("description", VALUE_STRING, " a\nb "),
                                  make("opportunityAmount", VALUE_NUMBER, "1.50")};
    const struct attribute b[] = {make("opportunityAmount", VALUE_NULL, ""),
                                  make("lastName", VALUE_STRING, "B"),
                                  make("doNotCall", VALUE_BOOL, "true")};
    const struct write writes[] = {create(a, 3), create(b, 3)};

    (void)state;
    check_file(writes, 2,
               "\"O\"\"Neil, Jr\",\" a\nb \",\"1.50\",,\"f00dfeed000000001\"\n"
               "\"B\",,,\"1\",\"f00dfeed000000001\"\n");
}

/* Addresses go as JSON with their marks; the marks have no columns of their own. */
static void test_addresses(void **state) {
    const struct attribute a[] = {make("lastName", VALUE_STRING, "L"),
                                  make("emailAddress", VALUE_STRING, " a@b.example "),
                                  make("emailAddressIsOptedOut", VALUE_BOOL, "true")};
    const struct write write = create(a, 3);

    (void)state;
    check_file(&write, 1,
               "\"L\",\"[{\"\"emailAddress\"\":\"\"a@b.example\"\",\"\"primary\"\":true,"
               "\"\"optOut\"\":true,\"\"invalid\"\":false}]\",\"f00dfeed000000001\"\n");
}

static void test_groups(void **state) {
    const struct attribute ab[] = {make("title", VALUE_STRING, "x"),
                                   make("status", VALUE_STRING, "New")};
    const struct attribute ba[] = {make("status", VALUE_STRING, "Dead"),
                                   make("title", VALUE_NULL, "")};
    const struct attribute a[] = {make("title", VALUE_STRING, "x")};
    struct write first = create(ab, 2), second = create(a, 1);

    (void)state;
    assert_true(bulk_group(&first) == bulk_group(&second));
    first.kind = second.kind = WRITE_UPDATE;
    assert_false(bulk_group(&first) == bulk_group(&second));
    second.attributes = ba;
    second.count = 2;
    assert_true(bulk_group(&first) == bulk_group(&second));
}

static void test_currency(void **state) {
    const struct attribute title[] = {make("title", VALUE_STRING, "x")};
    const struct attribute currency[] = {
        make("opportunityAmountCurrency", VALUE_STRING, "EUR")};
    static const char amount[] =
        "{\"cCDecimal\":null,\"opportunityAmount\":5,\"opportunityAmountCurrency\":null}";
    static const char none[] = "{\"cCDecimal\":null,\"opportunityAmount\":null}";
    static const char unknown[] = "{\"cCDecimal\":null}";

    (void)state;
    assert_true(bulk_lacks_currency(schema, slice_of(amount), title, 1));
    assert_false(bulk_lacks_currency(schema, slice_of(amount), currency, 1));
    assert_false(bulk_lacks_currency(schema, slice_of(none), title, 1));
    assert_true(bulk_lacks_currency(schema, slice_of(unknown), title, 1));
}

static void test_refusals(void **state) {
    struct schema *restricted =
        fixture_schema("lead", "Lead", NULL, "app-user-restricted.json");
    struct schema *own = fixture_schema("lead", "Lead", NULL, "app-user-own.json");

    (void)state;
    assert_null(bulk_refusal(schema));
    assert_non_null(bulk_refusal(restricted));
    assert_true(schema_server(own)->may_read);
    assert_non_null(strstr(bulk_refusal(own), "only some"));
    schema_free(own);
    schema_free(restricted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_obstacles), cmocka_unit_test(test_whole_writes),
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_groups),    cmocka_unit_test(test_currency),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, make_schema, free_schema);
}
