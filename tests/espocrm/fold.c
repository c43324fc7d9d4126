/*
 * Folding of UTF-8 for comparison. Knows ASCII, Latin-1, Latin Extended-A, the letters
 * of modern Greek and Cyrillic, and combining marks; other letters fold by towlower (the
 * program runs in a UTF-8 locale). Which letters are one is as MariaDB's
 * utf8mb4_unicode_ci has it (its WEIGHT_STRING of each). It does not implement the
 * Unicode collation algorithm: the order among different letters is by code.
 */
#include "fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

/* Base letters of U+00C0..U+017F. A capital is a letter of its own that sorts after
 * that base letter; 1 to 3 are ss, oe and ij; ? keeps the letter. */
static const char latin_base[] = "aaaaaaAceeeeiiiiDnooooo?Ouuuuy?1"
                                 "aaaaaaAceeeeiiiiDnooooo?Ouuuuy?y"
                                 "aaaaaaccccccccddDDeeeeeeeeeegggg"
                                 "gggghhHHiiiiiiiii?33jjkk?llllll?"
                                 "?LLnnnnnn???oooooo22rrrrrrssssss"
                                 "ssttttTTuuuuuuuuuuuuwwyyyzzzzzzs";

static const char two_letters[][3] = {"ss", "oe", "ij"};

/* Others, in lower case, that are one with a plain letter. */
static const uint16_t plain[][2] = {
    {0x219, 's'},   {0x21b, 't'},   {0x390, 0x3b9}, {0x3ac, 0x3b1}, {0x3ad, 0x3b5},
    {0x3ae, 0x3b7}, {0x3af, 0x3b9}, {0x3b0, 0x3c5}, {0x3c2, 0x3c3}, {0x3ca, 0x3b9},
    {0x3cb, 0x3c5}, {0x3cc, 0x3bf}, {0x3cd, 0x3c5}, {0x3ce, 0x3c9}, {0x450, 0x435},
    {0x451, 0x435}, {0x45d, 0x438}, {0x491, 0x433}};

struct folder {
    const unsigned char *s, *end;
    uint32_t pending; /* second letter of a two-letter form */
};

static uint32_t decode(struct folder *f) {
    uint32_t c = *f->s++;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (more && f->end - f->s >= more) {
        c &= more == 3 ? 0x07u : more == 2 ? 0x0fu : 0x1fu;
        while (more--)
            c = c << 6 | (*f->s++ & 0x3fu);
    }
    return c;
}

static uint32_t fold_latin(struct folder *f, uint32_t c) {
    size_t at = c - 0xc0;
    if (at >= sizeof latin_base - 1 || latin_base[at] == '?')
        return (uint32_t)towlower((wint_t)c);
    char base = latin_base[at];
    if (base >= '1' && base <= '3') {
        const char *two = two_letters[base - '1'];
        f->pending = (uint32_t)two[1];
        return (uint32_t)two[0];
    }
    if (base >= 'A' && base <= 'Z') {
        f->pending = (uint32_t)towlower((wint_t)c);
        return (uint32_t)base + 32u;
    }
    return (uint32_t)base;
}

static uint32_t fold_other(uint32_t c) {
    c = (uint32_t)towlower((wint_t)c);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i][0] == c)
            return plain[i][1];
    return c;
}

/* The next folded letter, 0 at the end. */
static uint32_t fold_next(struct folder *f) {
    if (f->pending) {
        uint32_t c = f->pending;
        f->pending = 0;
        return c;
    }
    while (f->s < f->end) {
        unsigned char a = *f->s;
        if (a < 0x80) {
            f->s++;
            return a >= 'A' && a <= 'Z' ? a + 32u : a;
        }
        uint32_t c = decode(f);
        if (c >= 0x300 && c <= 0x36f)
            continue;
        if (c >= 0xc0 && c <= 0x17f)
            return fold_latin(f, c);
        return fold_other(c);
    }
    return 0;
}

static struct folder folder_of(const char *s, size_t n) {
    while (n && s[n - 1] == ' ')
        n--;
    return (struct folder){(const unsigned char *)s, (const unsigned char *)s + n, 0};
}

int fold_compare(const char *a, size_t na, const char *b, size_t nb) {
    struct folder x = folder_of(a, na), y = folder_of(b, nb);
    for (;;) {
        uint32_t p = fold_next(&x), q = fold_next(&y);
        if (p != q)
            return p < q ? -1 : 1;
        if (p == 0)
            return 0;
    }
}

static int collate(void *ctx, int na, const void *a, int nb, const void *b) {
    (void)ctx;
    return fold_compare(a, (size_t)na, b, (size_t)nb);
}

/* LIKE with % and _; backslash escapes. Recursion is bounded by the number of %. */
static bool like(struct folder pat, struct folder txt) {
    for (;;) {
        bool escaped = false;
        uint32_t p = fold_next(&pat);
        if (p == '\\' && pat.s < pat.end) {
            p = fold_next(&pat);
            escaped = true;
        }
        if (p == 0)
            return fold_next(&txt) == 0;
        if (p == '%' && !escaped) {
            if (pat.s >= pat.end && !pat.pending)
                return true;
            for (;;) {
                if (like(pat, txt))
                    return true;
                if (fold_next(&txt) == 0)
                    return false;
            }
        }
        uint32_t t = fold_next(&txt);
        if (t == 0 || (t != p && (p != '_' || escaped)))
            return false;
    }
}

static void like_function(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
    (void)argc;
    const char *pat = (const char *)sqlite3_value_text(argv[0]);
    const char *txt = (const char *)sqlite3_value_text(argv[1]);
    if (!pat || !txt) {
        sqlite3_result_null(ctx);
        return;
    }
    struct folder p = {(const unsigned char *)pat,
                       (const unsigned char *)pat + sqlite3_value_bytes(argv[0]), 0};
    struct folder t = {(const unsigned char *)txt,
                       (const unsigned char *)txt + sqlite3_value_bytes(argv[1]), 0};
    sqlite3_result_int(ctx, like(p, t));
}

int fold_register(sqlite3 *db) {
    int rc = sqlite3_create_collation(db, "UCI", SQLITE_UTF8, NULL, collate);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function(db, "like", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                     NULL, like_function, NULL, NULL);
    return rc;
}
