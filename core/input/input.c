/* input.c - streams the records of a file that input_scan() has passed.
 *
 * Promises that what comes out is what was scanned: a file that has another size, another
 * content after somebody has written to it, or another number of records at its end, is
 * an error and not another import. One that was only touched is read on.
 */
#include "input/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "input/decode.h"
#include "input/header.h"

struct input {
    char *path; /* owned */
    struct input_facts facts;
    struct decoder *decoder;     /* owned */
    struct csv_reader *reader;   /* owned */
    struct arena arena;          /* of columns */
    const struct slice *columns; /* in arena */
    size_t column_count;
    uint64_t stamp;   /* of the file as it was found to be the one that was scanned */
    uint64_t records; /* number of the last record given out, or in front of a seek */
};

int input_changed(const char *path, struct err *err) {
    (void)err_set(err, RC_INPUT, "%s was changed while it was being read", path);
    err_advise(err, "leave the file alone until the run is over; to go on with one that "
                    "has begun, put the file back as it was and resume");
    return RC_INPUT;
}

/* Somebody has written to the file, or touched it: is its content still the same? */
static int input_look_again(struct input *input, uint64_t stamp, struct err *err) {
    char sha256[65];
    uint64_t bytes;
    int rc = input_identify(input->path, &bytes, sha256, err);

    if (rc < 0)
        return rc;
    if (bytes != input->facts.bytes || strcmp(sha256, input->facts.sha256) != 0)
        return input_changed(input->path, err);
    input->stamp = stamp;
    return RC_OK;
}

/* What was read is looked at before it is used: a write shows in the stamp at once. */
static int input_read(void *context, char *out, size_t cap, size_t *len,
                      struct err *err) {
    struct input *input = context;
    int rc = decode_read(input->decoder, out, cap, len, err), looked = RC_OK;
    uint64_t stamp = source_stamp(decode_source(input->decoder));

    if (input->stamp != 0 && stamp != input->stamp)
        looked = input_look_again(input, stamp, err);
    /* An archive that is damaged now is first of all another file. */
    return looked < 0 ? looked : rc;
}

static int input_skip_separator(struct input *input, struct err *err) {
    return input->facts.separator_line ? csv_reader_skip_line(input->reader, err) : RC_OK;
}

static int input_read_header(struct input *input, struct err *err) {
    const struct csv_record *record;
    int rc = csv_reader_next(input->reader, &record, err);

    if (rc < 0)
        return rc;
    if (rc == 0)
        return header_missing(input->path, input->facts.lines, err);
    rc = header_check(record, input->path, err);
    if (rc < 0)
        return rc;
    input->column_count = record->count;
    return header_names(&input->columns, &input->arena, record, 0, err);
}

/* Without a header the first good record says how many columns there are; then reading
 * begins again, so that it and those before it are delivered. */
static int input_count_columns(struct input *input, struct err *err) {
    const struct csv_record *record;
    int rc;

    while ((rc = csv_reader_next(input->reader, &record, err)) > 0) {
        input->column_count = record->expected;
        if (input->column_count > 0)
            break;
    }
    if (rc < 0)
        return rc;
    rc = header_names(&input->columns, &input->arena, NULL, input->column_count, err);
    if (rc < 0)
        return rc;
    rc = decode_seek(input->decoder, 0, err);
    if (rc < 0)
        return rc;
    csv_reader_restart(input->reader, 0, 1, 1);
    return input_skip_separator(input, err);
}

int input_open(struct input **out, const struct input_options *options,
               const struct input_facts *facts, struct err *err) {
    struct input *input = calloc(1, sizeof *input);
    int rc;

    *out = NULL;
    if (input == NULL)
        return err_nomem(err);
    input->facts = *facts;
    input->stamp = facts->stamp;
    input->path = strdup(options->path);
    if (input->path == NULL) {
        rc = err_nomem(err);
        goto out;
    }
    rc = decode_open(&input->decoder, input->path, facts->encoding, false, err);
    if (rc < 0)
        goto out;
    if (source_size(decode_source(input->decoder)) != facts->bytes) {
        rc = input_changed(input->path, err);
        goto out;
    }
    rc = csv_reader_open(&input->reader, &facts->dialect, &options->limits, input_read,
                         input, err);
    if (rc < 0)
        goto out;
    csv_reader_set_padding(input->reader, facts->padding);
    rc = input_skip_separator(input, err);
    if (rc < 0)
        goto out;
    rc = facts->dialect.no_header ? input_count_columns(input, err)
                                  : input_read_header(input, err);
out:
    if (rc < 0)
        input_close(input);
    else
        *out = input;
    return rc;
}

const struct slice *input_columns(const struct input *input, size_t *count) {
    *count = input->column_count;
    return input->columns;
}

int input_next(struct input *input, const struct csv_record **record, struct err *err) {
    int rc = csv_reader_next(input->reader, record, err);

    if (rc > 0)
        input->records = (*record)->number;
    if (rc == 0 && input->records != input->facts.records)
        return input_changed(input->path, err);
    return rc;
}

int input_seek(struct input *input, const struct input_position *position,
               struct err *err) {
    int rc;

    if (position->number == 0)
        return RC_OK; /* an earlier run noted nothing yet: the beginning */
    rc = decode_seek(input->decoder, position->offset, err);
    if (rc < 0)
        return rc;
    csv_reader_restart(input->reader, position->offset, position->line, position->number);
    input->records = position->number - 1;
    return RC_OK;
}

void input_close(struct input *input) {
    if (input == NULL)
        return;
    csv_reader_close(input->reader);
    decode_close(input->decoder);
    arena_fini(&input->arena);
    free(input->path);
    free(input);
}
