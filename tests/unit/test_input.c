/* The door: whole files, positions, changed files, and what happens when memory is out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "input/input.h"
#include "input_records.h"
#include "input_temp.h"

static struct temp temp;

#ifndef __SANITIZE_ADDRESS__
/* malloc() and its kin of this program, so that memory can be out from any call on. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

static long allocations_left = -1; /* that succeed; -1: without end */
static long allocations_live;      /* made and not freed yet */

static void *allocation_made(void *made) {
    allocations_live += made != NULL;
    return made;
}

static bool allocation_fails(void) {
    if (allocations_left == 0) {
        errno = ENOMEM;
        return true;
    }
    allocations_left -= allocations_left > 0;
    return false;
}

void *malloc(size_t size) {
    return allocation_fails() ? NULL : allocation_made(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return allocation_fails() ? NULL : allocation_made(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size) {
    void *made = allocation_fails() ? NULL : __libc_realloc(old, size);

    return old == NULL ? allocation_made(made) : made;
}

void free(void *old) {
    allocations_live -= old != NULL;
    __libc_free(old);
}
#endif

/* Some 3 MB with quotes, line ends in cells, umlauts and bad rows. */
static void make_large(struct buf *text) {
    (void)buf_append_text(text, "id;name;note\n");
    assert_non_null(buf_reserve(text, 4 << 20));
    for (int i = 0; i < 60000; i++) {
        (void)buf_append_format(text, "%d;Müller €;", i);
        if (i % 5 == 0)
            (void)buf_append_text(text, "\"a \"\"b\"\"\r\nc;\n\"");
        if (i % 1001 == 0)
            (void)buf_append_text(text, ";one too many");
        (void)buf_append_text(text, i % 7 == 0 ? "\r\n" : "\n");
        if (i % 997 == 0)
            (void)buf_append_text(text, "stray \";x;y\n");
    }
}

static void append_utf16(struct buf *out, struct slice text) {
    assert_non_null(buf_reserve(out, 2 * text.len + 2));
    (void)buf_append(out, "\xFF\xFE", 2);
    while (text.len > 0) {
        uint32_t cp;
        size_t n = utf8_decode(text, &cp);
        const char unit[2] = {(char)(cp & 0xFF), (char)(cp >> 8)};
        (void)buf_append(out, unit, 2);
        text = slice_make(text.data + n, text.len - n);
    }
}

static void append_gzip(struct buf *out, struct slice data) {
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    z.next_in = (Bytef *)(uintptr_t)data.data;
    z.avail_in = (uInt)data.len;
    z.avail_out = (uInt)deflateBound(&z, data.len);
    z.next_out = (Bytef *)buf_reserve(out, z.avail_out);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_commit(out, z.total_out);
    (void)deflateEnd(&z);
}

/* The same text plain, marked, packed and in UTF-16: the same records, from anywhere. */
static void test_large_file_in_every_form(void **state) {
    struct buf text = {.max = 16 << 20}, plain = {.max = 16 << 20};

    (void)state;
    make_large(&text);
    for (int form = 0; form < 4; form++) {
        struct buf bytes = {.max = 16 << 20}, out = {.max = 16 << 20};
        struct input_options options = {.path = "x"};
        const struct input_position *position = NULL;
        struct input_position middle = {0};
        const struct csv_record *record;
        struct input_facts facts;
        struct input *input;
        struct err err = {0};
        size_t rest = 0;
        assert_non_null(buf_reserve(&out, 8 << 20));
        if (form == 1)
            (void)buf_append_text(&bytes, "\xEF\xBB\xBF");
        if (form == 2)
            append_gzip(&bytes, buf_slice(&text));
        else if (form == 3)
            append_utf16(&bytes, buf_slice(&text));
        else
            (void)buf_append_slice(&bytes, buf_slice(&text));
        options.path = temp_write(&temp, "large.csv", buf_slice(&bytes));
        assert_int_equal(input_scan(&options, &facts, &err), RC_OK);
        assert_int_equal(facts.records, 60000 + 61);
        assert_int_equal(facts.bad_records, 60 + 61);
        assert_int_equal(facts.dialect.delimiter, ';');
        assert_int_equal(input_open(&input, &options, &facts, &err), RC_OK);
        while (input_next(input, &record, &err) > 0) {
            if (record->number == 41234) {
                middle =
                    (struct input_position){record->offset, record->line, record->number};
                position = &middle;
                rest = out.len;
            }
            note_record(&out, record);
        }
        input_close(input);
        if (form == 0)
            (void)buf_append_slice(&plain, buf_slice(&out));
        assert_true(slice_equal(buf_slice(&out), buf_slice(&plain)));
        buf_reset(&out);
        assert_int_equal(read_from(&options, &facts, position, &out, &err), 0);
        assert_true(slice_equal(buf_slice(&out),
                                slice_make(plain.data + rest, plain.len - rest)));
        buf_fini(&out);
        buf_fini(&bytes);
    }
    buf_fini(&text);
    buf_fini(&plain);
}

static void test_changed_between_the_passes(void **state) {
    static const struct {
        const char *after;
        const char *message;
    } cases[] = {
        {"a,b\n1,2\n3,4\n5,6\n", "was changed while it was being read"}, /* longer */
        {"a,b\n1,2\n", "was changed while it was being read"},           /* shorter */
        {"a,b\n1,2345\n", "was changed while it was being read"},    /* a record less */
        {"a,b\n1,2\n3\n\n4", "was changed while it was being read"}, /* one more */
        {"a\"b\n1,2\n3,4\n", "the header on line 1 cannot be read"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct input_options options = {.path = "x"};
        struct buf out = {.max = 1 << 16};
        struct input_facts facts;
        struct err err = {0};
        options.path = temp_write(&temp, "c.csv", slice_of("a,b\n1,2\n3,4\n"));
        assert_int_equal(input_scan(&options, &facts, &err), RC_OK);
        facts.stamp = 0; /* as where the clock of the file system is too coarse */
        temp_write(&temp, "c.csv", slice_of(cases[i].after));
        assert_int_equal(read_from(&options, &facts, NULL, &out, &err), RC_INPUT);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: %s", i, err.message);
        buf_fini(&out);
    }
}

/* A few bad bytes among good ones are bad rows; otherwise it is not UTF-8. */
static void test_is_it_utf8(void **state) {
    static const struct {
        const char *text;
        const char *message; /* NULL: it is */
    } cases[] = {
        {"a\nMüller\nSchr\366der\nJäger\n", NULL},
        {"a\nMüller\nSchr\366der\n", "line 3 is not UTF-8: «Schröder»"},
        {"a\n1\n\n2\r\nJos\xE9\n", "line 5 is not UTF-8: «José»"},
        {"a\r\"x\ry\xE9\"\r", "line 3 is not UTF-8: «yé\"»"},
        {"a\n\x1B[2J\tk\xF6nnen \x80 5\n",
         "line 2 is not UTF-8: «\\x1B[2J\\x09können € 5»"},
        {"a,\xFC\n1\"\n", "line 1 is not UTF-8: «a,ü»"},
        /* cut, and shown around the place where it lies */
        {"a\n12345678901234567890123456789012345678901234567890\351"
         "12345678901234567890123456789012345678901234567890\n",
         "«12345678901234567890123456789012345678901234567890é"
         "12345678901234567890123456789...»"},
        {"a\n1234567890123456789012345678901234567890123456789012345678901234567890"
         "12345678901234567890\xE9z\n",
         "«...12345678901234567890123456789012345678901234567890éz»"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct input_options options = {.path = "x"};
        struct input_facts facts;
        struct err err = {0};
        int rc;
        options.path = temp_write(&temp, "u.csv", slice_of(cases[i].text));
        rc = input_scan(&options, &facts, &err);
        if (cases[i].message == NULL) {
            assert_int_equal(rc, RC_OK);
            assert_int_equal(facts.bad_records, 1);
            continue;
        }
        if (rc != RC_INPUT || strstr(err.message, cases[i].message) == NULL)
            fail_msg("case %zu: %d \"%s\"", i, rc, err.message);
        assert_string_equal(err.advice,
                            "name the file's encoding, for example --encoding "
                            "windows-1252");
        /* named, whatever is wrong with it costs rows only */
        err_clear(&err);
        options.encoding = "UTF-8";
        rc = input_scan(&options, &facts, &err);
        assert_int_equal(rc, i == 5 ? RC_INPUT : RC_OK); /* 5: its header is bad */
    }
}

/* Where few rows only are damaged, the other way out is offered. */
static void test_few_damaged_rows(void **state) {
    struct input_options options = {.path = "x"};

    (void)state;
    for (int rows = 8; rows < 11; rows++) {
        struct buf text = {.max = 1000};
        struct input_facts facts;
        struct err err = {0};
        (void)buf_append_text(&text, "a\n");
        for (int i = 0; i < rows; i++)
            (void)buf_append_text(&text, "plain\n");
        (void)buf_append_text(&text, "J\xE4n\n");
        options.path = temp_write(&temp, "few.csv", buf_slice(&text));
        assert_int_equal(input_scan(&options, &facts, &err), RC_INPUT);
        assert_int_equal(facts.damaged, 1);
        assert_int_equal(strstr(err.advice, "--encoding utf-8") != NULL, rows >= 9);
        buf_fini(&text);
    }
}

/* `sep=;` was put in front of a whole file, its mark included. */
static void test_mark_behind_separator_line(void **state) {
    static const char *const texts[] = {"sep=;\r\n\xEF\xBB\xBF"
                                        "a;b\r\n1;2\r\n",
                                        "\xEF\xBB\xBF"
                                        "sep=;\n\xEF\xBB\xBF"
                                        "a;b\n1;2\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct input_options options = {.path = "x"};
        const struct csv_record *record;
        const struct slice *columns;
        struct input_facts facts;
        struct input *input;
        struct err err = {0};
        size_t count;
        options.path = temp_write(&temp, "sep.csv", slice_of(texts[i]));
        assert_int_equal(input_scan(&options, &facts, &err), RC_OK);
        assert_true(facts.separator_line && facts.bom);
        assert_int_equal(facts.records, 1);
        assert_int_equal(input_open(&input, &options, &facts, &err), RC_OK);
        columns = input_columns(input, &count);
        assert_int_equal(count, 2);
        assert_true(slice_is(columns[0], "a"));
        assert_int_equal(input_next(input, &record, &err), 1);
        assert_int_equal(record->line, 3);
        assert_true(slice_is(record->fields[0], "1"));
        assert_int_equal(input_next(input, &record, &err), 0);
        input_close(input);
    }
}

/* The offending byte far inside a line that no window holds. */
static void test_is_it_utf8_in_a_long_line(void **state) {
    struct input_options options = {.path = "x"};
    struct buf text = {.max = 4 << 20};
    struct input_facts facts;
    struct err err = {0};

    (void)state;
    (void)buf_append_text(&text, "a\n");
    memset(buf_reserve(&text, 3 << 20), 'x', 3 << 20);
    buf_commit(&text, 3 << 20);
    (void)buf_append_text(&text, "<M\xFCller>\n");
    options.path = temp_write(&temp, "l.csv", buf_slice(&text));
    assert_int_equal(input_scan(&options, &facts, &err), RC_INPUT);
    assert_non_null(strstr(err.message, "line 2 is not UTF-8"));
    assert_non_null(strstr(err.message, "xxx<Müller>»"));
    assert_true(strlen(err.message) < 400);
    buf_fini(&text);
}

static void test_files_that_cannot_be_read(void **state) {
    struct input_options options = {.path = "/nowhere/leads.csv"};
    struct input_facts facts;
    struct err err = {0};

    (void)state;
    assert_int_equal(input_scan(&options, &facts, &err), RC_INPUT);
    assert_string_equal(err.message,
                        "cannot open /nowhere/leads.csv: No such file or directory");
    err_clear(&err);
    options.path = temp.folder;
    assert_int_equal(input_scan(&options, &facts, &err), RC_INPUT);
    assert_non_null(strstr(err.message, "Is a directory"));
    err_clear(&err);
    options.path = temp_write(&temp, "e.csv", slice_of("a\n"));
    options.encoding = "klingon";
    assert_int_equal(input_scan(&options, &facts, &err), RC_USAGE);
    err_clear(&err);
    options.encoding = NULL;
    options.dialect.delimiter = '"';
    assert_int_equal(input_scan(&options, &facts, &err), RC_USAGE);
}

static void test_positions_that_cannot_be(void **state) {
    struct input_options options = {.path = "x"};
    struct input_position beyond = {100, 9, 3}, end = {12, 4, 3}, none = {0};
    struct buf out = {.max = 1 << 16};
    struct input_facts facts;
    struct err err = {0};

    (void)state;
    options.path = temp_write(&temp, "p.csv", slice_of("a,b\n1,2\n3,4\n"));
    assert_int_equal(input_scan(&options, &facts, &err), RC_OK);
    assert_int_equal(read_from(&options, &facts, &beyond, &out, &err), RC_INPUT);
    err_clear(&err);
    assert_int_equal(read_from(&options, &facts, &end, &out, &err), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(read_from(&options, &facts, &none, &out, &err), 0);
    assert_string_equal(buf_text(&out), "1@2+4:0/0|1|2\n2@3+8:0/0|3|4\n");
    buf_fini(&out);
}

static void test_identify(void **state) {
    char sha256[65], want[65];
    struct err err = {0};
    uint64_t bytes;

    (void)state;
    assert_int_equal(digest_hex_of(slice_of("a,b\n"), want), RC_OK);
    temp_write(&temp, "i.csv", slice_of("a,b\n"));
    assert_int_equal(input_identify(temp.path, &bytes, sha256, &err), RC_OK);
    assert_int_equal(bytes, 4);
    assert_string_equal(sha256, want);
    assert_int_equal(input_identify(temp.folder, &bytes, sha256, &err), RC_INPUT);
    err_clear(&err);
    assert_int_equal(input_identify(temp_path(&temp, "missing"), &bytes, sha256, &err),
                     RC_INPUT);
}

static void test_spool(void **state) {
    struct slice text = slice_of("a,b\n1,2\n");
    struct err err = {0};
    char content[64];
    struct stat st;
    FILE *file;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text.data, text.len), text.len);
    (void)close(ends[1]);
    assert_int_equal(input_spool(ends[0], temp_path(&temp, "spool.csv"), &err), RC_OK);
    (void)close(ends[0]);
    assert_int_equal(stat(temp.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    file = fopen(temp.path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(content, 1, sizeof content, file), text.len);
    assert_memory_equal(content, text.data, text.len);
    (void)fclose(file);
    /* never over a file that is there, never out of what cannot be read */
    assert_true(input_spool(0, temp.path, &err) < 0);
    err_clear(&err);
    assert_int_equal(input_spool(-1, temp_path(&temp, "none.csv"), &err), RC_INPUT);
    assert_non_null(strstr(err.message, "cannot read standard input"));
    assert_int_equal(access(temp.path, F_OK), -1);
    err_clear(&err);
    assert_int_equal(input_spool(0, temp_path(&temp, "no/such/folder"), &err), RC_LOCAL);
}

/* A full disk leaves no file behind. */
static void test_spool_on_a_full_disk(void **state) {
    struct rlimit old, small = {4096, 4096};
    struct err err = {0};
    FILE *file;
    int rc;

    (void)state;
    temp_write(&temp, "big", slice_of(""));
    file = fopen(temp.path, "wb");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 1 << 20), 0);
    (void)fclose(file);
    file = fopen(temp.path, "rb");
    assert_non_null(file);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rc = input_spool(fileno(file), temp_path(&temp, "full.csv"), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)fclose(file);
    assert_int_equal(rc, RC_LOCAL);
    assert_int_equal(access(temp.path, F_OK), -1);
}

enum { MANY = 100 * 1000 }; /* records: more than any buffer holds */

/* The file, opened with its first record read, and then written over with `letter`. */
static int read_on_after(const char *path, char letter, struct err *err) {
    const struct input_options options = {.path = path};
    const struct csv_record *record;
    struct input_facts facts;
    struct input *input;
    FILE *file = fopen(path, "wb");
    int rc;

    assert_non_null(file);
    assert_true(fprintf(file, "a,b\n") > 0);
    for (int i = 0; i < MANY; i++)
        assert_true(fprintf(file, "some%06d,text\n", i) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(input_scan(&options, &facts, err), RC_OK);
    assert_int_equal(input_open(&input, &options, &facts, err), RC_OK);
    assert_int_equal(input_next(input, &record, err), 1);
    file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -3, SEEK_END), 0);
    assert_int_equal(fputc(letter, file), letter);
    assert_int_equal(fclose(file), 0);
    /* whatever the clock of the file system, the time is another one */
    assert_int_equal(
        utimensat(AT_FDCWD, path, (const struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
    while ((rc = input_next(input, &record, err)) > 0)
        assert_false(record->count == 2 && slice_is(record->fields[1], "teXt"));
    input_close(input);
    return rc;
}

/* The same size and as many records, but not what was checked: nothing of it comes out.
 * Touched, or written with what it held, the file is the same. */
static void test_changed_in_place(void **state) {
    struct err err = {0};

    (void)state;
    assert_int_equal(read_on_after(temp_path(&temp, "touched.csv"), 'x', &err), 0);
    assert_int_equal(read_on_after(temp_path(&temp, "changed.csv"), 'X', &err), RC_INPUT);
    assert_non_null(strstr(err.message, "was changed while it was being read"));
}

#ifndef __SANITIZE_ADDRESS__
/* Scan, open, read and seek when memory is out after n allocations. */
static int run_with_allocations(const struct input_options *options, long n,
                                struct err *err) {
    struct input_position second = {0};
    const struct csv_record *record;
    struct input_facts facts;
    struct input *input = NULL;
    int rc;

    allocations_left = n;
    rc = input_scan(options, &facts, err);
    if (rc == RC_OK)
        rc = input_open(&input, options, &facts, err);
    while (rc >= 0 && (rc = input_next(input, &record, err)) > 0)
        second = (struct input_position){record->offset, record->line, record->number};
    if (rc == 0)
        rc = input_seek(input, &second, err);
    while (rc >= 0 && (rc = input_next(input, &record, err)) > 0)
        ;
    input_close(input);
    allocations_left = -1;
    return rc;
}

/* Memory is out ever later, until it suffices: RC_NOMEM each time, and nothing leaks. */
static void run_out_of_memory(const struct input_options *options) {
    struct err first = {0};
    int rc = RC_NOMEM;
    long n;

    /* What libraries make once for the whole process is made here. */
    assert_int_equal(run_with_allocations(options, -1, &first), RC_OK);
    for (n = 0; rc != RC_OK; n++) {
        long live = allocations_live;
        struct err err = {0};
        rc = run_with_allocations(options, n, &err);
        if (rc != RC_OK && (rc != RC_NOMEM || err.rc != RC_NOMEM))
            fail_msg("allocation %ld: %d \"%s\"", n, rc, err.message);
        if (allocations_live != live)
            fail_msg("allocation %ld: %ld leaked", n, allocations_live - live);
        assert_true(n < 1000);
    }
    assert_true(n > 20);
}

static void test_memory_is_out_at_any_call(void **state) {
    struct buf text = {.max = 1 << 20}, bytes = {.max = 1 << 20};
    struct input_options options = {.path = "x"};
    long live = allocations_live;

    (void)state;
    assert_non_null(buf_reserve(&text, 500000));
    if (allocations_live == live) {
        buf_fini(&text);
        skip(); /* a memory checker has put its own malloc() in place of ours */
    }
    (void)buf_append_text(&text, "a;b\n1;\"2\n3\"\n\"");
    memset(buf_reserve(&text, 400000), 'x', 400000);
    buf_commit(&text, 400000);
    (void)buf_append_text(&text, "\";2\n");
    for (int i = 0; i < 200; i++)
        (void)buf_append_text(&text, i == 199 ? "\n" : ";");
    options.path = temp_write(&temp, "n.csv", buf_slice(&text));
    run_out_of_memory(&options);
    append_gzip(&bytes, buf_slice(&text));
    options.path = temp_write(&temp, "n.csv", buf_slice(&bytes));
    run_out_of_memory(&options);
    buf_reset(&bytes);
    append_utf16(&bytes, buf_slice(&text));
    options.path = temp_write(&temp, "n.csv", buf_slice(&bytes));
    run_out_of_memory(&options);
    buf_fini(&text);
    buf_fini(&bytes);
}
#endif

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
        cmocka_unit_test(test_large_file_in_every_form),
        cmocka_unit_test(test_changed_between_the_passes),
        cmocka_unit_test(test_is_it_utf8),
        cmocka_unit_test(test_few_damaged_rows),
        cmocka_unit_test(test_mark_behind_separator_line),
        cmocka_unit_test(test_is_it_utf8_in_a_long_line),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_positions_that_cannot_be),
        cmocka_unit_test(test_identify),
        cmocka_unit_test(test_spool),
        cmocka_unit_test(test_changed_in_place),
        cmocka_unit_test(test_spool_on_a_full_disk),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_memory_is_out_at_any_call),
#endif
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
