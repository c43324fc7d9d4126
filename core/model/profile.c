/* profile.c - counts what the cells of one column look like.
 *
 * Promises that memory is bounded by the limits and PROFILE_EXAMPLE, whatever the cells.
 * Judges nothing: profile_summary.c and profile_problems.c do.
 */
#include "model/profile.h"

#include "model/profile_internal.h"

#include <stdlib.h>

enum { DISTINCT_DEFAULT = 49152, VALUES_DEFAULT = 64, ADDRESS_MAX = 254 };

static void first_fini(struct tally_first *firsts, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(firsts[i].text);
}

#define FIRSTS_FINI(array) first_fini(array, sizeof(array) / sizeof(array)[0])

struct column_profile *profile_new(const struct profile_limits *limits) {
    struct column_profile *profile = calloc(1, sizeof *profile);

    if (profile == NULL)
        return NULL;
    if (limits != NULL)
        profile->limits = *limits;
    if (profile->limits.distinct == 0)
        profile->limits.distinct = DISTINCT_DEFAULT;
    if (profile->limits.values == 0)
        profile->limits.values = VALUES_DEFAULT;
    profile->distinct.cap = profile->limits.distinct;
    return profile;
}

static void dates_free(struct date_profile *dates) {
    if (dates == NULL)
        return;
    for (size_t i = 0; i < dates->count; i++)
        FIRSTS_FINI(dates->layouts[i].by_order);
    free(dates->beyond.text);
    free(dates);
}

void profile_free(struct column_profile *profile) {
    if (profile == NULL)
        return;
    free(profile->cut_255.text);
    free(profile->cut_32767.text);
    FIRSTS_FINI(profile->misfits);
    FIRSTS_FINI(profile->flaws);
    free(profile->bare.text);
    FIRSTS_FINI(profile->marks);
    FIRSTS_FINI(profile->lengths);
    FIRSTS_FINI(profile->by_currency);
    free(profile->signs.text);
    dates_free(profile->dates);
    distinct_fini(&profile->distinct);
    free(profile->repeat.text);
    for (size_t i = 0; i < profile->value_count; i++)
        free(profile->values[i].text);
    free(profile->values);
    free(profile);
}

/* A terminated copy of the first characters of text; NULL when memory is out. */
static char *copy_cut(struct slice text, bool *cut) {
    size_t chars = 0, n = 0;
    char *copy;

    while (n < text.len && chars <= PROFILE_EXAMPLE) {
        chars += ((unsigned char)text.data[n] & 0xC0) != 0x80;
        n += chars <= PROFILE_EXAMPLE;
    }
    *cut = n < text.len;
    copy = malloc(n + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text.data, n);
    copy[n] = '\0';
    return copy;
}

static int first_add(struct tally_first *first, struct slice text, uint64_t line) {
    bool cut;

    first->count++;
    if (first->text != NULL)
        return RC_OK;
    first->line = line;
    first->text = copy_cut(text, &cut);
    return first->text == NULL ? RC_NOMEM : RC_OK;
}

/* The value gets a place among those whose text is kept. */
static int add_value(struct column_profile *profile, struct slice text, uint32_t *tag) {
    struct profile_value *value;

    if (profile->value_count == profile->value_room) {
        size_t room = profile->value_room == 0 ? 8 : profile->value_room * 2;
        struct profile_value *values = realloc(profile->values, room * sizeof *values);
        if (values == NULL)
            return RC_NOMEM;
        profile->values = values;
        profile->value_room = room;
    }
    value = &profile->values[profile->value_count];
    value->count = 0;
    value->text = copy_cut(text, &value->cut);
    if (value->text == NULL)
        return RC_NOMEM;
    *tag = (uint32_t)++profile->value_count;
    return RC_OK;
}

static int add_distinct(struct column_profile *profile, const struct profile_cell *cell,
                        uint64_t line) {
    struct distinct_entry *entry;
    char address[ADDRESS_MAX];
    struct slice text = cell->text;
    uint64_t hash;
    int rc;

    /* E-mail addresses that differ in case are one. */
    if ((cell->fits & UINT32_C(1) << PROFILE_EMAIL) != 0 && text.len <= sizeof address) {
        for (size_t i = 0; i < text.len; i++)
            address[i] =
                (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 32
                                                                  : text.data[i]);
        text.data = address;
    }
    hash = distinct_hash(text);
    profile->fingerprint = (profile->fingerprint ^ hash) * UINT64_C(0x100000001b3);
    rc = distinct_add(&profile->distinct, hash, &entry);
    if (rc < 0 || entry == NULL)
        return rc;
    if (entry->count == 2 && profile->repeat.text == NULL)
        rc = first_add(&profile->repeat, cell->text, line);
    else if (entry->count == 1 && profile->value_count < profile->limits.values)
        rc = add_value(profile, cell->text, &entry->tag);
    if (entry->tag > 0)
        profile->values[entry->tag - 1].count++;
    return rc;
}

static int add_number(struct column_profile *profile, const struct profile_cell *cell,
                      uint64_t line) {
    static const char groups[] = ".,' ";
    const struct profile_number *number = &cell->number;
    const char *group = number->group == 0 ? NULL : strchr(groups, number->group);
    int rc = RC_OK;

    if (group != NULL)
        profile->groups[group - groups]++;
    if (number->decimal != 0)
        rc = first_add(&profile->marks[number->decimal == '.' ? MARK_DECIMAL_POINT
                                                              : MARK_DECIMAL_COMMA],
                       cell->text, line);
    else if (number->open != 0)
        rc = first_add(
            &profile->marks[number->open == '.' ? MARK_OPEN_POINT : MARK_OPEN_COMMA],
            cell->text, line);
    if (rc == RC_OK && number->sign)
        rc = first_add(&profile->signs, cell->text, line);
    if (rc < 0 || number->currency[0] == '\0')
        return rc;
    for (size_t i = 0; i < PROFILE_CURRENCIES; i++) {
        char *known = profile->currencies[i];
        if (known[0] == '\0')
            memcpy(known, number->currency, sizeof number->currency);
        if (strcmp(known, number->currency) == 0)
            return first_add(&profile->by_currency[i], cell->text, line);
    }
    return RC_OK;
}

static int add_date(struct column_profile *profile, const struct profile_cell *cell,
                    uint64_t line) {
    struct date_profile *dates = profile->dates;
    struct date_layout *layout;
    size_t i = 0;

    if (dates == NULL)
        dates = profile->dates = calloc(1, sizeof *dates);
    if (dates == NULL)
        return RC_NOMEM;
    while (i < dates->count && strcmp(dates->layouts[i].format, cell->date.format) != 0)
        i++;
    if (i == PROFILE_LAYOUTS)
        return first_add(&dates->beyond, cell->text, line);
    layout = &dates->layouts[i];
    if (i == dates->count) {
        dates->count++;
        memcpy(layout->format, cell->date.format, sizeof layout->format);
        memcpy(layout->other, cell->date.other, sizeof layout->other);
        layout->has_time = cell->date.has_time;
    }
    return first_add(&layout->by_order[cell->date.order], cell->text, line);
}

/* Counts the cell for each type that it fits, and notes the first that does not. */
static int add_fits(struct column_profile *profile, const struct profile_cell *cell,
                    uint64_t line) {
    int rc = RC_OK;

    for (size_t type = PROFILE_INTEGER; type < PROFILE_TYPES && rc == RC_OK; type++) {
        if ((cell->fits >> type & 1) != 0)
            profile->fits[type]++;
        else if (profile->misfits[type].text == NULL)
            rc = first_add(&profile->misfits[type], cell->text, line);
    }
    return rc;
}

static int add_digits(struct column_profile *profile, const struct profile_cell *cell,
                      uint64_t line) {
    size_t length = cell->digits < PROFILE_LENGTHS ? cell->digits : PROFILE_LENGTHS - 1;
    int rc;

    profile->whole++;
    if (cell->text.data[0] == '0') {
        profile->zero_led += cell->digits > 1;
        return RC_OK;
    }
    rc = first_add(&profile->lengths[length], cell->text, line);
    if (rc == RC_OK && (cell->fits >> PROFILE_PHONE & 1) != 0 && !cell->phone_sure)
        rc = first_add(&profile->bare, cell->text, line);
    return rc;
}

static int add_flaws(struct column_profile *profile, uint32_t flaws, struct slice cell,
                     uint64_t line) {
    int rc = RC_OK;

    for (size_t i = 0; flaws != 0 && rc == RC_OK; i++, flaws >>= 1)
        if ((flaws & 1) != 0)
            rc = first_add(&profile->flaws[i], cell, line);
    return rc;
}

static int add_value_of(struct column_profile *profile, const struct profile_cell *cell,
                        uint64_t line) {
    const uint32_t numbers = UINT32_C(1) << PROFILE_DECIMAL | UINT32_C(1)
                                                                  << PROFILE_AMOUNT;
    const uint32_t dates = UINT32_C(1) << PROFILE_DATE | UINT32_C(1) << PROFILE_DATETIME;
    int rc = add_fits(profile, cell, line);

    if (rc == RC_OK && cell->whole)
        rc = add_digits(profile, cell, line);
    else if (rc == RC_OK && (cell->fits & numbers) != 0)
        rc = add_number(profile, cell, line);
    if (rc == RC_OK && (cell->fits & dates) != 0)
        rc = add_date(profile, cell, line);
    profile->phone_world += cell->phone_world;
    profile->phone_sure += cell->phone_sure;
    return rc;
}

int profile_add(struct column_profile *profile, struct slice raw, uint64_t line) {
    const uint32_t junk = UINT32_C(1) << FLAW_PLACEHOLDER | UINT32_C(1)
                                                                << FLAW_SHEET_ERROR;
    struct profile_cell cell;
    int rc;

    profile->cells++;
    if (raw.len == 0 || (profile_cell_read(raw, &cell), cell.text.len == 0)) {
        profile->blanks++;
        profile->fingerprint = (profile->fingerprint ^ 1) * UINT64_C(0x100000001b3);
        return RC_OK;
    }
    if (cell.chars > profile->longest)
        profile->longest = cell.chars;
    rc = add_distinct(profile, &cell, line);
    if (rc == RC_OK && cell.flaws != 0)
        rc = add_flaws(profile, cell.flaws, raw, line);
    if (rc == RC_OK && (cell.flaws & junk) != 0)
        profile->junk++;
    else if (rc == RC_OK)
        rc = add_value_of(profile, &cell, line);
    if (rc == RC_OK && cell.chars == 255)
        rc = first_add(&profile->cut_255, cell.text, line);
    if (rc == RC_OK && cell.chars == 32767)
        rc = first_add(&profile->cut_32767, cell.text, line);
    return rc;
}

const struct profile_value *profile_values(const struct column_profile *profile,
                                           size_t *count) {
    *count = profile->value_count;
    return profile->values;
}

uint64_t profile_fingerprint(const struct column_profile *profile) {
    return profile->fingerprint;
}
