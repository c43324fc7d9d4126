/* csv_damage.c - looks ahead, line by line, behind a record with a stray quote.
 *
 * Promises to look at a bounded number of lines, to consume nothing, and to give the same
 * answer wherever reading began: a resume sees the same records as the run before it.
 */
#include "input/csv_damage.h"

#include <stdbool.h>
#include <string.h>

enum place { CELL_START, CELL_BARE, CELL_QUOTED, CELL_CLOSING };

/* A record as far as it was read, line by line. */
struct reading {
    enum place place;
    size_t cells;  /* that have ended */
    size_t filled; /* the last of all that is not empty, from 1 */
    bool quoted;   /* a cell began with a quote */
    bool failed;   /* a quote stands where none can */
};

struct search {
    struct lines *lines; /* borrowed */
    const struct csv_dialect *dialect;
    size_t expected;   /* cells; 0 = not known */
    size_t limit;      /* bytes behind the first unconsumed one */
    bool open;         /* the first line ends inside a quoted cell */
    size_t open_cells; /* of the first line, in front of that cell */
    size_t sound;      /* records since the last line of the damage */
    struct csv_damage *damage;
};

/* Reads on over one line; lenient: a quote that cannot be is a character like others. */
static void read_line(struct reading *r, const struct csv_dialect *dialect,
                      struct slice line, bool lenient) {
    for (size_t i = 0; i < line.len; i++) {
        char c = line.data[i];
        bool quote = c == dialect->quote, delimiter = c == dialect->delimiter;
        if (!delimiter || r->place == CELL_QUOTED)
            r->filled = r->cells + 1;
        if (r->place == CELL_QUOTED) {
            r->place = quote ? CELL_CLOSING : CELL_QUOTED;
        } else if (delimiter) {
            r->cells++;
            r->place = CELL_START;
        } else if (r->place == CELL_CLOSING) {
            r->place = CELL_QUOTED; /* the quote is doubled, or stray */
            r->failed = r->failed || (!quote && !lenient);
        } else if (quote && r->place == CELL_START) {
            r->place = CELL_QUOTED;
            r->quoted = true;
        } else {
            r->failed = r->failed || (quote && !lenient);
            r->place = CELL_BARE;
        }
        if (r->failed)
            return;
    }
}

static bool has_ended(const struct reading *r) {
    return !r->failed && r->place != CELL_QUOTED;
}

/* Does it have the cells that a record must have? Empty ones more do no harm. */
static bool fits(const struct search *s, const struct reading *r) {
    size_t count = r->cells + 1;

    return s->expected == 0 || count == s->expected ||
           (count > s->expected && r->filled <= s->expected);
}

/* Cells of the line if its quotes meant nothing. */
static size_t count_plain(const struct search *s, struct slice line) {
    size_t count = 1;

    for (size_t i = 0; i < line.len; i++)
        count += line.data[i] == s->dialect->delimiter;
    return count;
}

/* The line at `at` as text, or false where there is none that may be looked at. */
static int line_at(const struct search *s, size_t at, struct line *line,
                   struct slice *text, struct err *err) {
    int rc = lines_find(s->lines, at, line, err);

    if (rc == LINES_LINE && at + line->len <= s->limit)
        *text = slice_make(lines_text(s->lines) + at, line->len);
    else if (rc == LINES_LINE)
        rc = LINES_TOO_LONG;
    return rc;
}

/* Does the first quote, at `at` of the line, end a cell? */
static bool quote_closes(const struct search *s, struct slice line, size_t at) {
    return at + 1 == line.len || line.data[at + 1] == s->dialect->delimiter;
}

/* Does it begin one? */
static bool quote_opens(const struct search *s, struct slice line, size_t at) {
    return at < line.len && !quote_closes(s, line, at) &&
           (at == 0 || line.data[at - 1] == s->dialect->delimiter);
}

/* Where the first quote is, or line.len. */
static size_t first_quote(const struct search *s, struct slice line) {
    const char *at =
        line.len == 0 ? NULL : memchr(line.data, s->dialect->quote, line.len);

    return at == NULL ? line.len : (size_t)(at - line.data);
}

/* Is there a record behind *all, on its own? 1 with *all extended over it, 0, or < 0. */
static int sound_record(const struct search *s, struct csv_damage *all, struct err *err) {
    struct reading r = {.place = CELL_START};
    size_t at = all->total;
    bool opens = false;
    uint64_t lines = 0;
    struct slice text;
    struct line line;

    for (;;) {
        int rc = line_at(s, at, &line, &text, err);
        if (rc != LINES_LINE)
            return rc < 0 ? rc : 0;
        read_line(&r, s->dialect, text, false);
        if (lines++ == 0)
            opens = quote_opens(s, text, first_quote(s, text));
        if (r.failed || lines > CSV_DAMAGE_LINES)
            return 0;
        if (has_ended(&r))
            break;
        at += line.total;
    }
    if (!fits(s, &r) && (lines == 1 || !opens))
        return 0; /* several lines, quoted as they should be, are ragged by themselves */
    *all = (struct csv_damage){at + line.len, at + line.total, all->lines + lines};
    return 1;
}

enum verdict { LINE_NEUTRAL, LINE_SOUND, LINE_DAMAGE, LINE_LAST };

/* Of a line that is no record by itself. */
static enum verdict judge(const struct search *s, struct slice line) {
    struct reading rest = {.place = CELL_QUOTED, .cells = s->open_cells};
    size_t plain = count_plain(s, line), quote = first_quote(s, line);

    if (quote == line.len)
        return LINE_NEUTRAL;
    if (quote_opens(s, line, quote)) /* a record with another flaw, or a line of text */
        return plain >= s->expected ? LINE_SOUND : LINE_NEUTRAL;
    read_line(&rest, s->dialect, line, true);
    if (s->open && has_ended(&rest) && rest.cells + 1 == s->expected)
        return LINE_LAST;
    if (plain < s->expected || s->expected == 0)
        return LINE_DAMAGE;
    return plain == s->expected ? LINE_SOUND : LINE_NEUTRAL;
}

/* Walks over what follows the first line, *all growing with it. 1: the damage ends where
 * it says; 0: so does the text. */
static int search(struct search *s, struct csv_damage *all, struct err *err) {
    while (s->sound < CSV_DAMAGE_SOUND && all->lines < CSV_DAMAGE_LINES) {
        enum verdict verdict;
        struct slice text;
        struct line line;
        int rc = sound_record(s, all, err);
        if (rc > 0) {
            s->sound++;
            continue;
        }
        if (rc == 0)
            rc = line_at(s, all->total, &line, &text, err);
        if (rc != LINES_LINE)
            return rc < 0 ? rc : rc == LINES_TOO_LONG;
        verdict = judge(s, text);
        all->len = all->total + line.len;
        all->total += line.total;
        all->lines++;
        s->sound += verdict == LINE_SOUND;
        if (verdict == LINE_DAMAGE || verdict == LINE_LAST) {
            *s->damage = *all;
            s->sound = 0;
        }
        if (verdict == LINE_LAST)
            break;
    }
    return 1;
}

int csv_damage_find(struct csv_damage *out, struct lines *lines,
                    const struct csv_dialect *dialect, const struct line *first,
                    size_t expected, size_t limit, struct err *err) {
    struct reading lenient = {.place = CELL_START};
    struct slice line = slice_make(lines_text(lines), first->len);
    struct csv_damage all = {first->len, first->total, 1};
    struct search s = {
        .lines = lines,
        .dialect = dialect,
        .expected = expected,
        .limit = limit < CSV_DAMAGE_BYTES ? limit : CSV_DAMAGE_BYTES,
        .damage = out,
    };
    bool is_short;
    int rc;

    *out = all;
    read_line(&lenient, dialect, line, true);
    s.open = !has_ended(&lenient);
    s.open_cells = lenient.cells;
    if (!lenient.quoted)
        return RC_OK; /* no cell that could go on */
    is_short = count_plain(&s, line) < expected;
    rc = search(&s, &all, err);
    if (rc < 0)
        return rc;
    if (rc == 0 && s.open && is_short)
        *out = all;
    return RC_OK;
}
