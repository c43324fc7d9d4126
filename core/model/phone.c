/* phone.c - what a spreadsheet leaves around a number, and who may judge the number.
 *
 * Plain E.164 of the big countries is settled by phone_table.c in some nanoseconds; all
 * else is libphonenumber's where it is built in, which takes microseconds a number.
 */
#include "model/phone.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Characters that are dropped, or read as a blank. */
static const struct {
    const char *bytes;
    bool blank;
} artefacts[] = {
    {"\xE2\x80\xAA", false}, /* U+202A, left-to-right embedding */
    {"\xE2\x80\xAC", false}, /* U+202C, its end */
    {"\xE2\x80\xAD", false}, /* U+202D, left-to-right override */
    {"\xE2\x80\x8E", false}, /* U+200E, left-to-right mark */
    {"\xE2\x80\x8F", false}, /* U+200F */
    {"\xE2\x81\xA6", false}, /* U+2066, isolate */
    {"\xE2\x81\xA9", false}, /* U+2069, its end */
    {"\xEF\xBB\xBF", false}, /* U+FEFF */
    {"\xC2\xA0", true},      /* U+00A0, no-break space */
    {"\xE2\x80\xAF", true},  /* U+202F, narrow no-break space */
};

static size_t artefact(struct slice s, bool *blank) {
    for (size_t i = 0; i < sizeof artefacts / sizeof *artefacts; i++) {
        size_t len = strlen(artefacts[i].bytes);
        if (s.len >= len && memcmp(s.data, artefacts[i].bytes, len) == 0) {
            *blank = artefacts[i].blank;
            return len;
        }
    }
    return 0;
}

struct slice phone_clean(struct slice cell, char *room, size_t size) {
    size_t n = 0;

    while (cell.len > 0) {
        bool blank = false;
        size_t len = (unsigned char)cell.data[0] < 0x80 ? 0 : artefact(cell, &blank);
        if (n + 1 >= size)
            return slice_make(NULL, 0);
        if (len == 0) {
            room[n++] = cell.data[0];
            len = 1;
        } else if (blank) {
            room[n++] = ' ';
        }
        cell.data += len;
        cell.len -= len;
    }
    room[n] = '\0';
    cell = slice_trim(slice_make(room, n));
    while (cell.len > 0 && cell.data[0] == '\'')
        cell = slice_trim(slice_make(cell.data + 1, cell.len - 1));
    return cell;
}

/* 4.93012E+11, 1,2E+10, 4E11 */
static bool is_scientific(struct slice s) {
    size_t i = 0, digits = 0;

    for (; i < s.len && (is_digit(s.data[i]) || s.data[i] == '.' || s.data[i] == ',');
         i++)
        digits += is_digit(s.data[i]);
    if (digits == 0 || i >= s.len || (s.data[i] != 'e' && s.data[i] != 'E'))
        return false;
    i++;
    if (i < s.len && s.data[i] == '+')
        i++;
    for (digits = 0; i < s.len && is_digit(s.data[i]); i++)
        digits++;
    return digits > 0 && i == s.len;
}

static bool is_several(struct slice s) {
    size_t plus = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '+')
            plus++;
        if (s.data[i] == ';' || s.data[i] == '\n' ||
            (s.data[i] == ',' && memchr(s.data + i, 'x', s.len - i) == NULL))
            return true;
    }
    return plus > 1;
}

/* "+" and digits with the usual marks between them, to digits alone. False for others. */
static bool plain_digits(struct slice s, char out[PHONE_SIZE], size_t *len) {
    *len = 0;
    if (s.len < 2 || s.data[0] != '+')
        return false;
    for (size_t i = 1; i < s.len; i++) {
        if (is_digit(s.data[i])) {
            if (*len >= 20)
                return false;
            out[1 + (*len)++] = s.data[i];
        } else if (strchr(" -./()", s.data[i]) == NULL) {
            return false;
        }
    }
    out[0] = '+';
    out[1 + *len] = '\0';
    return *len > 0;
}

bool phone_has_library(void) {
#ifdef ESPOLOAD_HAVE_PHONENUMBER
    return true;
#else
    return false;
#endif
}

bool phone_country_known(const char *country) {
    if (strlen(country) != 2)
        return false;
#ifdef ESPOLOAD_HAVE_PHONENUMBER
    return phone_library_country(country);
#else
    return country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' &&
           country[1] <= 'Z';
#endif
}

#ifndef ESPOLOAD_HAVE_PHONENUMBER
/* Without the library: + and 7 to 15 digits, of the right length where that is known. */
static enum phone_result judge_alone(struct slice text, const char *country,
                                     char out[PHONE_SIZE]) {
    enum phone_result result;
    size_t len;

    if (text.data[0] != '+')
        return country == NULL ? PHONE_NATIONAL : PHONE_NO_LIBRARY;
    if (!plain_digits(text, out, &len))
        return PHONE_NO_NUMBER;
    if (out[1] == '0')
        return PHONE_BAD_COUNTRY;
    if (len < 7)
        return PHONE_TOO_SHORT;
    if (len > 15)
        return PHONE_TOO_LONG;
    result = phone_table_check(slice_make(out + 1, len));
    return result == PHONE_NO_LIBRARY ? PHONE_OK : result;
}
#endif

/* 0049 30 ... is +49 30 ... where no country says what else to dial: 00 is what ITU-T
 * E.164 recommends and most of the world uses. text is in a room of its own. */
static struct slice plus_for_zeros(struct slice text, char *room) {
    if (text.len < 3 || memcmp(text.data, "00", 2) != 0 || text.data[2] == '0')
        return text;
    room[0] = '+';
    memmove(room + 1, text.data + 2, text.len - 2);
    room[text.len - 1] = '\0';
    return slice_make(room, text.len - 1);
}

enum phone_result phone_normalize(struct slice cell, const char *country,
                                  char out[PHONE_SIZE], char extension[16]) {
    char room[128];
    size_t len;
    struct slice text = cell;
    bool digits = false;

    extension[0] = '\0';
    if (plain_digits(text, out, &len) &&
        phone_table_check(slice_make(out + 1, len)) == PHONE_OK)
        return PHONE_OK;
    text = phone_clean(cell, room, sizeof room);
    for (size_t i = 0; i < text.len; i++)
        digits = digits || is_digit(text.data[i]);
    if (!digits)
        return PHONE_NO_NUMBER;
    if (is_scientific(text))
        return PHONE_SCIENTIFIC;
    if (is_several(text))
        return PHONE_SEVERAL;
    if (country == NULL)
        text = plus_for_zeros(text, room);
    if (text.len < cell.len && plain_digits(text, out, &len) &&
        phone_table_check(slice_make(out + 1, len)) == PHONE_OK)
        return PHONE_OK;
#ifdef ESPOLOAD_HAVE_PHONENUMBER
    if (text.data[0] != '+' && country == NULL)
        return PHONE_NATIONAL;
    return phone_library_parse(text, country, out, extension);
#else
    return judge_alone(text, country, out);
#endif
}
