/* dialect.c - tries the usual delimiters with the real parser and keeps the best one.
 *
 * The best one cuts the records into as many cells as the header has, more than one, most
 * often. A text that no delimiter cuts has one column and is read with commas.
 */
#include "input/dialect.h"

#include <string.h>
#include <strings.h>

/* In the order in which they win when they do equally well. */
static const char dialect_delimiters[] = {',', ';', '\t', '|'};

struct dialect_text {
    struct slice left; /* not read yet */
};

static int dialect_read(void *context, char *out, size_t cap, size_t *len,
                        struct err *err) {
    struct dialect_text *text = context;

    (void)err;
    *len = text->left.len < cap ? text->left.len : cap;
    if (*len > 0)
        memcpy(out, text->left.data, *len);
    text->left.data += *len;
    text->left.len -= *len;
    return RC_OK;
}

/* How well a delimiter does. */
struct dialect_score {
    size_t records; /* seen */
    size_t fitting; /* good, and with as many cells as the first one */
    size_t cells;   /* of the first one */
};

/* Reads the sample with dialect; the last record of a sample that is cut is left out. */
static int dialect_try(struct dialect_score *score, const struct csv_dialect *dialect,
                       struct slice sample, bool whole, struct err *err) {
    struct csv_limits limits = {.field = DIALECT_SAMPLE, .record = DIALECT_SAMPLE};
    struct dialect_text text = {sample};
    const struct csv_record *record;
    struct csv_reader *reader;
    bool fits = false;
    int rc;

    memset(score, 0, sizeof *score);
    rc = csv_reader_open(&reader, dialect, &limits, dialect_read, &text, err);
    if (rc < 0)
        return rc;
    while ((rc = csv_reader_next(reader, &record, err)) > 0) {
        if (score->cells == 0)
            score->cells = record->expected;
        fits = record->reason != REASON_ROW_QUOTE &&
               record->reason != REASON_ROW_RAGGED && record->count == score->cells;
        score->records++;
        score->fitting += fits;
    }
    if (!whole && score->records > 1) {
        score->records--;
        score->fitting -= fits;
    }
    csv_reader_close(reader);
    return rc;
}

/* Share of fitting records, times how much a cut into that many cells says: a comma in
 * each of a few rows must not beat a semicolon in twelve columns with one ragged row. */
static double dialect_weight(const struct dialect_score *score) {
    if (score->cells < 2 || score->records == 0)
        return 0.0;
    return (double)score->fitting / (double)score->records * (double)(score->cells - 1) /
           (double)score->cells;
}

static int dialect_sniff(char *best, const struct csv_dialect *given, struct slice sample,
                         bool whole, struct err *err) {
    double most = 0.0;

    *best = dialect_delimiters[0];
    for (size_t i = 0; i < sizeof dialect_delimiters; i++) {
        struct csv_dialect dialect = *given;
        struct dialect_score score;
        int rc;
        dialect.delimiter = dialect_delimiters[i];
        if (dialect.delimiter == given->quote || dialect.delimiter == given->comment)
            continue;
        rc = dialect_try(&score, &dialect, sample, whole, err);
        if (rc < 0)
            return rc;
        if (dialect_weight(&score) > most) {
            most = dialect_weight(&score);
            *best = dialect.delimiter;
        }
    }
    return RC_OK;
}

/* Bytes of a first line that is `sep=X`, quoted or not, with its line end; else 0. */
static size_t dialect_separator_line(struct slice sample, char *delimiter) {
    size_t len = 0, total;
    const char *text = sample.data;

    while (len < sample.len && text[len] != '\n' && text[len] != '\r')
        len++;
    total = len + (len < sample.len);
    if (total < sample.len && text[len] == '\r' && text[total] == '\n')
        total++;
    if (len == 7 && text[0] == '"' && text[6] == '"') {
        text++;
        len -= 2;
    }
    if (len != 5 || strncasecmp(text, "sep=", 4) != 0 || (unsigned char)text[4] >= 0x80)
        return 0;
    *delimiter = text[4];
    return total;
}

int dialect_detect(struct csv_dialect *dialect, bool *separator_line,
                   const struct csv_dialect *given, struct slice sample, bool whole,
                   struct err *err) {
    char named = 0;
    size_t skip = dialect_separator_line(sample, &named);
    int rc;

    *dialect = *given;
    *separator_line = skip > 0;
    if (dialect->quote == 0)
        dialect->quote = '"';
    if (dialect->delimiter == 0)
        dialect->delimiter = named;
    if (dialect->delimiter == 0) {
        sample.data += skip;
        sample.len -= skip;
        rc = dialect_sniff(&dialect->delimiter, dialect, sample, whole, err);
        if (rc < 0)
            return rc;
    }
    return csv_dialect_check(dialect, err);
}
