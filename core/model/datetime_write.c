/* datetime_write.c - a moment by a pattern: the other direction of datetime.c. */
#include "model/datetime.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

static int write_name(struct buf *buf, const char *name, bool whole) {
    size_t len = strlen(name);

    return buf_append(buf, name, whole || len < 3 ? len : 3);
}

static int write_offset(struct buf *buf, const struct civil *civil) {
    int minutes = civil->offset / 60;
    int distance = minutes < 0 ? -minutes : minutes;

    return buf_append_format(buf, "%c%02d%02d", minutes < 0 ? '-' : '+', distance / 60,
                             distance % 60);
}

static int write_conversion(struct buf *buf, char conversion, const struct civil *c) {
    int64_t weekday = (datetime_days(c->year, c->month, c->day) % 7 + 11) % 7;

    switch (conversion) {
    case 'Y': return buf_append_format(buf, "%04d", c->year);
    case 'y': return buf_append_format(buf, "%02d", c->year % 100);
    case 'm': return buf_append_format(buf, "%02d", c->month);
    case 'd': return buf_append_format(buf, "%02d", c->day);
    case 'e': return buf_append_format(buf, "%d", c->day);
    case 'b':
    case 'h': return write_name(buf, months[c->month - 1], false);
    case 'B': return write_name(buf, months[c->month - 1], true);
    case 'a': return write_name(buf, days[weekday], false);
    case 'A': return write_name(buf, days[weekday], true);
    case 'H': return buf_append_format(buf, "%02d", c->hour);
    case 'I': return buf_append_format(buf, "%02d", (c->hour + 11) % 12 + 1);
    case 'M': return buf_append_format(buf, "%02d", c->minute);
    case 'S': return buf_append_format(buf, "%02d", c->second);
    case 'p': return buf_append_text(buf, c->hour < 12 ? "AM" : "PM");
    case 'z': return write_offset(buf, c);
    case 'f': return RC_OK; /* no fraction: read back as none */
    case 'F': return datetime_write(buf, "%Y-%m-%d", c);
    case 'D': return datetime_write(buf, "%m/%d/%y", c);
    case 'T': return datetime_write(buf, "%H:%M:%S", c);
    case 'R': return datetime_write(buf, "%H:%M", c);
    default: return buf_append_char(buf, conversion);
    }
}

int datetime_write(struct buf *buf, const char *pattern, const struct civil *civil) {
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '%' && p[1] != '\0')
            (void)write_conversion(buf, *++p, civil);
        else
            (void)buf_append_char(buf, *p);
    }
    return buf->failed;
}
