/* inspector.c - reads a file as an import would, and profiles what it holds. */
#include "flow/inspector.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "input/charset.h"
#include "input/decode.h"
#include "input/header.h"
#include "model/profile_cell.h"
#include "model/profile_distinct.h"
#include "model/totals_row.h"

enum {
    ASK_EVERY = 4096,              /* records between two looks for signals */
    QUOTING_LOOKED = 1000,         /* records that tell whether all cells are quoted */
    DISTINCT_ENTRIES = 12 * 49152, /* of all columns together: some 12 MiB */
    DISTINCT_LEAST = 48,           /* for a column, however many there are */
    VALUES_ALL = 64 * 64           /* texts of all columns together */
};

#define GUESSED_ENCODING "windows-1252"

/* The text, watched as it flows into the reader. */
struct watch {
    struct decoder *decoder;      /* owned */
    struct charset_census census; /* of the decoded text */
    uint64_t lf, cr, crlf;        /* LF and CR at all, and CR with LF behind it */
    bool after_cr;                /* the last chunk ended in CR */
};

static int watch_read(void *context, char *out, size_t cap, size_t *len,
                      struct err *err) {
    struct watch *watch = context;
    bool after_cr = watch->after_cr;
    int rc = decode_read(watch->decoder, out, cap, len, err);

    if (rc < 0)
        return rc;
    charset_census_add(&watch->census, slice_make(out, *len));
    for (size_t i = 0; i < *len; i++) {
        watch->lf += out[i] == '\n';
        watch->cr += out[i] == '\r';
        watch->crlf += out[i] == '\n' && after_cr;
        after_cr = out[i] == '\r';
    }
    watch->after_cr = after_cr;
    return RC_OK;
}

/* Line ends inside a record are no line ends of records. */
static void unwatch_record(struct watch *watch, struct slice raw) {
    if (memchr(raw.data, '\n', raw.len) == NULL &&
        memchr(raw.data, '\r', raw.len) == NULL)
        return;
    for (size_t i = 0; i < raw.len; i++) {
        watch->lf -= raw.data[i] == '\n';
        watch->cr -= raw.data[i] == '\r';
        watch->crlf -= i > 0 && raw.data[i] == '\n' && raw.data[i - 1] == '\r';
    }
}

static bool is_auto(const char *encoding) {
    return encoding == NULL || encoding[0] == '\0' || strcasecmp(encoding, "auto") == 0;
}

/* Scans the file; one that is not UTF-8 again, as windows-1252. */
static int inspect_scan(struct inspection *in, struct input_options *options,
                        struct err *err) {
    struct err first = {0}, second = {0};
    int rc = input_scan(options, &in->facts, &first);

    in->encoding = is_auto(options->encoding) ? INSPECT_VALID : INSPECT_GIVEN;
    if (in->facts.bom)
        in->encoding = INSPECT_MARK;
    /* Only a file that was taken for UTF-8 and failed may do better as another. */
    if (rc == RC_INPUT && in->encoding == INSPECT_VALID &&
        strcmp(in->facts.encoding, "UTF-8") == 0) {
        struct input_options guess = *options;
        guess.encoding = GUESSED_ENCODING;
        if (input_scan(&guess, &in->facts, &second) == RC_OK) {
            in->encoding = INSPECT_GUESSED;
            (void)snprintf(in->not_utf8, sizeof in->not_utf8, "%s", first.message);
            *options = guess;
            return RC_OK;
        }
    }
    if (rc < 0 && err != NULL)
        *err = first;
    return rc;
}

static void inspect_bad_record(struct inspection *in, const struct csv_record *record) {
    struct inspect_bad *bad = in->bad;

    while (bad < in->bad + in->bad_count && bad->reason != record->reason)
        bad++;
    if (bad == in->bad + INSPECT_BAD_KINDS)
        return;
    if (bad == in->bad + in->bad_count) {
        in->bad_count++;
        bad->reason = record->reason;
        bad->line = record->line;
        (void)snprintf(bad->detail, sizeof bad->detail, "%s", record->detail);
    }
    bad->count++;
}

static struct profile_limits inspect_limits(size_t columns) {
    struct profile_limits limits = {
        .distinct = DISTINCT_ENTRIES / columns,
        .values = VALUES_ALL / columns,
    };

    if (limits.distinct > DISTINCT_ENTRIES / 12)
        limits.distinct = DISTINCT_ENTRIES / 12;
    /* A hash table that is a power of two is three quarters full at most. */
    for (size_t cap = DISTINCT_ENTRIES / 12; cap >= DISTINCT_LEAST; cap /= 2)
        if (cap <= limits.distinct || cap / 2 < DISTINCT_LEAST) {
            limits.distinct = cap;
            break;
        }
    if (limits.values > 64)
        limits.values = 64;
    if (limits.values < 4)
        limits.values = 4;
    return limits;
}

/* Columns with their names; header is NULL where there is none. */
static int inspect_columns(struct inspection *in, const struct csv_record *header,
                           size_t count, struct err *err) {
    const struct profile_limits limits = inspect_limits(count == 0 ? 1 : count);
    const struct slice *names;
    int rc = header_names(&names, &in->memory, header, count, err);

    if (rc < 0)
        return rc;
    in->columns = calloc(count + 1, sizeof *in->columns);
    if (in->columns == NULL)
        return err_nomem(err);
    in->column_count = count;
    for (size_t i = 0; i < count; i++) {
        struct inspect_column *column = &in->columns[i];
        column->name = names[i];
        column->unnamed = header != NULL && header->fields[i].len == 0;
        column->profile = profile_new(&limits);
        if (column->profile == NULL)
            return err_nomem(err);
    }
    return RC_OK;
}

static void inspect_quoting(struct inspection *in, const struct csv_record *record) {
    const char quote = in->facts.dialect.quote;
    size_t quotes = 0;

    if (in->quoting == INSPECT_SOME_QUOTED || record->raw.len == 0)
        return;
    if (memchr(record->raw.data, quote, record->raw.len) != NULL)
        for (size_t i = 0; i < record->raw.len; i++)
            quotes += record->raw.data[i] == quote;
    if (in->rows > QUOTING_LOOKED && (quotes > 0) == (in->quoting == INSPECT_ALL_QUOTED))
        return;
    if (quotes >= 2 * record->count && record->raw.data[0] == quote)
        in->quoting = in->rows <= 1 || in->quoting == INSPECT_ALL_QUOTED
                          ? INSPECT_ALL_QUOTED
                          : INSPECT_SOME_QUOTED;
    else if (quotes > 0 || in->quoting == INSPECT_ALL_QUOTED)
        in->quoting = INSPECT_SOME_QUOTED;
}

static int inspect_record(struct inspection *in, const struct csv_record *record,
                          struct err *err) {
    in->rows++;
    if (record->reason != REASON_NONE) {
        inspect_bad_record(in, record);
        return RC_OK;
    }
    in->totals_line = totals_row_is(record->fields, record->count) ? record->line : 0;
    inspect_quoting(in, record);
    if (in->columns == NULL) {
        int rc = inspect_columns(in, NULL, record->count, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < record->count && i < in->column_count; i++)
        if (profile_add(in->columns[i].profile, record->fields[i], record->line) < 0)
            return err_nomem(err);
    return RC_OK;
}

static int inspect_records(struct inspection *in, const struct inspect_options *options,
                           struct csv_reader *reader, struct watch *watch,
                           struct err *err) {
    const struct env *env = options->env == NULL ? env_system() : options->env;
    bool header = !in->facts.dialect.no_header;
    const struct csv_record *record;
    int rc = RC_OK;

    if (in->facts.separator_line)
        rc = csv_reader_skip_line(reader, err);
    while (rc >= 0 && (options->rows == 0 || in->rows < options->rows) &&
           (rc = csv_reader_next(reader, &record, err)) > 0) {
        unwatch_record(watch, record->raw);
        if (header && record->number == 0) {
            rc = header_check(record, options->input.path, err);
            if (rc == RC_OK)
                rc = inspect_columns(in, record, record->count, err);
            in->header_line = record->line;
        } else {
            rc = inspect_record(in, record, err);
        }
        if (rc == RC_OK && in->rows % ASK_EVERY == 0 && env_interrupts(env) > 0)
            rc = err_set(err, RC_INTERRUPTED, "stopped by a signal");
    }
    in->whole = rc == RC_OK && in->rows == in->facts.records;
    if (!in->whole)
        in->totals_line = 0;
    return rc < 0 ? rc : RC_OK;
}

static int inspect_read(struct inspection *in, const struct inspect_options *options,
                        const char *encoding, struct err *err) {
    struct watch watch = {0};
    struct csv_reader *reader = NULL;
    int rc = decode_open(&watch.decoder, options->input.path, encoding, false, err);

    if (rc == RC_OK)
        rc = csv_reader_open(&reader, &in->facts.dialect, &options->input.limits,
                             watch_read, &watch, err);
    if (rc == RC_OK)
        rc = inspect_records(in, options, reader, &watch, err);
    charset_census_end(&watch.census);
    in->crlf = watch.crlf;
    in->lf = watch.lf - watch.crlf;
    in->cr = watch.cr - watch.crlf;
    in->damaged = watch.census.invalid;
    if (in->encoding == INSPECT_VALID && in->damaged > 0)
        in->encoding = INSPECT_DAMAGED;
    else if (in->encoding == INSPECT_VALID && watch.census.sequences == 0)
        in->encoding = INSPECT_ASCII;
    csv_reader_close(reader);
    decode_close(watch.decoder);
    return rc;
}

/* Would most of the header's cells be data in their columns? */
static bool inspect_header_is_data(const struct inspection *in) {
    size_t telling = 0, data = 0;

    for (size_t i = 0; i < in->column_count; i++) {
        const struct inspect_column *column = &in->columns[i];
        struct profile_cell cell;
        if (column->summary.type < PROFILE_INTEGER || column->name.len == 0)
            continue;
        profile_cell_read(column->name, &cell);
        telling++;
        data += cell.fits >> column->summary.type & 1;
    }
    return in->header_line > 0 && data > 0 && data * 2 >= telling;
}

/* Names and cells that are those of a column before, found by hash: a file may have ten
 * thousand columns. */
static int inspect_twins(struct inspection *in, struct err *err) {
    struct distinct names = {.cap = SIZE_MAX}, cells = {.cap = SIZE_MAX};
    struct distinct_entry *entry;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < in->column_count; i++) {
        struct inspect_column *column = &in->columns[i];
        uint64_t print = profile_fingerprint(column->profile);
        column->name_of = column->same_as = i;
        rc = distinct_add(&names, distinct_hash(slice_trim(column->name)), &entry);
        if (rc == RC_OK && entry->count > 1 && !column->unnamed)
            column->name_of = entry->tag;
        else if (rc == RC_OK && entry->count == 1)
            entry->tag = (uint32_t)i;
        /* With few values, equal columns are nothing to speak of. */
        if (rc != RC_OK || column->summary.distinct < 3)
            continue;
        rc = distinct_add(&cells, print == 0 ? 1 : print, &entry);
        if (rc == RC_OK && entry->count > 1)
            column->same_as = entry->tag;
        else if (rc == RC_OK)
            entry->tag = (uint32_t)i;
    }
    distinct_fini(&names);
    distinct_fini(&cells);
    return rc < 0 ? err_nomem(err) : RC_OK;
}

int inspect_file(struct inspection **out, const struct inspect_options *options,
                 struct err *err) {
    struct inspection *in = calloc(1, sizeof *in);
    struct input_options input = options->input;
    int rc;

    *out = NULL;
    if (in == NULL)
        return err_nomem(err);
    rc = inspect_scan(in, &input, err);
    if (rc == RC_OK)
        rc = inspect_read(in, options, input.encoding, err);
    if (rc < 0) {
        inspect_free(in);
        return rc;
    }
    in->delimiter = options->input.dialect.delimiter != 0 ? INSPECT_DELIMITER_GIVEN
                    : in->facts.separator_line            ? INSPECT_SEP_LINE
                                                          : INSPECT_SNIFFED;
    for (size_t i = 0; i < in->column_count; i++)
        profile_summarize(in->columns[i].profile, in->columns[i].name,
                          &in->columns[i].summary);
    in->header_is_data = inspect_header_is_data(in);
    rc = inspect_twins(in, err);
    if (rc < 0)
        inspect_free(in);
    else
        *out = in;
    return rc;
}

void inspect_free(struct inspection *inspection) {
    if (inspection == NULL)
        return;
    for (size_t i = 0; i < inspection->column_count; i++)
        profile_free(inspection->columns[i].profile);
    free(inspection->columns);
    arena_fini(&inspection->memory);
    free(inspection);
}
