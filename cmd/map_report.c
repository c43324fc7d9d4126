/* map_report.c - the guesses of a draft, each with its reason. */
#include "cmd/map_report.h"

#include "base/utf8.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"
#include "cmd/terminal.h"

#include <stdlib.h>

enum {
    TEXT_MAX = 16 << 20,
    WIDE = 120,     /* columns, where there is no terminal */
    WIDTH_MIN = 40, /* columns that are used in any case */
    NAME_COLUMNS = 28,
    FIELD_COLUMNS = 28,
    NAME_SHOWN = 24 /* characters of a column's name */
};

struct page {
    struct command_context *context;
    const struct map_report *report;
    struct buf text;
    size_t width;
};

static const struct guess *guess_of(const struct page *p, size_t column) {
    return guess_at(p->report->draft->guesses, column);
}

static size_t count_guessed(const struct map_report *report) {
    size_t guessed = 0;

    for (size_t i = 0; i < report->draft->column_count; i++)
        guessed += guess_at(report->draft->guesses, i)->field != NULL;
    return guessed;
}

static void append_blanks(struct buf *buf, size_t count) {
    while (count-- > 0)
        (void)buf_append_char(buf, ' ');
}

/* Text in a column of its own; a line of its own where it is wider. */
static void append_cell(struct page *p, const char *text, size_t indent, size_t width) {
    size_t columns = terminal_columns(slice_of(text));

    (void)buf_append_text(&p->text, text);
    if (columns + 1 < width) {
        append_blanks(&p->text, width - columns);
        return;
    }
    (void)buf_append_char(&p->text, '\n');
    append_blanks(&p->text, indent + width);
}

/* The words of text, wrapped at the width, further lines at the same indent; the cursor
 * stands there already. */
static void append_wrapped(struct page *p, size_t indent, struct slice text) {
    size_t at = 0;

    while (text.len > 0) {
        const char *blank = memchr(text.data, ' ', text.len);
        struct slice word =
            slice_make(text.data, blank == NULL ? text.len : (size_t)(blank - text.data));
        size_t columns = terminal_columns(word);
        if (at > 0 && indent + at + 1 + columns >= p->width) {
            (void)buf_append_char(&p->text, '\n');
            append_blanks(&p->text, indent);
            at = 0;
        } else if (at > 0) {
            (void)buf_append_char(&p->text, ' ');
            at++;
        }
        (void)buf_append_slice(&p->text, word);
        at += columns;
        text.data += word.len + (blank != NULL);
        text.len -= word.len + (blank != NULL);
    }
    (void)buf_append_char(&p->text, '\n');
}

static void append_name(struct page *p, size_t column) {
    struct buf name = {.max = 400};

    (void)utf8_append_printable(&name, p->report->draft->columns[column].name,
                                NAME_SHOWN);
    append_blanks(&p->text, 2);
    append_cell(p, buf_text(&name), 2, NAME_COLUMNS);
    buf_fini(&name);
}

static void append_title(struct page *p, const char *title) {
    (void)buf_append_char(&p->text, '\n');
    terminal_append_styled(p->context->log, &p->text, STYLE_BOLD, title);
    (void)buf_append_char(&p->text, '\n');
}

static void append_head(struct page *p) {
    const struct map_report *report = p->report;
    struct buf line = {.max = 4096};

    if (report->input != NULL) {
        (void)buf_append_format(&line, "%s: ", report->input);
        quantity_append_count(&line, report->draft->inspection->facts.records);
        (void)buf_append_text(
            &line, report->draft->inspection->facts.records == 1 ? " row, " : " rows, ");
    }
    quantity_append_count(&line, report->draft->column_count);
    (void)buf_append_text(&line,
                          report->draft->column_count == 1 ? " column, " : " columns, ");
    quantity_append_count(&line, count_guessed(report));
    (void)buf_append_format(&line, " guessed for %s of %s", report->entity_type,
                            report->url);
    terminal_append_styled(p->context->log, &p->text, STYLE_BOLD, buf_text(&line));
    (void)buf_append_char(&p->text, '\n');
    buf_fini(&line);
}

static void append_guess(struct page *p, size_t column) {
    const struct guess *guess = guess_of(p, column);
    const size_t indent = 2 + NAME_COLUMNS + FIELD_COLUMNS + 6;
    struct buf reason = {.max = 4096};

    append_name(p, column);
    append_cell(p, guess->field, 2 + NAME_COLUMNS, FIELD_COLUMNS);
    (void)buf_append_format(&p->text, "%3u %% ", guess->confidence);
    (void)buf_append_text(&reason, guess->reason);
    if (guess->remark[0] != '\0')
        (void)buf_append_format(&reason, "; %s", guess->remark);
    append_wrapped(p, indent, buf_slice(&reason));
    buf_fini(&reason);
}

static void append_guesses(struct page *p) {
    for (size_t i = 0; i < p->report->draft->column_count; i++)
        if (guess_of(p, i)->field != NULL)
            append_guess(p, i);
}

static void append_unguessed(struct page *p) {
    bool any = false;

    for (size_t i = 0; i < p->report->draft->column_count; i++) {
        const struct guess *guess = guess_of(p, i);
        if (guess->field != NULL)
            continue;
        if (!any)
            append_title(p, "Not guessed, and not imported by the draft");
        any = true;
        append_name(p, i);
        append_wrapped(p, 2 + NAME_COLUMNS, slice_of(guess->reason));
    }
}

static void append_notes(struct page *p) {
    const struct map_report *report = p->report;
    const char *note;

    for (size_t i = 0; (note = guess_note(report->draft->guesses, i)) != NULL; i++) {
        if (i == 0)
            append_title(p, "What to know");
        (void)buf_append_text(&p->text, "  - ");
        append_wrapped(p, 4, slice_of(note));
    }
    (void)buf_append_char(&p->text, '\n');
    if (report->output == NULL)
        return;
    (void)buf_append_format(
        &p->text, "%s is written. Next: espoload check %s -m %s\n", report->output,
        report->input == NULL ? "FILE" : report->input, report->output);
}

int map_print_text(struct command_context *context, const struct map_report *report) {
    const struct terminal *log = context->log;
    struct page p = {
        .context = context,
        .report = report,
        .text = {.max = TEXT_MAX},
        .width = log->is_tty || log->columns > 0 ? terminal_width(log) : WIDE,
    };
    int rc;

    if (p.width < WIDTH_MIN + 2 + NAME_COLUMNS + FIELD_COLUMNS)
        p.width = WIDTH_MIN + 2 + NAME_COLUMNS + FIELD_COLUMNS;
    append_head(&p);
    append_guesses(&p);
    append_unguessed(&p);
    append_notes(&p);
    if (p.text.failed != RC_OK)
        rc = err_nomem(&context->err);
    else
        rc = terminal_write(log, buf_text(&p.text), p.text.len, &context->err);
    buf_fini(&p.text);
    return rc;
}

static int print_guess(struct command_context *context, const struct map_report *report,
                       size_t column) {
    const struct guess *guess = guess_at(report->draft->guesses, column);
    struct jsonout *json = context->json;

    jsonout_begin(json, "guess");
    jsonout_count(json, "column", column + 1);
    jsonout_string(json, "name", report->draft->columns[column].name);
    jsonout_text(json, "field", guess->field);
    jsonout_count(json, "confidence", guess->confidence);
    jsonout_text(json, "reason", guess->reason);
    if (guess->remark[0] != '\0')
        jsonout_text(json, "remark", guess->remark);
    if (!guess->sayable)
        jsonout_boolean(json, "inDraft", false);
    return jsonout_end(json, &context->err);
}

/* The draft on one line. */
static int print_mapping(struct command_context *context,
                         const struct map_report *report) {
    json_t *root = json_loads(report->draft->text, 0, NULL);
    char *line = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    int rc;

    json_decref(root);
    if (line == NULL)
        return err_nomem(&context->err);
    jsonout_begin(context->json, "mapping");
    jsonout_raw(context->json, "mapping", slice_of(line));
    rc = jsonout_end(context->json, &context->err);
    free(line);
    return rc;
}

int map_print_json(struct command_context *context, const struct map_report *report) {
    struct jsonout *json = context->json;
    const char *note;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < report->draft->column_count; i++)
        rc = print_guess(context, report, i);
    for (size_t i = 0;
         rc == RC_OK && (note = guess_note(report->draft->guesses, i)) != NULL; i++) {
        jsonout_begin(json, "note");
        jsonout_text(json, "message", note);
        rc = jsonout_end(json, &context->err);
    }
    if (rc == RC_OK && report->output == NULL)
        rc = print_mapping(context, report);
    if (rc != RC_OK)
        return rc;
    jsonout_begin(json, "summary");
    jsonout_text(json, "kind", "map");
    jsonout_text(json, "entityType", report->entity_type);
    jsonout_count(json, "columns", report->draft->column_count);
    jsonout_count(json, "guessed", count_guessed(report));
    jsonout_count(json, "problems", report->draft->problem_count);
    jsonout_text(json, "output", report->output);
    return jsonout_end(json, &context->err);
}
