/* The files in testdata/csv/corpus: each NAME.json says which file it is about (NAME.csv
 * unless "file" names one), with which options, and what must come out or go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "input/input.h"
#include "input_records.h"

#define CORPUS TESTDATA "/csv/corpus"

static char json_char(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? 0 : text[0];
}

static uint64_t json_count(const json_t *object, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void check_cell(const char *name, struct slice cell, const json_t *want) {
    if (!slice_equal(cell, slice_make(json_string_value(want), json_string_length(want))))
        fail_msg("%s: \"%.*s\" where \"%s\" should be", name, (int)cell.len, cell.data,
                 json_string_value(want));
}

static void check_facts(const char *name, const char *path,
                        const struct input_facts *facts, const json_t *want) {
    const json_t *records = json_object_get(want, "records"), *record;
    uint64_t bad = 0, bytes;
    size_t i;
    char sha256[65];
    struct err err = {0};

    json_array_foreach(records, i, record) bad +=
        json_object_get(record, "reason") != NULL;
    assert_string_equal(facts->encoding,
                        json_string_value(json_object_get(want, "encoding")));
    assert_int_equal(facts->bom, json_is_true(json_object_get(want, "bom")));
    assert_int_equal(facts->gzip, json_is_true(json_object_get(want, "gzip")));
    assert_int_equal(facts->separator_line,
                     json_is_true(json_object_get(want, "separatorLine")));
    if (facts->dialect.delimiter != json_char(want, "delimiter"))
        fail_msg("%s: delimiter '%c'", name, facts->dialect.delimiter);
    assert_int_equal(facts->dialect.quote, '"');
    assert_int_equal(facts->lines, json_count(want, "lines"));
    assert_int_equal(facts->blank_lines, json_count(want, "blank"));
    assert_int_equal(facts->comment_lines, json_count(want, "comments"));
    assert_int_equal(facts->records, json_array_size(records));
    assert_int_equal(facts->bad_records, bad);
    assert_int_equal(input_identify(path, &bytes, sha256, &err), RC_OK);
    assert_int_equal(facts->bytes, bytes);
    assert_string_equal(facts->sha256, sha256);
}

static void check_record(const char *name, const struct csv_record *record,
                         const json_t *want, size_t number) {
    const char *reason = json_string_value(json_object_get(want, "reason"));
    const json_t *cells = json_object_get(want, "cells");

    assert_int_equal(record->number, number);
    assert_int_equal(record->line, json_count(want, "line"));
    if (reason != NULL) {
        assert_string_equal(reason_code(record->reason), reason);
        assert_int_equal(record->column, json_count(want, "column"));
    } else if (record->reason != REASON_NONE) {
        fail_msg("%s: record %zu: %s", name, number, record->detail);
    }
    if (cells == NULL)
        return;
    assert_int_equal(record->count, json_array_size(cells));
    for (size_t i = 0; i < record->count; i++)
        check_cell(name, record->fields[i], json_array_get(cells, i));
}

/* Reading on at any record gives what reading from the beginning gave from there on. */
static void check_positions(const struct input_options *options,
                            const struct input_facts *facts) {
    struct buf all = {.max = 1 << 20};
    struct input_position *at = calloc(facts->records + 1, sizeof *at);
    size_t *from = calloc(facts->records + 1, sizeof *from);
    const struct csv_record *record;
    struct input *input;
    struct err err = {0};
    size_t n = 0;

    assert_non_null(at);
    assert_non_null(from);
    assert_int_equal(input_open(&input, options, facts, &err), RC_OK);
    while (input_next(input, &record, &err) > 0) {
        at[n] = (struct input_position){record->offset, record->line, record->number};
        from[n++] = all.len;
        note_record(&all, record);
    }
    input_close(input);
    assert_int_equal(n, facts->records);
    for (size_t i = 0; i < n; i++) {
        struct buf rest = {.max = 1 << 20};
        assert_int_equal(read_from(options, facts, &at[i], &rest, &err), 0);
        assert_string_equal(buf_text(&rest), all.data + from[i]);
        buf_fini(&rest);
    }
    free(at);
    free(from);
    buf_fini(&all);
}

static void check_file(const char *name, const struct input_options *options,
                       const json_t *want) {
    const json_t *columns = json_object_get(want, "columns");
    const json_t *records = json_object_get(want, "records");
    const char *error = json_string_value(json_object_get(want, "error"));
    const char *advice = json_string_value(json_object_get(want, "advice"));
    const struct csv_record *record;
    const struct slice *names;
    struct input_facts facts;
    struct input *input;
    struct err err = {0};
    size_t count, n = 0;
    int rc = input_scan(options, &facts, &err);

    if (error != NULL) {
        if (rc != RC_INPUT || strstr(err.message, error) == NULL ||
            strstr(err.advice, advice == NULL ? "" : advice) == NULL)
            fail_msg("%s: %d \"%s\", \"%s\"", name, rc, err.message, err.advice);
        assert_non_null(strstr(err.message, options->path));
        assert_int_equal(utf8_valid_prefix(slice_of(err.message)), strlen(err.message));
        return;
    }
    if (rc < 0)
        fail_msg("%s: %s", name, err.message);
    check_facts(name, options->path, &facts, want);
    assert_int_equal(input_open(&input, options, &facts, &err), RC_OK);
    names = input_columns(input, &count);
    assert_int_equal(count, json_array_size(columns));
    for (size_t i = 0; i < count; i++)
        check_cell(name, names[i], json_array_get(columns, i));
    while ((rc = input_next(input, &record, &err)) > 0) {
        check_record(name, record, json_array_get(records, n), n + 1);
        n++;
    }
    if (rc < 0)
        fail_msg("%s: %s", name, err.message);
    assert_int_equal(n, json_array_size(records));
    input_close(input);
    check_positions(options, &facts);
}

/* NAME.json: reads the file it is about as it says. */
static void check_case(const char *name) {
    struct input_options options = {0};
    char path[512], own[256];
    json_error_t error;
    const json_t *given;
    const char *file;
    json_t *want;

    (void)snprintf(path, sizeof path, "%s/%s", CORPUS, name);
    want = json_load_file(path, 0, &error);
    if (want == NULL)
        fail_msg("%s: %s", name, error.text);
    (void)snprintf(own, sizeof own, "%.*s.csv", (int)strcspn(name, "."), name);
    file = json_string_value(json_object_get(want, "file"));
    (void)snprintf(path, sizeof path, "%s/%s", CORPUS, file == NULL ? own : file);
    given = json_object_get(want, "options");
    options.path = path;
    options.encoding = json_string_value(json_object_get(given, "encoding"));
    options.dialect.delimiter = json_char(given, "delimiter");
    options.dialect.comment = json_char(given, "comment");
    options.dialect.no_header = json_is_false(json_object_get(given, "header"));
    check_file(name, &options, want);
    json_decref(want);
}

static void test_corpus(void **state) {
    DIR *folder = opendir(CORPUS);
    struct dirent *entry;
    size_t cases = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        if (strstr(entry->d_name, ".json") != NULL) {
            check_case(entry->d_name);
            cases++;
        }
    (void)closedir(folder);
    assert_true(cases >= 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
