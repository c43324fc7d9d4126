/* test_journal_key.c - keys of rows that were sent, and whose records no list shows. */
#include "state/journal_key.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "journal_place.h"

/* The record of the row that has the key, or 0. */
static uint64_t owner(struct journal *journal, uint64_t record, const char *key) {
    struct arena arena = {.blocks = NULL};
    struct journal_row row = {0};
    int rc = journal_find_key(journal, record, slice_of(key), &arena, &row, NULL);

    assert_in_range(rc, 0, 1);
    if (rc == 1)
        assert_true(row.line == row.record + 1);
    if (rc == 1 && row.state == ROW_CREATED)
        assert_string_equal(row.id, "made");
    arena_fini(&arena);
    return rc == 1 ? row.record : 0;
}

static void test_found(void **state) {
    struct journal *journal = create(*state);

    assert_int_equal(journal_begin_keys(journal, NULL), RC_OK);
    for (uint64_t i = 1; i <= 3; i++) {
        put(journal, i, ROW_INTENDED, NULL);
        assert_int_equal(journal_put_key(journal, i, slice_of("both"), NULL), RC_OK);
        assert_int_equal(journal_put_key(journal, i, slice_of("both"), NULL), RC_OK);
    }
    assert_int_equal(journal_put_key(journal, 2, slice_of("own"), NULL), RC_OK);
    put(journal, 2, ROW_CREATED, "made");
    commit(journal);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(journal_begin_keys(journal, NULL), RC_OK); /* what is there stays */
    assert_int_equal(owner(journal, 4, "both"), 1);
    assert_int_equal(owner(journal, 1, "both"), 2); /* not the row that asks */
    assert_int_equal(owner(journal, 4, "own"), 2);
    assert_int_equal(owner(journal, 2, "own"), 0);
    assert_int_equal(owner(journal, 4, "other"), 0);
    assert_int_equal(owner(journal, 4, ""), 0);
    journal_close(journal);
}

/* Only a row whose record is there, or may be. */
static void test_states(void **state) {
    struct journal *journal = create(*state);

    assert_int_equal(journal_begin_keys(journal, NULL), RC_OK);
    assert_int_equal(journal_put_key(journal, 1, slice_of("k"), NULL), RC_OK);
    assert_int_equal(owner(journal, 2, "k"), 0); /* it has no row */
    for (int i = 0; i < ROW_STATE_COUNT; i++) {
        bool there = i == ROW_INTENDED || i == ROW_DOUBTFUL || i == ROW_CREATED ||
                     i == ROW_UNKNOWN;
        put(journal, 1, (enum row_state)i, "made");
        assert_int_equal(owner(journal, 2, "k"), there ? 1 : 0);
    }
    journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_states, place_make, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
