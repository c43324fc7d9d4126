/* Pairing rows with records: as many as possible, none twice, equal ones first. */
#include "flow/settle_pair.h"

#include "flow/settle_match.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { SIDE = 6, GAMES = 20000 };

static uint64_t dice(uint64_t *chance, uint64_t below) { /* splitmix64 */
    uint64_t z = *chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

/* The largest number of pairs, by trying everything. */
static size_t best(const unsigned char *like, size_t rows, size_t records, size_t row,
                   unsigned used, unsigned char least) {
    size_t most = 0;

    if (row == rows)
        return 0;
    most = best(like, rows, records, row + 1, used, least);
    for (size_t k = 0; k < records; k++) {
        size_t with;
        if ((used >> k & 1) != 0 || like[row * records + k] < least)
            continue;
        with = 1 + best(like, rows, records, row + 1, used | 1u << k, least);
        most = with > most ? with : most;
    }
    return most;
}

static void test_random(void **state) {
    uint64_t chance = 7;

    (void)state;
    for (int game = 0; game < GAMES; game++) {
        unsigned char like[SIDE * SIDE];
        size_t of_row[SIDE], of_record[SIDE], pairs = 0;
        size_t rows = dice(&chance, SIDE + 1), records = dice(&chance, SIDE + 1);
        for (size_t i = 0; i < rows * records; i++)
            like[i] = (unsigned char)dice(&chance, LIKE_EQUAL + 1);
        settle_pair(like, rows, records, of_row, of_record);
        for (size_t i = 0; i < rows; i++) {
            if (of_row[i] == SETTLE_UNPAIRED)
                continue;
            pairs++;
            assert_in_range(of_row[i], 0, records - 1);
            assert_int_equal(of_record[of_row[i]], i);
            assert_true(like[i * records + of_row[i]] >= LIKE_MORE);
        }
        for (size_t k = 0; k < records; k++)
            assert_true(of_record[k] == SETTLE_UNPAIRED || of_row[of_record[k]] == k);
        assert_int_equal(pairs, best(like, rows, records, 0, 0, LIKE_MORE));
    }
}

/* Who stands first is served first, and an equal record before one with more in it. */
static void test_preference(void **state) {
    static const unsigned char both[] = {LIKE_EQUAL, LIKE_EQUAL};
    static const unsigned char one[] = {LIKE_MORE, LIKE_EQUAL};
    static const unsigned char chain[] = {LIKE_EQUAL, LIKE_EQUAL, LIKE_EQUAL, LIKE_NOT};
    size_t of_row[2], of_record[2];

    (void)state;
    settle_pair(both, 2, 1, of_row, of_record);
    assert_int_equal(of_row[0], 0);
    assert_true(of_row[1] == SETTLE_UNPAIRED);
    settle_pair(one, 2, 1, of_row, of_record);
    assert_true(of_row[0] == SETTLE_UNPAIRED);
    assert_int_equal(of_row[1], 0);
    settle_pair(chain, 2, 2, of_row, of_record); /* the first makes room */
    assert_int_equal(of_row[0], 1);
    assert_int_equal(of_row[1], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_preference),
    };
    return cmocka_run_group_tests_name("settle pair", tests, NULL, NULL);
}
