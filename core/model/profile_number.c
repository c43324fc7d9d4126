/* profile_number.c - tells the marks of a number by where they stand.
 *
 * Looser than number.c, which knows the marks beforehand: here they are found out.
 */
#include "model/profile_number.h"

#include <stddef.h>

enum { MARKS_MAX = 16, DIGITS_MAX = 40 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Bytes of the mark at s, with a blank for every kind of space in *mark; or 0. */
static size_t mark_at(struct slice s, char *mark) {
    static const char *const spaces[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"};

    *mark = s.data[0];
    if (*mark == '.' || *mark == ',' || *mark == '\'' || *mark == ' ')
        return 1;
    *mark = ' ';
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        size_t len = strlen(spaces[i]);
        if (s.len >= len && memcmp(s.data, spaces[i], len) == 0)
            return len;
    }
    return 0;
}

/* A number cut at its marks. */
struct pieces {
    char marks[MARKS_MAX];        /* in order */
    size_t digits[MARKS_MAX + 1]; /* in front of each mark, and behind the last */
    size_t count;                 /* of marks */
    size_t total;                 /* digits */
};

static bool cut(struct slice s, struct pieces *pieces) {
    size_t run = 0;

    pieces->count = pieces->total = 0;
    while (s.len > 0) {
        size_t len = 1;
        if (is_digit(s.data[0])) {
            run++;
        } else {
            char mark;
            len = mark_at(s, &mark);
            if (len == 0 || pieces->count == MARKS_MAX)
                return false;
            pieces->digits[pieces->count] = run;
            pieces->marks[pieces->count++] = mark;
            pieces->total += run;
            run = 0;
        }
        s.data += len;
        s.len -= len;
    }
    pieces->digits[pieces->count] = run;
    pieces->total += run;
    return run > 0 && pieces->total <= DIGITS_MAX;
}

/* The first `count` marks are one and the same and part groups of three. */
static bool grouped(const struct pieces *p, size_t count) {
    if (p->digits[0] == 0 || p->digits[0] > 3)
        return false;
    for (size_t i = 1; i < count; i++)
        if (p->marks[i] != p->marks[0] || p->digits[i] != 3)
            return false;
    return true;
}

static bool is_decimal(char mark) {
    return mark == '.' || mark == ',';
}

bool profile_number_read(struct slice text, struct profile_number *out) {
    struct pieces p;
    size_t last;

    *out = (struct profile_number){.decimal = 0};
    if (text.len > 0 && (text.data[0] == '-' || text.data[0] == '+'))
        text = slice_make(text.data + 1, text.len - 1);
    /* Only digits, the most frequent number; one with a zero in front is a code. */
    if (text.len == 0 || !cut(text, &p))
        return false;
    if (text.data[0] == '0' && (p.count == 0 || p.digits[0] > 1))
        return text.len == 1;
    if (p.count == 0)
        return true;
    last = p.count - 1;
    if (p.count == 1 && is_decimal(p.marks[0])) {
        out->fraction = true;
        if (p.digits[1] == 3 && p.digits[0] > 0 && p.digits[0] <= 3 &&
            text.data[0] != '0')
            out->open = p.marks[0];
        else
            out->decimal = p.marks[0];
        return true;
    }
    if (grouped(&p, p.count) && p.digits[p.count] == 3) {
        out->group = p.marks[0];
        return true;
    }
    if (!is_decimal(p.marks[last]) || p.marks[last] == p.marks[0] || !grouped(&p, last) ||
        p.digits[last] != 3)
        return false;
    out->group = p.marks[0];
    out->decimal = p.marks[last];
    out->fraction = true;
    return true;
}

/* What is written for a currency, and its code. Three letters alone are codes. */
static const struct {
    const char *sign;
    const char *code;
} signs[] = {
    {"\xE2\x82\xAC", "EUR"}, {"$", "USD"},
    {"\xC2\xA3", "GBP"},     {"\xC2\xA5", "JPY"},
    {"US$", "USD"},          {"Fr.", "CHF"},
    {"z\xC5\x82", "PLN"},    {"K\xC4\x8D", "CZK"},
    {"kr", "SEK"},           {"kr.", "DKK"},
    {"R$", "BRL"},           {"\xE2\x82\xB9", "INR"},
    {"\xE2\x82\xBD", "RUB"}, {"\xE2\x82\xBA", "TRY"},
    {"\xE2\x82\xAA", "ILS"}, {"Euro", "EUR"},
};
static const char codes[] = "EUR USD GBP CHF JPY CNY SEK NOK DKK PLN CZK HUF RON BGN TRY "
                            "RUB UAH INR BRL MXN CAD AUD NZD ZAR SGD HKD KRW ILS AED SAR "
                            "THB IDR MYR PHP CLP COP ARS EGP ISK ";

/* Fills code when text is the name of a currency. */
static bool currency_of(struct slice text, char code[4]) {
    if (text.len == 3)
        for (const char *at = codes; *at != '\0'; at += 4)
            if (memcmp(at, text.data, 3) == 0) {
                memcpy(code, at, 3);
                code[3] = '\0';
                return true;
            }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (slice_is(text, signs[i].sign)) {
            memcpy(code, signs[i].code, 4);
            return true;
        }
    return false;
}

/* Without blanks, no-break ones too, at either end. */
static struct slice trim_all(struct slice s) {
    size_t before;

    do {
        before = s.len;
        s = slice_trim(s);
        if (s.len >= 2 && memcmp(s.data, "\xC2\xA0", 2) == 0)
            s = slice_make(s.data + 2, s.len - 2);
        if (s.len >= 2 && memcmp(s.data + s.len - 2, "\xC2\xA0", 2) == 0)
            s.len -= 2;
        if (s.len >= 3 && memcmp(s.data + s.len - 3, "\xE2\x80\xAF", 3) == 0)
            s.len -= 3;
    } while (s.len < before);
    return s;
}

bool profile_amount_read(struct slice text, struct profile_number *out) {
    struct slice name, rest = text;
    char code[4];
    size_t n = 0;
    bool minus = text.len > 1 && text.data[0] == '-';

    if (minus) /* -$5 */
        rest = slice_make(text.data + 1, text.len - 1);
    while (n < rest.len && !is_digit(rest.data[n]) && rest.data[n] != '-')
        n++;
    if (n == rest.len)
        return false;
    if (n > 0) {
        name = slice_make(rest.data, n);
        rest = slice_make(rest.data + n, rest.len - n);
    } else {
        n = rest.len;
        while (n > 0 && !is_digit(rest.data[n - 1]))
            n--;
        name = slice_make(rest.data + n, rest.len - n);
        rest.len = n;
    }
    name = trim_all(name);
    if (name.len == 0 || name.len > 4 || !currency_of(name, code) ||
        !profile_number_read(trim_all(rest), out))
        return false;
    memcpy(out->currency, code, sizeof code);
    out->sign = !slice_is(name, code);
    return true;
}
