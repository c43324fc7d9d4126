/* test_secret.c - where keys and passwords may come from, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/credentials.h"
#include "cmd/secret.h"

static char path[64];

static int setup(void **state) {
    int fd;

    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/test_secret.XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    return unlink(path);
}

static void write_secret(const void *text, size_t len, mode_t mode) {
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static bool is_cleared(const struct secret *secret) {
    for (size_t i = 0; i < sizeof secret->text; i++)
        if (secret->text[i] != '\0')
            return false;
    return secret->len == 0;
}

static void test_file_contents(void **state) {
    /* bytes of the file, and the secret or what the message holds */
    static const struct {
        const char *bytes;
        size_t len;
        const char *secret;
        const char *message;
    } cases[] = {
        {"K3y\n", 4, "K3y", NULL},
        {"K3y", 3, "K3y", NULL},
        {"K3y\r\n", 5, "K3y", NULL},
        {"\xEF\xBB\xBFK3y\n", 7, "K3y", NULL},
        {" K3 y ", 6, " K3 y ", NULL},
        {"K\xC3\xA9y", 4, "K\xC3\xA9y", NULL},
        {"", 0, NULL, "is empty"},
        {"\n", 1, NULL, "is empty"},
        {"\r\n", 2, NULL, "is empty"},
        {"K3y\n\n", 5, NULL, "holds a line break"},
        {"K3y\nmore", 8, NULL, "holds a line break"},
        {"K3y\0more", 8, NULL, "holds a control character"},
        {"K3y\tx", 5, NULL, "holds a control character"},
        {"K3y\x7F", 4, NULL, "holds a control character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct secret secret;
        struct err err = {0};
        memset(&secret, 'x', sizeof secret);
        write_secret(cases[i].bytes, cases[i].len, 0600);
        if (cases[i].secret != NULL) {
            assert_int_equal(secret_from_file(&secret, path, "API key", &err), RC_OK);
            assert_string_equal(secret.text, cases[i].secret);
            assert_int_equal(secret.len, strlen(cases[i].secret));
        } else {
            assert_int_equal(secret_from_file(&secret, path, "API key", &err), RC_USAGE);
            if (strstr(err.message, cases[i].message) == NULL)
                fail_msg("case %zu: %s", i, err.message);
            assert_non_null(strstr(err.message, path));
            assert_null(strstr(err.message, "K3"));
            assert_true(is_cleared(&secret));
        }
        secret_clear(&secret);
        assert_true(is_cleared(&secret));
    }
}

static void test_file_sizes(void **state) {
    char *big = malloc(SECRET_MAX * 4);
    struct secret secret;

    (void)state;
    assert_non_null(big);
    memset(big, 'k', SECRET_MAX * 4);
    write_secret(big, SECRET_MAX, 0600);
    assert_int_equal(secret_from_file(&secret, path, "API key", NULL), RC_OK);
    assert_int_equal(secret.len, SECRET_MAX);
    write_secret(big, SECRET_MAX + 1, 0600);
    assert_int_equal(secret_from_file(&secret, path, "API key", NULL), RC_USAGE);
    write_secret(big, SECRET_MAX * 2, 0600);
    assert_int_equal(secret_from_file(&secret, path, "API key", NULL), RC_USAGE);
    write_secret(big, SECRET_MAX * 4, 0600);
    assert_int_equal(secret_from_file(&secret, path, "API key", NULL), RC_USAGE);
    assert_true(is_cleared(&secret));
    free(big);
}

static void test_file_rights(void **state) {
    static const mode_t refused[] = {0601, 0602, 0604, 0610, 0620,
                                     0640, 0644, 0666, 0444};
    static const mode_t taken[] = {0600, 0400, 0700};
    struct secret secret;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct err err = {0};
        write_secret("K3y\n", 4, refused[i]);
        assert_int_equal(secret_from_file(&secret, path, "API key", &err), RC_USAGE);
        assert_non_null(strstr(err.message, "other users"));
        assert_non_null(strstr(err.advice, "chmod 600 "));
        assert_non_null(strstr(err.advice, path));
        assert_true(is_cleared(&secret));
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        write_secret("K3y\n", 4, taken[i]);
        assert_int_equal(secret_from_file(&secret, path, "API key", NULL), RC_OK);
    }
    if (geteuid() == 0) {
        struct err err = {0};
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_int_equal(secret_from_file(&secret, path, "API key", &err), RC_USAGE);
        assert_non_null(strstr(err.message, "belongs to another user"));
    }
}

static void test_file_kinds(void **state) {
    struct secret secret;
    struct err err = {0};
    char name[32];
    int ends[2];

    (void)state;
    assert_int_equal(secret_from_file(&secret, "/nonexistent/key", "API key", &err),
                     RC_USAGE);
    assert_non_null(strstr(err.message, "cannot read /nonexistent/key: No such file"));
    assert_non_null(strstr(err.advice, "API key"));
    err_clear(&err);
    assert_int_equal(secret_from_file(&secret, "/tmp", "API key", &err), RC_USAGE);
    err_clear(&err);
    assert_int_equal(secret_from_file(&secret, "/dev/zero", "API key", &err), RC_USAGE);
    err_clear(&err);

    /* as a shell's <(...) hands it over */
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "K3y\n", 4), 4);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_int_equal(secret_from_file(&secret, name, "API key", &err), RC_OK);
    assert_string_equal(secret.text, "K3y");
    assert_int_equal(close(ends[0]), 0);
}

static void test_pairs(void **state) {
    static const struct {
        const char *text;
        const char *first;
        const char *second;
        const char *message;
    } cases[] = {
        {"key:s3c", "key", "s3c", NULL},
        {"key:s3c\n", "key", "s3c", NULL},
        {"key:s3:c\n", "key", "s3:c", NULL},
        {"key\ns3c\n", "key", "s3c", NULL},
        {"key\r\ns3c\r\n", "key", "s3c", NULL},
        {"key\ns3:c", "key", "s3:c", NULL},
        {"s3c", NULL, NULL, "is not complete"},
        {":s3c", NULL, NULL, "is empty"},
        {"key:", NULL, NULL, "is empty"},
        {"key\n", NULL, NULL, "is not complete"},
        {"key\ns3c\nmore", NULL, NULL, "line break"},
        {"", NULL, NULL, "is not complete"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct secret first, second;
        struct err err = {0};
        int rc;
        write_secret(cases[i].text, strlen(cases[i].text), 0600);
        rc = secret_pair_from_file(&first, &second, path, "HMAC key", &err);
        if (cases[i].message == NULL) {
            assert_int_equal(rc, RC_OK);
            assert_string_equal(first.text, cases[i].first);
            assert_string_equal(second.text, cases[i].second);
        } else {
            assert_int_equal(rc, RC_USAGE);
            if (strstr(err.message, cases[i].message) == NULL)
                fail_msg("case %zu: %s", i, err.message);
            assert_null(strstr(err.message, "s3c"));
            assert_true(is_cleared(&first) && is_cleared(&second));
        }
    }
}

static void test_command(void **state) {
    char variable[] = "KEY=from env", paths[] = "PATH=/usr/bin:/bin";
    char *environment[] = {variable, paths, NULL};
    static const struct {
        const char *command;
        const char *secret;
        const char *message;
    } cases[] = {
        {"echo K3y", "K3y", NULL},
        {"printf K3y", "K3y", NULL},
        {"printf 'K3y\\r\\nurl: x\\n'", "K3y", NULL},
        {"echo \"$KEY\"", "from env", NULL},
        {"cat; echo K3y", "K3y", NULL}, /* standard input is empty */
        {"true", NULL, "is empty"},
        {"echo; echo K3y", NULL, "is empty"},
        {"echo K3y; exit 3", NULL, "exit code 3"},
        {"/nonexistent/program 2>/dev/null", NULL, "exit code 127"},
        {"kill -KILL $$", NULL, "signal 9"},
        {"head -c 100000 /dev/zero", NULL, NULL},
        {"yes", NULL, NULL}, /* prints for ever: stopped by SIGPIPE */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct secret secret;
        struct err err = {0};
        int rc =
            secret_from_command(&secret, cases[i].command, environment, "password", &err);
        if (cases[i].secret != NULL) {
            assert_int_equal(rc, RC_OK);
            assert_string_equal(secret.text, cases[i].secret);
            continue;
        }
        assert_int_equal(rc, RC_USAGE);
        assert_true(is_cleared(&secret));
        assert_null(strstr(err.message, "K3y"));
        if (cases[i].message != NULL && strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].command, err.message);
    }
}

/* Runs the prompt in a child whose controlling terminal is a new one; keys are typed as
 * soon as the prompt is there. */
static void run_prompt(const char *keys, size_t key_count, int *rc, char *secret_out,
                       char *screen, size_t size) {
    int result[2], master, status;
    size_t used = 0;
    struct {
        int rc;
        bool echo;
        char text[64];
    } report = {0};
    pid_t pid;

    assert_int_equal(pipe(result), 0);
    pid = forkpty(&master, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (pid == 0) {
        struct secret secret;
        struct termios now;
        report.rc = secret_from_prompt(&secret, "API key: ", NULL);
        (void)snprintf(report.text, sizeof report.text, "%.60s", secret.text);
        report.echo = tcgetattr(0, &now) == 0 && (now.c_lflag & ECHO) != 0 &&
                      (now.c_lflag & ICANON) != 0 && (now.c_lflag & ISIG) != 0;
        _exit(write(result[1], &report, sizeof report) == sizeof report ? 0 : 1);
    }
    while (used + 1 < size) {
        ssize_t n = read(master, screen + used, size - used - 1);
        if (n <= 0)
            break;
        used += (size_t)n;
        screen[used] = '\0';
        if (keys != NULL && strstr(screen, "API key: ") != NULL) {
            assert_int_equal(write(master, keys, key_count), key_count);
            keys = NULL;
        }
    }
    assert_int_equal(read(result[0], &report, sizeof report), sizeof report);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(report.echo); /* the terminal is as it was */
    (void)close(master);
    (void)close(result[0]);
    (void)close(result[1]);
    *rc = report.rc;
    (void)snprintf(secret_out, 64, "%s", report.text);
}

static void test_prompt(void **state) {
    static const struct {
        const char *keys;
        int rc;
        const char *secret;
    } cases[] = {
        {"K3y\n", RC_OK, "K3y"},
        {"K3y\r", RC_OK, "K3y"},
        {"K4\x7F"
         "3y\n",
         RC_OK, "K3y"},
        {"K\xC3\xA9\x08y\n", RC_OK, "Ky"},
        {"\x7F\x7Fwrong\x15K3y\n", RC_OK, "K3y"},
        {"K3y\x03", RC_INTERRUPTED, ""},
        {"\n", RC_USAGE, ""},
        {"\x04", RC_USAGE, ""},
        {"K3\x1By\n", RC_OK, "K3y"},
    };
    char screen[512], secret[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int rc;
        screen[0] = '\0';
        run_prompt(cases[i].keys, strlen(cases[i].keys), &rc, secret, screen,
                   sizeof screen);
        if (rc != cases[i].rc || strcmp(secret, cases[i].secret) != 0)
            fail_msg("case %zu: %d \"%s\"", i, rc, secret);
        assert_null(strstr(screen, "K3y")); /* never echoed */
        assert_null(strstr(screen, "wrong"));
    }
}

static void test_prompt_without_terminal(void **state) {
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct secret secret;
        (void)setsid(); /* leaves the controlling terminal, if there is one */
        _exit(secret_from_prompt(&secret, "API key: ", NULL) == RC_USAGE ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The headers that come out show which identity was chosen. */
static void check_identity(const char *words, const char *variables, const char *header,
                           const char *message) {
    struct option_parser parser = {0};
    struct global_options global = {0};
    struct buf headers = {.max = 4096};
    struct auth *auth = NULL;
    struct err err = {0};
    char text[512], env[512];
    char *argv[16], *environment[8];
    int argc = 0, count = 0, at = 0, rc;

    (void)snprintf(text, sizeof text, "%s", words);
    (void)snprintf(env, sizeof env, "%s", variables);
    for (char *rest = text, *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word != '\0')
            argv[argc++] = strcmp(word, "FILE") == 0 ? path : word;
    for (char *rest = env, *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word != '\0')
            environment[count++] = word;
    environment[count] = NULL;
    assert_int_equal(option_parser_add(&parser, global_option_defs, &global, &err),
                     RC_OK);
    assert_int_equal(option_parse_arguments(&parser, argc, argv, &at, false, &err),
                     RC_OK);
    assert_int_equal(option_parse_environment(&parser, environment, &err), RC_OK);
    rc = credentials_open(&auth, &global, &parser, environment, false, &err);
    if (header != NULL) {
        if (rc != RC_OK)
            fail_msg("%s | %s: %s", words, variables, err.message);
        assert_int_equal(auth_append_headers(auth, METHOD_GET, "App/user", &headers),
                         RC_OK);
        if (strstr(buf_text(&headers), header) == NULL)
            fail_msg("%s | %s: %s", words, variables, buf_text(&headers));
    } else {
        assert_int_equal(rc, RC_USAGE);
        assert_null(auth);
        if (strstr(err.message, message) == NULL)
            fail_msg("%s | %s: %s", words, variables, err.message);
        assert_null(strstr(err.message, "K3y"));
    }
    auth_free(auth);
    buf_fini(&headers);
    option_parser_fini(&parser);
}

static void test_identity(void **state) {
    (void)state;
    write_secret("fileK3y\n", 8, 0600);
    check_identity("--api-key-file FILE", "", "X-Api-Key: fileK3y", NULL);
    check_identity("", "ESPOLOAD_API_KEY=envK3y", "X-Api-Key: envK3y", NULL);
    check_identity("--api-key-file FILE", "ESPOLOAD_API_KEY=envK3y", "fileK3y", NULL);
    check_identity("--password-command=echo${IFS}cmdK3y", "ESPOLOAD_API_KEY=envK3y",
                   "X-Api-Key: cmdK3y", NULL);
    check_identity("--hmac-raw", "ESPOLOAD_HMAC_KEY=a:K3y",
                   "X-Hmac-Authorization: ", NULL);
    /* dTpmaWxlSzN5 is u:fileK3y, dTplbnZLM3k= is u:envK3y */
    check_identity("--user u --password-file FILE", "ESPOLOAD_API_KEY=envK3y",
                   "dTpmaWxlSzN5", NULL);
    check_identity("--user u", "ESPOLOAD_PASSWORD=envK3y ESPOLOAD_API_KEY=k",
                   "dTplbnZLM3k=", NULL);
    check_identity("--password-file FILE", "ESPOLOAD_USER=u ESPOLOAD_API_KEY=k",
                   "dTpmaWxlSzN5", NULL);
    check_identity("", "", NULL, "no API key was given");
    check_identity("--user u", "", NULL, "no password was given");
    check_identity("--user u --api-key-file FILE", "", NULL,
                   "--api-key-file and --user cannot be used together");
    check_identity("", "ESPOLOAD_API_KEY=K3y ESPOLOAD_HMAC_KEY=a:K3y", NULL,
                   "ESPOLOAD_API_KEY and ESPOLOAD_HMAC_KEY cannot be used together");
    check_identity("--user u --password-file FILE --password-command x", "", NULL,
                   "--password-file and --password-command cannot");
    check_identity("", "ESPOLOAD_HMAC_KEY=K3y", NULL, "is not complete");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file_contents, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_rights, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pairs, setup, teardown),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_prompt),
        cmocka_unit_test(test_prompt_without_terminal),
        cmocka_unit_test_setup_teardown(test_identity, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
