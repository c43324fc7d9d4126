/* test_journal_made.c - records that a run creates for links: each is known by what it
 * was looked up by. */
#include "state/journal_made.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "journal_place.h"

static struct journal_made made(const char *type, const char *field, const char *key) {
    return (struct journal_made){
        .entity_type = type, .field = field, .key = slice_of(key)};
}

static void store(struct journal *journal, const char *key, int64_t since,
                  const char *id) {
    struct journal_made it = made("Account", "name", key);
    struct err err = {0};

    it.since = since;
    it.id = id;
    if (journal_put_made(journal, &it, &err) != RC_OK)
        fail_msg("%s", err.message);
}

static void test_kept(void **state) {
    struct journal *journal = create(*state);
    struct journal_made one = made("Account", "name", "acme"),
                        two = made("Account", "name", "other"),
                        odd = made("Account", "name", "");

    assert_int_equal(journal_get_made(journal, &one, NULL), 0);
    store(journal, "acme", 1000, NULL);
    store(journal, "other", 2000, "id2");
    odd.key = slice_make("a\0b", 3);
    odd.id = "id3";
    assert_int_equal(journal_put_made(journal, &odd, NULL), RC_OK);
    commit(journal);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(journal_get_made(journal, &one, NULL), 1);
    assert_int_equal(one.since, 1000);
    assert_null(one.id);
    assert_int_equal(journal_get_made(journal, &two, NULL), 1);
    assert_string_equal(two.id, "id2");
    store(journal, "acme", 3000, "id1");
    assert_int_equal(journal_get_made(journal, &one, NULL), 1);
    assert_int_equal(one.since, 3000);
    assert_string_equal(one.id, "id1");
    assert_string_equal(two.id, "id2"); /* what was read before is still there */
    one = made("Contact", "name", "acme");
    assert_int_equal(journal_get_made(journal, &one, NULL), 0);
    one = made("Account", "website", "acme");
    assert_int_equal(journal_get_made(journal, &one, NULL), 0);
    one = made("Account", "name", "a");
    assert_int_equal(journal_get_made(journal, &one, NULL), 0);
    commit(journal);
    journal_close(journal);
}

/* What was not committed was not sent either, and is gone. */
static void test_not_committed(void **state) {
    struct journal *journal = create(*state);
    struct journal_made one = made("Account", "name", "acme");

    commit(journal);
    store(journal, "acme", 1000, NULL);
    journal_rollback(journal);
    assert_int_equal(journal_get_made(journal, &one, NULL), 0);
    store(journal, "acme", 1000, NULL);
    journal_close(journal);
    journal = reopen(*state);
    assert_int_equal(journal_get_made(journal, &one, NULL), 0);
    journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_not_committed, place_make, place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
