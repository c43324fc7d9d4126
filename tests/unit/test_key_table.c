/* test_key_table.c - several owners of one key, and keys of one bucket. */
#include "flow/key_table.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { KEYS = 4000 }; /* many times the buckets */

static struct slice key_of(char room[16], int i) {
    (void)snprintf(room, 16, "key %d", i);
    return slice_of(room);
}

static void test_owners(void **state) {
    static char owners[KEYS][2];
    struct arena arena = {.blocks = NULL};
    struct key_table table;
    char room[16];

    (void)state;
    key_table_reset(&table);
    assert_null(key_table_find(&table, slice_of("key 1"), NULL));
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < KEYS; i++) /* the key is copied: room is used again */
            assert_int_equal(
                key_table_add(&table, &arena, key_of(room, i), &owners[i][turn]), 0);
    for (int i = 0; i < KEYS; i++) {
        struct slice key = key_of(room, i);
        struct key_entry *first = key_table_find(&table, key, NULL);
        struct key_entry *second = key_table_find(&table, key, first);
        assert_non_null(first);
        assert_non_null(second);
        assert_ptr_equal(first->owner, &owners[i][0]); /* in the order they came */
        assert_ptr_equal(second->owner, &owners[i][1]);
        assert_false(first->hit);
        assert_null(key_table_find(&table, key, second));
    }
    assert_null(key_table_find(&table, slice_of("key"), NULL));
    assert_null(key_table_find(&table, slice_of("key 4000"), NULL));
    key_table_reset(&table);
    assert_null(key_table_find(&table, slice_of("key 1"), NULL));
    arena_fini(&arena);
}

static void test_odd_keys(void **state) {
    struct arena arena = {.blocks = NULL};
    struct key_table table;
    int owner;

    (void)state;
    key_table_reset(&table);
    assert_int_equal(key_table_add(&table, &arena, slice_make("", 0), &owner), 0);
    assert_int_equal(key_table_add(&table, &arena, slice_make("a\0b", 3), &owner), 0);
    assert_non_null(key_table_find(&table, slice_make(NULL, 0), NULL));
    assert_non_null(key_table_find(&table, slice_make("a\0b", 3), NULL));
    assert_null(key_table_find(&table, slice_make("a\0c", 3), NULL));
    assert_null(key_table_find(&table, slice_of("a"), NULL));
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_odd_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
