/* terminal.c - writes to a descriptor and knows what is behind it. */
#include "cmd/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cmd/option_parser.h"

enum {
    COLUMNS_DEFAULT = 80,
    COLUMNS_MAX = 1000,
    PRINT_MAX = 64 << 10,
    WRAPPED_MAX = 1 << 20,
    HANG = 2,      /* columns that the rest of a broken line is indented by */
    NARROWEST = 30 /* columns below which words are not kept whole */
};

static int columns_of(const char *text) {
    int n = 0;

    if (text == NULL)
        return 0;
    for (; *text >= '0' && *text <= '9' && n <= COLUMNS_MAX; text++)
        n = n * 10 + (*text - '0');
    return *text == '\0' && n <= COLUMNS_MAX ? n : 0;
}

void terminal_init(struct terminal *terminal, int fd, enum color_choice color,
                   char *const *environment) {
    const char *term = option_environment(environment, "TERM");
    const char *no_color = option_environment(environment, "NO_COLOR");
    bool dumb = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;

    terminal->fd = fd;
    terminal->is_tty = isatty(fd) == 1;
    terminal->moves = terminal->is_tty && !dumb;
    terminal->columns = columns_of(option_environment(environment, "COLUMNS"));
    if (color == COLOR_AUTO)
        terminal->color = terminal->moves && (no_color == NULL || *no_color == '\0');
    else
        terminal->color = color == COLOR_ALWAYS;
}

size_t terminal_width(const struct terminal *terminal) {
    struct winsize size = {0};

    if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
    return terminal->columns > 0 ? (size_t)terminal->columns : COLUMNS_DEFAULT;
}

static const char *name_of(int fd) {
    return fd == STDOUT_FILENO ? "standard output" : "standard error";
}

int terminal_write(const struct terminal *terminal, const void *data, size_t len,
                   struct err *err) {
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(terminal->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "write to", name_of(terminal->fd));
        at += n;
        len -= (size_t)n;
    }
    return RC_OK;
}

/* Bytes of line that go into the columns, up to a blank where there is one. */
static size_t break_at(struct slice line, size_t columns) {
    size_t fits = terminal_fit(line, columns), at = fits;

    if (fits == line.len)
        return fits;
    while (at > 0 && line.data[at] != ' ')
        at--;
    return at > 0 ? at : fits;
}

static bool holds_command(struct slice line) {
    static const char word[] = "espoload ";

    for (size_t i = 0; i + sizeof word - 1 <= line.len; i++)
        if (memcmp(line.data + i, word, sizeof word - 1) == 0)
            return true;
    return false;
}

static void append_line(struct buf *out, struct slice line, size_t width) {
    size_t indent = 0, used = 0;

    while (indent < line.len && line.data[indent] == ' ')
        indent++;
    (void)buf_append(out, line.data, indent);
    line = slice_make(line.data + indent, line.len - indent);
    used = indent;
    indent += HANG;
    while (line.len > 0) {
        size_t n = break_at(line, width - used);
        (void)buf_append(out, line.data, n);
        while (n < line.len && line.data[n] == ' ' &&
               terminal_columns(line) > width - used)
            n++;
        line = slice_make(line.data + n, line.len - n);
        used = indent;
        if (line.len > 0)
            (void)buf_append_format(out, "\n%*s", (int)indent, "");
    }
}

void terminal_append_wrapped(struct buf *out, struct slice text, size_t width) {
    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.data);
        struct slice line = slice_make(text.data, len);

        if (width < NARROWEST || terminal_columns(line) <= width || holds_command(line))
            (void)buf_append_slice(out, line);
        else
            append_line(out, line, width);
        if (end != NULL)
            (void)buf_append_char(out, '\n');
        len += end != NULL;
        text = slice_make(text.data + len, text.len - len);
    }
}

int terminal_write_text(const struct terminal *terminal, struct slice text,
                        struct err *err) {
    struct buf wrapped = {.max = WRAPPED_MAX};
    int rc;

    if (!terminal->is_tty)
        return terminal_write(terminal, text.data, text.len, err);
    /* the last column stays free: writing there moves some terminals on */
    terminal_append_wrapped(&wrapped, text, terminal_width(terminal) - 1);
    rc = wrapped.failed != RC_OK
             ? terminal_write(terminal, text.data, text.len, err)
             : terminal_write(terminal, wrapped.data, wrapped.len, err);
    buf_fini(&wrapped);
    return rc;
}

int terminal_print(const struct terminal *terminal, const char *format, ...) {
    struct buf text = {.max = PRINT_MAX};
    va_list args;
    char *at;
    int n, rc;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = n < 0 ? NULL : buf_reserve(&text, (size_t)n);
    if (at != NULL) {
        va_start(args, format);
        (void)vsnprintf(at, (size_t)n + 1, format, args);
        va_end(args);
        buf_commit(&text, (size_t)n);
    }
    rc = at == NULL ? RC_LIMIT : terminal_write_text(terminal, buf_slice(&text), NULL);
    buf_fini(&text);
    return rc;
}

void terminal_append_styled(const struct terminal *terminal, struct buf *buf,
                            enum style style, const char *text) {
    static const char *const codes[] = {
        [STYLE_PLAIN] = "0", [STYLE_BOLD] = "1",   [STYLE_DIM] = "2",
        [STYLE_RED] = "31",  [STYLE_GREEN] = "32", [STYLE_YELLOW] = "33",
    };

    if (terminal->color && style != STYLE_PLAIN)
        (void)buf_append_format(buf, "\033[%sm%s\033[0m", codes[style], text);
    else
        (void)buf_append_text(buf, text);
}

void terminal_print_error(const struct terminal *terminal, const struct err *err) {
    struct buf text = {.max = PRINT_MAX};

    (void)buf_append_text(&text, "espoload: ");
    terminal_append_styled(terminal, &text, STYLE_RED, "error: ");
    (void)utf8_append_printable(&text, slice_of(err->message), sizeof err->message);
    (void)buf_append_char(&text, '\n');
    if (err->advice[0] != '\0') {
        (void)buf_append_text(&text, "  ");
        (void)utf8_append_printable(&text, slice_of(err->advice), sizeof err->advice);
        (void)buf_append_char(&text, '\n');
    }
    (void)terminal_write_text(terminal, buf_slice(&text), NULL);
    buf_fini(&text);
}

/* One typed line; what does not fit is dropped. */
static void read_answer(int fd, char *answer, size_t size) {
    size_t len = 0;

    for (;;) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n != 1 || c == '\n') { /* a signal is no yes */
            answer[n == 1 ? len : 0] = '\0';
            return;
        }
        if (len + 1 < size)
            answer[len++] = c;
    }
}

bool terminal_ask(const struct terminal *terminal, const char *question, char *answer,
                  size_t size) {
    int fd = terminal->is_tty ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
    struct terminal tty = {.fd = fd, .is_tty = true};

    answer[0] = '\0';
    if (fd < 0)
        return false;
    if (terminal_print(&tty, "%s", question) == RC_OK)
        read_answer(fd, answer, size);
    (void)close(fd);
    return true;
}

bool terminal_confirm(const struct terminal *terminal, const char *question,
                      bool *asked) {
    struct buf text = {.max = PRINT_MAX};
    char answer[16] = "";

    (void)buf_append_format(&text, "%s [y/N] ", question);
    *asked = terminal_ask(terminal, buf_text(&text), answer, sizeof answer);
    buf_fini(&text);
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

struct range {
    uint32_t first, last; /* code points, both included */
};

static bool in_ranges(uint32_t cp, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count && cp >= ranges[i].first; i++)
        if (cp <= ranges[i].last)
            return true;
    return false;
}

/* Columns of one character. The C library's wcwidth() depends on the user's locale; these
 * are the blocks that names and values in a CRM are made of. */
static size_t columns_of_character(uint32_t cp) {
    static const struct range none[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489},  {0x0591, 0x05BD}, {0x0610, 0x061A},
        {0x064B, 0x065F}, {0x0900, 0x0902},  {0x093C, 0x093C}, {0x0941, 0x0948},
        {0x094D, 0x094D}, {0x0E31, 0x0E31},  {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},  {0x200B, 0x200F}, {0x202A, 0x202E},
        {0x2060, 0x2064}, {0x20D0, 0x20FF},  {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
        {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
    static const struct range wide[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
        {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x2705, 0x2705},
        {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2B50, 0x2B50},
        {0x2E80, 0x303E},   {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},
        {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
        {0xFFE0, 0xFFE6},   {0x1F1E6, 0x1F1FF}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
        {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};

    if (cp < 0x0300)
        return 1;
    if (in_ranges(cp, none, sizeof none / sizeof *none))
        return 0;
    return in_ranges(cp, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t terminal_fit(struct slice text, size_t columns) {
    size_t at = 0, used = 0;

    while (at < text.len) {
        uint32_t cp;
        size_t n = utf8_decode(slice_make(text.data + at, text.len - at), &cp);
        size_t width = n == 0 ? 1 : columns_of_character(cp);
        if (used + width > columns)
            break;
        used += width;
        at += n == 0 ? 1 : n;
    }
    return at;
}

size_t terminal_columns(struct slice text) {
    size_t at = 0, used = 0;

    while (at < text.len) {
        uint32_t cp;
        size_t n = utf8_decode(slice_make(text.data + at, text.len - at), &cp);
        used += n == 0 ? 1 : columns_of_character(cp);
        at += n == 0 ? 1 : n;
    }
    return used;
}
