/* convert_number.c - whole numbers, numbers, amounts of money, truth values.
 *
 * The digits of the cell are the digits that are sent: no number goes through a double.
 */
#include "model/convert.h"

#include <stdint.h>
#include <stdlib.h>

static enum reason invalid(const struct converter *c) {
    return c->def->type == ATTRIBUTE_INT ? REASON_INT_INVALID : REASON_NUMBER_INVALID;
}

/* Bytes of a blank that no line is broken at (U+00A0, U+202F, U+2009, U+2007) at the
 * beginning of s, or 0. */
static size_t hard_blank(struct slice s) {
    static const char *const blanks[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89",
                                         "\xE2\x80\x87"};

    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        size_t len = strlen(blanks[i]);
        if (s.len >= len && memcmp(s.data, blanks[i], len) == 0)
            return len;
    }
    return 0;
}

/* Blanks of all kinds around a number are no part of it. */
static struct slice trim_number(struct slice s) {
    size_t before, len;

    do {
        before = s.len;
        s = slice_trim(s);
        len = hard_blank(s);
        s = slice_make(s.data + len, s.len - len);
        for (len = 2; len <= 3 && len <= s.len; len++)
            if (hard_blank(slice_make(s.data + s.len - len, len)) == len)
                s.len -= len;
    } while (s.len < before);
    return s;
}

/* The sign that is written for a currency, or NULL. A sign of several currencies is taken
 * for the one that the mapping names. */
static const char *sign_of(const char *currency) {
    static const char *const signs[][2] = {{"EUR", "\xE2\x82\xAC"},
                                           {"GBP", "\xC2\xA3"},
                                           {"USD", "$"},
                                           {"AUD", "$"},
                                           {"CAD", "$"},
                                           {"JPY", "\xC2\xA5"},
                                           {"INR", "\xE2\x82\xB9"}};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(currency, signs[i][0]) == 0)
            return signs[i][1];
    return NULL;
}

/* Takes a word away from the cell's begin or end; false when it is at neither. */
static bool cut_word(struct slice *cell, const char *word) {
    size_t len = word == NULL ? 0 : strlen(word);

    if (len == 0 || cell->len <= len)
        return false;
    if (memcmp(cell->data, word, len) == 0)
        *cell = trim_number(slice_make(cell->data + len, cell->len - len));
    else if (memcmp(cell->data + cell->len - len, word, len) == 0)
        *cell = trim_number(slice_make(cell->data, cell->len - len));
    else
        return false;
    return true;
}

/* "1200 EUR" or "$1200" where that is what the currency is set to: the amount alone. */
static struct slice without_currency(const struct converter *c, struct slice cell) {
    if (c->currency != NULL && !cut_word(&cell, c->currency))
        (void)cut_word(&cell, sign_of(c->currency));
    return cell;
}

/* Is there something in the cell, beside the number, that could be a currency? */
static bool has_letters(struct slice cell) {
    for (size_t i = 0; i < cell.len; i++) {
        unsigned char ch = (unsigned char)cell.data[i];
        size_t blank = hard_blank(slice_make(cell.data + i, cell.len - i));
        if (blank > 0)
            i += blank - 1;
        else if ((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || ch == '$' ||
                 ch >= 0x80)
            return true;
    }
    return false;
}

/* Does it have blanks between digits that the mapping does not speak of? */
static bool has_blanks(const struct converter *c, struct slice cell) {
    for (size_t i = 1; i < cell.len && c->number.group[0] == '\0'; i++)
        if (cell.data[i] == ' ' || hard_blank(slice_make(cell.data + i, cell.len - i)))
            return true;
    return false;
}

static const char *or_none(const char *mark) {
    return mark[0] == '\0' ? "none" : mark;
}

static int refuse_number(const struct converter *c, struct slice cell, bool grouped,
                         struct arena *arena, struct refusal *refusal) {
    bool money = c->def->type == ATTRIBUTE_CURRENCY || c->def->type == ATTRIBUTE_DECIMAL;
    const char *decimal = c->number.decimal[0] == '\0' ? "." : c->number.decimal;

    if (grouped)
        return convert_refuse(refusal, arena, invalid(c), cell,
                              "%s has its digits grouped, but not in threes by '%s' "
                              "(groupChar)",
                              convert_show(cell, arena), c->number.group);
    if (money && has_letters(cell))
        return convert_refuse(refusal, arena, invalid(c), cell,
                              "%s holds more than the amount; put the currency into a "
                              "column of its own, mapped to %sCurrency",
                              convert_show(cell, arena), c->def->name);
    return convert_refuse(
        refusal, arena, invalid(c), cell,
        "%s is not a %snumber (decimalChar is %s, groupChar is %s%s)",
        convert_show(cell, arena), c->def->type == ATTRIBUTE_INT ? "whole " : "", decimal,
        or_none(c->number.group),
        has_blanks(c, cell) ? "; \" \" allows blanks of all kinds" : "");
}

static int check_range(const struct converter *c, struct slice cell,
                       const struct number *number, struct arena *arena,
                       struct refusal *refusal) {
    const struct schema_attribute *def = c->def;
    double value, low = def->min, high = def->max;
    bool has_low = def->has_min, has_high = def->has_max;

    if (def->type == ATTRIBUTE_INT) {
        if (!has_low || low < (double)INT32_MIN)
            low = (double)INT32_MIN;
        if (!has_high || high > (double)INT32_MAX)
            high = (double)INT32_MAX;
        has_low = has_high = true;
    }
    if (!has_low && !has_high)
        return 1;
    value = number_value(number);
    if (has_low && value < low)
        return convert_refuse(refusal, arena, REASON_NUMBER_RANGE, cell,
                              "%s is less than %.15g, the least that %s takes",
                              convert_show(cell, arena), low, def->name);
    if (has_high && value > high)
        return convert_refuse(refusal, arena, REASON_NUMBER_RANGE, cell,
                              "%s is more than %.15g, the most that %s takes",
                              convert_show(cell, arena), high, def->name);
    return 1;
}

static int check_digits(const struct converter *c, struct slice cell,
                        const struct number *number, struct arena *arena,
                        struct refusal *refusal) {
    const struct schema_attribute *def = c->def;

    if (def->type == ATTRIBUTE_DECIMAL) {
        if (def->max_scale > 0 && number->scale > def->max_scale)
            return convert_refuse(refusal, arena, REASON_NUMBER_RANGE, cell,
                                  "%s has more than the %zu digits behind the point that "
                                  "%s keeps",
                                  convert_show(cell, arena), def->max_scale, def->name);
        if (def->max_whole > 0 && number->whole > def->max_whole)
            return convert_refuse(refusal, arena, REASON_NUMBER_RANGE, cell,
                                  "%s has more than the %zu digits in front of the point "
                                  "that %s keeps",
                                  convert_show(cell, arena), def->max_whole, def->name);
        return 1;
    }
    if (def->type != ATTRIBUTE_INT && !number_fits_double(number))
        return convert_refuse(refusal, arena, REASON_NUMBER_RANGE, cell,
                              "%s has more digits than %s can keep (about 15)",
                              convert_show(cell, arena), def->name);
    return 1;
}

int convert_number(const struct converter *c, struct slice cell, struct arena *arena,
                   struct value *out, struct refusal *refusal) {
    enum number_result result;
    struct number number;
    int rc;

    cell = trim_number(cell);
    result = number_read(without_currency(c, cell), &c->number, arena, &number);
    if (result == NUMBER_NO_MEMORY)
        return RC_NOMEM;
    if (result != NUMBER_OK)
        return refuse_number(c, cell, result == NUMBER_GROUPED, arena, refusal);
    if (c->def->type == ATTRIBUTE_INT && memchr(number.text.data, '.', number.text.len))
        return convert_refuse(refusal, arena, REASON_INT_INVALID, cell,
                              "%s is not a whole number, and %s takes no other",
                              convert_show(cell, arena), c->def->name);
    rc = check_range(c, cell, &number, arena, refusal);
    if (rc == 1)
        rc = check_digits(c, cell, &number, arena, refusal);
    if (rc != 1)
        return rc;
    *out = (struct value){.kind = c->def->type == ATTRIBUTE_DECIMAL ? VALUE_STRING
                                                                    : VALUE_NUMBER,
                          .text = number.text};
    return 1;
}

int convert_bool(const struct converter *c, struct slice cell, struct arena *arena,
                 struct value *out, struct refusal *refusal) {
    char room[WORD_FOLD_MAX + 1];
    struct slice word;

    cell = slice_trim(cell);
    word = word_fold(cell, room);
    if (word_set_find(&c->true_words, word) != NO_WORD) {
        *out = (struct value){.kind = VALUE_BOOL, .boolean = true};
        return 1;
    }
    if (word_set_find(&c->false_words, word) != NO_WORD) {
        *out = (struct value){.kind = VALUE_BOOL, .boolean = false};
        return 1;
    }
    return convert_refuse(refusal, arena, REASON_BOOL_INVALID, cell,
                          "%s is neither one of the words for true nor one of those for "
                          "false",
                          convert_show(cell, arena));
}
