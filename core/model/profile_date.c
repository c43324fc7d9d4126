/* profile_date.c - writes down the pattern of a date while reading over it.
 *
 * The pattern is made from the shape of the cell alone and then proved with
 * datetime_read(), so that what is suggested is what a mapping will read.
 */
#include "model/profile_date.h"

#include "model/datetime.h"

#include <stdio.h>

enum { TEXT_MIN = 6, TEXT_MAX = 40, PARTS = 3 };

/* What a part of the date is, as far as its form says. */
enum part { PART_YEAR, PART_NUMBER, PART_MONTH };

struct shape {
    struct slice rest;      /* of the text */
    char out[96];           /* the pattern; \1 \2 \3 stand for the parts */
    size_t len;             /* of out */
    enum part parts[PARTS]; /* in order */
    size_t widths[PARTS];   /* bytes of each */
    size_t count;           /* of parts */
    bool has_time;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void put(struct shape *s, const char *text) {
    size_t len = strlen(text);

    if (s->len + len < sizeof s->out) {
        memcpy(s->out + s->len, text, len);
        s->len += len;
    }
}

static size_t run(const struct shape *s, bool (*is)(char)) {
    size_t n = 0;

    while (n < s->rest.len && is(s->rest.data[n]))
        n++;
    return n;
}

static void skip(struct shape *s, size_t n) {
    s->rest.data += n;
    s->rest.len -= n;
}

static char next(const struct shape *s) {
    return s->rest.len > 0 ? s->rest.data[0] : '\0';
}

/* Is the word one of the names, whole or its first three letters? */
static bool is_name(struct slice word, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        while (n < word.len && (word.data[n] | 32) == names[i][n])
            n++;
        if (n == word.len && (n == 3 || names[i][n] == '\0'))
            return true;
    }
    return false;
}

static bool take_word(struct shape *s) {
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    static const char *const days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};
    struct slice word = slice_make(s->rest.data, run(s, is_alpha));
    static const char mark[PARTS][2] = {"\1", "\2", "\3"};

    if (word.len < 3 || word.len > 9)
        return false;
    skip(s, word.len);
    if (is_name(word, months, 12) && s->count < PARTS) {
        put(s, mark[s->count]);
        s->parts[s->count++] = PART_MONTH;
        return true;
    }
    if (s->count > 0 || !is_name(word, days, 7))
        return false;
    put(s, "%a");
    return true;
}

static bool take_number(struct shape *s) {
    static const char mark[PARTS][2] = {"\1", "\2", "\3"};
    size_t n = run(s, is_digit);

    if (s->count == 0 && n == 8) { /* 20241231 */
        put(s, "%Y%m%d");
        skip(s, n);
        s->count = PARTS;
        s->parts[0] = PART_YEAR;
        return true;
    }
    if (s->count == PARTS || (n != 1 && n != 2 && n != 4))
        return false;
    put(s, mark[s->count]);
    s->widths[s->count] = n;
    s->parts[s->count++] = n == 4 ? PART_YEAR : PART_NUMBER;
    skip(s, n);
    return true;
}

/* "09:30", "09:30:00", "9:30 PM", with what says how far it is from UTC. */
static bool take_time(struct shape *s) {
    size_t hour = run(s, is_digit), hour_at = s->len;

    if (hour == 0 || hour > 2)
        return false;
    put(s, "%H");
    skip(s, hour);
    for (int i = 0; i < 2 && next(s) == ':'; i++) {
        skip(s, 1);
        if (run(s, is_digit) != 2)
            return false;
        skip(s, 2);
        put(s, i == 0 ? ":%M" : ":%S");
        s->has_time = true;
    }
    if (next(s) == '.') {
        skip(s, 1);
        put(s, "%f");
        skip(s, run(s, is_digit));
    }
    if (next(s) == ' ' && s->rest.len == 3) {
        put(s, " ");
        skip(s, 1);
    }
    if (s->rest.len == 2 && (s->rest.data[1] | 32) == 'm') {
        s->out[hour_at + 1] = 'I';
        put(s, "%p");
        skip(s, 2);
    } else if (s->rest.len > 0) {
        if (next(s) == ' ') {
            put(s, " ");
            skip(s, 1);
        }
        if (strchr("Zz+-", next(s)) == NULL)
            return false;
        put(s, "%z");
        skip(s, s->rest.len);
    }
    return s->has_time;
}

/* What may stand between the parts of a date. */
static bool take_between(struct shape *s) {
    char text[2] = {next(s), '\0'};

    if (strchr("./-, ", text[0]) == NULL)
        return false;
    put(s, text);
    skip(s, 1);
    return true;
}

static bool read_shape(struct shape *s) {
    while (s->count < PARTS) {
        if (is_digit(next(s)) ? !take_number(s) : is_alpha(next(s)) && !take_word(s))
            return false;
        while (s->count < PARTS && !is_digit(next(s)) && !is_alpha(next(s)))
            if (s->rest.len == 0 || !take_between(s))
                return false;
    }
    if (s->rest.len == 0)
        return true;
    if (next(s) == ',') {
        put(s, ",");
        skip(s, 1);
    }
    if (next(s) != ' ' && next(s) != 'T')
        return false;
    put(s, next(s) == 'T' ? "T" : " ");
    skip(s, 1);
    return take_time(s);
}

/* The conversions of the three parts, in order; false for an order nobody writes. */
static bool name_parts(const struct shape *s, bool month_first,
                       const char *names[PARTS]) {
    const enum part *p = s->parts;
    const char *year = s->widths[2] == 4 ? "%Y" : "%y";

    names[2] = year;
    if (p[0] == PART_YEAR && p[2] == PART_NUMBER && p[1] != PART_YEAR) {
        names[0] = "%Y";
        names[1] = p[1] == PART_MONTH ? "%b" : "%m";
        names[2] = "%d";
        return true;
    }
    if (p[2] == PART_MONTH || (s->widths[2] != 2 && s->widths[2] != 4))
        return false;
    if (p[0] == PART_NUMBER && p[1] == PART_MONTH) {
        names[0] = "%d";
        names[1] = "%b";
        return true;
    }
    if (p[0] == PART_MONTH && p[1] == PART_NUMBER) {
        names[0] = "%b";
        names[1] = "%d";
        return true;
    }
    names[0] = month_first ? "%m" : "%d";
    names[1] = month_first ? "%d" : "%m";
    return p[0] == PART_NUMBER && p[1] == PART_NUMBER;
}

static bool write_format(const struct shape *s, bool month_first,
                         char out[PROFILE_FORMAT_SIZE]) {
    const char *names[PARTS] = {"", "", ""};
    size_t len = 0;

    if (memchr(s->out, 1, s->len) != NULL && !name_parts(s, month_first, names))
        return false;
    for (size_t i = 0; i < s->len; i++) {
        char c = s->out[i];
        if (len + 3 > PROFILE_FORMAT_SIZE)
            return false;
        if (c >= 1 && c <= PARTS) {
            memcpy(out + len, names[c - 1], 2);
            len += 2;
        } else {
            out[len++] = c;
        }
    }
    out[len] = '\0';
    return true;
}

/* Numbers only, or a name among them: the marks between the parts agree. */
static bool marks_agree(const struct shape *s) {
    char first = '\0';

    for (size_t i = 0; i < s->len && s->out[i] != '\3'; i++) {
        if (s->out[i] == '\1')
            first = i + 1 < s->len ? s->out[i + 1] : '\0';
        if (s->out[i] == '\2' && (i + 1 >= s->len || s->out[i + 1] != first))
            return false;
    }
    return first != ' ' && first != ',';
}

bool profile_date_read(struct slice text, struct profile_date *out) {
    struct shape s = {.rest = text};
    struct civil civil;
    bool numbers, day, month;

    if (text.len < TEXT_MIN || text.len > TEXT_MAX || !read_shape(&s) || s.rest.len > 0)
        return false;
    out->has_time = s.has_time;
    out->order = DATE_FIXED;
    out->other[0] = '\0';
    numbers = s.parts[0] == PART_NUMBER && s.parts[1] == PART_NUMBER;
    if (s.parts[0] != PART_MONTH && s.parts[1] != PART_MONTH && s.widths[1] > 0 &&
        !marks_agree(&s))
        return false;
    if (!write_format(&s, false, out->format))
        return false;
    day = datetime_read(out->format, text, &civil) == DATETIME_OK;
    /* A number of eight digits is a date only within living memory. */
    if (day && s.widths[0] == 0 && s.parts[0] == PART_YEAR &&
        (civil.year < 1900 || civil.year > 2099))
        return false;
    if (!numbers)
        return day;
    month = write_format(&s, true, out->other) &&
            datetime_read(out->other, text, &civil) == DATETIME_OK;
    if (day && month)
        out->order = DATE_OPEN;
    else
        out->order = day ? DATE_DAY_FIRST : DATE_MONTH_FIRST;
    return day || month;
}
