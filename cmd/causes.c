/* causes.c - counts errors by code and column. */
#include "cmd/causes.h"

#include "base/utf8.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"

#include <stdlib.h>
#include <string.h>

enum {
    CAUSES_MAX = 300,
    VALUES_MAX = 60, /* of one cause; a value longer than VALUE_MAX is no example */
    VALUE_MAX = 100,
    VALUES_SHOWN = 5,
    MESSAGE_MAX = 300
};

struct cause_value {
    struct cause_value *next;
    const char *text;
    const char *nearest; /* option that was suggested, or "" */
    uint64_t count;
};

struct cause {
    struct cause *next;
    enum reason reason;
    const char *column, *field;
    const char *message; /* of the first */
    uint64_t count, line;
    struct cause_value *values; /* in the order of their coming */
    size_t value_count;
    bool more_values; /* than are kept */
};

static struct cause *cause_find(const struct causes *causes,
                                const struct error_line *error) {
    for (struct cause *c = causes->first; c != NULL; c = c->next)
        if (c->reason == error->reason && slice_is(error->column, c->column))
            return c;
    return NULL;
}

static struct cause *cause_new(struct causes *causes, const struct error_line *error) {
    struct cause *cause = arena_zalloc(&causes->memory, sizeof *cause);
    size_t len = strlen(error->message);

    if (cause == NULL)
        return NULL;
    cause->reason = error->reason;
    cause->line = error->line;
    cause->column = arena_copy(&causes->memory, error->column.data, error->column.len);
    cause->field = arena_copy(&causes->memory, error->field, strlen(error->field));
    cause->message = arena_copy(&causes->memory, error->message,
                                len < MESSAGE_MAX ? len : MESSAGE_MAX);
    if (cause->column == NULL || cause->field == NULL || cause->message == NULL)
        return NULL;
    if (causes->last == NULL)
        causes->first = cause;
    else
        causes->last->next = cause;
    causes->last = cause;
    causes->count++;
    return cause;
}

/* What the message suggests: "...; did you mean 'New'?" */
static const char *nearest_in(struct causes *causes, const char *message) {
    const char *at = strstr(message, "did you mean '"), *end;

    if (at == NULL)
        return "";
    at += strlen("did you mean '");
    end = strstr(at, "'?");
    return end == NULL ? "" : arena_copy(&causes->memory, at, (size_t)(end - at));
}

static int cause_add_value(struct causes *causes, struct cause *cause,
                           const struct error_line *error) {
    struct cause_value **end = &cause->values;

    if (error->value.len == 0 || error->value.len > VALUE_MAX ||
        utf8_valid_prefix(error->value) != error->value.len)
        return RC_OK;
    for (; *end != NULL; end = &(*end)->next)
        if (slice_is(error->value, (*end)->text)) {
            (*end)->count++;
            return RC_OK;
        }
    if (cause->value_count == VALUES_MAX) {
        cause->more_values = true;
        return RC_OK;
    }
    *end = arena_zalloc(&causes->memory, sizeof **end);
    if (*end == NULL)
        return RC_NOMEM;
    (*end)->count = 1;
    (*end)->text = arena_copy(&causes->memory, error->value.data, error->value.len);
    (*end)->nearest = nearest_in(causes, error->message);
    cause->value_count++;
    return (*end)->text == NULL || (*end)->nearest == NULL ? RC_NOMEM : RC_OK;
}

int causes_add(struct causes *causes, const struct error_line *error) {
    struct cause *cause = cause_find(causes, error);

    if (cause == NULL && causes->count == CAUSES_MAX) {
        causes->others++;
        return RC_OK;
    }
    if (cause == NULL)
        cause = cause_new(causes, error);
    if (cause == NULL)
        return RC_NOMEM;
    cause->count++;
    return cause_add_value(causes, cause, error);
}

/* --- words --- */

static bool is_unknown_value(const struct cause *cause) {
    return (cause->reason == REASON_ENUM_UNKNOWN ||
            cause->reason == REASON_VALUE_UNMAPPED) &&
           cause->value_count > 0;
}

static void append_json_text(struct buf *out, const char *text) {
    (void)buf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            (void)buf_append_format(out, "\\%c", c);
        else if (c < 0x20)
            (void)buf_append_format(out, "\\u%04x", c);
        else
            (void)buf_append_char(out, (char)c);
    }
    (void)buf_append_char(out, '"');
}

/* Ready to be pasted; what is not known is left empty, to be filled in. */
static void append_value_map(struct buf *out, const struct cause *cause) {
    bool first = true;

    (void)buf_append_text(out, "      \"valueMap\": { ");
    for (const struct cause_value *v = cause->values; v != NULL; v = v->next) {
        (void)buf_append_text(out, first ? "" : ", ");
        first = false;
        append_json_text(out, v->text);
        (void)buf_append_text(out, ": ");
        append_json_text(out, v->nearest);
    }
    (void)buf_append_format(out, " }%s\n", cause->more_values ? "  and more" : "");
}

static int compare_values(const void *a, const void *b) {
    const struct cause_value *x = *(const struct cause_value *const *)a;
    const struct cause_value *y = *(const struct cause_value *const *)b;

    return x->count > y->count ? -1 : x->count < y->count;
}

static void append_examples(struct buf *out, const struct cause *cause) {
    const struct cause_value *sorted[VALUES_MAX];
    size_t n = 0;

    for (const struct cause_value *v = cause->values; v != NULL; v = v->next)
        sorted[n++] = v;
    if (n < 2)
        return; /* it stands in the message */
    qsort(sorted, n, sizeof sorted[0], compare_values);
    (void)buf_append_text(out, "      values: ");
    for (size_t i = 0; i < n && i < VALUES_SHOWN; i++) {
        (void)buf_append_text(out, i > 0 ? ", " : "");
        (void)utf8_append_printable(out, slice_of(sorted[i]->text), 40);
        if (sorted[i]->count > 1)
            (void)buf_append_format(out, " (%llu)", (unsigned long long)sorted[i]->count);
    }
    if (n > VALUES_SHOWN || cause->more_values)
        (void)buf_append_format(out, " and %s%zu more",
                                cause->more_values ? "at least " : "",
                                n > VALUES_SHOWN ? n - VALUES_SHOWN : 1);
    (void)buf_append_char(out, '\n');
}

static int compare_causes(const void *a, const void *b) {
    const struct cause *x = *(const struct cause *const *)a;
    const struct cause *y = *(const struct cause *const *)b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static size_t sort_causes(const struct causes *causes, const struct cause **out) {
    size_t n = 0;

    for (const struct cause *c = causes->first; c != NULL; c = c->next)
        out[n++] = c;
    qsort(out, n, sizeof out[0], compare_causes);
    return n;
}

void causes_append(const struct causes *causes, struct buf *out) {
    const struct cause *sorted[CAUSES_MAX];
    size_t n = sort_causes(causes, sorted);

    for (size_t i = 0; i < n; i++) {
        const struct cause *cause = sorted[i];
        (void)buf_append_text(out, "  ");
        quantity_append_count(out, cause->count);
        (void)buf_append_format(out, " x %s", reason_code(cause->reason));
        if (cause->column[0] != '\0') {
            (void)buf_append_text(out, " in column ");
            (void)utf8_append_printable(out, slice_of(cause->column), 60);
        }
        (void)buf_append_text(out, ", first in line ");
        quantity_append_count(out, cause->line);
        (void)buf_append_text(out, ": ");
        (void)utf8_append_printable(out, slice_of(cause->message), 200);
        (void)buf_append_char(out, '\n');
        append_examples(out, cause);
        if (is_unknown_value(cause))
            append_value_map(out, cause);
        (void)buf_append_format(out, "      %s\n", reason_advice(cause->reason));
    }
    if (causes->others > 0) {
        (void)buf_append_text(out, "  ");
        quantity_append_count(out, causes->others);
        (void)buf_append_text(out, " errors of other causes\n");
    }
}

int causes_json(const struct causes *causes, struct jsonout *json, struct err *err) {
    const struct cause *sorted[CAUSES_MAX];
    size_t n = sort_causes(causes, sorted);
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        const struct cause *cause = sorted[i];
        jsonout_begin(json, "cause");
        jsonout_text(json, "code", reason_code(cause->reason));
        jsonout_text(json, "column", cause->column);
        jsonout_text(json, "field", cause->field);
        jsonout_count(json, "errors", cause->count);
        jsonout_count(json, "firstLine", cause->line);
        jsonout_text(json, "example", cause->message);
        jsonout_open_object(json, "values");
        for (const struct cause_value *v = cause->values; v != NULL; v = v->next)
            jsonout_count(json, v->text, v->count);
        jsonout_close(json);
        if (is_unknown_value(cause)) {
            jsonout_open_object(json, "valueMap");
            for (const struct cause_value *v = cause->values; v != NULL; v = v->next)
                jsonout_text(json, v->text, v->nearest);
            jsonout_close(json);
        }
        rc = jsonout_end(json, err);
    }
    return rc;
}

void causes_fini(struct causes *causes) {
    arena_fini(&causes->memory);
    memset(causes, 0, sizeof *causes);
}
