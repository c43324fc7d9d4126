/* jsonout.h - --json: one JSON object a line, each with a "type", flushed line by line.
 *
 * mappings/output.schema.json describes every line; the end-to-end tests hold all that
 * they see to it. What breaks a reader of it raises JSONOUT_SCHEMA.
 *
 * Between jsonout_begin() and jsonout_end() members are added; failures are kept and
 * reported by jsonout_end(). Text that is not UTF-8 has its bad bytes replaced by U+FFFD.
 */
#ifndef CMD_JSONOUT_H
#define CMD_JSONOUT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSONOUT_SCHEMA = 1, JSONOUT_LINE_MAX = 16 << 20, JSONOUT_DEPTH_MAX = 8 };

struct jsonout {
    int fd;                          /* borrowed; < 0: the line is kept, not written */
    struct buf line;                 /* being built */
    struct buf clean;                /* scratch for text that is not UTF-8 */
    char closing[JSONOUT_DEPTH_MAX]; /* '}' or ']' of what is open */
    size_t depth;                    /* how many are open */
    bool comma;                      /* the next member needs one in front */
    bool summed;                     /* a summary was written */
    int failed;                      /* RC_OK, or a misuse or memory failure so far */
};

void jsonout_init(struct jsonout *json, int fd);
void jsonout_fini(struct jsonout *json);

/* Starts {"type":type. */
void jsonout_begin(struct jsonout *json, const char *type);

/* One member; name is NULL inside an array. */
void jsonout_string(struct jsonout *json, const char *name, struct slice value);
void jsonout_text(struct jsonout *json, const char *name,
                  const char *value); /* or null */
void jsonout_count(struct jsonout *json, const char *name, uint64_t value);
void jsonout_integer(struct jsonout *json, const char *name, int64_t value);
void jsonout_boolean(struct jsonout *json, const char *name, bool value);
void jsonout_null(struct jsonout *json, const char *name);

/* Thousandths as a decimal number: 1500 is 1.5. */
void jsonout_milli(struct jsonout *json, const char *name, int64_t value);

/* JSON that is known to be right, as it stands. */
void jsonout_raw(struct jsonout *json, const char *name, struct slice value);

/* {"message":...,"advice":...} of what has gone wrong, null where nothing has. */
void jsonout_error(struct jsonout *json, const char *name, const struct err *err);

/* An array or object inside, until jsonout_close(). */
void jsonout_open_array(struct jsonout *json, const char *name);
void jsonout_open_object(struct jsonout *json, const char *name);
void jsonout_close(struct jsonout *json);

/* Ends the line and writes it. RC_LOCAL when it cannot be written (EPIPE: nobody reads
 * any more; SIGPIPE must be ignored), RC_LIMIT, RC_NOMEM. */
int jsonout_end(struct jsonout *json, struct err *err);

#endif
