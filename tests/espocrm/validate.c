/*
 * Field validation. Promises the first failing field in metadata order and its first
 * failing check in the order of the field type's lists. Left out: checks of linkMultiple
 * columns, and classes that single entities add (Meeting's dates, User's name).
 */
#include "validate.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coerce.h"
#include "phone.h"

static size_t chars(const char *s) {
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static bool matches(const pcre2_code *re, const json_t *v) {
    return !re || pattern_matches(re, json_string_value(v), json_string_length(v));
}

static bool empty_text(const json_t *v) {
    return !json_is_string(v) || !json_string_length(v);
}

static bool null_or_unset(const json_t *v) {
    return !v || json_is_null(v);
}

/* PHP's loose comparison of two strings: numeric ones compare as numbers. */
static bool loose_equal(const char *a, const char *b) {
    if (!strcmp(a, b))
        return true;
    return text_is_numeric(a) && text_is_numeric(b) && strtod(a, NULL) == strtod(b, NULL);
}

static bool in_options(const json_t *options, const json_t *v) {
    size_t i;
    json_t *o;
    if (!json_is_array(options))
        return true;
    json_array_foreach((json_t *)(uintptr_t)options, i, o) {
        const char *s = json_string_value(o);
        if (s && !*s && (null_or_unset(v) || empty_text(v)))
            return true;
        if (s && json_is_string(v) && loose_equal(s, json_string_value(v)))
            return true;
    }
    return false;
}

static bool email_ok(const char *s) {
    const char *at = strrchr(s, '@');
    size_t local = at ? (size_t)(at - s) : 0;
    if (!at || local < 1 || local > 64 || strlen(s) > 320 || s[0] == '.' || at[-1] == '.')
        return false;
    for (size_t i = 0; i < local; i++)
        if (!(isalnum((unsigned char)s[i]) || strchr("!#$%&'*+/=?^_`{|}~-.", s[i])) ||
            (s[i] == '.' && s[i + 1] == '.'))
            return false;
    const char *d = at + 1, *label = d;
    struct in_addr ip;
    char literal[20];
    if (*d == '[' && strlen(d) < sizeof literal) {
        snprintf(literal, sizeof literal, "%.*s", (int)strcspn(d + 1, "]"), d + 1);
        return inet_pton(AF_INET, literal, &ip) == 1 && d[strlen(d) - 1] == ']';
    }
    size_t dots = 0;
    if (strlen(d) > 254)
        return false;
    for (;; d++) {
        if (*d && *d != '.') {
            if (!isalnum((unsigned char)*d) && *d != '-')
                return false;
            continue;
        }
        if (d == label || d - label > 63 || *label == '-' || d[-1] == '-')
            return false;
        if (!*d)
            return dots > 0 && isalpha((unsigned char)*label);
        dots++;
        label = d + 1;
    }
}

static const struct attr *data_attr(const struct field *f) {
    for (size_t i = 0; i < f->nactual; i++)
        if (f->actual[i]->kind == A_EMAIL_DATA || f->actual[i]->kind == A_PHONE_DATA)
            return f->actual[i];
    return NULL;
}

static const char *check_text(const struct record *r, const struct field *f) {
    const json_t *v = record_get(r, f->attr);
    if (f->required && !f->suppress_required && empty_text(v))
        return "required";
    if (empty_text(v))
        return NULL;
    long max = f->max_length >= 0                     ? f->max_length
               : f->type == F_TEXT || f->not_storable ? -1
                                                      : 255;
    if (max >= 0 && chars(json_string_value(v)) > (size_t)max)
        return "maxLength";
    return matches(f->pattern, v) ? NULL : "pattern";
}

static const char *check_number(const struct record *r, const struct field *f,
                                const json_t *body) {
    const json_t *v = record_get(r, f->attr);
    const json_t *raw = body ? json_object_get(body, f->attr->name) : NULL;
    if (f->required && null_or_unset(v))
        return "required";
    if (!null_or_unset(v) && f->has_min && json_number_value(v) < f->min)
        return "min";
    if (!null_or_unset(v) && f->has_max && json_number_value(v) > f->max)
        return "max";
    if (!null_or_unset(raw) && !json_is_number(raw) &&
        !(json_is_string(raw) &&
          (empty_text(raw) || text_is_numeric(json_string_value(raw)))))
        return "valid";
    if (f->type == F_INT && !null_or_unset(v) &&
        (json_integer_value(v) < -2147483648LL || json_integer_value(v) > 2147483647LL))
        return "rangeInternal";
    return NULL;
}

static bool currency_known(struct app *app, const json_t *code) {
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(app->schema.settings, "currencyList"), i,
                       v) if (json_is_string(code) &&
                              json_equal(v, (json_t *)(uintptr_t)code)) return true;
    return false;
}

static const char *check_currency(struct app *app, const struct record *r,
                                  const struct field *f, const json_t *body) {
    const json_t *v = record_get(r, f->attr), *code = record_get(r, f->actual[1]);
    const json_t *raw = body ? json_object_get(body, f->attr->name) : NULL;
    bool empty = null_or_unset(v) || empty_text(code);
    double amount = 0;
    if (!null_or_unset(v)) {
        json_t *n = convert_amount(v);
        amount = json_number_value(n);
        json_decref(n);
    }
    if (f->required && empty)
        return "required";
    if (!empty && f->has_min && amount < f->min)
        return "min";
    if (!empty && f->has_max && amount > f->max)
        return "max";
    if (!null_or_unset(raw) && !json_is_number(raw) &&
        !(json_is_string(raw) &&
          (empty_text(raw) || text_is_numeric(json_string_value(raw)))))
        return "valid";
    if (!code || (json_is_null(code) && null_or_unset(v)))
        return NULL;
    return currency_known(app, code) ? NULL : "validCurrency";
}

static const char *check_enum(const struct record *r, const struct field *f) {
    const json_t *v = record_get(r, f->attr);
    if (f->required && null_or_unset(v))
        return "required";
    if (v && !in_options(f->options, v))
        return "valid";
    long max = f->max_length >= 0 ? f->max_length : 255;
    return json_is_string(v) && chars(json_string_value(v)) > (size_t)max ? "maxLength"
                                                                          : NULL;
}

static const char *check_email(struct app *app, const struct record *r,
                               const struct field *f) {
    const json_t *v = record_get(r, f->attr), *item;
    json_t *data = record_get(r, data_attr(f));
    size_t i;
    if (f->required && empty_text(v) && !json_array_size(data))
        return "required";
    if (!empty_text(v) && !email_ok(json_string_value(v)))
        return "emailAddress";
    json_array_foreach(data, i, item) {
        const json_t *a = json_object_get(item, "emailAddress");
        if (!json_is_object(item) || (!empty_text(a) && !email_ok(json_string_value(a))))
            return "emailAddress";
    }
    if (!empty_text(v) && chars(json_string_value(v)) > 255)
        return "maxLength";
    json_t *max = json_object_get(app->schema.settings, "emailAddressMaxCount");
    return (json_int_t)json_array_size(data) > json_integer_value(max) ? "maxCount"
                                                                       : NULL;
}

static bool phone_ok(struct app *app, const json_t *v) {
    return !empty_text(v) && matches(app->schema.re_phone, v) &&
           phone_valid(json_string_value(v));
}

static const char *check_phone(struct app *app, const struct record *r,
                               const struct field *f) {
    const json_t *v = record_get(r, f->attr), *item;
    json_t *data = record_get(r, data_attr(f));
    size_t i;
    if (f->required && empty_text(v) && !json_array_size(data))
        return "required";
    if (!null_or_unset(v) && json_string_length(v) && !phone_ok(app, v))
        return "valid";
    json_array_foreach(data, i, item) {
        const json_t *type = json_object_get(item, "type");
        if (!phone_ok(app, json_object_get(item, "phoneNumber")) ||
            (!null_or_unset(type) &&
             !in_options(json_object_get(f->defs, "typeList"), type)))
            return "valid";
    }
    if (!empty_text(v) && chars(json_string_value(v)) > 36)
        return "maxLength";
    json_t *max = json_object_get(app->schema.settings, "phoneNumberMaxCount");
    return (json_int_t)json_array_size(data) > json_integer_value(max) ? "maxCount"
                                                                       : NULL;
}

static const char *check_link(struct app *app, const struct record *r,
                              const struct field *f) {
    const json_t *v = record_get(r, f->attr);
    if (f->required && empty_text(v))
        return "required";
    if (!null_or_unset(v) && (!json_is_string(v) || !matches(app->schema.re_id, v)))
        return "pattern";
    if (f->type != F_LINK_PARENT)
        return NULL;
    const json_t *type = record_get(r, f->actual[1]);
    return !null_or_unset(type) &&
                   !in_options(json_object_get(f->defs, "entityList"), type)
               ? "valid"
               : NULL;
}

static const char *check_ids(struct app *app, const struct record *r,
                             const struct field *f) {
    json_t *list = record_get(r, f->attr), *v;
    size_t i;
    if (f->required && !json_array_size(list))
        return "required";
    json_array_foreach(list, i, v) if (!json_is_string(v) ||
                                       !matches(app->schema.re_id, v)) return "pattern";
    return f->max_count >= 0 && json_array_size(list) > (size_t)f->max_count ? "maxCount"
                                                                             : NULL;
}

static const char *check_items(struct app *app, const struct field *f, json_t *list) {
    size_t i;
    json_t *v;
    bool url = f->type == F_URL_MULTIPLE;
    json_array_foreach(list, i, v) if (!json_is_string(v)) return "arrayOfString";
    if (!json_is_true(json_object_get(f->defs, "allowCustomOptions")))
        json_array_foreach(list, i, v) if (f->options && json_array_size(f->options) &&
                                           !in_options(f->options, v)) return "valid";
    if (f->required && !json_array_size(list))
        return "required";
    if (f->max_count >= 0 && json_array_size(list) > (size_t)f->max_count)
        return "maxCount";
    if (f->type == F_CHECKLIST)
        return NULL;
    json_array_foreach(list, i, v) if (chars(json_string_value(v)) >
                                       (url ? 255u : 100u)) return "maxItemLength";
    json_array_foreach(list, i,
                       v) if (json_string_length(v) && !matches(f->pattern ? f->pattern
                                                                : url ? app->schema.re_uri
                                                                      : NULL,
                                                                v)) return "pattern";
    json_array_foreach(list, i, v) if (f->type != F_ARRAY &&
                                       !json_string_length(v)) return "noEmptyString";
    return NULL;
}

static const char *check_array(struct app *app, const struct record *r,
                               const struct field *f, const json_t *body) {
    const json_t *raw = body ? json_object_get(body, f->attr->name) : NULL;
    if (!null_or_unset(raw) && !json_is_array(raw))
        return "array";
    return check_items(app, f, record_get(r, f->attr));
}

static const char *check_time(const struct record *r, const struct field *f) {
    const json_t *v = record_get(r, f->attr);
    if (f->required && !f->suppress_required && null_or_unset(v))
        return "required";
    if (null_or_unset(v))
        return NULL;
    const char *s = json_string_value(v);
    return s && (f->type == F_DATE ? text_is_date(s) : text_is_datetime(s)) ? NULL
                                                                            : "valid";
}

/* Lead needs a part of a name, or an account, e-mail or phone to be called by. */
static const char *check_name(const struct record *r) {
    json_t *from = json_object_get(r->e->model, "nameFrom"), *v;
    size_t i;
    if (json_array_size(from) < 2)
        return NULL;
    if (record_has(r, r->e->first) || record_has(r, r->e->last) ||
        record_has(r, r->e->middle))
        return NULL;
    json_array_foreach(
        from, i,
        v) if (!empty_text(record_get(r, entity_attr(r->e,
                                                     json_string_value(v))))) return NULL;
    return "required";
}

const char *validate_field(struct app *app, const struct record *r, const struct field *f,
                           const json_t *body) {
    if (f->type == F_PERSON_NAME)
        return check_name(r);
    if (!f->attr)
        return NULL;
    switch (f->type) {
    case F_VARCHAR:
    case F_TEXT: return check_text(r, f);
    case F_URL: {
        const char *bad = check_text(r, f);
        const json_t *v = record_get(r, f->attr);
        return bad || null_or_unset(v) || matches(app->schema.re_uri, v) ? bad : "valid";
    }
    case F_INT:
    case F_FLOAT: return f->attr->type == V_BOOL ? NULL : check_number(r, f, body);
    case F_CURRENCY: return check_currency(app, r, f, body);
    case F_ENUM: return f->attr->field == f ? check_enum(r, f) : NULL;
    case F_DATE:
    case F_DATETIME: return check_time(r, f);
    case F_EMAIL: return check_email(app, r, f);
    case F_PHONE: return check_phone(app, r, f);
    case F_LINK:
    case F_LINK_PARENT: return check_link(app, r, f);
    case F_LINK_MULTIPLE: return check_ids(app, r, f);
    case F_ARRAY:
    case F_MULTIENUM:
    case F_CHECKLIST:
    case F_URL_MULTIPLE: return check_array(app, r, f, body);
    case F_BOOL:
    case F_LINK_ONE:
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

const struct field *validate_record(struct app *app, const struct record *r,
                                    const json_t *body, bool is_new, const char **type) {
    for (size_t i = 0; i < r->e->nfields; i++) {
        const struct field *f = &r->e->fields[i];
        bool sent = is_new;
        for (size_t k = 0; !sent && k < f->nactual; k++)
            sent = json_object_get(body, f->actual[k]->name) != NULL;
        if (!sent && f->type != F_PERSON_NAME)
            continue;
        *type = validate_field(app, r, f, body);
        if (*type)
            return f;
    }
    return NULL;
}
