/*
 * Cells of an import. Knows date formats made of YYYY, MM and DD and times of HH, mm and
 * ss; time zones other than UTC are taken as UTC.
 */
#include "import_value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "coerce.h"
#include "phone.h"

static const char *text(const json_t *o, const char *key, const char *dflt) {
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : dflt;
}

/* Reads value by format into "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS". */
static bool parse_time(const char *format, const char *value, bool with_time,
                       char out[32]) {
    static const char *const words[] = {"YYYY", "MM", "DD", "HH", "mm", "ss"};
    int part[6] = {0, 1, 1, 0, 0, 0};
    while (*format) {
        size_t w = 0, n = 0;
        while (w < 6 && strncmp(format, words[w], strlen(words[w])) != 0)
            w++;
        if (w == 6) {
            if (*format++ != *value++)
                return false;
            continue;
        }
        part[w] = 0;
        while (n < strlen(words[w]) && isdigit((unsigned char)*value))
            part[w] = part[w] * 10 + (*value++ - '0'), n++;
        if (!n)
            return false;
        format += strlen(words[w]);
    }
    if (*value)
        return false;
    snprintf(out, 32, with_time ? "%04d-%02d-%02d %02d:%02d:%02d" : "%04d-%02d-%02d",
             part[0], part[1], part[2], part[3], part[4], part[5]);
    return with_time ? text_is_datetime(out) : text_is_date(out);
}

/* Drops blanks and thousands separators; false when no number is left. */
static bool clean_number(const char *value, const json_t *params, bool fraction,
                         char out[64]) {
    char mark = *text(params, "decimalMark", "."), group = mark == '.' ? ',' : '.';
    size_t n = 0;
    for (; *value && n < 63; value++) {
        if (*value == ' ' || *value == group)
            continue;
        if (*value == mark && !fraction)
            return false;
        out[n++] = *value == mark ? '.' : *value;
    }
    out[n] = '\0';
    return text_is_numeric(out);
}

static json_t *split_list(const char *value) {
    if (*value == '[') {
        json_t *v = json_loads(value, 0, NULL);
        return v ? v : json_array();
    }
    json_t *out = json_array();
    while (*value) {
        size_t n = strcspn(value, ","), a = 0, b = n;
        while (a < b && isspace((unsigned char)value[a]))
            a++;
        while (b > a && isspace((unsigned char)value[b - 1]))
            b--;
        json_array_append_new(out, json_stringn_nocheck(value + a, b - a));
        value += n + (value[n] == ',');
    }
    return out;
}

/* The id of the first record of that name. */
static void link_by_name(struct app *app, const struct record *r, const struct attr *a,
                         const char *name) {
    const struct entity *f = a->field && a->field->foreign
                                 ? schema_entity(&app->schema, a->field->foreign, false)
                                 : NULL;
    if (!f || !*name)
        return;
    struct buf sql = {0};
    buf_printf(&sql, "SELECT l.id FROM e_%s l WHERE l.deleted=0 AND ", f->name);
    store_name_expression(&sql, f, "l");
    buf_str(&sql, " COLLATE UCI=? LIMIT 1");
    sqlite3_stmt *q = store_prepare(&app->store, sql.p);
    buf_free(&sql);
    if (q)
        bind_text(q, 1, name);
    if (q && sqlite3_step(q) == SQLITE_ROW)
        record_set(r, a->source, column_value(q, 0, V_STRING));
    store_done(&app->store, q);
}

static void person_name(const struct record *r, const char *value, const char *format) {
    char mark = !strcmp(format, "l, f") ? ',' : ' ';
    const char *cut = strchr(value, mark);
    bool last_first = *format == 'l';
    json_t *left =
        cut && cut != value ? json_stringn_nocheck(value, (size_t)(cut - value)) : NULL;
    const char *rest = left ? cut + 1 : value;
    while (left && *rest == ' ')
        rest++;
    if (left)
        record_set(r, last_first ? r->e->last : r->e->first, left);
    record_set_text(r, left && last_first ? r->e->first : r->e->last, rest);
}

static void add_item(const struct record *r, const char *data, const char *key,
                     const char *value) {
    json_t *list =
        json_pack("[{s:o,s:b}]", key, json_string_nocheck(value), "primary", 1);
    record_set(r, entity_attr(r->e, data), list);
}

static void phone(const struct record *r, const char *value, const json_t *params) {
    char out[PHONE_SIZE], region[3] = "";
    const char *country = text(params, "phoneNumberCountry", NULL);
    if (value[0] == '\'' && value[1] == '+')
        value++;
    if (country && strlen(country) == 2) {
        region[0] = (char)toupper((unsigned char)country[0]);
        region[1] = (char)toupper((unsigned char)country[1]);
    }
    bool ok =
        (*value == '+' || *region) && phone_e164(value, *region ? region : NULL, out);
    add_item(r, "phoneNumberData", "phoneNumber", ok ? out : value);
}

/* Percent-encodes what may not stand in a URL, "%" included. */
static json_t *encoded_url(const char *value) {
    struct buf b = {0};
    for (; *value; value++) {
        if (isalnum((unsigned char)*value) || strchr("-._~:/?#[]@!$&'()*+,;=", *value))
            buf_add(&b, value, 1);
        else
            buf_printf(&b, "%%%02X", (unsigned char)*value);
    }
    json_t *out = json_string(b.p);
    buf_free(&b);
    return out;
}

static json_t *cut_text(const struct attr *a, const char *value, size_t len) {
    size_t chars = 0, limit = 255;
    if (a->field && a->field->max_length >= 0)
        limit = (size_t)a->field->max_length;
    for (size_t i = 0; i < len; i++)
        chars += ((unsigned char)value[i] & 0xc0) != 0x80;
    return json_stringn_nocheck(value, chars > limit ? limit : len);
}

int import_value_set(struct app *app, const struct record *r, const struct attr *a,
                     const char *value, size_t len, const json_t *params) {
    char out[64], format[80];
    if (a->kind == A_LINK_NAME) {
        link_by_name(app, r, a, value);
        return 0;
    }
    if (!*value && a->type != V_BOOL) {
        record_set(r, a,
                   a->kind == A_EMAIL_DATA || a->kind == A_PHONE_DATA ? NULL
                                                                      : json_null());
        return 0;
    }
    if (a->kind == A_EMAIL) {
        add_item(r, "emailAddressData", "emailAddress", value);
        return 0;
    }
    if (a->kind == A_PHONE) {
        phone(r, value, params);
        return 0;
    }
    if (a->kind == A_NAME) {
        person_name(r, value, text(params, "personNameFormat", "f l"));
        return 0;
    }
    if (a->field && a->field->type == F_URL) {
        record_set(r, a, encoded_url(value));
        return 0;
    }
    switch (a->type) {
    case V_BOOL:
        record_set(
            r, a,
            json_boolean(*value && strcmp(value, "0") && strcasecmp(value, "false")));
        return 0;
    case V_INT:
    case V_FLOAT:
    case V_DECIMAL:
        if (!clean_number(value, params, a->type != V_INT, out))
            return -1;
        record_set(r, a, coerce_value(a, json_string(out)));
        return 0;
    case V_DATE:
    case V_DATETIME:
        snprintf(format, sizeof format, "%s%s%s",
                 text(params, "dateFormat", "YYYY-MM-DD"), a->type == V_DATE ? "" : " ",
                 a->type == V_DATE ? "" : text(params, "timeFormat", "HH:mm"));
        if (!parse_time(format, value, a->type == V_DATETIME, out))
            return -1;
        record_set_text(r, a, out);
        return 0;
    case V_ARRAY: record_set(r, a, split_list(value)); return 0;
    case V_OBJECT: return 0;
    case V_STRING: record_set(r, a, cut_text(a, value, len)); return 0;
    case V_TEXT: break;
    }
    record_set(r, a, json_stringn_nocheck(value, len));
    return 0;
}
