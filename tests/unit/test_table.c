/* test_table.c - columns of an export: which are left out when lists do not show them. */
#include "model_fixture.h"

#include <string.h>

#include "base/pack.h"
#include "model/table.h"

/* The cells of a record, parted by '|'. */
static int cells_of(struct table *table, const char *record, char *out, size_t size,
                    struct err *err) {
    struct buf pack = {.max = 65536};
    size_t unfaithful = 0, n = 0;
    int rc = table_append_cells(table, slice_of(record), &pack, &unfaithful, err);
    struct slice rest = buf_slice(&pack), cell;

    out[0] = '\0';
    while (rc == RC_OK && pack_next(&rest, &cell) == 1)
        n += (size_t)snprintf(out + n, size - n, "%s%.*s", n > 0 ? "|" : "",
                              (int)cell.len, cell.data == NULL ? "" : cell.data);
    buf_fini(&pack);
    return rc;
}

/* An attribute that was asked for by name stays, whatever a sample shows of it: the
 * columns behind it must not move to other attributes. */
static void test_prune(void **state) {
    struct schema *schema = fixture_schema("lead", "Lead", NULL, NULL);
    struct table *table = NULL;
    struct err err = {0};
    char cells[256];

    (void)state;
    assert_int_equal(table_select(&table, schema, "title,*", NULL, &err), RC_OK);
    assert_true(table_columns(table) > 10);
    assert_true(table_prune(table, slice_of("{\"id\":\"1\",\"status\":\"New\","
                                            "\"lastName\":\"L\"}")) > 5);
    assert_int_equal(table_columns(table), 4);
    assert_string_equal(table_header(table, 0), "title");
    assert_int_equal(cells_of(table,
                              "{\"id\":\"7\",\"lastName\":\"L\",\"status\":\"S\","
                              "\"title\":\"T\"}",
                              cells, sizeof cells, &err),
                     RC_OK);
    assert_string_equal(cells, "T|7|L|S");
    assert_int_equal(cells_of(table,
                              "{\"id\":\"7\",\"lastName\":\"L\",\"status\":\"S\"}",
                              cells, sizeof cells, &err),
                     RC_SERVER);
    assert_non_null(strstr(err.message, "leaves 'title' of Lead out"));
    table_free(table);
    schema_free(schema);
}

static bool lists(const struct table *table, const char *name) {
    bool found = false;

    for (const char *const *at = table_list(table); *at != NULL; at++)
        found = found || strcmp(*at, name) == 0;
    return found;
}

/* EspoCRM lists a parent's name only beside its id and its type; without them it is
 * null, and the cell would be empty. */
static void test_parent_name(void **state) {
    struct schema *schema = fixture_schema("meeting", "Meeting", NULL, NULL);
    struct table *table = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(table_select(&table, schema, "name,parentName", NULL, &err), RC_OK);
    assert_int_equal(table_columns(table), 2);
    assert_true(lists(table, "parentId"));
    assert_true(lists(table, "parentType"));
    table_free(table);
    assert_int_equal(table_select(&table, schema, "name", NULL, &err), RC_OK);
    assert_false(lists(table, "parentId"));
    table_free(table);
    schema_free(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_prune),
                                       cmocka_unit_test(test_parent_name)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
