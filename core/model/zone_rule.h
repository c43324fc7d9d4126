/* zone_rule.h - the rule at the end of a zoneinfo file: "CET-1CEST,M3.5.0,M10.5.0/3". */
#ifndef MODEL_ZONE_RULE_H
#define MODEL_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* A day of the year with a time, as POSIX writes it. */
struct zone_day {
    char kind;      /* 'M' month.week.weekday, 'J' 1-365 without 29 February, 'N' 0-365 */
    int month;      /* 1-12, kind M */
    int week;       /* 1-5, 5 = the last */
    int day;        /* weekday 0-6 (0 = Sunday), or day of the year */
    int32_t second; /* of that day, local time; -167 h to 167 h */
};

struct zone_rule {
    int32_t standard;      /* seconds to add to UTC */
    int32_t summer;        /* likewise; standard when there is none */
    bool has_summer;       /* start and end are set */
    struct zone_day start; /* of summer time, on standard clocks */
    struct zone_day end;   /* on summer clocks */
};

/* text is terminated. False when it is no such rule. */
bool zone_rule_read(struct zone_rule *rule, const char *text);

/* When day comes in year: seconds since 1970 on the clocks that are in force. */
int64_t zone_day_in(const struct zone_day *day, int year);

#endif
