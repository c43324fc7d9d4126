/* zone.c - a zoneinfo file as one table of transitions, and local time looked up in it.
 *
 * Behind the last transition of the file its rule is followed year by year for 400 years,
 * after which the calendar repeats itself.
 */
#include "model/zone.h"

#include "model/datetime.h"
#include "model/zone_rule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"

enum { FILE_MAX = 256 * 1024, HEADER_SIZE = 44, CYCLE_YEARS = 400, DAY = 86400 };

static const int64_t cycle_seconds = INT64_C(146097) * DAY; /* of 400 years */

struct transition {
    int64_t at;     /* UTC, seconds since 1970 */
    int32_t offset; /* from then on, seconds to add to UTC */
};

struct zone {
    int32_t before;                 /* offset before the first transition */
    struct transition *transitions; /* owned; ascending */
    size_t count, cap;              /* of transitions */
    int64_t cycle_from;             /* from here on the last 400 years repeat, or
                                       INT64_MAX */
};

struct header {
    size_t isut, isstd, leap, time, type, chars; /* counts, in the file's order */
};

static int64_t read_be(const unsigned char *p, size_t size) {
    uint64_t value = (p[0] & 0x80) != 0 ? UINT64_MAX : 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

static bool read_header(struct header *h, const unsigned char *data, size_t len) {
    size_t *const counts[] = {&h->isut, &h->isstd, &h->leap,
                              &h->time, &h->type,  &h->chars};

    if (len < HEADER_SIZE || memcmp(data, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < 6; i++) {
        int64_t count = read_be(data + 20 + i * 4, 4);
        if (count < 0 || count > FILE_MAX)
            return false;
        *counts[i] = (size_t)count;
    }
    return h->type > 0;
}

/* Bytes of the block behind the header; times have `width` bytes. */
static size_t block_size(const struct header *h, size_t width) {
    return h->time * width + h->time + h->type * 6 + h->chars + h->leap * (width + 4) +
           h->isstd + h->isut;
}

static bool add(struct zone *zone, int64_t at, int32_t offset) {
    if (zone->count == zone->cap) {
        size_t cap = zone->cap == 0 ? 256 : zone->cap * 2;
        struct transition *more = realloc(zone->transitions, cap * sizeof *more);
        if (more == NULL)
            return false;
        zone->transitions = more;
        zone->cap = cap;
    }
    zone->transitions[zone->count++] = (struct transition){at, offset};
    return true;
}

static bool read_block(struct zone *zone, const struct header *h,
                       const unsigned char *data, size_t width) {
    const unsigned char *indexes = data + h->time * width;
    const unsigned char *types = indexes + h->time;

    zone->before = (int32_t)read_be(types, 4);
    for (size_t i = 0; i < h->time; i++) {
        int64_t at = read_be(data + i * width, width);
        if (indexes[i] >= h->type ||
            (zone->count > 0 && at <= zone->transitions[zone->count - 1].at))
            return false;
        if (!add(zone, at, (int32_t)read_be(types + indexes[i] * 6, 4)))
            return false;
    }
    return true;
}

/* The rule at the end of the file, spelled out for 400 years and one. */
static bool follow_rule(struct zone *zone, const char *text) {
    struct zone_rule rule;
    int64_t last =
        zone->count == 0 ? INT64_MIN / 2 : zone->transitions[zone->count - 1].at;
    int year = 1970;

    zone->cycle_from = INT64_MAX;
    if (text[0] == '\0')
        return true;
    if (!zone_rule_read(&rule, text))
        return false;
    if (!rule.has_summer)
        return zone->count > 0 || (zone->before = rule.standard, true);
    if (zone->count > 0 && last > 0)
        year = datetime_civil(last).year;
    for (int end = year + CYCLE_YEARS + 1; year <= end; year++) {
        struct transition start = {zone_day_in(&rule.start, year) - rule.standard,
                                   rule.summer};
        struct transition stop = {zone_day_in(&rule.end, year) - rule.summer,
                                  rule.standard};
        bool swapped = stop.at < start.at;
        struct transition first = swapped ? stop : start, second = swapped ? start : stop;
        if (first.at > last && !add(zone, first.at, first.offset))
            return false;
        if (second.at > last && !add(zone, second.at, second.offset))
            return false;
    }
    zone->cycle_from = zone->transitions[zone->count - 1].at - DAY;
    return true;
}

/* The text between the newlines at the end; "" for a file that has none. */
static bool read_footer(const unsigned char *data, size_t len, char *out, size_t size) {
    const unsigned char *end;

    out[0] = '\0';
    if (len < 2 || data[0] != '\n')
        return len == 0;
    end = memchr(data + 1, '\n', len - 1);
    if (end == NULL || (size_t)(end - data) > size)
        return false;
    memcpy(out, data + 1, (size_t)(end - data) - 1);
    out[end - data - 1] = '\0';
    return true;
}

static bool parse(struct zone *zone, const unsigned char *data, size_t len) {
    struct header h;
    char footer[128];
    size_t width = 4, size;

    if (!read_header(&h, data, len))
        return false;
    if (data[4] >= '2') { /* the block with 64-bit times stands behind the other */
        size = HEADER_SIZE + block_size(&h, 4);
        if (size > len || !read_header(&h, data + size, len - size))
            return false;
        data += size;
        len -= size;
        width = 8;
    }
    size = HEADER_SIZE + block_size(&h, width);
    if (size > len || !read_block(zone, &h, data + HEADER_SIZE, width))
        return false;
    if (width == 4)
        footer[0] = '\0';
    else if (!read_footer(data + size, len - size, footer, sizeof footer))
        return false;
    return follow_rule(zone, footer);
}

int zone_parse(struct zone **out, const unsigned char *data, size_t len, const char *name,
               struct err *err) {
    struct zone *zone = calloc(1, sizeof *zone);

    *out = NULL;
    if (zone == NULL)
        return err_nomem(err);
    if (!parse(zone, data, len)) {
        zone_free(zone);
        return err_set(err, RC_LOCAL, "the time zone file of '%s' is damaged", name);
    }
    *out = zone;
    return RC_OK;
}

static bool is_zone_name(const char *name) {
    if (name[0] == '\0' || name[0] == '/' || name[0] == '.' || strlen(name) > 64)
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
            !(*p >= '0' && *p <= '9') && strchr("/_+-", *p) == NULL)
            return false;
    return true;
}

static int no_zone(const char *name, struct err *err) {
    (void)err_set(err, RC_USAGE, "there is no time zone '%s'", name);
    err_advise(err,
               "use a name of the IANA list, such as Europe/Berlin or America/New_York; "
               "the system's package tzdata must be installed");
    return RC_USAGE;
}

int zone_load(struct zone **out, const char *name, struct err *err) {
    char path[sizeof ZONE_FOLDER + 64];
    unsigned char *data = NULL;
    struct stat info;
    size_t len = 0;
    int fd = -1, rc;

    *out = NULL;
    if (!is_zone_name(name))
        return no_zone(name, err);
    (void)snprintf(path, sizeof path, "%s%s", ZONE_FOLDER, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        rc = no_zone(name, err);
        goto out;
    }
    data = malloc(FILE_MAX);
    if (data == NULL) {
        rc = err_nomem(err);
        goto out;
    }
    while (len < FILE_MAX) {
        ssize_t n = read(fd, data + len, FILE_MAX - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = err_errno(err, "read", path);
            goto out;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    rc = zone_parse(out, data, len, name, err);
out:
    free(data);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

void zone_free(struct zone *zone) {
    if (zone == NULL)
        return;
    free(zone->transitions);
    free(zone);
}

int32_t zone_offset(const struct zone *zone, int64_t utc) {
    size_t low = 0, high = zone->count;

    if (utc >= zone->cycle_from)
        utc -= ((utc - zone->cycle_from) / cycle_seconds + 1) * cycle_seconds;
    while (low < high) { /* the first transition after utc */
        size_t middle = low + (high - low) / 2;
        if (zone->transitions[middle].at <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? zone->before : zone->transitions[low - 1].offset;
}

enum zone_result zone_to_utc(const struct zone *zone, int64_t local, int64_t *utc) {
    /* No zone is a day away from UTC: what is in force a day earlier and a day later are
     * the only offsets that this local time can have. */
    int32_t earlier = zone_offset(zone, local - DAY);
    int32_t later = zone_offset(zone, local + DAY);
    bool fits_earlier = zone_offset(zone, local - earlier) == earlier;
    bool fits_later = zone_offset(zone, local - later) == later;

    *utc = local - (fits_earlier ? earlier : later);
    if (earlier == later)
        return fits_earlier ? ZONE_OK : ZONE_GAP;
    if (fits_earlier && fits_later)
        return ZONE_AMBIGUOUS;
    return fits_earlier || fits_later ? ZONE_OK : ZONE_GAP;
}
