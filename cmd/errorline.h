/* errorline.h - one reason why a row cannot be, as a line for a person or for --json. */
#ifndef CMD_ERRORLINE_H
#define CMD_ERRORLINE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/reason.h"

#include <stdint.h>

struct jsonout;

struct error_line {
    uint64_t line;       /* physical line of the row */
    uint64_t record;     /* its number in the file */
    enum reason reason;  /* why */
    struct slice column; /* name of the column, or "" */
    const char *field;   /* of the server, or "" */
    struct slice value;  /* the cell, or "" */
    const char *message; /* one sentence */
};

/* Appends "line 17, Status: ENUM_UNKNOWN: 'Nwe' is not ...", without an end of line. */
void error_line_append(struct buf *buf, const struct error_line *line);

/* {"type":"error",...}; RC_LOCAL as jsonout_end(). */
int error_line_json(struct jsonout *json, const struct error_line *line, struct err *err);

#endif
