/*
 * Sanitizing and coercion of input. Promises to be as forgiving, silent and lossy as
 * the original: 12345 becomes "12345", a list in a text field becomes "Array", "yes"
 * is false.
 */
#include "coerce.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acl.h"
#include "phone.h"

#define DECIMAL_SCALE 4

static bool php_space(char ch) {
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' || ch == '\0' ||
           ch == '\v';
}

/* trim(), and null for what is empty then. */
static json_t *trimmed(const json_t *v) {
    const char *s = json_string_value(v);
    size_t n = json_string_length(v);
    while (n && php_space(s[n - 1]))
        n--;
    while (n && php_space(*s))
        s++, n--;
    return n ? json_stringn_nocheck(s, n) : json_null();
}

bool text_is_numeric(const char *s) {
    while (isspace((unsigned char)*s))
        s++;
    if (*s == '+' || *s == '-')
        s++;
    if (!isdigit((unsigned char)*s) && !(*s == '.' && isdigit((unsigned char)s[1])))
        return false;
    while (isdigit((unsigned char)*s))
        s++;
    if (*s == '.')
        s++;
    while (isdigit((unsigned char)*s))
        s++;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        if (!isdigit((unsigned char)*s))
            return false;
        while (isdigit((unsigned char)*s))
            s++;
    }
    while (isspace((unsigned char)*s))
        s++;
    return *s == '\0';
}

static int digits(const char *s, int n) {
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

static bool date_part(const char *s) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(s) < 10 || s[4] != '-' || s[7] != '-')
        return false;
    int y = digits(s, 4), m = digits(s + 5, 2), d = digits(s + 8, 2);
    if (y < 0 || m < 1 || m > 12 || d < 1)
        return false;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return d <= days[m - 1] + (m == 2 && leap);
}

static bool time_part(const char *s) {
    size_t n = strlen(s);
    if ((n != 5 && n != 8) || s[2] != ':' || (n == 8 && s[5] != ':'))
        return false;
    int h = digits(s, 2), m = digits(s + 3, 2), sec = n == 8 ? digits(s + 6, 2) : 0;
    return h >= 0 && h < 24 && m >= 0 && m < 60 && sec >= 0 && sec < 60;
}

bool text_is_date(const char *s) {
    return strlen(s) == 10 && date_part(s);
}

bool text_is_datetime(const char *s) {
    return date_part(s) && s[10] == ' ' && time_part(s + 11);
}

/* "2026-01-02T03:04:05Z" or with +02:00, to UTC. */
static bool from_atom(const char *s, char out[STAMP_SIZE], bool keep_zone) {
    size_t n = strlen(s);
    char clock[9] = "";
    if (n < 20 || !date_part(s) || s[10] != 'T')
        return false;
    memcpy(clock, s + 11, 8);
    if (!time_part(clock))
        return false;
    long offset = 0;
    if (!(n == 20 && s[19] == 'Z')) {
        if (n != 25 || (s[19] != '+' && s[19] != '-') || s[22] != ':')
            return false;
        int h = digits(s + 20, 2), m = digits(s + 23, 2);
        if (h < 0 || m < 0)
            return false;
        offset = (s[19] == '-' ? -60L : 60L) * (h * 60 + m);
    }
    struct tm tm = {.tm_year = digits(s, 4) - 1900,
                    .tm_mon = digits(s + 5, 2) - 1,
                    .tm_mday = digits(s + 8, 2),
                    .tm_hour = digits(clock, 2),
                    .tm_min = digits(clock + 3, 2),
                    .tm_sec = digits(clock + 6, 2)};
    time_t t = timegm(&tm) - (keep_zone ? 0 : offset);
    gmtime_r(&t, &tm);
    strftime(out, STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
    return true;
}

static json_t *sanitize_time(const json_t *v, bool date) {
    const char *s = json_string_value(v);
    char out[STAMP_SIZE];
    if (date ? text_is_date(s) : text_is_datetime(s))
        return NULL;
    if (!from_atom(s, out, date))
        return NULL;
    if (date)
        out[10] = '\0';
    return json_string(out);
}

static json_t *sanitize_phone(const json_t *v) {
    json_t *t = trimmed(v);
    const char *s = json_string_value(t);
    char out[PHONE_SIZE];
    if (!s || *s != '+' || !phone_e164(s, NULL, out))
        return t;
    json_decref(t);
    return json_string_nocheck(out);
}

static json_t *sanitize_items(const json_t *v, bool phones) {
    json_t *out = json_array(), *item;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)v, i, item) {
        json_t *number = phones ? json_object_get(item, "phoneNumber") : NULL;
        if (json_is_string(number)) {
            json_t *copy = json_copy(item);
            json_object_set_new(copy, "phoneNumber", sanitize_phone(number));
            json_array_append_new(out, copy);
        } else if (!phones && json_is_string(item)) {
            json_t *t = trimmed(item);
            json_array_append_new(out, json_is_null(t) ? json_string("") : t);
        } else {
            json_array_append(out, item);
        }
    }
    return out;
}

/* The cleaned value, or NULL when it stays as it is. */
static json_t *sanitize(const struct attr *a, const json_t *v) {
    const struct field *f = a->field;
    bool text = json_is_string(v);
    switch (f->type) {
    case F_VARCHAR:
    case F_URL: return text ? trimmed(v) : NULL;
    case F_EMAIL: return text && a->kind == A_EMAIL ? trimmed(v) : NULL;
    case F_PHONE:
        if (a->kind == A_PHONE)
            return text ? sanitize_phone(v) : NULL;
        return a->kind == A_PHONE_DATA && json_is_array(v) ? sanitize_items(v, true)
                                                           : NULL;
    case F_TEXT: return text && !json_string_length(v) ? json_null() : NULL;
    case F_DATE: return text ? sanitize_time(v, true) : NULL;
    case F_DATETIME: return text ? sanitize_time(v, false) : NULL;
    case F_ARRAY:
    case F_MULTIENUM:
    case F_CHECKLIST:
    case F_URL_MULTIPLE:
        if (json_is_null(v))
            return json_array();
        return json_is_array(v) ? sanitize_items(v, false) : NULL;
    case F_INT:
    case F_FLOAT:
    case F_BOOL:
    case F_ENUM:
    case F_LINK:
    case F_LINK_ONE:
    case F_LINK_PARENT:
    case F_LINK_MULTIPLE:
    case F_CURRENCY:
    case F_CONVERTED:
    case F_PERSON_NAME:
    case F_NUMBER:
    case F_FOREIGN:
    case F_JSON:
    case F_OTHER:
    case F_SKIPPED: break;
    }
    return NULL;
}

static json_t *to_text(const json_t *v) {
    char out[40];
    switch (json_typeof(v)) {
    case JSON_OBJECT: return json_string("Object");
    case JSON_ARRAY: return json_string("Array");
    case JSON_TRUE: return json_string("1");
    case JSON_FALSE: return json_string("");
    case JSON_INTEGER:
        snprintf(out, sizeof out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        return json_string(out);
    case JSON_REAL:
        double_text(json_real_value(v), out);
        if (strchr(out, 'e'))
            *strchr(out, 'e') = 'E';
        return json_string(out);
    case JSON_STRING:
    case JSON_NULL: break;
    }
    return json_incref((json_t *)(uintptr_t)v);
}

static double to_number(const json_t *v) {
    if (json_is_string(v))
        return strtod(json_string_value(v), NULL);
    return json_is_true(v) ? 1 : json_number_value(v);
}

static json_t *to_decimal(const json_t *v) {
    char text[64];
    if (json_is_string(v) && text_is_numeric(json_string_value(v)))
        snprintf(text, sizeof text, "%s", json_string_value(v));
    else if (json_is_number(v))
        double_text(json_number_value(v), text);
    else
        return json_null();
    char *dot = strchr(text, '.');
    size_t have = dot ? strlen(dot + 1) : 0;
    struct buf b = {0};
    buf_printf(&b, "%s%s", text, dot ? "" : ".");
    for (; have < DECIMAL_SCALE; have++)
        buf_add(&b, "0", 1);
    json_t *out = json_string(b.p);
    buf_free(&b);
    return out;
}

json_t *convert_amount(const json_t *v) {
    if (!v || json_is_null(v))
        return json_null();
    return json_real(to_number(v));
}

static bool php_true(const json_t *v) {
    const char *s = json_string_value(v);
    return json_is_true(v) || (json_is_integer(v) && json_integer_value(v) == 1) ||
           (s && (!strcmp(s, "1") || !strcmp(s, "true")));
}

json_t *coerce_value(const struct attr *a, json_t *v) {
    json_t *out = NULL;
    if (json_is_null(v))
        return v;
    switch (a->type) {
    case V_STRING:
    case V_TEXT: out = to_text(v); break;
    case V_BOOL: out = json_boolean(php_true(v)); break;
    case V_INT: {
        double d = to_number(v);
        out = json_integer(json_is_integer(v) ? json_integer_value(v)
                           : fabs(d) < 9.0e18 ? (json_int_t)d
                                              : 0);
        break;
    }
    case V_FLOAT: out = json_real(to_number(v)); break;
    case V_DECIMAL: out = to_decimal(v); break;
    case V_ARRAY: out = json_is_array(v) ? json_incref(v) : json_null(); break;
    case V_OBJECT: out = json_is_string(v) ? json_null() : json_incref(v); break;
    case V_DATE:
    case V_DATETIME: return v;
    }
    json_decref(v);
    return out;
}

/* Where a list or an object makes the original stumble. */
static bool is_scalar_only(const struct attr *a) {
    return a->type == V_DATE || a->type == V_DATETIME || a->field->type == F_LINK ||
           a->field->type == F_LINK_PARENT;
}

int coerce_input(struct ctx *c, const struct record *r, json_t *body) {
    const char *key;
    void *tmp;
    json_t *v;
    bool limited = acl_limits_fields(c->user, r->e);
    json_object_foreach_safe(body, tmp, key, v) {
        const struct attr *a = entity_attr(r->e, key);
        if (!a || !a->writable || (limited && !acl_attr(c->user, r->e, a, "edit")))
            continue;
        if ((a->kind == A_MULTI_IDS && !json_is_array(v)) ||
            (a->kind == A_MULTI_COLUMNS && !json_is_object(v)))
            continue;
        if (json_is_null(v) && a->kind == A_COLUMN && a->type == V_BOOL)
            return -1;
        if ((json_is_array(v) || json_is_object(v)) && is_scalar_only(a))
            return -1;
        if (c->drop && !strcmp(c->drop, key))
            continue;
        json_t *clean = sanitize(a, v);
        if (clean) {
            json_object_set_new_nocheck(body, key, clean);
            v = clean;
        }
        record_set(r, a, coerce_value(a, json_incref(v)));
    }
    return 0;
}

void coerce_defaults(struct app *app, const struct record *r, bool is_new) {
    for (size_t i = 0; is_new && i < r->e->nattrs; i++) {
        const struct attr *a = r->e->attrs[i];
        if (r->v[i])
            continue;
        if (a->kind != A_CONSTANT && a->field && a->field->dflt && a->field->attr == a)
            record_set(r, a, json_deep_copy(a->field->dflt));
        else if (a->type == V_BOOL && a != r->e->deleted)
            record_set(r, a, json_false());
    }
    json_t *code = json_object_get(app->schema.settings, "defaultCurrency");
    /* an amount put to a record without a currency stays without, and is refused */
    for (size_t i = 0; is_new && i < r->e->nfields; i++) {
        const struct field *f = &r->e->fields[i];
        if (f->type != F_CURRENCY || !record_get(r, f->attr) ||
            json_is_null(record_get(r, f->attr)))
            continue;
        const struct attr *currency = f->actual[1];
        if (!record_text(r, currency) || !*record_text(r, currency))
            record_set(r, currency, json_incref(code));
    }
}
