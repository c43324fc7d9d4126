/* topics.c - the list of topics, and those that come from a table of the program. */
#include "cmd/topics.h"

#include "cmd/exit_codes.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1024 };

static void append_errors(const struct page *page) {
    page_description(
        page, "A row that fails or is skipped gets a code. It stands in the column "
              "_code of FILE.errors.csv and FILE.results.csv, beside line, field, "
              "value and message, and in the lines of --json. A code never changes "
              "its meaning. `espoload help CODE` tells of one; here are all, with what "
              "they mean and what to do.");
    page_section(page, "Codes");
    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
        topic_reason(page, (enum reason)reason);
}

void topic_exit_codes(const struct page *page) {
    for (const struct exit_meaning *at = exit_meanings(); at->name != NULL; at++) {
        char code[12];
        (void)snprintf(code, sizeof code, "%d", at->code);
        page_entry(page, code, at->meaning);
    }
}

static void append_exit_codes(const struct page *page) {
    page_section(page, "Codes");
    topic_exit_codes(page);
}

const struct topic *topics_all(void) {
    static const struct topic all[] = {
        {"mapping", '5', "the file that says which column becomes which field",
         topic_mapping},
        {"errors", '7', "the error codes of rows, what they mean, and what to do",
         append_errors},
        {"exit-codes", '7', "what the program ends with, for scripts", append_exit_codes},
        {NULL, 0, NULL, NULL},
    };

    return all;
}

const struct topic *topic_find(const char *name) {
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++)
        if (strcmp(topic->name, name) == 0)
            return topic;
    return NULL;
}

void topic_page(const struct page *page, const struct topic *topic) {
    struct buf name = {.max = 64};

    (void)buf_append_format(&name, "espoload-%s", topic->name);
    page_title(page, buf_text(&name), topic->section, topic->summary);
    topic->append(page);
    if (page->form == PAGE_MAN) {
        page_section(page, "See also");
        page_paragraphs(page, "`espoload`(1)");
    }
    buf_fini(&name);
}

void topic_reason(const struct page *page, enum reason reason) {
    struct buf text = {.max = TEXT_MAX};

    (void)buf_append_format(&text, "%s %s", reason_meaning(reason),
                            reason_advice(reason));
    page_entry(page, reason_code(reason), buf_text(&text));
    if (text.failed != RC_OK)
        page->buf->failed = text.failed;
    buf_fini(&text);
}
