/* profile_summary.c - from counts to the likely type of a column. */
#include "model/profile_internal.h"

#include <strings.h>

enum {
    SURE_PERCENT = 90,  /* cells that must fit a type for the column to be of it */
    ENUM_MOST = 50,     /* distinct values of an enumeration */
    ENUM_TIMES = 3,     /* how often each must come on the average */
    ENUM_LONGEST = 100, /* characters of its values */
    BOOL_VALUES = 12    /* words for yes and no, and others, that a column may have */
};

const char *profile_type_word(enum profile_type type) {
    static const char *const words[PROFILE_TYPES] = {
        [PROFILE_EMPTY] = "empty",         [PROFILE_TEXT] = "text",
        [PROFILE_ENUM] = "few values",     [PROFILE_BOOL] = "yes/no",
        [PROFILE_INTEGER] = "integer",     [PROFILE_DECIMAL] = "decimal",
        [PROFILE_AMOUNT] = "amount",       [PROFILE_DATE] = "date",
        [PROFILE_DATETIME] = "date, time", [PROFILE_EMAIL] = "e-mail",
        [PROFILE_PHONE] = "phone",         [PROFILE_URL] = "URL",
        [PROFILE_ID] = "EspoCRM id",
    };

    return words[type];
}

static bool name_holds(struct slice name, const char *const *words) {
    char lower[64];
    size_t n = name.len < sizeof lower - 1 ? name.len : sizeof lower - 1;

    for (size_t i = 0; i < n; i++)
        lower[i] = (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] | 32
                                                                     : name.data[i]);
    lower[n] = '\0';
    for (; *words != NULL; words++)
        if (strstr(lower, *words) != NULL)
            return true;
    return false;
}

static bool name_is_phone(struct slice name) {
    static const char *const words[] = {"phone", "tel", "fax", "mobil", "handy", NULL};

    return name_holds(name, words);
}

bool profile_name_is_postal(struct slice name) {
    static const char *const words[] = {"postal", "postcode", "postleit",
                                        "zip",    "plz",      NULL};

    return name_holds(name, words);
}

bool profile_name_is_date(struct slice name) {
    static const char *const words[] = {"date",     "datum",    "fecha",    "birth",
                                        "geburt",   "created",  "modified", "updated",
                                        "erstellt", "angelegt", NULL};

    return name_holds(name, words);
}

static bool most(uint64_t part, uint64_t all) {
    return part * 100 >= all * SURE_PERCENT;
}

/* 1 for a word that means yes, -1 for one that means no, 0 for others: the words that a
 * mapping knows without being told. */
static int bool_word(const char *text) {
    static const char *const yes[] = {"true", "yes", "y",   "1",  "x",
                                      "on",   "ja",  "oui", "si", "wahr"};
    static const char *const no[] = {"false", "no",   "n",   "0",
                                     "off",   "nein", "non", "falsch"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (strcasecmp(text, yes[i]) == 0)
            return 1;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (strcasecmp(text, no[i]) == 0)
            return -1;
    return 0;
}

bool profile_is_bool(const char *text) {
    return bool_word(text) != 0;
}

/* How many cells mean yes or no, if the column is of that kind; else 0. Ones and noughts
 * alone are numbers unless both come. */
static uint64_t count_bool(const struct column_profile *profile, uint64_t filled) {
    uint64_t count = 0;
    bool sides[2] = {false, false}, word = false;

    if (profile->value_count == 0 || profile->value_count > BOOL_VALUES)
        return 0;
    for (size_t i = 0; i < profile->value_count; i++) {
        const struct profile_value *value = &profile->values[i];
        int means = bool_word(value->text);
        if (means == 0)
            continue;
        count += value->count;
        sides[means > 0] = true;
        word = word || strlen(value->text) > 2 || strcasecmp(value->text, "x") == 0;
    }
    return most(count, filled) && (word || (sides[0] && sides[1])) ? count : 0;
}

static bool is_phone(const struct column_profile *profile, struct slice name,
                     uint64_t filled) {
    return most(profile->fits[PROFILE_PHONE], filled) &&
           (profile->phone_sure * 2 >= filled || name_is_phone(name));
}

/* Types that the cells alone tell, the most particular first. */
static enum profile_type cell_type(const struct column_profile *profile,
                                   struct slice name, uint64_t filled) {
    static const enum profile_type order[] = {PROFILE_ID, PROFILE_EMAIL, PROFILE_URL,
                                              PROFILE_DATETIME, PROFILE_DATE};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (most(profile->fits[order[i]], filled))
            return order[i];
    if (most(profile->fits[PROFILE_DATE] + profile->fits[PROFILE_DATETIME], filled))
        return profile->fits[PROFILE_DATE] > profile->fits[PROFILE_DATETIME]
                   ? PROFILE_DATE
                   : PROFILE_DATETIME;
    if (is_phone(profile, name, filled))
        return PROFILE_PHONE;
    if (profile_name_is_postal(name))
        return PROFILE_TEXT; /* codes, though they may look like numbers */
    if (most(profile->fits[PROFILE_INTEGER], filled))
        return PROFILE_INTEGER;
    if (most(profile->fits[PROFILE_DECIMAL], filled))
        return PROFILE_DECIMAL;
    if (profile->fits[PROFILE_AMOUNT] > 0 &&
        most(profile->fits[PROFILE_AMOUNT] + profile->fits[PROFILE_DECIMAL], filled))
        return PROFILE_AMOUNT;
    return PROFILE_TEXT;
}

enum date_order profile_layout_order(const struct date_layout *layout) {
    uint64_t day = layout->by_order[DATE_DAY_FIRST].count;
    uint64_t month = layout->by_order[DATE_MONTH_FIRST].count;

    if (layout->other[0] == '\0')
        return DATE_FIXED;
    if (day == 0 && month == 0) /* between points, nobody writes the month first */
        return strchr(layout->format, '.') != NULL ? DATE_DAY_FIRST : DATE_OPEN;
    return month > day ? DATE_MONTH_FIRST : DATE_DAY_FIRST;
}

const struct date_layout *profile_layout(const struct column_profile *profile,
                                         bool has_time) {
    const struct date_layout *best = NULL;

    for (size_t i = 0; profile->dates != NULL && i < profile->dates->count; i++) {
        const struct date_layout *layout = &profile->dates->layouts[i];
        if (layout->has_time == has_time &&
            (best == NULL || layout_total(layout) > layout_total(best)))
            best = layout;
    }
    return best;
}

static void summarize_dates(const struct column_profile *profile,
                            struct profile_summary *out) {
    const struct date_layout *layout =
        profile_layout(profile, out->type == PROFILE_DATETIME);

    if (layout == NULL)
        return;
    memcpy(out->format, layout->format, sizeof out->format);
    switch (profile_layout_order(layout)) {
    case DATE_MONTH_FIRST: memcpy(out->format, layout->other, sizeof out->format); break;
    case DATE_OPEN:
        memcpy(out->other_format, layout->other, sizeof out->other_format);
        break;
    case DATE_FIXED:
    case DATE_DAY_FIRST: break;
    }
}

static void summarize_numbers(const struct column_profile *profile,
                              struct profile_summary *out) {
    static const char groups[] = ".,' ";
    uint64_t point = profile->marks[MARK_DECIMAL_POINT].count;
    uint64_t comma = profile->marks[MARK_DECIMAL_COMMA].count;
    uint64_t most_groups = 0, currency = 0;

    for (size_t i = 0; i < 4; i++)
        if (profile->groups[i] > most_groups) {
            most_groups = profile->groups[i];
            out->group[0] = groups[i];
        }
    if (point + comma > 0)
        out->decimal[0] = comma > point ? ',' : '.';
    else if (out->group[0] == '.' || out->group[0] == ',')
        out->decimal[0] = out->group[0] == '.' ? ',' : '.';
    /* A mark that may be either is the other one's counterpart. */
    if (out->group[0] == '\0' && out->decimal[0] == ',' &&
        profile->marks[MARK_OPEN_POINT].count > 0)
        out->group[0] = '.';
    if (out->group[0] == '\0' && out->decimal[0] == '.' &&
        profile->marks[MARK_OPEN_COMMA].count > 0)
        out->group[0] = ',';
    if (out->group[0] == out->decimal[0])
        out->group[0] = '\0';
    for (size_t i = 0; out->type == PROFILE_AMOUNT && i < PROFILE_CURRENCIES; i++)
        if (profile->by_currency[i].count > currency) {
            currency = profile->by_currency[i].count;
            memcpy(out->currency, profile->currencies[i], sizeof out->currency);
        }
}

static uint64_t count_fitting(const struct column_profile *profile,
                              enum profile_type type, uint64_t filled) {
    if (type == PROFILE_TEXT || type == PROFILE_ENUM)
        return filled;
    if (type == PROFILE_BOOL)
        return count_bool(profile, filled);
    if (type == PROFILE_AMOUNT)
        return profile->fits[PROFILE_AMOUNT] + profile->fits[PROFILE_DECIMAL];
    return profile->fits[type];
}

void profile_summarize(const struct column_profile *profile, struct slice name,
                       struct profile_summary *out) {
    uint64_t filled = profile_filled(profile);

    *out = (struct profile_summary){
        .type = PROFILE_EMPTY,
        .cells = profile->cells,
        .blanks = profile->blanks,
        .distinct = distinct_count(&profile->distinct),
        .distinct_exact = distinct_exact(&profile->distinct),
        .longest = profile->longest,
    };
    if (profile->cells == profile->blanks)
        return;
    out->type = filled == 0 ? PROFILE_TEXT : cell_type(profile, name, filled);
    if ((out->type == PROFILE_TEXT || out->type == PROFILE_INTEGER) &&
        out->distinct_exact && out->distinct == profile->value_count &&
        count_bool(profile, filled) > 0)
        out->type = PROFILE_BOOL;
    if (out->type == PROFILE_TEXT && out->distinct_exact && out->distinct <= ENUM_MOST &&
        filled > 0 && filled >= out->distinct * ENUM_TIMES &&
        out->longest <= ENUM_LONGEST && !profile_name_is_postal(name))
        out->type = PROFILE_ENUM;
    out->fitting = count_fitting(profile, out->type, filled);
    if (out->type == PROFILE_DATE || out->type == PROFILE_DATETIME)
        summarize_dates(profile, out);
    if (out->type == PROFILE_INTEGER || out->type == PROFILE_DECIMAL ||
        out->type == PROFILE_AMOUNT)
        summarize_numbers(profile, out);
    out->phone_international =
        out->type == PROFILE_PHONE && profile->phone_world * 2 > filled;
}
