/* test_outfile.c - an output file is there whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/outfile.h"

static char folder[64];
static char path[128];

static int setup(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_outfile.XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out.csv", folder);
    (void)umask(022);
    return 0;
}

static size_t count_entries(const char *prefix) {
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.' &&
                 strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    (void)closedir(dir);
    return count;
}

/* Can files of this folder be written before they have a name? */
static bool nameless(void) {
    int fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 && access("/proc/self/fd", X_OK) == 0;
}

static int teardown(void **state) {
    DIR *dir = opendir(folder);
    struct dirent *entry;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    return rmdir(folder);
}

static void write_plain(const char *name, const char *text, mode_t mode) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void check_content(const char *name, const char *text) {
    char got[256];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, got, sizeof got - 1);
    assert_true(n >= 0);
    got[n] = '\0';
    assert_string_equal(got, text);
    assert_int_equal(close(fd), 0);
}

static mode_t mode_of(const char *name) {
    struct stat facts;

    assert_int_equal(stat(name, &facts), 0);
    return facts.st_mode & 07777;
}

static struct outfile *open_with(bool force, mode_t mode) {
    struct outfile_options options = {.force = force, .mode = mode};
    struct outfile *file = NULL;
    struct err err = {0};

    if (outfile_open(&file, path, &options, &err) != RC_OK)
        fail_msg("%s", err.message);
    return file;
}

static void test_commit_and_abort(void **state) {
    struct outfile *file;

    (void)state;
    file = open_with(false, 0);
    assert_int_equal(outfile_write(file, slice_of("a,"), NULL), RC_OK);
    assert_int_equal(outfile_write(file, slice_make(NULL, 0), NULL), RC_OK);
    assert_int_equal(outfile_write(file, slice_of("b\n"), NULL), RC_OK);
    assert_int_equal(outfile_size(file), 4);
    assert_int_equal(outfile_flush(file, NULL), RC_OK);
    assert_int_equal(access(path, F_OK), -1); /* not before it is whole */
    assert_int_equal(count_entries("out.csv.tmp-"), nameless() ? 0 : 1);
    assert_int_equal(outfile_commit(file, NULL), RC_OK);
    outfile_close(file);
    check_content(path, "a,b\n");
    assert_int_equal(mode_of(path), 0644);
    assert_int_equal(count_entries(""), 1);
    assert_int_equal(unlink(path), 0);

    file = open_with(false, 0600);
    assert_int_equal(outfile_write(file, slice_of("half"), NULL), RC_OK);
    outfile_close(file);
    assert_int_equal(count_entries(""), 0);

    file = open_with(false, 0600); /* empty files are files, too */
    assert_int_equal(outfile_commit(file, NULL), RC_OK);
    outfile_close(file);
    check_content(path, "");
    assert_int_equal(mode_of(path), 0600);
    outfile_close(NULL);
}

static void test_overwriting(void **state) {
    struct outfile *file = NULL;
    struct err err = {0};

    (void)state;
    write_plain(path, "old", 0640);
    assert_int_equal(outfile_open(&file, path, NULL, &err), RC_USAGE);
    assert_null(file);
    assert_non_null(strstr(err.message, "out.csv is there already"));
    assert_non_null(strstr(err.advice, "--force"));
    check_content(path, "old");
    assert_int_equal(count_entries(""), 1);

    file = open_with(true, 0600);
    assert_int_equal(outfile_write(file, slice_of("new"), NULL), RC_OK);
    check_content(path, "old");
    assert_int_equal(outfile_commit(file, NULL), RC_OK);
    outfile_close(file);
    check_content(path, "new");
    assert_int_equal(mode_of(path), 0640); /* as it was */
    assert_int_equal(count_entries(""), 1);
}

static void test_appeared_meanwhile(void **state) {
    struct outfile *file = open_with(false, 0);
    struct err err = {0};
    const char *kept;
    char name[64];

    (void)state;
    assert_int_equal(outfile_write(file, slice_of("mine"), NULL), RC_OK);
    write_plain(path, "theirs", 0600);
    assert_int_equal(outfile_commit(file, &err), RC_LOCAL);
    outfile_close(file);
    check_content(path, "theirs");
    kept = strstr(err.message, folder);
    kept = kept == NULL ? NULL : strstr(kept + 1, folder);
    assert_non_null(kept); /* the message says where the rest is */
    (void)snprintf(name, sizeof name, "%.60s", kept);
    check_content(name, "mine");
}

static void test_links_and_folders(void **state) {
    struct outfile_options force = {.force = true};
    struct outfile *file = NULL;
    struct err err = {0};
    struct stat facts;
    char link[160], missing[160];

    (void)state;
    write_plain(path, "old", 0600);
    (void)snprintf(link, sizeof link, "%s/link.csv", folder);
    assert_int_equal(symlink("out.csv", link), 0);
    assert_int_equal(outfile_open(&file, link, NULL, &err), RC_USAGE);
    assert_int_equal(outfile_open(&file, link, &force, NULL), RC_OK);
    assert_int_equal(outfile_write(file, slice_of("new"), NULL), RC_OK);
    assert_int_equal(outfile_commit(file, NULL), RC_OK);
    outfile_close(file);
    check_content(path, "new");
    assert_int_equal(lstat(link, &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_int_equal(unlink(path), 0);

    err_clear(&err); /* the link leads nowhere now */
    assert_int_equal(outfile_open(&file, link, &force, &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "symbolic link"));

    err_clear(&err);
    assert_int_equal(outfile_open(&file, folder, &force, &err), RC_USAGE);
    assert_non_null(strstr(err.message, "is a folder"));
    (void)snprintf(missing, sizeof missing, "%s/no/such.csv", folder);
    err_clear(&err);
    assert_int_equal(outfile_open(&file, missing, NULL, &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "open the folder of"));
    (void)snprintf(missing, sizeof missing, "%s/new/", folder);
    err_clear(&err);
    assert_int_equal(outfile_open(&file, missing, NULL, &err) < 0, 1);
    err_clear(&err);
    assert_int_equal(outfile_open(&file, "", NULL, &err), RC_USAGE);
    assert_null(file);
}

static void test_relative_and_long_names(void **state) {
    struct outfile *file = NULL;
    char name[256], before[512];

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_int_equal(outfile_open(&file, name, NULL, NULL), RC_OK);
    assert_int_equal(outfile_commit(file, NULL), RC_OK);
    outfile_close(file);
    assert_int_equal(access(name, F_OK), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(count_entries(""), 1);
}

static void test_large_writes(void **state) {
    enum { PIECE = 65536 + 17, PIECES = 40 };
    struct outfile *file = open_with(false, 0);
    char *piece = malloc(PIECE);
    uint64_t size = 0;
    struct stat facts;
    int fd;

    (void)state;
    assert_non_null(piece);
    for (size_t i = 0; i < PIECES; i++) { /* larger, smaller and odd pieces */
        size_t len = i % 3 == 0 ? PIECE : i * 331;
        memset(piece, (int)('a' + i % 26), len);
        assert_int_equal(outfile_write(file, slice_make(piece, len), NULL), RC_OK);
        size += len;
    }
    assert_int_equal(outfile_size(file), size);
    assert_int_equal(outfile_commit(file, NULL), RC_OK);
    outfile_close(file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(facts.st_size, size);
    for (size_t i = 0; i < PIECES; i++) {
        size_t len = i % 3 == 0 ? PIECE : i * 331;
        assert_int_equal(read(fd, piece, len), len);
        for (size_t j = 0; j < len; j++)
            assert_int_equal(piece[j], 'a' + i % 26);
    }
    assert_int_equal(close(fd), 0);
    free(piece);
}

/* A disk that is full, played by a limit on the size of files. */
static void test_no_space(void **state) {
    struct rlimit before, small;
    struct outfile *file;
    struct err err = {0};
    char *data = calloc(1, 300000);
    int rc = RC_OK;

    (void)state;
    assert_non_null(data);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 200000;
    (void)signal(SIGXFSZ, SIG_IGN);
    file = open_with(false, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rc = outfile_write(file, slice_make(data, 300000), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rc, RC_LOCAL);
    assert_non_null(strstr(err.message, "cannot write"));
    /* it sticks: nothing may follow a gap */
    assert_int_equal(outfile_write(file, slice_of("more"), NULL), RC_LOCAL);
    assert_int_equal(outfile_commit(file, NULL), RC_LOCAL);
    outfile_close(file);
    assert_int_equal(count_entries(""), 0);
    free(data);
}

static void test_full_device(void **state) {
    struct outfile *file = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(outfile_open(&file, "/dev/full", NULL, &err), RC_OK);
    assert_int_equal(outfile_write(file, slice_of("x"), &err), RC_OK);
    assert_int_equal(outfile_commit(file, &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "cannot write /dev/full: No space left"));
    assert_true(err.advice[0] != '\0');
    outfile_close(file);
    assert_int_equal(access("/dev/full", F_OK), 0);
}

/* "-" and pipes are written through, without renaming. */
static void test_pipes(void **state) {
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int ends[2], status;
        char got[64] = "";
        pid_t pid;
        assert_int_equal(pipe(ends), 0);
        pid = fork();
        if (pid == 0) {
            struct outfile *file = NULL;
            int rc;
            (void)dup2(ends[1], STDOUT_FILENO);
            rc = outfile_open(&file, names[i], NULL, NULL);
            if (rc == RC_OK)
                rc = outfile_write(file, slice_of("through"), NULL);
            if (rc == RC_OK)
                rc = outfile_commit(file, NULL);
            outfile_close(file);
            if (fcntl(STDOUT_FILENO, F_GETFD) < 0) /* is still open */
                rc = RC_LOCAL;
            _exit(rc == RC_OK ? 0 : 1);
        }
        assert_int_equal(close(ends[1]), 0);
        assert_int_equal(read(ends[0], got, sizeof got - 1), 7);
        assert_string_equal(got, "through");
        assert_int_equal(close(ends[0]), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* Ended without a chance to clean up: the name does not exist, and nothing is left. */
static void test_killed(void **state) {
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct outfile *file = open_with(false, 0);
        (void)outfile_write(file, slice_of("half"), NULL);
        (void)outfile_flush(file, NULL);
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(count_entries("out.csv.tmp-"), nameless() ? 0 : 1);
}

static int write_same(const char *text, struct err *err) {
    struct outfile_options options = {.keep_same = true};
    struct outfile *file = NULL;
    int rc = outfile_open(&file, path, &options, err);

    assert_int_equal(rc, RC_OK);
    assert_int_equal(outfile_write(file, slice_of(text), err), RC_OK);
    rc = outfile_commit(file, err);
    outfile_close(file);
    return rc;
}

/* What a run that was broken off has put in place is not in the way of its resume. */
static void test_keep_same(void **state) {
    struct err err = {0};

    (void)state;
    assert_int_equal(write_same("text", &err), RC_OK);
    assert_int_equal(write_same("text", &err), RC_OK);
    assert_int_equal(count_entries(""), 1);
    for (size_t i = 0; i < 3; i++) {
        static const char *const others[] = {"tex", "text ", "test"};
        assert_int_equal(write_same(others[i], &err), RC_LOCAL);
        assert_non_null(strstr(err.message, "has appeared in the meantime"));
        check_content(path, "text");
        err_clear(&err);
    }
}

static void test_streams(void **state) {
    char pipe_path[160];

    (void)state;
    (void)snprintf(pipe_path, sizeof pipe_path, "%s/pipe", folder);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_true(outfile_is_stream("-"));
    assert_true(outfile_is_stream("/dev/stdout"));
    assert_true(outfile_is_stream("/dev/null"));
    assert_true(outfile_is_stream(pipe_path));
    assert_false(outfile_is_stream(folder));
    assert_false(outfile_is_stream(path));
    write_plain(path, "", 0600);
    assert_false(outfile_is_stream(path));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commit_and_abort, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overwriting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_appeared_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_and_folders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relative_and_long_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_space, setup, teardown),
        cmocka_unit_test(test_full_device),
        cmocka_unit_test(test_pipes),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keep_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
