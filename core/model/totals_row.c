/* totals_row.c - words for sums, and what stands beside them. */
#include "model/totals_row.h"

#include <strings.h>

static const char *const words[] = {"total",
                                    "totals",
                                    "grand total",
                                    "grand totals",
                                    "subtotal",
                                    "sum",
                                    "summe",
                                    "gesamt",
                                    "gesamtsumme",
                                    "zwischensumme",
                                    "insgesamt",
                                    "totaux",
                                    "total g\xC3\xA9n\xC3\xA9ral",
                                    "somme",
                                    "suma",
                                    "total general",
                                    "totale",
                                    "count"};

static bool is_word(struct slice cell) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]);
        if (cell.len >= len && strncasecmp(cell.data, words[i], len) == 0 &&
            (cell.len == len || strchr(" :(=", cell.data[len]) != NULL))
            return true;
    }
    return false;
}

/* Nothing but digits and what stands around them in amounts. */
static bool is_number(struct slice cell) {
    size_t digits = 0, letters = 0;

    for (size_t i = 0; i < cell.len; i++) {
        digits += cell.data[i] >= '0' && cell.data[i] <= '9';
        letters += (cell.data[i] | 32) >= 'a' && (cell.data[i] | 32) <= 'z';
    }
    return digits > 0 && letters <= 3; /* of a currency */
}

bool totals_row_is(const struct slice *cells, size_t count) {
    size_t first = 0, empty = 0, numbers = 0;

    while (first < count && slice_trim(cells[first]).len == 0)
        first++;
    if (first == count || !is_word(slice_trim(cells[first])))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct slice cell = slice_trim(cells[i]);
        empty += cell.len == 0;
        numbers += i > first && is_number(cell);
    }
    return empty > 0 && (empty + numbers) * 4 >= (count - 1) * 3;
}
