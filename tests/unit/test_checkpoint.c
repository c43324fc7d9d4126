/* What a run is bound to: it comes back as it was, and another file or user is
 * refused. */
#include "flow/checkpoint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char dir[64], path[96], csv[96];
    struct journal *journal;
};

static int place_make(void **state) {
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    (void)snprintf(place->dir, sizeof place->dir, "/tmp/espoload-checkpoint-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    (void)snprintf(place->path, sizeof place->path, "%s/run.checkpoint", place->dir);
    (void)snprintf(place->csv, sizeof place->csv, "%s/in.csv", place->dir);
    assert_int_equal(journal_create(&place->journal, place->path, NULL), RC_OK);
    *state = place;
    return 0;
}

static int place_remove(void **state) {
    struct place *place = *state;

    journal_close(place->journal);
    (void)unlink(place->path);
    (void)unlink(place->csv);
    assert_int_equal(rmdir(place->dir), 0);
    free(place);
    return 0;
}

static const struct checkpoint facts = {
    .kind = "import",
    .input_path = "/data/Kundenliste 2026.csv",
    .input_name = "Kundenliste 2026.csv",
    .input_bytes = UINT64_C(5000000000),
    .input_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    .mapping_json = "{\"version\":1,\"title\":\"M\xC3\xBCller\"}",
    .encoding = "windows-1252",
    .delimiter = ';',
    .records = 12345678,
    .url = "https://crm.example.com/",
    .user_id = "5e00000000000a001",
    .user_name = "bulk_api",
    .entity_type = "Lead",
    .on_duplicate = 3,
    .settle_ms = 15000,
    .started_ms = INT64_C(1795482000000),
    .prefix = "/data/Kundenliste 2026",
    .plan = "plan.csv",
};

static void assert_same(const struct checkpoint *a, const struct checkpoint *b) {
    assert_string_equal(a->kind, b->kind);
    assert_string_equal(a->input_path, b->input_path);
    assert_string_equal(a->input_name, b->input_name);
    assert_true(a->input_bytes == b->input_bytes);
    assert_string_equal(a->input_sha256, b->input_sha256);
    assert_string_equal(a->mapping_json, b->mapping_json);
    assert_string_equal(a->encoding, b->encoding);
    assert_int_equal(a->delimiter, b->delimiter);
    assert_true(a->records == b->records);
    assert_string_equal(a->url, b->url);
    assert_string_equal(a->user_id, b->user_id);
    assert_string_equal(a->user_name, b->user_name);
    assert_string_equal(a->entity_type, b->entity_type);
    assert_int_equal(a->on_duplicate, b->on_duplicate);
    assert_true(a->settle_ms == b->settle_ms);
    assert_true(a->started_ms == b->started_ms);
    assert_string_equal(a->prefix, b->prefix);
    assert_string_equal(a->plan, b->plan);
}

static void test_bind(void **state) {
    struct place *place = *state;
    struct checkpoint read, plain = facts;

    assert_int_equal(checkpoint_read(place->journal, &read, NULL),
                     RC_OK); /* never begun */
    assert_string_equal(read.kind, "");
    assert_int_equal(read.delimiter, 0);
    assert_int_equal(checkpoint_bind(place->journal, &facts, NULL), RC_OK);
    journal_close(place->journal); /* it has committed */
    assert_int_equal(journal_open(&place->journal, place->path, NULL), RC_OK);
    assert_int_equal(checkpoint_read(place->journal, &read, NULL), RC_OK);
    assert_same(&read, &facts);
    plain.encoding = "";
    plain.delimiter = 0;
    assert_int_equal(checkpoint_bind(place->journal, &plain, NULL), RC_OK);
    assert_int_equal(checkpoint_read(place->journal, &read, NULL), RC_OK);
    assert_same(&read, &plain);
}

static void write_csv(const struct place *place, const char *text) {
    FILE *file = fopen(place->csv, "w");

    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Loads it and lets it go again. */
static int load(const struct checkpoint *mine, struct err *err) {
    struct job job = {0};
    int rc = checkpoint_load_job(mine, &job, err);

    job_close(&job);
    return rc;
}

static void test_load_job(void **state) {
    struct place *place = *state;
    struct checkpoint mine = facts;
    char sha256[65];
    struct err err = {0};

    mine.input_path = place->csv;
    mine.mapping_json = "{\"version\":1,\"entityType\":\"Lead\",\"columns\":["
                        "{\"name\":\"a\",\"field\":\"lastName\"}]}";
    mine.encoding = "";
    write_csv(place, "a;b\n1;2\n");
    assert_int_equal(input_identify(place->csv, &mine.input_bytes, sha256, NULL), RC_OK);
    mine.input_sha256 = sha256;
    assert_int_equal(load(&mine, &err), RC_OK);
    write_csv(place, "a;b\n1;3\n"); /* as long, other content */
    assert_int_equal(load(&mine, &err), RC_INPUT);
    assert_non_null(strstr(err.message, "SHA-256"));
    assert_non_null(strstr(err.message, place->csv));
    err_clear(&err);
    write_csv(place, "a;b\n1;2\n3;4\n");
    assert_int_equal(load(&mine, &err), RC_INPUT);
    assert_non_null(strstr(err.message, "12"));
    assert_non_null(strstr(err.message, "8"));
    assert_true(err.advice[0] != '\0');
    err_clear(&err);
    write_csv(place, ""); /* cannot be loaded, and is another file */
    assert_int_equal(load(&mine, &err), RC_INPUT);
    assert_non_null(strstr(err.message, "it has 0 bytes"));
    err_clear(&err);
    (void)unlink(place->csv);
    assert_true(load(&mine, &err) < 0);
    assert_non_null(strstr(err.message, place->csv));
    assert_non_null(strstr(err.advice, "put the file back"));
}

static void test_verify_site(void **state) {
    struct schema_server server = {.user_id = "5e00000000000a001",
                                   .user_name = "bulk_api"};
    struct err err = {0};

    (void)state;
    assert_int_equal(checkpoint_verify_site(&facts, facts.url, &server, &err), RC_OK);
    assert_int_equal(
        checkpoint_verify_site(&facts, "https://test.example.com/", &server, &err),
        RC_USAGE);
    assert_non_null(strstr(err.message, "https://test.example.com/"));
    assert_non_null(strstr(err.message, facts.url));
    err_clear(&err);
    server.user_id = "5e00000000000ad01";
    server.user_name = "admin";
    assert_int_equal(checkpoint_verify_site(&facts, facts.url, &server, &err), RC_USAGE);
    assert_non_null(strstr(err.message, "bulk_api"));
    assert_non_null(strstr(err.message, "admin"));
}

static void test_note_end(void **state) {
    struct place *place = *state;

    assert_int_equal(checkpoint_note_end(place->journal, RC_AUTH, 100, NULL), RC_OK);
    assert_int_equal(checkpoint_note_end(place->journal, RC_OK, 50, NULL), RC_OK);
    assert_int_equal(journal_int(place->journal, "ended.rc"), RC_OK);
    assert_int_equal(journal_int(place->journal, "ranMs"), 150);
    assert_int_equal(journal_int(place->journal, "runs"), 2);
}

static void test_prefix(void **state) {
    static const struct {
        const char *path, *prefix;
    } cases[] = {
        {"/data/leads.csv.checkpoint", "/data/leads"},
        {"/data/leads.csv.gz.checkpoint", "/data/leads"},
        {"/data/leads.checkpoint", "/data/leads"},
        {"leads.csv", "leads"},
        {"leads.txt.checkpoint", "leads.txt"},
        {"/data/.checkpoint", "/data/.checkpoint"}, /* never a name without a name */
        {"/data/.csv.checkpoint", "/data/.csv"},
        {".csv", ".csv"},
        {"run", "run"},
        {"a.csv.csv.checkpoint", "a.csv"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {.max = 256};
        assert_int_equal(checkpoint_prefix(cases[i].path, &out), RC_OK);
        assert_string_equal(buf_text(&out), cases[i].prefix);
        buf_fini(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bind, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_load_job, place_make, place_remove),
        cmocka_unit_test(test_verify_site),
        cmocka_unit_test_setup_teardown(test_note_end, place_make, place_remove),
        cmocka_unit_test(test_prefix),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
