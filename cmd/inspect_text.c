/* inspect_text.c - an inspection as a page of text, as wide as the terminal. */
#include "cmd/inspect_report.h"

#include "base/utf8.h"
#include "cmd/quantity.h"
#include "cmd/terminal.h"
#include "flow/inspector_problems.h"

enum {
    TEXT_MAX = 16 << 20,
    CELL_MAX = 4096, /* bytes of one cell of the table */
    WIDE = 200,      /* columns, where there is no terminal */
    WIDTH_MIN = 40,  /* columns that are used in any case */
    NARROW = 100,    /* columns below which names and types are cut short */
    PROBLEMS_SHOWN = 100,
    EXAMPLE_MAX = 28, /* characters of one example in the table */
    EXAMPLES = 5,     /* of a column */
    EXAMPLES_MIN = 24 /* columns below which examples get a line of their own */
};

struct report {
    struct command_context *context;
    const struct inspection *in;
    struct buf text;   /* the page */
    struct buf cell;   /* one cell or paragraph of it */
    size_t width;      /* columns there are */
    uint64_t problems; /* told so far */
};

static void styled(struct report *r, enum style style, const char *text) {
    terminal_append_styled(r->context->out, &r->text, style, text);
}

static void append_blanks(struct buf *buf, size_t count) {
    while (count-- > 0)
        (void)buf_append_char(buf, ' ');
}

/* Appends text cut to so many columns, with ".." where something is missing; returns the
 * columns it took. */
static size_t append_cut(struct buf *buf, struct slice text, size_t columns) {
    size_t fit = terminal_fit(text, columns);
    bool cut = fit < text.len && columns > 4;

    if (cut)
        fit = terminal_fit(text, columns - 2);
    (void)buf_append(buf, text.data, fit);
    if (cut)
        (void)buf_append_text(buf, "..");
    return terminal_columns(slice_make(text.data, fit)) + (cut ? 2 : 0);
}

/* The words of text, wrapped at the width, with further lines indented. */
static void append_wrapped(struct report *r, size_t indent, struct slice text) {
    size_t at = 0;

    append_blanks(&r->text, indent);
    while (text.len > 0) {
        const char *blank = memchr(text.data, ' ', text.len);
        struct slice word =
            slice_make(text.data, blank == NULL ? text.len : (size_t)(blank - text.data));
        size_t columns = terminal_columns(word);
        if (at > 0 && indent + at + 1 + columns >= r->width) {
            (void)buf_append_char(&r->text, '\n');
            append_blanks(&r->text, indent + 2);
            at = 2;
        } else if (at > 0) {
            (void)buf_append_char(&r->text, ' ');
            at++;
        }
        (void)buf_append_slice(&r->text, word);
        at += columns;
        text.data += word.len + (blank != NULL);
        text.len -= word.len + (blank != NULL);
    }
    (void)buf_append_char(&r->text, '\n');
}

static void fact(struct report *r, const char *name) {
    (void)buf_append_text(&r->text, "  ");
    styled(r, STYLE_DIM, name);
    append_blanks(&r->text, 11 - strlen(name));
}

static void append_encoding(struct report *r) {
    const struct inspection *in = r->in;
    struct buf *text = &r->text;

    fact(r, "encoding");
    (void)buf_append_text(text, in->facts.encoding);
    switch (in->encoding) {
    case INSPECT_GIVEN: (void)buf_append_text(text, ", as asked for"); break;
    case INSPECT_MARK: (void)buf_append_text(text, ", by its byte order mark"); break;
    case INSPECT_ASCII: (void)buf_append_text(text, " (all of it is ASCII)"); break;
    case INSPECT_VALID: (void)buf_append_text(text, " (all of it is valid)"); break;
    case INSPECT_DAMAGED: (void)buf_append_text(text, ", damaged in places"); break;
    case INSPECT_GUESSED: styled(r, STYLE_YELLOW, ": a guess, it is not UTF-8"); break;
    }
    (void)buf_append_text(text, in->facts.gzip ? "; gzipped\n" : "\n");
}

static void append_delimiter(struct report *r) {
    static const char *const told[] = {"as asked for", "by its sep= line", "found out"};
    static const char *const quoting[] = {"no quotes", "quotes where needed",
                                          "every cell quoted"};
    const char delimiter = r->in->facts.dialect.delimiter;
    const char *name = delimiter == '\t'  ? "tab"
                       : delimiter == ',' ? "comma"
                       : delimiter == ';' ? "semicolon"
                       : delimiter == '|' ? "bar"
                                          : NULL;

    fact(r, "delimiter");
    if (name != NULL)
        (void)buf_append_text(&r->text, name);
    else
        (void)buf_append_format(&r->text, "'%c'", delimiter);
    (void)buf_append_format(&r->text, ", %s; %s\n", told[r->in->delimiter],
                            quoting[r->in->quoting]);
}

static void append_line_ends(struct report *r) {
    const struct inspection *in = r->in;
    const struct {
        const char *name;
        uint64_t count;
    } ends[] = {{"LF", in->lf}, {"CRLF", in->crlf}, {"CR", in->cr}};
    int kinds = (in->lf > 0) + (in->crlf > 0) + (in->cr > 0), shown = 0;

    fact(r, "line ends");
    if (kinds == 0)
        (void)buf_append_text(&r->text, "none");
    for (size_t i = 0; i < 3; i++) {
        if (ends[i].count == 0)
            continue;
        (void)buf_append_format(&r->text, "%s%s", shown++ > 0 ? ", " : "", ends[i].name);
        if (kinds > 1) {
            (void)buf_append_text(&r->text, " in ");
            quantity_append_count(&r->text, ends[i].count);
        }
    }
    (void)buf_append_char(&r->text, '\n');
}

static void append_rows(struct report *r) {
    const struct inspection *in = r->in;
    const struct {
        uint64_t count;
        const char *words;
    } parts[] = {{in->facts.bad_records, " cannot be read"},
                 {in->facts.blank_lines, " blank lines between"},
                 {in->facts.comment_lines, " comment lines between"}};

    fact(r, "header");
    if (in->header_line == 0)
        (void)buf_append_text(&r->text, "none\n");
    else
        (void)buf_append_format(&r->text, "line %llu%s\n",
                                (unsigned long long)in->header_line,
                                in->header_is_data ? ", which looks like data" : "");
    fact(r, "rows");
    quantity_append_count(&r->text, in->facts.records);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].count == 0)
            continue;
        (void)buf_append_text(&r->text, ", ");
        quantity_append_count(&r->text, parts[i].count);
        (void)buf_append_text(&r->text, parts[i].words);
    }
    if (!in->whole) {
        (void)buf_append_text(&r->text, "; below, only the first ");
        quantity_append_count(&r->text, in->rows);
    }
    (void)buf_append_char(&r->text, '\n');
}

/* "decimal 1.234,56": the type with what its values look like. */
static void append_type(struct buf *buf, const struct profile_summary *s) {
    const char *decimal = s->decimal[0] == '\0' ? "." : s->decimal;

    (void)buf_append_text(buf, profile_type_word(s->type));
    if (s->type == PROFILE_PHONE)
        (void)buf_append_text(buf,
                              s->phone_international ? ", international" : ", national");
    if (s->currency[0] != '\0')
        (void)buf_append_format(buf, " %s", s->currency);
    if (s->format[0] != '\0')
        (void)buf_append_format(buf, " %s%s", s->format,
                                s->other_format[0] != '\0' ? "?" : "");
    else if (s->type == PROFILE_INTEGER && s->group[0] != '\0')
        (void)buf_append_format(buf, " 1%s234", s->group);
    else if (s->type == PROFILE_DECIMAL || s->type == PROFILE_AMOUNT)
        (void)buf_append_format(buf, " 1%s234%s56", s->group, decimal);
}

enum table_column {
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_BLANK,
    COLUMN_DISTINCT,
    COLUMN_LONGEST,
    TABLE_COLUMNS
};

static const char *const headings[TABLE_COLUMNS] = {"column", "likely type", "blank",
                                                    "distinct", "longest"};

/* One cell of the table, to r->cell. */
static struct slice table_cell(struct report *r, const struct inspect_column *column,
                               enum table_column which) {
    const struct profile_summary *s = &column->summary;

    buf_reset(&r->cell);
    switch (which) {
    case COLUMN_NAME: (void)utf8_append_printable(&r->cell, column->name, 200); break;
    case COLUMN_TYPE: append_type(&r->cell, s); break;
    case COLUMN_BLANK: quantity_append_count(&r->cell, s->blanks); break;
    case COLUMN_DISTINCT:
        if (!s->distinct_exact)
            (void)buf_append_char(&r->cell, '~');
        quantity_append_count(&r->cell, s->distinct);
        break;
    case COLUMN_LONGEST: quantity_append_count(&r->cell, s->longest); break;
    case TABLE_COLUMNS: break;
    }
    return buf_slice(&r->cell);
}

static void append_examples(struct report *r, const struct inspect_column *column,
                            size_t room) {
    size_t count, left = room;
    const struct profile_value *values = profile_values(column->profile, &count);

    for (size_t i = 0; i < count && i < EXAMPLES; i++) {
        size_t most = left < EXAMPLE_MAX ? left : EXAMPLE_MAX, columns;
        buf_reset(&r->cell);
        (void)utf8_append_printable(&r->cell, slice_of(values[i].text), 60);
        columns = terminal_columns(buf_slice(&r->cell));
        if (i > 0 && (columns < most ? columns : most) + 3 > left)
            return;
        if (i > 0) {
            (void)buf_append_text(&r->text, " | ");
            left -= 3;
            most = left < most ? left : most;
        }
        left -= append_cut(&r->text, buf_slice(&r->cell), most);
        if (left < 6)
            return;
    }
}

static void append_table(struct report *r) {
    size_t widths[TABLE_COLUMNS], used = 2, room;
    size_t longest_name = r->width < NARROW ? 20 : 36;

    for (size_t c = 0; c < TABLE_COLUMNS; c++) {
        widths[c] = strlen(headings[c]);
        for (size_t i = 0; i < r->in->column_count; i++) {
            size_t n =
                terminal_columns(table_cell(r, &r->in->columns[i], (enum table_column)c));
            widths[c] = n > widths[c] ? n : widths[c];
        }
        if (c == COLUMN_NAME && widths[c] > longest_name)
            widths[c] = longest_name;
        used += widths[c] + 2;
    }
    room = r->width > used + EXAMPLES_MIN ? r->width - used - 1 : 0;
    (void)buf_append_text(&r->text, "\n  ");
    for (size_t c = 0; c < TABLE_COLUMNS; c++) {
        size_t pad = widths[c] - strlen(headings[c]);
        append_blanks(&r->text, c >= COLUMN_BLANK ? pad : 0);
        styled(r, STYLE_BOLD, headings[c]);
        append_blanks(&r->text, (c < COLUMN_BLANK ? pad : 0) + 2);
    }
    styled(r, STYLE_BOLD, room > 0 ? "examples" : "");
    (void)buf_append_char(&r->text, '\n');
    for (size_t i = 0; i < r->in->column_count; i++) {
        (void)buf_append_text(&r->text, "  ");
        for (size_t c = 0; c < TABLE_COLUMNS; c++) {
            struct slice cell = table_cell(r, &r->in->columns[i], (enum table_column)c);
            size_t n = terminal_columns(cell);
            if (c >= COLUMN_BLANK && n < widths[c])
                append_blanks(&r->text, widths[c] - n);
            n = append_cut(&r->text, cell, widths[c]);
            append_blanks(&r->text, (c < COLUMN_BLANK ? widths[c] - n : 0) + 2);
        }
        if (room == 0 && r->in->columns[i].summary.distinct > 0)
            (void)buf_append_text(&r->text, "\n      ");
        append_examples(r, &r->in->columns[i], room > 0 ? room : r->width - 7);
        while (r->text.len > 0 && r->text.data[r->text.len - 1] == ' ')
            r->text.data[--r->text.len] = '\0';
        (void)buf_append_char(&r->text, '\n');
    }
}

/* What a mapping must say about the columns: the types above, in its own words. */
static void append_settings(struct report *r) {
    bool any = false;

    for (size_t i = 0; i < r->in->column_count; i++) {
        buf_reset(&r->cell);
        inspect_append_settings(&r->cell, &r->in->columns[i]);
        if (r->cell.len == 0)
            continue;
        if (!any) {
            (void)buf_append_char(&r->text, '\n');
            styled(r, STYLE_BOLD, "What a mapping must say about these columns");
            (void)buf_append_char(&r->text, '\n');
        }
        any = true;
        (void)buf_append_text(&r->text, "  ");
        (void)utf8_append_printable(&r->text, r->in->columns[i].name, 60);
        (void)buf_append_text(&r->text, ":  ");
        (void)buf_append_slice(&r->text, buf_slice(&r->cell));
        (void)buf_append_char(&r->text, '\n');
    }
}

static void append_problem(struct report *r, const struct inspect_problem *problem) {
    struct buf *cell = &r->cell;

    buf_reset(cell);
    if (problem->column != NULL) {
        (void)utf8_append_printable(cell, problem->column->name, 60);
        (void)buf_append_text(cell, ": ");
    }
    (void)buf_append_text(cell, problem->words);
    if (problem->count > 0) {
        (void)buf_append_text(cell, problem->estimate ? ": about " : ": ");
        quantity_append_count(cell, problem->count);
        (void)buf_append_format(cell, " %.*s",
                                (int)strlen(problem->unit) - (problem->count == 1),
                                problem->unit);
    }
    if (problem->line > 0 && problem->count > 0) {
        (void)buf_append_text(cell,
                              problem->count == 1 ? ", on line " : ", first on line ");
        quantity_append_count(cell, problem->line);
    }
    if (problem->example[0] != '\0') {
        bool of_cell = problem->column != NULL;
        (void)buf_append_text(cell, of_cell ? ": \xC2\xAB" : ": ");
        (void)utf8_append_printable(cell, slice_of(problem->example), of_cell ? 40 : 200);
        (void)buf_append_text(cell, of_cell ? "\xC2\xBB" : "");
    }
    append_wrapped(r, 2, buf_slice(cell));
    append_wrapped(r, 6, slice_of(problem->advice));
}

static int count_problem(void *data, const struct inspect_problem *problem) {
    struct report *r = data;

    (void)problem;
    r->problems++;
    return RC_OK;
}

static int show_problem(void *data, const struct inspect_problem *problem) {
    struct report *r = data;

    if (r->problems++ < PROBLEMS_SHOWN)
        append_problem(r, problem);
    return RC_OK;
}

static int append_problems(struct report *r) {
    int rc = inspect_problems(r->in, count_problem, r);
    uint64_t all = r->problems;

    if (rc != RC_OK)
        return rc;
    (void)buf_append_char(&r->text, '\n');
    if (all == 0) {
        styled(r, STYLE_GREEN, "Nothing odd was found.");
        (void)buf_append_char(&r->text, '\n');
        return RC_OK;
    }
    buf_reset(&r->cell);
    quantity_append_count(&r->cell, all);
    (void)buf_append_text(&r->cell,
                          all == 1 ? " thing to look at" : " things to look at");
    styled(r, STYLE_YELLOW, buf_text(&r->cell));
    (void)buf_append_char(&r->text, '\n');
    r->problems = 0;
    rc = inspect_problems(r->in, show_problem, r);
    if (all > PROBLEMS_SHOWN)
        (void)buf_append_format(&r->text, "  and %llu more: --json lists all\n",
                                (unsigned long long)(all - PROBLEMS_SHOWN));
    return rc;
}

int inspect_print_text(struct command_context *context, const struct inspection *in,
                       const char *file) {
    const struct terminal *out = context->out;
    struct report r = {
        .context = context,
        .in = in,
        .text = {.max = TEXT_MAX},
        .cell = {.max = CELL_MAX},
        .width = out->is_tty || out->columns > 0 ? terminal_width(out) : WIDE,
    };
    int rc;

    if (r.width < WIDTH_MIN)
        r.width = WIDTH_MIN;
    buf_reset(&r.cell);
    (void)buf_append_format(&r.cell, "%s: ", file);
    quantity_append_count(&r.cell, in->facts.records);
    (void)buf_append_text(&r.cell, in->facts.records == 1 ? " row, " : " rows, ");
    quantity_append_count(&r.cell, in->column_count);
    (void)buf_append_text(&r.cell, in->column_count == 1 ? " column, " : " columns, ");
    quantity_append_bytes(&r.cell, in->facts.bytes);
    styled(&r, STYLE_BOLD, buf_text(&r.cell));
    (void)buf_append_char(&r.text, '\n');
    append_encoding(&r);
    append_delimiter(&r);
    append_line_ends(&r);
    append_rows(&r);
    append_table(&r);
    append_settings(&r);
    rc = append_problems(&r);
    if (rc != RC_OK || r.text.failed != RC_OK)
        rc = err_nomem(&context->err);
    else
        rc = terminal_write(out, buf_text(&r.text), r.text.len, &context->err);
    buf_fini(&r.text);
    buf_fini(&r.cell);
    return rc;
}
