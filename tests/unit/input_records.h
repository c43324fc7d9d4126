/* input_records.h - all that core/input makes of a file, as one text: so that two
 * readings of it can be compared.
 */
#ifndef TESTS_INPUT_RECORDS_H
#define TESTS_INPUT_RECORDS_H

#include "base/buf.h"
#include "input/input.h"

/* One record as text that two readings can be compared by. */
static inline void note_record(struct buf *out, const struct csv_record *record) {
    (void)buf_append_format(out, "%u@%u+%u:%d/%zu", (unsigned)record->number,
                            (unsigned)record->line, (unsigned)record->offset,
                            (int)record->reason, record->column);
    for (size_t i = 0; i < record->count; i++) {
        (void)buf_append_text(out, "|");
        (void)buf_append_slice(out, record->fields[i]);
    }
    (void)buf_append_text(out, "\n");
}

/* All records from a position on. */
static inline int read_from(const struct input_options *options,
                            const struct input_facts *facts,
                            const struct input_position *position, struct buf *out,
                            struct err *err) {
    const struct csv_record *record;
    struct input *input;
    int rc = input_open(&input, options, facts, err);

    if (rc < 0)
        return rc;
    if (position != NULL)
        rc = input_seek(input, position, err);
    while (rc >= 0 && (rc = input_next(input, &record, err)) > 0)
        note_record(out, record);
    input_close(input);
    return rc;
}

#endif
