/* lines.c - finds line ends with memchr() and keeps the window small.
 *
 * Promises that each byte is looked at a bounded number of times, also in a file whose
 * only line end is CR or that has none at all. Knows nothing of quotes.
 */
#include "input/lines.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the first window, and the least to read. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
enum { LINES_CHUNK = 256 }; /* so that short texts make the window slide and grow */
#else
enum { LINES_CHUNK = 256 << 10 };
#endif

int lines_init(struct lines *lines, lines_read_fn *read, void *context, size_t longest,
               struct err *err) {
    memset(lines, 0, sizeof *lines);
    lines->read = read;
    lines->context = context;
    lines->cap = LINES_CHUNK;
    lines->max = longest + LINES_CHUNK;
    lines->data = malloc(lines->cap);
    return lines->data == NULL ? err_nomem(err) : RC_OK;
}

/* Moves the unconsumed bytes to the front; grows when they fill most of the window. */
static int lines_make_room(struct lines *lines, struct err *err) {
    size_t used = lines->end - lines->begin, cap = lines->cap;
    char *data;

    if (lines->begin > 0) {
        memmove(lines->data, lines->data + lines->begin, used);
        lines->clear_from -=
            lines->clear_from < lines->begin ? lines->clear_from : lines->begin;
        lines->clear_to -=
            lines->clear_to < lines->begin ? lines->clear_to : lines->begin;
        lines->begin = 0;
        lines->end = used;
    }
    if (used <= cap / 2 || cap == lines->max)
        return RC_OK;
    cap = cap > lines->max / 2 ? lines->max : cap * 2;
    data = realloc(lines->data, cap);
    if (data == NULL)
        return err_nomem(err);
    lines->data = data;
    lines->cap = cap;
    return RC_OK;
}

/* Reads more: 1, 0 at the end of the text or with a full window, or < 0. */
static int lines_fill(struct lines *lines, struct err *err) {
    size_t n;
    int rc;

    if (lines->ended)
        return 0;
    rc = lines_make_room(lines, err);
    if (rc < 0)
        return rc;
    if (lines->cap - lines->end < LINES_CHUNK / 4)
        return 0;
    rc = lines->read(lines->context, lines->data + lines->end, lines->cap - lines->end,
                     &n, err);
    if (rc < 0)
        return rc;
    lines->end += n;
    lines->ended = n == 0;
    return n > 0;
}

/* The first LF at or after `from`, or the end of the window. What was found out stays
 * known, so that no byte is searched twice while `from` moves on. */
static size_t lines_next_lf(struct lines *lines, size_t from) {
    const char *found;

    if (from < lines->clear_from || from > lines->clear_to)
        lines->clear_from = lines->clear_to = from;
    if (lines->clear_to < lines->end && lines->data[lines->clear_to] == '\n')
        return lines->clear_to;
    found = memchr(lines->data + lines->clear_to, '\n', lines->end - lines->clear_to);
    lines->clear_to = found == NULL ? lines->end : (size_t)(found - lines->data);
    return lines->clear_to;
}

/* Looks for the line's end in the window; `*searched` (from the first unconsumed byte)
 * is where to go on after more was read. */
static bool lines_search(struct lines *lines, size_t at, size_t *searched,
                         struct line *line) {
    const char *text = lines->data + lines->begin;
    size_t len = lines->end - lines->begin;
    size_t stop = lines_next_lf(lines, lines->begin + at) - lines->begin;
    const char *cr = memchr(text + *searched, '\r', stop - *searched);
    size_t end = cr == NULL ? stop : (size_t)(cr - text);
    bool crlf = cr != NULL && end + 1 < len && text[end + 1] == '\n';

    *searched = end;
    /* A CR that is the last byte so far may be the first half of a CRLF. */
    if (end == len || (cr != NULL && end + 1 == len && !lines->ended))
        return false;
    line->len = end - at;
    line->total = line->len + (crlf ? 2 : 1);
    return true;
}

int lines_find(struct lines *lines, size_t at, struct line *line, struct err *err) {
    size_t searched = at;

    while (!lines_search(lines, at, &searched, line)) {
        int rc = lines->ended ? 0 : lines_fill(lines, err);
        if (rc < 0)
            return rc;
        if (rc > 0 || (lines->ended && searched < lines->end - lines->begin))
            continue; /* there is more; or a CR is the very end of the text */
        line->len = line->total = lines->end - lines->begin - at;
        if (!lines->ended)
            return LINES_TOO_LONG;
        return line->len > 0 ? LINES_LINE : LINES_END;
    }
    return LINES_LINE;
}

int lines_skip(struct lines *lines, struct err *err) {
    struct line line;
    int rc;

    for (;;) {
        rc = lines_find(lines, 0, &line, err);
        if (rc < 0)
            return rc;
        if (rc != LINES_TOO_LONG) {
            lines_consume(lines, rc == LINES_LINE ? line.total : 0);
            return RC_OK;
        }
        /* All but the last byte, which may be a CR that waits for its LF. */
        lines_consume(lines, line.len - 1);
    }
}

void lines_restart(struct lines *lines, uint64_t offset) {
    lines->begin = lines->end = 0;
    lines->clear_from = lines->clear_to = 0;
    lines->offset = offset;
    lines->ended = false;
}

void lines_fini(struct lines *lines) {
    free(lines->data);
    lines->data = NULL;
}
