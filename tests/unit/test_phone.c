/* test_phone.c - telephone numbers as cells have them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "model/phone.h"

#define DE "DE"

static void check(const char *cell, const char *country, enum phone_result want,
                  const char *number) {
    char out[PHONE_SIZE] = "", extension[16];
    enum phone_result result = phone_normalize(slice_of(cell), country, out, extension);

    if (result != want)
        fail_msg("'%s' gave %d, not %d", cell, (int)result, (int)want);
    if (number != NULL)
        assert_string_equal(out, number);
}

static void test_international(void **state) {
    (void)state;
    check("+14155550101", NULL, PHONE_OK, "+14155550101");
    check("+1 (415) 555-0103", NULL, PHONE_OK, "+14155550103");
    check("+49 30 1234567", NULL, PHONE_OK, "+49301234567");
    check("'+14155550101", NULL, PHONE_OK, "+14155550101");
    check("\xE2\x80\xAA+14155550101\xE2\x80\xAC", NULL, PHONE_OK, "+14155550101");
    check("\xE2\x80\x8E+1\xC2\xA0"
          "415\xC2\xA0"
          "5550101",
          NULL, PHONE_OK, "+14155550101");
    check("+15551", NULL, PHONE_TOO_SHORT, NULL);
    check("+4915", NULL, PHONE_TOO_SHORT, NULL);
    check("+3522234", NULL, PHONE_OK, "+3522234");
    check("+49030123456", NULL, phone_has_library() ? PHONE_OK : PHONE_TRUNK_PREFIX,
          NULL);
    check("+141555501012345", NULL, PHONE_TOO_LONG, NULL);
    check("+3312345678", NULL, PHONE_TOO_SHORT, NULL);
    check("+33123456789", NULL, PHONE_OK, "+33123456789");
}

static void test_artefacts(void **state) {
    (void)state;
    check("1.2E+10", NULL, PHONE_SCIENTIFIC, NULL);
    check("4.93012E+11", DE, PHONE_SCIENTIFIC, NULL);
    check("4,93012e+11", DE, PHONE_SCIENTIFIC, NULL);
    check("+14155550101; +14155550102", NULL, PHONE_SEVERAL, NULL);
    check("+14155550101 / +14155550102", NULL, PHONE_SEVERAL, NULL);
    check("+14155550101, 4155550102", NULL, PHONE_SEVERAL, NULL);
    check("unknown", NULL, PHONE_NO_NUMBER, NULL);
    check("?", NULL, PHONE_NO_NUMBER, NULL);
    check("+", NULL, PHONE_NO_NUMBER, NULL);
    check("'", NULL, PHONE_NO_NUMBER, NULL);
    check("030 1234567", NULL, PHONE_NATIONAL, NULL);
    check("0049 30 1234567", NULL, PHONE_OK, "+49301234567");
    check(" '004930/1234567", NULL, PHONE_OK, "+49301234567");
    check("00 49 30 1234567", NULL, PHONE_OK, "+49301234567");
    check("004915", NULL, PHONE_TOO_SHORT, NULL);
    check("000493012345", NULL, PHONE_NATIONAL, NULL);
    check("4155550101", NULL, PHONE_NATIONAL, NULL);
    check("call +1 415 after 5", NULL, PHONE_NATIONAL, NULL);
}

/* The example of EspoCRM's API client page: eleven digits behind +1, ten are possible. */
static void test_example(void **state) {
    char out[PHONE_SIZE], extension[16];

    (void)state;
    assert_int_equal(
        phone_normalize(slice_of("+11111-22222-33333"), NULL, out, extension),
        PHONE_TOO_LONG);
}

static void test_national(void **state) {
    (void)state;
    assert_true(phone_country_known("DE"));
    assert_true(phone_country_known("US"));
    assert_false(phone_country_known("DEU"));
    assert_false(phone_country_known("de"));
    assert_false(phone_country_known(""));
    if (!phone_has_library()) {
        check("030 1234567", DE, PHONE_NO_LIBRARY, NULL);
        return;
    }
    assert_false(phone_country_known("XX"));
    check("030 1234567", DE, PHONE_OK, "+49301234567");
    check("(030) 123 45 67", DE, PHONE_OK, "+49301234567");
    check("0171/1234567", DE, PHONE_OK, "+491711234567");
    check("(415) 555-0101", "US", PHONE_OK, "+14155550101");
    check("+14155550101", DE, PHONE_OK, "+14155550101");
    check("0049 30 1234567", DE, PHONE_OK, "+49301234567");
    check("+49 (0)30 1234567", NULL, PHONE_OK, "+49301234567");
    check("030", DE, PHONE_TOO_SHORT, NULL);
    check("1-800-FLOWERS", "US", PHONE_NO_NUMBER, NULL);
    check("+999 123456", NULL, PHONE_BAD_COUNTRY, NULL);
}

static void test_extension(void **state) {
    char out[PHONE_SIZE], extension[16];

    (void)state;
    if (!phone_has_library())
        return;
    assert_int_equal(
        phone_normalize(slice_of("+14155550113 ext. 5"), NULL, out, extension),
        PHONE_HAS_EXTENSION);
    assert_string_equal(out, "+14155550113");
    assert_string_equal(extension, "5");
    assert_int_equal(
        phone_normalize(slice_of("+1 415 555 0113 x 123"), NULL, out, extension),
        PHONE_HAS_EXTENSION);
    assert_string_equal(extension, "123");
}

static void test_long(void **state) {
    char text[600];

    (void)state;
    memset(text, '1', sizeof text);
    for (size_t n = 1; n < sizeof text; n++) {
        char out[PHONE_SIZE], extension[16];
        text[0] = '+';
        (void)phone_normalize(slice_make(text, n), NULL, out, extension);
        text[0] = '\'';
        (void)phone_normalize(slice_make(text, n), DE, out, extension);
    }
}

static unsigned next(unsigned *seed, unsigned below) {
    *seed = *seed * 1103515245 + 12345;
    return *seed / 65536 % below;
}

/* What the table calls possible must be so for the library, and be written the same. The
 * letters of an extension make the number one that the table does not see. */
static void test_table_against_library(void **state) {
    static const char *const codes[] = {
        "1",   "7",  "20", "27", "30", "31",  "32",  "33", "34", "351", "352", "353",
        "358", "36", "39", "40", "41", "420", "421", "43", "44", "45",  "46",  "47",
        "48",  "49", "51", "52", "55", "56",  "57",  "60", "61", "62",  "63",  "64",
        "65",  "66", "81", "82", "84", "86",  "90",  "91", "92", "966", "971", "972"};
    unsigned seed = 12345;
    size_t agreed = 0;

    (void)state;
    for (int i = 0; i < 60000 && phone_has_library(); i++) {
        char text[PHONE_SIZE], again[PHONE_SIZE + 8], out[PHONE_SIZE], extension[16];
        size_t len = 6 + next(&seed, 7), n;
        n = (size_t)snprintf(text, sizeof text, "+%s",
                             codes[next(&seed, sizeof codes / sizeof *codes)]);
        while (len-- > 0)
            text[n++] = (char)('0' + next(&seed, 10));
        text[n] = '\0';
        if (phone_table_check(slice_make(text + 1, n - 1)) != PHONE_OK)
            continue;
        agreed++;
        (void)snprintf(again, sizeof again, "%s ext. 7", text);
        if (phone_normalize(slice_of(again), NULL, out, extension) != PHONE_HAS_EXTENSION)
            fail_msg("the library refuses %s", text);
        assert_string_equal(out, text);
    }
    assert_true(agreed > 10000 || !phone_has_library());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_international),
        cmocka_unit_test(test_artefacts),
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_national),
        cmocka_unit_test(test_extension),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_table_against_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
