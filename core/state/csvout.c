/* csvout.c - quoting per RFC 4180; buffering and atomic replacing are outfile's. */
#include "state/csvout.h"

#include <stdlib.h>
#include <string.h>

struct csvout {
    struct outfile *file; /* owned */
    char delimiter;       /* between cells */
    char quote;           /* around cells */
    char comment;         /* 0 = none */
    bool crlf;            /* line ends */
    bool quote_all;       /* every cell but null */
    bool quote_empty;     /* tell empty from null */
    bool special[256];    /* bytes that make a cell need quotes */
    size_t cells;         /* written of the current record */
    bool bare_first;      /* the record's first cell is empty and not quoted */
    uint64_t records;     /* ended */
};

static int check_dialect(const struct csvout *csv, struct err *err) {
    const char used[] = {csv->delimiter, csv->quote, csv->comment};

    for (size_t i = 0; i < sizeof used; i++) {
        if (used[i] == '\r' || used[i] == '\n' || (unsigned char)used[i] >= 0x80)
            return err_set(err, RC_USAGE,
                           "delimiter, quote and comment of a CSV file must be plain "
                           "ASCII characters, no line ends");
        for (size_t j = 0; j < i; j++)
            if (used[i] == used[j])
                return err_set(err, RC_USAGE,
                               "delimiter, quote and comment of a CSV file must differ; "
                               "'%c' is used twice",
                               used[i]);
    }
    return RC_OK;
}

int csvout_open(struct csvout **out, const char *path,
                const struct csvout_options *options, struct err *err) {
    static const struct csvout_options none = {0};
    struct csvout *csv = calloc(1, sizeof *csv);
    int rc;

    *out = NULL;
    if (options == NULL)
        options = &none;
    if (csv == NULL)
        return err_nomem(err);
    csv->delimiter = options->delimiter == 0 ? ',' : options->delimiter;
    csv->quote = options->quote == 0 ? '"' : options->quote;
    csv->comment = options->comment;
    csv->crlf = options->crlf;
    csv->quote_all = options->quote_all;
    csv->quote_empty = options->quote_empty;
    csv->special[(unsigned char)csv->delimiter] = true;
    csv->special[(unsigned char)csv->quote] = true;
    csv->special['\r'] = true;
    csv->special['\n'] = true;
    rc = check_dialect(csv, err);
    if (rc == RC_OK)
        rc = outfile_open(&csv->file, path, &options->file, err);
    if (rc == RC_OK && options->bom)
        rc = outfile_write(csv->file, slice_of("\xEF\xBB\xBF"), err);
    if (rc < 0)
        csvout_close(csv);
    else
        *out = csv;
    return rc;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What a reader could take for something else than a cell: a comment, a byte order mark,
 * the line `sep=;`. */
static bool is_mistakable(const struct csvout *csv, struct slice cell) {
    if (csv->cells > 0)
        return false;
    if (csv->comment != 0 && cell.data[0] == csv->comment)
        return true;
    if (csv->records > 0)
        return false;
    return (cell.len >= 3 && memcmp(cell.data, "\xEF\xBB\xBF", 3) == 0) ||
           (cell.len >= 4 && memcmp(cell.data, "sep=", 4) == 0);
}

static bool needs_quotes(const struct csvout *csv, struct slice cell) {
    if (cell.len == 0)
        return csv->quote_all || csv->quote_empty;
    if (csv->quote_all || is_blank(cell.data[0]) || is_blank(cell.data[cell.len - 1]) ||
        is_mistakable(csv, cell))
        return true;
    for (size_t i = 0; i < cell.len; i++)
        if (csv->special[(unsigned char)cell.data[i]])
            return true;
    return false;
}

/* The delimiter in front of every cell but the first. */
static int begin_cell(struct csvout *csv, struct err *err) {
    if (csv->cells++ == 0)
        return RC_OK;
    return outfile_write(csv->file, slice_make(&csv->delimiter, 1), err);
}

/* Runs between quotes are copied whole, each with its quote, which is then doubled. */
static int write_quoted(struct csvout *csv, struct slice cell, struct err *err) {
    struct slice quote = slice_make(&csv->quote, 1);
    int rc = outfile_write(csv->file, quote, err);

    while (rc == RC_OK && cell.len > 0) {
        const char *at = memchr(cell.data, csv->quote, cell.len);
        size_t run = at == NULL ? cell.len : (size_t)(at - cell.data) + 1;
        rc = outfile_write(csv->file, slice_make(cell.data, run), err);
        if (rc == RC_OK && at != NULL)
            rc = outfile_write(csv->file, quote, err);
        cell.data += run;
        cell.len -= run;
    }
    return rc < 0 ? rc : outfile_write(csv->file, quote, err);
}

int csvout_cell(struct csvout *csv, struct slice cell, struct err *err) {
    bool quoted = needs_quotes(csv, cell);
    int rc;

    if (csv->cells == 0)
        csv->bare_first = cell.len == 0 && !quoted;
    rc = begin_cell(csv, err);
    if (rc < 0)
        return rc;
    return quoted ? write_quoted(csv, cell, err) : outfile_write(csv->file, cell, err);
}

int csvout_null(struct csvout *csv, struct err *err) {
    if (csv->cells == 0)
        csv->bare_first = true;
    return begin_cell(csv, err);
}

int csvout_end(struct csvout *csv, struct err *err) {
    int rc = RC_OK;

    if (csv->cells == 0 || (csv->cells == 1 && csv->bare_first))
        rc = write_quoted(csv, slice_make("", 0), err);
    if (rc == RC_OK)
        rc = outfile_write(csv->file, slice_of(csv->crlf ? "\r\n" : "\n"), err);
    if (rc == RC_OK) {
        csv->records++;
        csv->cells = 0;
    }
    return rc;
}

int csvout_record(struct csvout *csv, const struct slice *cells, size_t count,
                  struct err *err) {
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < count; i++)
        rc = csvout_cell(csv, cells[i], err);
    return rc < 0 ? rc : csvout_end(csv, err);
}

uint64_t csvout_records(const struct csvout *csv) {
    return csv->records;
}

int csvout_flush(struct csvout *csv, struct err *err) {
    return outfile_flush(csv->file, err);
}

int csvout_sum(struct csvout *csv, uint64_t *sum, struct err *err) {
    return outfile_sum(csv->file, sum, err);
}

int csvout_commit(struct csvout *csv, struct err *err) {
    if (csv->cells > 0)
        return err_set(err, RC_USAGE, "the last CSV record was not ended");
    return outfile_commit(csv->file, err);
}

void csvout_close(struct csvout *csv) {
    if (csv == NULL)
        return;
    outfile_close(csv->file);
    free(csv);
}
