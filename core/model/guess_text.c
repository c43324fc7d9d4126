/* guess_text.c - names, made comparable: "E-Mail", "e mail" and "EMAIL" are one. */
#include "model/guess_internal.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* U+00C0 to U+017F without their marks; '?' where nothing is left. */
static const char plain_latin[] =
    "aaaaaaaceeeeiiiidnooooo?ouuuuytsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

enum {
    LATIN_FIRST = 0xC0,
    LATIN_END = 0x180,
    SHARP_S = 0xDF,
    COMBINING_FIRST = 0x300,
    COMBINING_END = 0x370
};

/* Punctuation and blanks beyond ASCII: no part of a name's letters. */
static bool is_letter(uint32_t cp) {
    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z');
    return cp >= LATIN_FIRST && cp != 0xD7 && cp != 0xF7 &&
           !(cp >= COMBINING_FIRST && cp < COMBINING_END) &&
           !(cp >= 0x2000 && cp < 0x2C00) && !(cp >= 0x3000 && cp < 0x3040) &&
           !(cp >= 0xFE00 && cp < 0xFE70) && cp != 0xFEFF;
}

static void append_letter(struct buf *buf, uint32_t cp) {
    if (cp == SHARP_S)
        (void)buf_append_text(buf, "ss");
    else if (cp >= LATIN_FIRST && cp < LATIN_END)
        (void)buf_append_char(buf, plain_latin[cp - LATIN_FIRST]);
    else
        (void)utf8_append(buf, cp);
}

/* In memory of its own: a name is compared so often that a lack of memory, which would
 * pass for a name without letters, must not be possible. */
struct slice guess_key(struct slice name, char room[GUESS_KEY + 1]) {
    char folded_room[4 * GUESS_KEY + 1];
    struct buf folded = BUF_ON(folded_room);
    struct buf key = {.data = room, .cap = GUESS_KEY + 1, .max = GUESS_KEY};
    struct slice rest;

    if (name.len <= 2 * GUESS_KEY && utf8_append_folded(&folded, name) == RC_OK) {
        rest = buf_slice(&folded);
        while (rest.len > 0) {
            uint32_t cp = 0;
            size_t n = utf8_decode(rest, &cp);
            if (n > 0 && is_letter(cp))
                append_letter(&key, cp);
            n = n == 0 ? 1 : n;
            rest.data += n;
            rest.len -= n;
        }
        if (key.failed != RC_OK)
            key.len = 0;
    }
    room[key.len] = '\0';
    return slice_make(room, key.len);
}

/* The next word of "first|second"; false behind the last. */
static bool next_word(const char **at, struct slice *word) {
    const char *end;

    if (**at == '\0')
        return false;
    end = strchr(*at, '|');
    *word = slice_make(*at, end == NULL ? strlen(*at) : (size_t)(end - *at));
    *at += word->len + (end != NULL);
    return true;
}

bool guess_is_word(const char *list, struct slice key) {
    struct slice word;

    while (next_word(&list, &word))
        if (slice_equal(word, key))
            return true;
    return false;
}

/* Tries the word at the end of key, a number behind it allowed, then at its begin. */
static bool try_word(struct slice key, struct slice word,
                     bool (*try_rest)(void *context, const struct guess_rest *rest),
                     void *context, struct guess_rest *rest) {
    size_t digits = 0, at;

    while (digits < key.len && key.data[key.len - 1 - digits] >= '0' &&
           key.data[key.len - 1 - digits] <= '9')
        digits++;
    for (int with = 0; with < 2; with++) {
        size_t tail = with == 0 ? 0 : digits;
        if ((with == 1 && digits == 0) || word.len + tail > key.len)
            continue;
        at = key.len - tail - word.len;
        rest->front = slice_make(key.data, at);
        rest->behind = slice_make(key.data + key.len - tail, tail);
        if (memcmp(key.data + at, word.data, word.len) == 0 && try_rest(context, rest))
            return true;
    }
    rest->front = slice_make(key.data, 0);
    rest->behind = slice_make(key.data + word.len, key.len - word.len);
    return memcmp(key.data, word.data, word.len) == 0 && try_rest(context, rest);
}

size_t guess_longest(const char *list, struct slice key,
                     bool (*try_rest)(void *context, const struct guess_rest *rest),
                     void *context) {
    struct guess_rest best = {{NULL, 0}, {NULL, 0}}, rest;
    struct slice word;
    size_t longest = 0;

    while (next_word(&list, &word)) {
        if (word.len > key.len || word.len <= longest ||
            !try_word(key, word, try_rest, context, &rest))
            continue;
        longest = word.len;
        best = rest;
    }
    if (longest > 0)
        (void)try_rest(context, &best);
    return longest;
}

const char *guess_print(struct guesses *g, const char *format, ...) {
    char text[1024];
    va_list arguments;
    const char *copy;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    copy = arena_copy(&g->arena, text, utf8_valid_prefix(slice_of(text)));
    if (copy == NULL)
        g->failed = true;
    return copy == NULL ? "" : copy;
}

void guess_say(struct guesses *g, const char *format, ...) {
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (guess_add_note(g, text) < 0)
        g->failed = true;
}

const char *guess_shown(struct guesses *g, const struct guess_mind *mind) {
    char room[401] = "";
    struct buf text = BUF_ON(room);
    const char *copy;

    (void)utf8_append_printable(&text, mind->in->name, 40);
    copy = arena_copy(&g->arena, buf_text(&text), text.len);
    if (copy == NULL)
        g->failed = true;
    return copy == NULL ? "" : copy;
}
