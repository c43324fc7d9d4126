/* page.c - lays out pages of documentation. Knows nothing of single commands or options.
 *
 * The text form is that of --help. The man form uses the macros of man(7) that groff and
 * mandoc both have, escapes all that roff would take for something else, and breaks its
 * lines, so that a difference of two pages can be read.
 */
#include "cmd/page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, TEXT_COLUMN = 28, LABEL_MAX = 256, SOURCE_WIDTH = 78 };

static void append_blanks(struct buf *buf, size_t count) {
    for (; count > 0; count--)
        (void)buf_append_char(buf, ' ');
}

/* --- as text */

/* Words of text from column `at` on, wrapped at WIDTH, further lines indented; a line
 * break in text is kept. Ends with a newline. */
static void append_wrapped(struct buf *buf, size_t at, size_t indent, const char *text) {
    size_t column = at;
    bool fresh = true;

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        if (!fresh && column + 1 + len > WIDTH) {
            (void)buf_append_char(buf, '\n');
            append_blanks(buf, indent);
            column = indent;
            fresh = true;
        }
        if (!fresh && len > 0) {
            (void)buf_append_char(buf, ' ');
            column++;
        }
        (void)buf_append(buf, text, len);
        column += len;
        fresh = fresh && len == 0;
        text += len;
        if (*text == '\n') {
            (void)buf_append_char(buf, '\n');
            if (text[1] != '\n' && text[1] != '\0')
                append_blanks(buf, indent);
            column = indent;
            fresh = true;
        }
        text += *text != '\0';
    }
    (void)buf_append_char(buf, '\n');
}

/* "  LABEL       text", the text on its own line where the label is too long. */
static void append_entry(struct buf *buf, const char *label, const char *text) {
    size_t used = strlen(label) + 2;

    (void)buf_append_format(buf, "  %s", label);
    if (*text == '\0') {
        (void)buf_append_char(buf, '\n');
        return;
    }
    if (used + 2 > TEXT_COLUMN) {
        (void)buf_append_char(buf, '\n');
        used = 0;
    }
    append_blanks(buf, TEXT_COLUMN - used);
    append_wrapped(buf, TEXT_COLUMN, TEXT_COLUMN, text);
}

/* --- as the source of a man page */

static void append_escaped(struct buf *buf, const char *text, size_t len) {
    for (; len > 0; len--, text++)
        switch (*text) {
        case '\\': (void)buf_append_text(buf, "\\e"); break;
        case '-': (void)buf_append_text(buf, "\\-"); break;
        case '\'': (void)buf_append_text(buf, "\\(aq"); break;
        case '"': (void)buf_append_text(buf, "\\(dq"); break;
        case '`': (void)buf_append_text(buf, "\\(ga"); break;
        case '^': (void)buf_append_text(buf, "\\(ha"); break;
        case '~': (void)buf_append_text(buf, "\\(ti"); break;
        default: (void)buf_append_char(buf, *text);
        }
}

/* A line that begins with a control character would be taken for a macro. */
static void guard_line(struct buf *buf, const char *text) {
    if (*text == '.')
        (void)buf_append_text(buf, "\\&");
}

/* One word; backquotes in it turn bold on and off. */
static void append_word(struct buf *buf, const char *word, size_t len, bool *bold) {
    while (len > 0) {
        const char *quote = memchr(word, '`', len);
        size_t part = quote != NULL ? (size_t)(quote - word) : len;
        append_escaped(buf, word, part);
        if (quote == NULL)
            return;
        *bold = !*bold;
        (void)buf_append_text(buf, *bold ? "\\fB" : "\\fR");
        word += part + 1;
        len -= part + 1;
    }
}

/* Text up to a blank line or its end, in lines; returns what is behind it. */
static const char *append_filled(struct buf *buf, const char *text) {
    struct buf word = {.max = PAGE_MAX};
    size_t column = 0;
    bool bold = false;

    while (*text != '\0' && strncmp(text, "\n\n", 2) != 0) {
        size_t len = strcspn(text, " \n");
        buf_reset(&word);
        append_word(&word, text, len, &bold);
        if (column > 0 && column + 1 + word.len > SOURCE_WIDTH) {
            (void)buf_append_char(buf, '\n');
            column = 0;
        }
        if (column > 0 && len > 0)
            (void)buf_append_char(buf, ' ');
        if (column == 0)
            guard_line(buf, text);
        (void)buf_append_slice(buf, buf_slice(&word));
        column += word.len + 1;
        text += len;
        if (*text == '\n' && text[1] != '\n') {
            (void)buf_append_text(buf, "\n.br\n");
            column = 0;
        }
        text += *text == ' ' || (*text == '\n' && text[1] != '\n');
    }
    (void)buf_append_text(buf, bold ? "\\fR\n" : "\n");
    if (word.failed != RC_OK)
        buf->failed = word.failed;
    buf_fini(&word);
    return text;
}

static void append_upper(struct buf *buf, const char *text) {
    for (; *text != '\0'; text++) {
        char c = (char)toupper((unsigned char)*text);
        append_escaped(buf, &c, 1);
    }
}

static void append_lines(struct buf *buf, const char *text) {
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        guard_line(buf, text);
        append_escaped(buf, text, len);
        (void)buf_append_char(buf, '\n');
        text += len + (text[len] == '\n');
    }
}

/* --- both */

void page_title(const struct page *page, const char *name, char section,
                const char *summary) {
    if (page->form == PAGE_TEXT) {
        for (const char *c = name; *c != '\0'; c++) /* the command, as it is typed */
            (void)buf_append_char(page->buf, *c == '-' && section == '1' ? ' ' : *c);
        (void)buf_append_text(page->buf, " - ");
        append_wrapped(page->buf, strlen(name) + 3, 4, summary);
        return;
    }
    (void)buf_append_text(page->buf, ".TH ");
    append_upper(page->buf, name);
    (void)buf_append_format(page->buf, " %c %s \"espoload %s\" \"%s\"\n", section,
                            ESPOLOAD_DATE, ESPOLOAD_VERSION,
                            section == '1'   ? "User Commands"
                            : section == '5' ? "File Formats"
                                             : "Miscellaneous Information");
    (void)buf_append_text(page->buf, ".nh\n.ad l\n"); /* names are not to be cut */
    page_section(page, "Name");
    append_escaped(page->buf, name, strlen(name));
    (void)buf_append_text(page->buf, " \\-\n");
    (void)append_filled(page->buf, summary);
}

void page_section(const struct page *page, const char *title) {
    if (page->form == PAGE_TEXT) {
        (void)buf_append_format(page->buf, "\n%s:\n", title);
        return;
    }
    (void)buf_append_text(page->buf, ".SH ");
    append_upper(page->buf, title);
    (void)buf_append_char(page->buf, '\n');
}

void page_group(const struct page *page, const char *title) {
    if (page->form == PAGE_TEXT) {
        page_section(page, title);
        return;
    }
    (void)buf_append_text(page->buf, ".SS ");
    append_escaped(page->buf, title, strlen(title));
    (void)buf_append_char(page->buf, '\n');
}

void page_description(const struct page *page, const char *text) {
    if (page->form == PAGE_TEXT)
        (void)buf_append_char(page->buf, '\n');
    else
        page_section(page, "Description");
    page_paragraphs(page, text);
}

void page_paragraphs(const struct page *page, const char *text) {
    if (page->form == PAGE_TEXT) {
        append_wrapped(page->buf, 0, 0, text);
        return;
    }
    while (*text != '\0') {
        text = append_filled(page->buf, text);
        text += strspn(text, "\n");
        if (*text != '\0')
            (void)buf_append_text(page->buf, ".PP\n");
    }
}

void page_entry(const struct page *page, const char *label, const char *text) {
    if (page->form == PAGE_TEXT) {
        append_entry(page->buf, label, text);
        return;
    }
    (void)buf_append_text(page->buf, ".TP\n\\fB");
    append_escaped(page->buf, label, strlen(label));
    (void)buf_append_text(page->buf, "\\fR\n");
    (void)append_filled(page->buf, text);
}

void page_example(const struct page *page, const char *line, const char *text) {
    if (page->form == PAGE_TEXT) {
        (void)buf_append_format(page->buf, "  %s\n      ", line);
        append_wrapped(page->buf, 6, 6, text);
        return;
    }
    page_entry(page, line, text);
}

void page_literal(const struct page *page, const char *text) {
    if (page->form == PAGE_MAN) {
        (void)buf_append_text(page->buf, ".RS 4\n.nf\n");
        append_lines(page->buf, text);
        (void)buf_append_text(page->buf, ".fi\n.RE\n");
        return;
    }
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        append_blanks(page->buf, len > 0 ? 2 : 0);
        (void)buf_append(page->buf, text, len);
        (void)buf_append_char(page->buf, '\n');
        text += len + (text[len] == '\n');
    }
}

/* What is typed as it stands: bold in a man page. */
static void append_typed(const struct page *page, struct buf *buf, const char *text) {
    if (page->form == PAGE_TEXT) {
        (void)buf_append_text(buf, text);
        return;
    }
    (void)buf_append_text(buf, "\\fB");
    append_escaped(buf, text, strlen(text));
    (void)buf_append_text(buf, "\\fR");
}

/* The spelling: "-j, --jobs N", "    --[no-]json". */
static void append_spelling(const struct page *page, struct buf *buf,
                            const struct option_def *def) {
    const char *value = def->argument == NULL ? "VALUE" : def->argument;
    const char *prefix = option_shown_negated(def) ? "no-"
                         : def->negatable          ? "[no-]"
                                                   : "";
    char name[OPTION_NAME_MAX + 16];

    if (def->letter != 0) {
        append_typed(page, buf, (char[]){'-', def->letter, '\0'});
        (void)buf_append_text(buf, ", ");
    } else if (page->form == PAGE_TEXT) {
        append_blanks(buf, 4);
    }
    (void)snprintf(name, sizeof name, "--%s%s", prefix, def->name);
    append_typed(page, buf, name);
    if (!option_is_flag(def))
        (void)buf_append_format(buf, page->form == PAGE_MAN ? " \\fI%s\\fR" : " %s",
                                value);
}

void page_option(const struct page *page, const struct option_def *def) {
    struct buf label = {.max = LABEL_MAX}, text = {.max = PAGE_MAX};

    append_spelling(page, &label, def);
    (void)buf_append_text(&text, def->help == NULL ? "" : def->help);
    if (def->type == OPTION_LIST)
        (void)buf_append_text(&text, "; may be given more than once");
    if (def->fallback != NULL && !option_is_flag(def))
        (void)buf_append_format(&text, " (default: %s)", def->fallback);
    if (label.failed != RC_OK || text.failed != RC_OK)
        page->buf->failed = label.failed != RC_OK ? label.failed : text.failed;
    if (page->form == PAGE_TEXT) {
        append_entry(page->buf, buf_text(&label), buf_text(&text));
    } else {
        (void)buf_append_format(page->buf, ".TP\n%s\n", buf_text(&label));
        (void)append_filled(page->buf, buf_text(&text));
    }
    buf_fini(&label);
    buf_fini(&text);
}

static const char *group_of(const struct option_def *def) {
    return def->group == NULL ? "Options" : def->group;
}

/* Is def the first shown one of its group? */
static bool opens_group(const struct option_def *defs, const struct option_def *def) {
    for (; defs < def; defs++)
        if (!defs->hidden && strcmp(group_of(defs), group_of(def)) == 0)
            return false;
    return true;
}

void page_options(const struct page *page, const struct option_def *defs) {
    if (defs == NULL)
        return;
    for (const struct option_def *head = defs; head->name != NULL; head++) {
        if (head->hidden || !opens_group(defs, head))
            continue;
        page_group(page, group_of(head));
        for (const struct option_def *def = head; def->name != NULL; def++)
            if (!def->hidden && strcmp(group_of(def), group_of(head)) == 0)
                page_option(page, def);
    }
}
