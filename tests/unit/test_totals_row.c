/* Sums below a list, and rows that only look a little like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/totals_row.h"

enum { CELLS_MAX = 8 };

static bool is_totals(const char *row) {
    struct slice cells[CELLS_MAX];
    size_t count = 0;

    for (const char *end; (end = strchr(row, ';')) != NULL; row = end + 1)
        cells[count++] = slice_make(row, (size_t)(end - row));
    cells[count++] = slice_of(row);
    return totals_row_is(cells, count);
}

static void test_rows(void **state) {
    static const char *const totals[] = {"Total;;;123",
                                         "Summe:;;1.234,50;",
                                         ";Grand Total (12);;99",
                                         "GESAMT;;12,5 EUR;3",
                                         "Total g\xC3\xA9n\xC3\xA9ral;;7;",
                                         "Total;;;",
                                         "Sum;;5"};
    static const char *const others[] = {"Total;Tom;tom@x.example;New",
                                         "Totalenergies;;;123",
                                         "Ada;;;123",
                                         ";;;",
                                         "",
                                         "Summers;;;1",
                                         "Total;1;2;3",
                                         "Summe;Erika;;erika@x.example"};

    (void)state;
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        if (!is_totals(totals[i]))
            fail_msg("%s", totals[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (is_totals(others[i]))
            fail_msg("%s", others[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
