/* test_tempfile.c - temporary places: where, for whom, and that nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tempfile.h"

/* In TMPDIR, in a folder of its owner; the file is gone with its folder, and what was
 * open of it goes on. */
static void test_place(void **state) {
    char parent[] = "/tmp/test-tempfile-XXXXXX", letter = '-';
    struct buf path = {.max = 4096};
    struct err err = {0};
    struct stat info;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(parent));
    assert_int_equal(setenv("TMPDIR", parent, 1), 0);
    assert_int_equal(tempfile_place(&path, "text", &err), RC_OK);
    assert_memory_equal(buf_text(&path), parent, strlen(parent));
    assert_string_equal(strrchr(buf_text(&path), '/'), "/text");
    assert_int_not_equal(access(buf_text(&path), F_OK), 0);
    fd = open(buf_text(&path), O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    *strrchr(path.data, '/') = '\0';
    assert_int_equal(stat(path.data, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    path.data[strlen(path.data)] = '/';
    tempfile_remove(buf_text(&path));
    assert_int_equal(rmdir(parent), 0); /* nothing was left in it */
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(pread(fd, &letter, 1, 0), 1);
    assert_int_equal(letter, 'x');
    (void)close(fd);
    buf_fini(&path);
}

/* A folder that is not there is named; an empty TMPDIR is none. */
static void test_parent(void **state) {
    struct buf path = {.max = 4096};
    struct err err = {0};

    (void)state;
    assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
    assert_int_equal(tempfile_place(&path, "text", &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    assert_int_equal(path.len, 0);
    for (int set = 0; set < 2; set++) {
        assert_int_equal(set ? setenv("TMPDIR", "", 1) : unsetenv("TMPDIR"), 0);
        buf_reset(&path);
        assert_int_equal(tempfile_place(&path, "text", NULL), RC_OK);
        assert_memory_equal(buf_text(&path), "/var/tmp/", 9);
        tempfile_remove(buf_text(&path));
    }
    buf_fini(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
