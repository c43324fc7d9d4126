/* formula_guard.c - the signs that OWASP names for CSV injection: = + - @ tab CR. */
#include "model/formula_guard.h"

static bool is_number(struct slice cell) {
    bool digits = false;

    for (size_t i = 1; i < cell.len; i++) {
        char c = cell.data[i];
        if (c >= '0' && c <= '9')
            digits = true;
        else if (c != '.' && c != ',')
            return false;
    }
    return digits;
}

static bool is_sign(char c) {
    return c != '\0' && memchr("=+-@\t\r", c, 6) != NULL;
}

bool formula_guard_needed(struct slice cell) {
    size_t quotes = 0;

    while (quotes < cell.len && cell.data[quotes] == '\'')
        quotes++;
    if (quotes == cell.len || !is_sign(cell.data[quotes]))
        return false;
    return quotes > 0 || cell.data[0] != '-' || !is_number(cell);
}

struct slice formula_guard_removed(struct slice cell) {
    struct slice rest = cell.len == 0 ? cell : slice_make(cell.data + 1, cell.len - 1);

    return cell.len > 0 && cell.data[0] == '\'' && formula_guard_needed(rest) ? rest
                                                                              : cell;
}
