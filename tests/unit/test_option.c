/* test_option.c - tables, values, the walk over a command line, precedence, help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/help.h"

enum { WORDS_MAX = 32, LINE_MAX_BYTES = 512 };

struct import_options {
    const char *map;
    bool dry_run;
    bool check;
    int64_t batch;
    int64_t size;
    int64_t ratio;
    int64_t wait;
    int mode;
    struct option_list where;
};

static const char *const mode_words[] = {"create", "update", NULL};

#define AT(member) .offset = offsetof(struct import_options, member)
static const struct option_def import_defs[] = {
    {.name = "map", .letter = 'm', .type = OPTION_PATH, .argument = "MAP", AT(map)},
    {.name = "dry-run", .letter = 'n', .type = OPTION_FLAG, AT(dry_run)},
    {.name = "check",
     .type = OPTION_FLAG,
     .negatable = true,
     .fallback = "true",
     AT(check)},
    {.name = "batch",
     .type = OPTION_INT,
     .min = 1,
     .max = 200,
     .fallback = "200",
     AT(batch)},
    {.name = "size", .type = OPTION_SIZE, AT(size)},
    {.name = "ratio", .type = OPTION_DECIMAL, AT(ratio)},
    {.name = "wait", .type = OPTION_DURATION, .min = 100, .max = 3600000, AT(wait)},
    {.name = "mode", .type = OPTION_CHOICE, .choices = mode_words, AT(mode)},
    {.name = "where", .type = OPTION_LIST, .argument = "EXPR", AT(where)},
    {.name = NULL},
};

static int run_nothing(struct command_context *context) {
    (void)context;
    return RC_OK;
}

static const struct command_argument import_arguments[] = {
    {.name = "FILE", .help = "the CSV file"}, {.name = NULL}};
static const struct command_argument list_arguments[] = {
    {.name = "ENTITY", .help = "entity type"},
    {.name = "FIELD", .help = "fields", .optional = true, .repeated = true},
    {.name = NULL}};
static const struct command_example import_examples[] = {
    {"espoload import leads.csv -m lead.json", "imports"}, {NULL, NULL}};

static const struct command import_command = {
    .name = "import",
    .summary = "create, update, upsert or delete records",
    .description = "Reads FILE row by row and does what the mapping says with each of "
                   "them, so that this text is longer than one line.",
    .arguments = import_arguments,
    .options = import_defs,
    .options_size = sizeof(struct import_options),
    .examples = import_examples,
    .run = run_nothing,
};
static const struct command ping_command = {
    .name = "ping", .summary = "server and rights", .run = run_nothing};
static const struct command list_command = {
    .name = "list", .summary = "lists", .arguments = list_arguments, .run = run_nothing};
static const struct command hidden_command = {
    .name = "debug", .summary = "not shown", .hidden = true, .run = run_nothing};
static const struct command *const commands[] = {&import_command, &ping_command,
                                                 &list_command, &hidden_command, NULL};

/* A command line parsed from words parted by blanks; '_' in a word stands for a blank,
 * '@' for an empty word. */
struct parsed {
    char text[LINE_MAX_BYTES];
    char *argv[WORDS_MAX + 1];
    struct command_line line;
    struct err err;
    int rc;
};

static void parse(struct parsed *p, const char *words, char *const *environment) {
    char nothing[] = "XDG_CONFIG_HOME=/nonexistent";
    char *none[] = {nothing, NULL};
    int argc = 0;

    memset(p, 0, sizeof *p);
    (void)snprintf(p->text, sizeof p->text, "espoload %s", words);
    for (char *at = p->text; *at != '\0' && argc < WORDS_MAX;) {
        size_t len = strcspn(at, " ");
        bool last = at[len] == '\0';
        p->argv[argc++] = at;
        at[len] = '\0';
        for (char *c = p->argv[argc - 1]; *c != '\0'; c++)
            if (*c == '_')
                *c = ' ';
        if (strcmp(p->argv[argc - 1], "@") == 0)
            p->argv[argc - 1][0] = '\0';
        at += len + (last ? 0 : 1);
    }
    p->rc = command_line_parse(&p->line, commands, argc, p->argv,
                               environment != NULL ? environment : none, &p->err);
}

static const struct import_options *import_of(const struct parsed *p) {
    return p->line.options;
}

static void test_spellings(void **state) {
    /* what each spelling leaves in jobs, verbose, map and dry-run */
    static const struct {
        const char *words;
        int64_t jobs;
        unsigned verbose;
        const char *map;
        bool dry_run;
        const char *file;
    } cases[] = {
        {"import f --jobs=8", 8, 0, NULL, false, "f"},
        {"import --jobs 8 f", 8, 0, NULL, false, "f"},
        {"import -j8 f", 8, 0, NULL, false, "f"},
        {"import -j 8 f", 8, 0, NULL, false, "f"},
        {"import -vnj8 f", 8, 1, NULL, true, "f"},
        {"import -vvv f -nv -m x", 0, 4, "x", true, "f"},
        {"import -nm- f", 0, 0, "-", true, "f"},
        {"import --map=a=b f", 0, 0, "a=b", false, "f"},
        {"import -m --jobz f", 0, 0, "--jobz", false, "f"},
        {"import -m=b f", 0, 0, "=b", false, "f"},
        {"import -- -j", 0, 0, NULL, false, "-j"},
        {"import -n -- --map", 0, 0, NULL, true, "--map"},
        {"import -", 0, 0, NULL, false, "-"},
        {"-j3 -v import f -v", 3, 2, NULL, false, "f"},
        {"-j3 import f -j4", 4, 0, NULL, false, "f"},
        {"import f --jobs auto", 0, 0, NULL, false, "f"},
        {"import f --dry-run", 0, 0, NULL, true, "f"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].words, NULL);
        if (p.rc != RC_OK)
            fail_msg("%s: %s", cases[i].words, p.err.message);
        assert_int_equal(p.line.global.jobs, cases[i].jobs);
        assert_int_equal(p.line.global.verbose, cases[i].verbose);
        assert_int_equal(import_of(&p)->dry_run, cases[i].dry_run);
        if (cases[i].map == NULL)
            assert_null(import_of(&p)->map);
        else
            assert_string_equal(import_of(&p)->map, cases[i].map);
        assert_int_equal(p.line.argument_count, 1);
        assert_string_equal(p.line.arguments[0], cases[i].file);
        command_line_fini(&p.line);
    }
}

static void test_refusals(void **state) {
    /* words, what the message holds, what the advice holds */
    static const struct {
        const char *words;
        const char *message;
        const char *advice;
    } cases[] = {
        {"import f --jbos 3", "unknown option --jbos; did you mean --jobs?", "--help"},
        {"import f --drry-run", "did you mean --dry-run?", NULL},
        {"import f --no-chek", "did you mean --no-check?", NULL},
        {"import f --apikey secret", "did you mean --api-key-file?", NULL},
        {"import f --time 3", "did you mean --timeout?", NULL},
        {"import f --wat=geheim", "unknown option --wat; did you mean --wait?", NULL},
        {"import f --qqqqqqqqqq", "unknown option --qqqqqqqqqq", NULL},
        {"import f --no-map", "unknown option --no-map", NULL},
        {"import f -x", "unknown option -x", NULL},
        {"import f -nx", "unknown option -x", NULL},
        {"import f -url u", "unknown option -url; did you mean --url?", NULL},
        {"import f --", NULL, NULL},
        {"import f --jobs", "--jobs needs a value: --jobs N", NULL},
        {"import f -j", "-j needs a value: -j N", NULL},
        {"import f --jobs --url x", "--jobs needs a value", "--jobs=VALUE"},
        {"import f -m --", "-m needs a value: -m MAP", NULL},
        {"import f --json=yes", "--json takes no value", NULL},
        {"import f --no-json=1", "--no-json takes no value", NULL},
        {"import f --jobs 0", "--jobs: \"0\" is out of range: 1 to 256, or auto", NULL},
        {"import f --jobs 257", "1 to 256", NULL},
        {"import f -j 8x", "-j: \"8x\" is not a whole number, or auto", NULL},
        {"import f --batch 201", "\"201\" is out of range: 1 to 200", NULL},
        {"import f --batch=", "\"\" is not a whole number", NULL},
        {"import f --batch=-5", "out of range", NULL},
        {"import f --batch=99999999999999999999", "is too large", NULL},
        {"import f --wait 0.05", "out of range: 0.100 to 3600 seconds", NULL},
        {"import f --wait 2h", "out of range", NULL},
        {"import f --wait 5x", "is not a time in seconds", NULL},
        {"import f --wait 1.5ms", "has too many decimals", NULL},
        {"import f --wait 1.2345", "is not a time", NULL},
        {"import f --wait -1", "is not a time", NULL},
        {"import f --size 1.3K", "has too many decimals", NULL},
        {"import f --size 8T", "is not a size", NULL},
        {"import f --size 9007199254740991G", "is too large", NULL},
        {"import f --size 99999999999999999999999", "is too large", NULL},
        {"import f --ratio .", "is not a number", NULL},
        {"import f --ratio 1e3", "is not a number", NULL},
        {"import f --ratio nan", "is not a number", NULL},
        {"import f --mode upset", "\"upset\" is none of: create, update", NULL},
        {"import f --mode=CREATE", "none of", NULL},
        {"import f --url=", "--url: \"\" is empty", NULL},
        {"import f --api-key K3y", "a process list would show", "--api-key-file FILE"},
        {"import f --api-key=K3y", "a process list would show", "ESPOLOAD_API_KEY"},
        {"import f --api-key", "a process list would show", NULL},
        {"--password K3y import f", "a process list would show", "--password-file FILE"},
        {"import f --hmac-key a:K3y", "a process list would show", "--hmac-key-file"},
        {"import f --proxy http://u:K3y@h:1", "http://***@h:1", "ESPOLOAD_PROXY"},
        {"import f \xE2\x80\x94url x", "begins with a dash that is not a hyphen",
         "--url"},
        {"import f \xE2\x80\x93n", "begins with a dash that is not a hyphen", "hand: -n"},
        {"import", "FILE is missing: the CSV file", "import --help"},
        {"import f g", "unexpected argument \"g\"", "import --help"},
        {"ping x", "unexpected argument \"x\"", NULL},
        {"list", "ENTITY is missing", NULL},
        {"imprt f", "there is no command \"imprt\"; did you mean import?", "--help"},
        {"debgu", "there is no command \"debgu\"", NULL},
        {"@", "there is no command \"\"", NULL},
        {"import f --\x1b[31m", "unknown option --\\x1B[31m", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].words, NULL);
        if (cases[i].message == NULL) {
            assert_int_equal(p.rc, RC_OK);
        } else {
            if (p.rc != RC_USAGE || strstr(p.err.message, cases[i].message) == NULL)
                fail_msg("%s: %d %s", cases[i].words, p.rc, p.err.message);
            assert_int_equal(p.err.rc, RC_USAGE);
            if (cases[i].advice != NULL && strstr(p.err.advice, cases[i].advice) == NULL)
                fail_msg("%s: advice %s", cases[i].words, p.err.advice);
        }
        assert_null(strstr(p.err.message, "K3y"));
        assert_null(strstr(p.err.message, "geheim"));
        assert_null(strstr(p.err.advice, "K3y"));
        command_line_fini(&p.line);
    }
}

static void test_values(void **state) {
    struct parsed p;
    const struct import_options *o;

    (void)state;
    parse(&p,
          "import f --batch 17 --size 1.5K --ratio .25 --wait 1.5 --mode update "
          "--where a=1 --where b=_x --no-check --rate 0.5 --timeout 2m",
          NULL);
    assert_int_equal(p.rc, RC_OK);
    o = import_of(&p);
    assert_int_equal(o->batch, 17);
    assert_int_equal(o->size, 1536);
    assert_int_equal(o->ratio, 250);
    assert_int_equal(o->wait, 1500);
    assert_int_equal(o->mode, 1);
    assert_int_equal(o->where.count, 2);
    assert_string_equal(o->where.items[0], "a=1");
    assert_string_equal(o->where.items[1], "b= x");
    assert_false(o->check);
    assert_int_equal(p.line.global.rate_milli, 500);
    assert_int_equal(p.line.global.timeout_ms, 120000);
    command_line_fini(&p.line);

    parse(&p, "import f --wait 500ms --size 8MiB --wait 300MS", NULL);
    assert_int_equal(import_of(&p)->wait, 300);
    assert_int_equal(import_of(&p)->size, 8 << 20);
    assert_true(import_of(&p)->check); /* defaults */
    assert_int_equal(import_of(&p)->batch, 200);
    assert_int_equal(import_of(&p)->mode, 0);
    assert_int_equal(p.line.global.retries, 5);
    assert_true(p.line.global.progress);
    command_line_fini(&p.line);
}

static void test_precedence(void **state) {
    char jobs[] = "ESPOLOAD_JOBS=5", batch[] = "ESPOLOAD_BATCH=9";
    char url[] = "ESPOLOAD_URL=https://env", empty[] = "ESPOLOAD_USER=";
    char check[] = "ESPOLOAD_NO_CHECK=yes", verbose[] = "ESPOLOAD_VERBOSE=2";
    char key[] = "ESPOLOAD_API_KEY=K3y", where[] = "ESPOLOAD_WHERE=env";
    char json[] = "ESPOLOAD_JSON=on", config[] = "XDG_CONFIG_HOME=/nonexistent";
    char *environment[] = {jobs, batch, url,  empty,  check, verbose,
                           key,  where, json, config, NULL};
    struct parsed p;

    (void)state;
    parse(&p, "import f -j 7 --where flag", environment);
    assert_int_equal(p.rc, RC_OK);
    assert_int_equal(p.line.global.jobs, 7);
    assert_int_equal(option_source(&p.line.parser, "jobs"), OPTION_FROM_FLAG);
    assert_int_equal(import_of(&p)->batch, 9);
    assert_int_equal(option_source(&p.line.parser, "batch"), OPTION_FROM_ENVIRONMENT);
    assert_string_equal(p.line.global.url, "https://env");
    assert_null(p.line.global.user); /* an empty variable counts as not set */
    assert_int_equal(option_source(&p.line.parser, "user"), OPTION_UNSET);
    assert_int_equal(option_source(&p.line.parser, "retries"), OPTION_FROM_DEFAULT);
    assert_int_equal(option_source(&p.line.parser, "no-such"), OPTION_UNSET);
    assert_false(import_of(&p)->check);
    assert_int_equal(p.line.global.verbose, 2);
    assert_true(p.line.global.json);
    assert_string_equal(p.line.global.api_key, "K3y");
    assert_int_equal(import_of(&p)->where.count, 1); /* lists are replaced, not joined */
    assert_string_equal(import_of(&p)->where.items[0], "flag");
    command_line_fini(&p.line);

    parse(&p, "import f --no-json -v --check", environment);
    assert_int_equal(p.rc, RC_OK);
    assert_false(p.line.global.json);
    assert_int_equal(p.line.global.verbose, 1);
    assert_true(import_of(&p)->check);
    command_line_fini(&p.line);
}

static void test_environment_refused(void **state) {
    static const struct {
        const char *variable;
        const char *message;
    } cases[] = {
        {"ESPOLOAD_JOBS=many", "ESPOLOAD_JOBS: \"many\" is not a whole number"},
        {"ESPOLOAD_JSON=maybe", "ESPOLOAD_JSON: \"maybe\" is neither true nor false"},
        {"ESPOLOAD_VERBOSE=10", "ESPOLOAD_VERBOSE: \"10\" is out of range"},
        {"ESPOLOAD_NO_CHECK=x", "ESPOLOAD_NO_CHECK: \"x\" is neither"},
        {"ESPOLOAD_MODE=x", "ESPOLOAD_MODE: \"x\" is none of"},
        {"ESPOLOAD_HELP=1", NULL}, /* not from the environment */
        {"ESPOLOAD_NONSENSE=1", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char variable[64], config[] = "XDG_CONFIG_HOME=/nonexistent";
        char *environment[] = {variable, config, NULL};
        struct parsed p;
        (void)snprintf(variable, sizeof variable, "%s", cases[i].variable);
        parse(&p, "import f", environment);
        if (cases[i].message == NULL) {
            assert_int_equal(p.rc, RC_OK);
            assert_false(p.line.global.help);
        } else {
            assert_int_equal(p.rc, RC_USAGE);
            if (strstr(p.err.message, cases[i].message) == NULL)
                fail_msg("%s: %s", cases[i].variable, p.err.message);
        }
        command_line_fini(&p.line);
    }
}

static void test_help_stands_above_all(void **state) {
    char bad[] = "ESPOLOAD_JOBS=many";
    char *environment[] = {bad, NULL};
    static const struct {
        const char *words;
        const char *command;
    } cases[] = {
        {"--help", NULL},
        {"help", NULL},
        {"import --help", "import"},
        {"-h import", "import"},
        {"help import", "import"},
        {"ping -h", "ping"},
    };
    struct parsed p;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse(&p, cases[i].words, environment);
        assert_int_equal(p.rc, RC_OK);
        assert_true(p.line.global.help);
        if (cases[i].command == NULL)
            assert_null(p.line.command);
        else
            assert_string_equal(p.line.command->name, cases[i].command);
        command_line_fini(&p.line);
    }
    parse(&p, "help imprt", NULL);
    assert_int_equal(p.rc, RC_USAGE);
    command_line_fini(&p.line);
    parse(&p, "-v", NULL);
    assert_int_equal(p.rc, RC_OK);
    assert_null(p.line.command);
    command_line_fini(&p.line);
}

static void test_repeated_arguments(void **state) {
    struct parsed p;

    (void)state;
    parse(&p, "list Lead", NULL);
    assert_int_equal(p.line.argument_count, 1);
    command_line_fini(&p.line);
    parse(&p, "list Lead -v a b - c", NULL);
    assert_int_equal(p.rc, RC_OK);
    assert_int_equal(p.line.argument_count, 5);
    assert_string_equal(p.line.arguments[4], "c");
    command_line_fini(&p.line);
}

static void test_derived_names(void **state) {
    char name[OPTION_DERIVED_MAX];

    (void)state;
    option_environment_name(&(struct option_def){.name = "api-key-file"}, false, name);
    assert_string_equal(name, "ESPOLOAD_API_KEY_FILE");
    option_environment_name(&(struct option_def){.name = "progress"}, true, name);
    assert_string_equal(name, "ESPOLOAD_NO_PROGRESS");
    option_profile_key(&(struct option_def){.name = "api-key-file"}, name);
    assert_string_equal(name, "apiKeyFile");
    option_profile_key(&(struct option_def){.name = "url"}, name);
    assert_string_equal(name, "url");
}

/* The rules that the derived names, the help and the parser rely on. */
static void test_global_table_is_sound(void **state) {
    const struct option_def *defs = global_option_defs;

    (void)state;
    for (size_t i = 0; defs[i].name != NULL; i++) {
        assert_true(strlen(defs[i].name) < OPTION_NAME_MAX);
        assert_true(strncmp(defs[i].name, "no-", 3) != 0);
        for (const char *c = defs[i].name; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || *c == '-');
        assert_true(defs[i].hidden || defs[i].help != NULL);
        assert_true(option_is_flag(&defs[i]) || defs[i].argument != NULL);
        assert_true(defs[i].type != OPTION_CHOICE || defs[i].choices != NULL);
        assert_true((defs[i].type == OPTION_SECRET) == (defs[i].instead != NULL));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(defs[i].name, defs[j].name);
            assert_true(defs[i].letter == 0 || defs[i].letter != defs[j].letter);
        }
    }
}

static void check_layout(const struct buf *text) {
    assert_int_equal(text->failed, RC_OK);
    for (const char *at = buf_text(text); *at != '\0';) {
        size_t len = strcspn(at, "\n");
        if (len > 80)
            fail_msg("wider than 80 columns: %.*s", (int)len, at);
        assert_true(len == 0 || at[len - 1] != ' ');
        at += len + 1;
    }
}

static void test_help_layout(void **state) {
    struct buf text = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_TEXT};
    const char *examples, *usage, *own, *server;

    (void)state;
    help_command(&page, &import_command);
    check_layout(&text);
    examples = strstr(buf_text(&text), "\nExamples:\n");
    usage = strstr(buf_text(&text), "\nUsage: espoload import [OPTION]... FILE\n");
    own = strstr(buf_text(&text), "\nOptions:\n");
    server = strstr(buf_text(&text), "\nServer and identity:\n");
    assert_non_null(examples);
    assert_true(examples < usage && usage < own && own < server);
    assert_non_null(strstr(own, "\n  -m, --map MAP"));
    assert_non_null(strstr(own, "\n  -n, --dry-run\n"));
    assert_non_null(strstr(own, "\n      --no-check"));
    assert_non_null(strstr(own, "(default: 200)"));
    assert_non_null(strstr(own, "may be given more than once"));
    assert_non_null(strstr(server, "\n      --no-progress        "));
    assert_null(strstr(buf_text(&text), "--api-key KEY")); /* hidden */

    buf_reset(&text);
    help_append_usage(&text, &list_command);
    assert_string_equal(buf_text(&text), "espoload list [OPTION]... ENTITY [FIELD]...");

    buf_reset(&text);
    help_overview(&page, commands);
    check_layout(&text);
    assert_non_null(strstr(buf_text(&text), "\n  ping                      server and"));
    assert_null(strstr(buf_text(&text), "debug"));
    buf_fini(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_environment_refused),
        cmocka_unit_test(test_help_stands_above_all),
        cmocka_unit_test(test_repeated_arguments),
        cmocka_unit_test(test_derived_names),
        cmocka_unit_test(test_global_table_is_sound),
        cmocka_unit_test(test_help_layout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
