/* page.h - a page of documentation, written once and laid out twice: as text of 80
 * columns (--help, help TOPIC) and as the source of a man page.
 *
 * What is appended is plain text. Words between backquotes are typed as they stand; a
 * blank line parts paragraphs. Failures stay in the buffer (buf->failed).
 */
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include "base/buf.h"
#include "cmd/option.h"

enum page_form { PAGE_TEXT, PAGE_MAN };

enum { PAGE_MAX = 256 << 10 }; /* bytes of a page, for buf.max */

struct page {
    struct buf *buf;     /* borrowed; what is appended to */
    enum page_form form; /* of the layout */
};

/* A page begins. name: "espoload-import"; summary: one line without a full stop. */
void page_title(const struct page *page, const char *name, char section,
                const char *summary);

/* A heading: "Examples". */
void page_section(const struct page *page, const char *title);

/* A heading below the one before it: a group of options. */
void page_group(const struct page *page, const char *title);

/* What a page is about: no heading in the text form. */
void page_description(const struct page *page, const char *text);

void page_paragraphs(const struct page *page, const char *text);

/* A label with what it means beside or below it. */
void page_entry(const struct page *page, const char *label, const char *text);

/* A command line, and what it does. */
void page_example(const struct page *page, const char *line, const char *text);

/* Lines as they stand. */
void page_literal(const struct page *page, const char *text);

/* An option of a table, as an entry. */
void page_option(const struct page *page, const struct option_def *def);

/* The shown options of a table under the headings of their groups. */
void page_options(const struct page *page, const struct option_def *defs);

#endif
