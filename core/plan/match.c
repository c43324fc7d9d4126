/* match.c - normalising and comparing of match keys.
 *
 * What the collation makes of letters is known here of the usual ones only: those of
 * Latin, Greek and Cyrillic with their accents, and ligatures. Of others it is guessed.
 */
#include "plan/match.h"

#include "base/utf8.h"

#include <string.h>

enum { TEXT_MAX = 256 * 1024, SMALL_AE = 0xe6 };

static int append_digits(struct buf *out, struct slice text) {
    char *at = buf_reserve(out, text.len);
    size_t count = 0;

    if (at == NULL)
        return out->failed;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            at[count++] = text.data[i];
    buf_commit(out, count);
    return RC_OK;
}

static bool is_blank_at(struct slice text, size_t i, size_t *len) {
    *len = 1;
    if (text.data[i] == ' ' || (text.data[i] >= '\t' && text.data[i] <= '\r'))
        return true;
    *len = 2; /* U+00A0 */
    return i + 1 < text.len && (unsigned char)text.data[i] == 0xc2 &&
           (unsigned char)text.data[i + 1] == 0xa0;
}

static int append_collapsed(struct buf *out, struct slice text, bool folded) {
    size_t start = out->len, i = 0;

    while (i < text.len) {
        size_t len, from = i;
        while (i < text.len && is_blank_at(text, i, &len))
            i += len;
        if (i == text.len)
            break;
        if (i > from && out->len > start)
            (void)buf_append_char(out, ' ');
        from = i;
        while (i < text.len && !is_blank_at(text, i, &len))
            i++;
        if (folded)
            (void)utf8_append_folded(out, slice_make(text.data + from, i - from));
        else
            (void)buf_append(out, text.data + from, i - from);
    }
    return out->failed;
}

int match_collapse(struct buf *out, struct slice text) {
    return append_collapsed(out, text, false);
}

/* As JSON writes numbers; the server writes a decimal as "1.5000". With an exponent it
 * stays as it is. */
static int append_number(struct buf *out, struct slice text) {
    text = slice_trim(text);
    if (text.len > 0 && memchr(text.data, '.', text.len) != NULL &&
        memchr(text.data, 'e', text.len) == NULL &&
        memchr(text.data, 'E', text.len) == NULL) {
        while (text.data[text.len - 1] == '0')
            text.len--;
        text.len -= text.data[text.len - 1] == '.';
    }
    return buf_append_slice(out, text);
}

int match_normalize(struct buf *out, const struct schema_attribute *def,
                    struct slice text) {
    switch (def->type) {
    case ATTRIBUTE_PHONE: return append_digits(out, text);
    case ATTRIBUTE_INT:
    case ATTRIBUTE_FLOAT:
    case ATTRIBUTE_DECIMAL:
    case ATTRIBUTE_CURRENCY: return append_number(out, text);
    case ATTRIBUTE_ID:
    case ATTRIBUTE_IDS:
    case ATTRIBUTE_BOOL:
    case ATTRIBUTE_DATE:
    case ATTRIBUTE_DATETIME:
    case ATTRIBUTE_ENTITY: return buf_append_slice(out, slice_trim(text));
    case ATTRIBUTE_VARCHAR:
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_ENUM:
    case ATTRIBUTE_LIST:
    case ATTRIBUTE_EMAIL:
    case ATTRIBUTE_URL:
    case ATTRIBUTE_ADDRESSES:
    case ATTRIBUTE_JSON:
    case ATTRIBUTE_OTHER: break;
    }
    return append_collapsed(out, text, true);
}

/* Ligatures that collations take for two letters: MariaDB's utf8mb4_unicode_ci the first
 * and the last, MySQL's utf8mb4_0900_ai_ci each. */
static struct slice spelled_out(uint32_t cp) {
    switch (cp) {
    case 0xdf: return slice_of("ss");
    case SMALL_AE: return slice_of("ae");
    case 0x153: return slice_of("oe");
    default: return slice_make(NULL, 0);
    }
}

static bool begins_with(struct slice text, struct slice two) {
    return two.len > 0 && text.len >= two.len &&
           memcmp(text.data, two.data, two.len) == 0;
}

static bool is_mark(uint32_t cp) {
    return cp >= 0x300 && cp <= 0x36f;
}

/* The letter without its accents, for letters of which that is known, or 0. Letters with
 * a stroke, an i without its dot and some of Cyrillic are letters of their own for one
 * collation and not for another (MariaDB's utf8mb4_unicode_ci takes none of these for
 * the plain one). */
static uint32_t base_of(uint32_t cp) {
    static const char latin[] = "aaaaaa*ceeeeiiii*nooooo**uuuuy*yaaaaaacc" /* U+00E0 on */
                                "ccccccdd**eeeeeeeeeegggggggghh**iiiiiiii"
                                "i***jjkk*llllll****nnnnnn***oooooo**rrrr"
                                "rrsssssssstttt**uuuuuuuuuuuuwwyyyzzzzzzs";
    static const uint16_t others[][2] = {
        {0x390, 0x3b9}, {0x3ac, 0x3b1}, {0x3ad, 0x3b5}, {0x3ae, 0x3b7}, {0x3af, 0x3b9},
        {0x3b0, 0x3c5}, {0x3c2, 0x3c3}, {0x3ca, 0x3b9}, {0x3cb, 0x3c5}, {0x3cc, 0x3bf},
        {0x3cd, 0x3c5}, {0x3ce, 0x3c9}, {0x439, 0},     {0x450, 0x435}, {0x451, 0x435},
        {0x453, 0},     {0x457, 0},     {0x45c, 0},     {0x45d, 0x438}, {0x45e, 0}};

    if (cp < 0x80)
        return cp;
    if (cp >= 0xe0 && cp < 0x180)
        return latin[cp - 0xe0] == '*' ? 0 : (uint32_t)latin[cp - 0xe0];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i][0] == cp)
            return others[i][1];
    /* Greek and Cyrillic; Han and Hangul */
    return (cp >= 0x3b1 && cp < 0x3cf) || (cp >= 0x430 && cp < 0x460) ||
                   (cp >= 0x4e00 && cp < 0xd7a4)
               ? cp
               : 0;
}

/* Character by character; a combining mark passes for nothing. */
size_t match_loosely(struct slice a, struct slice b, bool *guessed) {
    size_t same = 0;

    *guessed = false;
    while (a.len > 0 || b.len > 0) {
        uint32_t x = 0, y = 0;
        size_t n = utf8_decode(a, &x), m = utf8_decode(b, &y);
        if (n > 0 && is_mark(x)) {
            a = slice_make(a.data + n, a.len - n);
            continue;
        }
        if (m > 0 && is_mark(y)) {
            b = slice_make(b.data + m, b.len - m);
            continue;
        }
        if (n == 0 || m == 0)
            return 0;
        same += x == y;
        if (begins_with(b, spelled_out(x))) {
            m = 2;
            *guessed = *guessed || x == SMALL_AE;
        } else if (begins_with(a, spelled_out(y))) {
            n = 2;
            *guessed = *guessed || y == SMALL_AE;
        } else if (x != y && (base_of(x) == 0 || base_of(y) == 0)) {
            *guessed = true;
        } else if (x != y && base_of(x) != base_of(y)) {
            return 0;
        }
        a = slice_make(a.data + n, a.len - n);
        b = slice_make(b.data + m, b.len - m);
    }
    return 1 + same;
}

static bool member_text(struct slice record, const char *name, struct buf *out) {
    struct json_member member;

    if (!json_find(record, name, &member))
        return false;
    if (member.type == JSON_IS_STRING)
        return json_unescape(out, member.raw) == RC_OK;
    return member.type == JSON_IS_NUMBER && buf_append_slice(out, member.raw) == RC_OK;
}

int match_record_key(struct buf *out, const struct schema_attribute *def,
                     struct slice record, bool reversed) {
    struct buf value = {.max = TEXT_MAX};
    int rc = RC_OK;

    if (reversed && def->person_name) {
        if (member_text(record, "lastName", &value) &&
            buf_append_char(&value, ' ') == RC_OK)
            (void)member_text(record, "firstName", &value);
    } else {
        (void)member_text(record, def->name, &value);
    }
    if (value.len > 0)
        rc = match_normalize(out, def, buf_slice(&value));
    buf_fini(&value);
    return rc;
}
