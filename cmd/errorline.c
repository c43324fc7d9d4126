/* errorline.c - one reason why a row cannot be, in words and as JSON. */
#include "cmd/errorline.h"

#include "base/utf8.h"
#include "cmd/jsonout.h"
#include "cmd/quantity.h"

enum { COLUMN_SHOWN = 40, MESSAGE_SHOWN = 160 };

void error_line_append(struct buf *buf, const struct error_line *line) {
    if (line->line > 0) {
        (void)buf_append_text(buf, "line ");
        quantity_append_count(buf, line->line);
    } else {
        (void)buf_append_text(buf, "no line"); /* a record beside those of the rows */
    }
    if (line->column.len > 0) {
        (void)buf_append_text(buf, ", ");
        (void)utf8_append_printable(buf, line->column, COLUMN_SHOWN);
    }
    (void)buf_append_format(buf, ": %s: ", reason_code(line->reason));
    (void)utf8_append_printable(buf, slice_of(line->message), MESSAGE_SHOWN);
}

int error_line_json(struct jsonout *json, const struct error_line *line,
                    struct err *err) {
    jsonout_begin(json, "error");
    jsonout_count(json, "line", line->line);
    jsonout_count(json, "record", line->record);
    jsonout_text(json, "code", reason_code(line->reason));
    jsonout_string(json, "column", line->column);
    jsonout_text(json, "field", line->field);
    jsonout_string(json, "value", line->value);
    jsonout_text(json, "message", line->message);
    jsonout_text(json, "advice", reason_advice(line->reason));
    return jsonout_end(json, err);
}
