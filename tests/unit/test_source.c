/* Bytes of plain and gzipped files, and that nothing broken looks like an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/digest.h"
#include "input/source.h"
#include "input_temp.h"

static struct temp temp;

/* Appends data as one gzip member. */
static void append_member(struct buf *out, struct slice data) {
    z_stream z = {0};
    size_t bound;
    char *to;

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    bound = deflateBound(&z, data.len);
    to = buf_reserve(out, bound);
    assert_non_null(to);
    z.next_in = (Bytef *)(uintptr_t)data.data;
    z.avail_in = (uInt)data.len;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_commit(out, bound - z.avail_out);
    (void)deflateEnd(&z);
}

/* The content of path, read cap bytes at a time; the rc of the first failure. */
static int read_all(const char *path, size_t cap, struct buf *out, struct err *err) {
    struct source *source;
    size_t n;
    int rc = source_open(&source, path, 0, err);

    if (rc < 0) {
        assert_null(source);
        return rc;
    }
    do {
        char *to = buf_reserve(out, cap);
        assert_non_null(to);
        rc = source_read(source, to, cap, &n, err);
        buf_commit(out, rc < 0 ? 0 : n);
    } while (rc == RC_OK && n > 0);
    if (rc == RC_OK) { /* the end stays the end */
        char more;
        assert_int_equal(source_read(source, &more, 1, &n, err), RC_OK);
        assert_int_equal(n, 0);
    }
    source_close(source);
    return rc;
}

static void expect_content(const char *path, struct slice content) {
    const size_t caps[] = {1, 7, 4096, 1 << 20};

    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        struct buf out = {.max = 64 << 20};
        struct err err = {0};
        assert_int_equal(read_all(path, caps[i], &out, &err), RC_OK);
        assert_int_equal(out.len, content.len);
        assert_true(slice_equal(buf_slice(&out), content));
        buf_fini(&out);
    }
}

static void expect_failure(const char *path, const char *message) {
    struct buf out = {.max = 64 << 20};
    struct err err = {0};

    assert_int_equal(read_all(path, 4096, &out, &err), RC_INPUT);
    assert_int_equal(err.rc, RC_INPUT);
    if (strstr(err.message, message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", message, err.message);
    assert_non_null(strstr(err.message, path));
    buf_fini(&out);
}

static void test_plain(void **state) {
    (void)state;
    expect_content(temp_write(&temp, "a", slice_of("a,b\n1,2\n")),
                   slice_of("a,b\n1,2\n"));
    expect_content(temp_write(&temp, "a", slice_of("")), slice_of(""));
    expect_content(temp_write(&temp, "a", slice_make("\x1F\x8C\0x", 4)),
                   slice_make("\x1F\x8C\0x", 4));
    expect_content(temp_write(&temp, "a", slice_of("\x1F")), slice_of("\x1F"));
}

static void test_not_a_file(void **state) {
    char folder[sizeof temp.path];

    (void)state;
    (void)snprintf(folder, sizeof folder, "%s", temp_path(&temp, "folder"));
    assert_int_equal(mkdir(folder, 0700), 0);
    expect_failure(folder, "Is a directory");
    expect_failure(temp_path(&temp, "missing.csv"), "No such file or directory");
    expect_failure("/dev/null/x", "Not a directory");
    expect_failure("/dev/zero", "is not a regular file");
    assert_int_equal(mkfifo(temp_path(&temp, "pipe"), 0600), 0);
    expect_failure(temp.path, "is not a regular file"); /* and does not hang */
}

static void test_digest_is_of_raw_bytes(void **state) {
    struct buf packed = {.max = 1 << 20};
    const struct slice cases[] = {slice_of("abc"), slice_of("")};

    (void)state;
    append_member(&packed, slice_of("abc"));
    for (size_t i = 0; i < 3; i++) {
        struct slice raw = i == 2 ? buf_slice(&packed) : cases[i];
        char out[4096], want[65], got[65];
        struct source *source;
        struct err err = {0};
        size_t n;
        temp_write(&temp, "d", raw);
        assert_int_equal(digest_hex_of(raw, want), 0);
        assert_int_equal(source_open(&source, temp.path, SOURCE_DIGEST, &err), RC_OK);
        assert_int_equal(source_is_gzip(source), i == 2);
        assert_int_equal(source_size(source), raw.len);
        do
            assert_int_equal(source_read(source, out, sizeof out, &n, &err), RC_OK);
        while (n > 0);
        assert_int_equal(source_bytes(source), raw.len);
        assert_int_equal(source_digest(source, got, &err), RC_OK);
        assert_string_equal(got, want);
        source_close(source);
    }
    buf_fini(&packed);
}

static void test_raw_leaves_gzip_packed(void **state) {
    struct buf packed = {.max = 1 << 20};
    struct source *source;
    struct err err = {0};
    char out[4096];
    size_t n;

    (void)state;
    append_member(&packed, slice_of("abc"));
    temp_write(&temp, "r.gz", buf_slice(&packed));
    assert_int_equal(source_open(&source, temp.path, SOURCE_RAW, &err), RC_OK);
    assert_int_equal(source_read(source, out, sizeof out, &n, &err), RC_OK);
    assert_true(slice_equal(slice_make(out, n), buf_slice(&packed)));
    source_close(source);
    buf_fini(&packed);
}

static void test_members(void **state) {
    struct buf packed = {.max = 1 << 20};

    (void)state;
    append_member(&packed, slice_of(""));
    expect_content(temp_write(&temp, "m.csv", buf_slice(&packed)), slice_of(""));
    append_member(&packed, slice_of("a,b\n1,"));
    append_member(&packed, slice_of(""));
    append_member(&packed, slice_of("2\n"));
    append_member(&packed, slice_of(""));
    expect_content(temp_write(&temp, "m.csv", buf_slice(&packed)),
                   slice_of("a,b\n1,2\n"));
    buf_fini(&packed);
}

/* Members that begin at every place around the end of the reader's 64 KiB of input. */
static void test_member_over_chunk_border(void **state) {
    char *noise = malloc(70000);
    uint32_t x = 1;

    (void)state;
    for (size_t i = 0; i < 70000; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = (char)(x >> 24);
    }
    for (size_t len = 65480; len < 65540; len++) {
        struct buf packed = {.max = 1 << 20}, content = {.max = 1 << 20};
        struct buf out = {.max = 1 << 20};
        struct err err = {0};
        append_member(&packed, slice_make(noise, len));
        append_member(&packed, slice_of("tail"));
        (void)buf_append(&content, noise, len);
        (void)buf_append_text(&content, "tail");
        temp_write(&temp, "b.gz", buf_slice(&packed));
        assert_int_equal(read_all(temp.path, 4096, &out, &err), RC_OK);
        assert_true(slice_equal(buf_slice(&out), buf_slice(&content)));
        buf_fini(&out);
        buf_fini(&packed);
        buf_fini(&content);
    }
    free(noise);
}

static void test_truncation_at_every_byte(void **state) {
    struct buf packed = {.max = 1 << 20};
    char where[64];
    size_t first;

    (void)state;
    append_member(&packed, slice_of("id,name\n1,Miller\n2,Smith\n"));
    first = packed.len;
    append_member(&packed, slice_of("3,Jones\n"));
    for (size_t len = 2; len < packed.len; len++) {
        if (len == first)
            continue; /* one whole member: indeed a whole file */
        (void)snprintf(where, sizeof where, "is cut off: its gzip data ends at byte %zu",
                       len);
        expect_failure(temp_write(&temp, "t.gz", slice_make(packed.data, len)), where);
    }
    buf_fini(&packed);
}

static void test_every_flipped_bit_is_harmless_or_found(void **state) {
    struct slice content = slice_of("id,name\n1,Miller\n2,Smith\n");
    struct buf packed = {.max = 1 << 20};
    size_t found = 0;

    (void)state;
    append_member(&packed, content);
    for (size_t bit = 16; bit < packed.len * 8; bit++) {
        struct buf out = {.max = 1 << 20};
        struct err err = {0};
        int rc;
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ (1 << bit % 8));
        rc = read_all(temp_write(&temp, "f.gz", buf_slice(&packed)), 4096, &out, &err);
        packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ (1 << bit % 8));
        if (rc == RC_OK)
            assert_true(slice_equal(buf_slice(&out), content));
        else
            assert_int_equal(rc, RC_INPUT);
        found += rc != RC_OK;
        buf_fini(&out);
    }
    /* Time stamp, hints and a flag of the header mean nothing, nor does the padding of
     * the last byte of deflated data. */
    assert_true(found >= (packed.len - 2 - 6) * 8 - 1 - 7);
    buf_fini(&packed);
}

static void test_bad_checksum_and_length(void **state) {
    struct buf packed = {.max = 1 << 20};

    (void)state;
    append_member(&packed, slice_of("id,name\n"));
    packed.data[packed.len - 1] ^= 1;
    expect_failure(temp_write(&temp, "l.gz", buf_slice(&packed)),
                   "incorrect length check");
    packed.data[packed.len - 1] ^= 1;
    packed.data[packed.len - 5] ^= 1;
    expect_failure(temp_write(&temp, "c.gz", buf_slice(&packed)), "incorrect data check");
    buf_fini(&packed);
}

static void test_trailing_garbage(void **state) {
    const struct slice tails[] = {
        slice_of("x"),       slice_make("\0", 1),  slice_of("\n"),
        slice_of("\x1F"),    slice_of("\x1F\x8B"), slice_of("\x1F\x8Bjunk, not a member"),
        slice_of("\x1Fjunk")};

    (void)state;
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        struct buf packed = {.max = 1 << 20};
        char where[64] = "";
        append_member(&packed, slice_of("id,name\n"));
        if (i < 3)
            (void)snprintf(where, sizeof where,
                           "goes on after the end of its gzip data, at byte %zu",
                           packed.len);
        (void)buf_append_slice(&packed, tails[i]);
        expect_failure(temp_write(&temp, "g.gz", buf_slice(&packed)), where);
        buf_fini(&packed);
    }
}

static void test_seek(void **state) {
    struct source *source;
    struct err err = {0};
    char out[16];
    size_t n;

    (void)state;
    temp_write(&temp, "s", slice_of("0123456789"));
    assert_int_equal(source_open(&source, temp.path, 0, &err), RC_OK);
    assert_int_equal(source_seek(source, 7, &err), RC_OK);
    assert_int_equal(source_read(source, out, sizeof out, &n, &err), RC_OK);
    assert_true(slice_is(slice_make(out, n), "789"));
    assert_int_equal(source_seek(source, 10, &err), RC_OK);
    assert_int_equal(source_read(source, out, sizeof out, &n, &err), RC_OK);
    assert_int_equal(n, 0);
    assert_int_equal(source_seek(source, 11, &err), RC_INPUT);
    source_close(source);
    source_close(NULL);
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
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_not_a_file),
        cmocka_unit_test(test_digest_is_of_raw_bytes),
        cmocka_unit_test(test_raw_leaves_gzip_packed),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_member_over_chunk_border),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_every_flipped_bit_is_harmless_or_found),
        cmocka_unit_test(test_bad_checksum_and_length),
        cmocka_unit_test(test_trailing_garbage),
        cmocka_unit_test(test_seek),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
