/*
 * Relative dates as SQL, in UTC whatever time zone the item names. Fiscal years and
 * quarters are left out.
 */
#include "where_dates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each range is [from, to) as modifiers of SQLite's date('now', ...). */
static const struct {
    const char *type, *from, *to;
} ranges[] = {
    {"today", "date('now')", "date('now','+1 day')"},
    {"past", NULL, "date('now')"},
    {"future", "date('now','+1 day')", NULL},
    {"lastSevenDays", "date('now','-7 days')", "date('now','+1 day')"},
    {"currentMonth", "date('now','start of month')",
     "date('now','start of month','+1 month')"},
    {"lastMonth", "date('now','start of month','-1 month')",
     "date('now','start of month')"},
    {"nextMonth", "date('now','start of month','+1 month')",
     "date('now','start of month','+2 months')"},
    {"currentYear", "date('now','start of year')",
     "date('now','start of year','+1 year')"},
    {"lastYear", "date('now','start of year','-1 year')", "date('now','start of year')"},
};

static const struct {
    const char *type, *condition;
} counted[] = {
    {"lastXDays", "BETWEEN date('now','-%ld days') AND date('now','+1 day')"},
    {"nextXDays", "BETWEEN date('now') AND date('now','+%ld days','+1 day')"},
    {"olderThanXDays", "< date('now','-%ld days')"},
    {"afterXDays", "> date('now','+%ld days')"},
};

static long number(const json_t *v) {
    return json_is_string(v) ? strtol(json_string_value(v), NULL, 10)
                             : (long)json_integer_value(v);
}

int where_date(const char *type, const char *ex, bool with_time, const json_t *v,
               struct buf *sql, json_t *params) {
    if (!strcmp(type, "on") || !strcmp(type, "notOn")) {
        buf_printf(sql, "%s%s%s%s?", with_time ? "date(" : "", ex, with_time ? ")" : "",
                   *type == 'n' ? "<>" : "=");
        json_array_append_new(params, v ? json_deep_copy(v) : json_null());
        return 1;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (strcmp(type, ranges[i].type) != 0)
            continue;
        buf_str(sql, "(");
        if (ranges[i].from)
            buf_printf(sql, "%s>=%s", ex, ranges[i].from);
        if (ranges[i].from && ranges[i].to)
            buf_str(sql, " AND ");
        if (ranges[i].to)
            buf_printf(sql, "%s<%s", ex, ranges[i].to);
        buf_str(sql, ")");
        return 1;
    }
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        if (strcmp(type, counted[i].type) != 0)
            continue;
        const char *hole = strstr(counted[i].condition, "%ld");
        buf_printf(sql, "%s ", ex);
        buf_add(sql, counted[i].condition, (size_t)(hole - counted[i].condition));
        buf_printf(sql, "%ld%s", number(v), hole + 3);
        return 1;
    }
    return 0;
}
