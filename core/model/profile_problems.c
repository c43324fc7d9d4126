/* profile_problems.c - what is odd about a column, out of what was counted. */
#include "model/profile_internal.h"

#include "model/datetime.h"

enum {
    HALF_PERCENT = 60,    /* of cells: enough to say what a column was meant to be */
    UNIQUE_PERCENT = 98,  /* of cells distinct: a column that looks unique */
    ADDRESS_PERCENT = 50, /* likewise for what is unique by its nature */
    UNIQUE_LEAST = 20,    /* cells for it to look like anything */
    SERIAL_PERCENT = 90,  /* of cells that must be numbers of days */
    CODE_LENGTH = 8       /* digits of a code whose length means something */
};

struct problem_list {
    struct profile_problem *items; /* room for PROFILE_FLAWS */
    size_t count;                  /* of items */
};

static void add(struct problem_list *list, enum profile_flaw flaw, uint64_t count,
                const struct tally_first *first, const char *other) {
    list->items[list->count++] = (struct profile_problem){
        .flaw = flaw,
        .count = count,
        .line = first == NULL ? 0 : first->line,
        .example = first == NULL || first->text == NULL ? "" : first->text,
        .other = other,
    };
}

/* The type that most cells of a text column fit, or PROFILE_TEXT. */
static enum profile_type meant_type(const struct column_profile *profile,
                                    uint64_t filled) {
    enum profile_type best = PROFILE_TEXT;
    uint64_t count = filled * HALF_PERCENT / 100;

    for (size_t type = PROFILE_INTEGER; type < PROFILE_TYPES; type++)
        if (profile->fits[type] > count && type != PROFILE_PHONE) {
            best = (enum profile_type)type;
            count = profile->fits[type];
        }
    return best;
}

/* The first value that is neither yes nor no; its line was not kept. */
static void add_not_bool(struct problem_list *list, const struct column_profile *profile,
                         uint64_t count) {
    const struct tally_first nowhere = {.count = count};
    size_t i = 0;

    while (i < profile->value_count && profile_is_bool(profile->values[i].text))
        i++;
    add(list, FLAW_MIXED_TYPES, count, &nowhere, profile_type_word(PROFILE_BOOL));
    if (i < profile->value_count)
        list->items[list->count - 1].example = profile->values[i].text;
}

static void add_mixed_types(struct problem_list *list,
                            const struct column_profile *profile, struct slice name,
                            const struct profile_summary *summary) {
    uint64_t filled = profile_filled(profile);
    enum profile_type type = summary->type;
    const struct tally_first *first;

    if (type == PROFILE_TEXT && !profile_name_is_postal(name))
        type = meant_type(profile, filled);
    if (type == PROFILE_BOOL && summary->fitting < filled)
        add_not_bool(list, profile, filled - summary->fitting);
    if (type < PROFILE_INTEGER)
        return;
    if (type == PROFILE_AMOUNT) {
        if (summary->fitting < filled)
            add(list, FLAW_MIXED_TYPES, filled - summary->fitting, NULL, "amount");
        return;
    }
    if (profile->fits[type] >= filled)
        return;
    first = &profile->misfits[type];
    add(list, FLAW_MIXED_TYPES, filled - profile->fits[type], first,
        profile_type_word(type));
}

/* A note of the smaller part of one layout, when its days and months change places. */
static const struct tally_first *minority(const struct date_layout *layout) {
    const struct tally_first *day = &layout->by_order[DATE_DAY_FIRST];
    const struct tally_first *month = &layout->by_order[DATE_MONTH_FIRST];

    return month->count > day->count ? day : month;
}

static void add_dates(struct problem_list *list, const struct column_profile *profile,
                      const struct profile_summary *summary) {
    bool time = summary->type == PROFILE_DATETIME;
    const struct date_layout *best = profile_layout(profile, time);
    const struct tally_first *first = NULL;
    const char *other = "";
    uint64_t count = 0;

    if (best == NULL || (summary->type != PROFILE_DATE && !time))
        return;
    for (size_t i = 0; i < profile->dates->count; i++) {
        const struct date_layout *layout = &profile->dates->layouts[i];
        bool is_best = layout == best;
        count += is_best ? minority(layout)->count : layout_total(layout);
        for (int order = DATE_FIXED; order <= DATE_OPEN; order++) {
            const struct tally_first *at = &layout->by_order[order];
            if (at->count == 0 || (is_best && at != minority(layout)) ||
                (first != NULL && first->line <= at->line))
                continue;
            first = at;
            other = order == DATE_MONTH_FIRST ? layout->other : layout->format;
        }
    }
    count += profile->dates->beyond.count;
    if (count > 0)
        add(list, FLAW_MIXED_DATES, count, first, other);
    if (summary->other_format[0] != '\0')
        add(list, FLAW_AMBIGUOUS_DATES, best->by_order[DATE_OPEN].count,
            &best->by_order[DATE_OPEN], summary->other_format);
}

static void add_numbers(struct problem_list *list, const struct column_profile *profile,
                        const struct profile_summary *summary) {
    const struct tally_first *point = &profile->marks[MARK_DECIMAL_POINT];
    const struct tally_first *comma = &profile->marks[MARK_DECIMAL_COMMA];
    const struct tally_first *open = &profile->marks[MARK_OPEN_POINT];
    size_t top = 0;
    uint64_t all = 0;

    if (summary->type != PROFILE_DECIMAL && summary->type != PROFILE_AMOUNT)
        return;
    if (point->count > 0 && comma->count > 0)
        add(list, FLAW_MIXED_MARKS,
            point->count < comma->count ? point->count : comma->count,
            point->count < comma->count ? point : comma, "");
    if (open->count < profile->marks[MARK_OPEN_COMMA].count)
        open = &profile->marks[MARK_OPEN_COMMA];
    if (summary->decimal[0] == '\0' && open->count > 0)
        add(list, FLAW_AMBIGUOUS_MARK, open->count, open, "");
    if (summary->type == PROFILE_AMOUNT && profile->signs.count > 0)
        add(list, FLAW_CURRENCY_SIGN, profile->signs.count, &profile->signs, "");
    for (size_t i = 0; i < PROFILE_CURRENCIES; i++) {
        all += profile->by_currency[i].count;
        if (profile->by_currency[i].count > profile->by_currency[top].count)
            top = i;
    }
    if (all > profile->by_currency[top].count)
        add(list, FLAW_MIXED_CURRENCIES, all - profile->by_currency[top].count,
            &profile->by_currency[top == 0 ? 1 : 0], profile->currencies[top]);
}

static void add_repeated(struct problem_list *list, const struct column_profile *profile,
                         const struct profile_summary *summary) {
    uint64_t filled = profile->cells - profile->blanks;
    uint64_t repeated = distinct_repeated(&profile->distinct), least = UNIQUE_PERCENT;

    switch (summary->type) {
    case PROFILE_EMAIL:
    case PROFILE_ID: least = ADDRESS_PERCENT; break;
    case PROFILE_INTEGER:
    case PROFILE_PHONE:
    case PROFILE_URL:
    case PROFILE_TEXT:
        if (filled < UNIQUE_LEAST)
            return;
        break;
    case PROFILE_EMPTY:
    case PROFILE_ENUM:
    case PROFILE_BOOL:
    case PROFILE_DECIMAL:
    case PROFILE_AMOUNT:
    case PROFILE_DATE:
    case PROFILE_DATETIME:
    case PROFILE_TYPES: return;
    }
    if (repeated == 0 || summary->distinct * 100 < filled * least)
        return;
    add(list, FLAW_REPEATED, repeated, &profile->repeat, "");
    list->items[list->count - 1].estimate = !summary->distinct_exact;
}

/* Phones without the 0 or + that the others have; codes that are one digit short. */
static void add_lost_zeros(struct problem_list *list,
                           const struct column_profile *profile, struct slice name,
                           const struct profile_summary *summary) {
    const struct tally_first *lengths = profile->lengths;
    size_t usual = 1;
    uint64_t fewer = 0;

    if (summary->type == PROFILE_PHONE && profile->bare.count > 0 &&
        profile->bare.count < profile->phone_sure) {
        add(list, FLAW_LOST_ZEROS, profile->bare.count, &profile->bare, "");
        return;
    }
    for (size_t i = 1; i < PROFILE_LENGTHS - 1; i++)
        if (lengths[i].count > lengths[usual].count)
            usual = i;
    if (profile->zero_led > 0 || lengths[usual - 1].count == 0 || usual < 5)
        return;
    for (size_t i = 0; i < PROFILE_LENGTHS; i++)
        fewer += i + 1 == usual || i == usual ? 0 : lengths[i].count;
    /* The numbers from 1 to 99999 are one digit short in a tenth of all cases, too: the
     * column's name or the length of a bar code must say that they are codes. */
    if (!profile_name_is_postal(name) && (usual < CODE_LENGTH || fewer > 0))
        return;
    if (lengths[usual - 1].count * 4 <= lengths[usual].count)
        add(list, FLAW_LOST_ZEROS, lengths[usual - 1].count, &lengths[usual - 1], "");
}

/* Numbers of five digits, of which the column's name says that they are days. */
static void add_serials(struct problem_list *list, const struct column_profile *profile,
                        struct slice name, const struct profile_summary *summary) {
    const struct tally_first *days = &profile->lengths[5];
    struct civil day;

    if (summary->type == PROFILE_DECIMAL)
        days = &profile->marks[MARK_DECIMAL_POINT];
    else if (summary->type != PROFILE_INTEGER)
        return;
    if (days->count * 100 >= profile_filled(profile) * SERIAL_PERCENT &&
        profile_name_is_date(name) && datetime_is_serial(slice_of(days->text), &day))
        add(list, FLAW_SERIAL_DATES, days->count, days, "");
}

size_t profile_problems(const struct column_profile *profile, struct slice name,
                        const struct profile_summary *summary,
                        struct profile_problem *out) {
    struct problem_list list = {.items = out};

    if (summary->type == PROFILE_EMPTY) {
        if (profile->cells > 0)
            add(&list, FLAW_ALL_EMPTY, profile->cells, NULL, "");
        return list.count;
    }
    add_mixed_types(&list, profile, name, summary);
    add_dates(&list, profile, summary);
    add_serials(&list, profile, name, summary);
    add_numbers(&list, profile, summary);
    add_repeated(&list, profile, summary);
    add_lost_zeros(&list, profile, name, summary);
    if (profile->longest == 255 && profile->cut_255.count > 0)
        add(&list, FLAW_TRUNCATED, profile->cut_255.count, &profile->cut_255, "255");
    if (profile->longest == 32767 && profile->cut_32767.count > 0)
        add(&list, FLAW_TRUNCATED, profile->cut_32767.count, &profile->cut_32767,
            "32767");
    for (size_t i = 0; i < FLAW_CELL_FLAWS; i++)
        if (profile->flaws[i].count > 0)
            add(&list, (enum profile_flaw)i, profile->flaws[i].count, &profile->flaws[i],
                "");
    return list.count;
}
