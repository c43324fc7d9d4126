/* test_terminal.c - how words stand in a narrow terminal. */
#include "cmd/terminal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void test_wrapped(void **state) {
    static const struct {
        const char *text;
        size_t width;
        const char *wanted;
    } cases[] = {
        {"", 40, ""},
        {"short\n", 40, "short\n"},
        {"  in 5.8 s, 1,502 requests, half of them at once\n", 40,
         "  in 5.8 s, 1,502 requests, half of them\n    at once\n"},
        /* each line for itself, and no line end that was not there */
        {"one two three four five six seven eight nine\nten", 30,
         "one two three four five six\n  seven eight nine\nten"},
        /* a word that fits nowhere is cut between characters */
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 30,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n  aaaaaa"},
        /* columns, not bytes */
        {"\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3"
         "\xA4"
         " \xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3"
         "\xA4"
         " 34567890",
         30,
         "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3"
         "\xA4"
         " \xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3"
         "\xA4"
         " 34567890"},
        /* a command is to be copied whole */
        {"  espoload import leads.errors.csv -m lead.json\n", 30,
         "  espoload import leads.errors.csv -m lead.json\n"},
        /* the blank behind a question stays */
        {"Go on with all of these records now? [y/N] ", 40,
         "Go on with all of these records now?\n  [y/N] "},
        /* too narrow to be helped */
        {"one two three four five six", 12, "one two three four five six"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {.max = 4096};
        terminal_append_wrapped(&out, slice_of(cases[i].text), cases[i].width);
        assert_string_equal(buf_text(&out), cases[i].wanted);
        buf_fini(&out);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_wrapped)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
