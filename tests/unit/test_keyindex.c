/* Rows by their keys: in order, each once, also when they are more than the cache. */
#include "state/keyindex.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void key_of(uint64_t n, unsigned char out[KEYINDEX_KEY]) {
    memset(out, 0, KEYINDEX_KEY);
    for (int i = 0; i < 8; i++) /* scattered, as hashes are */
        out[i] = (unsigned char)((n * UINT64_C(0x9e3779b97f4a7c15)) >> (8 * i));
    memcpy(out + 8, &n, sizeof n);
}

static void test_rows(void **state) {
    const struct keyindex_row rows[] = {{7, 9, 100}, {3, 4, 40}, {12, 20, 300}};
    unsigned char key[KEYINDEX_KEY], other[KEYINDEX_KEY];
    struct keyindex *index;
    struct keyindex_row row;

    (void)state;
    key_of(1, key);
    key_of(2, other);
    assert_int_equal(keyindex_open(&index, NULL), RC_OK);
    assert_int_equal(keyindex_next(index, key, 0, &row, NULL), 0);
    assert_int_equal(keyindex_last(index, key, &row, NULL), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(keyindex_add(index, key, &rows[i], NULL), RC_OK);
    assert_int_equal(keyindex_add(index, other, &rows[0], NULL), RC_OK);
    assert_int_equal(keyindex_next(index, key, 0, &row, NULL), 1);
    assert_true(row.record == 3 && row.line == 4 && row.offset == 40);
    assert_int_equal(keyindex_next(index, key, 3, &row, NULL), 1);
    assert_int_equal(row.record, 7);
    assert_int_equal(keyindex_last(index, key, &row, NULL), 1);
    assert_true(row.record == 12 && row.line == 20 && row.offset == 300);
    assert_int_equal(keyindex_next(index, key, 12, &row, NULL), 0);
    assert_int_equal(keyindex_previous(index, key, 12, &row, NULL), 1);
    assert_true(row.record == 7 && row.line == 9 && row.offset == 100);
    assert_int_equal(keyindex_previous(index, key, 3, &row, NULL), 0);
    assert_int_equal(keyindex_last(index, other, &row, NULL), 1);
    assert_int_equal(row.record, 7);
    keyindex_close(index);
}

static void test_many(void **state) {
    enum { MANY = 200000 };
    unsigned char key[KEYINDEX_KEY];
    struct keyindex *index;
    struct keyindex_row row;

    (void)state;
    assert_int_equal(keyindex_open(&index, NULL), RC_OK);
    for (uint64_t i = 1; i <= MANY; i++) {
        row = (struct keyindex_row){.record = i, .line = i + 1, .offset = 10 * i};
        key_of(i % (MANY / 2), key);
        assert_int_equal(keyindex_add(index, key, &row, NULL), RC_OK);
    }
    for (uint64_t i = 1; i < MANY / 2; i += 997) {
        key_of(i, key);
        assert_int_equal(keyindex_next(index, key, 0, &row, NULL), 1);
        assert_int_equal(row.record, i);
        assert_int_equal(keyindex_last(index, key, &row, NULL), 1);
        assert_int_equal(row.record, i + MANY / 2);
    }
    keyindex_close(index);
    keyindex_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests_name("key index", tests, NULL, NULL);
}
