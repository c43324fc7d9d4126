/* frame.c - finds the ends of HTTP/1.1 messages.
 *
 * Promises never to look past the bytes given and never to take a byte of the next
 * message for one of this. Does not check anything that does not move the end of a
 * message.
 */
#include "frame.h"

#include <ctype.h>
#include <strings.h>

/* The next line of *rest without its line end; false at the end. */
static bool next_line(struct slice *rest, struct slice *line) {
    const char *newline = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    if (newline == NULL)
        return false;
    size_t len = (size_t)(newline - rest->data);
    *line = slice_make(rest->data, len > 0 && newline[-1] == '\r' ? len - 1 : len);
    rest->data += len + 1;
    rest->len -= len + 1;
    return true;
}

static bool copy_word(struct slice word, char *out, size_t size, bool may_cut) {
    if (word.len == 0 || (word.len >= size && !may_cut))
        return false;
    size_t len = word.len < size ? word.len : size - 1;
    memcpy(out, word.data, len);
    out[len] = '\0';
    return true;
}

static struct slice next_word(struct slice *line) {
    const char *space = line->len == 0 ? NULL : memchr(line->data, ' ', line->len);
    size_t len = space == NULL ? line->len : (size_t)(space - line->data);
    struct slice word = slice_make(line->data, len);
    size_t used = space == NULL ? len : len + 1;
    line->data += used;
    line->len -= used;
    return word;
}

static bool is_version(struct slice word) {
    return word.len == 8 && memcmp(word.data, "HTTP/1.", 7) == 0;
}

static bool parse_first_line(struct frame *frame, struct slice line) {
    struct slice first = next_word(&line);
    struct slice second = next_word(&line);
    if (frame->answer) {
        if (!is_version(first) || second.len != 3)
            return false;
        for (size_t i = 0; i < 3; i++) {
            if (!isdigit((unsigned char)second.data[i]))
                return false;
            frame->status = frame->status * 10 + (second.data[i] - '0');
        }
        frame->keep_alive = first.data[7] != '0';
        return true;
    }
    struct slice version = next_word(&line);
    if (!is_version(version) ||
        !copy_word(first, frame->method, sizeof frame->method, false) ||
        !copy_word(second, frame->target, sizeof frame->target, true))
        return false;
    for (const char *c = frame->method; *c != '\0'; c++)
        if (!isupper((unsigned char)*c))
            return false;
    frame->keep_alive = version.data[7] != '0';
    return true;
}

static bool equals(struct slice text, const char *word) {
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static bool parse_length(struct frame *frame, struct slice value) {
    uint64_t size = 0;
    if (value.len == 0 || value.len > 18)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (!isdigit((unsigned char)value.data[i]))
            return false;
        size = size * 10 + (uint64_t)(value.data[i] - '0');
    }
    frame->body_size = size;
    return true;
}

/* Does a comma-separated list of words hold this one? */
static bool list_holds(struct slice list, const char *word) {
    while (list.len > 0) {
        const char *comma = memchr(list.data, ',', list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.data);
        if (equals(slice_trim(slice_make(list.data, len)), word))
            return true;
        size_t used = comma == NULL ? len : len + 1;
        list.data += used;
        list.len -= used;
    }
    return false;
}

static bool parse_header(struct frame *frame, struct slice line, bool *has_length) {
    const char *colon = line.len == 0 ? NULL : memchr(line.data, ':', line.len);
    if (colon == NULL)
        return false;
    struct slice name = slice_make(line.data, (size_t)(colon - line.data));
    struct slice value = slice_trim(slice_make(colon + 1, line.len - name.len - 1));
    if (equals(name, "Content-Length")) {
        *has_length = true;
        return parse_length(frame, value);
    }
    if (equals(name, "Transfer-Encoding"))
        frame->chunked = list_holds(value, "chunked");
    if (equals(name, "Connection")) {
        if (list_holds(value, "close"))
            frame->keep_alive = false;
        else if (list_holds(value, "keep-alive"))
            frame->keep_alive = true;
    }
    return true;
}

/* What the head says about the length of the body (RFC 9112, section 6.3). */
static void settle_body(struct frame *frame, bool has_length) {
    bool empty = frame->answer && (frame->to_head || frame->status < 200 ||
                                   frame->status == 204 || frame->status == 304);
    if (empty) {
        frame->chunked = false;
        frame->body_size = 0;
    } else if (frame->chunked) {
        frame->body_size = 0;
        return;
    } else if (frame->answer && !has_length) {
        frame->until_close = true;
        return;
    }
    frame->left = frame->body_size;
    frame->done = frame->left == 0;
}

/* Bytes of the head up to and with its blank line, 0 when that has not come yet. */
static size_t head_size(struct slice data) {
    struct slice rest = data;
    struct slice line;
    while (next_line(&rest, &line))
        if (line.len == 0)
            return data.len - rest.len;
    return 0;
}

/* May these first bytes become an HTTP/1 head at all? So that another protocol is not
 * waited on for ever. */
static bool may_be_head(const struct frame *frame, struct slice data) {
    static const char version[] = "HTTP/1.";
    for (size_t i = 0; i < data.len; i++) {
        if (frame->answer) {
            if (i == sizeof version - 1)
                return true;
            if (data.data[i] != version[i])
                return false;
        } else {
            if (data.data[i] == ' ')
                return i > 0;
            if (!isupper((unsigned char)data.data[i]) || i >= sizeof frame->method)
                return false;
        }
    }
    return true;
}

int frame_head(struct frame *frame, struct slice data) {
    if (!may_be_head(frame, data))
        return -1;
    size_t size = head_size(data);
    if (size == 0)
        return 0;
    struct slice rest = slice_make(data.data, size);
    struct slice line;
    bool has_length = false;
    if (!next_line(&rest, &line) || !parse_first_line(frame, line))
        return -1;
    while (next_line(&rest, &line) && line.len > 0)
        if (!parse_header(frame, line, &has_length))
            return -1;
    frame->head_size = size;
    settle_body(frame, has_length);
    return 1;
}

/* A byte of the digits that open a chunk. */
static void chunk_size(struct frame *frame, char c) {
    if (isxdigit((unsigned char)c) && frame->left >> 56 == 0) {
        int digit = isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
        frame->left = frame->left * 16 + (uint64_t)digit;
    } else if (c == ';' || c == ' ' || c == '\r') {
        frame->chunk = CHUNK_EXTENSION;
    } else if (c == '\n') {
        frame->chunk = frame->left == 0 ? CHUNK_TRAILER_START : CHUNK_DATA;
    } else {
        frame->broken = true;
    }
}

/* One byte of a chunked body that is not data. */
static void chunk_byte(struct frame *frame, char c) {
    switch (frame->chunk) {
    case CHUNK_SIZE: chunk_size(frame, c); break;
    case CHUNK_EXTENSION:
        if (c == '\n')
            frame->chunk = frame->left == 0 ? CHUNK_TRAILER_START : CHUNK_DATA;
        break;
    case CHUNK_DATA: break; /* frame_body() takes data by the run */
    case CHUNK_DATA_END:
        if (c == '\n')
            frame->chunk = CHUNK_SIZE;
        else if (c != '\r')
            frame->broken = true;
        break;
    case CHUNK_TRAILER_START:
        if (c == '\n')
            frame->done = true;
        else if (c != '\r')
            frame->chunk = CHUNK_TRAILER;
        break;
    case CHUNK_TRAILER:
        if (c == '\n')
            frame->chunk = CHUNK_TRAILER_START;
        break;
    }
}

static size_t chunked_body(struct frame *frame, struct slice data) {
    size_t used = 0;
    while (used < data.len && !frame->done && !frame->broken) {
        if (frame->chunk != CHUNK_DATA) {
            chunk_byte(frame, data.data[used++]);
            continue;
        }
        size_t run = data.len - used;
        run = run > frame->left ? (size_t)frame->left : run;
        used += run;
        frame->left -= run;
        if (frame->left == 0)
            frame->chunk = CHUNK_DATA_END;
    }
    return used;
}

size_t frame_body(struct frame *frame, struct slice data) {
    if (frame->done || frame->broken)
        return 0;
    if (frame->until_close)
        return data.len;
    if (frame->chunked)
        return chunked_body(frame, data);
    size_t run = data.len > frame->left ? (size_t)frame->left : data.len;
    frame->left -= run;
    frame->done = frame->left == 0;
    return run;
}

void frame_end(struct frame *frame) {
    if (frame->until_close)
        frame->done = true;
}
