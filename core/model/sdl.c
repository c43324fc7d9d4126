/* sdl.c - Java properties, read as java.util.Properties does: logical lines that a
 * backslash continues, comments behind # or !, keys that end at =, : or a blank, escapes.
 */
#include "model/sdl.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <strings.h>

enum { SDL_MAX = 4 << 20, ENTRIES_MAX = 10000 };

struct sdl {
    struct arena arena;
    struct sdl_entry *entries; /* owned */
    size_t count, room;
    bool was_export;
};

struct reader {
    struct sdl *sdl;
    const char *name;
    struct slice rest; /* what is not read yet */
    size_t line;       /* physical line that rest begins with */
    bool latin;        /* bytes are ISO 8859-1 */
    struct buf logical;
    struct buf key, value;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f';
}

/* One physical line, without its end. */
static struct slice next_line(struct reader *r) {
    struct slice line = r->rest;
    size_t n = 0;

    while (n < r->rest.len && r->rest.data[n] != '\n' && r->rest.data[n] != '\r')
        n++;
    line.len = n;
    if (n + 1 < r->rest.len && r->rest.data[n] == '\r' && r->rest.data[n + 1] == '\n')
        n++;
    n += n < r->rest.len;
    r->rest = slice_make(r->rest.data + n, r->rest.len - n);
    r->line++;
    return line;
}

static struct slice skip_blanks(struct slice line) {
    while (line.len > 0 && is_blank(line.data[0])) {
        line.data++;
        line.len--;
    }
    return line;
}

/* An odd number of backslashes at the end: the next line goes on. */
static bool goes_on(struct slice line) {
    size_t n = 0;

    while (n < line.len && line.data[line.len - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

/* The next logical line that is neither blank nor a comment, to r->logical; false at the
 * end. *number: its first physical line. */
static bool next_logical(struct reader *r, size_t *number) {
    struct slice line;

    buf_reset(&r->logical);
    for (;;) {
        if (r->rest.len == 0)
            return false;
        line = skip_blanks(next_line(r));
        if (line.len > 0 && line.data[0] != '#' && line.data[0] != '!')
            break;
    }
    *number = r->line;
    while (goes_on(line)) {
        (void)buf_append(&r->logical, line.data, line.len - 1);
        if (r->rest.len == 0)
            return true;
        line = skip_blanks(next_line(r));
    }
    (void)buf_append_slice(&r->logical, line);
    return true;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return -1;
}

/* Four hexadecimal digits behind \u; -1 when they are none. */
static long unit_at(struct slice s) {
    long unit = 0;

    if (s.len < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(s.data[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* \uD83D\uDE00 is one character. Returns the bytes behind the first \u, or 0. */
static size_t append_unit(struct buf *out, struct slice s) {
    long high = unit_at(s), low;

    if (high < 0 || high == 0)
        return 0;
    if (high < 0xD800 || high > 0xDFFF)
        return utf8_append(out, (uint32_t)high) == RC_OK ? 4 : 0;
    if (high > 0xDBFF || s.len < 10 || s.data[4] != '\\' || s.data[5] != 'u')
        return 0;
    low = unit_at(slice_make(s.data + 6, s.len - 6));
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    (void)utf8_append(out, (uint32_t)(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00));
    return 10;
}

static void append_byte(const struct reader *r, struct buf *out, char c) {
    if (r->latin)
        (void)utf8_append(out, (unsigned char)c);
    else
        (void)buf_append_char(out, c);
}

/* Unescapes up to `end`, or all; false when an escape is none. */
static bool unescape(const struct reader *r, struct slice s, struct buf *out) {
    buf_reset(out);
    for (size_t i = 0; i < s.len; i++) {
        size_t n;
        if (s.data[i] != '\\' || i + 1 == s.len) {
            append_byte(r, out, s.data[i]);
            continue;
        }
        switch (s.data[++i]) {
        case 't': (void)buf_append_char(out, '\t'); break;
        case 'n': (void)buf_append_char(out, '\n'); break;
        case 'r': (void)buf_append_char(out, '\r'); break;
        case 'f': (void)buf_append_char(out, '\f'); break;
        case 'u':
            n = append_unit(out, slice_make(s.data + i + 1, s.len - i - 1));
            if (n == 0)
                return false;
            i += n;
            break;
        default: append_byte(r, out, s.data[i]);
        }
    }
    return true;
}

/* Where the key ends: at the first blank, = or : that no backslash escapes. */
static size_t key_end(struct slice line) {
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] == '\\')
            i++;
        else if (is_blank(line.data[i]) || line.data[i] == '=' || line.data[i] == ':')
            return i;
    }
    return line.len;
}

/* Data Loader's own constants have blanks in their quotes, which Java would end at. */
static size_t source_end(struct slice line) {
    const char *quote;

    if (line.len == 0 || line.data[0] != '"')
        return key_end(line);
    quote = memchr(line.data + 1, '"', line.len - 1);
    return quote == NULL ? key_end(line) : (size_t)(quote - line.data) + 1;
}

static const char *keep(struct sdl *sdl, struct slice text) {
    text = slice_trim(text);
    return arena_copy(&sdl->arena, text.data, text.len);
}

static int add_entry(struct reader *r, size_t line, struct err *err) {
    struct sdl *sdl = r->sdl;
    struct slice key = slice_trim(buf_slice(&r->key));
    struct slice value = slice_trim(buf_slice(&r->value));
    const char *comma = value.len == 0 ? NULL : memchr(value.data, ',', value.len);
    size_t len = comma == NULL ? value.len : (size_t)(comma - value.data);
    struct sdl_entry entry = {.line = line};

    if (sdl->count == ENTRIES_MAX)
        return err_set(err, RC_USAGE, "%s, line %zu: more than %d entries", r->name, line,
                       (int)ENTRIES_MAX);
    if (key.len == 0)
        return err_set(err, RC_USAGE,
                       "%s, line %zu: nothing stands in front of the =", r->name, line);
    if (key.len >= 2 && key.data[0] == '"' && key.data[key.len - 1] == '"') {
        entry.constant = true;
        key = slice_make(key.data + 1, key.len - 2);
    }
    entry.source = keep(sdl, key);
    entry.target = keep(sdl, slice_make(value.data, len));
    entry.others =
        comma == NULL ? "" : keep(sdl, slice_make(comma + 1, value.len - len - 1));
    if (entry.source == NULL || entry.target == NULL || entry.others == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < sdl->count; i++)
        if (sdl->entries[i].constant == entry.constant &&
            strcmp(sdl->entries[i].source, entry.source) == 0) {
            sdl->entries[i] = entry;
            return RC_OK;
        }
    if (sdl->count == sdl->room) {
        size_t room = sdl->room == 0 ? 32 : sdl->room * 2;
        struct sdl_entry *more = realloc(sdl->entries, room * sizeof *more);
        if (more == NULL)
            return err_nomem(err);
        sdl->entries = more;
        sdl->room = room;
    }
    sdl->entries[sdl->count++] = entry;
    return RC_OK;
}

static int read_entry(struct reader *r, size_t line, struct err *err) {
    struct slice logical = buf_slice(&r->logical), rest;
    size_t end = source_end(logical);
    bool separated = false;

    rest = skip_blanks(slice_make(logical.data + end, logical.len - end));
    if (rest.len > 0 && (rest.data[0] == '=' || rest.data[0] == ':')) {
        separated = true;
        rest = skip_blanks(slice_make(rest.data + 1, rest.len - 1));
    }
    if (!separated) {
        (void)err_set(err, RC_USAGE, "%s, line %zu: no = between a column and a field",
                      r->name, line);
        err_advise(err, "a line of such a file is Column=Field; a blank in the name of a "
                        "column is written \"\\ \"");
        return RC_USAGE;
    }
    if (!unescape(r, slice_make(logical.data, end), &r->key) ||
        !unescape(r, rest, &r->value))
        return err_set(err, RC_USAGE,
                       "%s, line %zu: \\u is not followed by the four hexadecimal digits "
                       "of a character",
                       r->name, line);
    return add_entry(r, line, err);
}

/* Turns the file round where the left side is Salesforce's. */
static void settle_direction(struct sdl *sdl, const char *entity_type) {
    size_t left = 0, right = 0;
    struct sdl_field field;

    for (size_t i = 0; i < sdl->count; i++) {
        const struct sdl_entry *e = &sdl->entries[i];
        if (e->constant)
            return; /* only imports have constants */
        sdl_field(entity_type, e->source, &field);
        left += field.known;
        sdl_field(entity_type, e->target, &field);
        right += field.known;
    }
    if (left <= right)
        return;
    sdl->was_export = true;
    for (size_t i = 0; i < sdl->count; i++) {
        const char *source = sdl->entries[i].source;
        sdl->entries[i].source = sdl->entries[i].target;
        sdl->entries[i].target = source;
    }
}

int sdl_parse(struct sdl **out, struct slice text, const char *name,
              const char *entity_type, struct err *err) {
    struct sdl *sdl = calloc(1, sizeof *sdl);
    struct reader r = {.sdl = sdl, .name = name, .rest = text};
    size_t line = 0;
    int rc = RC_OK;

    *out = NULL;
    if (sdl == NULL)
        return err_nomem(err);
    r.logical.max = r.key.max = r.value.max = SDL_MAX;
    if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        r.rest = slice_make(text.data + 3, text.len - 3);
    r.latin = utf8_valid_prefix(text) < text.len;
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        rc = err_set(err, RC_USAGE,
                     "%s holds NUL bytes: it is not a mapping of Data Loader", name);
    while (rc == RC_OK && next_logical(&r, &line)) {
        rc = read_entry(&r, line, err);
        if (rc == RC_OK && (r.logical.failed != RC_OK || r.key.failed != RC_OK ||
                            r.value.failed != RC_OK))
            rc = err_nomem(err);
    }
    if (rc == RC_OK && sdl->count == 0)
        rc = err_set(err, RC_USAGE, "%s maps nothing: it has no line Column=Field", name);
    if (rc == RC_OK)
        settle_direction(sdl, entity_type);
    buf_fini(&r.logical);
    buf_fini(&r.key);
    buf_fini(&r.value);
    if (rc == RC_OK)
        *out = sdl;
    else
        sdl_free(sdl);
    return rc;
}

void sdl_free(struct sdl *sdl) {
    if (sdl == NULL)
        return;
    arena_fini(&sdl->arena);
    free(sdl->entries);
    free(sdl);
}

const struct sdl_entry *sdl_at(const struct sdl *sdl, size_t i) {
    return i < sdl->count ? &sdl->entries[i] : NULL;
}

bool sdl_was_export(const struct sdl *sdl) {
    return sdl->was_export;
}
