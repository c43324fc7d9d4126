/* zone_rule.c - the POSIX form of a time zone's rule, as RFC 8536 (3.3) extends it. */
#include "model/zone_rule.h"

#include "model/datetime.h"

static bool read_int(const char **p, int least, int most, int *value) {
    const char *at = *p;

    *value = 0;
    while (*at >= '0' && *at <= '9' && *value <= most)
        *value = *value * 10 + (*at++ - '0');
    if (at == *p || *value < least || *value > most)
        return false;
    *p = at;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **p, int32_t *seconds) {
    int sign = 1, hours, minutes = 0, rest = 0;

    if (**p == '+' || **p == '-')
        sign = *(*p)++ == '-' ? -1 : 1;
    if (!read_int(p, 0, 167, &hours))
        return false;
    if (**p == ':') {
        (*p)++;
        if (!read_int(p, 0, 59, &minutes))
            return false;
        if (**p == ':') {
            (*p)++;
            if (!read_int(p, 0, 59, &rest))
                return false;
        }
    }
    *seconds = sign * (hours * 3600 + minutes * 60 + rest);
    return true;
}

/* "CET" or "<-03>" */
static bool skip_name(const char **p) {
    const char *start = *p;

    if (**p == '<') {
        while (**p != '\0' && **p != '>')
            (*p)++;
        return *(*p)++ == '>';
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
        (*p)++;
    return *p - start >= 3;
}

static bool read_day(const char **p, struct zone_day *day) {
    *day = (struct zone_day){.kind = 'N', .second = 7200};
    if (**p == 'M') {
        (*p)++;
        day->kind = 'M';
        if (!read_int(p, 1, 12, &day->month) || *(*p)++ != '.' ||
            !read_int(p, 1, 5, &day->week) || *(*p)++ != '.' ||
            !read_int(p, 0, 6, &day->day))
            return false;
    } else if (**p == 'J') {
        (*p)++;
        day->kind = 'J';
        if (!read_int(p, 1, 365, &day->day))
            return false;
    } else if (!read_int(p, 0, 365, &day->day)) {
        return false;
    }
    if (**p != '/')
        return true;
    (*p)++;
    return read_time(p, &day->second);
}

bool zone_rule_read(struct zone_rule *rule, const char *text) {
    const char *p = text;

    *rule = (struct zone_rule){.has_summer = false};
    if (!skip_name(&p) || !read_time(&p, &rule->standard))
        return false;
    rule->standard = -rule->standard; /* POSIX counts westwards */
    rule->summer = rule->standard;
    if (*p == '\0')
        return true;
    if (!skip_name(&p))
        return false;
    rule->summer = rule->standard + 3600;
    if (*p != ',') {
        if (!read_time(&p, &rule->summer))
            return false;
        rule->summer = -rule->summer;
    }
    rule->has_summer = true;
    if (*p++ != ',' || !read_day(&p, &rule->start))
        return false;
    return *p++ == ',' && read_day(&p, &rule->end) && *p == '\0';
}

int64_t zone_day_in(const struct zone_day *day, int year) {
    int64_t days;

    if (day->kind == 'M') {
        int64_t first = datetime_days(year, day->month, 1);
        int weekday = (int)((first % 7 + 11) % 7); /* 1970-01-01 was a Thursday (4) */
        int at = 1 + (day->day - weekday + 7) % 7 + (day->week - 1) * 7;
        while (at > datetime_days_in_month(year, day->month))
            at -= 7;
        days = first + at - 1;
    } else {
        int of_year = day->kind == 'J' ? day->day - 1 : day->day;
        bool leap = datetime_days_in_month(year, 2) == 29;
        if (day->kind == 'J' && leap && day->day >= 60)
            of_year++;
        days = datetime_days(year, 1, 1) + of_year;
    }
    return days * 86400 + day->second;
}
