/* test_mapping_schema.c - mappings/mapping.schema.json and the program know the same
 * words. */
#include "model_fixture.h"

#include <jansson.h>

#define LEAD "{\"version\":1,\"entityType\":\"Lead\","

/* Each example of mapping.schema.json is understood: editors and program agree. */
static void check_examples(json_t *properties, const char *before, const char *after) {
    const char *name;
    json_t *property;

    json_object_foreach(properties, name, property) {
        json_t *example = json_array_get(json_object_get(property, "examples"), 0);
        char *text = example == NULL ? NULL : json_dumps(example, JSON_ENCODE_ANY);
        char json[2048];
        struct mapping *mapping = NULL;
        struct err err = {.rc = RC_OK};
        if (text == NULL)
            fail_msg("%s has no example", name);
        (void)snprintf(json, sizeof json, "%s\"%s\":%s%s", before, name, text, after);
        (void)mapping_parse(&mapping, slice_of(json), "schema", &err);
        if (strstr(err.message, "unknown key") != NULL ||
            strstr(err.advice, "unknown key") != NULL ||
            (strstr(err.message, name) != NULL && strstr(err.message, "must be") != NULL))
            fail_msg("%s: %s", json, err.message);
        mapping_free(mapping);
        free(text);
    }
}

static void test_schema_file(void **state) {
    static const char *const column_keys[] = {
        "name",      "names",         "titles",   "field",        "fields",
        "const",     "split",         "join",     "format",       "valueMap",
        "onUnknown", "empty",         "required", "ignore",       "optional",
        "delimiter", "missingValues", "timezone", "phoneCountry", "decimalChar",
        "groupChar", "onConflict",    "lookup",   "linkMultiple", "mode",
        "type",      "optedOut",      "invalid",  "description",  "comment",
        "transforms"};
    json_t *root = json_load_file(MAPPINGS "/mapping.schema.json", 0, NULL);
    json_t *properties, *source, *column;

    (void)state;
    assert_non_null(root);
    properties = json_object_get(root, "properties");
    source = json_object_get(json_object_get(properties, "source"), "properties");
    column = json_object_get(json_object_get(json_object_get(root, "$defs"), "column"),
                             "properties");
    assert_int_equal(json_object_size(column), sizeof column_keys / sizeof *column_keys);
    for (size_t i = 0; i < sizeof column_keys / sizeof *column_keys; i++)
        if (json_object_get(column, column_keys[i]) == NULL)
            fail_msg("the schema lacks %s", column_keys[i]);
    check_examples(properties, "{", "}");
    check_examples(source, "{\"source\":{", "}}");
    check_examples(json_object_get(json_object_get(source, "dialect"), "properties"),
                   "{\"source\":{\"dialect\":{", "}}}");
    check_examples(json_object_get(json_object_get(properties, "defaults"), "properties"),
                   "{\"defaults\":{", "}}");
    check_examples(column, LEAD "\"columns\":[{", "}]}");
    check_examples(json_object_get(json_object_get(column, "lookup"), "properties"),
                   LEAD "\"columns\":[{\"lookup\":{", "}}]}");
    json_decref(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
