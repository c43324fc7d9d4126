/* test_journal_pair.c - rows and records of a reconciliation in the checkpoint. */
#include "state/journal_pair.h"

#include "state/journal_record.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "unit/journal_place.h"

static int64_t put_record(struct journal *journal, const char *id, bool outside) {
    const struct journal_record record = {.id = slice_of(id),
                                          .sort = outside ? SORT_NUMBER : SORT_NULL,
                                          .number = 1,
                                          .cells = slice_of("{}")};
    int64_t place = 0;

    assert_int_equal(journal_put_record(journal, &record, NULL), 1);
    assert_int_equal(journal_find_record(journal, slice_of(id), &place, NULL), 1);
    return place;
}

static void put_pair(struct journal *journal, uint64_t number, enum pair_class class,
                     int64_t place, const char *key) {
    const struct journal_pair pair = {.number = number,
                                      .line = number + 1,
                                      .class = class,
                                      .place = place,
                                      .key = slice_of(key),
                                      .detail = slice_of("[]")};

    assert_int_equal(journal_put_pair(journal, &pair, NULL), RC_OK);
}

static void test_settle(void **state) {
    struct journal *journal = create(*state);
    struct journal_pair_cursor *cursor;
    struct journal_found found;
    struct pair_counts counts;
    uint64_t number, line;
    int64_t places[6], out;

    assert_int_equal(journal_begin_records(journal, NULL), RC_OK);
    assert_int_equal(journal_begin_pairs(journal, NULL), RC_OK);
    for (int i = 0; i < 5; i++) {
        char id[] = {(char)('a' + i), '\0'};
        places[i] = put_record(journal, id, false);
    }
    places[5] = put_record(journal, "outside", true);
    assert_int_equal(journal_find_record(journal, slice_of("no"), &out, NULL), 0);
    put_pair(journal, 1, PAIR_EQUAL, places[0], "k1");
    put_pair(journal, 2, PAIR_DIFFERENT, places[1], "k2");
    put_pair(journal, 3, PAIR_EQUAL, places[1], "k3"); /* the same record */
    put_pair(journal, 4, PAIR_ONLY_FILE, 0, "k4");
    put_pair(journal, 5, PAIR_ONLY_FILE, 0, "k4"); /* the same key */
    put_pair(journal, 6, PAIR_FAILED, 0, NULL);
    put_pair(journal, 7, PAIR_FAILED, 0, NULL);
    put_pair(journal, 8, PAIR_AMBIGUOUS, 0, "k8");
    put_pair(journal, 9, PAIR_ONLY_FILE, places[5], "k9");
    assert_int_equal(journal_put_candidate(journal, places[2], 8, NULL), RC_OK);
    assert_int_equal(journal_put_candidate(journal, places[3], 8, NULL), RC_OK);
    assert_int_equal(journal_last_pair(journal, &number, NULL), RC_OK);
    assert_int_equal(number, 9);
    for (int again = 0; again < 2; again++)
        assert_int_equal(journal_settle_pairs(journal, NULL), RC_OK);
    assert_int_equal(journal_commit(journal, NULL), RC_OK);
    assert_int_equal(journal_count_pairs(journal, &counts, NULL), RC_OK);
    assert_int_equal(counts.rows, 9);
    assert_int_equal(counts.by_class[PAIR_EQUAL], 1);
    assert_int_equal(counts.by_class[PAIR_DIFFERENT], 0);
    assert_int_equal(counts.by_class[PAIR_AMBIGUOUS], 5);
    assert_int_equal(counts.by_class[PAIR_ONLY_FILE], 1);
    assert_int_equal(counts.by_class[PAIR_FAILED], 2);
    assert_int_equal(counts.records, 5);
    assert_int_equal(counts.only_crm, 1);
    assert_int_equal(counts.outside, 1);
    assert_int_equal(journal_twin(journal, 3, &line, NULL), RC_OK);
    assert_int_equal(line, 3);
    assert_int_equal(journal_twin(journal, 4, &line, NULL), RC_OK);
    assert_int_equal(line, 6);
    assert_int_equal(journal_twin(journal, 1, &line, NULL), RC_OK);
    assert_int_equal(line, 0);
    assert_int_equal(journal_pairs(journal, SCAN_ONLY_CRM, &cursor, NULL), RC_OK);
    assert_int_equal(journal_pairs_next(cursor, &found, NULL), 1);
    assert_true(slice_is(found.id, "e"));
    assert_int_equal(journal_pairs_next(cursor, &found, NULL), 0);
    journal_pairs_close(cursor);
    assert_int_equal(journal_pairs(journal, SCAN_UNEQUAL, &cursor, NULL), RC_OK);
    for (uint64_t n = 2; n <= 9; n++) {
        assert_int_equal(journal_pairs_next(cursor, &found, NULL), 1);
        assert_int_equal(found.pair.number, n);
        assert_int_equal(found.outside, n == 9);
    }
    assert_int_equal(journal_pairs_next(cursor, &found, NULL), 0);
    journal_pairs_close(cursor);
    journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settle, place_make, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
