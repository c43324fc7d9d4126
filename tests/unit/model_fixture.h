/* model_fixture.h - schemas, mappings and programs for the tests of core/model.
 *
 * Schemas are those of testdata/espo/model, reduced from a live EspoCRM 9.1.7.
 */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/reason.h"
#include "model/json.h"
#include "model/mapping.h"
#include "model/schema.h"

#define FIXTURE __attribute__((unused)) static

FIXTURE void fixture_read(struct buf *out, const char *folder, const char *name) {
    char path[512];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    *out = (struct buf){.max = 16 << 20};
    file = fopen(path, "rb");
    assert_non_null(file);
    do {
        char *at = buf_reserve(out, 65536);
        assert_non_null(at);
        n = fread(at, 1, 65536, file);
        buf_commit(out, n);
    } while (n > 0);
    fclose(file);
}

/* entity: "lead"; settings and user: names of files, or NULL for the usual ones. */
FIXTURE struct schema *fixture_schema(const char *entity, const char *type,
                                      const char *settings, const char *user) {
    static const char folder[] = TESTDATA "/espo/model";
    struct buf bodies[5];
    char name[64];
    struct err err = {.rc = RC_OK};
    struct schema *schema = NULL;
    const char *key;

    (void)snprintf(name, sizeof name, "%s.json", entity);
    fixture_read(&bodies[0], folder, name);
    fixture_read(&bodies[1], folder, "regexp-patterns.json");
    fixture_read(&bodies[2], folder, settings == NULL ? "settings.json" : settings);
    fixture_read(&bodies[3], folder, user == NULL ? "app-user.json" : user);
    struct schema_sources sources = {buf_slice(&bodies[0]), buf_slice(&bodies[1]),
                                     buf_slice(&bodies[2]), buf_slice(&bodies[3])};
    if (schema_new(&schema, type, &sources, &err) < 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; (key = schema_reference(schema, i)) != NULL; i++) {
        struct slice body = {NULL, 0};
        bodies[4] = (struct buf){.max = 0};
        if (strcmp(key, "entityDefs.Account.fields.industry.options") == 0)
            fixture_read(&bodies[4], folder, "industry.json");
        if (strcmp(key, "entityDefs.Lead.fields.source.options") == 0)
            fixture_read(&bodies[4], folder, "source.json");
        body = buf_slice(&bodies[4]);
        assert_int_equal(schema_set_reference(schema, i, body, &err), RC_OK);
        buf_fini(&bodies[4]);
    }
    for (size_t i = 0; i < 4; i++)
        buf_fini(&bodies[i]);
    return schema;
}

/* A mapping of one entity type around columns: the inside of a JSON array. extra: other
 * members, each followed by a comma, or "". */
FIXTURE struct mapping *fixture_mapping(const char *type, const char *extra,
                                        const char *columns) {
    char text[8192];
    struct err err = {.rc = RC_OK};
    struct mapping *mapping = NULL;

    (void)snprintf(text, sizeof text,
                   "{\"version\":1,\"entityType\":\"%s\",%s\"columns\":[%s]}", type,
                   extra, columns);
    if (mapping_parse(&mapping, slice_of(text), "test.json", &err) < 0)
        fail_msg("%s: %s", err.message, text);
    return mapping;
}

enum { FIXTURE_CELLS = 64 };

/* "a|b|c" as cells; "|" parts them. */
FIXTURE size_t fixture_cells(const char *text, struct slice cells[FIXTURE_CELLS]) {
    size_t count = 0;

    for (;;) {
        const char *end = strchr(text, '|');
        size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
        assert_true(count < FIXTURE_CELLS);
        cells[count++] = slice_make(text, len);
        if (end == NULL)
            return count;
        text = end + 1;
    }
}

/* The program, or NULL with what is wrong in problems. */
FIXTURE struct program *fixture_program(const struct mapping *mapping,
                                        const struct schema *schema, const char *header,
                                        struct mapping_problem **problems,
                                        size_t *count) {
    struct slice cells[FIXTURE_CELLS];
    struct err err = {.rc = RC_OK};
    struct program *program = NULL;
    int rc = program_new(&program, mapping, schema, cells, fixture_cells(header, cells),
                         problems, count, &err);

    if (rc == RC_OK) {
        assert_non_null(program);
        return program;
    }
    assert_int_equal(rc, RC_USAGE);
    assert_true(err.message[0] != '\0');
    assert_null(program);
    return NULL;
}

/* The row as JSON, or its errors as "CODE field@column" each. */
FIXTURE void fixture_run(const struct program *program, const char *row,
                         struct buf *out) {
    struct slice cells[FIXTURE_CELLS];
    struct arena arena = {.blocks = NULL};
    struct record record;

    buf_reset(out);
    assert_int_equal(
        program_run(program, cells, fixture_cells(row, cells), &arena, &record), RC_OK);
    for (size_t i = 0; i < record.error_count; i++)
        (void)buf_append_format(out, "%s%s %s@%d", i > 0 ? "; " : "",
                                reason_code(record.errors[i].reason),
                                record.errors[i].field, (int)record.errors[i].column);
    if (record.error_count == 0)
        (void)json_append_record(out, record.attributes, record.count);
    arena_fini(&arena);
}

#endif
