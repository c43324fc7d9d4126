/* fuzz_source.c - files of any bytes through the source: what is no gzip comes out as it
 * is, a gzip as zlib alone unpacks it, and one that is cut, damaged or followed by
 * something else never looks like a whole one.
 *
 * First byte: bit 0 = the rest is the text, to be packed here (bits 1 to 4: how, and what
 * is broken then); else the rest is the file. Second byte: bytes a read is given; third,
 * fourth: where the pack is broken.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/digest.h"
#include "input/source.h"

enum {
    TEXT_MAX = 8 << 20,
    PACK = 1,
    PACK_TWO_MEMBERS = 2,
    PACK_CUT = 4,
    PACK_GARBAGE = 8,
    PACK_FLIP = 16,
    GZIP_BITS = 15 + 16
};

/* The whole content as struct source gives it; its return code. */
static int read_source(struct slice file, size_t cap, struct buf *out) {
    struct memory_file memory;
    struct source *source;
    struct err err = {0};
    char hex[65] = "";
    size_t n = 1;
    int rc;

    memory_file_open(&memory, file);
    rc = source_open(&source, memory.path, SOURCE_DIGEST, &err);
    REQUIRE(rc == RC_OK && source_size(source) == file.len);
    while (rc == RC_OK && n > 0) {
        char *to = buf_reserve(out, cap);
        REQUIRE(to != NULL);
        rc = source_read(source, to, cap, &n, &err);
        REQUIRE(rc != RC_OK || n <= cap);
        buf_commit(out, rc == RC_OK ? n : 0);
    }
    REQUIRE(rc == RC_OK || (rc == RC_INPUT && err.message[0] != '\0'));
    if (rc == RC_OK) {
        char expected[65];
        REQUIRE(digest_hex_of(file, expected) == RC_OK);
        REQUIRE(source_bytes(source) == file.len);
        REQUIRE(source_digest(source, hex, &err) == RC_OK && strcmp(hex, expected) == 0);
    }
    source_close(source);
    memory_file_close(&memory);
    return rc;
}

/* One member after the other, each unpacked at once; false when it is no such file. */
static bool unpack(struct slice file, struct buf *out) {
    while (file.len > 0) {
        z_stream z = {0};
        int rc = Z_OK;
        REQUIRE(inflateInit2(&z, GZIP_BITS) == Z_OK);
        z.next_in = (z_const Bytef *)(uintptr_t)file.data;
        z.avail_in = (uInt)file.len;
        while (rc == Z_OK) {
            char *to = buf_reserve(out, 1 << 14);
            REQUIRE(to != NULL);
            z.next_out = (Bytef *)to;
            z.avail_out = 1 << 14;
            rc = inflate(&z, Z_NO_FLUSH);
            buf_commit(out, (1u << 14) - z.avail_out);
        }
        (void)inflateEnd(&z);
        if (rc != Z_STREAM_END)
            return false;
        file = slice_make((const char *)z.next_in, z.avail_in);
    }
    return true;
}

static void pack(struct slice text, int level, struct buf *out) {
    z_stream z = {0};
    char *to;
    size_t room;

    REQUIRE(deflateInit2(&z, level, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) ==
            Z_OK);
    room = deflateBound(&z, text.len);
    to = buf_reserve(out, room);
    REQUIRE(to != NULL);
    z.next_in = (z_const Bytef *)(uintptr_t)(text.len == 0 ? "" : text.data);
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)room;
    REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
    buf_commit(out, room - z.avail_out);
    (void)deflateEnd(&z);
}

static void check_packed(uint8_t how, size_t cap, size_t where, struct slice text) {
    struct buf file = {.max = TEXT_MAX}, out = {.max = TEXT_MAX};
    size_t half = (how & PACK_TWO_MEMBERS) != 0 ? text.len / 2 : text.len, at;
    int rc;

    pack(slice_make(text.data, half), how >> 5, &file);
    if (half < text.len)
        pack(slice_make(text.data + half, text.len - half), 9, &file);
    at = where % file.len;
    if ((how & PACK_FLIP) != 0)
        file.data[at] = (char)(file.data[at] ^ (1 << (where >> 8) % 8));
    if ((how & PACK_GARBAGE) != 0)
        REQUIRE(buf_append(&file, "garbage", 1 + where % 7) == RC_OK);
    if ((how & PACK_CUT) != 0)
        file.len = at;
    rc = read_source(buf_slice(&file), cap, &out);
    if ((how & (PACK_CUT | PACK_GARBAGE | PACK_FLIP)) == 0)
        REQUIRE(rc == RC_OK);
    if ((how & PACK_GARBAGE) != 0 && (how & (PACK_CUT | PACK_FLIP)) == 0)
        REQUIRE(rc == RC_INPUT);
    /* a flipped bit of the magic makes another file; one of the head may mean nothing */
    if (rc == RC_OK && file.len >= 2 && memcmp(file.data, "\x1F\x8B", 2) == 0 &&
        (how & PACK_CUT) == 0)
        REQUIRE(slice_equal(buf_slice(&out), text));
    buf_fini(&out);
    buf_fini(&file);
}

static void check_file(size_t cap, struct slice file) {
    struct buf out = {.max = TEXT_MAX}, again = {.max = TEXT_MAX},
               expected = {.max = TEXT_MAX};
    bool gzip = file.len >= 2 && memcmp(file.data, "\x1F\x8B", 2) == 0;
    int rc = read_source(file, 1 << 16, &out);

    REQUIRE(read_source(file, cap, &again) == rc);
    if (rc == RC_OK)
        REQUIRE(slice_equal(buf_slice(&out), buf_slice(&again)));
    if (!gzip)
        REQUIRE(rc == RC_OK && slice_equal(buf_slice(&out), file));
    else
        REQUIRE(unpack(file, &expected) == (rc == RC_OK));
    if (gzip && rc == RC_OK)
        REQUIRE(slice_equal(buf_slice(&out), buf_slice(&expected)));
    buf_fini(&expected);
    buf_fini(&again);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice rest;
    size_t cap;

    if (size < 4 || size > 8192)
        return 0;
    cap = 1 + data[1] * 16u;
    rest = slice_make((const char *)data + 4, size - 4);
    if ((data[0] & PACK) != 0)
        check_packed(data[0], cap, data[2] + 256u * data[3], rest);
    else
        check_file(cap, rest);
    return 0;
}
