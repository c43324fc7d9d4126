/* test_style.c - what a compiler does not see of the house style: banned calls, a core
 * that neither prints nor exits, sizes of files, lines and headers, white space, guards,
 * and words that have no place in the project.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "source_tree.h"

enum {
    COLUMNS_MAX = 90,
    FILE_LINES_MAX = 600,
    TEST_LINES_MAX = 800, /* of tests/unit, which are tables of cases for the most part */
    HEADER_LINES_MAX = 200
};

/* Calls that are not made anywhere. */
static const char *const banned[] = {"strcpy", "strcat", "sprintf", "vsprintf", "strtok",
                                     "atoi",   "atol",   "atof",    "gets",     "scanf",
                                     "sscanf", "fscanf", "alloca",  "system",   "popen",
                                     "rand",   "tmpnam", "mktemp",  NULL};

/* Calls that only cmd/ and the tests make. */
static const char *const loud[] = {"printf", "fprintf", "vprintf", "vfprintf", "puts",
                                   "fputs",  "putchar", "perror",  "exit",     "_exit",
                                   "abort",  "assert",  NULL};

/* Words that speak of how a file was made, or of the machine it was made on; in two
 * pieces, so that this file does not hold them. */
#define JOINED(a, b) a b
static const char *const words[] = {
    JOINED("ses", "sion"), JOINED("ses", "sions"),  JOINED("sub", "agent"),
    JOINED("clau", "de"),  JOINED("anth", "ropic"), JOINED("copi", "lot"),
    JOINED("chat", "gpt"), JOINED("open", "ai"),    NULL};
static const char *const paths[] = {JOINED("/wo", "rk/"), JOINED("/opt/", "espo"),
                                    JOINED("/ro", "ot/"), NULL};
static const char *const unfinished[] = {JOINED("TO", "DO"), JOINED("FIX", "ME"),
                                         JOINED("XX", "X"), JOINED("HA", "CK"), NULL};

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* A word of the list in the line, whole words only; NULL when there is none. */
static const char *find_word(const char *line, const char *const *list, bool any_case) {
    for (; *list != NULL; list++) {
        size_t len = strlen(*list);
        for (const char *at = line; *at != '\0'; at++) {
            bool same = any_case ? strncasecmp(at, *list, len) == 0
                                 : strncmp(at, *list, len) == 0;
            if (same && (at == line || !is_word_char(at[-1])) && !is_word_char(at[len]))
                return *list;
        }
    }
    return NULL;
}

/* The same for a call: the word and an opening parenthesis. */
static const char *find_call(const char *line, const char *const *list) {
    for (; *list != NULL; list++) {
        size_t len = strlen(*list);
        for (const char *at = line; (at = strstr(at, *list)) != NULL; at++) {
            const char *behind = at + len + strspn(at + len, " ");
            bool member = at > line && (at[-1] == '.' || at[-1] == '>');
            if ((at == line || !is_word_char(at[-1])) && !member && *behind == '(')
                return *list;
        }
    }
    return NULL;
}

static const char *find_path(const char *line) {
    for (size_t i = 0; paths[i] != NULL; i++)
        if (strstr(line, paths[i]) != NULL)
            return paths[i];
    return NULL;
}

/* Code points of the line, which is UTF-8. */
static size_t columns(const char *line) {
    size_t count = 0;
    for (; *line != '\0'; line++)
        count += ((unsigned char)*line & 0xC0) != 0x80;
    return count;
}

static bool is_c(const char *path) {
    return tree_has_suffix(path, "|.c|.h|.cc|");
}

/* One thing that is wrong with a line, or "". code: the line without comments and
 * literals; NULL where it is no C. */
static void line_problem(const char *path, const char *line, const char *code, char *out,
                         size_t size) {
    size_t len = strlen(line);
    bool core = strncmp(path, "core/", 5) == 0;
    const char *found;
    out[0] = '\0';
    if (strchr(line, '\t') != NULL)
        snprintf(out, size, "holds a tab");
    else if (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r'))
        snprintf(out, size, "ends in a blank");
    else if (code != NULL && columns(line) > COLUMNS_MAX)
        snprintf(out, size, "has %zu columns, more than %d", columns(line), COLUMNS_MAX);
    else if ((found = find_word(line, unfinished, false)) != NULL)
        snprintf(out, size, "leaves something open: %s", found);
    else if ((found = find_word(line, words, true)) != NULL)
        snprintf(out, size, "holds the word \"%s\"", found);
    else if ((found = find_path(line)) != NULL)
        snprintf(out, size, "names a path of one machine: %s", found);
    else if (code != NULL && (found = find_call(code, banned)) != NULL)
        snprintf(out, size, "calls %s(), which is banned", found);
    else if (code != NULL && core && (found = find_call(code, loud)) != NULL)
        snprintf(out, size, "calls %s(): core neither prints nor ends the program",
                 found);
    else if (code != NULL && core && strstr(code, "sqlite3_bind_") != NULL &&
             strcmp(path, "core/state/bind.h") != 0)
        snprintf(out, size, "binds a value past state/bind.h, which keeps failures");
}

/* Prints what is wrong with the lines of a file; returns how many are. */
static size_t check_lines(const struct tree_file *file, size_t *lines) {
    char line[2048], code_line[2048], problem[256];
    char *code = is_c(file->path) ? tree_blank(file->text, true) : NULL;
    const char *rest = file->text, *code_rest = code;
    size_t len, problems = 0;
    for (*lines = 0; tree_line(&rest, line, sizeof line, &len); ++*lines) {
        if (code != NULL)
            tree_line(&code_rest, code_line, sizeof code_line, &len);
        line_problem(file->path, line, code == NULL ? NULL : code_line, problem,
                     sizeof problem);
        if (problem[0] == '\0')
            continue;
        print_error("%s:%zu: %s\n", file->path, *lines + 1, problem);
        problems++;
    }
    free(code);
    return problems;
}

static size_t lines_max(const char *path) {
    if (!is_c(path))
        return SIZE_MAX;
    if (strncmp(path, "tests/unit/", 11) == 0)
        return TEST_LINES_MAX;
    return tree_ends_with(path, ".h") ? HEADER_LINES_MAX : FILE_LINES_MAX;
}

static size_t check_file(const struct tree_file *file) {
    size_t lines = 0;
    size_t problems = check_lines(file, &lines);
    if (lines > lines_max(file->path)) {
        print_error("%s:%zu: has %zu lines, more than %zu; it is two modules\n",
                    file->path, lines, lines, lines_max(file->path));
        problems++;
    }
    if (strlen(file->text) != file->size) {
        print_error("%s:1: holds a NUL byte\n", file->path);
        problems++;
    } else if (file->size == 0 || file->text[file->size - 1] != '\n') {
        print_error("%s:%zu: does not end with a line end\n", file->path, lines);
        problems++;
    }
    return problems;
}

static void test_lines_and_files(void **state) {
    const struct tree *tree = *state;
    size_t problems = 0;
    for (size_t i = 0; i < tree->count; i++)
        problems += check_file(&tree->files[i]);
    assert_int_equal(problems, 0);
    assert_true(tree->count > 50); /* it did look at the project */
}

/* "core/base/err.h" -> "BASE_ERR_H" */
static void guard_of(const char *path, char *guard, size_t size) {
    const char *slash = strrchr(path, '/');
    const char *start = slash;
    while (start > path && start[-1] != '/')
        start--;
    size_t n = 0;
    for (; start[n] != '\0' && n < size - 1; n++)
        guard[n] = is_word_char(start[n]) ? (char)toupper((unsigned char)start[n]) : '_';
    guard[n] = '\0';
}

static bool has_guard(const char *text, const char *guard) {
    char opening[300];
    snprintf(opening, sizeof opening, "#ifndef %s\n#define %s\n", guard, guard);
    return strstr(text, opening) != NULL;
}

static void test_headers_are_guarded(void **state) {
    const struct tree *tree = *state;
    size_t problems = 0;
    for (size_t i = 0; i < tree->count; i++) {
        char guard[128];
        const struct tree_file *file = &tree->files[i];
        if (!tree_ends_with(file->path, ".h") || strncmp(file->path, "tests/", 6) == 0)
            continue;
        guard_of(file->path, guard, sizeof guard);
        if (has_guard(file->text, guard))
            continue;
        print_error("%s:1: is not guarded by %s\n", file->path, guard);
        problems++;
    }
    assert_int_equal(problems, 0);
}

/* A file opens with what it does, promises and does not do. */
static void test_files_say_what_they_are(void **state) {
    const struct tree *tree = *state;
    size_t problems = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_file *file = &tree->files[i];
        if (!is_c(file->path) || strncmp(file->text, "/*", 2) == 0 ||
            strncmp(file->text, "//", 2) == 0)
            continue;
        print_error("%s:1: does not open with a comment on what it is\n", file->path);
        problems++;
    }
    assert_int_equal(problems, 0);
}

/* The test itself: what it must find, and what it must leave alone. */
static void test_rules_bite(void **state) {
    (void)state;
    char wide[128];
    memset(wide, 'x', sizeof wide);
    wide[91] = '\0';
    const struct {
        const char *path, *line, *says;
    } cases[] = {
        {"core/a.c", "\tint x;", "tab"},
        {"core/a.c", "int x; ", "blank"},
        {"core/a.c", "int x;\r", "blank"},
        {"core/a.c", wide, "91 columns"},
        {"README.md", wide, ""},
        {"core/a.c", wide + 1, ""},
        {"core/a.c", JOINED("/* TO", "DO: later */"), "open"},
        {"core/a.c", JOINED("int XX", "XY;"), ""},
        {"core/a.c", JOINED("/* of the last Ses", "sion */"), "word"},
        {"README.md", JOINED("as the clau", "de said"), "word"},
        {"core/a.c", "int possessions, user_agent;", ""},
        {"README.md", JOINED("see /wo", "rk/main"), "path"},
        {"core/a.c", "  strcpy (a, b);", "strcpy"},
        {"core/a.c", "x = atoi(y);", "atoi"},
        {"core/a.c", "/* never strcpy() */ f(\"atoi(x)\");", ""},
        {"core/a.c", "snprintf(a, 4, x); my_system(); ops.exit(1); ops->exit(1);", ""},
        {"core/a.c", "printf(x);", "prints"},
        {"core/a.c", "exit(1);", "prints"},
        {"core/a.c", "(void)sqlite3_bind_null(s, 1);", "bind.h"},
        {"core/state/bind.h", "code = sqlite3_bind_null(s, 1);", ""},
        {"tests/a.c", "sqlite3_bind_null(s, 1);", ""},
        {"core/a.c", "__attribute__((format(printf, 1, 2)));", ""},
        {"cmd/a.c", "printf(x); exit(1);", ""},
        {"tests/a.c", "system(x);", "system"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char problem[256];
        char *code = tree_blank(cases[i].line, true);
        line_problem(cases[i].path, cases[i].line, is_c(cases[i].path) ? code : NULL,
                     problem, sizeof problem);
        bool right = cases[i].says[0] == '\0' ? problem[0] == '\0'
                                              : strstr(problem, cases[i].says) != NULL;
        if (!right)
            fail_msg("%s: %s: \"%s\"", cases[i].path, cases[i].line, problem);
        free(code);
    }
}

static void test_blanking(void **state) {
    (void)state;
    static const struct {
        const char *in, *code, *all;
    } cases[] = {
        {"a /* b */ c", "a         c", "a         c"},
        {"a // b\nc", "a     \nc", "a     \nc"},
        {"\"/* a */\" b", "\"/* a */\" b", "          b"},
        {"'\"' a \"b\"", "'\"' a \"b\"", "    a    "},
        {"\"\\\"\" // x", "\"\\\"\"     ", "         "},
        {"/* a\n\"b */ c", "    \n      c", "    \n      c"},
        {"/**/a/b", "    a/b", "    a/b"},
        {"'\\\\' a", "'\\\\' a", "     a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *code = tree_blank(cases[i].in, false);
        char *all = tree_blank(cases[i].in, true);
        assert_string_equal(code, cases[i].code);
        assert_string_equal(all, cases[i].all);
        free(code);
        free(all);
    }
}

static void test_guards(void **state) {
    (void)state;
    char guard[64];
    guard_of("core/base/err.h", guard, sizeof guard);
    assert_string_equal(guard, "BASE_ERR_H");
    guard_of("cmd/input_options.h", guard, sizeof guard);
    assert_string_equal(guard, "CMD_INPUT_OPTIONS_H");
    assert_true(has_guard("/* x */\n#ifndef A_H\n#define A_H\n", "A_H"));
    assert_false(has_guard("#ifndef A_H\n#define B_H\n", "A_H"));
}

static int setup(void **state) {
    struct tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return -1;
    static const char kinds[] = "|.c|.h|.cc|.py|.sh|.cmake|CMakeLists.txt|.json|.md|";
    static const char *const folders[] = {"core", "cmd", "tests", "mappings", ".ci"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        tree_add(tree, folders[i], kinds);
    static const char *const files[] = {"CMakeLists.txt", "CMakePresets.json",
                                        "README.md"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        tree_add(tree, files[i], kinds);
    *state = tree;
    return 0;
}

static int teardown(void **state) {
    tree_free(*state);
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_and_files),
        cmocka_unit_test(test_headers_are_guarded),
        cmocka_unit_test(test_files_say_what_they_are),
        cmocka_unit_test(test_rules_bite),
        cmocka_unit_test(test_blanking),
        cmocka_unit_test(test_guards),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
