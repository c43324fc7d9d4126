/* profile_cell.c - looks at the bytes of a cell once, then asks only the readers that
 * these bytes leave possible.
 */
#include "model/profile_cell.h"

#include "model/email.h"
#include "model/phone.h"

#define FITS(name) (UINT32_C(1) << PROFILE_##name)

enum { PHONE_DIGITS_MIN = 6, PHONE_DIGITS_MAX = 15, NUMBER_MAX = 48, ID_LENGTH = 17 };

static uint32_t kind_of(unsigned char c) {
    if (c >= 0x80)
        return CELL_HIGH;
    if (c >= '0' && c <= '9')
        return CELL_DIGIT;
    if ((c | 32) >= 'a' && (c | 32) <= 'z')
        return CELL_ALPHA;
    switch (c) {
    case ' ': return CELL_BLANK;
    case '.': return CELL_POINT;
    case ',': return CELL_COMMA;
    case '+':
    case '-': return CELL_SIGN;
    case '/': return CELL_SLASH;
    case ':': return CELL_COLON;
    case '@': return CELL_AT;
    case '(':
    case ')': return CELL_PAREN;
    case '\'': return CELL_QUOTE;
    case '\t':
    case '\r':
    case '\n': return CELL_BREAK;
    default: return c < ' ' || c == 0x7F ? CELL_CONTROL : CELL_OTHER;
    }
}

static void look(struct profile_cell *cell) {
    for (size_t i = 0; i < cell->text.len; i++) {
        uint32_t kind = kind_of((unsigned char)cell->text.data[i]);
        cell->seen |= kind;
        cell->digits += kind == CELL_DIGIT;
    }
}

/* Code points: bytes that do not go on with one. */
static size_t count_chars(struct slice s) {
    size_t chars = 0;

    for (size_t i = 0; i < s.len; i++)
        chars += ((unsigned char)s.data[i] & 0xC0) != 0x80;
    return chars;
}

static bool starts_folded(struct slice s, const char *text) {
    size_t len = strlen(text);

    if (s.len <= len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((s.data[i] | 32) != text[i] && s.data[i] != text[i])
            return false;
    return true;
}

/* "example.com", "www.example.com/path": labels in lower case, the last one letters. */
static bool is_domain(struct slice s) {
    const char *slash = memchr(s.data, '/', s.len);
    size_t label = 0, labels = 0;
    bool letters = true;

    if (slash != NULL)
        s.len = (size_t)(slash - s.data);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        if (c == '.') {
            if (label == 0)
                return false;
            labels++;
            label = 0;
            letters = true;
            continue;
        }
        if (c >= 'a' && c <= 'z') {
            label++;
            continue;
        }
        if (c != '-' && (c < '0' || c > '9'))
            return false;
        letters = false;
        label++;
    }
    return labels > 0 && letters && label >= 2 && label <= 12;
}

static bool is_url(const struct profile_cell *cell) {
    struct slice s = cell->text;

    if ((cell->seen & (CELL_BLANK | CELL_BREAK)) != 0 || (cell->seen & CELL_POINT) == 0)
        return false;
    return starts_folded(s, "http://") || starts_folded(s, "https://") ||
           starts_folded(s, "www.") || is_domain(s);
}

static bool is_id(struct slice s) {
    bool letter = false;

    if (s.len != ID_LENGTH)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        if (c >= 'a' && c <= 'f')
            letter = true;
        else if (c < '0' || c > '9')
            return false;
    }
    return letter;
}

/* Without "ext. 12", "x12" behind. */
static struct slice without_extension(struct slice s) {
    size_t n = s.len, end;

    while (n > 0 && s.data[n - 1] >= '0' && s.data[n - 1] <= '9')
        n--;
    if (n == s.len || s.len - n > 6)
        return s;
    end = n;
    while (n > 0 && strchr(". extEXT", s.data[n - 1]) != NULL && s.data[n - 1] != '\0')
        n--;
    return end > n && memchr(s.data + n, 'x', end - n) != NULL ? slice_make(s.data, n)
                                                               : s;
}

static void read_phone(struct profile_cell *cell) {
    char room[64];
    struct slice s = cell->text;
    bool marks = false;
    size_t digits = 0;

    if (s.len >= sizeof room || cell->digits < PHONE_DIGITS_MIN)
        return;
    if ((cell->seen & (CELL_HIGH | CELL_QUOTE)) != 0)
        s = phone_clean(s, room, sizeof room);
    if ((cell->seen & CELL_ALPHA) != 0)
        s = without_extension(s);
    for (size_t i = 0; i < s.len; i++) {
        bool digit = s.data[i] >= '0' && s.data[i] <= '9';
        digits += digit;
        if (!digit && s.data[i] == '+' && i > 0)
            return;
        if (!digit && strchr("+ -./()", s.data[i]) == NULL)
            return;
        marks = marks || !digit;
    }
    if (digits < PHONE_DIGITS_MIN || digits > PHONE_DIGITS_MAX)
        return;
    cell->fits |= FITS(PHONE);
    cell->phone_world = s.data[0] == '+' || (digits > 9 && memcmp(s.data, "00", 2) == 0);
    cell->phone_sure =
        cell->phone_world || s.data[0] == '(' ||
        (s.data[0] == '0' && (marks || digits > 8)) ||
        (marks && (cell->fits & (FITS(DECIMAL) | FITS(DATE) | FITS(DATETIME))) == 0);
}

static void read_number(struct profile_cell *cell) {
    const uint32_t marks = CELL_DIGIT | CELL_POINT | CELL_COMMA | CELL_SIGN | CELL_BLANK |
                           CELL_QUOTE | CELL_HIGH;

    if (cell->text.len > NUMBER_MAX)
        return;
    if ((cell->seen & ~marks) == 0 && profile_number_read(cell->text, &cell->number))
        cell->fits |= FITS(DECIMAL) | (cell->number.fraction ? 0 : FITS(INTEGER));
    else if ((cell->seen & ~(marks | CELL_ALPHA | CELL_OTHER)) == 0 &&
             (cell->seen & (CELL_ALPHA | CELL_OTHER | CELL_HIGH)) != 0 &&
             profile_amount_read(cell->text, &cell->number))
        cell->fits |= FITS(AMOUNT);
}

void profile_cell_read(struct slice raw, struct profile_cell *cell) {
    const uint32_t no_date =
        CELL_AT | CELL_PAREN | CELL_HIGH | CELL_QUOTE | CELL_OTHER | CELL_BREAK;

    cell->text = slice_trim(raw);
    cell->seen = cell->fits = 0;
    cell->digits = 0;
    cell->phone_world = cell->phone_sure = false;
    look(cell);
    cell->whole = cell->seen == CELL_DIGIT;
    cell->chars = (cell->seen & CELL_HIGH) != 0 ? count_chars(raw) : raw.len;
    cell->flaws = profile_cell_flaws(raw, cell);
    if ((cell->seen & CELL_AT) != 0 && email_problem(cell->text) == NULL)
        cell->fits |= FITS(EMAIL);
    if (cell->digits > 0) {
        read_number(cell);
        if ((cell->seen & no_date) == 0 && (cell->digits > 2) &&
            profile_date_read(cell->text, &cell->date))
            cell->fits |= cell->date.has_time ? FITS(DATETIME) : FITS(DATE);
        read_phone(cell);
        if (is_id(cell->text))
            cell->fits |= FITS(ID);
    }
    if (cell->fits == 0 && is_url(cell))
        cell->fits |= FITS(URL);
}
