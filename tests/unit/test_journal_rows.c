/* What is put into the checkpoint and read back: rows, errors, causes, images, facts. */
#include "state/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "journal_place.h"

static void test_rows(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct journal_cursor *cursor;
    struct journal_row row = {0}, wide = {.record = UINT64_C(1) << 40,
                                          .line = UINT64_C(1) << 41,
                                          .offset = UINT64_C(1) << 42,
                                          .state = ROW_UNKNOWN,
                                          .settled = true,
                                          .attempts = 7,
                                          .id = "id",
                                          .matched_by = "emailAddress"};
    static const uint64_t open_rows[] = {1, 2, 3};
    size_t n = 0;

    assert_int_equal(journal_last_row(journal, 0, &row, NULL), 0);
    for (uint64_t i = 1; i <= 9; i++)
        put(journal, i, (enum row_state)(i - 1), i > 3 ? "x" : NULL);
    assert_int_equal(journal_put_row(journal, &wide, NULL), RC_OK);
    assert_int_equal(journal_last_row(journal, 0, &row, NULL),
                     1); /* before the commit, too */
    assert_true(row.record == wide.record);
    assert_null(row.id);
    assert_null(row.matched_by);
    assert_int_equal(journal_last_row(journal, wide.record, &row, NULL), 1);
    assert_true(row.record == 9);
    assert_int_equal(journal_last_row(journal, 1, &row, NULL), 0);
    assert_true(journal_has_row(journal, 9));
    assert_false(journal_has_row(journal, 10));
    commit(journal);

    assert_int_equal(journal_rows(journal, 0, true, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        assert_true(n < 3);
        assert_int_equal(row.record, open_rows[n]);
        assert_int_equal(row.since, 1000);
        assert_false(row_state_is_final(row.state));
        n++;
    }
    assert_int_equal(n, 3);
    journal_rows_close(cursor);
    journal_rows_close(NULL);

    assert_int_equal(journal_rows(journal, 9, false, &cursor, NULL), RC_OK);
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 1);
    assert_int_equal(row.record, 9);
    assert_int_equal(row.line, 10);
    assert_int_equal(row.offset, 900);
    assert_int_equal(row.state, ROW_FAILED);
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 1);
    assert_true(row.line == wide.line && row.offset == wide.offset);
    assert_int_equal(row.attempts, 7);
    assert_true(row.settled);
    assert_string_equal(row.id, "id");
    assert_string_equal(row.matched_by, "emailAddress");
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 0);
    journal_rows_close(cursor);
    journal_close(journal);
}

static void test_row_replaced(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);

    put(journal, 1, ROW_INTENDED, NULL);
    put_error(journal, 1, REASON_NOT_STORED, "c", "m");
    put(journal, 1, ROW_CREATED, "abc");
    assert_int_equal(count_of(journal, ROW_INTENDED), 0);
    assert_int_equal(count_of(journal, ROW_CREATED), 1);
    assert_true(journal_owns_id(journal, "abc"));
    put(journal, 1, ROW_FAILED, NULL);
    assert_false(journal_owns_id(journal, "abc"));
    assert_false(journal_owns_id(journal, ""));
    journal_close(journal); /* without a commit: nothing stays */
    journal = reopen(place);
    assert_int_equal(count_of(journal, ROW_FAILED), 0);
    journal_close(journal);
}

static void test_mark_doubtful(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct journal_cursor *cursor;
    struct journal_row row;
    struct journal_row earlier = {.record = 2, .state = ROW_DOUBTFUL, .since = 77};

    put(journal, 1, ROW_INTENDED, NULL);
    assert_int_equal(journal_put_row(journal, &earlier, NULL), RC_OK);
    put(journal, 3, ROW_NEW, NULL);
    put(journal, 4, ROW_CREATED, "a");
    assert_int_equal(journal_mark_doubtful(journal, 5000, NULL), RC_OK);
    journal_close(journal); /* it commits by itself */
    journal = reopen(place);
    assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 1);
    assert_int_equal(row.state, ROW_DOUBTFUL);
    assert_int_equal(row.since, 5000);
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 1);
    assert_int_equal(row.state, ROW_DOUBTFUL);
    assert_int_equal(row.since, 77); /* its settle time runs already */
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 1);
    assert_int_equal(row.state, ROW_NEW);
    assert_int_equal(journal_rows_next(cursor, &row, NULL), 1);
    assert_int_equal(row.state, ROW_CREATED);
    journal_rows_close(cursor);
    journal_close(journal);
}

/* --- errors, causes, images, facts --- */

struct heard {
    char text[512];
    size_t count;
    int rc; /* what the visitor answers */
};

static int hear_error(void *context, const struct journal_error *error) {
    struct heard *heard = context;
    size_t len = strlen(heard->text);

    (void)snprintf(heard->text + len, sizeof heard->text - len, "%llu/%s/%s/%s|",
                   (unsigned long long)error->record, reason_code(error->reason),
                   error->column, error->message);
    heard->count++;
    return heard->rc;
}

static void test_errors(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct heard heard = {0};

    put(journal, 2, ROW_FAILED, NULL);
    put_error(journal, 2, REASON_ENUM_UNKNOWN, "Status", "first");
    put_error(journal, 1, REASON_DUPLICATE, "", "of another row");
    put_error(journal, 2, REASON_DATE_INVALID, "Datum", "second");
    assert_int_equal(journal_errors(journal, 2, hear_error, &heard, NULL), RC_OK);
    assert_string_equal(heard.text,
                        "2/ENUM_UNKNOWN/Status/first|2/DATE_INVALID/Datum/second|");
    heard = (struct heard){.rc = RC_LIMIT}; /* a visitor may end it */
    assert_int_equal(journal_errors(journal, 2, hear_error, &heard, NULL), RC_LIMIT);
    assert_int_equal(heard.count, 1);
    heard = (struct heard){0}; /* and the statement is usable afterwards */
    assert_int_equal(journal_errors(journal, 1, hear_error, &heard, NULL), RC_OK);
    assert_int_equal(heard.count, 1);
    journal_close(journal);
}

static int hear_cause(void *context, const struct journal_cause *cause) {
    struct heard *heard = context;
    size_t len = strlen(heard->text);

    (void)snprintf(heard->text + len, sizeof heard->text - len, "%s/%s/%llu/%llu/%s|",
                   reason_code(cause->reason), cause->column,
                   (unsigned long long)cause->line, (unsigned long long)cause->rows,
                   cause->example);
    heard->count++;
    return heard->rc;
}

static void test_causes(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct heard heard = {0};
    uint64_t warnings;

    for (uint64_t i = 9; i >= 1; i--)
        put(journal, i, i == 3 ? ROW_CREATED : ROW_FAILED, NULL);
    put_error(journal, 9, REASON_DATE_INVALID, "A", "nine");
    put_error(journal, 4, REASON_DATE_INVALID, "A", "four");
    put_error(journal, 4, REASON_DATE_INVALID, "A", "four again");
    put_error(journal, 5, REASON_ENUM_UNKNOWN, "B", "five");
    put_error(journal, 3, REASON_NOT_STORED, "C", "a warning");
    assert_int_equal(journal_causes(journal, 10, hear_cause, &heard, NULL), RC_OK);
    assert_string_equal(heard.text, "DATE_INVALID/A/5/2/four|NOT_STORED/C/4/1/a warning|"
                                    "ENUM_UNKNOWN/B/6/1/five|");
    heard = (struct heard){0};
    assert_int_equal(journal_causes(journal, 1, hear_cause, &heard, NULL), RC_OK);
    assert_int_equal(heard.count, 1);
    assert_int_equal(journal_count_warnings(journal, &warnings, NULL), RC_OK);
    assert_int_equal(warnings, 1);
    journal_close(journal);
}

static void test_images(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);

    assert_false(journal_has_image(journal, 5));
    assert_int_equal(journal_put_image(journal, 5, "a", "{\"x\":1}", NULL), RC_OK);
    assert_int_equal(journal_put_image(journal, 5, "a", "{\"x\":2}", NULL), RC_OK);
    assert_true(journal_has_image(journal, 5));
    assert_false(journal_has_image(journal, 6));
    commit(journal);
    journal_close(journal);
    raw_sql(place->path, "CREATE TEMP TABLE t(n CHECK(n = 1));"
                         "INSERT INTO t SELECT count(*) FROM image WHERE record = 5"
                         " AND json = '{\"x\":2}'"); /* the last is kept */
    journal = reopen(place);
    assert_true(journal_has_image(journal, 5));
    journal_close(journal);
}

static void test_facts(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    const char *url, *again;

    assert_string_equal(journal_text(journal, "url"), "");
    assert_int_equal(journal_int(journal, "n"), 0);
    assert_int_equal(journal_set_text(journal, "url", "https://a/", NULL), RC_OK);
    assert_int_equal(journal_set_text(journal, "none", NULL, NULL), RC_OK);
    assert_int_equal(journal_set_int(journal, "n", INT64_MIN, NULL), RC_OK);
    url = journal_text(journal, "url");
    assert_int_equal(journal_set_text(journal, "url", "https://b/", NULL), RC_OK);
    again = journal_text(journal, "url");
    assert_string_equal(url, "https://a/"); /* what was handed out stays */
    assert_string_equal(again, "https://b/");
    commit(journal);
    journal_close(journal);
    journal = reopen(place);
    assert_string_equal(journal_text(journal, "url"), "https://b/");
    assert_string_equal(journal_text(journal, "none"), "");
    assert_true(journal_int(journal, "n") == INT64_MIN);
    commit(journal); /* nothing put: nothing to do */
    journal_close(journal);
}

/* A reader sees one state of things throughout a transaction of the writer's. */
static void test_reader(void **state) {
    const struct place *place = *state;
    struct journal *writer = create(place), *reader;
    struct journal_cursor *cursor;
    struct journal_row row;
    size_t n = 0;

    for (uint64_t i = 1; i <= 500; i++)
        put(writer, i, ROW_CREATED, NULL);
    commit(writer);
    assert_int_equal(journal_open_reader(&reader, place->path, NULL), RC_OK);
    assert_int_equal(journal_rows(reader, 0, false, &cursor, NULL), RC_OK);
    while (journal_rows_next(cursor, &row, NULL) == 1) {
        put(writer, 500 + ++n, ROW_CREATED, NULL);
        if (n % 100 == 0)
            commit(writer);
    }
    assert_int_equal(n, 500);
    journal_rows_close(cursor);
    assert_int_equal(count_of(reader, ROW_CREATED), 1000);
    journal_close(reader);
    journal_close(writer);
}

/* A row whose state is none is not taken for one that was not sent. */
static void test_damaged_state(void **state) {
    static const char *const damages[] = {
        "UPDATE row SET state = 10", "UPDATE row SET state = -1",
        "UPDATE row SET state = 'x'", "UPDATE row SET state = x'00'"};
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct journal_cursor *cursor;
    struct journal_row row;

    put(journal, 1, ROW_CREATED, "a");
    commit(journal);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct err err = {0};
        damage(place, damages[i]);
        assert_int_equal(journal_rows(journal, 0, false, &cursor, NULL), RC_OK);
        assert_int_equal(journal_rows_next(cursor, &row, &err), RC_INPUT);
        assert_non_null(strstr(err.message, "row 1 is in a state that there is not"));
        journal_rows_close(cursor);
        assert_int_equal(journal_last_row(journal, 0, &row, NULL), RC_INPUT);
    }
    journal_close(journal);
}

static void test_state_names(void **state) {
    (void)state;
    for (int i = 0; i < ROW_STATE_COUNT; i++) {
        assert_true(row_state_name((enum row_state)i)[0] != '\0');
        assert_int_equal(row_state_is_final((enum row_state)i), i >= ROW_CREATED);
    }
    assert_string_equal(row_state_name(ROW_STATE_COUNT), "?");
}

int main(void) {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_rows),          IN_PLACE(test_row_replaced),
        IN_PLACE(test_mark_doubtful), IN_PLACE(test_errors),
        IN_PLACE(test_causes),        IN_PLACE(test_images),
        IN_PLACE(test_facts),         IN_PLACE(test_reader),
        IN_PLACE(test_damaged_state), cmocka_unit_test(test_state_names),
    };
    return cmocka_run_group_tests_name("journal rows", tests, NULL, NULL);
}
