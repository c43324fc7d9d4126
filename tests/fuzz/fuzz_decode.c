/* fuzz_decode.c - files of any bytes in many encodings: the text is what iconv makes of
 * the whole file at once, however it is cut into reads and wherever reading goes on.
 *
 * First byte: the encoding that is asked for; second: bytes a read is given; third and
 * fourth: where reading goes on; the rest is the file.
 */
#include "fuzz.h"

#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "input/decode.h"

enum { TEXT_MAX = 1 << 20 };

static const char *const encodings[] = {
    "auto",        "UTF-8",  "UTF-16LE", "UTF-16BE", "UTF-16",    "UTF-32LE", "UTF-32BE",
    "UTF-32",      "latin1", "CP1252",   "CP1250",   "SHIFT_JIS", "GB18030",  "EUC-JP",
    "ISO-2022-JP", "BIG5",   "UTF-7",    "CP437",    "KOI8-R",    "EUC-KR",   ""};

/* Reads to the end from where the decoder stands. */
static int read_all(struct decoder *decoder, size_t cap, struct buf *out) {
    struct err err = {0};
    size_t n = 1;
    int rc = RC_OK;

    while (rc == RC_OK && n > 0) {
        char *to = buf_reserve(out, cap);
        REQUIRE(to != NULL);
        rc = decode_read(decoder, to, cap, &n, &err);
        REQUIRE(rc != RC_OK || n <= cap);
        buf_commit(out, rc == RC_OK ? n : 0);
    }
    REQUIRE(rc == RC_OK || err.message[0] != '\0');
    return rc;
}

static int decode(const char *path, const char *encoding, size_t cap, struct buf *out,
                  struct charset *charset) {
    struct decoder *decoder;
    struct err err = {0};
    int rc = decode_open(&decoder, path, encoding, false, &err);

    REQUIRE(rc == RC_OK ||
            ((rc == RC_INPUT || rc == RC_USAGE) && err.message[0] != '\0'));
    if (rc != RC_OK)
        return rc;
    *charset = *decode_charset(decoder);
    rc = read_all(decoder, cap, out);
    decode_close(decoder);
    return rc;
}

/* iconv over all of it; false when it stops anywhere. */
static bool convert(const char *encoding, struct slice in, struct buf *out) {
    iconv_t cd = iconv_open("UTF-8", encoding);
    char *from = (char *)(uintptr_t)in.data, *to;
    size_t room = in.len * 16 + 64, left = room, n;

    REQUIRE(cd != (iconv_t)-1);
    to = buf_reserve(out, room);
    REQUIRE(to != NULL);
    n = in.len == 0 ? 0 : iconv(cd, &from, &in.len, &to, &left);
    if (n != (size_t)-1)
        n = iconv(cd, NULL, NULL, &to, &left);
    buf_commit(out, room - left);
    (void)iconv_close(cd);
    return n != (size_t)-1;
}

/* All but the bytes 0xFF, which stand for what was no text, is UTF-8. */
static void check_utf8(struct slice text) {
    while (text.len > 0) {
        size_t n = utf8_valid_prefix(text);
        REQUIRE(n == text.len || (unsigned char)text.data[n] == 0xFF);
        n += n < text.len;
        text = slice_make(text.data + n, text.len - n);
    }
}

/* At the beginning of a character, or behind the end. */
static void check_seek(const char *path, const char *encoding, struct slice text,
                       uint64_t offset) {
    struct buf rest = {.max = TEXT_MAX};
    struct decoder *decoder;
    struct err err = {0};
    int rc;

    while (offset > 0 && offset < text.len && (text.data[offset] & 0xC0) == 0x80)
        offset--;
    REQUIRE(decode_open(&decoder, path, encoding, false, &err) == RC_OK);
    rc = decode_seek(decoder, offset, &err);
    if (rc == RC_OK) {
        REQUIRE(offset <= text.len && read_all(decoder, 64, &rest) == RC_OK);
        REQUIRE(slice_equal(buf_slice(&rest),
                            slice_make(text.data + offset, text.len - (size_t)offset)));
    } else {
        REQUIRE(rc == RC_INPUT && offset > text.len);
    }
    decode_close(decoder);
    buf_fini(&rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf text = {.max = TEXT_MAX}, again = {.max = TEXT_MAX},
               expected = {.max = TEXT_MAX};
    struct charset charset = {0}, same = {0};
    struct memory_file file;
    const char *encoding;
    struct slice content;
    size_t cap;
    int rc;

    if (size < 4 || size > 8192)
        return 0;
    encoding = encodings[data[0] % (sizeof encodings / sizeof *encodings)];
    cap = DECODE_CAP_MIN + data[1];
    content = slice_make((const char *)data + 4, size - 4);
    if (content.len >= 2 && memcmp(content.data, "\x1F\x8B", 2) == 0)
        return 0; /* fuzz_source's */
    memory_file_open(&file, content);
    rc = decode(file.path, encoding, 1 << 16, &text, &charset);
    REQUIRE(decode(file.path, encoding, cap, &again, &same) == rc);
    if (rc == RC_OK) {
        REQUIRE(slice_equal(buf_slice(&text), buf_slice(&again)));
        REQUIRE(charset.bom <= content.len);
        content = slice_make(content.data + charset.bom, content.len - charset.bom);
        if (charset.utf8) {
            REQUIRE(slice_equal(buf_slice(&text), content));
        } else {
            check_utf8(buf_slice(&text));
            if (convert(charset.name, content, &expected))
                REQUIRE(slice_equal(buf_slice(&text), buf_slice(&expected)));
        }
        check_seek(file.path, encoding, buf_slice(&text), data[2] + 256u * data[3]);
    }
    memory_file_close(&file);
    buf_fini(&expected);
    buf_fini(&again);
    buf_fini(&text);
    return 0;
}
