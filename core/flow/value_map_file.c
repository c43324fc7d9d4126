/* value_map_file.c - reads the pairs of a valueMap with the reader of inputs. */
#include "flow/value_map_file.h"

#include "input/input.h"

#include <inttypes.h>
#include <strings.h>

enum { PAIRS_MAX = 100000 };

static bool is_word(struct slice cell, const char *word) {
    struct slice trimmed = slice_trim(cell);

    return trimmed.len == strlen(word) &&
           strncasecmp(trimmed.data, word, trimmed.len) == 0;
}

static int check_header(const char *path, const struct slice *columns, size_t count,
                        struct err *err) {
    int rc;

    if (count == 2 && is_word(columns[0], "from") && is_word(columns[1], "to"))
        return RC_OK;
    rc = err_set(err, RC_USAGE,
                 "%s, line 1: the file of a valueMap must begin with the header from,to",
                 path);
    err_advise(err, "write from,to as its first line: the cell of the import file, then "
                    "what EspoCRM is to hold; nothing was sent");
    return rc;
}

static int take_record(const char *path, const struct csv_record *record,
                       mapping_pair_fn *pair, void *context, struct err *err) {
    const char *problem = NULL;
    struct slice from, to;
    int rc;

    if (record->reason == REASON_NONE) {
        from = slice_trim(record->fields[0]);
        to = slice_trim(record->fields[1]);
        if (from.len > 0 && memchr(from.data, '\0', from.len) == NULL)
            return pair(context, from, to, record->line, err);
        problem = "the first cell is empty";
    }
    rc = err_set(err, RC_USAGE, "%s, line %" PRIu64 ": %s", path, record->line,
                 problem != NULL ? problem : record->detail);
    err_advise(err, "correct the line; nothing was sent");
    return rc;
}

int value_map_file_read(const char *path, mapping_pair_fn *pair, void *context,
                        struct err *err) {
    const struct input_options options = {.path = path};
    struct input_facts facts;
    const struct csv_record *record;
    const struct slice *columns;
    struct input *input = NULL;
    size_t count;
    int rc = input_scan(&options, &facts, err);

    if (rc == RC_OK && facts.records > PAIRS_MAX)
        rc = err_set(err, RC_USAGE, "%s has more than %d lines, and is not a valueMap",
                     path, (int)PAIRS_MAX);
    if (rc == RC_OK)
        rc = input_open(&input, &options, &facts, err);
    if (rc == RC_OK) {
        columns = input_columns(input, &count);
        rc = check_header(path, columns, count, err);
    }
    while (rc == RC_OK && (rc = input_next(input, &record, err)) == 1)
        rc = take_record(path, record, pair, context, err);
    input_close(input);
    return rc;
}
