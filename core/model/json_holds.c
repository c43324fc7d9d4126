/* json_holds.c - does an answer hold what was sent?
 *
 * The rules are those of the recorded exchanges: decimals come back padded, e-mail
 * addresses may come back in another case, a POST's answer leaves out null attributes.
 */
#include "model/json.h"

#include "model/address.h"
#include "model/schema.h"

#include <stdint.h>

/* A number taken apart: digits without leading and trailing zeros, times 10^exponent. */
struct decimal {
    bool negative;       /* false for zero */
    struct slice whole;  /* digits in front of the point, without leading zeros */
    struct slice part;   /* digits behind it */
    int64_t exponent;    /* as written */
    size_t first, count; /* of the significant digits, counted over whole and part */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static struct slice take_digits(struct slice *s) {
    struct slice taken = {s->data, 0};

    while (s->len > 0 && is_digit(s->data[0])) {
        s->data++;
        s->len--;
        taken.len++;
    }
    return taken;
}

static char digit_at(const struct decimal *d, size_t i) {
    return i < d->whole.len ? d->whole.data[i] : d->part.data[i - d->whole.len];
}

static bool take_exponent(struct slice *s, int64_t *exponent) {
    struct slice digits;
    bool negative = false;

    *exponent = 0;
    if (s->len == 0 || (s->data[0] != 'e' && s->data[0] != 'E'))
        return true;
    s->data++;
    s->len--;
    if (s->len > 0 && (s->data[0] == '+' || s->data[0] == '-')) {
        negative = s->data[0] == '-';
        s->data++;
        s->len--;
    }
    digits = take_digits(s);
    if (digits.len == 0 || digits.len > 9)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        *exponent = *exponent * 10 + (digits.data[i] - '0');
    if (negative)
        *exponent = -*exponent;
    return true;
}

static bool decimal_read(struct slice s, struct decimal *d) {
    size_t total;

    *d = (struct decimal){.negative = false};
    if (s.len > 0 && s.data[0] == '-') {
        d->negative = true;
        s.data++;
        s.len--;
    }
    d->whole = take_digits(&s);
    if (s.len > 0 && s.data[0] == '.') {
        s.data++;
        s.len--;
        d->part = take_digits(&s);
    }
    if (d->whole.len + d->part.len == 0 || !take_exponent(&s, &d->exponent) || s.len > 0)
        return false;
    total = d->whole.len + d->part.len;
    while (d->first < total && digit_at(d, d->first) == '0')
        d->first++;
    while (total > d->first && digit_at(d, total - 1) == '0')
        total--;
    d->count = total - d->first;
    if (d->count == 0)
        d->negative = false;
    return true;
}

bool json_number_equal(struct slice a, struct slice b) {
    struct decimal x, y;

    if (!decimal_read(a, &x) || !decimal_read(b, &y))
        return false;
    if (x.count != y.count || x.negative != y.negative)
        return false;
    if (x.count == 0)
        return true;
    /* the power of ten of the first significant digit */
    if ((int64_t)x.whole.len - (int64_t)x.first + x.exponent !=
        (int64_t)y.whole.len - (int64_t)y.first + y.exponent)
        return false;
    for (size_t i = 0; i < x.count; i++)
        if (digit_at(&x, x.first + i) != digit_at(&y, y.first + i))
            return false;
    return true;
}

static bool number_holds(const struct json_member *member, struct slice text) {
    struct slice raw = member->raw;

    if (member->type == JSON_IS_STRING && raw.len > 2)
        raw = slice_make(raw.data + 1, raw.len - 2);
    else if (member->type != JSON_IS_NUMBER)
        return false;
    return json_number_equal(raw, text);
}

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool email_holds(struct slice raw, struct slice text) {
    if (raw.len != text.len + 2)
        return json_string_holds(raw, text);
    for (size_t i = 0; i < text.len; i++)
        if (lower(raw.data[i + 1]) != lower(text.data[i]))
            return json_string_holds(raw, text);
    return true;
}

static bool string_holds(const struct json_member *member,
                         const struct attribute *attribute) {
    struct slice text = attribute->value.text;

    if (attribute->def->type == ATTRIBUTE_DECIMAL)
        return number_holds(member, text);
    if (member->type != JSON_IS_STRING)
        return false;
    if (attribute->def->type == ATTRIBUTE_TEXT)
        return json_string_holds(member->raw, text);
    text = slice_trim(text);
    if (attribute->def->type == ATTRIBUTE_EMAIL)
        return email_holds(member->raw, text);
    return json_string_holds(member->raw, text);
}

static bool list_holds(const struct json_member *member,
                       const struct attribute *attribute) {
    const struct value *value = &attribute->value;
    bool as_set = attribute->def->type == ATTRIBUTE_IDS;
    struct json_cursor cursor;
    struct json_member item;
    size_t seen = 0;
    int rc;

    if (member->type != JSON_IS_ARRAY || json_cursor_array(&cursor, member->raw) < 0)
        return false;
    while ((rc = json_cursor_next(&cursor, &item)) == 1) {
        size_t i = as_set ? 0 : seen;
        if (item.type != JSON_IS_STRING || seen >= value->item_count)
            return false;
        while (as_set && i < value->item_count &&
               !json_string_holds(item.raw, value->items[i]))
            i++;
        if (i >= value->item_count || !json_string_holds(item.raw, value->items[i]))
            return false;
        seen++;
    }
    return rc == 0 && seen == value->item_count;
}

bool json_is_blank(const struct json_member *member) {
    struct json_cursor cursor;
    struct json_member item;

    if (member == NULL || member->type == JSON_IS_NULL)
        return true;
    if (member->type == JSON_IS_STRING)
        return member->raw.len == 2;
    return member->type == JSON_IS_ARRAY &&
           json_cursor_array(&cursor, member->raw) == 0 &&
           json_cursor_next(&cursor, &item) == 0;
}

bool json_array_has(const struct json_member *member, struct slice text) {
    struct json_cursor cursor;
    struct json_member item;

    if (member->type != JSON_IS_ARRAY || json_cursor_array(&cursor, member->raw) < 0)
        return false;
    while (json_cursor_next(&cursor, &item) == 1)
        if (item.type == JSON_IS_STRING && json_string_holds(item.raw, text))
            return true;
    return false;
}

bool json_holds(const struct json_member *member, const struct attribute *attribute) {
    const struct value *value = &attribute->value;

    switch (value->kind) {
    case VALUE_NULL: return json_is_blank(member);
    case VALUE_BOOL:
        return member != NULL && member->type == JSON_IS_BOOL &&
               slice_is(member->raw, value->boolean ? "true" : "false");
    case VALUE_NUMBER: return member != NULL && number_holds(member, value->text);
    case VALUE_STRING:
        return member != NULL ? string_holds(member, attribute) : value->text.len == 0;
    case VALUE_LIST:
        return value->item_count == 0 ? json_is_blank(member)
                                      : member != NULL && list_holds(member, attribute);
    case VALUE_ADDRESSES: return address_holds(member, attribute->def->field, value);
    }
    return false;
}
