/* The checkpoint as a file: making, refusing, locking it, and what survives a crash or a
 * full disk. What is in it is test_journal_rows.c's.
 */
#include "state/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "journal_place.h"

static void test_create(void **state) {
    const struct place *place = *state;
    struct journal *journal, *second;
    struct stat info;
    struct err err = {0};
    mode_t mask = umask(0);

    journal = create(place);
    (void)umask(mask);
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    journal_close(journal);
    assert_int_equal(journal_create(&second, place->path, &err), RC_USAGE);
    assert_null(second);
    assert_non_null(strstr(err.message, place->path));
    assert_non_null(strstr(err.advice, "espoload resume"));
    journal_close(NULL);
    assert_int_equal(access(place->path, F_OK), 0); /* a refused create removes nothing */
    journal_close(reopen(place));
}

static void test_create_impossible(void **state) {
    const struct place *place = *state;
    struct journal *journal;
    struct err err = {0};
    char path[256];

    (void)snprintf(path, sizeof path, "%s/no/such/folder", place->dir);
    assert_int_equal(journal_create(&journal, path, &err), RC_LOCAL);
    assert_null(journal);
    assert_non_null(strstr(err.message, path));
}

static void write_file(const char *path, const char *data, size_t len) {
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *path, char *out, size_t size, size_t *len) {
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    *len = fread(out, 1, size, file);
    (void)fclose(file);
}

static void open_refused(const char *path, int rc) {
    int (*const opens[])(struct journal **, const char *,
                         struct err *) = {journal_open, journal_open_reader};

    for (size_t i = 0; i < 2; i++) {
        struct journal *journal;
        struct err err = {0};
        assert_int_equal(opens[i](&journal, path, &err), rc);
        assert_null(journal);
        assert_non_null(strstr(err.message, path));
    }
}

/* A file that is not ours is refused and stays as it is, to the byte. */
static void test_foreign(void **state) {
    static const struct {
        const char *data;
        size_t len;
    } files[] = {
        {"", 0},
        {"Name;Mail\nAda;ada@example.com\n", 30},
        {"SQLite format 3", 15},
    };
    const struct place *place = *state;
    char after[8192];
    size_t len;

    open_refused(place->path, RC_INPUT); /* not there */
    assert_int_not_equal(access(place->path, F_OK), 0);
    open_refused(place->dir, RC_INPUT);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_file(place->path, files[i].data, files[i].len);
        open_refused(place->path, RC_INPUT);
        read_file(place->path, after, sizeof after, &len);
        assert_int_equal(len, files[i].len);
        assert_memory_equal(after, files[i].data, len);
        (void)unlink(place->path);
    }
}

static void test_foreign_database(void **state) {
    const struct place *place = *state;
    static char before[65536], after[65536];
    size_t len_before, len_after;

    raw_sql(place->path, "CREATE TABLE bookmarks(url TEXT); INSERT INTO bookmarks "
                         "VALUES('https://example.com')");
    read_file(place->path, before, sizeof before, &len_before);
    open_refused(place->path, RC_INPUT);
    read_file(place->path, after, sizeof after, &len_after);
    assert_int_equal(len_before, len_after);
    assert_memory_equal(before, after, len_before);
}

static void test_newer_format(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct err err = {0};

    journal_close(journal);
    raw_sql(place->path, "PRAGMA user_version = 99");
    assert_int_equal(journal_open(&journal, place->path, &err), RC_INPUT);
    assert_non_null(strstr(err.message, "format 99"));
}

/* A crash inside journal_create() leaves a file without anything in it: nothing is lost
 * with it, so it must not stand in the way for ever. */
static void test_half_made(void **state) {
    const struct place *place = *state;
    struct journal *journal;

    write_file(place->path, "", 0);
    journal = create(place);
    put(journal, 1, ROW_INTENDED, NULL);
    commit(journal);
    journal_close(journal);
    journal = reopen(place);
    assert_int_equal(count_of(journal, ROW_INTENDED), 1);
    journal_close(journal);
    (void)unlink(place->path);

    raw_sql(place->path, "PRAGMA journal_mode = WAL"); /* one step further */
    journal_close(create(place));
    journal_close(reopen(place));
}

/* --- the lock --- */

/* Runs body in a child of its own and returns its exit status, or -1 when it was
 * killed. */
static int in_child(void (*body)(const struct place *), const struct place *place) {
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        body(place);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void try_open(const struct place *place) {
    struct journal *journal;
    struct err err = {0};
    int rc = journal_open(&journal, place->path, &err);

    if (rc == RC_LOCKED && strstr(err.message, "another run") == NULL)
        rc = RC_LOCAL;
    journal_close(journal);
    _exit(-rc);
}

static void try_create(const struct place *place) {
    struct journal *journal;

    int rc = journal_create(&journal, place->path, NULL);

    _exit(rc == RC_USAGE || rc == RC_LOCKED ? 0 : 98);
}

static void try_read(const struct place *place) {
    struct journal *journal;
    uint64_t counts[ROW_STATE_COUNT];
    int rc = journal_open_reader(&journal, place->path, NULL);

    if (rc == RC_OK)
        rc = journal_count(journal, counts, NULL);
    journal_close(journal);
    _exit(rc == RC_OK ? (int)counts[ROW_CREATED] : 98);
}

static void test_locked(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);

    assert_int_equal(in_child(try_open, place), -RC_LOCKED);
    assert_int_equal(in_child(try_create, place), 0);
    put(journal, 1, ROW_CREATED, "a");
    commit(journal);
    put(journal, 2, ROW_CREATED, "b"); /* not committed: not seen by others */
    assert_int_equal(in_child(try_read, place), 1);
    assert_int_equal(in_child(try_open, place), -RC_LOCKED);
    commit(journal);
    assert_int_equal(in_child(try_read, place), 2);
    journal_close(journal);
    assert_int_equal(in_child(try_open, place), RC_OK);
    journal = reopen(place);
    assert_int_equal(in_child(try_open, place), -RC_LOCKED);
    journal_close(journal);
}

/* The same process may not hold it twice either, and a reader's end frees no lock. */
static void test_locked_within(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place), *second;
    struct err err = {0};

    assert_int_equal(journal_open(&second, place->path, &err), RC_LOCKED);
    assert_null(second);
    assert_int_equal(journal_open_reader(&second, place->path, NULL), RC_OK);
    journal_close(second);
    assert_int_equal(in_child(try_open, place), -RC_LOCKED);
    put(journal, 1, ROW_CREATED, "a");
    commit(journal);
    journal_close(journal);
}

/* --- what survives --- */

static void die_uncommitted(const struct place *place) {
    struct journal *journal = reopen(place);

    put(journal, 1, ROW_CREATED, "id-of-a-dead-run");
    put(journal, 2, ROW_CREATED, NULL);
    put_error(journal, 2, REASON_DUPLICATE, "c", "m");
    assert_int_equal(journal_put_image(journal, 2, "x", "{}", NULL), RC_OK);
    (void)kill(getpid(), SIGKILL);
}

static void die_committed(const struct place *place) {
    struct journal *journal = reopen(place);

    put(journal, 1, ROW_CREATED, "abc");
    commit(journal);
    put(journal, 2, ROW_CREATED, "not durable");
    (void)kill(getpid(), SIGKILL);
}

static void test_killed(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);

    put(journal, 1, ROW_INTENDED, NULL);
    commit(journal);
    journal_close(journal);

    assert_int_equal(in_child(die_uncommitted, place), -1);
    journal = reopen(place); /* the lock died with its holder */
    assert_int_equal(count_of(journal, ROW_INTENDED), 1);
    assert_int_equal(count_of(journal, ROW_CREATED), 0);
    assert_false(journal_owns_id(journal, "id-of-a-dead-run"));
    assert_false(journal_has_image(journal, 2));
    assert_int_equal(journal_errors(journal, 2, no_errors, NULL, NULL), RC_OK);
    journal_close(journal);

    assert_int_equal(in_child(die_committed, place), -1);
    journal = reopen(place);
    assert_int_equal(count_of(journal, ROW_CREATED), 1);
    assert_true(journal_owns_id(journal, "abc"));
    assert_false(journal_owns_id(journal, "not durable"));
    journal_close(journal);
}

/* --- disk full --- */

static struct err full_err; /* what the first failure said */

/* Puts rows until the disk (a limit on file sizes) is full; then what was committed must
 * be there and nothing after the failure may have become part of it. */
static void fill_disk(const struct place *place) {
    struct rlimit limit = {.rlim_cur = 300 * 1024, .rlim_max = 300 * 1024};
    struct journal *journal = reopen(place);
    uint64_t committed = 0;
    int rc = RC_OK;
    FILE *told;
    char path[160];

    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(97);
    for (uint64_t i = 1; rc == RC_OK && i < 100000; i++) {
        struct journal_row row = {
            .record = i, .line = i, .state = ROW_CREATED, .id = "0123456789abcdef0"};
        rc = journal_put_row(journal, &row, &full_err);
        if (rc == RC_OK && i % 10 == 0) {
            rc = journal_commit(journal, &full_err);
            committed = rc == RC_OK ? i : committed;
        }
    }
    if (rc == RC_OK)
        _exit(96);
    /* whatever is put after the failure stands or falls as a whole */
    (void)journal_set_int(journal, "after", 1, NULL);
    (void)journal_set_int(journal, "after2", 1, NULL);
    (void)journal_commit(journal, NULL);
    limit.rlim_cur = RLIM_INFINITY;
    journal_close(journal);
    (void)snprintf(path, sizeof path, "%s/told", place->dir);
    told = fopen(path, "w");
    if (told == NULL)
        _exit(95);
    (void)fprintf(told, "%d %llu %s\n", rc, (unsigned long long)committed,
                  full_err.advice);
    (void)fclose(told);
    _exit(0);
}

static void test_disk_full(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    struct journal_row last;
    char path[160], line[1024];
    long rc;
    unsigned long long committed;
    char *rest;
    FILE *told;

    journal_close(journal);
    assert_int_equal(in_child(fill_disk, place), 0);
    (void)snprintf(path, sizeof path, "%s/told", place->dir);
    told = fopen(path, "r");
    assert_non_null(told);
    assert_non_null(fgets(line, sizeof line, told));
    (void)fclose(told);
    (void)unlink(path);
    rc = strtol(line, &rest, 10);
    committed = strtoull(rest, &rest, 10);
    assert_int_equal(rc, RC_LOCAL);
    assert_true(committed > 0);
    assert_non_null(strstr(rest, "make room"));
    journal = reopen(place);
    assert_int_equal(journal_last_row(journal, 0, &last, NULL), 1);
    assert_int_equal(last.record, committed);
    assert_int_equal(count_of(journal, ROW_CREATED), committed);
    assert_int_equal(journal_int(journal, "after"), journal_int(journal, "after2"));
    put(journal, committed + 1, ROW_CREATED, "next"); /* and it goes on */
    commit(journal);
    journal_close(journal);
}

/* What cannot be read is not taken for what is not there: nothing is put after that. */
static void test_unreadable(void **state) {
    const struct place *place = *state;
    struct journal *journal = create(place);
    const struct journal_row row = {.record = 1, .state = ROW_INTENDED};
    struct err err = {0};

    assert_int_equal(journal_set_text(journal, "kind", "import", NULL), RC_OK);
    commit(journal);
    assert_int_equal(journal_check(journal, &err), RC_OK);
    damage(place, "DROP TABLE run");
    assert_string_equal(journal_text(journal, "kind"), "");
    assert_int_equal(journal_check(journal, &err), RC_LOCAL);
    assert_non_null(strstr(err.message, "no such table: run"));
    assert_int_equal(journal_put_row(journal, &row, NULL), RC_LOCAL);
    assert_int_equal(journal_commit(journal, NULL), RC_LOCAL);
    assert_int_equal(count_of(journal, ROW_INTENDED), 0);
    journal_close(journal);
}

int main(void) {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_create),       IN_PLACE(test_create_impossible),
        IN_PLACE(test_foreign),      IN_PLACE(test_foreign_database),
        IN_PLACE(test_newer_format), IN_PLACE(test_half_made),
        IN_PLACE(test_locked),       IN_PLACE(test_locked_within),
        IN_PLACE(test_killed),       IN_PLACE(test_disk_full),
        IN_PLACE(test_unreadable),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
