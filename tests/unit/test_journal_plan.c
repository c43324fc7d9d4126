/* test_journal_plan.c - the plan in the checkpoint: one line a row, kept for a resume. */
#include "state/journal_plan.h"
#include "state/journal_made.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "journal_place.h"

static void test_kept(void **state) {
    struct journal *journal = create(*state);
    const struct journal_plan one = {2, "update", "a1", "", "{\"t\":[1,2]}"};
    const struct journal_plan two = {UINT64_C(5000000000), "skip", "", "REPEATED", ""};
    struct arena arena = {.blocks = NULL};
    struct journal_plan got;

    assert_int_equal(journal_begin_plan(journal, NULL), RC_OK);
    assert_int_equal(journal_get_plan(journal, 2, &arena, &got, NULL), 0);
    assert_int_equal(journal_put_plan(journal, &one, NULL), 1);
    assert_int_equal(journal_put_plan(journal, &two, NULL), 1);
    assert_int_equal(
        journal_put_plan(journal, &(struct journal_plan){2, "x", "", "", ""}, NULL), 0);
    commit(journal);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(journal_get_plan(journal, 2, &arena, &got, NULL), 1);
    assert_string_equal(got.action, "update");
    assert_string_equal(got.id, "a1");
    assert_string_equal(got.changes, "{\"t\":[1,2]}");
    assert_int_equal(journal_get_plan(journal, two.line, &arena, &got, NULL), 1);
    assert_string_equal(got.code, "REPEATED");
    assert_int_equal(journal_get_plan(journal, 3, &arena, &got, NULL), 0);
    arena_fini(&arena);
    journal_close(journal);
}

static void test_made(void **state) {
    struct journal *journal = create(*state);
    const struct journal_made made = {
        .entity_type = "Account", .field = "name", .key = slice_of("acme"), .id = "id1"};

    assert_int_equal(journal_put_made(journal, &made, NULL), RC_OK);
    commit(journal);
    assert_true(journal_owns_made(journal, slice_make("id1 ", 3)));
    assert_false(journal_owns_made(journal, slice_of("id2")));
    assert_false(journal_owns_made(journal, slice_of("")));
    journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_made, place_make, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
