/* fuzz_mapping.c - mapping files of any kind: read, compiled against a small schema and
 * run on a row, without a crash, a leak, or anything on the wire that is no JSON.
 *
 * The input is a mapping file; when it is none, the short form. What is behind a NUL
 * byte becomes the cells of the row, parted by newlines.
 */
#include "model/json.h"
#include "model/mapping.h"
#include "base/utf8.h"
#include "model/schema.h"

#include <stdint.h>
#include <stdlib.h>

enum { CELLS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char entity_defs[] =
    "{\"fields\":{\"name\":{\"type\":\"personName\",\"dependeeAttributeList\":"
    "[\"emailAddress\"]},\"firstName\":{\"type\":\"varchar\",\"maxLength\":20,"
    "\"pattern\":"
    "\"$noBadCharacters\"},\"lastName\":{\"type\":\"varchar\",\"maxLength\":20},"
    "\"emailAddress\":{\"type\":\"email\"},\"phoneNumber\":{\"type\":\"phone\"},"
    "\"status\":"
    "{\"type\":\"enum\",\"options\":[\"New\",\"Dead\"],\"default\":\"New\"},\"amount\":{"
    "\"type\":\"currency\",\"min\":0},\"price\":{\"type\":\"currency\",\"decimal\":true},"
    "\"count\":{\"type\":\"int\",\"max\":100},\"ratio\":{\"type\":\"float\"},\"day\":{"
    "\"type\":\"date\"},\"moment\":{\"type\":\"datetime\"},\"doNotCall\":{\"type\":"
    "\"bool\"},"
    "\"tags\":{\"type\":\"multiEnum\",\"options\":[\"Red\",\"Blue\"]},\"site\":{\"type\":"
    "\"url\"},\"user\":{\"type\":\"link\"},\"teams\":{\"type\":\"linkMultiple\"},"
    "\"note\":{"
    "\"type\":\"text\"},\"parent\":{\"type\":\"linkParent\",\"entityList\":[\"Lead\"]}},"
    "\"links\":{\"user\":{\"type\":\"belongsTo\",\"entity\":\"User\"}}}";

static void require(bool holds) {
    if (!holds)
        abort();
}

static void run(const struct program *program, struct slice row) {
    struct slice cells[CELLS];
    struct arena arena = {.blocks = NULL};
    struct buf json = {.max = 1 << 20};
    struct json_cursor cursor;
    struct json_member member;
    struct record record;
    size_t count = 0;
    int rc;

    while (count < CELLS) {
        const char *end = row.len == 0 ? NULL : memchr(row.data, '\n', row.len);
        size_t len = end == NULL ? row.len : (size_t)(end - row.data);
        cells[count++] = slice_make(row.data, len);
        if (end == NULL)
            break;
        row.data += len + 1;
        row.len -= len + 1;
    }
    require(program_run(program, cells, count, &arena, &record) == RC_OK);
    for (size_t i = 0; i < record.error_count; i++)
        require(record.errors[i].reason != REASON_NONE &&
                record.errors[i].message[0] != '\0');
    require(json_append_record(&json, record.attributes, record.count) == RC_OK);
    require(json_cursor_object(&cursor, buf_slice(&json)) == RC_OK);
    while ((rc = json_cursor_next(&cursor, &member)) == 1)
        require(member.raw.len > 0);
    require(rc == 0 && json_cursor_end(&cursor) == RC_OK);
    buf_fini(&json);
    arena_fini(&arena);
}

/* The canonical form must be a mapping, and its own canonical form. */
static void check_canonical(const struct mapping *mapping) {
    struct mapping *again = NULL;
    struct err err = {.rc = RC_OK};

    require(mapping_parse(&again, slice_of(mapping_json(mapping)), "again", &err) ==
            RC_OK);
    require(strcmp(mapping_json(again), mapping_json(mapping)) == 0);
    mapping_free(again);
}

static void compile(const struct mapping *mapping, struct slice row) {
    static const char *const names[CELLS] = {"a",      "b",      "First Name", "E-Mail",
                                             "status", "amount", "moment",     "tags"};
    struct schema_sources sources = {
        slice_of(entity_defs), slice_of(""),
        slice_of(
            "{\"currencyList\":[\"USD\",\"EUR\"],\"phoneNumberInternational\":true}"),
        slice_of("{\"acl\":{\"table\":{\"Lead\":true}}}")};
    struct slice header[CELLS];
    struct mapping_problem *problems = NULL;
    struct program *program = NULL;
    struct schema *schema = NULL;
    struct err err = {.rc = RC_OK};
    size_t count = 0;

    require(schema_new(&schema, "Lead", &sources, &err) == RC_OK);
    for (size_t i = 0; i < CELLS; i++)
        header[i] = slice_of(names[i]);
    if (program_new(&program, mapping, schema, header, CELLS, &problems, &count, &err) ==
        RC_OK)
        run(program, row);
    else
        require(count > 0 && problems[0].message[0] != '\0');
    free(problems);
    program_free(program);
    schema_free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice text = slice_make((const char *)data, size), row = {NULL, 0};
    const char *nul = size == 0 ? NULL : memchr(data, '\0', size);
    struct mapping *mapping = NULL;
    struct err err = {.rc = RC_OK};
    char *copy;

    if (size > 65536)
        return 0;
    if (nul != NULL) {
        text.len = (size_t)(nul - text.data);
        row = slice_make(nul + 1, size - text.len - 1);
        row.len = utf8_valid_prefix(row); /* decoding promises UTF-8 */
    }
    copy = strndup(text.len == 0 ? "" : text.data, text.len);
    require(copy != NULL);
    if (mapping_parse(&mapping, text, "fuzz", &err) < 0) {
        require(err.message[0] != '\0');
        err_clear(&err);
        if (strchr(copy, ':') != NULL && strchr(copy, '=') != NULL && copy[0] >= 'A' &&
            copy[0] <= 'Z')
            (void)mapping_load(&mapping, copy, NULL, &err);
    }
    if (mapping != NULL) {
        check_canonical(mapping);
        compile(mapping, row);
    }
    mapping_free(mapping);
    free(copy);
    return 0;
}
