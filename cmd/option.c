/* option.c - the text of a value becomes a value; names that derive from the long name.
 *
 * Promises whole and strict parsing: no value is cut, rounded or guessed at. Does not
 * know where a text came from, so messages leave the naming to option_parser.c.
 */
#include "cmd/option.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *suffix; /* behind the number; "" = none */
    int64_t factor;     /* thousandths of what is typed, times this, are the value */
};

int option_boolean(const char *text, bool *value) {
    static const char *const words[] = {"0",  "1",   "false", "true",
                                        "no", "yes", "off",   "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return RC_OK;
        }
    return RC_USAGE;
}

int option_thousandths(const char *text, int64_t *value, const char **end) {
    const int64_t most = INT64_MAX / 1000;
    int64_t whole = 0, part = 0, scale = 100;
    const char *at = text;
    bool digits = false;

    for (; isdigit((unsigned char)*at); at++, digits = true) {
        whole = whole * 10 + (*at - '0');
        if (whole >= most / 10)
            return RC_LIMIT;
    }
    if (*at == '.') {
        for (at++; isdigit((unsigned char)*at) && scale > 0; at++, digits = true) {
            part += (*at - '0') * scale;
            scale /= 10;
        }
        while (*at == '0')
            at++;
    }
    if (!digits)
        return RC_USAGE;
    *value = whole * 1000 + part;
    *end = at;
    return RC_OK;
}

/* Thousandths with a unit behind them, as value = thousandths * factor / 1000. */
static int parse_with_unit(const char *text, const struct unit *units, const char *wanted,
                           int64_t *value, struct err *err) {
    const char *end;
    int64_t milli;
    int rc = option_thousandths(text, &milli, &end);

    if (rc == RC_LIMIT)
        return err_set(err, RC_USAGE, "is too large");
    if (rc < 0)
        return err_set(err, RC_USAGE, "is not %s", wanted);
    for (; units->suffix != NULL; units++) {
        if (strcasecmp(end, units->suffix) != 0)
            continue;
        if (milli > INT64_MAX / units->factor)
            return err_set(err, RC_USAGE, "is too large");
        milli *= units->factor;
        if (milli % 1000 != 0)
            return err_set(err, RC_USAGE, "has too many decimals");
        *value = milli / 1000;
        return RC_OK;
    }
    return err_set(err, RC_USAGE, "is not %s", wanted);
}

static int parse_integer(const char *text, int64_t *value, struct err *err) {
    const char *at = text;
    bool negative = *at == '-';
    int64_t n = 0;

    if (*at == '-' || *at == '+')
        at++;
    if (*at == '\0')
        return err_set(err, RC_USAGE, "is not a whole number");
    for (; *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at))
            return err_set(err, RC_USAGE, "is not a whole number");
        if (n > (INT64_MAX - 9) / 10)
            return err_set(err, RC_USAGE, "is too large");
        n = n * 10 + (*at - '0');
    }
    *value = negative ? -n : n;
    return RC_OK;
}

/* A bound in the words of the option's own unit: thousandths and milliseconds as typed.
 */
static void format_bound(const struct option_def *def, int64_t bound, char *out,
                         size_t size) {
    int64_t part = bound % 1000;

    if (def->type == OPTION_INT || def->type == OPTION_SIZE)
        (void)snprintf(out, size, "%" PRId64, bound);
    else if (part == 0)
        (void)snprintf(out, size, "%" PRId64, bound / 1000);
    else
        (void)snprintf(out, size, "%" PRId64 ".%03" PRId64, bound / 1000, part);
}

static int check_bounds(const struct option_def *def, int64_t value, struct err *err) {
    const char *unit = def->type == OPTION_DURATION ? " seconds"
                       : def->type == OPTION_SIZE   ? " bytes"
                                                    : "";
    char low[32], high[32];

    if (value >= def->min && (def->max == 0 || value <= def->max))
        return RC_OK;
    format_bound(def, def->min, low, sizeof low);
    format_bound(def, def->max, high, sizeof high);
    if (def->max == 0)
        return err_set(err, RC_USAGE, "is out of range: at least %s%s", low, unit);
    return err_set(err, RC_USAGE, "is out of range: %s to %s%s", low, high, unit);
}

static int parse_number(const struct option_def *def, const char *text, int64_t *value,
                        struct err *err) {
    static const struct unit plain[] = {{"", 1000}, {NULL, 0}};
    static const struct unit durations[] = {
        {"", 1000},     {"ms", 1},      {"s", 1000},     {"m", 60000},
        {"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
    static const struct unit sizes[] = {{"", 1},         {"B", 1},         {"K", 1 << 10},
                                        {"KB", 1 << 10}, {"KiB", 1 << 10}, {"M", 1 << 20},
                                        {"MB", 1 << 20}, {"MiB", 1 << 20}, {"G", 1 << 30},
                                        {"GB", 1 << 30}, {"GiB", 1 << 30}, {NULL, 0}};
    int rc;

    if (def->type == OPTION_INT)
        rc = parse_integer(text, value, err);
    else if (def->type == OPTION_DECIMAL)
        rc = parse_with_unit(text, plain, "a number such as 10 or 2.5", value, err);
    else if (def->type == OPTION_DURATION)
        rc = parse_with_unit(text, durations,
                             "a time in seconds such as 30 or 1.5, or 500ms, 2m, 1h",
                             value, err);
    else
        rc = parse_with_unit(text, sizes, "a size in bytes, or such as 64K, 8M, 1G",
                             value, err);
    return rc < 0 ? rc : check_bounds(def, *value, err);
}

static int parse_choice(const struct option_def *def, const char *text, int *index,
                        struct err *err) {
    char words[256] = "";
    size_t used = 0;

    for (int i = 0; def->choices[i] != NULL; i++) {
        int n;
        if (strcmp(def->choices[i], text) == 0) {
            *index = i;
            return RC_OK;
        }
        n = snprintf(words + used, sizeof words - used, "%s%s", i > 0 ? ", " : "",
                     def->choices[i]);
        if (n > 0 && used + (size_t)n < sizeof words)
            used += (size_t)n;
    }
    return err_set(err, RC_USAGE, "is none of: %s", words);
}

static int append_item(struct option_list *list, const char *text, struct arena *memory,
                       struct err *err) {
    const char **items = arena_alloc(memory, (list->count + 1) * sizeof *items);

    if (items == NULL)
        return err_nomem(err);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = text;
    list->items = items;
    list->count++;
    return RC_OK;
}

bool option_is_flag(const struct option_def *def) {
    return def->type == OPTION_FLAG || def->type == OPTION_COUNT;
}

void option_store_flag(const struct option_def *def, void *options, bool value) {
    char *at = (char *)options + def->offset;
    unsigned count;

    if (def->type == OPTION_FLAG) {
        memcpy(at, &value, sizeof value);
        return;
    }
    memcpy(&count, at, sizeof count);
    count = value ? count + 1 : 0;
    memcpy(at, &count, sizeof count);
}

/* The text of a flag or count from environment or profile: a word, or how many. */
static int store_flag_text(const struct option_def *def, void *options, const char *text,
                           struct err *err) {
    int64_t number = 0;
    unsigned count;
    bool value;

    if (option_boolean(text, &value) == RC_OK) {
        number = value ? 1 : 0;
    } else if (def->type == OPTION_FLAG) {
        return err_set(err, RC_USAGE, "is neither true nor false");
    } else {
        int rc = parse_integer(text, &number, err);
        if (rc < 0)
            return rc;
        if (number < 0 || number > 9)
            return err_set(err, RC_USAGE, "is out of range: 0 to 9");
    }
    value = number > 0;
    count = (unsigned)number;
    if (def->type == OPTION_FLAG)
        option_store_flag(def, options, value);
    else
        memcpy((char *)options + def->offset, &count, sizeof count);
    return RC_OK;
}

int option_store(const struct option_def *def, void *options, const char *text,
                 enum option_source source, struct arena *memory, struct err *err) {
    char *at = (char *)options + def->offset;
    int64_t number = 0;
    int choice = 0, rc = RC_OK;

    if (def->set != NULL)
        return def->set(options, text, source, err);
    switch (def->type) {
    case OPTION_FLAG:
    case OPTION_COUNT: return store_flag_text(def, options, text, err);
    case OPTION_STRING:
    case OPTION_PATH:
        if (*text == '\0')
            return err_set(err, RC_USAGE, "is empty");
        memcpy(at, &text, sizeof text);
        return RC_OK;
    case OPTION_SECRET: memcpy(at, &text, sizeof text); return RC_OK;
    case OPTION_LIST: {
        struct option_list list;
        memcpy(&list, at, sizeof list);
        rc = append_item(&list, text, memory, err);
        memcpy(at, &list, sizeof list);
        return rc;
    }
    case OPTION_INT:
    case OPTION_DECIMAL:
    case OPTION_DURATION:
    case OPTION_SIZE:
        rc = parse_number(def, text, &number, err);
        if (rc == RC_OK)
            memcpy(at, &number, sizeof number);
        return rc;
    case OPTION_CHOICE:
        rc = parse_choice(def, text, &choice, err);
        if (rc == RC_OK)
            memcpy(at, &choice, sizeof choice);
        return rc;
    }
    return err_set(err, RC_USAGE, "cannot be set");
}

void option_environment_name(const struct option_def *def, bool negated,
                             char out[OPTION_DERIVED_MAX]) {
    size_t at;

    (void)snprintf(out, OPTION_DERIVED_MAX, "ESPOLOAD_%s%s", negated ? "NO_" : "",
                   def->name);
    for (at = 0; out[at] != '\0'; at++)
        out[at] = out[at] == '-' ? '_' : (char)toupper((unsigned char)out[at]);
}

void option_profile_key(const struct option_def *def, char out[OPTION_DERIVED_MAX]) {
    size_t at = 0;
    bool upper = false;

    for (const char *c = def->name; *c != '\0' && at + 1 < OPTION_DERIVED_MAX; c++) {
        if (*c == '-') {
            upper = true;
            continue;
        }
        out[at++] = upper ? (char)toupper((unsigned char)*c) : *c;
        upper = false;
    }
    out[at] = '\0';
}

bool option_shown_negated(const struct option_def *def) {
    bool on = false;

    return def->type == OPTION_FLAG && def->negatable && def->fallback != NULL &&
           option_boolean(def->fallback, &on) == RC_OK && on;
}
