/* test_layers.c - who may include whom: the layers of the project, kept by looking at
 * every #include line.
 *
 *     cmd -> flow -> {input, model, plan, wire, state} -> base
 *
 * Where a test of this file fails, move the code to the layer it belongs to, or hand it
 * what it needs as an argument; widening the table is the last resort.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source_tree.h"

/* A layer and the folders whose headers it may include, its own among them. */
static const struct {
    const char *layer;
    const char *sees;
} layers[] = {
    {"base", "base"},
    {"input", "base input"},
    {"model", "base model"},
    {"plan", "base model plan"},
    {"wire", "base model plan wire"},
    {"state", "base state"},
    {"flow", "base input model plan wire state flow"},
    {"cmd", "base input model plan wire state flow cmd"},
};

/* A library's header and the only layers that know of it. */
static const struct {
    const char *header; /* as it begins */
    const char *layers;
} libraries[] = {
    {"curl/", "wire"},
    {"sqlite3", "state"},
    {"csv.h", "input"},
    {"zlib.h", "base input"}, /* files written, files read */
    {"iconv.h", "input"},
    {"pcre2.h", "model"},
    {"phonenumbers/", "model"},
    {"jansson.h", "model flow cmd"}, /* whole documents; never a row */
    {"openssl/", "base wire"},
    {"microhttpd.h", ""}, /* the test server's */
};

/* Headers of which others must not know even where the layer may be seen. */
static const struct {
    const char *header; /* as it begins */
    const char *except; /* the layers that may */
} doors[] = {
    {"wire/curl_", "wire flow"}, /* everybody else takes wire/transport.h */
};

static bool holds_word(const char *words, const char *word, size_t len) {
    for (const char *at = words; (at = strstr(at, word)) != NULL; at++)
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static bool lists(const char *words, const char *word) {
    return holds_word(words, word, strlen(word));
}

static const char *seen_by(const char *layer) {
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        if (strcmp(layers[i].layer, layer) == 0)
            return layers[i].sees;
    return NULL;
}

/* "core/base/err.c" -> "base", "cmd/main.c" -> "cmd"; "" for files of no layer. */
static void layer_of(const char *path, char *layer, size_t size) {
    const char *start = strncmp(path, "core/", 5) == 0 ? path + 5 : path;
    size_t len = strcspn(start, "/");
    snprintf(layer, size, "%.*s", start[len] == '/' ? (int)len : 0, start);
}

static bool starts_with(const char *text, const char *head) {
    return strncmp(text, head, strlen(head)) == 0;
}

/* What is wrong with a project's header in a file of this layer, or NULL. */
static const char *quoted_problem(const char *layer, const char *header) {
    char folder[64];
    layer_of(header, folder, sizeof folder);
    if (folder[0] == '\0')
        return "is not written as \"folder/name.h\"";
    if (seen_by(folder) == NULL)
        return "is of no layer";
    if (!lists(seen_by(layer), folder))
        return "is of a layer that this one must not see";
    bool own = strcmp(layer, folder) == 0;
    if (!own &&
        (tree_ends_with(header, "_private.h") || tree_ends_with(header, "_internal.h")))
        return "is private to its layer";
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++)
        if (starts_with(header, doors[i].header) && !lists(doors[i].except, layer))
            return "is behind an interface that is to be used instead";
    return NULL;
}

static const char *angled_problem(const char *layer, const char *header) {
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        if (starts_with(header, libraries[i].header) &&
            !lists(libraries[i].layers, layer))
            return "is a library that this layer must not know";
    return NULL;
}

/* Takes an #include line apart: true with its header and whether it is in quotes. */
static bool parse_include(const char *line, char *header, size_t size, bool *quoted) {
    line += strspn(line, " \t");
    if (*line != '#')
        return false;
    line += 1 + strspn(line + 1, " \t");
    if (!starts_with(line, "include"))
        return false;
    line += 7 + strspn(line + 7, " \t");
    *quoted = *line == '"';
    if (*line != '"' && *line != '<')
        return false;
    size_t len = strcspn(line + 1, "\">");
    snprintf(header, size, "%.*s", (int)len, line + 1);
    return true;
}

static const char *include_problem(const char *layer, const char *line, char *header,
                                   size_t size) {
    bool quoted;
    if (!parse_include(line, header, size, &quoted))
        return NULL;
    return quoted ? quoted_problem(layer, header) : angled_problem(layer, header);
}

/* Prints what is wrong in one file; returns how many things. */
static size_t check_file(const struct tree_file *file) {
    char layer[64], line[512], header[256];
    const char *rest;
    size_t len, problems = 0;
    layer_of(file->path, layer, sizeof layer);
    if (seen_by(layer) == NULL) {
        print_error("%s:1: its folder is no layer; add it to the table or move it\n",
                    file->path);
        return 1;
    }
    char *code = tree_blank(file->text, false);
    rest = code;
    for (size_t number = 1; tree_line(&rest, line, sizeof line, &len); number++) {
        const char *problem = include_problem(layer, line, header, sizeof header);
        if (problem == NULL)
            continue;
        print_error("%s:%zu: %s %s\n", file->path, number, header, problem);
        problems++;
    }
    free(code);
    return problems;
}

static void test_layers_are_kept(void **state) {
    const struct tree *tree = *state;
    size_t problems = 0;
    for (size_t i = 0; i < tree->count; i++)
        problems += check_file(&tree->files[i]);
    assert_int_equal(problems, 0);
    assert_true(tree->count > 50); /* it did look at the project */
}

/* "core/base/err.c" -> "base/err.h", "cmd/plan.c" -> "cmd/plan.h" */
static void own_header(const char *path, char *header, size_t size) {
    const char *start = starts_with(path, "core/") ? path + 5 : path;
    snprintf(header, size, "%.*s.h", (int)strcspn(start, "."), start);
}

static const struct tree_file *header_file(const struct tree *tree, const char *header) {
    char path[300];
    snprintf(path, sizeof path, "core/%s", header);
    const struct tree_file *file = tree_find(tree, path);
    return file != NULL ? file : tree_find(tree, header);
}

/* A file that includes its own header first proves that the header stands by itself. */
static void test_own_header_comes_first(void **state) {
    const struct tree *tree = *state;
    size_t problems = 0;
    for (size_t i = 0; i < tree->count; i++) {
        char own[256], line[512], header[256] = "";
        const char *rest = tree->files[i].text;
        size_t len, number = 0;
        bool quoted, found = false;
        own_header(tree->files[i].path, own, sizeof own);
        if (tree_ends_with(tree->files[i].path, ".h") || header_file(tree, own) == NULL)
            continue;
        while (!found && tree_line(&rest, line, sizeof line, &len)) {
            number++;
            found = parse_include(line, header, sizeof header, &quoted);
        }
        if (strcmp(header, own) == 0)
            continue;
        print_error("%s:%zu: includes %s before its own %s\n", tree->files[i].path,
                    number, header, own);
        problems++;
    }
    assert_int_equal(problems, 0);
}

enum mark { UNSEEN, OPEN, CLOSED };

/* Follows the headers that a header includes; returns how many cycles it meets. */
static size_t follow(const struct tree *tree, size_t index, unsigned char *marks,
                     unsigned depth) {
    char line[512], header[256];
    const char *rest = tree->files[index].text;
    size_t len, cycles = 0;
    bool quoted;
    marks[index] = OPEN;
    for (size_t number = 1; tree_line(&rest, line, sizeof line, &len); number++) {
        if (!parse_include(line, header, sizeof header, &quoted) || !quoted)
            continue;
        const struct tree_file *file = header_file(tree, header);
        if (file == NULL)
            continue;
        size_t next = (size_t)(file - tree->files);
        if (marks[next] == OPEN) {
            print_error("%s:%zu: %s includes this header in turn\n",
                        tree->files[index].path, number, header);
            cycles++;
        } else if (marks[next] == UNSEEN && depth < 200) {
            cycles += follow(tree, next, marks, depth + 1);
        }
    }
    marks[index] = CLOSED;
    return cycles;
}

static size_t count_cycles(const struct tree *tree) {
    unsigned char *marks = calloc(TREE_FILES_MAX, 1);
    size_t cycles = 0;
    assert_non_null(marks);
    for (size_t i = 0; i < tree->count; i++)
        if (tree_ends_with(tree->files[i].path, ".h") && marks[i] == UNSEEN)
            cycles += follow(tree, i, marks, 0);
    free(marks);
    return cycles;
}

static void test_headers_form_no_cycle(void **state) {
    assert_int_equal(count_cycles(*state), 0);
}

/* The test itself: what it must find, and what it must leave alone. */
static void test_rules_bite(void **state) {
    (void)state;
    static const struct {
        const char *layer, *line;
        bool bad;
    } cases[] = {
        {"base", "#include \"base/err.h\"", false},
        {"base", "#include \"model/record.h\"", true},
        {"input", "#include \"model/record.h\"", true},
        {"model", "#include \"plan/verdict.h\"", true},
        {"plan", "#include \"model/record.h\"", false},
        {"plan", "#include \"wire/transport.h\"", true},
        {"wire", "  #  include  \"plan/exchange.h\"", false},
        {"wire", "#include \"state/journal.h\"", true},
        {"state", "#include \"model/record.h\"", true},
        {"flow", "#include \"wire/curl_transport.h\"", false},
        {"flow", "#include \"cmd/plan.h\"", true},
        {"flow", "#include \"state/journal_private.h\"", true},
        {"state", "#include \"state/journal_private.h\"", false},
        {"cmd", "#include \"state/journal.h\"", false},
        {"cmd", "#include \"wire/curl_transport.h\"", true},
        {"cmd", "#include \"model/mapping_internal.h\"", true},
        {"cmd", "#include \"err.h\"", true},
        {"cmd", "#include \"../core/base/err.h\"", true},
        {"cmd", "#include \"tests/rig.h\"", true},
        {"state", "#include <sqlite3.h>", false},
        {"flow", "#include <sqlite3.h>", true},
        {"plan", "#include <curl/curl.h>", true},
        {"base", "#include <stdio.h>", false},
        {"base", "int include = 1; /* \"model/x.h\" */", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char header[256];
        const char *problem =
            include_problem(cases[i].layer, cases[i].line, header, sizeof header);
        if ((problem != NULL) != cases[i].bad)
            fail_msg("%s: %s: %s", cases[i].layer, cases[i].line,
                     problem == NULL ? "not found" : problem);
    }
}

static void test_cycles_are_found(void **state) {
    (void)state;
    static char paths[3][16] = {"core/base/a.h", "core/base/b.h", "core/base/c.h"};
    static char round[3][40] = {"#include \"base/b.h\"\n", "#include \"base/c.h\"\n",
                                "#include \"base/a.h\"\n"};
    static char none[] = "#include <stdio.h>\n";
    struct tree *tree = calloc(1, sizeof *tree);
    assert_non_null(tree);
    for (size_t i = 0; i < 3; i++)
        tree->files[i] = (struct tree_file){paths[i], round[i], strlen(round[i])};
    tree->count = 3;
    print_message("one cycle is meant to be told here:\n");
    assert_int_equal(count_cycles(tree), 1);
    tree->files[2].text = none;
    assert_int_equal(count_cycles(tree), 0);
    free(tree);
}

static int setup(void **state) {
    struct tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return -1;
    tree_add(tree, "core", "|.c|.h|.cc|");
    tree_add(tree, "cmd", "|.c|.h|");
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
        cmocka_unit_test(test_layers_are_kept),
        cmocka_unit_test(test_own_header_comes_first),
        cmocka_unit_test(test_headers_form_no_cycle),
        cmocka_unit_test(test_rules_bite),
        cmocka_unit_test(test_cycles_are_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
