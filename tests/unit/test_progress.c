/* test_progress.c - golden texts of the progress block and line, its timing, its width.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/progress.h"
#include "cmd/quantity.h"

enum { TEXT_MAX = 1 << 16, SCREEN_LINES = 40, SCREEN_COLUMNS = 200 };

static const struct progress_state busy = {
    .total = 100000,
    .done = 45210,
    .created = 40000,
    .updated = 5000,
    .unchanged = 100,
    .failed = 110,
    .in_flight = 8,
    .limit = 16,
    .retries = 3,
    .p50_us = 12345,
    .p95_us = 45678,
};
static const struct progress_view view80 = {
    .title = "importing leads.csv",
    .elapsed_ms = 83000,
    .rate_milli = 1234000,
    .left_ms = 44300,
    .width = 80,
};

static void test_golden_block(void **state) {
    struct buf text = {.max = TEXT_MAX};

    (void)state;
    assert_int_equal(progress_render(&text, &busy, &view80), 5);
    assert_string_equal(
        buf_text(&text),
        "importing leads.csv  running\n"
        " 45 %  [##################----------------------]  45,210 of 100,000 rows\n"
        "1,234 rows/s  ETA 0:44  elapsed 1:23\n"
        "created 40,000  updated 5,000  unchanged 100  failed 110\n"
        "8 of 16 requests in flight  half in 12.3 ms  95 % in 45.7 ms  3 retries\n");
    buf_fini(&text);
}

static void test_golden_narrow(void **state) {
    struct progress_view view = view80;
    struct buf text = {.max = TEXT_MAX};

    (void)state;
    view.width = 41;
    assert_int_equal(progress_render(&text, &busy, &view), 8);
    assert_string_equal(buf_text(&text), "importing leads.csv  running\n"
                                         " 45 %  [###----]  45,210 of 100,000 rows\n"
                                         "1,234 rows/s  ETA 0:44  elapsed 1:23\n"
                                         "created 40,000  updated 5,000\n"
                                         "unchanged 100  failed 110\n"
                                         "8 of 16 requests in flight\n"
                                         "half in 12.3 ms  95 % in 45.7 ms\n"
                                         "3 retries\n");
    buf_fini(&text);
}

static void test_golden_color(void **state) {
    struct progress_state done = {.total = 1, .done = 1, .failed = 1};
    struct progress_view view = {.title = "t", .width = 30, .left_ms = -1, .color = true};
    struct buf text = {.max = TEXT_MAX};

    (void)state;
    done.status = PROGRESS_FINISHING;
    assert_int_equal(progress_render(&text, &done, &view), 4);
    assert_string_equal(buf_text(&text), "\033[1mt\033[0m  \033[32mfinishing\033[0m\n"
                                         "100 %  [########]  1 of 1 row\n"
                                         "0.00 rows/s  elapsed 0:00\n"
                                         "\033[31mfailed 1\033[0m\n");
    buf_fini(&text);
}

static void test_status_words(void **state) {
    static const struct {
        enum progress_status status;
        int64_t wait_ms;
        uint64_t settling;
        const char *words;
    } cases[] = {
        {PROGRESS_RUNNING, 0, 0, "t  running\n"},
        {PROGRESS_PAUSED, 12000, 0, "t  paused 12 s for the server\n"},
        {PROGRESS_PAUSED, 11001, 0, "t  paused 12 s for the server\n"},
        {PROGRESS_RETRYING, 300, 0, "t  waiting 1 s: server cannot be reached\n"},
        {PROGRESS_SETTLING, 0, 3, "t  settling 3 rows\n"},
        {PROGRESS_SETTLING, 0, 1, "t  settling 1 row\n"},
        {PROGRESS_STOPPING, 0, 0, "t  stopping: waiting for what is in flight\n"},
        {PROGRESS_FINISHING, 0, 0, "t  finishing\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct progress_state now = {.status = cases[i].status,
                                     .wait_ms = cases[i].wait_ms,
                                     .settling = cases[i].settling};
        struct progress_view view = {.title = "t", .width = 80, .left_ms = -1};
        struct buf text = {.max = TEXT_MAX};
        (void)progress_render(&text, &now, &view);
        if (strncmp(buf_text(&text), cases[i].words, strlen(cases[i].words)) != 0)
            fail_msg("%s", buf_text(&text));
        buf_fini(&text);
    }
}

static void test_golden_line(void **state) {
    struct progress_state now = busy;
    struct buf text = {.max = TEXT_MAX};

    (void)state;
    progress_render_line(&text, &now, &view80);
    assert_string_equal(buf_text(&text),
                        "importing leads.csv: 45,210 of 100,000 rows (45 %), 1,234 "
                        "rows/s, ETA 0:44, elapsed 1:23, created 40,000, updated 5,000, "
                        "unchanged 100, failed 110, 3 retries");
    buf_reset(&text);
    now = (struct progress_state){.done = 1, .status = PROGRESS_STOPPING};
    progress_render_line(&text, &now, &(struct progress_view){.title = "x"});
    assert_string_equal(buf_text(&text), "x: 1 row, 0.00 rows/s, elapsed 0:00, stopping: "
                                         "waiting for what is in flight");
    buf_fini(&text);
}

static void test_percent(void **state) {
    static const struct {
        uint64_t done, total;
        const char *percent;
    } cases[] = {
        {0, 10, "  0 %"},
        {99999, 100000, " 99 %"}, /* never 100 before the end */
        {100000, 100000, "100 %"},
        {12, 10, "100 %"},
        {UINT64_MAX - 1, UINT64_MAX, " 99 %"},
        {UINT64_MAX / 4, UINT64_MAX, " 25 %"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct progress_state now = {.done = cases[i].done, .total = cases[i].total};
        struct progress_view view = {.title = "t", .width = 120, .left_ms = -1};
        struct buf text = {.max = TEXT_MAX};
        (void)progress_render(&text, &now, &view);
        if (strstr(buf_text(&text), cases[i].percent) == NULL)
            fail_msg("case %zu: %s", i, buf_text(&text));
        buf_fini(&text);
    }
}

/* Whatever the width and the numbers: no line reaches the last column, escapes aside. */
static void test_never_wraps(void **state) {
    static const char *const titles[] = {
        "importing leads.csv",
        "importing \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE3\x83\x95\xE3\x82\xA1.csv",
        "importing a very long name of a file that somebody made in a hurry, final 2.csv",
        "e\xCC\x81\xCC\x81\xCC\x81 \xF0\x9F\x98\x80\xF0\x9F\x98\x80",
        "\xFF\xFE bad",
        "",
    };
    struct progress_state most = {.total = UINT64_MAX,
                                  .done = UINT64_MAX - 7,
                                  .created = UINT64_MAX,
                                  .updated = UINT64_MAX,
                                  .unchanged = UINT64_MAX,
                                  .skipped = UINT64_MAX,
                                  .deleted = UINT64_MAX,
                                  .failed = UINT64_MAX,
                                  .unknown = UINT64_MAX,
                                  .in_flight = UINT64_MAX,
                                  .limit = UINT64_MAX,
                                  .retries = UINT64_MAX,
                                  .p50_us = INT64_MAX,
                                  .p95_us = INT64_MAX,
                                  .wait_ms = INT64_MAX,
                                  .status = PROGRESS_PAUSED};
    const struct progress_state *states[] = {&busy, &most};

    (void)state;
    for (size_t t = 0; t < sizeof titles / sizeof *titles; t++)
        for (size_t s = 0; s < 2; s++)
            for (size_t width = 0; width < 130; width++) {
                struct progress_view view = {.title = titles[t],
                                             .width = width,
                                             .rate_milli = UINT64_MAX,
                                             .elapsed_ms = INT64_MAX,
                                             .left_ms = INT64_MAX};
                struct buf text = {.max = TEXT_MAX};
                size_t lines = progress_render(&text, states[s], &view), seen = 0;
                for (const char *at = buf_text(&text); *at != '\0'; seen++) {
                    size_t len = strcspn(at, "\n");
                    size_t columns = terminal_columns(slice_make(at, len));
                    if (columns > (width > 1 ? width - 1 : 1))
                        fail_msg("width %zu: %.*s", width, (int)len, at);
                    at += len + 1;
                }
                assert_int_equal(seen, lines);
                assert_int_equal(text.failed, RC_OK);
                buf_fini(&text);
            }
}

static void test_columns(void **state) {
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\xC3\xA9", 1},
        {"e\xCC\x81", 1},
        {"\xE6\x97\xA5\xE6\x9C\xAC", 4},
        {"\xF0\x9F\x98\x80", 2},
        {"\xE2\x80\x8B", 0},
        {"\xEA\xB0\x80", 2},
        {"\xFF", 1},
        {"\xE6\x97", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(terminal_columns(slice_of(cases[i].text)), cases[i].columns);
    assert_int_equal(terminal_fit(slice_of("\xE6\x97\xA5\xE6\x9C\xAC"), 3), 3);
    assert_int_equal(terminal_fit(slice_of("\xE6\x97\xA5"), 1), 0);
    assert_int_equal(terminal_fit(slice_of("e\xCC\x81x"), 1), 3);
}

/* A clock that stands still until it is moved. */
static int64_t clock_us;

static int64_t fake_monotonic(void *context) {
    (void)context;
    return clock_us;
}

static const struct env fake_env = {.monotonic_us = fake_monotonic};

static int scratch(void) {
    char path[] = "/tmp/test_progress.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    return fd;
}

static const char *written(int fd) {
    static char text[TEXT_MAX];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return text;
}

static void test_lines_off_a_terminal(void **state) {
    struct terminal log = {.fd = scratch()};
    struct progress_state now = {.total = 10000};
    struct progress progress = {0};

    (void)state;
    clock_us = 5000000;
    progress_start(&progress, &log, &fake_env, "importing a.csv", false, &now);
    assert_string_equal(written(log.fd), "importing a.csv: 0 of 10,000 rows (0 %), 0.00 "
                                         "rows/s, elapsed 0:00\n");
    for (int i = 1; i <= 299; i++) { /* 29.9 s, 10 rows every 0.1 s */
        clock_us += 100000;
        now.done += 10;
        assert_false(progress_due(&progress));
        progress_show(&progress, &now);
    }
    assert_string_equal(written(log.fd), "");
    progress_message(&progress, "line %d: careful", 7);
    assert_string_equal(written(log.fd), "line 7: careful\n");
    clock_us += 100000;
    now.done = now.created = 3000;
    assert_true(progress_due(&progress));
    progress_show(&progress, &now);
    assert_string_equal(written(log.fd), "importing a.csv: 3,000 of 10,000 rows (30 %), "
                                         "100 rows/s, ETA 1:10, elapsed 0:30, created "
                                         "3,000\n");
    clock_us += 1000000;
    progress_finish(&progress, &now);
    assert_non_null(strstr(written(log.fd), "elapsed 0:31, created 3,000\n"));
    progress_message(&progress, "after");
    assert_string_equal(written(log.fd), "after\n");
    assert_int_equal(close(log.fd), 0);
}

/* The speed is that of the last 30 s, and rows of an earlier run do not count. */
static void test_rate_window(void **state) {
    struct terminal log = {.fd = scratch()};
    struct progress_state now = {.total = 100000, .done = 50000};
    struct progress progress = {0};

    (void)state;
    clock_us = 0;
    progress_start(&progress, &log, &fake_env, "t", false, &now);
    assert_non_null(strstr(written(log.fd), " 0.00 rows/s"));
    for (int i = 0; i < 60; i++) { /* a minute with 10 rows/s */
        clock_us += 1000000;
        now.done += 10;
        progress_show(&progress, &now);
    }
    assert_non_null(strstr(written(log.fd), " 10.0 rows/s"));
    for (int i = 0; i < 30; i++) { /* then 30 s with 100 rows/s */
        clock_us += 1000000;
        now.done += 100;
        progress_show(&progress, &now);
    }
    assert_non_null(strstr(written(log.fd), " 100 rows/s"));
    for (int i = 0; i < 31; i++) { /* then nothing: no speed, no estimate */
        clock_us += 1000000;
        progress_show(&progress, &now);
    }
    progress_finish(&progress, &now);
    assert_non_null(strstr(written(log.fd), "(53 %), 0.00 rows/s, elapsed 2:01\n"));
    assert_int_equal(close(log.fd), 0);
}

/* A terminal that knows what the block uses: CR, LF, cursor up, clear. */
struct screen {
    char lines[SCREEN_LINES][SCREEN_COLUMNS];
    size_t row, column;
};

static void screen_feed(struct screen *screen, const char *text) {
    for (; *text != '\0'; text++) {
        unsigned n;
        char what;
        if (*text == '\r') {
            screen->column = 0;
        } else if (*text == '\n') {
            screen->row++;
            screen->column = 0;
            assert_true(screen->row < SCREEN_LINES);
        } else if (strncmp(text, "\033[", 2) == 0) {
            const char *end = text + 2;
            for (n = 0; *end >= '0' && *end <= '9'; end++)
                n = n * 10 + (unsigned)(*end - '0');
            what = *end;
            if (what == 'A') {
                assert_true(screen->row >= n);
                screen->row -= n;
            } else if (what == 'K' || what == 'J') {
                memset(screen->lines[screen->row] + screen->column, 0,
                       SCREEN_COLUMNS - screen->column);
                for (size_t i = screen->row + 1; what == 'J' && i < SCREEN_LINES; i++)
                    memset(screen->lines[i], 0, SCREEN_COLUMNS);
            } else {
                fail_msg("unexpected sequence %c", what);
            }
            text = end;
        } else {
            assert_true(screen->column + 1 < SCREEN_COLUMNS);
            screen->lines[screen->row][screen->column++] = *text;
        }
    }
}

static void check_screen(const struct screen *screen, const char *expected) {
    struct buf text = {.max = TEXT_MAX};

    for (size_t i = 0; i < SCREEN_LINES; i++)
        if (screen->lines[i][0] != '\0' || i < screen->row)
            (void)buf_append_format(&text, "%s\n", screen->lines[i]);
    assert_string_equal(buf_text(&text), expected);
    buf_fini(&text);
}

static void test_block_on_a_terminal(void **state) {
    struct terminal log = {.fd = scratch(), .is_tty = true, .moves = true, .columns = 60};
    struct progress_state now = {.total = 100, .limit = 4, .in_flight = 2};
    struct progress progress = {0};
    static struct screen screen;

    (void)state;
    clock_us = 0;
    screen_feed(&screen, "$ espoload import\n");
    progress_start(&progress, &log, &fake_env, "t", false, &now);
    screen_feed(&screen, written(log.fd));
    check_screen(&screen, "$ espoload import\n"
                          "t  running\n"
                          "  0 %  [-----------------------------------]  0 of 100 rows\n"
                          "0.00 rows/s  elapsed 0:00\n"
                          "2 of 4 requests in flight\n");
    clock_us += 249999;
    now.done = now.created = 50;
    progress_show(&progress, &now);
    assert_string_equal(written(log.fd), ""); /* at most 4 times a second */
    clock_us += 750001;
    progress_show(&progress, &now);
    screen_feed(&screen, written(log.fd));
    check_screen(&screen, "$ espoload import\n"
                          "t  running\n"
                          " 50 %  [#################-----------------]  50 of 100 rows\n"
                          "50.0 rows/s  ETA 0:01  elapsed 0:01\n"
                          "created 50\n"
                          "2 of 4 requests in flight\n");
    progress_message(&progress, "warning: %s", "line 7 looks odd");
    screen_feed(&screen, written(log.fd));
    check_screen(&screen, "$ espoload import\n"
                          "warning: line 7 looks odd\n"
                          "t  running\n"
                          " 50 %  [#################-----------------]  50 of 100 rows\n"
                          "50.0 rows/s  ETA 0:01  elapsed 0:01\n"
                          "created 50\n"
                          "2 of 4 requests in flight\n");
    clock_us += 1000000;
    now.limit = 0; /* fewer lines than before: the rest is cleared */
    now.done = now.created = 100;
    progress_show(&progress, &now);
    screen_feed(&screen, written(log.fd));
    check_screen(&screen, "$ espoload import\n"
                          "warning: line 7 looks odd\n"
                          "t  running\n"
                          "100 %  [#################################]  100 of 100 rows\n"
                          "50.0 rows/s  elapsed 0:02\n"
                          "created 100\n");
    progress_finish(&progress, &now);
    screen_feed(&screen, written(log.fd));
    screen_feed(&screen, "done\n");
    check_screen(&screen, "$ espoload import\n"
                          "warning: line 7 looks odd\n"
                          "done\n");
    assert_int_equal(close(log.fd), 0);
}

static void test_quiet(void **state) {
    struct terminal log = {.fd = scratch(), .is_tty = true, .moves = true};
    struct progress_state now = {.total = 10};
    struct progress progress = {0};

    (void)state;
    progress_message(&progress, "before there is a terminal");
    progress_start(&progress, &log, &fake_env, "t", true, &now);
    clock_us += 60000000;
    assert_false(progress_due(&progress));
    progress_show(&progress, &now);
    assert_string_equal(written(log.fd), "");
    progress_message(&progress, "shown");
    assert_string_equal(written(log.fd), "shown\n");
    progress_finish(&progress, &now);
    assert_string_equal(written(log.fd), "");
    assert_int_equal(close(log.fd), 0);
}

static void test_terminal_facts(void **state) {
    static const struct {
        enum color_choice choice;
        const char *term;
        const char *no_color;
        bool tty, moves, color;
    } cases[] = {
        {COLOR_AUTO, "TERM=xterm", "X=", true, true, true},
        {COLOR_AUTO, "TERM=xterm", "NO_COLOR=1", true, true, false},
        {COLOR_AUTO, "TERM=xterm", "NO_COLOR=", true, true, true},
        {COLOR_AUTO, "TERM=dumb", "X=", true, false, false},
        {COLOR_AUTO, "X=", "X=", true, false, false},
        {COLOR_ALWAYS, "TERM=dumb", "NO_COLOR=1", true, false, true},
        {COLOR_NEVER, "TERM=xterm", "X=", true, true, false},
        {COLOR_AUTO, "TERM=xterm", "X=", false, false, false},
        {COLOR_ALWAYS, "TERM=xterm", "X=", false, false, true},
    };
    struct winsize size = {.ws_col = 57, .ws_row = 10};
    int master, slave, file = scratch();

    (void)state;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char term[32], no_color[32], columns[] = "COLUMNS=100";
        char *environment[] = {term, no_color, columns, NULL};
        struct terminal terminal = {0};
        (void)snprintf(term, sizeof term, "%s", cases[i].term);
        (void)snprintf(no_color, sizeof no_color, "%s", cases[i].no_color);
        terminal_init(&terminal, cases[i].tty ? slave : file, cases[i].choice,
                      environment);
        assert_int_equal(terminal.is_tty, cases[i].tty);
        assert_int_equal(terminal.moves, cases[i].moves);
        assert_int_equal(terminal.color, cases[i].color);
        assert_int_equal(terminal_width(&terminal), cases[i].tty ? 57 : 100);
    }
    assert_int_equal(close(master), 0);
    assert_int_equal(close(slave), 0);
    assert_int_equal(close(file), 0);
}

static void check_quantity(void (*append)(struct buf *, uint64_t), uint64_t value,
                           const char *expected) {
    struct buf text = {.max = 100};

    append(&text, value);
    assert_string_equal(buf_text(&text), expected);
    buf_fini(&text);
}

static void check_time(void (*append)(struct buf *, int64_t), int64_t value,
                       const char *expected) {
    struct buf text = {.max = 100};

    append(&text, value);
    assert_string_equal(buf_text(&text), expected);
    buf_fini(&text);
}

static void test_quantities(void **state) {
    (void)state;
    check_quantity(quantity_append_count, 0, "0");
    check_quantity(quantity_append_count, 999, "999");
    check_quantity(quantity_append_count, 1000, "1,000");
    check_quantity(quantity_append_count, 1234567, "1,234,567");
    check_quantity(quantity_append_count, UINT64_MAX, "18,446,744,073,709,551,615");
    check_quantity(quantity_append_rate, 0, "0.00");
    check_quantity(quantity_append_rate, 520, "0.52");
    check_quantity(quantity_append_rate, 9994, "9.99");
    check_quantity(quantity_append_rate, 9995, "10.0");
    check_quantity(quantity_append_rate, 99949, "99.9");
    check_quantity(quantity_append_rate, 99950, "100");
    check_quantity(quantity_append_rate, 1234567, "1,235");
    check_quantity(quantity_append_bytes, 1023, "1023 B");
    check_quantity(quantity_append_bytes, 1536, "1.5 KiB");
    check_quantity(quantity_append_bytes, 32 << 20, "32.0 MiB");
    check_quantity(quantity_append_bytes, UINT64_MAX, "15.9 EiB");
    check_time(quantity_append_duration, -5, "0.0 s");
    check_time(quantity_append_duration, 12340, "12.3 s");
    check_time(quantity_append_duration, 59949, "59.9 s");
    check_time(quantity_append_duration, 59950, "1:00");
    check_time(quantity_append_duration, 5025000, "1:23:45");
    check_time(quantity_append_duration, 183845000, "2 d 3:04:05");
    check_time(quantity_append_clock, 44499, "0:44");
    check_time(quantity_append_clock, 44500, "0:45");
    check_time(quantity_append_latency, 850, "850 us");
    check_time(quantity_append_latency, 12345, "12.3 ms");
    check_time(quantity_append_latency, 999949, "999.9 ms");
    check_time(quantity_append_latency, 999950, "1.00 s");
    check_time(quantity_append_latency, 1204000, "1.20 s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_block),         cmocka_unit_test(test_golden_narrow),
        cmocka_unit_test(test_golden_color),         cmocka_unit_test(test_status_words),
        cmocka_unit_test(test_golden_line),          cmocka_unit_test(test_percent),
        cmocka_unit_test(test_never_wraps),          cmocka_unit_test(test_columns),
        cmocka_unit_test(test_lines_off_a_terminal), cmocka_unit_test(test_rate_window),
        cmocka_unit_test(test_block_on_a_terminal),  cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_terminal_facts),       cmocka_unit_test(test_quantities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
