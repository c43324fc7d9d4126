/* test_transform.c - cells before they are converted. */
#include "model_fixture.h"

#include <string.h>

#include "model/transform.h"

static void test_each(void **state) {
    static const struct {
        const char *json, *cell, *out;
    } cases[] = {
        {"[\"trim\"]", "  a b ", "a b"},
        {"[\"collapse\"]", " a \t\n b  c ", "a b c"},
        {"[\"lower\"]", "ÄB c", "äb c"},
        {"[\"upper\"]", "äß éx1", "Äß ÉX1"},
        {"[\"title\"]", "ANNA-maria o'neill émile", "Anna-Maria O'neill Émile"},
        {"[\"phone\"]", "+49 (30) 1234567", "+49301234567"},
        {"[\"phone\"]", "no number", "no number"},
        {"[\"hash\"]", "abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"[{\"replace\":[\"aa\",\"b\"]}]", "aaaaa-aa", "bba-b"},
        {"[{\"replace\":[\"x\",\"\"]}]", "xaxx", "a"},
        {"[{\"regex\":[\"^0+\",\"\"]}]", "00120", "120"},
        {"[{\"regex\":[\"(\\\\w+), (\\\\w+)\",\"$2 $1\"]}]", "Löwe, Zoë", "Zoë Löwe"},
        {"[{\"regex\":[\"(a+)+$\",\"\"]}]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"},
        {"[{\"regex\":[\"a\",\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]}]",
         "ba", NULL},
        {"[{\"substr\":[1,2]}]", "äöüx", "öü"},
        {"[{\"substr\":[-2,-1]}]", "äöüx", "üx"},
        {"[{\"substr\":[-9,2]}]", "äöüx", "äö"},
        {"[{\"substr\":[9,2]}]", "äöüx", ""},
        {"[{\"padLeft\":[5,\"0\"]}]", "42", "00042"},
        {"[{\"padLeft\":[2,\"0\"]}]", "12345", "12345"},
        {"[{\"default\":\"New\"}]", "", "New"},
        {"[{\"default\":\"New\"}]", "Old", "Old"},
        {"[{\"padLeft\":[5,\"0\"]},\"lower\"]", "", ""},
        {"[\"trim\",{\"replace\":[\".\",\"\"]},{\"default\":\"0\"}]", " . ", "0"},
        {"\"upper\"", "one", "ONE"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct transforms *transforms = NULL;
        struct problems problems = {0};
        struct arena arena = {NULL, 0};
        struct slice cell = slice_of(cases[i].cell);
        json_t *json = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_int_equal(transforms_new(&transforms, json, "/t", &problems), RC_OK);
        if (transforms == NULL)
            fail_msg("%s: %s", cases[i].json, problems.list[0].message);
        assert_int_equal(transforms_apply(transforms, NULL, &arena, &cell), RC_OK);
        if (cases[i].out == NULL) /* longer than was first thought */
            assert_int_equal(cell.len, 1 + strlen(cases[i].json) - 20);
        else if (!slice_is(cell, cases[i].out))
            fail_msg("%s of '%s': '%.*s'", cases[i].json, cases[i].cell, (int)cell.len,
                     cell.data);
        transforms_free(transforms);
        problems_fini(&problems);
        arena_fini(&arena);
        json_decref(json);
    }
}

/* Through a program: an empty cell is filled, a join is turned as a whole. */
static void test_in_mapping(void **state) {
    static const char text[] =
        "{\"version\":1,\"entityType\":\"Lead\",\"columns\":["
        "{\"name\":\"Last\",\"field\":\"lastName\",\"transforms\":[\"title\"]},"
        "{\"name\":\"Status\",\"field\":\"status\",\"transforms\":[{\"default\":\"New\"}]"
        "},"
        "{\"names\":[\"A\",\"B\"],\"join\":\" \",\"field\":\"description\","
        "\"transforms\":[\"upper\"]}]}";
    const struct slice header[] = {{"Last", 4}, {"Status", 6}, {"A", 1}, {"B", 1}};
    const struct slice fields[] = {{"LÖWE", 5}, {"", 0}, {"one", 3}, {"two", 3}};
    static const char *const wanted[] = {"Löwe", "New", "ONE TWO"};
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct mapping *mapping = NULL;
    struct program *program = NULL;
    struct arena arena = {NULL, 0};
    struct record record;
    struct err err = {.rc = RC_OK};

    (void)state;
    assert_int_equal(mapping_parse(&mapping, slice_of(text), "t", &err), RC_OK);
    assert_int_equal(program_new(&program, mapping, schema, header, 4, NULL, NULL, &err),
                     RC_OK);
    assert_int_equal(program_run(program, fields, 4, &arena, &record), RC_OK);
    assert_int_equal(record.error_count, 0);
    assert_int_equal(record.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(slice_is(record.attributes[i].value.text, wanted[i]));
    arena_fini(&arena);
    program_free(program);
    mapping_free(mapping);
    schema_free(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each),
                                       cmocka_unit_test(test_in_mapping)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
