/* utf8.c - UTF-8 decoding, counting, folding and printing. */
#include "base/utf8.h"

#include <ctype.h>
#include <locale.h>
#include <wctype.h>

/* The four shapes of RFC 3629, section 4: the first byte decides the range of the second.
 */
static size_t sequence_shape(unsigned char first, unsigned char *low,
                             unsigned char *high) {
    *low = 0x80;
    *high = 0xBF;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0)
            *low = 0xA0;
        if (first == 0xED)
            *high = 0x9F;
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0)
            *low = 0x90;
        if (first == 0xF4)
            *high = 0x8F;
        return 4;
    }
    return 0;
}

size_t utf8_decode(struct slice s, uint32_t *cp) {
    const unsigned char *p = (const unsigned char *)s.data;
    unsigned char low, high;
    size_t n, i;
    uint32_t value;

    *cp = 0;
    if (s.len == 0)
        return 0;
    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    n = sequence_shape(p[0], &low, &high);
    if (n == 0)
        return 0;
    value = p[0] & (0x7Fu >> n);
    for (i = 1; i < n; i++) {
        if (i >= s.len || p[i] < low || p[i] > high) {
            *cp = (uint32_t)i;
            return 0;
        }
        value = value << 6 | (p[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *cp = value;
    return n;
}

size_t utf8_valid_prefix(struct slice s) {
    size_t at = 0;

    while (at < s.len) {
        uint32_t cp;
        size_t n;
        if (s.len - at >= 8) { /* eight ASCII bytes at once */
            uint64_t word;
            memcpy(&word, s.data + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += 8;
                continue;
            }
        }
        n = utf8_decode(slice_make(s.data + at, s.len - at), &cp);
        if (n == 0)
            return at;
        at += n;
    }
    return at;
}

size_t utf8_count(struct slice s) {
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.data[i] & 0xC0) != 0x80;
    return count;
}

int utf8_append(struct buf *buf, uint32_t cp) {
    char out[4];
    size_t n;

    if (cp < 0x80) {
        out[0] = (char)cp;
        n = 1;
    } else if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        n = 2;
    } else if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        n = 3;
    } else {
        out[0] = (char)(0xF0 | cp >> 18);
        out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
        out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[3] = (char)(0x80 | (cp & 0x3F));
        n = 4;
    }
    return buf_append(buf, out, n);
}

/* The ASCII at the beginning of s, a run at a time; returns its length. */
static size_t append_folded_ascii(struct buf *buf, struct slice s) {
    size_t len = 0;
    char *at;

    while (len < s.len && (unsigned char)s.data[len] < 0x80)
        len++;
    at = len > 0 ? buf_reserve(buf, len) : NULL;
    if (at == NULL)
        return len;
    for (size_t i = 0; i < len; i++) {
        char c = s.data[i];
        at[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    buf_commit(buf, len);
    return len;
}

int utf8_append_folded(struct buf *buf, struct slice s) {
    locale_t locale = (locale_t)0;

    for (size_t at = 0; at < s.len && buf->failed == RC_OK;) {
        uint32_t cp;
        size_t n;
        at += append_folded_ascii(buf, slice_make(s.data + at, s.len - at));
        if (at == s.len || buf->failed != RC_OK)
            break;
        n = utf8_decode(slice_make(s.data + at, s.len - at), &cp);
        if (n == 0) {
            (void)buf_append_char(buf, s.data[at]);
            at++;
            continue;
        }
        if (locale == (locale_t)0)
            locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        if (locale != (locale_t)0)
            cp = (uint32_t)towlower_l((wint_t)cp, locale);
        (void)utf8_append(buf, cp);
        at += n;
    }
    if (locale != (locale_t)0)
        freelocale(locale);
    return buf->failed;
}

int utf8_append_printable(struct buf *buf, struct slice s, size_t max) {
    size_t at = 0, shown = 0;

    for (; at < s.len && shown < max; shown++) {
        uint32_t cp;
        size_t n = utf8_decode(slice_make(s.data + at, s.len - at), &cp);
        if (n == 0 || cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) {
            (void)buf_append_format(buf, "\\x%02X", (unsigned)(unsigned char)s.data[at]);
            at += n == 0 ? 1 : n;
            continue;
        }
        (void)buf_append(buf, s.data + at, n);
        at += n;
    }
    if (at < s.len)
        (void)buf_append_text(buf, "...");
    return buf->failed;
}

size_t utf8_distance(struct slice a, struct slice b, size_t limit) {
    enum { LONGEST = 128 };
    size_t row[LONGEST + 1];

    if (a.len > LONGEST || b.len > LONGEST)
        return limit + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            int same = tolower((unsigned char)a.data[i - 1]) ==
                       tolower((unsigned char)b.data[j - 1]);
            size_t best = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.len] > limit ? limit + 1 : row[b.len];
}
