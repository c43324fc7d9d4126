/* number.c - reads a number strictly, without going through a double.
 *
 * What the user typed is what is sent: "12.50" stays "12.50", no digit is rounded away.
 */
#include "model/number.h"

#include "model/json.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXACT_DIGITS = 15, MOST_DIGITS = 17 }; /* of a double */

struct reader {
    const char *at;
    const char *end;
    const struct number_format *format;
    char *out;       /* the canonical text, as it grows */
    size_t len;      /* of out */
    bool rewritten;  /* out is not what the cell says */
    bool bad_groups; /* groups that are not of three, or not allowed */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool next_is(const struct reader *r, const char *mark) {
    size_t len = strlen(mark);

    return len > 0 && (size_t)(r->end - r->at) >= len && memcmp(r->at, mark, len) == 0;
}

/* Bytes of the group mark at r->at, or 0. */
static size_t group_mark(const struct reader *r) {
    static const char *const spaces[] = {" ", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89",
                                         "\xE2\x80\x87"};
    size_t len = 0;
    bool any = false; /* one space is as good as another */

    if (next_is(r, r->format->group))
        return strlen(r->format->group);
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        any = any || strcmp(r->format->group, spaces[i]) == 0;
        if (next_is(r, spaces[i]))
            len = strlen(spaces[i]);
    }
    return any ? len : 0;
}

/* Digits in front of the point: plain, or 1 to 3 and then groups of three. */
static bool read_whole(struct reader *r) {
    size_t run = 0, mark;
    bool grouped = false;

    for (;;) {
        for (run = 0; r->at < r->end && is_digit(*r->at); run++) {
            if (r->len == 1 && r->out[0] == '0') {
                r->len = 0; /* a zero in front */
                r->rewritten = true;
            }
            r->out[r->len++] = *r->at++;
        }
        if (grouped && run != 3)
            r->bad_groups = true;
        mark = run == 0 ? 0 : group_mark(r);
        if (mark == 0)
            break;
        if (!grouped && run > 3)
            r->bad_groups = true;
        grouped = true;
        r->rewritten = true;
        r->at += mark;
    }
    return run > 0 || !grouped;
}

static bool read_exponent(struct reader *r) {
    if (r->at >= r->end || (*r->at != 'e' && *r->at != 'E'))
        return true;
    if (!r->format->exponent)
        return false;
    r->out[r->len++] = *r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
        r->out[r->len++] = *r->at++;
    if (r->at >= r->end || !is_digit(*r->at) || r->end - r->at > 3)
        return false;
    while (r->at < r->end && is_digit(*r->at))
        r->out[r->len++] = *r->at++;
    return true;
}

/* Counts digits for the checks of the field. */
static void measure(struct number *number, struct slice digits, size_t point) {
    size_t first = 0, last = digits.len;

    while (first < digits.len && (digits.data[first] == '0' || first == point))
        first++;
    while (last > first && (digits.data[last - 1] == '0' || last - 1 == point))
        last--;
    number->whole = point == 1 && digits.data[0] == '0' ? 0 : point;
    number->scale = last > point + 1 ? last - point - 1 : 0;
    number->significant = last - first;
    if (first < point && last > point + 1)
        number->significant--; /* the point itself */
    if (first >= last)
        number->negative = false;
}

/* From the point on; false when there is no digit at all, or something is left over. */
static bool read_rest(struct reader *r, struct number *number) {
    const char *decimal = r->format->decimal[0] == '\0' ? "." : r->format->decimal;
    size_t point, part = 0;

    if (r->len == 0) {
        r->out[r->len++] = '0'; /* ".5" */
        r->rewritten = true;
        if (!next_is(r, decimal))
            return false;
    }
    point = r->len;
    if (next_is(r, decimal)) {
        r->rewritten = r->rewritten || strcmp(decimal, ".") != 0;
        r->at += strlen(decimal);
        r->out[r->len++] = '.';
        for (; r->at < r->end && is_digit(*r->at); part++)
            r->out[r->len++] = *r->at++;
        if (part == 0)
            return false;
    }
    measure(number, slice_make(r->out, r->len), point);
    number->has_exponent = r->at < r->end;
    return read_exponent(r) && r->at == r->end;
}

enum number_result number_read(struct slice cell, const struct number_format *format,
                               struct arena *arena, struct number *out) {
    enum { SHORT = 64 };
    char room[SHORT + 8];
    char *text = room;
    struct reader r = {.at = cell.data, .end = cell.data + cell.len, .format = format};
    bool sign;

    *out = (struct number){.negative = false};
    if (cell.len == 0)
        return NUMBER_NONE;
    if (cell.len > SHORT && (text = arena_alloc(arena, cell.len + 8)) == NULL)
        return NUMBER_NO_MEMORY;
    sign = *r.at == '-' || *r.at == '+';
    out->negative = *r.at == '-';
    r.rewritten = *r.at == '+';
    if (sign)
        r.at++;
    text[0] = '-';
    r.out = text + 1;
    if (!read_whole(&r) || !read_rest(&r, out))
        return r.bad_groups ? NUMBER_GROUPED : NUMBER_NONE;
    if (r.bad_groups)
        return NUMBER_GROUPED;
    if (!out->negative && sign)
        r.rewritten = true;
    out->text = out->negative ? slice_make(text, r.len + 1) : slice_make(r.out, r.len);
    if (!r.rewritten)
        out->text = cell;
    else if (text == room) {
        const char *kept = arena_copy(arena, out->text.data, out->text.len);
        if (kept == NULL)
            return NUMBER_NO_MEMORY;
        out->text.data = kept;
    }
    return NUMBER_OK;
}

double number_value(const struct number *number) {
    const struct slice s = number->text;
    double value = 0, unit = 1;
    int exponent = 0, sign = 1;
    size_t i = s.data[0] == '-' ? 1 : 0;

    for (; i < s.len && is_digit(s.data[i]); i++)
        value = value * 10 + (s.data[i] - '0');
    if (i < s.len && s.data[i] == '.')
        for (i++; i < s.len && is_digit(s.data[i]); i++) {
            unit /= 10;
            value += (s.data[i] - '0') * unit;
        }
    if (i < s.len) { /* e */
        i++;
        if (s.data[i] == '+' || s.data[i] == '-')
            sign = s.data[i++] == '-' ? -1 : 1;
        for (; i < s.len; i++)
            exponent = exponent * 10 + (s.data[i] - '0');
        for (; exponent > 0; exponent--)
            value = sign > 0 ? value * 10 : value / 10;
    }
    return number->negative ? -value : value;
}

bool number_fits_double(const struct number *number) {
    char text[128], printed[64];
    locale_t c_locale, old;
    double value;
    bool fits = false;

    if (!number->has_exponent && number->significant <= EXACT_DIGITS &&
        number->whole < 300)
        return true;
    if (number->significant > MOST_DIGITS || number->text.len >= sizeof text)
        return false;
    c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return false;
    memcpy(text, number->text.data, number->text.len);
    text[number->text.len] = '\0';
    old = uselocale(c_locale); /* of this thread only: for the point in the printing */
    value = strtod(text, NULL);
    for (int digits = EXACT_DIGITS; digits <= MOST_DIGITS && !fits; digits++) {
        (void)snprintf(printed, sizeof printed, "%.*g", digits, value);
        fits = json_number_equal(slice_of(printed), number->text);
    }
    (void)uselocale(old);
    freelocale(c_locale);
    return fits;
}
