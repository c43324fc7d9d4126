/* test_docs.c - what is written about options is what there is: --help, man page and the
 * completions of all shells have each option of a command's tables, and no other.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/slice.h"
#include "cmd/commands.h"
#include "cmd/completion.h"
#include "cmd/help.h"
#include "cmd/topics.h"
#include "model/mapping.h"
#include "source_tree.h"

enum { NAMES_MAX = 256, TEXT_MAX = 1 << 20 };

struct names {
    char items[NAMES_MAX][OPTION_NAME_MAX];
    size_t count;
};

static void add(struct names *names, const char *prefix, const char *name, size_t len) {
    assert_true(names->count < NAMES_MAX);
    (void)snprintf(names->items[names->count++], OPTION_NAME_MAX, "%s%.*s", prefix,
                   (int)len, name);
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

static void expect_table(struct names *names, const struct option_def *defs) {
    const char *prefix;
    char letter[2] = "";

    for (; defs != NULL && defs->name != NULL; defs++) {
        if (defs->hidden)
            continue;
        for (int i = 0; (prefix = completion_prefix(defs, i)) != NULL; i++)
            add(names, prefix, defs->name, strlen(defs->name));
        letter[0] = defs->letter;
        if (defs->letter != 0)
            add(names, "", letter, 1);
    }
}

static void assert_same(const char *where, const char *command, struct names *wanted,
                        struct names *found) {
    qsort(wanted->items, wanted->count, sizeof *wanted->items, compare);
    qsort(found->items, found->count, sizeof *found->items, compare);
    for (size_t i = 0; i < wanted->count || i < found->count; i++) {
        const char *a = i < wanted->count ? wanted->items[i] : "(nothing)";
        const char *b = i < found->count ? found->items[i] : "(nothing)";
        if (strcmp(a, b) != 0)
            fail_msg("%s of %s: %s is in the tables, %s is there", where, command, a, b);
    }
    found->count = 0;
}

/* "-j, --jobs N" or "--[no-]json": the names in a label of help. */
static void add_label(struct names *names, const char *label, size_t len) {
    const char *end = label + len;

    if (label[0] == '-' && label[1] != '-') {
        add(names, "", label + 1, 1);
        label += strcspn(label, " ") + 1;
    }
    assert_true(label < end && strncmp(label, "--", 2) == 0);
    label += 2;
    if (strncmp(label, "[no-]", 5) == 0) {
        label += 5;
        add(names, "no-", label, strcspn(label, " \n"));
    }
    add(names, "", label, strcspn(label, " \n"));
}

/* Labels stand where "  -j, " or "      --" begins a line. */
static void read_help(struct names *names, const char *text) {
    for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
        const char *label = text + strspn(text, " ");
        size_t indent = (size_t)(label - text);
        if ((indent == 2 || indent == 6) && *label == '-' && label[1] != ' ')
            add_label(names, label, strcspn(label, "\n"));
    }
}

/* Labels are the lines behind .TP that begin with a dash in bold. */
static void read_man(struct names *names, const char *text) {
    char label[200];

    while ((text = strstr(text, "\n.TP\n")) != NULL) {
        size_t len = 0;
        text += strlen("\n.TP\n");
        if (strncmp(text, "\\fB\\-", 5) != 0)
            continue;
        for (const char *c = text; *c != '\n' && len + 1 < sizeof label; c++)
            if (strncmp(c, "\\f", 2) == 0)
                c += 2;
            else if (*c != '\\')
                label[len++] = *c;
        label[len] = '\0';
        add_label(names, label, len);
    }
}

/* Words that begin with a dash, up to the end of the line or `end`. */
static void read_words(struct names *names, const char *text, char end) {
    for (; *text != '\n' && *text != end; text++)
        if (text[-1] == ' ' && *text == '-') {
            const char *name = text + strspn(text, "-");
            size_t len = strcspn(name, " '\"\n");
            add(names, "", name, len);
            text = name + len - 1;
        }
}

static void read_bash(struct names *names, const char *text, const char *command) {
    char head[80];
    const char *at = strstr(text, "local all='");

    assert_non_null(at);
    read_words(names, at + strlen("local all='") + 1, '\'');
    (void)snprintf(head, sizeof head, "\n    %s) echo \"$all", command);
    at = strstr(text, head);
    assert_non_null(at);
    read_words(names, at + strlen(head), '"');
}

/* The array that begins behind `head`: '*--name=[help]...' a line. */
static void read_zsh_array(struct names *names, const char *text, const char *head) {
    const char *at = strstr(text, head), *end;

    assert_non_null(at);
    end = strstr(at, " )\n");
    assert_non_null(end);
    for (; at < end; at += strcspn(at, "\n") + 1) {
        const char *name = at + strspn(at, " '*");
        if (*name == '-') {
            name += strspn(name, "-");
            add(names, "", name, strcspn(name, "[=+"));
        }
    }
}

static void read_zsh(struct names *names, const char *text, const char *command) {
    char head[80];

    read_zsh_array(names, text, "\n    all=(\n");
    (void)snprintf(head, sizeof head, "\n    %s)\n        own=(\n", command);
    read_zsh_array(names, text, head);
}

/* Lines without a condition, and those of the command. */
static void read_fish(struct names *names, const char *text, const char *command) {
    char condition[80];

    (void)snprintf(condition, sizeof condition,
                   " -n '__fish_seen_subcommand_from %s' -l ", command);
    for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
        const char *at = text;
        if (strncmp(at, "complete -c espoload", 20) != 0)
            continue;
        at += 20;
        if (strncmp(at, condition, strlen(condition)) == 0)
            at += strlen(condition);
        else if (strncmp(at, " -l ", 4) == 0)
            at += 4;
        else
            continue;
        add(names, "", at, strcspn(at, " "));
        at += strcspn(at, " ");
        if (strncmp(at, " -s ", 4) == 0)
            add(names, "", at + 4, 1);
    }
}

static void test_options(void **state) {
    static struct names wanted, found;
    struct buf text = {.max = TEXT_MAX}, bash = {.max = TEXT_MAX},
               zsh = {.max = TEXT_MAX}, fish = {.max = TEXT_MAX};
    struct page page = {.buf = &text};

    (void)state;
    completion_bash(&bash, commands_all());
    completion_zsh(&zsh, commands_all());
    completion_fish(&fish, commands_all());
    for (const struct command *const *all = commands_all(); *all != NULL; all++) {
        const char *name = (*all)->name;
        wanted.count = 0;
        expect_table(&wanted, (*all)->options);
        expect_table(&wanted, global_option_defs);
        for (int form = PAGE_TEXT; form <= PAGE_MAN; form++) {
            buf_reset(&text);
            page.form = (enum page_form)form;
            help_command(&page, *all);
            assert_int_equal(text.failed, RC_OK);
            (form == PAGE_TEXT ? read_help : read_man)(&found, buf_text(&text));
            assert_same(form == PAGE_TEXT ? "help" : "man page", name, &wanted, &found);
        }
        read_bash(&found, buf_text(&bash), name);
        assert_same("bash completion", name, &wanted, &found);
        read_zsh(&found, buf_text(&zsh), name);
        assert_same("zsh completion", name, &wanted, &found);
        read_fish(&found, buf_text(&fish), name);
        assert_same("fish completion", name, &wanted, &found);
    }
    buf_fini(&text);
    buf_fini(&bash);
    buf_fini(&zsh);
    buf_fini(&fish);
}

/* A command is a command of the overview, has a page of its own, examples, and a word
 * for each of its options and arguments. */
static void test_commands(void **state) {
    struct buf text = {.max = PAGE_MAX}, overview = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_TEXT};
    char line[80];

    (void)state;
    help_overview(&(struct page){.buf = &overview, .form = PAGE_TEXT}, commands_all());
    for (const struct command *const *all = commands_all(); *all != NULL; all++) {
        (void)snprintf(line, sizeof line, "\n  %-26s", (*all)->name);
        assert_non_null(strstr(buf_text(&overview), line));
        buf_reset(&text);
        help_command(&page, *all);
        assert_non_null((*all)->examples);
        assert_non_null(strstr(buf_text(&text), "\nExamples:\n  espoload "));
        assert_non_null(strstr(buf_text(&text), "\nUsage: espoload "));
        for (const struct option_def *def = (*all)->options;
             def != NULL && def->name != NULL; def++)
            if (!def->hidden && (def->help == NULL || *def->help == '\0'))
                fail_msg("--%s of %s has no help", def->name, (*all)->name);
    }
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++) {
        (void)snprintf(line, sizeof line, "\n  %-26s", topic->name);
        assert_non_null(strstr(buf_text(&overview), line));
    }
    buf_fini(&text);
    buf_fini(&overview);
}

static void assert_lines(const char *name, const struct buf *text) {
    assert_int_equal(text->failed, RC_OK);
    for (const char *at = buf_text(text); *at != '\0'; at += strcspn(at, "\n") + 1)
        if (strcspn(at, "\n") > 80)
            fail_msg("%s: wider than 80 columns: %.*s", name, (int)strcspn(at, "\n"), at);
}

/* Each key of the mapping file; 80 columns. */
static void test_topics(void **state) {
    static const char *const keys[] = {
        "version",        "entityType", "source.dialect.delimiter",
        "defaults.empty", "columns",    "onRepeat",
        "titles",         "transforms", "lookup.onNone",
        "split.pattern",  "optedOut",   "column"};
    struct buf text = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_TEXT};
    char line[80];

    (void)state;
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++) {
        buf_reset(&text);
        topic_page(&page, topic);
        assert_lines(topic->name, &text);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            (void)snprintf(line, sizeof line, "\n  %s ", keys[i]);
            if (strcmp(topic->name, "mapping") == 0 && !strstr(buf_text(&text), line))
                fail_msg("help mapping lacks %s", keys[i]);
        }
    }
    buf_fini(&text);
}

/* The lines of `expected`, one below the other, and no more of such. */
static void assert_table(const char *expected) {
    size_t size;
    char *readme = tree_read(PROJECT_SOURCE "/README.md", &size);
    const char *at;

    assert_non_null(readme);
    at = strstr(readme, expected);
    if (at == NULL || at[strlen(expected)] != '\n')
        fail_msg("the README must have this table, and nothing behind it:\n%s", expected);
    free(readme);
}

/* The README has the exit codes as the program has them. */
static void test_exit_codes(void **state) {
    struct buf table = {.max = PAGE_MAX};

    (void)state;
    (void)buf_append_text(&table, "\n| code | meaning |\n|---|---|\n");
    for (const struct exit_meaning *at = exit_meanings(); at->name != NULL; at++)
        (void)buf_append_format(&table, "| %d | %s |\n", at->code, at->meaning);
    assert_table(buf_text(&table));
    buf_fini(&table);
}

/* Likewise the error codes; `help errors` has each with the same words, however they are
 * broken into lines. */
static void test_error_codes(void **state) {
    struct buf table = {.max = PAGE_MAX}, text = {.max = PAGE_MAX};
    struct buf flat = {.max = PAGE_MAX}, entry = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_TEXT};
    char *save = NULL;

    (void)state;
    topic_page(&page, topic_find("errors"));
    for (char *word = strtok_r(text.data, " \n", &save); word != NULL;
         word = strtok_r(NULL, " \n", &save))
        (void)buf_append_format(&flat, "%s ", word);
    (void)buf_append_text(&table,
                          "\n| code | what it means | what to do |\n|---|---|---|\n");
    for (enum reason at = REASON_NONE + 1; at < REASON_COUNT; at++) {
        (void)buf_append_format(&table, "| `%s` | %s | %s |\n", reason_code(at),
                                reason_meaning(at), reason_advice(at));
        buf_reset(&entry);
        (void)buf_append_format(&entry, " %s %s %s ", reason_code(at), reason_meaning(at),
                                reason_advice(at));
        if (strstr(buf_text(&flat), buf_text(&entry)) == NULL)
            fail_msg("help errors lacks:%s", buf_text(&entry));
    }
    assert_table(buf_text(&table));
    buf_fini(&table);
    buf_fini(&text);
    buf_fini(&flat);
    buf_fini(&entry);
}

/* The example of `help mapping` is a mapping. */
static void test_mapping_example(void **state) {
    struct mapping *mapping = NULL;
    struct err err = {0};

    (void)state;
    if (mapping_parse(&mapping, slice_of(topic_mapping_example), "example", &err) !=
        RC_OK)
        fail_msg("%s %s", err.message, err.advice);
    mapping_free(mapping);
}

/* Nothing that roff would take for a macro or an escape of its own. */
static void test_roff(void **state) {
    static const struct {
        const char *text;
        const char *roff;
    } cases[] = {
        {"plain words", "plain words\n"},
        {".profile 'quoted' \"so\"", "\\&.profile \\(aqquoted\\(aq \\(dqso\\(dq\n"},
        {"a\\b ~ ^ -x", "a\\eb \\(ti \\(ha \\-x\n"},
        {"say `a b`.", "say \\fBa b\\fR.\n"},
        {"one\n\ntwo", "one\n.PP\ntwo\n"},
    };
    struct buf text = {.max = PAGE_MAX};
    const struct page page = {.buf = &text, .form = PAGE_MAN};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&text);
        page_paragraphs(&page, cases[i].text);
        assert_string_equal(buf_text(&text), cases[i].roff);
    }
    buf_fini(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),     cmocka_unit_test(test_commands),
        cmocka_unit_test(test_topics),      cmocka_unit_test(test_mapping_example),
        cmocka_unit_test(test_roff),        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_error_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
