/* profile_cell_flaws.c - what may be odd about one cell, told by its bytes. */
#include "model/profile_cell.h"

#include "base/utf8.h"

#define FLAW(name) (UINT32_C(1) << FLAW_##name)

static bool starts(struct slice s, const char *text) {
    size_t len = strlen(text);

    return s.len >= len && memcmp(s.data, text, len) == 0;
}

/* Characters that windows-1252 makes of the bytes 0x80 to 0xBF. */
static bool is_second(uint32_t cp) {
    static const uint16_t high[] = {
        0x20AC, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030,
        0x0160, 0x2039, 0x0152, 0x017D, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x017E, 0x0178,
    };

    if (cp >= 0x80 && cp <= 0xBF)
        return true;
    for (size_t i = 0; i < sizeof high / sizeof *high; i++)
        if (cp == high[i])
            return true;
    return false;
}

/* "\xC3\xBC" read as windows-1252: a letter of 0xC2 to 0xC5 with a second byte behind it,
 * or the beginning of a quotation mark or dash. Other letters begin sequences, too, and
 * words of real languages as well. */
static bool is_mojibake(uint32_t cp, struct slice rest) {
    uint32_t second, third;
    size_t n = utf8_decode(rest, &second);

    if (n == 0 || !is_second(second))
        return false;
    if (cp >= 0xC2 && cp <= 0xC5)
        return true;
    if (cp != 0xE2 || (second != 0x20AC && second != 0x201A && second != 0x201E))
        return false;
    return utf8_decode(slice_make(rest.data + n, rest.len - n), &third) > 0 &&
           is_second(third);
}

static uint32_t character_flaws(uint32_t cp, struct slice rest) {
    if (cp == 0xA0 || cp == 0x202F || cp == 0x2007)
        return FLAW(NBSP);
    if (cp == 0xFFFD)
        return FLAW(REPLACEMENT);
    if ((cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) ||
        (cp >= 0x2060 && cp <= 0x2069) || cp == 0xFEFF || cp == 0xAD)
        return cp == 0x200D || cp == 0x200C ? 0
                                            : FLAW(INVISIBLE); /* scripts need these */
    if (cp >= 0x80 && cp < 0xA0)
        return FLAW(CONTROL);
    return is_mojibake(cp, rest) ? FLAW(MOJIBAKE) : 0;
}

static uint32_t high_flaws(struct slice s) {
    uint32_t flaws = 0;

    while (s.len > 0) {
        uint32_t cp;
        size_t n = (unsigned char)s.data[0] < 0x80 ? 1 : utf8_decode(s, &cp);
        struct slice at = s;
        if (n == 0)
            return flaws; /* promised not to happen */
        s = slice_make(s.data + n, s.len - n);
        if ((unsigned char)at.data[0] >= 0x80)
            flaws |= character_flaws(cp, s);
    }
    /* A mark of mojibake may be what looks like a no-break space or a control. */
    if ((flaws & FLAW(MOJIBAKE)) != 0)
        flaws &= ~(FLAW(NBSP) | FLAW(CONTROL) | FLAW(INVISIBLE));
    return flaws;
}

/* 4.41E+11, 4,41E+11 */
static bool is_scientific(struct slice s) {
    size_t digits = 0, i = 0;

    if (s.len > 0 && (s.data[0] == '-' || s.data[0] == '+'))
        i++;
    for (; i < s.len && s.data[i] != 'E' && s.data[i] != 'e'; i++) {
        if (s.data[i] >= '0' && s.data[i] <= '9')
            digits++;
        else if (s.data[i] != '.' && s.data[i] != ',')
            return false;
    }
    if (digits == 0 || i + 2 >= s.len || (s.data[i + 1] != '+' && s.data[i + 1] != '-'))
        return false;
    for (i += 2; i < s.len; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return true;
}

static bool is_sheet_error(struct slice s) {
    static const char *const errors[] = {
        "#N/A",   "#REF!",    "#NAME?",   "#VALUE!", "#DIV/0!", "#NUM!",
        "#NULL!", "#SPILL",   "#NV",      "#BEZUG!", "#WERT!",  "#ZAHL!",
        "#VALOR", "#VALEUR!", "#NOMBRE?", "#####",
    };

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (starts(s, errors[i]))
            return true;
    return false;
}

static bool is_placeholder(struct slice s) {
    static const char *const words[] = {"-",    "--",   "---", "n/a", "na",    "n.a.",
                                        "null", "none", "nil", "nan", "\\n",   "(null)",
                                        "?",    "k.a.", "tbd", ".",   "<null>"};
    char lower[8];

    if (s.len > sizeof lower)
        return false;
    for (size_t i = 0; i < s.len; i++)
        lower[i] =
            (char)(s.data[i] >= 'A' && s.data[i] <= 'Z' ? s.data[i] | 32 : s.data[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_is(slice_make(lower, s.len), words[i]))
            return true;
    return false;
}

uint32_t profile_cell_flaws(struct slice cell, const struct profile_cell *known) {
    struct slice s = known->text;
    uint32_t flaws = s.len < cell.len ? FLAW(BLANKS) : 0;

    if (s.len == 0)
        return 0;
    if ((known->seen & CELL_HIGH) != 0)
        flaws |= high_flaws(s);
    if ((known->seen & CELL_CONTROL) != 0)
        flaws |= FLAW(CONTROL);
    if (s.data[0] == '#' && is_sheet_error(s))
        flaws |= FLAW(SHEET_ERROR);
    if (s.data[0] == '=' && s.len > 1)
        flaws |= FLAW(FORMULA);
    if (s.data[0] == '\'' && s.len > 1 && s.data[s.len - 1] != '\'')
        flaws |= FLAW(APOSTROPHE);
    if ((known->seen & CELL_ALPHA) != 0 && (known->seen & CELL_SIGN) != 0 &&
        known->digits > 1 && is_scientific(s))
        flaws |= FLAW(SCIENTIFIC);
    if (s.len <= 6 && known->digits == 0 && is_placeholder(s))
        flaws |= FLAW(PLACEHOLDER);
    return flaws;
}
