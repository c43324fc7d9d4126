/* test_canary_facts.c - the canary's rows in the checkpoint, and who is one of them. */
#include "flow/canary.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "journal_place.h"

static void test_kept(void **state) {
    struct journal *journal = create(*state);
    static struct canary in, out;

    assert_int_equal(canary_load(journal, &out, NULL), RC_OK);
    assert_int_equal(out.count, 0);
    for (uint64_t i = 0; i < CANARY_MAX; i++)
        in.rows[in.count++] = (struct input_position){
            .number = 3 * i + 1, .line = UINT64_MAX / 2 - i, .offset = i << 40};
    assert_int_equal(canary_keep(journal, &in, NULL), RC_OK);
    commit(journal);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(canary_load(journal, &out, NULL), RC_OK);
    assert_int_equal(out.count, CANARY_MAX);
    assert_memory_equal(in.rows, out.rows, sizeof in.rows);
    for (uint64_t record = 0; record < 3 * CANARY_MAX + 3; record++)
        assert_true(canary_has(&out, record) ==
                    (record % 3 == 1 && record < 3 * CANARY_MAX));
    in.count = 0;
    assert_int_equal(canary_keep(journal, &in, NULL), RC_OK);
    assert_int_equal(canary_load(journal, &out, NULL), RC_OK);
    assert_int_equal(out.count, 0);
    assert_int_equal(journal_set_text(journal, "canary", "1 2 3,4 5", NULL), RC_OK);
    assert_int_equal(canary_load(journal, &out, NULL), RC_INPUT);
    commit(journal);
    journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, place_make, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
