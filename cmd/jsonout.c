/* jsonout.c - builds one line of JSON at a time and writes it whole. */
#include "cmd/jsonout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "model/json.h"

void jsonout_init(struct jsonout *json, int fd) {
    memset(json, 0, sizeof *json);
    json->fd = fd;
    json->line.max = JSONOUT_LINE_MAX;
    json->clean.max = JSONOUT_LINE_MAX;
}

void jsonout_fini(struct jsonout *json) {
    buf_fini(&json->line);
    buf_fini(&json->clean);
}

static void open_with(struct jsonout *json, char opening, char closing) {
    if (json->depth == JSONOUT_DEPTH_MAX) {
        json->failed = RC_LIMIT;
        return;
    }
    (void)buf_append_char(&json->line, opening);
    json->closing[json->depth++] = closing;
    json->comma = false;
}

/* Comma and name of the next member. */
static void start_member(struct jsonout *json, const char *name) {
    if (json->comma)
        (void)buf_append_char(&json->line, ',');
    json->comma = true;
    if (name == NULL)
        return;
    (void)json_append_string(&json->line, slice_of(name));
    (void)buf_append_char(&json->line, ':');
}

void jsonout_begin(struct jsonout *json, const char *type) {
    buf_reset(&json->line);
    json->depth = 0;
    json->failed = RC_OK;
    open_with(json, '{', '}');
    jsonout_text(json, "type", type);
    json->summed = json->summed || strcmp(type, "summary") == 0;
}

/* value with every byte that is not UTF-8 replaced; borrowed until the next call. */
static struct slice cleaned(struct jsonout *json, struct slice value) {
    size_t good = utf8_valid_prefix(value);

    if (good == value.len)
        return value;
    buf_reset(&json->clean);
    while (value.len > 0) {
        (void)buf_append(&json->clean, value.data, good);
        value.data += good;
        value.len -= good;
        if (value.len > 0) {
            (void)buf_append_text(&json->clean, "\xEF\xBF\xBD");
            value.data++;
            value.len--;
        }
        good = utf8_valid_prefix(value);
    }
    if (json->clean.failed != RC_OK && json->failed == RC_OK)
        json->failed = json->clean.failed;
    return buf_slice(&json->clean);
}

void jsonout_string(struct jsonout *json, const char *name, struct slice value) {
    start_member(json, name);
    (void)json_append_string(&json->line, cleaned(json, value));
}

void jsonout_text(struct jsonout *json, const char *name, const char *value) {
    if (value == NULL)
        jsonout_null(json, name);
    else
        jsonout_string(json, name, slice_of(value));
}

void jsonout_count(struct jsonout *json, const char *name, uint64_t value) {
    start_member(json, name);
    (void)buf_append_format(&json->line, "%" PRIu64, value);
}

void jsonout_integer(struct jsonout *json, const char *name, int64_t value) {
    start_member(json, name);
    (void)buf_append_format(&json->line, "%" PRId64, value);
}

void jsonout_boolean(struct jsonout *json, const char *name, bool value) {
    start_member(json, name);
    (void)buf_append_text(&json->line, value ? "true" : "false");
}

void jsonout_null(struct jsonout *json, const char *name) {
    start_member(json, name);
    (void)buf_append_text(&json->line, "null");
}

void jsonout_milli(struct jsonout *json, const char *name, int64_t value) {
    uint64_t size = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    unsigned digits = 3;
    uint64_t part = size % 1000;

    start_member(json, name);
    (void)buf_append_format(&json->line, "%s%" PRIu64, value < 0 ? "-" : "", size / 1000);
    if (part == 0)
        return;
    while (part % 10 == 0) {
        part /= 10;
        digits--;
    }
    (void)buf_append_format(&json->line, ".%0*" PRIu64, (int)digits, part);
}

void jsonout_raw(struct jsonout *json, const char *name, struct slice value) {
    start_member(json, name);
    (void)buf_append_slice(&json->line, value);
}

void jsonout_error(struct jsonout *json, const char *name, const struct err *err) {
    if (err->rc == RC_OK) {
        jsonout_null(json, name);
        return;
    }
    jsonout_open_object(json, name);
    jsonout_text(json, "message", err->message);
    jsonout_text(json, "advice", err->advice[0] != '\0' ? err->advice : NULL);
    jsonout_close(json);
}

void jsonout_open_array(struct jsonout *json, const char *name) {
    start_member(json, name);
    open_with(json, '[', ']');
}

void jsonout_open_object(struct jsonout *json, const char *name) {
    start_member(json, name);
    open_with(json, '{', '}');
}

void jsonout_close(struct jsonout *json) {
    if (json->depth == 0)
        return;
    (void)buf_append_char(&json->line, json->closing[--json->depth]);
    json->comma = true;
}

static int write_line(int fd, const struct buf *line, struct err *err) {
    size_t at = 0;

    while (at < line->len) {
        ssize_t n = write(fd, line->data + at, line->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            bool closed = errno == EPIPE;
            (void)err_errno(err, "write to", "standard output");
            if (closed)
                err_advise(err, "the program that reads the JSON lines has ended");
            return RC_LOCAL;
        }
        at += (size_t)n;
    }
    return RC_OK;
}

int jsonout_end(struct jsonout *json, struct err *err) {
    int failed;

    while (json->depth > 0)
        jsonout_close(json);
    (void)buf_append_char(&json->line, '\n');
    failed = json->failed != RC_OK ? json->failed : json->line.failed;
    if (failed == RC_NOMEM)
        return err_nomem(err);
    if (failed != RC_OK)
        return err_set(err, RC_LIMIT, "a line of JSON output is larger than 16 MiB");
    return json->fd < 0 ? RC_OK : write_line(json->fd, &json->line, err);
}
