/* fuzz_page.c - any bytes as a page of an export: what of it becomes a row has as many
 * cells as the table has columns, each of them UTF-8, and as JSON jansson reads it.
 */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/pack.h"
#include "base/utf8.h"
#include "model/json.h"
#include "model/schema.h"
#include "model/table.h"

enum { ROW_MAX = 1 << 20 };

static const char entity_defs[] =
    "{\"fields\":{\"name\":{\"type\":\"personName\"},\"lastName\":{\"type\":\"varchar\"},"
    "\"emailAddress\":{\"type\":\"email\"},\"phoneNumber\":{\"type\":\"phone\","
    "\"typeList\":[\"Mobile\",\"Office\"]},\"amount\":{\"type\":\"currency\"},"
    "\"price\":{\"type\":\"decimal\"},\"count\":{\"type\":\"int\"},\"day\":{\"type\":"
    "\"date\"},\"moment\":{\"type\":\"datetime\"},\"doNotCall\":{\"type\":\"bool\"},"
    "\"tags\":{\"type\":\"multiEnum\",\"options\":[\"Red\",\"Blue\"]},\"user\":{\"type\":"
    "\"link\"},\"teams\":{\"type\":\"linkMultiple\"},\"note\":{\"type\":\"text\"},"
    "\"data\":{\"type\":\"jsonObject\"}},\"links\":{\"user\":{\"type\":\"belongsTo\","
    "\"entity\":\"User\"},\"teams\":{\"type\":\"hasMany\",\"entity\":\"Team\"}}}";

static struct schema *make_schema(void) {
    struct schema_sources sources = {slice_of(entity_defs), slice_of(""),
                                     slice_of("{\"currencyList\":[\"USD\"]}"),
                                     slice_of("{\"acl\":{\"table\":{\"Lead\":true}}}")};
    struct schema *schema = NULL;
    struct err err = {0};

    REQUIRE(schema_new(&schema, "Lead", &sources, &err) == RC_OK);
    return schema;
}

static void check_cells(struct table *table, struct slice record) {
    struct buf pack = {.max = ROW_MAX};
    size_t unfaithful = 0, count = 0;
    struct slice rest, cell;
    struct err err = {0};
    int rc = table_append_cells(table, record, &pack, &unfaithful, &err);

    REQUIRE(rc == RC_OK || (rc == RC_SERVER && err.message[0] != '\0'));
    REQUIRE(unfaithful <= table_columns(table));
    rest = buf_slice(&pack);
    while (rc == RC_OK && pack_next(&rest, &cell) == 1)
        count++;
    REQUIRE(rc != RC_OK || (rest.len == 0 && count == table_columns(table)));
    buf_fini(&pack);
}

static void check_json(struct table *table, struct slice record) {
    struct buf json = {.max = ROW_MAX};
    struct err err = {0};
    int rc = table_append_json(table, record, &json, &err);

    REQUIRE(rc == RC_OK || (rc == RC_SERVER && err.message[0] != '\0'));
    if (rc == RC_OK)
        REQUIRE(jansson_agrees(buf_slice(&json)));
    buf_fini(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const selects[] = {"*", "id,lastName,amount,tags,moment", "id"};
    static const char *const expands[] = {NULL, "emails,phones,teams", "teams"};
    struct json_member list, element;
    struct json_cursor cursor;
    struct schema *schema;
    struct table *table;
    struct err err = {0};
    struct slice body;
    int rc;

    if (size < 1 || size > 65536)
        return 0;
    body = slice_make((const char *)data + 1, size - 1);
    if (!json_find(body, "list", &list) || json_cursor_array(&cursor, list.raw) < 0)
        return 0;
    schema = make_schema();
    REQUIRE(table_select(&table, schema, selects[data[0] % 3], expands[data[0] / 3 % 3],
                         &err) == RC_OK);
    while ((rc = json_cursor_next(&cursor, &element)) == 1) {
        (void)table_must_read(table, element.raw);
        check_cells(table, element.raw);
        check_json(table, element.raw);
    }
    REQUIRE(rc < 0 || json_cursor_end(&cursor) == RC_OK);
    table_free(table);
    schema_free(schema);
    return 0;
}
