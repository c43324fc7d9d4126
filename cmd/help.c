/* help.c - what a page about a command has, and in which order. Does not print, and knows
 * nothing about single options. */
#include "cmd/help.h"

#include "cmd/exit_codes.h"
#include "cmd/topics.h"

enum { LINE_MAX_BYTES = 2048 };

static const char config_file[] = "$XDG_CONFIG_HOME/espoload/config.json";

static const char where_options_come_from[] =
    "Every option can also be set in the environment (--api-key-file as "
    "ESPOLOAD_API_KEY_FILE) and, most of them, in a profile of the config file (as "
    "\"apiKeyFile\"). The command line wins, then the environment, then the profile.";

void help_append_usage(struct buf *buf, const struct command *command) {
    const struct command_argument *argument = command->arguments;

    (void)buf_append_format(buf, "espoload %s [OPTION]...", command->name);
    for (; argument != NULL && argument->name != NULL; argument++)
        (void)buf_append_format(buf, argument->optional ? " [%s]%s" : " %s%s",
                                argument->name, argument->repeated ? "..." : "");
}

static void append_usage(const struct page *page, const char *usage) {
    if (page->form == PAGE_TEXT) {
        (void)buf_append_format(page->buf, "\nUsage: %s\n", usage);
        return;
    }
    page_section(page, "Synopsis");
    page_paragraphs(page, usage);
}

static void append_examples(const struct page *page,
                            const struct command_example *example) {
    if (example == NULL || example->line == NULL)
        return;
    page_section(page, "Examples");
    for (; example->line != NULL; example++)
        page_example(page, example->line, example->help);
}

/* Variables that have no option of the same meaning, and those of the secrets. */
static void append_environment(const struct page *page) {
    const struct option_def *def = global_option_defs;
    struct buf text = {.max = LINE_MAX_BYTES};
    char name[OPTION_DERIVED_MAX];

    page_section(page, "Environment");
    page_paragraphs(page, where_options_come_from);
    for (; def->name != NULL; def++)
        if (def->type == OPTION_SECRET) {
            buf_reset(&text);
            (void)buf_append_format(&text,
                                    "the secret itself, in place of `--%s`; it cannot be "
                                    "given on the command line",
                                    def->instead);
            option_environment_name(def, false, name);
            page_entry(page, name, buf_text(&text));
        }
    page_entry(page, "NO_COLOR", "if set and not empty, nothing is coloured");
    page_entry(page, "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
               "the proxy to go through, where `--proxy` names none");
    page_entry(page, "SSL_CERT_FILE",
               "certificate authorities to trust, where there is no `--cacert`");
    page_entry(page, "TMPDIR",
               "folder for temporary files, which can be as large as the "
               "input; else /var/tmp");
    buf_fini(&text);
}

/* What only a man page has. others: the commands that it refers to, NULL at the end; or
 * NULL for the page of one of them. */
static void append_rest(const struct page *page, const struct command *const *others) {
    struct buf names = {.max = LINE_MAX_BYTES};

    append_environment(page);
    page_section(page, "Files");
    page_entry(page, config_file,
               "profiles with options, and which of them is the default one; without "
               "XDG_CONFIG_HOME below ~/.config");
    page_section(page, "Exit status");
    topic_exit_codes(page);
    page_section(page, "See also");
    if (others == NULL)
        (void)buf_append_text(&names, "`espoload`(1), ");
    for (; others != NULL && *others != NULL; others++)
        if (!(*others)->hidden)
            (void)buf_append_format(&names, "`espoload-%s`(1), ", (*others)->name);
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++)
        (void)buf_append_format(&names, "`espoload-%s`(%c)%s", topic->name,
                                topic->section, topic[1].name != NULL ? ", " : "");
    page_paragraphs(page, buf_text(&names));
    if (names.failed != RC_OK)
        page->buf->failed = names.failed;
    buf_fini(&names);
}

void help_command(const struct page *page, const struct command *command) {
    const struct command_argument *argument = command->arguments;
    struct buf line = {.max = LINE_MAX_BYTES};

    (void)buf_append_format(&line, "espoload-%s", command->name);
    page_title(page, buf_text(&line), '1', command->summary);
    if (page->form == PAGE_TEXT)
        append_examples(page, command->examples);
    buf_reset(&line);
    help_append_usage(&line, command);
    append_usage(page, buf_text(&line));
    if (page->form == PAGE_MAN)
        append_examples(page, command->examples);
    if (command->description != NULL)
        page_description(page, command->description);
    if (argument != NULL && argument->name != NULL)
        page_section(page, "Arguments");
    for (; argument != NULL && argument->name != NULL; argument++)
        page_entry(page, argument->name, argument->help);
    if (page->form == PAGE_MAN)
        page_section(page, "Options");
    page_options(page, command->options);
    page_options(page, global_option_defs);
    if (page->form == PAGE_MAN) {
        append_rest(page, NULL);
    } else {
        (void)buf_append_char(page->buf, '\n');
        page_paragraphs(page, where_options_come_from);
    }
    if (line.failed != RC_OK)
        page->buf->failed = line.failed;
    buf_fini(&line);
}

static const struct command_example overview_examples[] = {
    {"espoload map leads.csv Lead -o lead.json", "drafts a mapping; look through it"},
    {"espoload check leads.csv -m lead.json",
     "finds every error before anything is sent"},
    {"espoload import leads.csv -m lead.json", "puts every row into EspoCRM"},
    {"espoload undo leads.csv.checkpoint", "takes it all back"},
    {"espoload export Lead -o leads.csv.gz", "the other way round"},
    {NULL, NULL},
};

void help_overview(const struct page *page, const struct command *const *commands) {
    page_title(page, "espoload", '1', "CSV import and export for EspoCRM");
    if (page->form == PAGE_TEXT)
        append_examples(page, overview_examples);
    append_usage(page, "espoload COMMAND [OPTION]... [ARGUMENT]...");
    if (page->form == PAGE_MAN)
        append_examples(page, overview_examples);
    page_section(page, "Commands");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            page_entry(page, commands[i]->name, commands[i]->summary);
    page_section(page, "Topics");
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++)
        page_entry(page, topic->name, topic->summary);
    (void)buf_append_text(page->buf, page->form == PAGE_TEXT ? "\n" : ".PP\n");
    page_paragraphs(page,
                    "`espoload help COMMAND` says more about a command, `espoload help "
                    "TOPIC` about a topic, `espoload help ENUM_UNKNOWN` what to do about "
                    "an error code.");
    if (page->form == PAGE_MAN)
        page_section(page, "Options");
    page_options(page, global_option_defs);
    if (page->form == PAGE_MAN)
        append_rest(page, commands);
}
