/* Encodings: marks, names, guesses, and text that comes out the same however it is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "input/decode.h"
#include "input_temp.h"

static struct temp temp;

/* A slice of a literal that may hold NULs; in a table, and as an argument. */
#define BYTES(literal)                                                                   \
    { literal, sizeof(literal) - 1 }
#define SLICE(literal) slice_make(literal, sizeof(literal) - 1)

static int read_text(const char *encoding, size_t cap, uint64_t from, struct buf *out,
                     struct charset *charset, struct err *err) {
    struct decoder *decoder;
    size_t n;
    int rc = decode_open(&decoder, temp.path, encoding, false, err);

    if (rc < 0) {
        assert_null(decoder);
        return rc;
    }
    *charset = *decode_charset(decoder);
    if (from > 0)
        rc = decode_seek(decoder, from, err);
    for (n = 1; rc == RC_OK && n > 0;) {
        char *to = buf_reserve(out, cap);
        assert_non_null(to);
        rc = decode_read(decoder, to, cap, &n, err);
        buf_commit(out, rc < 0 ? 0 : n);
    }
    decode_close(decoder);
    return rc;
}

static const struct {
    const char *asked; /* encoding */
    struct slice bytes;
    struct slice text;
    const char *name; /* that is found out */
    bool bom;
} texts[] = {
    {NULL, BYTES(""), BYTES(""), "UTF-8", false},
    {NULL, BYTES("a,\xC3\xA4\n"), BYTES("a,\xC3\xA4\n"), "UTF-8", false},
    {"auto", BYTES("a"), BYTES("a"), "UTF-8", false},
    {"", BYTES("a"), BYTES("a"), "UTF-8", false},
    /* every mark */
    {NULL, BYTES("\xEF\xBB\xBFx"), BYTES("x"), "UTF-8", true},
    {NULL, BYTES("\xEF\xBB\xBF"), BYTES(""), "UTF-8", true},
    {NULL, BYTES("\xFF\xFEx\0\xE4\0"), BYTES("x\xC3\xA4"), "UTF-16LE", true},
    {NULL, BYTES("\xFE\xFF\0a\0\xE4"), BYTES("a\xC3\xA4"), "UTF-16BE", true},
    {NULL, BYTES("\xFF\xFE\0\0a\0\0\0"), BYTES("a"), "UTF-32LE", true},
    {NULL, BYTES("\0\0\xFE\xFF\0\0\0a"), BYTES("a"), "UTF-32BE", true},
    {NULL, BYTES("\x84\x31\x95\x33x\xC4\xE3"), BYTES("x\xE4\xBD\xA0"), "GB18030", true},
    {NULL, BYTES("\xFF\xFE"), BYTES(""), "UTF-16LE", true},
    /* a mark that the name agrees with */
    {"utf8", BYTES("\xEF\xBB\xBFx"), BYTES("x"), "UTF-8", true},
    {"UTF-8-SIG", BYTES("\xEF\xBB\xBFx"), BYTES("x"), "UTF-8", true},
    {"UTF-16", BYTES("\xFE\xFF\0a"), BYTES("a"), "UTF-16BE", true},
    {"utf_16le", BYTES("\xFF\xFEx\0"), BYTES("x"), "UTF-16LE", true},
    {"UTF-16LE", BYTES("\xFF\xFE\0\0a\0"), BYTES("\0a"), "UTF-16LE", true},
    {"Unicode", BYTES("\xFF\xFEx\0"), BYTES("x"), "UTF-16LE", true},
    {"UTF-32", BYTES("\xFF\xFE\0\0a\0\0\0"), BYTES("a"), "UTF-32LE", true},
    /* no mark, no byte order: looks, then Windows */
    {"UTF-16", BYTES("a\0b\0"), BYTES("ab"), "UTF-16LE", false},
    {"UTF-16", BYTES("\0a\0b"), BYTES("ab"), "UTF-16BE", false},
    {"UTF-16", BYTES("\x60\x4F"), BYTES("\xE4\xBD\xA0"), "UTF-16LE", false},
    {"UTF-32", BYTES("\0\0\0a\0\0\0b"), BYTES("ab"), "UTF-32BE", false},
    /* one byte a character */
    {"windows-1252", BYTES("M\xFCller \x80 \x84x\x93"),
     BYTES("M\xC3\xBCller \xE2\x82\xAC \xE2\x80\x9Ex\xE2\x80\x9C"), "windows-1252",
     false},
    {"ISO-8859-15", BYTES("\xA4"), BYTES("\xE2\x82\xAC"), "ISO-8859-15", false},
    {"CP850", BYTES("\x81"), BYTES("\xC3\xBC"), "CP850", false},
    {"KOI8-R", BYTES("\xC9"), BYTES("\xD0\xB8"), "KOI8-R", false},
    {"macintosh", BYTES("\x8A"), BYTES("\xC3\xA4"), "macintosh", false},
    /* several bytes, and states */
    {"Shift_JIS", BYTES("\x93\xFA\x96\x7B"), BYTES("\xE6\x97\xA5\xE6\x9C\xAC"),
     "Shift_JIS", false},
    {"GBK", BYTES("\xC4\xE3,"), BYTES("\xE4\xBD\xA0,"), "GBK", false},
    {"EUC-KR", BYTES("\xC7\xD1"), BYTES("\xED\x95\x9C"), "EUC-KR", false},
    {"ISO-2022-JP", BYTES("x\x1B$BF|\x1B(By"), BYTES("x\xE6\x97\xA5y"), "ISO-2022-JP",
     false},
    /* a character that iconv holds back until the next */
    {"BIG5-HKSCS", BYTES("\x88\x66"), BYTES("\xC3\x8A"), "BIG5-HKSCS", false},
    {"BIG5-HKSCS", BYTES("\x88\x62"), BYTES("\xC3\x8A\xCC\x84"), "BIG5-HKSCS", false},
    /* the mark of UTF-8 is believed more than a name */
    {"windows-1252", BYTES("\xEF\xBB\xBF\xC3\xA4"), BYTES("\xC3\xA4"), "UTF-8", true},
    /* damage: UTF-8 stays as it is, the rest becomes 0xFF, once a piece */
    {NULL, BYTES("a\xC3,\xFF\n"), BYTES("a\xC3,\xFF\n"), "UTF-8", false},
    {"windows-1252", BYTES("a\x81,b"), BYTES("a\xFF,b"), "windows-1252", false},
    {"US-ASCII", BYTES("x\xE4\xF6y"), BYTES("x\xFF\xFFy"), "US-ASCII", false},
    {"Shift_JIS", BYTES("a\x93\nb"), BYTES("a\xFF\nb"), "Shift_JIS", false},
    {"Shift_JIS", BYTES("a\x93"), BYTES("a\xFF"), "Shift_JIS", false},
    {"UTF-16LE", BYTES("x\0\x00\xDCy\0"), BYTES("x\xFFy"), "UTF-16LE", false},
    {"UTF-16LE", BYTES("x\0\x00\xD8y\0"), BYTES("x\xFFy"), "UTF-16LE", false},
    {"UTF-16LE", BYTES("a\0\x3D\xD8\x00\xDE"), BYTES("a\xF0\x9F\x98\x80"), "UTF-16LE",
     false},
    {"UTF-16LE", BYTES("a\0\x3D\xD8"), BYTES("a\xFF"), "UTF-16LE", false},
    {"UTF-16LE", BYTES("a\0b"), BYTES("a\xFF"), "UTF-16LE", false},
    {"UTF-32LE", BYTES("x\0\0\0\xFF\xFF\xFF\xFFy\0\0\0"), BYTES("x\xFFy"), "UTF-32LE",
     false},
    {"UTF-32LE", BYTES("a\0\0\0b\0"), BYTES("a\xFF"), "UTF-32LE", false},
    /* NUL is a character of every encoding */
    {"windows-1252", BYTES("a\0b"), BYTES("a\0b"), "windows-1252", false},
};

static void test_texts(void **state) {
    const size_t caps[] = {DECODE_CAP_MIN, 17, 4096};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t j = 0; j < sizeof caps / sizeof caps[0]; j++) {
            struct buf out = {.max = 1 << 20};
            struct charset charset;
            struct err err = {0};
            temp_write(&temp, "t.csv", texts[i].bytes);
            if (read_text(texts[i].asked, caps[j], 0, &out, &charset, &err) < 0)
                fail_msg("case %zu: %s", i, err.message);
            if (!slice_equal(buf_slice(&out), texts[i].text))
                fail_msg("case %zu with %zu: got %zu bytes, \"%s\"", i, caps[j], out.len,
                         buf_text(&out));
            assert_string_equal(charset.name, texts[i].name);
            assert_int_equal(charset.bom > 0, texts[i].bom);
            buf_fini(&out);
        }
}

static const struct {
    const char *asked;
    struct slice bytes;
    int rc;
    const char *message;
    const char *advice;
} refusals[] = {
    {"windows-1252", BYTES("\xFF\xFEx\0"), RC_INPUT,
     "begins with the byte order mark of UTF-16LE, but the encoding asked for is "
     "windows-1252",
     "name UTF-16LE"},
    {"UTF-8", BYTES("\xFF\xFEx\0"), RC_INPUT, "mark of UTF-16LE", "name UTF-16LE"},
    {"UTF-16BE", BYTES("\xFF\xFEx\0"), RC_INPUT, "mark of UTF-16LE", ""},
    {"UTF-32LE", BYTES("\xFF\xFEx\0"), RC_INPUT, "mark of UTF-16LE", ""},
    {NULL, BYTES("a\0,\0b\0\r\0\n\0"), RC_INPUT, "looks like UTF-16LE",
     "--encoding UTF-16LE"},
    {NULL, BYTES("\0a\0,\0b\0\r\0\n"), RC_INPUT, "looks like UTF-16BE",
     "--encoding UTF-16BE"},
    {NULL, BYTES("a\0\0\0,\0\0\0"), RC_INPUT, "looks like UTF-32LE",
     "--encoding UTF-32LE"},
    {NULL, BYTES("\0\0\0a\0\0\0,"), RC_INPUT, "looks like UTF-32BE",
     "--encoding UTF-32BE"},
    {"no-such-encoding", BYTES("a"), RC_USAGE, "\"no-such-encoding\" is not known here",
     "iconv -l"},
    {"UTF-16//IGNORE", BYTES("a"), RC_USAGE, "is not the name of an encoding",
     "iconv -l"},
    {"a,b", BYTES("a"), RC_USAGE, "is not the name of an encoding", "iconv -l"},
    {"an-encoding-whose-name-never-ends-at-all", BYTES("a"), RC_USAGE,
     "is not the name of an encoding", ""},
    {NULL, BYTES("PK\x03\x04rest"), RC_INPUT, "workbook", "CSV UTF-8"},
    {"windows-1252", BYTES("PK\x03\x04rest"), RC_INPUT, "workbook", "CSV UTF-8"},
    {NULL, BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), RC_INPUT, "an Excel workbook",
     "CSV"},
    {NULL, BYTES("\3757zXZ\0"), RC_INPUT, "packed with xz", "unxz"},
    {NULL, BYTES("SQLite format 3\0"), RC_INPUT, "SQLite database", "CSV"},
};

static void test_refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct buf out = {.max = 1 << 20};
        struct charset charset;
        struct err err = {0};
        temp_write(&temp, "r.csv", refusals[i].bytes);
        if (read_text(refusals[i].asked, 4096, 0, &out, &charset, &err) != refusals[i].rc)
            fail_msg("case %zu: rc %d, \"%s\"", i, err.rc, err.message);
        if (strstr(err.message, refusals[i].message) == NULL ||
            strstr(err.advice, refusals[i].advice) == NULL)
            fail_msg("case %zu: \"%s\", \"%s\"", i, err.message, err.advice);
        buf_fini(&out);
    }
}

/* Text of a few NULs, or of what is no UTF-16 at all, is not taken for it. */
static void test_not_wide(void **state) {
    const struct slice cases[] = {
        BYTES("a,b\n1,\0\n"),
        BYTES("\0"),
        BYTES("a\0"),
        BYTES("\0\0\0\0\0\0\0\0"),
        BYTES("name,note\nMiller,\0\0\0\0\0\0\nSmith,x\n"),
        BYTES("ab"),
        BYTES("\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct charset charset;
        struct err err = {0};
        if (i == 2)
            continue; /* two bytes: UTF-16LE as likely as anything */
        if (charset_decide(&charset, "x.csv", cases[i], NULL, &err) < 0)
            fail_msg("case %zu: %s", i, err.message);
        assert_true(charset.utf8 && !charset.stated);
    }
}

/* Sequences that lie over the borders of what is read at a time. */
static void test_borders(void **state) {
    static const struct {
        const char *encoding;
        struct slice filler; /* one character of the encoding, "x" */
        struct slice unit;   /* another one */
        const char *text;    /* of unit */
    } cases[] = {
        {"Shift_JIS", BYTES("x"), BYTES("\x93\xFA"), "\xE6\x97\xA5"},
        {"GB18030", BYTES("x"), BYTES("\x94\x39\xDA\x33"), "\xF0\x9F\x92\xA9"},
        {"UTF-16LE", BYTES("x\0"), BYTES("\x3D\xD8\x00\xDE"), "\xF0\x9F\x98\x80"},
        {"UTF-16BE", BYTES("\0x"), BYTES("\xD8\x3D\xDE\x00"), "\xF0\x9F\x98\x80"},
        {"UTF-32LE", BYTES("x\0\0\0"), BYTES("\x00\xF6\x01\x00"), "\xF0\x9F\x98\x80"},
        {"UTF-8", BYTES("x"), BYTES("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t shift = 0; shift < 4; shift++) {
            struct buf bytes = {.max = 1 << 20}, text = {.max = 1 << 20};
            struct buf out = {.max = 1 << 20};
            struct charset charset;
            struct err err = {0};
            assert_non_null(buf_reserve(&bytes, 160000));
            assert_non_null(buf_reserve(&text, 320000));
            assert_non_null(buf_reserve(&out, 320000));
            for (size_t n = 0; n < shift; n++) {
                (void)buf_append_slice(&bytes, cases[i].filler);
                (void)buf_append_text(&text, "x");
            }
            while (bytes.len < 150000) {
                (void)buf_append_slice(&bytes, cases[i].unit);
                (void)buf_append_text(&text, cases[i].text);
            }
            temp_write(&temp, "b.csv", buf_slice(&bytes));
            assert_int_equal(
                read_text(cases[i].encoding, 1000 + shift, 0, &out, &charset, &err),
                RC_OK);
            if (!slice_equal(buf_slice(&out), buf_slice(&text)))
                fail_msg("%s, shifted by %zu", cases[i].encoding, shift);
            buf_fini(&out);
            buf_fini(&bytes);
            buf_fini(&text);
        }
}

/* A seek gives the rest of the text, wherever it goes and whatever the encoding. */
static void test_seek(void **state) {
    static const struct {
        const char *encoding;
        struct slice bytes;
        struct slice text;
    } cases[] = {
        {NULL, BYTES("abcd"), BYTES("abcd")},
        {NULL, BYTES("\xEF\xBB\xBFxycd"), BYTES("xycd")},
        {NULL, BYTES("\xFF\xFEx\0\xE4\0y\0"), BYTES("x\xC3\xA4y")},
        {"windows-1252", BYTES("a\xE4\xF6x"), BYTES("a\xC3\xA4\xC3\xB6x")},
        {"ISO-2022-JP", BYTES("\x1B$BF|F|"), BYTES("\xE6\x97\xA5\xE6\x97\xA5")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t at = 0; at <= cases[i].text.len; at++) {
            struct buf out = {.max = 1 << 20};
            struct charset charset;
            struct err err = {0};
            if (at < cases[i].text.len &&
                ((unsigned char)cases[i].text.data[at] & 0xC0) == 0x80)
                continue;
            temp_write(&temp, "s.csv", cases[i].bytes);
            assert_int_equal(read_text(cases[i].encoding, 64, at, &out, &charset, &err),
                             RC_OK);
            if (!slice_equal(buf_slice(&out),
                             slice_make(cases[i].text.data + at, cases[i].text.len - at)))
                fail_msg("case %zu at %zu", i, at);
            buf_reset(&out);
            assert_int_equal(read_text(cases[i].encoding, 64, cases[i].text.len + 1, &out,
                                       &charset, &err),
                             RC_INPUT);
            buf_fini(&out);
        }
}

static const struct {
    struct slice text;
    uint64_t sequences, invalid, first;
} censuses[] = {
    {BYTES(""), 0, 0, 0},
    {BYTES("plain ASCII text, longer than a word"), 0, 0, 0},
    {BYTES("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), 3, 0, 0},
    {BYTES("M\xFCller, Stra\337e"), 0, 2, 1},
    {BYTES("\xC3\xA4 caf\xE9"), 1, 1, 6},
    {BYTES("12345678\xE2\x82"), 0, 2, 8},
    {BYTES("1234567\xE2\x82x"), 0, 2, 7},
    {BYTES("\xED\xA0\x80"), 0, 3, 0},     /* a surrogate */
    {BYTES("\xC0\xAF"), 0, 2, 0},         /* overlong */
    {BYTES("\xF4\x90\x80\x80"), 0, 4, 0}, /* beyond U+10FFFF */
    {BYTES("\x80\x80\xC3\xA4\xC3"), 1, 3, 0},
};

static void test_census(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof censuses / sizeof censuses[0]; i++)
        for (size_t step = 1; step <= censuses[i].text.len + 1; step++) {
            struct charset_census census = {0};
            struct slice left = censuses[i].text;
            while (left.len > 0) {
                size_t n = left.len < step ? left.len : step;
                charset_census_add(&census, slice_make(left.data, n));
                left = slice_make(left.data + n, left.len - n);
            }
            charset_census_end(&census);
            if (census.sequences != censuses[i].sequences ||
                census.invalid != censuses[i].invalid ||
                census.first_invalid != censuses[i].first ||
                census.offset != censuses[i].text.len)
                fail_msg("case %zu, step %zu: %u, %u, %u", i, step,
                         (unsigned)census.sequences, (unsigned)census.invalid,
                         (unsigned)census.first_invalid);
        }
}

static void test_sample(void **state) {
    struct buf out = {.max = 1 << 10};

    (void)state;
    assert_int_equal(
        charset_append_sample(&out, SLICE("M\xFCller\t\x80\x81\x1B[2J\x7F"), 80), RC_OK);
    assert_string_equal(buf_text(&out),
                        "M\xC3\xBCller\\x09\xE2\x82\xAC\\x81\\x1B[2J\\x7F");
    assert_int_equal(utf8_valid_prefix(buf_slice(&out)), out.len);
    buf_reset(&out);
    assert_int_equal(charset_append_sample(&out, SLICE("abcdef"), 3), RC_OK);
    assert_string_equal(buf_text(&out), "abc...");
    buf_fini(&out);
}

static int setup(void **state) {
    (void)state;
    return temp_make(&temp);
}

static int teardown(void **state) {
    (void)state;
    temp_remove(&temp);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),    cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_not_wide), cmocka_unit_test(test_borders),
        cmocka_unit_test(test_seek),     cmocka_unit_test(test_census),
        cmocka_unit_test(test_sample),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
