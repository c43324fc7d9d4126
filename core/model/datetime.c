/* datetime.c - reads dates and times by strptime's patterns, in English, blank for
 * blank.
 *
 * Understands %Y %y %m %d %e %b %B %h %H %I %M %S %p %a %A %z %F %D %T %R %% and %f,
 * which takes a fraction of a second as long as it is zero. Numbers may lack a leading
 * zero, a year may not: %Y is four digits.
 */
#include "model/datetime.h"

#include <stddef.h>

static const char *const month_names[] = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
static const char *const day_names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};

struct reader {
    struct slice rest; /* of the text */
    struct civil civil;
    bool is_12h; /* %I was read */
    bool is_pm;  /* %p said PM */
    bool has_ampm;
    int weekday; /* -1 = none was read */
};

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void skip(struct reader *r, size_t n) {
    r->rest.data += n;
    r->rest.len -= n;
}

static bool read_digits(struct reader *r, size_t least, size_t most, int *value) {
    size_t n = 0;

    *value = 0;
    while (n < most && n < r->rest.len && r->rest.data[n] >= '0' &&
           r->rest.data[n] <= '9')
        *value = *value * 10 + (r->rest.data[n++] - '0');
    skip(r, n);
    return n >= least;
}

static bool starts_with(const struct reader *r, const char *word, size_t len) {
    if (r->rest.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(r->rest.data[i]) != word[i])
            return false;
    return true;
}

/* The whole name, else its first three letters; index from 0, or -1. */
static int read_name(struct reader *r, const char *const *names, int count) {
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            size_t len = pass == 0 ? strlen(names[i]) : 3;
            if (starts_with(r, names[i], len)) {
                skip(r, len);
                return i;
            }
        }
    return -1;
}

static bool read_ampm(struct reader *r) {
    bool pm = starts_with(r, "pm", 2);

    if (!pm && !starts_with(r, "am", 2))
        return false;
    r->is_pm = pm;
    r->has_ampm = true;
    skip(r, 2);
    return true;
}

/* Z, +02, +0200, +02:00 */
static bool read_offset(struct reader *r) {
    int hours, minutes = 0, sign;

    if (r->rest.len == 0)
        return false;
    r->civil.has_offset = true;
    r->civil.offset = 0;
    if (r->rest.data[0] == 'Z' || r->rest.data[0] == 'z') {
        skip(r, 1);
        return true;
    }
    if (r->rest.data[0] != '+' && r->rest.data[0] != '-')
        return false;
    sign = r->rest.data[0] == '-' ? -1 : 1;
    skip(r, 1);
    if (!read_digits(r, 2, 2, &hours))
        return false;
    if (r->rest.len > 0 && r->rest.data[0] == ':') {
        skip(r, 1);
        if (!read_digits(r, 2, 2, &minutes))
            return false;
    } else if (r->rest.len > 0 && !read_digits(r, 2, 2, &minutes)) {
        return false;
    }
    if (hours > 14 || minutes > 59)
        return false;
    r->civil.offset = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* Nothing, or a point and zeros: other fractions would be lost in silence. */
static bool read_fraction(struct reader *r) {
    size_t n = 1;

    if (r->rest.len == 0 || r->rest.data[0] != '.')
        return true;
    while (n < r->rest.len && r->rest.data[n] == '0')
        n++;
    skip(r, n);
    return n > 1;
}

static bool read_pattern(struct reader *r, const char *pattern);

static bool read_year_of_two(struct reader *r) {
    int year;

    if (!read_digits(r, 2, 2, &year))
        return false;
    r->civil.year = year < 69 ? 2000 + year : 1900 + year; /* as POSIX has it */
    return true;
}

static bool read_conversion(struct reader *r, char conversion) {
    switch (conversion) {
    case 'Y': return read_digits(r, 4, 4, &r->civil.year);
    case 'y': return read_year_of_two(r);
    case 'm': return read_digits(r, 1, 2, &r->civil.month);
    case 'd':
    case 'e': return read_digits(r, 1, 2, &r->civil.day);
    case 'b':
    case 'B':
    case 'h': return (r->civil.month = read_name(r, month_names, 12) + 1) > 0;
    case 'a':
    case 'A': return (r->weekday = read_name(r, day_names, 7)) >= 0;
    case 'I': r->is_12h = true; return read_digits(r, 1, 2, &r->civil.hour);
    case 'H': return read_digits(r, 1, 2, &r->civil.hour);
    case 'M': return read_digits(r, 2, 2, &r->civil.minute);
    case 'S': return read_digits(r, 2, 2, &r->civil.second);
    case 'p': return read_ampm(r);
    case 'z': return read_offset(r);
    case 'f': return read_fraction(r);
    case 'F': return read_pattern(r, "%Y-%m-%d");
    case 'D': return read_pattern(r, "%m/%d/%y");
    case 'T': return read_pattern(r, "%H:%M:%S");
    case 'R': return read_pattern(r, "%H:%M");
    default: break;
    }
    if (conversion != '%' || r->rest.len == 0 || r->rest.data[0] != '%')
        return false;
    skip(r, 1);
    return true;
}

static bool read_pattern(struct reader *r, const char *pattern) {
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '%') {
            if (*++p == '\0' || !read_conversion(r, *p))
                return false;
            continue;
        }
        if (r->rest.len == 0 || r->rest.data[0] != *p)
            return false;
        skip(r, 1);
    }
    return true;
}

int datetime_days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

int64_t datetime_days(int year, int month, int day) {
    int64_t y = month <= 2 ? (int64_t)year - 1 : year; /* years begin in March here */
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool day_exists(const struct civil *c) {
    return c->year >= 1000 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= datetime_days_in_month(c->year, c->month) && c->hour <= 23 &&
           c->minute <= 59 && c->second <= 59;
}

enum datetime_result datetime_read(const char *pattern, struct slice text,
                                   struct civil *out) {
    struct reader r = {.rest = text, .weekday = -1};

    if (!read_pattern(&r, pattern) || r.rest.len > 0)
        return DATETIME_NO_MATCH;
    if (r.is_12h) {
        if (r.civil.hour < 1 || r.civil.hour > 12)
            return DATETIME_NO_SUCH_DAY;
        r.civil.hour = r.civil.hour % 12 + (r.is_pm ? 12 : 0);
    }
    if (!day_exists(&r.civil))
        return DATETIME_NO_SUCH_DAY;
    if (r.weekday >= 0) { /* 1970-01-01 was a Thursday */
        int64_t days = datetime_days(r.civil.year, r.civil.month, r.civil.day);
        if (((days + 4) % 7 + 7) % 7 != r.weekday)
            return DATETIME_NO_SUCH_DAY;
    }
    *out = r.civil;
    return DATETIME_OK;
}

/* Bits of what a pattern reads. */
enum {
    HAS_YEAR = 1,
    HAS_MONTH = 2,
    HAS_DAY = 4,
    HAS_HOUR = 8,
    HAS_MINUTE = 16,
    HAS_12H = 32,
    HAS_AMPM = 64,
    HAS_OTHER = 128
};

static int conversion_parts(char conversion) {
    switch (conversion) {
    case 'Y':
    case 'y': return HAS_YEAR;
    case 'm':
    case 'b':
    case 'B':
    case 'h': return HAS_MONTH;
    case 'd':
    case 'e': return HAS_DAY;
    case 'H': return HAS_HOUR;
    case 'I': return HAS_HOUR | HAS_12H;
    case 'M': return HAS_MINUTE;
    case 'p': return HAS_AMPM;
    case 'F':
    case 'D': return HAS_YEAR | HAS_MONTH | HAS_DAY;
    case 'T':
    case 'R': return HAS_HOUR | HAS_MINUTE;
    case 'S':
    case 'a':
    case 'A':
    case 'z':
    case 'f':
    case '%': return HAS_OTHER;
    default: return 0;
    }
}

const char *datetime_pattern_problem(const char *pattern, enum datetime_parts parts) {
    int seen = 0;

    for (const char *p = pattern; *p != '\0'; p++) {
        int found;
        if (*p != '%')
            continue;
        found = conversion_parts(*++p);
        if (found == 0)
            return "has a conversion that is not among %Y %y %m %d %e %b %B %H %I %M %S "
                   "%p "
                   "%a %A %z %F %D %T %R %%";
        if (found & seen & (HAS_YEAR | HAS_MONTH | HAS_DAY | HAS_HOUR | HAS_MINUTE))
            return "reads a part of the date or time twice";
        seen |= found;
    }
    if ((seen & HAS_YEAR) == 0)
        return "has no year (%Y)";
    if ((seen & HAS_MONTH) == 0)
        return "has no month (%m)";
    if ((seen & HAS_DAY) == 0)
        return "has no day (%d)";
    if (parts == DATETIME_DATE && (seen & (HAS_HOUR | HAS_MINUTE)) != 0)
        return "has a time, but the field is a date";
    if (parts == DATETIME_BOTH && (seen & HAS_HOUR) == 0)
        return "has no hour (%H), but the field is a date with a time";
    if (((seen & HAS_12H) != 0) != ((seen & HAS_AMPM) != 0))
        return "needs %I and %p together, or %H alone";
    return NULL;
}

int64_t datetime_seconds(const struct civil *civil) {
    return datetime_days(civil->year, civil->month, civil->day) * 86400 +
           civil->hour * 3600 + civil->minute * 60 + civil->second;
}

struct civil datetime_civil(int64_t seconds) {
    struct civil c = {.has_offset = false};
    int64_t days = seconds / 86400, rest = seconds % 86400, era, of_era, of_year, y, m;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    of_era = days - era * 146097;
    y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * y + y / 4 - y / 100);
    m = (5 * of_year + 2) / 153;
    c.day = (int)(of_year - (153 * m + 2) / 5 + 1);
    c.month = (int)(m < 10 ? m + 3 : m - 9);
    c.year = (int)(y + era * 400 + (c.month <= 2));
    c.hour = (int)(rest / 3600);
    c.minute = (int)(rest / 60 % 60);
    c.second = (int)(rest % 60);
    return c;
}

static void put(char *out, int value, int width) {
    for (int i = width - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

void datetime_format_date(const struct civil *civil, char out[DATE_SIZE]) {
    put(out, civil->year, 4);
    out[4] = out[7] = '-';
    put(out + 5, civil->month, 2);
    put(out + 8, civil->day, 2);
    out[10] = '\0';
}

void datetime_format(const struct civil *civil, char out[DATETIME_SIZE]) {
    datetime_format_date(civil, out);
    out[10] = ' ';
    put(out + 11, civil->hour, 2);
    put(out + 14, civil->minute, 2);
    put(out + 17, civil->second, 2);
    out[13] = out[16] = ':';
    out[19] = '\0';
}

bool datetime_is_serial(struct slice text, struct civil *out) {
    enum { DIGITS = 5, LEAST = 10000, MOST = 73050, EPOCH = 25569, DAY = 86400 };
    double part = 0, weight = DAY;
    int64_t days = 0;

    if (text.len < DIGITS || (text.len > DIGITS && text.data[DIGITS] != '.'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (i == DIGITS)
            continue;
        if (digit < 0 || digit > 9)
            return false;
        if (i < DIGITS)
            days = days * 10 + digit;
        else
            part += (weight /= 10) * digit;
    }
    if (days < LEAST || days > MOST)
        return false;
    *out = datetime_civil((days - EPOCH) * DAY + (int64_t)(part + 0.5));
    return true;
}
