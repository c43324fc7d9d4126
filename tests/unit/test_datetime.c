/* test_datetime.c - dates by pattern, and local times of zones to UTC. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/datetime.h"
#include "model/zone.h"

#define FORMAT "%Y-%m-%d"

static void test_read(void **state) {
    static const struct {
        const char *pattern, *text;
        const char *out; /* NULL: no such form; "": no such day */
    } cases[] = {
        {FORMAT, "2026-01-02", "2026-01-02 00:00:00"},
        {FORMAT, "2026-1-2", "2026-01-02 00:00:00"},
        {FORMAT, "2024-02-29", "2024-02-29 00:00:00"},
        {FORMAT, "2023-02-29", ""},
        {FORMAT, "2026-02-30", ""},
        {FORMAT, "2026-04-31", ""},
        {FORMAT, "1900-02-29", ""},
        {FORMAT, "2000-02-29", "2000-02-29 00:00:00"},
        {FORMAT, "2026-13-01", ""},
        {FORMAT, "2026-00-01", ""},
        {FORMAT, "2026-01-00", ""},
        {FORMAT, "0026-01-01", ""},
        {FORMAT, "26-01-02", NULL},
        {FORMAT, "2026-01-02 ", NULL},
        {FORMAT, " 2026-01-02", NULL},
        {FORMAT, "2026- 1-02", NULL},
        {FORMAT, "2026-01-02T00:00:00", NULL},
        {FORMAT, "2026-001-02", NULL},
        {FORMAT, "20260102", NULL},
        {FORMAT, "+2026-01-02", NULL},
        {FORMAT, "2026-01-0x", NULL},
        {FORMAT, "", NULL},
        {"%d.%m.%Y", "31.12.2026", "2026-12-31 00:00:00"},
        {"%d.%m.%Y", "1.2.2026", "2026-02-01 00:00:00"},
        {"%d.%m.%Y", "31.12.26", NULL},
        {"%d.%m.%y", "31.12.26", "2026-12-31 00:00:00"},
        {"%d.%m.%y", "31.12.69", "1969-12-31 00:00:00"},
        {"%d.%m.%y", "31.12.68", "2068-12-31 00:00:00"},
        {"%m/%d/%Y", "12/31/2026", "2026-12-31 00:00:00"},
        {"%m/%d/%Y", "31/12/2026", ""},
        {"%d %b %Y", "2 Jan 2026", "2026-01-02 00:00:00"},
        {"%d %b %Y", "2 january 2026", "2026-01-02 00:00:00"},
        {"%d %b %Y", "2  Jan 2026", NULL},
        {"%d %b %Y", "2 Janu 2026", NULL},
        {"%B %d, %Y", "May 5, 2026", "2026-05-05 00:00:00"},
        {"%a %d %b %Y", "Tue 24 Nov 2026", "2026-11-24 00:00:00"},
        {"%a %d %b %Y", "Mon 24 Nov 2026", ""},
        {"%F %T", "2026-01-02 03:04:05", "2026-01-02 03:04:05"},
        {"%F %R", "2026-01-02 3:04", "2026-01-02 03:04:00"},
        {"%F %R", "2026-01-02 24:00", ""},
        {"%F %T", "2026-01-02 23:59:60", ""},
        {"%F %I:%M %p", "2026-01-02 12:05 AM", "2026-01-02 00:05:00"},
        {"%F %I:%M %p", "2026-01-02 12:05 pm", "2026-01-02 12:05:00"},
        {"%F %I:%M %p", "2026-01-02 11:05 PM", "2026-01-02 23:05:00"},
        {"%F %I:%M %p", "2026-01-02 13:05 PM", ""},
        {"%Y%%%m%%%d", "2026%01%02", "2026-01-02 00:00:00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct civil civil;
        char out[DATETIME_SIZE];
        enum datetime_result result =
            datetime_read(cases[i].pattern, slice_of(cases[i].text), &civil);
        enum datetime_result want = cases[i].out == NULL      ? DATETIME_NO_MATCH
                                    : cases[i].out[0] == '\0' ? DATETIME_NO_SUCH_DAY
                                                              : DATETIME_OK;
        if (result != want)
            fail_msg("%s by %s gave %d", cases[i].text, cases[i].pattern, (int)result);
        if (want != DATETIME_OK)
            continue;
        datetime_format(&civil, out);
        assert_string_equal(out, cases[i].out);
    }
}

static void test_offsets(void **state) {
    static const struct {
        const char *text;
        int offset; /* 99999: refused */
    } cases[] = {
        {"2026-01-02T03:04:05Z", 0},          {"2026-01-02T03:04:05+02:00", 7200},
        {"2026-01-02T03:04:05-0530", -19800}, {"2026-01-02T03:04:05+05", 18000},
        {"2026-01-02T03:04:05.000Z", 0},      {"2026-01-02T03:04:05.001Z", 99999},
        {"2026-01-02T03:04:05.Z", 99999},     {"2026-01-02T03:04:05+2", 99999},
        {"2026-01-02T03:04:05+15:00", 99999}, {"2026-01-02T03:04:05+02:60", 99999},
        {"2026-01-02T03:04:05", 99999},       {"2026-01-02T03:04:05 Z", 99999}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct civil civil;
        enum datetime_result result =
            datetime_read("%Y-%m-%dT%H:%M:%S%f%z", slice_of(cases[i].text), &civil);
        if ((result == DATETIME_OK) != (cases[i].offset != 99999))
            fail_msg("%s gave %d", cases[i].text, (int)result);
        if (result == DATETIME_OK) {
            assert_true(civil.has_offset);
            assert_int_equal(civil.offset, cases[i].offset);
        }
    }
}

static void test_pattern_problems(void **state) {
    static const struct {
        const char *pattern;
        enum datetime_parts parts;
        bool good;
    } cases[] = {{"%Y-%m-%d", DATETIME_DATE, true},
                 {"%d.%m.%y", DATETIME_DATE, true},
                 {"%F", DATETIME_DATE, true},
                 {"%d %B %Y", DATETIME_DATE, true},
                 {"%Y-%m", DATETIME_DATE, false},
                 {"%m-%d", DATETIME_DATE, false},
                 {"%Y-%d", DATETIME_DATE, false},
                 {"%Y-%m-%d %H:%M", DATETIME_DATE, false},
                 {"%Y-%m-%d", DATETIME_BOTH, false},
                 {"%Y-%m-%d %H:%M", DATETIME_BOTH, true},
                 {"%F %T%z", DATETIME_BOTH, true},
                 {"%F %I:%M", DATETIME_BOTH, false},
                 {"%F %H:%M %p", DATETIME_BOTH, false},
                 {"%F %I:%M %p", DATETIME_BOTH, true},
                 {"%Y-%m-%d %d", DATETIME_DATE, false},
                 {"YYYY-MM-DD", DATETIME_DATE, false},
                 {"%Y-%m-%q", DATETIME_DATE, false},
                 {"%Y-%m-%d%", DATETIME_DATE, false},
                 {"", DATETIME_DATE, false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if ((datetime_pattern_problem(cases[i].pattern, cases[i].parts) == NULL) !=
            cases[i].good)
            fail_msg("%s", cases[i].pattern);
}

/* Day numbers against the C library's, both ways. */
static void test_days(void **state) {
    (void)state;
    for (int64_t t = -2208988800; t < 32503680000; t += 86400 * 37 + 12345) {
        time_t at = (time_t)t;
        struct tm tm;
        struct civil civil = datetime_civil(t);
        assert_non_null(gmtime_r(&at, &tm));
        assert_int_equal(civil.year, tm.tm_year + 1900);
        assert_int_equal(civil.month, tm.tm_mon + 1);
        assert_int_equal(civil.day, tm.tm_mday);
        assert_int_equal(civil.hour, tm.tm_hour);
        assert_int_equal(civil.minute, tm.tm_min);
        assert_int_equal(civil.second, tm.tm_sec);
        assert_int_equal(datetime_seconds(&civil), t);
    }
}

static int64_t at(const char *text) {
    struct civil civil;

    assert_int_equal(datetime_read("%F %T", slice_of(text), &civil), DATETIME_OK);
    return datetime_seconds(&civil);
}

static void test_zones(void **state) {
    static const struct {
        const char *zone, *local;
        const char *utc; /* "gap", "twice", or the time */
    } cases[] = {
        {"Europe/Berlin", "2026-01-15 12:00:00", "2026-01-15 11:00:00"},
        {"Europe/Berlin", "2026-07-15 12:00:00", "2026-07-15 10:00:00"},
        {"Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29 00:59:59"},
        {"Europe/Berlin", "2026-03-29 02:00:00", "gap"},
        {"Europe/Berlin", "2026-03-29 02:30:00", "gap"},
        {"Europe/Berlin", "2026-03-29 02:59:59", "gap"},
        {"Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29 01:00:00"},
        {"Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24 23:59:59"},
        {"Europe/Berlin", "2026-10-25 02:00:00", "twice"},
        {"Europe/Berlin", "2026-10-25 02:59:59", "twice"},
        {"Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25 02:00:00"},
        {"Europe/Berlin", "2055-07-15 12:00:00", "2055-07-15 10:00:00"},
        {"Europe/Berlin", "2055-03-28 02:30:00", "gap"},
        {"Europe/Berlin", "9999-12-31 23:00:00", "9999-12-31 22:00:00"},
        {"Europe/Berlin", "9999-07-01 00:00:00", "9999-06-30 22:00:00"},
        {"America/New_York", "2026-03-08 02:30:00", "gap"},
        {"America/New_York", "2026-11-01 01:30:00", "twice"},
        {"America/New_York", "2026-06-01 00:00:00", "2026-06-01 04:00:00"},
        {"America/New_York", "2100-06-01 00:00:00", "2100-06-01 04:00:00"},
        {"Australia/Sydney", "2026-01-15 12:00:00", "2026-01-15 01:00:00"},
        {"Australia/Sydney", "2026-10-04 02:30:00", "gap"},
        {"Australia/Sydney", "2026-04-05 02:30:00", "twice"},
        {"Australia/Sydney", "2075-12-25 12:00:00", "2075-12-25 01:00:00"},
        {"Australia/Lord_Howe", "2026-04-05 01:45:00", "twice"},
        {"Asia/Kolkata", "2026-06-01 05:30:00", "2026-06-01 00:00:00"},
        {"Asia/Kathmandu", "2026-06-01 05:45:00", "2026-06-01 00:00:00"},
        {"America/Sao_Paulo", "2026-01-15 12:00:00", "2026-01-15 15:00:00"},
        {"Pacific/Apia", "2011-12-30 12:00:00", "gap"}, /* a day that was skipped */
        {"Etc/UTC", "2026-06-01 00:00:00", "2026-06-01 00:00:00"},
        {"Europe/Dublin", "2026-07-15 12:00:00", "2026-07-15 11:00:00"},
        {"Europe/Dublin", "2060-01-15 12:00:00", "2060-01-15 12:00:00"},
        {"America/Nuuk", "2060-07-15 12:00:00", "2060-07-15 13:00:00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {.rc = RC_OK};
        struct zone *zone;
        int64_t utc;
        enum zone_result result, want = ZONE_OK;
        char out[DATETIME_SIZE];
        struct civil civil;
        if (zone_load(&zone, cases[i].zone, &err) < 0)
            fail_msg("%s", err.message);
        if (strcmp(cases[i].utc, "gap") == 0)
            want = ZONE_GAP;
        if (strcmp(cases[i].utc, "twice") == 0)
            want = ZONE_AMBIGUOUS;
        result = zone_to_utc(zone, at(cases[i].local), &utc);
        if (result != want)
            fail_msg("%s in %s gave %d", cases[i].local, cases[i].zone, (int)result);
        if (want == ZONE_OK) {
            civil = datetime_civil(utc);
            datetime_format(&civil, out);
            assert_string_equal(out, cases[i].utc);
        }
        zone_free(zone);
    }
}

/* The offsets of a zone against the C library's, over two centuries. */
static void test_zone_against_libc(void **state) {
    static const char *const zones[] = {
        "Europe/Berlin", "America/New_York", "Australia/Sydney", "Africa/Casablanca",
        "Asia/Tokyo",    "America/St_Johns", "Asia/Jerusalem",   "America/Santiago"};

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct err err = {.rc = RC_OK};
        struct zone *zone;
        assert_int_equal(zone_load(&zone, zones[i], &err), RC_OK);
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        for (int64_t t = -2208988800; t < 4102444800; t += 86400 * 3 + 1234) {
            time_t moment = (time_t)t;
            struct tm tm;
            assert_non_null(localtime_r(&moment, &tm));
            if (zone_offset(zone, t) != tm.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", zones[i], (long long)t,
                         zone_offset(zone, t), tm.tm_gmtoff);
        }
        zone_free(zone);
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

static void test_no_zone(void **state) {
    static const char *const bad[] = {"",
                                      "Europe/Berln",
                                      "../../../etc/passwd",
                                      "/etc/localtime",
                                      "Europe",
                                      "CET+1:00",
                                      "zone.tab",
                                      ".",
                                      "Europe/../UTC"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {.rc = RC_OK};
        struct zone *zone;
        int rc = zone_load(&zone, bad[i], &err);
        assert_true(rc == RC_USAGE || rc == RC_LOCAL);
        assert_null(zone);
        assert_true(err.message[0] != '\0');
    }
}

/* A damaged file is refused, wherever it is damaged, or still gives some offset. */
static void test_damaged(void **state) {
    static unsigned char data[8192];
    struct err err;
    struct zone *zone;
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
    size_t len;

    (void)state;
    assert_non_null(file);
    len = fread(data, 1, sizeof data, file);
    fclose(file);
    for (size_t n = 0; n < len; n++) {
        unsigned char *cut = malloc(n == 0 ? 1 : n);
        assert_non_null(cut);
        memcpy(cut, data, n);
        err = (struct err){.rc = RC_OK};
        if (zone_parse(&zone, cut, n, "cut", &err) == RC_OK)
            (void)zone_offset(zone, 0);
        zone_free(zone);
        free(cut);
    }
    for (size_t n = 0; n < len; n++) {
        int64_t utc;
        data[n] ^= 0xA5;
        err = (struct err){.rc = RC_OK};
        if (zone_parse(&zone, data, len, "bent", &err) == RC_OK)
            (void)zone_to_utc(zone, 1774749600, &utc);
        zone_free(zone);
        data[n] ^= 0xA5;
    }
}

static void test_serials(void **state) {
    static const struct {
        const char *text, *means; /* NULL: no such number */
    } cases[] = {{"45291", "2023-12-31 00:00:00"},
                 {"10000", "1927-05-18 00:00:00"},
                 {"73050", "2099-12-31 00:00:00"},
                 {"45291.5", "2023-12-31 12:00:00"},
                 {"45291.25", "2023-12-31 06:00:00"},
                 {"9999", NULL},
                 {"73051", NULL},
                 {"452910", NULL},
                 {"4529a", NULL},
                 {"45291,5", NULL},
                 {"45291.x", NULL},
                 {"", NULL},
                 {"-4529", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DATETIME_SIZE];
        struct civil civil;
        bool is = datetime_is_serial(slice_of(cases[i].text), &civil);
        if (is != (cases[i].means != NULL))
            fail_msg("%s", cases[i].text);
        if (!is)
            continue;
        datetime_format(&civil, text);
        assert_string_equal(text, cases[i].means);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_pattern_problems),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_serials),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_zone_against_libc),
        cmocka_unit_test(test_no_zone),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
