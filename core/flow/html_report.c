/* html_report.c - the page's frame, and its data as JSON in a script element.
 *
 * The frame's style and script are core/flow/report/page.css and page.js, compiled in.
 * Rows are written as they are read: memory does not grow with them.
 */
#include "flow/html_report.h"

#include "base/outfile.h"
#include "base/utf8.h"
#include "model/json.h"
#include "state/journal_undo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_BYTES = 1 << 20,
    CAUSES = 1000,
    CHANGES = 20000 /* updated rows that are shown; the results file has all */
};

/* Of the build: see core/CMakeLists.txt. */
extern const unsigned char report_page_css[], report_page_js[];
extern const size_t report_page_css_size, report_page_js_size;

struct page {
    struct outfile *file;    /* owned */
    struct journal *journal; /* borrowed */
    const struct html_report_options *options;
    struct buf text, clean; /* scratch */
    struct err *err;
    int rc;     /* the first failure */
    bool first; /* of a list that is being written */
};

static void put(struct page *page, const char *text) {
    if (page->rc == RC_OK)
        page->rc = outfile_write(page->file, slice_of(text), page->err);
}

/* JSON that may stand in a script element: no "</script>" can be in it. */
static void put_json(struct page *page, struct slice json) {
    while (page->rc == RC_OK && json.len > 0) {
        const char *at = memchr(json.data, '<', json.len);
        size_t len = at == NULL ? json.len : (size_t)(at - json.data);
        page->rc = outfile_write(page->file, slice_make(json.data, len), page->err);
        if (at != NULL)
            put(page, "\\u003c");
        json.data += len + (at != NULL);
        json.len -= len + (at != NULL);
    }
}

/* Any bytes as a JSON string: what is no UTF-8 becomes U+FFFD. */
static void put_text(struct page *page, const char *text) {
    struct slice rest = slice_of(text == NULL ? "" : text);

    buf_reset(&page->clean);
    buf_reset(&page->text);
    while (rest.len > 0) {
        size_t n = utf8_valid_prefix(rest);
        (void)buf_append(&page->clean, rest.data, n);
        if (n < rest.len) {
            (void)buf_append_text(&page->clean, "\xEF\xBF\xBD");
            n++;
        }
        rest.data += n;
        rest.len -= n;
    }
    if (json_append_string(&page->text, buf_slice(&page->clean)) < 0 ||
        page->clean.failed < 0)
        put(page, "\"(too long)\"");
    else
        put_json(page, buf_slice(&page->text));
}

static void put_number(struct page *page, int64_t number) {
    char text[32];

    (void)snprintf(text, sizeof text, "%" PRId64, number);
    put(page, text);
}

static void put_fact(struct page *page, const char *name, const char *text) {
    put(page, page->first ? "\"" : ",\"");
    page->first = false;
    put(page, name);
    put(page, "\":");
    put_text(page, text);
}

static void put_count(struct page *page, const char *name, uint64_t count) {
    put(page, page->first ? "\"" : ",\"");
    page->first = false;
    put(page, name);
    put(page, "\":");
    put_number(page, (int64_t)count);
}

static void put_facts(struct page *page) {
    const struct checkpoint *facts = page->options->facts;
    const struct tally *tally = page->options->tally;
    char started[20];

    env_format_utc(facts->started_ms, started);
    page->first = true;
    put(page, "{\"run\":{");
    put_fact(page, "kind", facts->kind);
    put_fact(page, "input", facts->input_name);
    put_fact(page, "entityType", facts->entity_type);
    put_fact(page, "url", facts->url);
    put_fact(page, "user", facts->user_name);
    put_fact(page, "mapping", facts->mapping_name);
    put_fact(page, "engine", facts->engine);
    put_fact(page, "started", started);
    put_fact(page, "version", page->options->version);
    put_fact(page, "checkpoint", page->options->checkpoint);
    put_count(page, "ranMs", (uint64_t)journal_int(page->journal, "ranMs"));
    put(page, "},\"counts\":{");
    page->first = true;
    put_count(page, "rows", tally->rows);
    put_count(page, "created", tally->created);
    put_count(page, "updated", tally->updated);
    put_count(page, "unchanged", tally->unchanged);
    put_count(page, "skipped", tally->skipped);
    put_count(page, "deleted", tally->deleted);
    put_count(page, "failed", tally->failed);
    put_count(page, "unknown", tally->unknown);
    put_count(page, "unprocessed", tally->unprocessed);
    put(page, "}");
}

/* What every part of the run has kept (run_samples.h). */
static void put_parts(struct page *page, const char *name) {
    char key[40];

    put(page, ",\"");
    put(page, name);
    put(page, "\":[");
    for (int i = 1;; i++) {
        const char *text;
        (void)snprintf(key, sizeof key, "%s.%d", name, i);
        text = journal_text(page->journal, key);
        if (text[0] == '\0')
            break;
        put(page, i > 1 ? "," : "");
        put_json(page, slice_of(text));
    }
    put(page, "]");
}

static int put_cause(void *context, const struct journal_cause *cause) {
    struct page *page = context;

    put(page, page->first ? "[" : ",[");
    page->first = false;
    put_text(page, reason_code(cause->reason));
    put(page, ",");
    put_text(page, cause->column);
    put(page, ",");
    put_number(page, (int64_t)cause->rows);
    put(page, ",");
    put_number(page, (int64_t)cause->line);
    put(page, ",");
    put_text(page, cause->example);
    put(page, ",");
    put_text(page, reason_advice(cause->reason));
    put(page, "]");
    return page->rc;
}

/* The line of the row whose errors are being written, and its state. */
struct failed_row {
    struct page *page;
    uint64_t line;
    enum row_state state;
};

static int put_error(void *context, const struct journal_error *error) {
    struct failed_row *row = context;
    struct page *page = row->page;

    put(page, page->first ? "[" : ",\n[");
    page->first = false;
    put_number(page, (int64_t)row->line);
    put(page, ",\"");
    put(page, row_state_name(row->state));
    put(page, "\",");
    put_text(page, reason_code(error->reason));
    put(page, ",");
    put_text(page, error->column);
    put(page, ",");
    put_text(page, error->value);
    put(page, ",");
    put_text(page, error->message);
    put(page, "]");
    return page->rc;
}

/* Each row that is `wanted`, in the order of the file. */
static void each_row(struct page *page, bool (*wanted)(const struct journal_row *row),
                     void (*take)(struct page *page, const struct journal_row *row)) {
    struct journal_cursor *cursor = NULL;
    struct journal_row row;
    int rc = page->rc == RC_OK ? journal_rows(page->journal, 0, false, &cursor, page->err)
                               : RC_OK;

    while (rc == RC_OK && page->rc == RC_OK && cursor != NULL &&
           (rc = journal_rows_next(cursor, &row, page->err)) == 1) {
        rc = RC_OK;
        if (wanted(&row))
            take(page, &row);
    }
    journal_rows_close(cursor);
    if (rc < 0 && page->rc == RC_OK)
        page->rc = rc;
}

static bool is_any(const struct journal_row *row) {
    return row->state != ROW_NEW;
}

static void put_errors_of(struct page *page, const struct journal_row *row) {
    struct failed_row failed = {page, row->line, row->state};
    int rc = journal_errors(page->journal, row->record, put_error, &failed, page->err);

    if (rc < 0 && page->rc == RC_OK)
        page->rc = rc;
}

static bool is_updated(const struct journal_row *row) {
    return row->state == ROW_UPDATED;
}

/* [line, id, before, after]: two JSON objects by attribute. */
static void put_change(struct page *page, const struct journal_row *row) {
    struct buf image = {.max = TEXT_BYTES}, wrote = {.max = TEXT_BYTES};
    int had = journal_get_image(page->journal, row->record, &image, page->err);
    int has =
        had == 1 ? journal_get_wrote(page->journal, row->record, &wrote, page->err) : had;

    if (has == 1) {
        put(page, page->first ? "[" : ",\n[");
        page->first = false;
        put_number(page, (int64_t)row->line);
        put(page, ",");
        put_text(page, row->id);
        put(page, ",");
        put_json(page, buf_slice(&image));
        put(page, ",");
        put_json(page, buf_slice(&wrote));
        put(page, "]");
    } else if (has < 0 && page->rc == RC_OK && has != RC_LIMIT) {
        page->rc = has;
    }
    buf_fini(&image);
    buf_fini(&wrote);
}

static void put_lists(struct page *page) {
    put(page, ",\"causes\":[");
    page->first = true;
    if (page->rc == RC_OK)
        page->rc = journal_causes(page->journal, CAUSES, put_cause, page, page->err);
    put(page, "],\"errors\":[");
    page->first = true;
    each_row(page, is_any, put_errors_of);
    put(page, "],\"changes\":[");
    page->first = true;
    if (page->options->tally->updated <= CHANGES)
        each_row(page, is_updated, put_change);
    put(page, "]}");
}

static void put_bytes(struct page *page, const unsigned char *bytes, size_t size) {
    if (page->rc == RC_OK)
        page->rc =
            outfile_write(page->file, slice_make((const char *)bytes, size), page->err);
}

static void put_page(struct page *page) {
    put(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width\">\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
              "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
              "<title>espoload</title>\n<style>\n");
    put_bytes(page, report_page_css, report_page_css_size);
    put(page, "</style>\n</head>\n<body>\n<main id=\"page\"><noscript>This page shows "
              "its tables with JavaScript; the same rows are in the CSV files beside "
              "it.</noscript></main>\n<script type=\"application/json\" id=\"data\">\n");
    put_facts(page);
    put_parts(page, "samples");
    put_parts(page, "statuses");
    put_parts(page, "slowest");
    put_parts(page, "times");
    put_lists(page);
    put(page, "\n</script>\n<script>\n");
    put_bytes(page, report_page_js, report_page_js_size);
    put(page, "</script>\n</body>\n</html>\n");
}

int html_report_write(struct journal *journal, const char *path,
                      const struct html_report_options *options, struct err *err) {
    const struct outfile_options file = {
        .force = true, .mode = 0600, .env = options->env};
    struct page page = {.journal = journal,
                        .options = options,
                        .err = err,
                        .text.max = 8 * TEXT_BYTES,
                        .clean.max = TEXT_BYTES};

    page.rc = outfile_open(&page.file, path, &file, err);
    if (page.rc == RC_OK)
        put_page(&page);
    if (page.rc == RC_OK)
        page.rc = outfile_commit(page.file, err);
    outfile_close(page.file);
    buf_fini(&page.text);
    buf_fini(&page.clean);
    return page.rc;
}
