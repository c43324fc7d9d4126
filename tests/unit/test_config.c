/* test_config.c - the config file: profiles, precedence, and everything that is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/config.h"
#include "cmd/global_options.h"

struct own_options {
    int64_t batch;
    bool check;
    struct option_list where;
};

#define AT(member) .offset = offsetof(struct own_options, member)
static const struct option_def own_defs[] = {
    {.name = "batch-size", .type = OPTION_INT, .argument = "N", .min = 1, AT(batch)},
    {.name = "check", .type = OPTION_FLAG, AT(check)},
    {.name = "where", .type = OPTION_LIST, .argument = "EXPR", AT(where)},
    {.name = NULL},
};
static const struct option_def other_defs[] = {
    {.name = "page-size", .type = OPTION_INT, .argument = "N"},
    {.name = NULL},
};
static const struct option_def *const known[] = {own_defs, other_defs, NULL};

struct fixture {
    char folder[64];
    char path[128];
    struct option_parser parser;
    struct global_options global;
    struct own_options own;
    struct config *config;
    struct err err;
};

static void write_config(const struct fixture *f, const char *text, size_t len,
                         mode_t mode) {
    FILE *file = fopen(f->path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->path, mode), 0);
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/test_config.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/config.json", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;

    (void)unlink(f->path);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

/* Opens and applies; what was parsed stays until forget(). */
static int apply(struct fixture *f, const char *profile) {
    int rc;

    memset(&f->global, 0, sizeof f->global);
    memset(&f->own, 0, sizeof f->own);
    memset(&f->err, 0, sizeof f->err);
    assert_int_equal(option_parser_add(&f->parser, global_option_defs, &f->global, NULL),
                     RC_OK);
    assert_int_equal(option_parser_add(&f->parser, own_defs, &f->own, NULL), RC_OK);
    rc = config_open(&f->config, f->path, "/home/me", &f->err);
    if (rc == RC_OK)
        rc = config_apply(f->config, profile, &f->parser, known, &f->err);
    assert_int_equal(rc, f->err.rc);
    return rc;
}

static void forget(struct fixture *f) {
    config_free(f->config);
    f->config = NULL;
    option_parser_fini(&f->parser);
}

static void test_profile_is_applied(void **state) {
    static const char text[] =
        "\xEF\xBB\xBF{\"default\": \"live\", \"profiles\": {"
        "\"live\": {\"url\": \"https://live\", \"apiKeyFile\": \"live.key\","
        " \"jobs\": 4, \"timeout\": 1.5, \"rate\": 0.25, \"json\": true,"
        " \"progress\": false, \"verbose\": 2, \"color\": \"never\","
        " \"passwordFile\": \"~/pw\", \"cacert\": \"/etc/ca.pem\","
        " \"batchSize\": 7, \"where\": [\"a\", \"b\"], \"pageSize\": 3},"
        "\"test\": {\"url\": \"https://test\", \"jobs\": \"auto\", \"where\": \"c\"}}}";
    struct fixture *f = *state;
    char key[160];

    write_config(f, text, sizeof text - 1, 0600);
    assert_int_equal(apply(f, NULL), RC_OK);
    assert_string_equal(f->global.url, "https://live");
    (void)snprintf(key, sizeof key, "%s/live.key", f->folder);
    assert_string_equal(f->global.api_key_file, key);
    assert_string_equal(f->global.password_file, "/home/me/pw");
    assert_string_equal(f->global.cacert, "/etc/ca.pem");
    assert_int_equal(f->global.jobs, 4);
    assert_int_equal(f->global.timeout_ms, 1500);
    assert_int_equal(f->global.rate_milli, 250);
    assert_true(f->global.json);
    assert_false(f->global.progress);
    assert_int_equal(f->global.verbose, 2);
    assert_int_equal(f->global.color, COLOR_NEVER);
    assert_int_equal(f->own.batch, 7);
    assert_int_equal(f->own.where.count, 2);
    assert_string_equal(f->own.where.items[1], "b");
    assert_int_equal(option_source(&f->parser, "jobs"), OPTION_FROM_PROFILE);
    assert_int_equal(option_source(&f->parser, "retries"), OPTION_UNSET);
    forget(f);

    assert_int_equal(apply(f, "test"), RC_OK);
    assert_string_equal(f->global.url, "https://test");
    assert_null(f->global.api_key_file);
    assert_int_equal(f->own.where.count, 1);
    forget(f);
}

/* What was set by a flag or the environment stays. */
static void test_profile_is_weaker(void **state) {
    static const char text[] = "{\"profiles\": {\"x\": {\"jobs\": 4, \"retries\": 9,"
                               " \"where\": [\"p\", \"q\"], \"timeout\": 9}}}";
    char program[] = "espoload", jobs[] = "-j2", where[] = "--where=f";
    char *argv[] = {program, jobs, where, NULL};
    char variable[] = "ESPOLOAD_RETRIES=3";
    char *environment[] = {variable, NULL};
    struct fixture *f = *state;
    int at = 1;

    write_config(f, text, sizeof text - 1, 0644);
    assert_int_equal(option_parser_add(&f->parser, global_option_defs, &f->global, NULL),
                     RC_OK);
    assert_int_equal(option_parser_add(&f->parser, own_defs, &f->own, NULL), RC_OK);
    assert_int_equal(option_parse_arguments(&f->parser, 3, argv, &at, false, &f->err),
                     RC_OK);
    assert_int_equal(option_parse_environment(&f->parser, environment, &f->err), RC_OK);
    assert_int_equal(config_open(&f->config, f->path, NULL, &f->err), RC_OK);
    assert_int_equal(config_apply(f->config, "x", &f->parser, known, &f->err), RC_OK);
    assert_int_equal(option_parse_defaults(&f->parser, &f->err), RC_OK);
    assert_int_equal(f->global.jobs, 2);
    assert_int_equal(f->global.retries, 3);
    assert_int_equal(f->global.timeout_ms, 9000);
    assert_int_equal(f->own.where.count, 1);
    assert_string_equal(f->own.where.items[0], "f");
    assert_int_equal(f->global.engine, ENGINE_AUTO);
    assert_true(f->global.progress);
    forget(f);
}

static void test_refusals(void **state) {
    /* the profile named, the document, what message and advice hold */
    static const struct {
        const char *profile;
        const char *text;
        const char *message;
        const char *advice;
    } cases[] = {
        {NULL, "", "config.json is not valid JSON: line 1", NULL},
        {NULL, "{\n\"profiles\": {,}}", "not valid JSON: line 2", NULL},
        {NULL, "[]", "holds no JSON object", NULL},
        {NULL, "{\"url\": \"x\"}", "config.json:1: /url: unknown key",
         "inside a profile"},
        {NULL, "{\"live\": {}}", "/live: unknown key", "inside \"profiles\""},
        {NULL, "{\n\"profiles\": {\n\"a\": {\n\n\"jops\": 1}}}",
         "config.json:5: /profiles/a/jops: unknown key", NULL},
        {NULL, "{\"profiles\": {\n\"a\": {\"zz~/zz\": 1}}}",
         "config.json:2: /profiles/a/zz~0~1zz: unknown key", NULL},
        {NULL, "{\"default\": 1}", "/default: must be the name of a profile", NULL},
        {NULL, "{\"profiles\": []}", "/profiles: must be an object", NULL},
        {NULL, "{\"profiles\": {\"a\": 1}}", "/profiles/a: must be an object", NULL},
        {NULL, "{\"profiles\": {}, \"profiles\": {}}", "duplicate object key", NULL},
        {NULL, "{\"default\": \"b\", \"profiles\": {\"a\": {}}}",
         "there is no profile \"b\"", "there are: a"},
        {"b", "{\"profiles\": {\"a\": {}, \"c\": {}}}", "there is no profile \"b\"",
         "there are: a, c"},
        {"b", "{}", "there is no profile \"b\"", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"jops\": 1}}}",
         "/profiles/a/jops: unknown key; did you mean \"jobs\"?", "camelCase"},
        {NULL, "{\"profiles\": {\"a\": {\"apikeyfile\": \"x\"}}}",
         "did you mean \"apiKeyFile\"?", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"api-key-file\": \"x\"}}}",
         "did you mean \"apiKeyFile\"?", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"zzzzzzzz\": 1}}}",
         "/profiles/a/zzzzzzzz: unknown key", NULL},
        {NULL, "{\"profiles\": {\"a/b~\": {\"zzzzzzzz\": 1}}}",
         "/profiles/a~1b~0/zzzzzzzz: unknown", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"profile\": \"b\"}}}", "unknown key", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"help\": true}}}", "unknown key", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"yes\": true}}}", "unknown key", NULL},
        {NULL, "{\"profiles\": {\"a\": {\"apiKey\": \"K3y\"}}}",
         "/profiles/a/apiKey: a secret must not stand in the config file",
         "\"apiKeyFile\""},
        {NULL, "{\"profiles\": {\"a\": {\"password\": \"K3y\"}}}", "a secret must not",
         "\"passwordFile\""},
        {NULL, "{\"profiles\": {\"a\": {\"hmac-key\": \"K3y\"}}}", "a secret must not",
         "\"hmacKeyFile\""},
        {"a", "{\"profiles\": {\"a\": {\"jobs\": 0}}}",
         "config.json:1: /profiles/a/jobs: \"0\" is out of range", NULL},
        {"a", "{\"profiles\": {\"a\": {\"retries\": 1.5}}}",
         "/profiles/a/retries: \"1.5\" is not a whole number", NULL},
        {"a", "{\"profiles\": {\"a\": {\"jobs\": true}}}", "must be a number", NULL},
        {"a", "{\"profiles\": {\"a\": {\"jobs\": null}}}", "must be a number", NULL},
        {"a", "{\"profiles\": {\"a\": {\"json\": \"yes\"}}}", "must be true or false",
         NULL},
        {"a", "{\"profiles\": {\"a\": {\"url\": 5}}}", "must be a text in quotes", NULL},
        {"a", "{\"profiles\": {\"a\": {\"url\": [\"x\"]}}}", "must be a text", NULL},
        {"a", "{\"profiles\": {\"a\": {\"url\": \"\"}}}", "\"\" is empty", NULL},
        {"a", "{\"profiles\": {\"a\": {\"where\": [\"x\", 1]}}}", "must be a text", NULL},
        {"a", "{\"profiles\": {\"a\": {\"color\": \"red\"}}}", "is none of: auto", NULL},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_config(f, cases[i].text, strlen(cases[i].text), 0600);
        if (apply(f, cases[i].profile) != RC_USAGE ||
            strstr(f->err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", cases[i].text, f->err.rc, f->err.message);
        if (cases[i].advice != NULL && strstr(f->err.advice, cases[i].advice) == NULL)
            fail_msg("%s: advice %s", cases[i].text, f->err.advice);
        assert_non_null(strstr(f->err.message, f->path));
        assert_null(strstr(f->err.message, "K3y"));
        assert_null(strstr(f->err.advice, "K3y"));
        forget(f);
    }
}

/* A value of a profile that is not used need not be good, but its keys must be. */
static void test_other_profiles_are_only_looked_over(void **state) {
    static const char text[] =
        "{\"profiles\": {\"a\": {\"jobs\": 0}, \"b\": {\"jobs\": 2}}}";
    struct fixture *f = *state;

    write_config(f, text, sizeof text - 1, 0644);
    assert_int_equal(apply(f, "b"), RC_OK);
    assert_int_equal(f->global.jobs, 2);
    forget(f);
    assert_int_equal(apply(f, NULL), RC_OK); /* no default: none is applied */
    assert_int_equal(option_source(&f->parser, "jobs"), OPTION_UNSET);
    forget(f);
}

static void test_exposed_file(void **state) {
    static const char proxy[] =
        "{\"profiles\": {\"a\": {\"proxy\": \"http://u:K3y@proxy:8080\"}}}";
    static const char key[] = "{\"profiles\": {\"a\": {\"apiKey\": \"K3y\"}}}";
    struct fixture *f = *state;

    write_config(f, proxy, sizeof proxy - 1, 0640);
    assert_int_equal(apply(f, "a"), RC_USAGE);
    assert_non_null(strstr(f->err.message, "/profiles/a/proxy: holds a password"));
    assert_non_null(strstr(f->err.advice, "chmod 600 "));
    assert_null(strstr(f->err.message, "K3y"));
    forget(f);
    write_config(f, proxy, sizeof proxy - 1, 0600);
    assert_int_equal(apply(f, "a"), RC_OK);
    assert_string_equal(f->global.proxy, "http://u:K3y@proxy:8080");
    forget(f);
    write_config(f, key, sizeof key - 1, 0644);
    assert_int_equal(apply(f, "a"), RC_USAGE);
    assert_non_null(strstr(f->err.advice, "have a new secret made"));
    forget(f);
}

static void test_missing_and_odd_files(void **state) {
    struct fixture *f = *state;
    char *big;

    (void)unlink(f->path);
    assert_int_equal(apply(f, NULL), RC_OK);
    assert_null(f->config);
    forget(f);
    assert_int_equal(apply(f, "live"), RC_USAGE);
    assert_non_null(
        strstr(f->err.message, "no config file that could hold profile live"));
    forget(f);
    err_clear(&f->err);

    assert_int_equal(config_open(&f->config, f->folder, NULL, &f->err), RC_USAGE);
    assert_non_null(strstr(f->err.message, "not a regular file"));
    err_clear(&f->err);

    big = calloc(1, 3 << 20);
    assert_non_null(big);
    memset(big, ' ', 3 << 20);
    write_config(f, big, 3 << 20, 0600);
    free(big);
    assert_int_equal(config_open(&f->config, f->path, NULL, &f->err), RC_USAGE);
    assert_non_null(strstr(f->err.message, "larger than 1 MiB"));
}

static void test_path(void **state) {
    static const struct {
        const char *xdg;
        const char *home;
        const char *path;
    } cases[] = {
        {"XDG_CONFIG_HOME=/x", "HOME=/h", "/x/espoload/config.json"},
        {"XDG_CONFIG_HOME=", "HOME=/h", "/h/.config/espoload/config.json"},
        {"XDG_CONFIG_HOME=rel", "HOME=/h", "/h/.config/espoload/config.json"},
        {"OTHER=1", "HOME=/h", "/h/.config/espoload/config.json"},
        {"OTHER=1", "HOME=", ""},
        {"XDG_CONFIG_HOMES=/x", "HOMES=/h", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf path = {.max = 200};
        char xdg[64], home[64];
        char *environment[] = {xdg, home, NULL};
        (void)snprintf(xdg, sizeof xdg, "%s", cases[i].xdg);
        (void)snprintf(home, sizeof home, "%s", cases[i].home);
        assert_int_equal(config_path(environment, &path), RC_OK);
        assert_string_equal(buf_text(&path), cases[i].path);
        buf_fini(&path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_profile_is_applied, setup, teardown),
        cmocka_unit_test_setup_teardown(test_profile_is_weaker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_profiles_are_only_looked_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_exposed_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_and_odd_files, setup, teardown),
        cmocka_unit_test(test_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
