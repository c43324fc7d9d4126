/* charset.c - byte order marks, names of encodings, and guesses about unmarked text. */
#include "input/charset.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

struct charset_mark {
    const char *name;  /* canonical */
    const char *bytes; /* the byte order mark */
    size_t len;        /* of bytes */
};

/* UTF-32LE stands before UTF-16LE, whose mark it begins with. */
static const struct charset_mark charset_marks[] = {
    {"UTF-8", "\xEF\xBB\xBF", 3},    {"UTF-32LE", "\xFF\xFE\0\0", 4},
    {"UTF-32BE", "\0\0\xFE\xFF", 4}, {"UTF-16LE", "\xFF\xFE", 2},
    {"UTF-16BE", "\xFE\xFF", 2},     {"GB18030", "\x84\x31\x95\x33", 4},
};
enum { CHARSET_MARKS = sizeof charset_marks / sizeof charset_marks[0] };

/* Spellings, lower case and without '-', '_' and blanks, of the encodings that this
 * module knows itself; a name without byte order may be followed by either. */
static const struct {
    const char *spelling;
    const char *name;
} charset_spellings[] = {
    {"utf8", "UTF-8"},       {"utf16", "UTF-16"},     {"utf16le", "UTF-16LE"},
    {"utf16be", "UTF-16BE"}, {"ucs2", "UTF-16"},      {"ucs2le", "UTF-16LE"},
    {"ucs2be", "UTF-16BE"},  {"unicode", "UTF-16"},   {"utf32", "UTF-32"},
    {"utf32le", "UTF-32LE"}, {"utf32be", "UTF-32BE"}, {"ucs4", "UTF-32"},
    {"ucs4le", "UTF-32LE"},  {"ucs4be", "UTF-32BE"},  {"gb18030", "GB18030"},
    {"utf8sig", "UTF-8"},
};
enum { CHARSET_SPELLINGS = sizeof charset_spellings / sizeof charset_spellings[0] };

/* What people give for CSV and is not. */
static const struct {
    const char *bytes;
    size_t len;
    const char *what;
    const char *advice;
} charset_foreign[] = {
    {"PK\x03\x04", 4, "an Excel or LibreOffice workbook, or another zip archive",
     "save the sheet as \"CSV UTF-8\" in the spreadsheet program"},
    {"\xD0\xCF\x11\xE0", 4, "an Excel workbook",
     "save the sheet as \"CSV UTF-8\" in the spreadsheet program"},
    {"%PDF-", 5, "a PDF document", "export the table as CSV"},
    {"BZh91AY&SY", 10, "packed with bzip2", "unpack it first: bunzip2"},
    {"\xFD"
     "7zXZ",
     5, "packed with xz", "unpack it first: unxz"},
    {"\x28\xB5\x2F\xFD", 4, "packed with zstd", "unpack it first: unzstd"},
    {"SQLite format 3", 16, "an SQLite database", "name the CSV file itself"},
};
enum { CHARSET_FOREIGN = sizeof charset_foreign / sizeof charset_foreign[0] };

/* The canonical name of a spelling, or NULL when only iconv can know it. */
static const char *charset_canonical(const char *name) {
    char squashed[CHARSET_NAME_SIZE];
    size_t n = 0;

    for (; *name != '\0' && n < sizeof squashed - 1; name++)
        if (strchr("-_ ", *name) == NULL)
            squashed[n++] = (char)tolower((unsigned char)*name);
    squashed[n] = '\0';
    for (size_t i = 0; i < CHARSET_SPELLINGS; i++)
        if (strcmp(charset_spellings[i].spelling, squashed) == 0)
            return charset_spellings[i].name;
    return NULL;
}

/* Could a text that was called `name` bear the mark of `mark`? */
static bool charset_agrees(const char *name, const char *mark) {
    return strncmp(name, mark, strlen(name)) == 0;
}

static bool charset_begins(struct slice head, const char *bytes, size_t len) {
    return head.len >= len && memcmp(head.data, bytes, len) == 0;
}

/* The mark at the beginning; one that agrees with name (may be NULL) is preferred. */
static const struct charset_mark *charset_find_mark(struct slice head, const char *name) {
    const struct charset_mark *found = NULL;

    for (size_t i = 0; i < CHARSET_MARKS; i++) {
        const struct charset_mark *mark = &charset_marks[i];
        if (!charset_begins(head, mark->bytes, mark->len))
            continue;
        if (name != NULL && charset_agrees(name, mark->name))
            return mark;
        if (found == NULL)
            found = mark;
    }
    return found;
}

/* UTF-16 without a mark: the other byte of each ASCII character is NUL, and delimiters,
 * digits and line ends are ASCII in any language. A short text must show it clearly. */
static const char *charset_guess_utf16(size_t even, size_t odd, size_t units) {
    size_t percent = units < 32 ? 75 : 20;

    if (odd * 100 >= units * percent && even * 10 <= odd)
        return "UTF-16LE";
    if (even * 100 >= units * percent && odd * 10 <= even)
        return "UTF-16BE";
    return NULL;
}

static const char *charset_guess_wide(struct slice head) {
    size_t units = head.len / 4, nul[4] = {0};

    for (size_t i = 0; i < head.len; i++)
        nul[i % 4] += head.data[i] == '\0';
    if (head.len < 2 || nul[0] + nul[1] + nul[2] + nul[3] == 0)
        return NULL;
    if (units > 0 && nul[0] * 10 < units && nul[2] * 10 >= units * 9 &&
        nul[3] * 10 >= units * 9)
        return "UTF-32LE";
    if (units > 0 && nul[3] * 10 < units && nul[0] * 10 >= units * 9 &&
        nul[1] * 10 >= units * 9)
        return "UTF-32BE";
    return charset_guess_utf16(nul[0] + nul[2], nul[1] + nul[3], head.len / 2);
}

/* iconv gives meaning to '/' and ',' in a name, and "" is the user's locale. */
static int charset_check_name(const char *name, struct err *err) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_.:+()";

    if (strlen(name) < CHARSET_NAME_SIZE && name[strspn(name, allowed)] == '\0')
        return RC_OK;
    (void)err_set(err, RC_USAGE, "\"%.40s\" is not the name of an encoding", name);
    err_advise(err, "`iconv -l` lists the names, for example UTF-8, windows-1252, "
                    "ISO-8859-15");
    return RC_USAGE;
}

static void charset_set(struct charset *charset, const char *name) {
    (void)snprintf(charset->name, sizeof charset->name, "%s", name);
    charset->utf8 = strcmp(name, "UTF-8") == 0;
    charset->unit = 1;
    if (strncmp(name, "UTF-16", 6) == 0)
        charset->unit = 2;
    if (strncmp(name, "UTF-32", 6) == 0)
        charset->unit = 4;
}

static int charset_decide_asked(struct charset *charset, const char *path,
                                struct slice head, const char *asked, struct err *err) {
    const char *name = charset_canonical(asked);
    const struct charset_mark *mark = charset_find_mark(head, name);
    int rc = charset_check_name(asked, err);

    if (rc < 0)
        return rc;
    charset->stated = true;
    /* The mark of UTF-8 wins: reports carry it where the mapping names another encoding,
     * and no text in one begins so. */
    if (mark != NULL && strcmp(mark->name, "UTF-8") != 0 &&
        (name == NULL || !charset_agrees(name, mark->name))) {
        (void)err_set(err, RC_INPUT,
                      "%s begins with the byte order mark of %s, but the encoding asked "
                      "for is %s",
                      path, mark->name, asked);
        err_advise(err, "leave the encoding out, or name %s", mark->name);
        return RC_INPUT;
    }
    if (mark != NULL) {
        charset_set(charset, mark->name);
        charset->bom = mark->len;
        return RC_OK;
    }
    /* A name without byte order, and no mark: what the bytes look like, else as Windows
     * writes it. */
    if (name != NULL && (strcmp(name, "UTF-16") == 0 || strcmp(name, "UTF-32") == 0)) {
        const char *guess = charset_guess_wide(head);
        bool wide16 = strcmp(name, "UTF-16") == 0;
        if (guess == NULL || !charset_agrees(name, guess))
            guess = wide16 ? "UTF-16LE" : "UTF-32LE";
        charset_set(charset, guess);
        return RC_OK;
    }
    charset_set(charset, name != NULL ? name : asked);
    return RC_OK;
}

int charset_decide(struct charset *charset, const char *path, struct slice head,
                   const char *asked, struct err *err) {
    const struct charset_mark *mark;
    const char *wide;

    memset(charset, 0, sizeof *charset);
    for (size_t i = 0; i < CHARSET_FOREIGN; i++)
        if (charset_begins(head, charset_foreign[i].bytes, charset_foreign[i].len)) {
            (void)err_set(err, RC_INPUT, "%s is not a CSV file: it is %s", path,
                          charset_foreign[i].what);
            err_advise(err, "%s", charset_foreign[i].advice);
            return RC_INPUT;
        }
    if (asked != NULL && asked[0] != '\0' && strcasecmp(asked, "auto") != 0)
        return charset_decide_asked(charset, path, head, asked, err);
    mark = charset_find_mark(head, NULL);
    if (mark != NULL) {
        charset_set(charset, mark->name);
        charset->stated = true;
        charset->bom = mark->len;
        return RC_OK;
    }
    wide = charset_guess_wide(head);
    if (wide != NULL) {
        (void)err_set(err, RC_INPUT,
                      "%s is not UTF-8: it looks like %s without a byte order mark", path,
                      wide);
        err_advise(err, "name the file's encoding: --encoding %s", wide);
        return RC_INPUT;
    }
    charset_set(charset, "UTF-8");
    return RC_OK;
}

static void charset_census_invalid(struct charset_census *census, uint64_t at) {
    if (census->invalid == 0)
        census->first_invalid = at;
    census->invalid++;
}

/* Counts the text at s, which begins at census->offset; `last`: nothing comes after it.
 * Returns how many bytes at its end are a sequence that may go on in the next chunk. */
static size_t charset_census_run(struct charset_census *census, struct slice s,
                                 bool last) {
    size_t at = 0;

    while (at < s.len) {
        struct slice rest = slice_make(s.data + at, s.len - at);
        uint32_t cp;
        size_t n;
        if ((unsigned char)rest.data[0] < 0x80) { /* eight at a time where possible */
            uint64_t word = 0;
            if (rest.len >= 8)
                memcpy(&word, rest.data, sizeof word);
            else
                word = UINT64_C(0x80);
            at += (word & UINT64_C(0x8080808080808080)) == 0 ? 8 : 1;
            continue;
        }
        n = utf8_decode(rest, &cp);
        if (n > 0) {
            census->sequences++;
            at += n;
        } else if (!last && cp > 0 && cp == rest.len) {
            return rest.len; /* right so far, and cut by the end of the chunk */
        } else {
            charset_census_invalid(census, census->offset + at);
            at++;
        }
    }
    return 0;
}

void charset_census_add(struct charset_census *census, struct slice chunk) {
    size_t left;

    /* A sequence cut by the chunk before is completed byte by byte. */
    while (census->carry_len > 0 && chunk.len > 0) {
        struct slice carry;
        census->carry[census->carry_len++] = chunk.data[0];
        chunk.data++;
        chunk.len--;
        carry = slice_make(census->carry, census->carry_len);
        left = charset_census_run(census, carry, false);
        census->offset += carry.len - left;
        memmove(census->carry, census->carry + carry.len - left, left);
        census->carry_len = left;
    }
    left = charset_census_run(census, chunk, false);
    if (left > 0) {
        memcpy(census->carry, chunk.data + chunk.len - left, left);
        census->carry_len = left;
    }
    census->offset += chunk.len - left;
}

void charset_census_end(struct charset_census *census) {
    struct slice carry = slice_make(census->carry, census->carry_len);

    (void)charset_census_run(census, carry, true);
    census->offset += census->carry_len;
    census->carry_len = 0;
}

int charset_append_sample(struct buf *buf, struct slice bytes, size_t max) {
    /* windows-1252, 0x80 to 0x9F; 0 where it has no character. */
    static const uint16_t high[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
    };

    for (size_t i = 0; i < bytes.len && i < max; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        uint32_t cp = c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c;
        if (cp < 0x20 || cp == 0x7F)
            (void)buf_append_format(buf, "\\x%02X", (unsigned)c);
        else
            (void)utf8_append(buf, cp);
    }
    if (bytes.len > max)
        (void)buf_append_text(buf, "...");
    return buf->failed;
}
