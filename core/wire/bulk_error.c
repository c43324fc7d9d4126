/* bulk_error.c - reads what an Import says of a row that has failed. */
#include "model/json.h"
#include "plan/complaint.h"
#include "wire/engine_bulk_private.h"

#include <string.h>

enum { TEXT_BYTES = 16 * 1024 };

/* A row that has failed: its last cell is the id. */
struct chunk_slot *bulk_error_slot(const struct chunk *chunk, struct slice error) {
    struct json_member row, cell, last = {.raw = {NULL, 0}};
    struct json_cursor cursor;

    if (!json_find(error, "row", &row) || json_cursor_array(&cursor, row.raw) < 0)
        return NULL;
    while (json_cursor_next(&cursor, &cell) == 1)
        last = cell;
    if (last.raw.len < 3 || last.type != JSON_IS_STRING)
        return NULL;
    return chunk_find(chunk, slice_make(last.raw.data + 1, last.raw.len - 2));
}

/* Every failed check of a row becomes a fault, its texts in room. */
static size_t take_faults(struct slice error, struct outcome_fault *faults,
                          struct buf *room) {
    struct json_member list, one;
    struct json_cursor cursor;
    size_t at[OUTCOME_FAULTS_MAX][2], n = 0;

    if (!json_find(error, "validationFailures", &list) ||
        json_cursor_array(&cursor, list.raw) < 0)
        return 0;
    while (n < OUTCOME_FAULTS_MAX && json_cursor_next(&cursor, &one) == 1) {
        char field[64] = "", type[64] = "";
        (void)chunk_take_text(one.raw, "field", field, sizeof field);
        (void)chunk_take_text(one.raw, "type", type, sizeof type);
        at[n][0] = room->len;
        (void)buf_append(room, field, strlen(field) + 1);
        at[n][1] = room->len;
        (void)buf_append_format(room, "the field %s %s (EspoCRM's check \"%s\")", field,
                                complaint_words(type), type);
        if (buf_append_char(room, '\0') < 0)
            break;
        n++;
    }
    for (size_t i = 0; i < n; i++)
        faults[i] = (struct outcome_fault){room->data + at[i][0], room->data + at[i][1]};
    return n;
}

void bulk_error_tell(struct chunk *chunk, struct chunk_slot *slot, const char *type,
                     struct slice error) {
    struct outcome_fault faults[OUTCOME_FAULTS_MAX];
    struct buf room = {.max = TEXT_BYTES};
    struct outcome outcome = {.kind = OUTCOME_FAILED};
    size_t count = take_faults(error, faults, &room);

    if (count > 0) {
        outcome.reason = REASON_SERVER_VALIDATION;
        outcome.field = faults[0].field;
        outcome.message = faults[0].message;
        outcome.more = faults + 1;
        outcome.more_count = count - 1;
    } else if (strcmp(type, "No-Access") == 0) {
        outcome.reason = REASON_FORBIDDEN;
        outcome.message = "EspoCRM does not allow this user to create the record";
    } else if (strcmp(type, "Integrity-Constraint-Violation") == 0) {
        outcome.reason = REASON_SERVER_VALIDATION;
        outcome.message = "EspoCRM's database refuses the record: it holds a value that "
                          "must be unique, and another record has it";
    } else {
        outcome.reason = REASON_SERVER_ERROR;
        outcome.message = "EspoCRM failed at this row and does not say why; its log "
                          "(data/logs) does, or --engine rest";
    }
    bulk_slot_end(chunk, slot, &outcome);
    buf_fini(&room);
}
