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

/* "1200 EUR" or "EUR 1200" where EUR is what the currency is set to: the amount alone. */
static struct slice without_currency(const struct converter *c, struct slice cell) {
    size_t len = c->currency == NULL ? 0 : strlen(c->currency);

    if (len == 0 || cell.len <= len)
        return cell;
    if (memcmp(cell.data, c->currency, len) == 0)
        return slice_trim(slice_make(cell.data + len, cell.len - len));
    if (memcmp(cell.data + cell.len - len, c->currency, len) == 0)
        return slice_trim(slice_make(cell.data, cell.len - len));
    return cell;
}

static bool has_letters(struct slice cell) {
    for (size_t i = 0; i < cell.len; i++) {
        unsigned char ch = (unsigned char)cell.data[i];
        if ((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || ch == '$' ||
            (ch >= 0x80 && ch != 0xC2)) /* 0xC2: a no-break space, or the pound sign */
            return true;
        if (ch == 0xC2 && i + 1 < cell.len && (unsigned char)cell.data[i + 1] != 0xA0)
            return true;
    }
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
    return convert_refuse(refusal, arena, invalid(c), cell,
                          "%s is not a %snumber (decimalChar is %s, groupChar is %s)",
                          convert_show(cell, arena),
                          c->def->type == ATTRIBUTE_INT ? "whole " : "", decimal,
                          or_none(c->number.group));
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

    cell = slice_trim(cell);
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
