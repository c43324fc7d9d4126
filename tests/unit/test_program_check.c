/* What a mapping lacks: the entity type beside an id, a time zone that there is. */
#include "model_fixture.h"

#include "base/reason.h"
#include "model/json.h"

#include <string.h>

static const char columns[] = "{\"name\":\"n\",\"field\":\"name\"},"
                              "{\"name\":\"p\",\"field\":\"parentId\"},"
                              "{\"name\":\"u\",\"field\":\"assignedUserId\"},";

struct row_case {
    const char *row, *want;
};

static void check(const char *type_column, const struct row_case *cases, size_t count) {
    struct schema *schema = fixture_schema("meeting", "Meeting", NULL, NULL);
    struct mapping_problem *problems = NULL;
    struct buf text = {.max = 4096}, out = {.max = 1 << 20};
    struct mapping *mapping;
    struct program *program;
    size_t n = 0;

    (void)buf_append_format(&text, "%s%s", columns, type_column);
    mapping = fixture_mapping("Meeting", "", buf_text(&text));
    program = fixture_program(mapping, schema, "n|p|u|t", &problems, &n);
    if (program == NULL)
        fail_msg("%s: %s", problems[0].pointer, problems[0].message);
    for (size_t i = 0; i < count; i++) {
        fixture_run(program, cases[i].row, &out);
        if (strcmp(buf_text(&out), cases[i].want) != 0)
            fail_msg("%s gave %s", cases[i].row, buf_text(&out));
    }
    buf_fini(&out);
    buf_fini(&text);
    program_free(program);
    mapping_free(mapping);
    schema_free(schema);
}

#define WHOLE                                                                            \
    "{\"name\":\"a\",\"parentId\":\"b23456789012345ff\",\"assignedUserId\":\"1\","       \
    "\"parentType\":\"Account\"}"
#define EMPTY "{\"name\":\"a\",\"assignedUserId\":\"1\",\"parentType\":\"Account\"}"

static void test_rows(void **state) {
    static const struct row_case cases[] = {
        {"a|b23456789012345ff|1|Account", WHOLE},
        {"a|b23456789012345ff|1|", "VALUE_REQUIRED parentType@3"},
        /* what is wrong already is not called missing */
        {"a|b23456789012345ff|1|Acount", "ENUM_UNKNOWN parentType@3"},
        {"a|?|1|", "ID_INVALID parentId@1"},
        {"a||1|Account", EMPTY},
        {"a||1|", "{\"name\":\"a\",\"assignedUserId\":\"1\"}"},
    };
    static const struct row_case constant[] = {{"a|b23456789012345ff|1|", WHOLE},
                                               {"a||1|", EMPTY}};

    (void)state;
    check("{\"name\":\"t\",\"field\":\"parentType\"}", cases,
          sizeof cases / sizeof cases[0]);
    check("{\"const\":\"Account\",\"field\":\"parentType\"}", constant,
          sizeof constant / sizeof constant[0]);
}

static void test_mappings(void **state) {
    static const struct {
        const char *extra, *columns, *pointer, *message; /* NULL: it is fine */
    } cases[] = {
        {"", "{\"name\":\"p\",\"field\":\"parentId\"}", "/columns/2",
         "parentId means nothing to EspoCRM without parentType: map a column to "
         "parentType, too, or give it a \"const\""},
        {"", "{\"name\":\"t\",\"field\":\"parentType\"}", "/columns/2",
         "map a column to parentId, too"},
        /* no column uses the zone */
        {"\"defaults\":{\"timezone\":\"Europe/Berln\"},",
         "{\"name\":\"x\",\"ignore\":true}", "/defaults/timezone", "Europe/Berln"},
        {"\"defaults\":{\"timezone\":\"Europe/Berlin\"},",
         "{\"name\":\"x\",\"ignore\":true}", NULL, NULL},
        {"\"defaults\":{\"timezone\":\"UTC\"},", "{\"name\":\"x\",\"ignore\":true}", NULL,
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schema *schema = fixture_schema("meeting", "Meeting", NULL, NULL);
        struct mapping_problem *problems = NULL;
        struct buf text = {.max = 4096};
        struct mapping *mapping;
        struct program *program;
        size_t n = 0;
        (void)buf_append_format(&text,
                                "{\"name\":\"n\",\"field\":\"name\"},"
                                "{\"name\":\"u\",\"field\":\"assignedUserId\"},%s",
                                cases[i].columns);
        mapping = fixture_mapping("Meeting", cases[i].extra, buf_text(&text));
        program = fixture_program(mapping, schema, "n|p|u|t", &problems, &n);
        assert_int_equal(n, cases[i].pointer != NULL);
        if (n > 0) {
            assert_string_equal(problems[0].pointer, cases[i].pointer);
            assert_non_null(strstr(problems[0].message, cases[i].message));
        }
        free(problems);
        buf_fini(&text);
        program_free(program);
        mapping_free(mapping);
        schema_free(schema);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_mappings)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
