/* Promise 1: every row in exactly one place, and the places add up. */
#include "flow/tally.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t place(const struct tally *t, enum row_state state) {
    const uint64_t places[ROW_STATE_COUNT] = {
        [ROW_NEW] = t->unprocessed,  [ROW_INTENDED] = t->unknown,
        [ROW_DOUBTFUL] = t->unknown, [ROW_CREATED] = t->created,
        [ROW_UPDATED] = t->updated,  [ROW_UNCHANGED] = t->unchanged,
        [ROW_SKIPPED] = t->skipped,  [ROW_DELETED] = t->deleted,
        [ROW_FAILED] = t->failed,    [ROW_UNKNOWN] = t->unknown,
    };
    return places[state];
}

/* Whatever moves a row makes, it is in one place, and the sum holds. */
static void test_move(void **state) {
    (void)state;
    for (int from = 0; from < ROW_STATE_COUNT; from++) {
        for (int to = 0; to < ROW_STATE_COUNT; to++) {
            struct tally tally = {.rows = 3, .unprocessed = 3};
            tally_move(&tally, ROW_NEW, (enum row_state)from);
            tally_move(&tally, (enum row_state)from, (enum row_state)to);
            assert_int_equal(place(&tally, (enum row_state)to), to == ROW_NEW ? 3 : 1);
            assert_int_equal(tally.unprocessed, to == ROW_NEW ? 3 : 2);
            assert_int_equal(tally_verify(&tally, NULL), RC_OK);
            assert_int_equal(tally.under_way, to == ROW_INTENDED ? 1 : 0);
        }
    }
}

/* While a run goes on, a row that was sent a moment ago is nothing to worry about. */
static void test_so_far(void **state) {
    struct tally tally = {.rows = 3, .unprocessed = 3}, now;

    (void)state;
    tally_move(&tally, ROW_NEW, ROW_INTENDED);
    tally_move(&tally, ROW_NEW, ROW_UNKNOWN);
    now = tally_so_far(&tally);
    assert_int_equal(tally.unknown, 2);
    assert_int_equal(now.unknown, 1);
    assert_int_equal(now.unprocessed, 2);
    assert_int_equal(tally_verify(&now, NULL), RC_OK);
}

static void test_verify(void **state) {
    struct tally tally = {.rows = 36,
                          .created = 1,
                          .updated = 2,
                          .unchanged = 3,
                          .skipped = 4,
                          .deleted = 5,
                          .failed = 6,
                          .unknown = 7,
                          .unprocessed = 8};
    struct err err = {0};

    (void)state;
    assert_int_equal(tally_verify(&tally, &err), RC_OK);
    tally.warnings = 5; /* of rows that are counted elsewhere */
    assert_int_equal(tally_verify(&tally, &err), RC_OK);
    tally.failed--;
    assert_int_equal(tally_verify(&tally, &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "36"));
    assert_non_null(strstr(err.message, "35"));
    assert_true(err.advice[0] != '\0');
}

static void put(struct journal *journal, uint64_t record, enum row_state row_state) {
    struct journal_row row = {.record = record, .line = record, .state = row_state};

    assert_int_equal(journal_put_row(journal, &row, NULL), RC_OK);
}

static void test_load(void **state) {
    char dir[] = "/tmp/espoload-tally-XXXXXX", path[64], name[80];
    struct journal_error error = {.record = 4,
                                  .reason = REASON_NOT_STORED,
                                  .column = "",
                                  .field = "",
                                  .value = "",
                                  .message = "m"};
    struct journal *journal;
    struct tally tally;

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/c", dir);
    assert_int_equal(journal_create(&journal, path, NULL), RC_OK);
    memset(&tally, 0xAA, sizeof tally);
    assert_int_equal(tally_load(&tally, journal, 50, NULL), RC_OK);
    assert_int_equal(tally.unprocessed, 50); /* nothing was begun */
    for (uint64_t i = 1; i <= ROW_STATE_COUNT; i++)
        put(journal, i, (enum row_state)(i - 1));
    assert_int_equal(journal_put_error(journal, &error, NULL), RC_OK);
    error.record = 9; /* of a failed row: no warning */
    assert_int_equal(journal_put_error(journal, &error, NULL), RC_OK);
    assert_int_equal(tally_load(&tally, journal, 50, NULL), RC_OK);
    assert_int_equal(tally.unknown, 3);
    assert_int_equal(tally.unprocessed, 41); /* 40 unread, 1 read and not sent */
    assert_int_equal(tally.created, 1);
    assert_int_equal(tally.failed, 1);
    assert_int_equal(tally.warnings, 1);
    assert_int_equal(tally_verify(&tally, NULL), RC_OK);
    /* more rows than the file has: said, not hidden */
    assert_int_equal(tally_load(&tally, journal, 5, NULL), RC_OK);
    assert_int_equal(tally_verify(&tally, NULL), RC_LOCAL);
    journal_close(journal);
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL};
         *end != NULL; end++) {
        (void)snprintf(name, sizeof name, "%s%s", path, *end);
        (void)unlink(name);
    }
    (void)rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_so_far),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
